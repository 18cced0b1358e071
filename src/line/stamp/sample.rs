//! A layout as text: a stamp written in it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Stamp;
use super::layout::{Layout, Shape};

/// A moment with one digit for the day and for the hour, so that their padding shows: 2026-11-02 03:04:05.678901.
const SAMPLE_MICROS: i64 = 1_793_588_645_678_901;

/// What stands before a stamp that is known only behind a level's letter.
const LETTER: &str = "I";

impl Serialize for Layout {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut text = Vec::new();
        if self.shape == Shape::Klog {
            text.extend_from_slice(LETTER.as_bytes());
        }
        self.write(SAMPLE_MICROS, &mut text);
        to.serialize_str(&String::from_utf8_lossy(&text))
    }
}

impl<'de> Deserialize<'de> for Layout {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Layout, D::Error> {
        let text = String::deserialize(from)?;
        let at = if text.starts_with(LETTER) {
            LETTER.len()
        } else {
            0
        };
        let stamp = Stamp::at(text.as_bytes(), at);
        let stamp = stamp.ok_or_else(|| serde::de::Error::custom("not a time as logs write it"));
        stamp.map(|stamp| stamp.layout)
    }
}
