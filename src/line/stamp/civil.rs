//! Between microseconds and calendar dates, and what lies nearest to a clock.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

/// The years a stamp may name; others are garbage, or no dates at all.
pub(super) const YEARS: std::ops::RangeInclusive<i16> = 1970..=2099;

/// Stands in for a missing year; a leap year, so that 29 February has a place.
pub(super) const YEAR_UNKNOWN: i16 = 1972;

/// 2099-12-31T23:59:59.999999Z.
const MICROS_MAX: i64 = 4_102_444_799_999_999;
const SECOND_MICROS: i64 = 1_000_000;
const DAY_MICROS: i64 = 86_400 * SECOND_MICROS;

/// Days of a common year before each month, and before the next year.
const DAYS_BEFORE: [u16; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/// Microseconds of midnight on this date; `None` when there is no such date or it lies outside
/// [`YEARS`].
///
/// By hand, because every stamp comes through here: within these years every fourth is a leap year.
pub(super) fn midnight(year: i16, month: u8, day: u8) -> Option<i64> {
    let month = usize::from(month);
    let (before, after) = (
        *DAYS_BEFORE.get(month.checked_sub(1)?)?,
        *DAYS_BEFORE.get(month)?,
    );
    let leap = year % 4 == 0;
    let length = after - before + u16::from(leap && month == 2);
    let day = u16::from(day);
    if !YEARS.contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let leap_days = (year - 1969) / 4 + i16::from(leap && month > 2);
    let days = i64::from(year - 1970) * 365 + i64::from(leap_days) + i64::from(before + day - 1);
    Some(days * DAY_MICROS)
}

/// Whether `micros` lies in the years a stamp may name.
pub(super) fn within_years(micros: i64) -> bool {
    (0..=MICROS_MAX).contains(&micros)
}

/// The weekday that `micros` falls on, 0 for Monday.
pub(super) fn weekday(micros: i64) -> i64 {
    // 1970 began on a Thursday.
    (micros.div_euclid(DAY_MICROS) + 3).rem_euclid(7)
}

/// The calendar's reading of `micros`, which is first brought into the years a stamp may name.
pub(super) fn wall(micros: i64) -> DateTime {
    let bounded = micros.clamp(0, MICROS_MAX);
    // Never the fallback: the bounds lie within jiff's years.
    Offset::UTC.to_datetime(Timestamp::from_microsecond(bounded).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// `yearless` (a moment in [`YEAR_UNKNOWN`]) in the year that brings it nearest to `clock`.
pub(super) fn nearest_year(yearless: i64, clock: i64) -> i64 {
    let clock = clock.clamp(0, MICROS_MAX);
    let told = wall(yearless);
    let year = wall(clock).year();
    // 29 February comes every fourth year (2000 is a leap year), everything else every year.
    let span = if (told.month(), told.day()) == (2, 29) {
        4
    } else {
        1
    };
    let of_year = |year| {
        let date = Date::new(year, told.month(), told.day()).ok()?;
        Some(moment(date.to_datetime(told.time())))
    };
    let years = (year - span)..=(year + span);
    years
        .filter_map(of_year)
        .min_by_key(|moment| moment.abs_diff(clock))
        .unwrap_or(yearless)
}

/// `dateless` (microseconds since midnight) on the day that brings it nearest to `clock`.
pub(super) fn nearest_day(dateless: i64, clock: i64) -> i64 {
    let clock = clock.clamp(0, MICROS_MAX);
    let same_day = clock - clock.rem_euclid(DAY_MICROS) + dateless;
    let days = [same_day - DAY_MICROS, same_day, same_day + DAY_MICROS];
    days.into_iter()
        .min_by_key(|moment| moment.abs_diff(clock))
        .unwrap_or(same_day)
}

fn moment(datetime: DateTime) -> i64 {
    // Never the fallback: callers stay within a few years of `YEARS`.
    Offset::UTC
        .to_timestamp(datetime)
        .map_or(0, Timestamp::as_microsecond)
}

/// Whole seconds since 1970 of a calendar reading.
pub(super) fn seconds(wall: &DateTime) -> i64 {
    moment(*wall).div_euclid(SECOND_MICROS)
}
