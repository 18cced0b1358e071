//! How a stamp is written: the table of shapes, and writing in them.

use super::civil;
use super::zone::{Words, Zone};
use jiff::civil::DateTime;

/// How a stamp is written, down to its separators, digits and zone. Small and free to copy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    pub(super) shape: Shape,
    /// Between date and time; empty where the shape has a fixed text there.
    pub(super) glue: &'static str,
    pub(super) day: Pad,
    pub(super) hour: Pad,
    /// `.` or `,`; `.` where `fraction_digits` is 0.
    pub(super) fraction_mark: u8,
    /// 0..=9
    pub(super) fraction_digits: u8,
    /// Present where hours run from 1 to 12.
    pub(super) meridiem: Option<Meridiem>,
    pub(super) zone: Zone,
}

/// How a number below ten is filled up. A stamp with two digits there cannot show it; its shape
/// then says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pad {
    Zero,
    Blank,
    Bare,
}

/// How AM and PM are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Meridiem {
    /// A blank, U+202F (what newer Java prints), or nothing.
    pub(super) space: &'static str,
    pub(super) upper: bool,
}

/// The order in which a stamp's parts stand, named after its first known user or standard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// `2026-11-22 11:03:08.723`
    Iso,
    /// `Sun 2026-11-22 11:03:08 UTC`
    Systemd,
    /// `2026/11/22 11:03:08`
    Nginx,
    /// `22-Nov-2026 11:03:08.069`
    Tomcat,
    /// `Nov 22, 2026 11:03:08 AM`
    Jul,
    /// `261122 11:03:08`
    Mysql,
    /// `20261122 11:03:08`
    Packed,
    /// `20261122T110308`
    PackedTight,
    /// `Sun Nov 22 11:03:08 UTC 2026`
    Ctime,
    /// `22 Nov 2026 11:03:08.123`
    Redis,
    /// `22 Nov 11:03:08.123`
    RedisOld,
    /// `Sun, 22 Nov 2026 11:03:08 GMT`
    Mail,
    /// `Nov 22 11:03:08`
    Syslog,
    /// `22/Nov/2026:11:03:08 +0000`
    Access,
    /// `1122 11:03:08.123456`, behind a level's letter
    Klog,
    /// `11:03:08.123`
    Clock,
    /// `1795345388.123`
    Epoch,
}

/// One part of a stamp: what is read, and what is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Text(u8),
    /// One of these; the layout keeps which.
    Glue(&'static [&'static str]),
    Year,
    /// Two digits: 1970..=2069.
    YearShort,
    /// Two digits.
    Month,
    MonthName,
    /// Two digits.
    Day,
    /// One or two digits, filled up like this where the stamp cannot show it.
    DayPadded(Pad),
    WeekdayName,
    /// `11:03:08` and a fraction, if any; the hour's padding as for `DayPadded`.
    Time(Pad),
    /// `110308` and a fraction, if any.
    TimeTight,
    /// AM or PM, if any.
    Meridiem,
    /// A zone, if any.
    Zone(Words),
    /// Seconds since 1970 and a fraction.
    Epoch,
}

#[rustfmt::skip]
pub(super) const MONTHS: [[u8; 3]; 12] = [
    *b"Jan", *b"Feb", *b"Mar", *b"Apr", *b"May", *b"Jun", *b"Jul", *b"Aug", *b"Sep", *b"Oct", *b"Nov", *b"Dec",
];

/// From Monday on.
pub(super) const WEEKDAYS: [[u8; 3]; 7] = [
    *b"Mon", *b"Tue", *b"Wed", *b"Thu", *b"Fri", *b"Sat", *b"Sun",
];

impl Shape {
    /// The parts in their order: the one table that reading and writing share.
    #[rustfmt::skip]
    pub(super) const fn parts(self) -> &'static [Part] {
        use Part::*;
        const BLANK: Part = Text(b' ');
        const TIME: Part = Time(Pad::Zero);
        const ZONE: Part = Zone(Words::Known);
        const DATED: Part = Glue(&[" ", "T", "_"]);
        const COMMAED: Part = Glue(&[" ", ", "]);
        const COMMA: Part = Text(b',');
        const DASH: Part = Text(b'-');
        const SLASH: Part = Text(b'/');
        const DD: Part = DayPadded(Pad::Zero);
        match self {
            Shape::Iso => &[Year, DASH, Month, DASH, Day, DATED, TIME, ZONE],
            Shape::Systemd => &[WeekdayName, BLANK, Year, DASH, Month, DASH, Day, BLANK, TIME, ZONE],
            Shape::Nginx => &[Year, SLASH, Month, SLASH, Day, BLANK, TIME, ZONE],
            // Erlang puts two colons between date and time.
            Shape::Tomcat => &[Day, DASH, MonthName, DASH, Year, Glue(&[" ", "::"]), TIME, ZONE],
            Shape::Jul => &[MonthName, BLANK, DD, COMMA, BLANK, Year, COMMAED, Time(Pad::Bare), Meridiem, ZONE],
            Shape::Mysql => &[YearShort, Month, Day, BLANK, TIME],
            Shape::Packed => &[Year, Month, Day, Glue(&[" ", "T", "-"]), TIME, ZONE],
            Shape::PackedTight => &[Year, Month, Day, Glue(&["T", "-", " "]), TimeTight, ZONE],
            Shape::Ctime => &[WeekdayName, BLANK, MonthName, BLANK, DD, BLANK, TIME, Zone(Words::Any), BLANK, Year],
            Shape::Redis => &[DD, BLANK, MonthName, BLANK, Year, BLANK, TIME, ZONE],
            Shape::RedisOld => &[DD, BLANK, MonthName, BLANK, TIME],
            Shape::Mail => &[WeekdayName, COMMA, BLANK, DD, BLANK, MonthName, BLANK, Year, BLANK, TIME, ZONE],
            Shape::Syslog => &[MonthName, BLANK, DayPadded(Pad::Blank), BLANK, TIME],
            Shape::Access => &[Day, SLASH, MonthName, SLASH, Year, Glue(&[":", " "]), TIME, ZONE],
            Shape::Klog => &[Month, Day, BLANK, TIME],
            Shape::Clock => &[TIME],
            Shape::Epoch => &[Epoch],
        }
    }
}

impl Layout {
    /// `2026-11-22 10:01:00.000`, for streams that have no stamps.
    pub const ISO: Layout = Layout {
        glue: " ",
        fraction_digits: 3,
        ..Layout::of(Shape::Iso)
    };

    /// The plainest layout of a shape, which reading then fills in.
    pub(super) const fn of(shape: Shape) -> Layout {
        Layout {
            shape,
            glue: "",
            day: Pad::Zero,
            hour: Pad::Zero,
            fraction_mark: b'.',
            fraction_digits: 0,
            meridiem: None,
            zone: Zone::Unnamed,
        }
    }

    /// Appends `micros` (microseconds since 1970) in this very layout, brackets not included.
    ///
    /// Moments outside 1970..=2099 are written as that span's nearest end. What the layout has no
    /// digits for is cut off; digits finer than a microsecond are zeros.
    pub fn write(&self, micros: i64, out: &mut Vec<u8>) {
        let wall = self.wall(micros);
        for part in self.shape.parts() {
            self.write_part(*part, &wall, out);
        }
    }

    /// Appends only the time of day, always with 24 hours, a `.` and this layout's number of
    /// digits: `10:00:00.113`. It is the time on this layout's wall: its offset is applied, not
    /// written.
    pub fn write_time(&self, micros: i64, out: &mut Vec<u8>) {
        let wall = self.wall(micros);
        two(wall.hour(), out);
        write_minutes(&wall, out);
        self.write_fraction(&wall, b'.', out);
    }

    fn wall(&self, micros: i64) -> DateTime {
        civil::wall(micros.saturating_add(self.zone.ahead()))
    }

    fn write_part(&self, part: Part, wall: &DateTime, out: &mut Vec<u8>) {
        match part {
            Part::Text(byte) => out.push(byte),
            Part::Glue(_) => out.extend_from_slice(self.glue.as_bytes()),
            Part::Year => number(i64::from(wall.year()), 4, out),
            Part::YearShort => number(i64::from(wall.year() % 100), 2, out),
            Part::Month => two(wall.month(), out),
            Part::MonthName => name(&MONTHS, wall.month() - 1, out),
            Part::Day => two(wall.day(), out),
            Part::DayPadded(_) => padded(wall.day(), self.day, out),
            Part::WeekdayName => name(&WEEKDAYS, wall.weekday().to_monday_zero_offset(), out),
            Part::Time(_) => {
                let hour = if self.meridiem.is_some() {
                    (wall.hour() + 11) % 12 + 1
                } else {
                    wall.hour()
                };
                padded(hour, self.hour, out);
                write_minutes(wall, out);
                self.write_fraction(wall, self.fraction_mark, out);
            }
            Part::TimeTight => {
                two(wall.hour(), out);
                two(wall.minute(), out);
                two(wall.second(), out);
                self.write_fraction(wall, self.fraction_mark, out);
            }
            Part::Meridiem => self.write_meridiem(wall, out),
            Part::Zone(_) => self.zone.write(out),
            Part::Epoch => {
                let seconds = civil::seconds(wall);
                number(seconds, 10, out);
                self.write_fraction(wall, self.fraction_mark, out);
            }
        }
    }

    fn write_fraction(&self, wall: &DateTime, mark: u8, out: &mut Vec<u8>) {
        if self.fraction_digits == 0 {
            return;
        }
        out.push(mark);
        let micros = i64::from(wall.subsec_nanosecond()) / 1000;
        match u32::from(self.fraction_digits) {
            digits @ ..=6 => number(micros / 10_i64.pow(6 - digits), digits, out),
            digits => number(micros * 10_i64.pow(digits.min(9) - 6), digits, out),
        }
    }

    fn write_meridiem(&self, wall: &DateTime, out: &mut Vec<u8>) {
        let Some(meridiem) = self.meridiem else {
            return;
        };
        out.extend_from_slice(meridiem.space.as_bytes());
        out.extend_from_slice(match (wall.hour() < 12, meridiem.upper) {
            (true, true) => b"AM",
            (true, false) => b"am",
            (false, true) => b"PM",
            (false, false) => b"pm",
        });
    }
}

fn write_minutes(wall: &DateTime, out: &mut Vec<u8>) {
    out.push(b':');
    two(wall.minute(), out);
    out.push(b':');
    two(wall.second(), out);
}

fn padded(value: i8, pad: Pad, out: &mut Vec<u8>) {
    match pad {
        Pad::Blank if value < 10 => out.push(b' '),
        Pad::Zero if value < 10 => out.push(b'0'),
        Pad::Zero | Pad::Blank | Pad::Bare => {}
    }
    number(i64::from(value), if value < 10 { 1 } else { 2 }, out);
}

fn name(names: &[[u8; 3]], place: i8, out: &mut Vec<u8>) {
    let named = usize::try_from(place)
        .ok()
        .and_then(|place| names.get(place));
    out.extend(named.into_iter().flatten());
}

fn two(value: i8, out: &mut Vec<u8>) {
    number(i64::from(value), 2, out);
}

/// Appends the last `digits` decimal digits of `value`, which is not negative.
fn number(value: i64, digits: u32, out: &mut Vec<u8>) {
    for place in (0..digits).rev() {
        // Below ten, so the cast loses nothing.
        out.push(b'0' + (value / 10_i64.pow(place) % 10) as u8);
    }
}
