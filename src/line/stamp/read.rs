//! Reading a stamp: which shapes a place in a line may have, and their parts one by one.

use super::civil::{self, YEAR_UNKNOWN};
use super::layout::{Layout, MONTHS, Meridiem, Pad, Part, Shape, WEEKDAYS};
use super::word::{ends, two};
use super::zone::{Words, Zone};
use super::{Lacks, Stamp};

const SECOND_MICROS: i64 = 1_000_000;
const FRACTION_DIGITS_MAX: usize = 9;

/// Shapes that begin with a digit, each with the byte that has to stand at an offset. The first
/// whole reading counts, so the frequent ones come first.
const NUMERIC: [(usize, u8, Shape); 16] = [
    (4, b'-', Shape::Iso),
    (2, b'-', Shape::Tomcat),
    (4, b'/', Shape::Nginx),
    (2, b'/', Shape::Access),
    (2, b':', Shape::Clock),
    (2, b' ', Shape::Redis),
    (1, b' ', Shape::Redis),
    (2, b' ', Shape::RedisOld),
    (1, b' ', Shape::RedisOld),
    (6, b' ', Shape::Mysql),
    (11, b':', Shape::Packed),
    (8, b'T', Shape::PackedTight),
    (8, b'-', Shape::PackedTight),
    (8, b' ', Shape::PackedTight),
    (10, b'.', Shape::Epoch),
    (4, b' ', Shape::Klog),
];

/// Shapes that begin with the name of a weekday or a month.
const NAMED: [(usize, u8, Shape); 5] = [
    (3, b' ', Shape::Syslog),
    (3, b' ', Shape::Jul),
    (3, b' ', Shape::Ctime),
    (3, b',', Shape::Mail),
    (3, b' ', Shape::Systemd),
];

/// The stamp right at `line[at..]`.
pub(super) fn at(line: &[u8], at: usize) -> Option<Stamp> {
    let (before, text) = line.split_at_checked(at)?;
    let shapes: &[(usize, u8, Shape)] = match text.first()? {
        b'0'..=b'9' => &NUMERIC,
        b'A' | b'D' | b'F' | b'J' | b'M' | b'N' | b'O' | b'S' | b'T' | b'W' => &NAMED,
        // A day of the month may be filled up with a blank, but then nothing tells it from text.
        _ => return None,
    };
    let marked = shapes
        .iter()
        .filter(|(offset, mark, _)| text.get(*offset) == Some(mark));
    marked
        .filter(|(_, _, shape)| may_follow(*shape, before))
        .find_map(|(_, _, shape)| read(*shape, text, at))
}

/// Whether a stamp of this shape may stand behind `before`, the line up to it.
fn may_follow(shape: Shape, before: &[u8]) -> bool {
    match shape {
        Shape::Clock | Shape::Epoch => matches!(before.last(), None | Some(b'[')),
        Shape::Klog => matches!(before, [b'I' | b'W' | b'E' | b'F' | b'D']),
        _ => true,
    }
}

fn read(shape: Shape, text: &[u8], at: usize) -> Option<Stamp> {
    let mut reader = Reader {
        rest: text,
        layout: Layout::of(shape),
        fields: Fields::UNKNOWN,
    };
    for part in shape.parts() {
        reader.part(*part)?;
    }
    let Reader {
        rest,
        layout,
        fields,
    } = reader;
    let over = match shape {
        Shape::Clock => matches!(
            rest.first(),
            None | Some(b' ' | b'\t' | b']' | b'\r' | b'\n')
        ),
        Shape::Klog => layout.fraction_digits > 0 && ends(rest),
        Shape::Epoch => (3..=6).contains(&layout.fraction_digits) && ends(rest),
        _ => ends(rest),
    };
    if !over {
        return None;
    }
    let lacks = match shape {
        Shape::Syslog | Shape::RedisOld | Shape::Klog => Lacks::Year,
        Shape::Clock => Lacks::Date,
        _ => Lacks::Nothing,
    };
    let micros = fields.micros(lacks, &layout)?;
    Some(Stamp {
        micros,
        lacks,
        layout,
        range: at..at + (text.len() - rest.len()),
    })
}

/// What a stamp says in numbers, unchecked until [`Fields::micros`].
struct Fields {
    year: i16,
    month: u8,
    day: u8,
    /// 0 is Monday.
    weekday: Option<i64>,
    hour: u8,
    minute: u8,
    second: u8,
    fraction_micros: i64,
    afternoon: bool,
    epoch_seconds: Option<i64>,
}

impl Fields {
    const UNKNOWN: Fields = Fields {
        year: YEAR_UNKNOWN,
        month: 1,
        day: 1,
        weekday: None,
        hour: 0,
        minute: 0,
        second: 0,
        fraction_micros: 0,
        afternoon: false,
        epoch_seconds: None,
    };

    /// The moment, if every number is one that a calendar and a clock can show.
    fn micros(&self, lacks: Lacks, layout: &Layout) -> Option<i64> {
        if let Some(seconds) = self.epoch_seconds {
            let micros = seconds * SECOND_MICROS + self.fraction_micros;
            return (civil::within_years(micros)).then_some(micros);
        }
        let hour = match (layout.meridiem, self.hour) {
            (None, hour @ 0..=23) => hour,
            (Some(_), hour @ 1..=12) => hour % 12 + if self.afternoon { 12 } else { 0 },
            _ => return None,
        };
        let seconds = i64::from(hour) * 3600 + i64::from(self.minute) * 60;
        let time = match (self.minute, self.second) {
            (0..=59, second @ 0..=59) => {
                (seconds + i64::from(second)) * SECOND_MICROS + self.fraction_micros
            }
            // A leap second has no place of its own in microseconds since 1970: the last one before
            // it.
            (0..=59, 60) => (seconds + 60) * SECOND_MICROS - 1,
            _ => return None,
        };
        if lacks == Lacks::Date {
            return Some(time);
        }
        let midnight = civil::midnight(self.year, self.month, self.day)?;
        let told = self
            .weekday
            .is_none_or(|weekday| weekday == civil::weekday(midnight));
        told.then_some(midnight + time - layout.zone.ahead())
    }
}

/// What is still to be read, and what was found so far.
struct Reader<'a> {
    rest: &'a [u8],
    layout: Layout,
    fields: Fields,
}

impl Reader<'_> {
    /// Reads one part; `None` when something else stands there.
    fn part(&mut self, part: Part) -> Option<()> {
        match part {
            Part::Text(byte) => self.byte(byte)?,
            Part::Glue(choices) => {
                self.layout.glue = choices
                    .iter()
                    .find(|glue| self.rest.starts_with(glue.as_bytes()))?;
                self.rest = self.rest.get(self.layout.glue.len()..)?;
            }
            Part::Year => self.fields.year = i16::from(self.two()?) * 100 + i16::from(self.two()?),
            Part::YearShort => {
                let year = i16::from(self.two()?);
                self.fields.year = if year < 70 { 2000 + year } else { 1900 + year };
            }
            Part::Month => self.fields.month = self.two()?,
            Part::MonthName => {
                let name = self.name()?;
                let month = MONTHS.iter().position(|month| *month == name)?;
                self.fields.month = u8::try_from(month).ok()? + 1;
            }
            Part::Day => self.fields.day = self.two()?,
            Part::DayPadded(pad) => {
                (self.fields.day, self.layout.day) = self.padded(pad)?;
            }
            Part::WeekdayName => {
                let name = self.name()?;
                let weekday = WEEKDAYS.iter().position(|weekday| *weekday == name)?;
                self.fields.weekday = i64::try_from(weekday).ok();
            }
            Part::Time(pad) => {
                (self.fields.hour, self.layout.hour) = self.padded(pad)?;
                self.byte(b':')?;
                self.fields.minute = self.two()?;
                self.byte(b':')?;
                self.fields.second = self.two()?;
                self.fraction()?;
            }
            Part::TimeTight => {
                (self.fields.hour, self.fields.minute, self.fields.second) =
                    (self.two()?, self.two()?, self.two()?);
                self.fraction()?;
            }
            Part::Meridiem => self.meridiem(),
            Part::Zone(words) => self.zone(words),
            Part::Epoch => self.epoch()?,
        }
        Some(())
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        let (first, left) = self.rest.split_first()?;
        self.rest = left;
        (*first == wanted).then_some(())
    }

    fn two(&mut self) -> Option<u8> {
        let (value, left) = two(self.rest)?;
        self.rest = left;
        Some(value)
    }

    fn name(&mut self) -> Option<[u8; 3]> {
        let (name, left) = self.rest.split_first_chunk()?;
        self.rest = left;
        Some(*name)
    }

    /// One or two digits; `unseen` is the padding when they cannot show it.
    fn padded(&mut self, unseen: Pad) -> Option<(u8, Pad)> {
        let (value, pad, left) = match self.rest {
            [b'0', ones @ b'0'..=b'9', left @ ..] => (ones - b'0', Pad::Zero, left),
            [b'1'..=b'9', b'0'..=b'9', ..] => {
                two(self.rest).map(|(value, left)| (value, unseen, left))?
            }
            [b' ', ones @ b'0'..=b'9', left @ ..] => (ones - b'0', Pad::Blank, left),
            [ones @ b'0'..=b'9', left @ ..] => (ones - b'0', Pad::Bare, left),
            _ => return None,
        };
        self.rest = left;
        Some((value, pad))
    }

    /// A mark and 1..=9 digits, if both are there; `None` when there are more digits.
    fn fraction(&mut self) -> Option<()> {
        let [mark @ (b'.' | b','), digits @ ..] = self.rest else {
            return Some(());
        };
        let mut micros = 0;
        let mut count = 0;
        for digit in digits
            .iter()
            .take(FRACTION_DIGITS_MAX + 1)
            .take_while(|byte| byte.is_ascii_digit())
        {
            count += 1;
            if count <= 6 {
                micros = micros * 10 + i64::from(digit - b'0');
            }
        }
        if count > 0 {
            (count..6).for_each(|_| micros *= 10);
            self.layout.fraction_mark = *mark;
            self.layout.fraction_digits = u8::try_from(count).ok()?;
            self.fields.fraction_micros = micros;
            self.rest = digits.get(count..)?;
        }
        (count <= FRACTION_DIGITS_MAX).then_some(())
    }

    fn meridiem(&mut self) {
        let spaced = [" ", "\u{202f}", ""].into_iter();
        let found =
            spaced.filter_map(|space| Some((space, self.rest.strip_prefix(space.as_bytes())?)));
        for (space, rest) in found {
            let (afternoon, upper, left) = match rest {
                [b'A', b'M', left @ ..] => (false, true, left),
                [b'P', b'M', left @ ..] => (true, true, left),
                [b'a', b'm', left @ ..] => (false, false, left),
                [b'p', b'm', left @ ..] => (true, false, left),
                _ => continue,
            };
            if ends(left) {
                self.rest = left;
                self.fields.afternoon = afternoon;
                self.layout.meridiem = Some(Meridiem { space, upper });
                return;
            }
        }
    }

    fn zone(&mut self, words: Words) {
        (self.layout.zone, self.rest) = Zone::read(self.rest, words);
    }

    fn epoch(&mut self) -> Option<()> {
        let (digits, left) = self.rest.split_first_chunk::<10>()?;
        let mut seconds = 0;
        for digit in digits {
            seconds = seconds * 10 + i64::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        }
        self.fields.epoch_seconds = Some(seconds);
        self.rest = left;
        self.fraction()
    }
}
