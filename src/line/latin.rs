//! Bytes as text that JSON can hold, and back: one character for each byte, so that what is ASCII can be read.

use serde::{Deserialize, Deserializer, Serializer};

/// Writes each byte as the character of its number.
///
/// # Errors
/// Whatever the serializer gives.
pub fn serialize<S: Serializer>(bytes: impl AsRef<[u8]>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&text(bytes.as_ref()))
}

/// Reads each character as the byte of its number.
///
/// # Errors
/// What is read is no text, or holds a character that stands for no byte.
pub fn deserialize<'de, D: Deserializer<'de>, B: From<Vec<u8>>>(from: D) -> Result<B, D::Error> {
    let text = String::deserialize(from)?;
    let bytes = bytes(&text).ok_or_else(|| serde::de::Error::custom("not one byte each"));
    bytes.map(B::from)
}

/// The text for these bytes.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// The bytes of such a text; `None` if it is none.
#[must_use]
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    text.chars()
        .map(|character| u8::try_from(character).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(bytes(&text(&all)), Some(all));
        assert_eq!(text(b"a.log"), "a.log");
        assert_eq!(bytes("日"), None);
    }
}
