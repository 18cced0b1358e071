//! Moments as people write them: `2026-11-22`, `2026-11-22 10:05`, `2026-11-22T10:05:30.5`.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{ToSpan, Unit};

/// The first moment of what is named, in microseconds since 1970, as logs write their times.
///
/// # Errors
/// What to write instead.
pub(super) fn since(text: &str) -> Result<i64, String> {
    moment(text).map(|(start, _)| start)
}

/// The last moment of what is named: of the day, the minute or the second.
///
/// # Errors
/// What to write instead.
pub(super) fn until(text: &str) -> Result<i64, String> {
    moment(text).map(|(_, end)| end)
}

/// The first and the last moment of what is named.
fn moment(text: &str) -> Result<(i64, i64), String> {
    let wrong =
        || "write a time such as 2026-11-22, '2026-11-22 10:05' or 2026-11-22T10:05:30".to_owned();
    let text = text.trim();
    let unit = match text.matches(':').count() {
        0 => Unit::Day,
        1 => Unit::Minute,
        _ if text.contains('.') => Unit::Microsecond,
        _ => Unit::Second,
    };
    let start = if unit == Unit::Day {
        let date: Date = text.parse().map_err(|_| wrong())?;
        date.to_datetime(jiff::civil::Time::midnight())
    } else {
        text.parse::<DateTime>().map_err(|_| wrong())?
    };
    let length = match unit {
        Unit::Day => 1.day(),
        Unit::Minute => 1.minute(),
        Unit::Second => 1.second(),
        _ => 1.microsecond(),
    };
    let next = start.checked_add(length).map_err(|_| wrong())?;
    let micros = |time: DateTime| {
        let zoned = time.to_zoned(TimeZone::UTC).map_err(|_| wrong())?;
        Ok::<i64, String>(zoned.timestamp().as_microsecond())
    };
    Ok((micros(start)?, micros(next)? - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_as_long_as_it_is_named() {
        let day = 86_400_000_000;
        assert_eq!(moment("1970-01-02"), Ok((day, 2 * day - 1)));
        assert_eq!(moment("1970-01-01 00:01"), Ok((60_000_000, 119_999_999)));
        assert_eq!(moment("1970-01-01T00:00:01"), Ok((1_000_000, 1_999_999)));
        assert_eq!(moment("1970-01-01 00:00:01.5"), Ok((1_500_000, 1_500_000)));
        for text in ["", "10:05", "yesterday", "2026-13-01", "9999-12-31"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
