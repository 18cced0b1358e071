//! A text's fixed and variable parts, and what is made of them: a pattern, or another text of the same make.

use std::sync::LazyLock;

use regex::Regex;

/// A token of letters and digits mixed is an id from this many places with digits on.
const DIGIT_PLACES_MIN: usize = 2;

/// One part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'t> {
    /// It is always there.
    Fixed(&'t str),
    /// White space, of any width.
    Space(&'t str),
    Number(&'t str),
    /// An address, with its port and what Java prints before it.
    Address(&'t str),
    /// A session, a request, a pointer.
    Id(&'t str),
    Path(&'t str),
    Url(&'t str),
    /// A name or a request in quotes.
    Quoted(&'t str),
    /// A thread in square brackets.
    Thread(&'t str),
}

/// A text in its parts.
pub(super) struct Template<'t> {
    parts: Vec<Part<'t>>,
}

// Built from a constant that the tests build as well; without it a text is all fixed, and the draft is too narrow.
static PARTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)
          (?<url>[a-z][a-z0-9+.-]*://[^\s"'()\[\]{}<>,;]+)
        | (?<quoted>"[^"]*")
        | (?<thread>\[[A-Za-z][^\s\]]*\])
        | (?<address>/?\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]+)?\b | /?\[[0-9a-fA-F:]{3,}\](?::[0-9]+)?)
        | (?<id>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b | \b0x[0-9a-fA-F]+\b)
        | (?<path>/[\w%?][^\s"'()\[\]{}<>,;]*)
        | (?<word>\b[A-Za-z0-9]{6,}\b)
        | (?<number>[0-9]+)
        | (?<space>\s+)"#,
    )
    .ok()
});

// The same holds here: without it a variant has the places of the first.
static PLACE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:, line |:)[0-9]+(?:\)?$|:[0-9]+\)?$|, in )").ok());

impl<'t> Template<'t> {
    /// Takes a text apart.
    pub fn of(text: &'t str) -> Template<'t> {
        let (mut parts, mut at) = (Vec::new(), 0);
        let Some(regex) = PARTS.as_ref() else {
            return Template {
                parts: vec![Part::Fixed(text)],
            };
        };
        for found in regex.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            let Some(part) = part(text, &found) else {
                continue;
            };
            let before = text.get(at..whole.start()).unwrap_or_default();
            if !before.is_empty() {
                parts.push(Part::Fixed(before));
            }
            parts.push(part);
            at = whole.end();
        }
        let rest = text.get(at..).unwrap_or_default();
        if !rest.is_empty() {
            parts.push(Part::Fixed(rest));
        }
        Template { parts }
    }

    /// A pattern for all texts of this make. The first address is named `peer`, the first path `path`.
    pub fn pattern(&self) -> String {
        let (mut peer, mut path) = (false, false);
        let mut pattern = String::new();
        for part in &self.parts {
            pattern.push_str(&match part {
                Part::Fixed(text) => regex::escape(text),
                Part::Space(_) => r"\s+".to_owned(),
                Part::Number(_) => "[0-9]+".to_owned(),
                Part::Id(_) => "[0-9A-Za-z-]+".to_owned(),
                Part::Url(_) => r#"[a-z]+://[^\s"',;]+"#.to_owned(),
                Part::Quoted(_) => r#""[^"]*""#.to_owned(),
                Part::Thread(_) => r"\[[^\]]*\]".to_owned(),
                Part::Address(_) if std::mem::replace(&mut peer, true) => {
                    r"/?[0-9A-Fa-f.:\[\]]+".to_owned()
                }
                Part::Address(_) => r"/?(?P<peer>[0-9A-Fa-f.:\[\]]+)".to_owned(),
                Part::Path(_) if std::mem::replace(&mut path, true) => {
                    r#"/[^\s"',;)\]}>]*"#.to_owned()
                }
                Part::Path(_) => r#"(?P<path>/[^\s"',;)\]}>]*)"#.to_owned(),
            });
        }
        pattern
    }

    /// The pattern without names, for a place where nothing is captured.
    pub fn nameless(&self) -> String {
        let pattern = self.pattern();
        pattern.replace("?P<peer>", "?:").replace("?P<path>", "?:")
    }

    /// Another text of this make.
    pub fn variant(&self) -> String {
        let texts = self.parts.iter().map(|part| match part {
            Part::Fixed(text) | Part::Space(text) | Part::Thread(text) => (*text).to_owned(),
            Part::Number(text) | Part::Id(text) => shift_digits(text),
            Part::Address(text) => shift_address(text),
            Part::Path(_) => "/another/path?page=2".to_owned(),
            Part::Url(_) => "http://another.example/path".to_owned(),
            Part::Quoted(text) => shift_digits(text),
        });
        texts.collect()
    }

    /// The words that are always there, for a name.
    pub fn words(&self) -> impl Iterator<Item = &'t str> {
        let fixed = self.parts.iter().filter_map(|part| match part {
            Part::Fixed(text) => Some(*text),
            _ => None,
        });
        fixed.flat_map(|text| {
            text.split(|c: char| !c.is_ascii_alphabetic())
                .filter(|word| word.len() > 1)
        })
    }
}

/// Makes a part of its text.
type Make<'t> = fn(&'t str) -> Part<'t>;

/// What one match is; `None` where it is fixed after all.
fn part<'t>(text: &'t str, found: &regex::Captures<'t>) -> Option<Part<'t>> {
    let of = |name| found.name(name).map(|found| found.as_str());
    if let Some(word) = of("word") {
        return is_id(word).then_some(Part::Id(word));
    }
    if let Some(path) = found.name("path") {
        let before = text.get(..path.start()).unwrap_or_default();
        let amid = before.ends_with(|c: char| c.is_alphanumeric());
        return (!amid).then_some(Part::Path(path.as_str()));
    }
    if let Some(quoted) = of("quoted") {
        let varies = |c: char| c.is_ascii_digit() || c == '/';
        let mut words = quoted.split_whitespace();
        let one = words.next().is_some() && words.next().is_none();
        return (one || quoted.contains(varies)).then_some(Part::Quoted(quoted));
    }
    let parts: [(&str, Make<'t>); 6] = [
        ("url", Part::Url),
        ("thread", Part::Thread),
        ("address", Part::Address),
        ("id", Part::Id),
        ("number", Part::Number),
        ("space", Part::Space),
    ];
    parts.iter().find_map(|(name, part)| of(name).map(part))
}

/// Long hexadecimal numbers, and mixtures with digits in several places; a class has its version in one.
fn is_id(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let hexadecimal = word.bytes().all(|b| b.is_ascii_hexdigit());
    let bytes = word.as_bytes();
    let runs = bytes.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    let places = runs.filter(|run| run.first().is_some_and(u8::is_ascii_digit));
    digits > 0 && (hexadecimal || places.count() >= DIGIT_PLACES_MIN)
}

/// The same with each digit replaced by another; none becomes zero.
fn shift_digits(text: &str) -> String {
    let shift = |c: char| match c.to_digit(10) {
        Some(digit) => char::from_digit(digit % 9 + 1, 10).unwrap_or(c),
        None => c,
    };
    text.chars().map(shift).collect()
}

/// An address of those that are set aside for examples, with the port and the slash as they stood.
fn shift_address(text: &str) -> String {
    let slash = if text.starts_with('/') { "/" } else { "" };
    let port = match text.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') && !text.ends_with(']') => port,
        _ => "",
    };
    if port.is_empty() {
        format!("{slash}192.0.2.44")
    } else {
        format!("{slash}192.0.2.44:{}", shift_digits(port))
    }
}

/// A frame's line at another place in its file; any other line as it is.
pub(super) fn shift_place(line: &str) -> String {
    let found = PLACE.as_ref().and_then(|place| place.find(line));
    let Some(found) = found else {
        return line.to_owned();
    };
    let (front, rest) = line.split_at_checked(found.start()).unwrap_or((line, ""));
    front.to_owned() + &shift_digits(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_parts_become_classes_and_the_rest_stays() {
        for (text, pattern) in [
            ("guest 17 left", r"guest\s+[0-9]+\s+left"),
            (
                "from /10.0.0.7:4711 gone",
                r"from\s+/?(?P<peer>[0-9A-Fa-f.:\[\]]+)\s+gone",
            ),
            (
                "10.0.0.7 to 10.0.0.8",
                r"/?(?P<peer>[0-9A-Fa-f.:\[\]]+)\s+to\s+/?[0-9A-Fa-f.:\[\]]+",
            ),
            (
                "at /a/b?c=1, and/or",
                r#"at\s+(?P<path>/[^\s"',;)\]}>]*),\s+and/or"#,
            ),
            ("see http://a.example/x.", r#"see\s+[a-z]+://[^\s"',;]+"#),
            ("session 0x1000025ce33000e", r"session\s+[0-9A-Za-z-]+"),
            (
                "id 123e4567-e89b-12d3-a456-426614174000 ok",
                r"id\s+[0-9A-Za-z-]+\s+ok",
            ),
            ("Http11Processor deadbeef", r"Http11Processor\s+deadbeef"),
            (
                "request \"GET /x HTTP/1.1\" of \"shop\"",
                r#"request\s+"[^"]*"\s+of\s+"[^"]*""#,
            ),
            (
                "said \"good bye\" (twice)",
                r#"said\s+"good bye"\s+\(twice\)"#,
            ),
            ("[exec-7] a.b : c", r"\[[^\]]*\]\s+a\.b\s+:\s+c"),
            ("客户 17 离开", r"客户\s+[0-9]+\s+离开"),
        ] {
            let made = Template::of(text).pattern();
            assert_eq!(made, pattern, "{text}");
            let regex = Regex::new(&format!("^{made}$")).unwrap();
            assert!(regex.is_match(text), "{text}");
            let variant = Template::of(text).variant();
            assert!(regex.is_match(&variant), "{text}: {variant}");
        }
    }

    #[test]
    fn a_variant_has_other_numbers_and_addresses() {
        let variant = |text| Template::of(text).variant();
        assert_eq!(
            variant("guest 19 from 10.0.0.7:80"),
            "guest 21 from 192.0.2.44:91"
        );
        assert_eq!(
            shift_place("\tat a.B.c(B.java:39)"),
            "\tat a.B.c(B.java:41)"
        );
        assert_eq!(
            shift_place("  File \"a.py\", line 9, in f"),
            "  File \"a.py\", line 1, in f"
        );
        assert_eq!(shift_place("Caused by: a.B: c 17"), "Caused by: a.B: c 17");
    }

    proptest::proptest! {
        /// Whatever a text is, its pattern takes it, and takes the variant that is made of it.
        #[test]
        fn a_pattern_takes_its_text_and_its_variant(text in "([a-z0-9:/.\"\\[\\]()-]|客| |\\PC){0,40}") {
            let template = Template::of(&text);
            let regex = Regex::new(&format!("^(?:{})$", template.pattern())).unwrap();
            proptest::prop_assert!(regex.is_match(&text), "{}", template.pattern());
            let variant = template.variant();
            proptest::prop_assert!(regex.is_match(&variant), "{}: {variant:?}", template.pattern());
        }
    }
}
