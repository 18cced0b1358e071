//! How an object gives its time, and the same for another time.

use serde::{Deserialize, Serialize};

use crate::line::{Lacks, Layout, Stamp};

/// A time in a field.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// Microseconds since 1970, or as far as the text tells.
    pub stamp: Stamp,
    /// How it is written.
    pub(super) form: Form,
}

/// How a field gives a time.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Form {
    /// As text.
    Text(Layout),
    /// As a number of this many to the second, with so many digits behind the point, in quotes or not.
    Number {
        per_second: i64,
        digits: u8,
        quoted: bool,
    },
    /// MongoDB's `{"$date":"…"}`.
    Date(Layout),
    /// Log4j's `{"epochSecond":…,"nanoOfSecond":…}`.
    Parts,
}

const SECOND_MICROS: i64 = 1_000_000;

/// Digits behind the point that are kept of a number.
const FRACTION_DIGITS_MAX: usize = 9;

impl Moment {
    /// Reads a field's value.
    pub(super) fn read(value: &str) -> Option<Moment> {
        match value.as_bytes().first()? {
            b'"' => {
                let text: String = serde_json::from_str(value).ok()?;
                if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
                    return number(&text, true);
                }
                let stamp = Stamp::at(text.as_bytes(), 0)?;
                let form = Form::Text(stamp.layout);
                Some(Moment { stamp, form })
            }
            b'0'..=b'9' => number(value, false),
            b'{' => {
                let object: serde_json::Value = serde_json::from_str(value).ok()?;
                if let Some(date) = object.get("$date").and_then(|date| date.as_str()) {
                    let stamp = Stamp::at(date.as_bytes(), 0)?;
                    let form = Form::Date(stamp.layout);
                    return Some(Moment { stamp, form });
                }
                let seconds = object.get("epochSecond")?.as_i64()?;
                let nanos = object.get("nanoOfSecond")?.as_i64()?;
                let micros = seconds
                    .checked_mul(SECOND_MICROS)?
                    .checked_add(nanos / 1000)?;
                Some(Moment {
                    stamp: at(micros),
                    form: Form::Parts,
                })
            }
            _ => None,
        }
    }

    /// The form alone, without the time.
    pub(super) fn unplaced(self) -> Moment {
        Moment {
            stamp: at(0),
            form: self.form,
        }
    }

    /// Writes another time, in microseconds since 1970, as the value of such a field.
    pub(super) fn write(&self, micros: i64, out: &mut Vec<u8>) {
        let text = |layout: &Layout| {
            let mut text = Vec::new();
            layout.write(micros, &mut text);
            text
        };
        match &self.form {
            Form::Text(layout) => {
                out.push(b'"');
                out.extend_from_slice(&text(layout));
                out.push(b'"');
            }
            Form::Date(layout) => {
                out.extend_from_slice(b"{\"$date\":\"");
                out.extend_from_slice(&text(layout));
                out.extend_from_slice(b"\"}");
            }
            Form::Parts => {
                let (seconds, rest) = (
                    micros.div_euclid(SECOND_MICROS),
                    micros.rem_euclid(SECOND_MICROS),
                );
                let instant = format!(
                    "{{\"epochSecond\":{seconds},\"nanoOfSecond\":{}}}",
                    rest * 1000
                );
                out.extend_from_slice(instant.as_bytes());
            }
            Form::Number {
                per_second,
                digits,
                quoted,
            } => {
                let units =
                    i128::from(micros) * i128::from(*per_second) / i128::from(SECOND_MICROS);
                let mut number = units.to_string();
                if *digits > 0 {
                    let rest = micros.rem_euclid(SECOND_MICROS);
                    let fraction = format!("{:09}", rest * 1000);
                    number = format!(
                        "{}.{}",
                        micros.div_euclid(SECOND_MICROS),
                        &fraction[..usize::from(*digits)]
                    );
                }
                let quote = if *quoted { "\"" } else { "" };
                out.extend_from_slice(format!("{quote}{number}{quote}").as_bytes());
            }
        }
    }
}

/// A number since 1970: seconds, perhaps with a fraction, or thousandths, millionths, billionths of one, told by its
/// size.
fn number(text: &str, quoted: bool) -> Option<Moment> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.contains(['e', 'E', '-']) || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let units: i64 = whole.parse().ok()?;
    let per_second: i64 = match whole.len() {
        ..=11 => 1,
        12..=14 => 1_000,
        15..=17 => 1_000_000,
        _ => 1_000_000_000,
    };
    let mut micros = i128::from(units) * i128::from(SECOND_MICROS) / i128::from(per_second);
    if per_second == 1 && !fraction.is_empty() {
        let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
        micros += digits.parse::<i128>().ok()?;
    }
    let digits = if per_second == 1 {
        fraction.len().min(FRACTION_DIGITS_MAX)
    } else {
        0
    };
    Some(Moment {
        stamp: at(i64::try_from(micros).ok()?),
        form: Form::Number {
            per_second,
            digits: u8::try_from(digits).ok()?,
            quoted,
        },
    })
}

/// A stamp that no text stands for.
fn at(micros: i64) -> Stamp {
    Stamp {
        micros,
        lacks: Lacks::Nothing,
        layout: Layout::ISO,
        range: 0..0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_written_as_it_was_read() {
        for value in [
            "\"2026-11-22T10:00:00.123Z\"",
            "1795341600.123456",
            "1795341600",
            "1795341600123",
            "\"1795341600123456\"",
            "1795341600123456000",
            "{\"$date\":\"2026-11-22T10:00:00.123+00:00\"}",
            "{\"epochSecond\":1795341600,\"nanoOfSecond\":123456000}",
        ] {
            let moment = Moment::read(value).unwrap_or_else(|| panic!("{value}"));
            let mut out = Vec::new();
            moment.write(moment.stamp.micros, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), value);
        }
        assert_eq!(Moment::read("-1"), None);
        assert_eq!(Moment::read("1e9"), None);
        assert_eq!(Moment::read("\"soon\""), None);
    }
}
