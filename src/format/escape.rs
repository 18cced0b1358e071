//! What envelopes do to the characters of a text, undone.

/// Appends the text of a JSON string's body. What is no escape stays as it is.
pub(super) fn write_json_text(body: &[u8], out: &mut Vec<u8>) {
    let mut rest = body;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let (character, len) = match rest.get(at + 1) {
            Some(b'n') => ('\n', 2),
            Some(b't') => ('\t', 2),
            Some(b'r') => ('\r', 2),
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(mark @ (b'"' | b'\\' | b'/')) => (char::from(*mark), 2),
            Some(b'u') => unicode(&rest[at..]).unwrap_or(('\\', 1)),
            _ => ('\\', 1),
        };
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        rest = &rest[at + len..];
    }
    out.extend_from_slice(rest);
}

/// The character that `\u000a` or a pair of such escapes at the start of `text` stands for, and the escape's length.
fn unicode(text: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| -> Option<u32> {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let first = unit(0)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((
            char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER),
            6,
        ));
    }
    match unit(6).filter(|second| (0xdc00..0xe000).contains(second)) {
        Some(second) => {
            let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            Some((char::from_u32(code)?, 12))
        }
        None => Some((char::REPLACEMENT_CHARACTER, 6)),
    }
}

/// Appends a text in which syslog wrote control characters as `#` and three octal digits.
pub(super) fn write_octal_text(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'#', rest) {
        out.extend_from_slice(&rest[..at]);
        match octal(&rest[at + 1..]) {
            Some(control) => {
                out.push(control);
                rest = &rest[at + 4..];
            }
            None => {
                out.push(b'#');
                rest = &rest[at + 1..];
            }
        }
    }
    out.extend_from_slice(rest);
}

fn octal(digits: &[u8]) -> Option<u8> {
    match digits {
        [a @ b'0'..=b'1', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
            let code = (a - b'0') * 64 + (b - b'0') * 8 + (c - b'0');
            (code < 32 || code == 127).then_some(code)
        }
        _ => None,
    }
}

/// Takes the colours out of `text[from..]`: escape sequences of the form `ESC [ numbers letter`.
pub fn strip_colours(text: &mut Vec<u8>, from: usize) {
    let Some(first) = memchr::memchr(0x1b, text.get(from..).unwrap_or_default()) else {
        return;
    };
    let mut to = from + first;
    let mut at = to;
    while at < text.len() {
        let len = colour_len(&text[at..]);
        if len > 0 {
            at += len;
        } else {
            text[to] = text[at];
            (to, at) = (to + 1, at + 1);
        }
    }
    text.truncate(to);
}

/// The length of the colour that `text` begins with; 0 if it begins with something else.
pub(super) fn colour_len(text: &[u8]) -> usize {
    let Some(rest) = text.strip_prefix(b"\x1b[") else {
        return 0;
    };
    let numbers = rest
        .iter()
        .take_while(|b| b.is_ascii_digit() || matches!(b, b';' | b':' | b'?'))
        .count();
    match rest.get(numbers) {
        Some(b'@'..=b'~') => numbers + 3,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        let json = |body: &str| {
            let mut out = Vec::new();
            write_json_text(body.as_bytes(), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            json(r#"a\tb\/c \"d\" \u003cinit\u003e\n"#),
            "a\tb/c \"d\" <init>\n"
        );
        assert_eq!(json(r"\ud83d\ude00 \ud83d \u00e4"), "😀 \u{fffd} ä");
        assert_eq!(json(r"C:\dir \u12 \"), "C:\\dir \\u12 \\");
        let octal = |text: &str| {
            let mut out = Vec::new();
            write_octal_text(text.as_bytes(), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            octal("#011at f(#1) #012x #777 #040 #"),
            "\tat f(#1) \nx #777 #040 #"
        );
    }

    #[test]
    fn colours_are_taken_out() {
        let mut text = b"\x1b[31mx".to_vec();
        text.extend_from_slice(b"\x1b[2m2026\x1b[0m \x1b[33m WARN\x1b[0m [a] \x1b");
        strip_colours(&mut text, 6);
        assert_eq!(text, b"\x1b[31mx2026  WARN [a] \x1b");
    }
}
