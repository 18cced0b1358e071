//! The zone that a stamp names: read, and written again as it was.

use super::word::{ends, packed, table, two};

const MINUTE_MICROS: i64 = 60_000_000;

/// The zone as it stands behind the time, the blank before it included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Zone {
    Unnamed,
    /// `Z`
    Zulu,
    /// `+00:00`, ` +0000`, `+01`
    Offset {
        blank: bool,
        negative: bool,
        hours: u8,
        minutes: u8,
        form: Form,
    },
    /// ` UTC`, ` CET`: kept as text, the wall time taken as it is. Bytes beyond the word are 0.
    Word([u8; WORD_BYTES_MAX]),
}

/// How an offset is spelt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// `+01`
    Hours,
    /// `+0100`
    Plain,
    /// `+01:00`
    Colon,
}

/// Which words pass for zones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Words {
    /// Only [`WORDS`]: at the end of a stamp `INFO` and `GET` would pass for zones too.
    Known,
    /// Any: a year follows and leaves no doubt.
    Any,
}

const WORD_BYTES_MIN: usize = 3;
const WORD_BYTES_MAX: usize = 5;

/// The zone words that servers print: what `date +%Z` says around the world.
#[rustfmt::skip]
const WORDS: [u64; 53] = table([
    "UTC", "GMT", "CET", "CEST", "EET", "EEST", "WET", "WEST", "BST", "IST", "MSK", "EST",
    "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AKST", "AKDT", "HST", "AST", "ADT",
    "NST", "NDT", "JST", "KST", "HKT", "SGT", "PHT", "MYT", "ICT", "WIB", "WITA", "WIT",
    "PKT", "NPT", "GST", "TRT", "IDT", "SAST", "WAT", "CAT", "EAT", "BRT", "ART", "AEST",
    "AEDT", "ACST", "ACDT", "AWST", "NZDT",
]);

impl Zone {
    /// Reads a zone at the start of `rest`; where there is none it is `Unnamed`, and all of `rest`
    /// is left.
    pub(super) fn read(rest: &[u8], words: Words) -> (Zone, &[u8]) {
        let found = match rest {
            [b'Z', left @ ..] if ends(left) => Some((Zone::Zulu, left)),
            [b' ', b'+' | b'-', ..] => offset(rest.get(1..).unwrap_or_default(), true),
            [b'+' | b'-', ..] => offset(rest, false),
            [b' ', b'A'..=b'Z', ..] => word(rest.get(1..).unwrap_or_default(), words),
            _ => None,
        };
        found.unwrap_or((Zone::Unnamed, rest))
    }

    /// Appends the zone as it was read.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match *self {
            Zone::Unnamed => {}
            Zone::Zulu => out.push(b'Z'),
            Zone::Offset {
                blank,
                negative,
                hours,
                minutes,
                form,
            } => {
                if blank {
                    out.push(b' ');
                }
                out.push(if negative { b'-' } else { b'+' });
                out.extend([b'0' + hours / 10, b'0' + hours % 10]);
                if form == Form::Colon {
                    out.push(b':');
                }
                if form != Form::Hours {
                    out.extend([b'0' + minutes / 10, b'0' + minutes % 10]);
                }
            }
            Zone::Word(word) => {
                out.push(b' ');
                out.extend(word.iter().filter(|byte| **byte != 0));
            }
        }
    }

    /// Microseconds by which the wall clock is ahead of UTC; 0 where the zone does not say.
    pub(super) fn ahead(&self) -> i64 {
        match *self {
            Zone::Offset {
                negative,
                hours,
                minutes,
                ..
            } => {
                let ahead = (i64::from(hours) * 60 + i64::from(minutes)) * MINUTE_MICROS;
                if negative { -ahead } else { ahead }
            }
            Zone::Unnamed | Zone::Zulu | Zone::Word(_) => 0,
        }
    }
}

/// Reads an offset from its sign on. Only quarters of an hour up to 14 hours exist: `-1234` is a
/// number.
fn offset(signed: &[u8], blank: bool) -> Option<(Zone, &[u8])> {
    let (sign, digits) = signed.split_first()?;
    let (hours, rest) = two(digits)?;
    let (minutes, form, left) = match rest {
        [b':', rest @ ..] => two(rest).map(|(minutes, left)| (minutes, Form::Colon, left))?,
        [b'0'..=b'9', ..] => two(rest).map(|(minutes, left)| (minutes, Form::Plain, left))?,
        // Behind a blank two digits are more likely a number of the message.
        _ if blank => return None,
        _ => (0, Form::Hours, rest),
    };
    let exists = hours <= 14 && minutes < 60 && minutes % 15 == 0;
    let zone = Zone::Offset {
        blank,
        negative: *sign == b'-',
        hours,
        minutes,
        form,
    };
    (exists && ends(left)).then_some((zone, left))
}

fn word(text: &[u8], words: Words) -> Option<(Zone, &[u8])> {
    let end = text
        .iter()
        .take(WORD_BYTES_MAX + 1)
        .take_while(|byte| byte.is_ascii_uppercase())
        .count();
    let (name, left) = text.split_at_checked(end)?;
    let fits = (WORD_BYTES_MIN..=WORD_BYTES_MAX).contains(&end) && ends(left);
    if !fits || (words == Words::Known && !WORDS.contains(&packed(name))) {
        return None;
    }
    let mut kept = [0; WORD_BYTES_MAX];
    kept.iter_mut().zip(name).for_each(|(to, from)| *to = *from);
    Some((Zone::Word(kept), left))
}
