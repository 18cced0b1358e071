//! Text without its variable parts: numbers, addresses, ids, request paths and URLs.

/// A token of letters and digits mixed is an id from this length on.
const ID_BYTES_MIN: usize = 12;

/// Writes `text` to `out` with its variable parts replaced: `#` for numbers, addresses and ids, `/*` for paths,
/// `URL` for URLs. Gives the first path it met, as it stood there.
pub fn mask<'t>(text: &'t [u8], out: &mut Vec<u8>) -> Option<&'t [u8]> {
    let mut path = None;
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let plain = rest
            .iter()
            .position(|b| is_word(*b) || matches!(b, b'/' | b'<'));
        let plain = plain.unwrap_or(rest.len());
        out.extend_from_slice(&rest[..plain]);
        at += plain;
        let Some(&byte) = text.get(at) else { break };
        let fresh = at == 0 || !is_word(text[at - 1]) && text[at - 1] != b'/';
        if byte == b'/'
            && fresh
            && text
                .get(at + 1)
                .is_some_and(|b| is_word(*b) || *b == b'?' || *b == b'%')
        {
            let end = at + path_len(&text[at..]);
            path = path.or(Some(trim_end(&text[at..end])));
            out.extend_from_slice(b"/*");
            at = end;
        } else if let Some(len) = bracketed_id(&text[at..]) {
            out.extend_from_slice(b"<#>");
            at += len;
        } else if !is_word(byte) {
            out.push(byte);
            at += 1;
        } else {
            at = mask_token(text, at, out);
        }
    }
    path
}

/// One token: a run of letters, digits and what joins them. Gives where it ends.
fn mask_token(text: &[u8], start: usize, out: &mut Vec<u8>) -> usize {
    let rest = &text[start..];
    let mut numbered = false;
    let word = rest.iter().take_while(|b| {
        numbered |= b.is_ascii_digit();
        is_word(**b)
    });
    let word = word.count();
    if rest[word..].starts_with(b"://") {
        out.extend_from_slice(b"URL");
        return start + path_len(rest);
    }
    let token = &rest[..word];
    if !numbered {
        out.extend_from_slice(token);
        return start + word;
    }
    let len = rest
        .iter()
        .take_while(|b| is_word(**b) || matches!(b, b'.' | b':' | b'-'))
        .count();
    let whole = trim_end(&rest[..len]);
    if is_id(token) || is_id(whole) {
        out.push(b'#');
        return start + if is_id(whole) { whole.len() } else { word };
    }
    mask_digits(token, out);
    start + word
}

/// Runs of digits become `#`, and so do the dots, colons and dashes between two of them.
fn mask_digits(token: &[u8], out: &mut Vec<u8>) {
    for byte in token {
        if byte.is_ascii_digit() {
            if out.last() != Some(&b'#') {
                out.push(b'#');
            }
        } else {
            out.push(*byte);
        }
    }
}

/// Addresses, hexadecimal numbers, UUIDs, and long mixtures of letters and digits.
fn is_id(token: &[u8]) -> bool {
    let digits = token.iter().filter(|b| b.is_ascii_digit()).count();
    let hex = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'-' | b'.' | b':');
    // With its prefix a number is hexadecimal at any length: `0x0` is a session that was not given yet.
    let prefixed = token.strip_prefix(b"0x").filter(|rest| !rest.is_empty());
    let hexadecimal =
        prefixed.unwrap_or(token).iter().all(hex) && (prefixed.is_some() || token.len() >= 6);
    // An id has digits in several places; a class has its version in one (`Http11Processor`).
    let runs = token.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    let places = runs.filter(|run| run[0].is_ascii_digit()).count();
    let plain = token.iter().all(u8::is_ascii_alphanumeric);
    let mixed = token.len() >= ID_BYTES_MIN && places >= 2 && plain;
    digits > 0 && (hexadecimal || mixed)
}

/// The length of an id in angle brackets that may hold the signs of Base64, as mail servers name their sessions.
fn bracketed_id(text: &[u8]) -> Option<usize> {
    let inside = text.strip_prefix(b"<")?;
    let sign = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_');
    let len = inside.iter().take_while(|b| sign(b)).count();
    let id = &inside[..len];
    let has = |test: fn(&u8) -> bool| id.iter().any(test);
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    // A name has neither, or one number at the most.
    let signs = has(|b| matches!(b, b'+' | b'/'));
    let numbers = id.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    let numbers = numbers.filter(|run| run[0].is_ascii_digit()).count();
    let closed = inside.get(len) == Some(&b'>');
    (closed && len >= ID_BYTES_MIN && mixed && (signs || numbers >= 2)).then_some(len + 2)
}

/// How far a path or a URL reaches: up to white space, a quote, a bracket or a comma.
fn path_len(text: &[u8]) -> usize {
    text.iter()
        .position(|b| {
            matches!(
                b,
                b' ' | b'\t' | b'"' | b'\'' | b')' | b']' | b'}' | b'>' | b',' | b';'
            )
        })
        .unwrap_or(text.len())
}

fn is_word(byte: u8) -> bool {
    WORD[usize::from(byte)]
}

/// Of each byte, whether it is part of a word.
const WORD: [bool; 256] = {
    let mut word = [false; 256];
    let mut byte = 0;
    while byte <= u8::MAX as usize {
        let letter = byte as u8;
        word[byte] = letter.is_ascii_alphanumeric() || letter == b'_' || !letter.is_ascii();
        byte += 1;
    }
    word
};

fn trim_end(token: &[u8]) -> &[u8] {
    let end = token
        .iter()
        .rposition(|b| is_word(*b))
        .map_or(0, |last| last + 1);
    &token[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        let mut out = Vec::new();
        mask(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_addresses_ids_paths_and_urls_are_masked_whole() {
        assert_eq!(
            masked("[http-nio-8080-exec-17] ERROR"),
            "[http-nio-#-exec-#] ERROR"
        );
        assert_eq!(
            masked("Close of session 0x1000025ce33000e"),
            "Close of session #"
        );
        assert_eq!(masked("session = 0x0"), "session = #");
        assert_eq!(
            masked("from 10.0.0.7:4711 to [::1]:80"),
            "from # to [::#]:#"
        );
        assert_eq!(masked("GET /shop/item/17?x=1 failed"), "GET /* failed");
        assert_eq!(
            masked("call http://a.example/x?y=1, then"),
            "call URL, then"
        );
        assert_eq!(masked("id 123e4567-e89b-12d3-a456-426614174000."), "id #.");
        assert_eq!(masked("token dGhpc2lzMTIzNDU2 sent"), "token # sent");
        assert_eq!(
            masked("imap(anna)<812><dgz1E+BgzNt/AAAB>: gone"),
            "imap(anna)<#><#>: gone"
        );
        assert_eq!(masked("a List<Http11Processor>"), "a List<Http#Processor>");
        assert_eq!(masked("Servlet.service() threw"), "Servlet.service() threw");
        assert_eq!(masked("Http11NioProcessor"), "Http#NioProcessor");
    }

    #[test]
    fn the_first_path_is_told() {
        let mut out = Vec::new();
        assert_eq!(
            mask(b"request /a/b failed at /c", &mut out),
            Some(&b"/a/b"[..])
        );
    }
}
