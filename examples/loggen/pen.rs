//! Templates come in, bytes go out: fills the slots of prepared text, keeps the log's clock, and knows nothing of what
//! the text says.

use crate::text::WORDS;

const PATHS: usize = 2048;
/// The log is handed over in pieces of about this size, in bytes.
const PIECE_BYTES: usize = 256 * 1024;
/// 3 March 2026, 08:15:00 UTC, in milliseconds since 1970.
const FIRST_STAMP_MS: u64 = 1_772_525_700_000;

/// A small, seeded source of random numbers (SplitMix64): repeatable everywhere, which is all that is asked of it.
pub struct Chance(pub u64);

impl Chance {
    /// Any number.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((self.next() >> 32) * bound) >> 32
    }

    /// One of `items`, of which there is at least one.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

/// A varying part of a template, written as `~` and a letter.
#[derive(Clone, Copy)]
enum Slot {
    StampJuli,    // ~J  03-Mar-2026 08:15:00.123
    StampLogback, // ~L  2026-03-03 08:15:00.123
    Thread,       // ~T  1 to 200
    Day,          // ~D  up to three digits
    Number,       // ~N  up to five digits
    Address,      // ~I  10.1.2.3
    Hex,          // ~H  16 hexadecimal digits
    Path,         // ~P  a request path
    Word,         // ~W  an ordinary word
    Kind,         // ~K  letters that no other record has
}

impl Slot {
    fn of(letter: char) -> Option<Slot> {
        Some(match letter {
            'J' => Slot::StampJuli,
            'L' => Slot::StampLogback,
            'T' => Slot::Thread,
            'D' => Slot::Day,
            'N' => Slot::Number,
            'I' => Slot::Address,
            'H' => Slot::Hex,
            'P' => Slot::Path,
            'W' => Slot::Word,
            'K' => Slot::Kind,
            _ => return None,
        })
    }
}

/// A record's text, cut at its slots: first the slot (none before the first cut), then the text up to the next one.
pub struct Template(Vec<(Option<Slot>, String)>);

impl Template {
    pub fn new(text: &str) -> Template {
        let cut = text.split('~').enumerate().map(|(index, part)| {
            let mut rest = part.chars();
            match rest.next().filter(|_| index > 0).and_then(Slot::of) {
                Some(slot) => (Some(slot), rest.as_str().to_owned()),
                None => (None, part.to_owned()),
            }
        });
        Template(cut.collect())
    }
}

/// Fills templates, keeps the log's clock, and hands the bytes over.
pub struct Pen<'a, W> {
    pub chance: Chance,
    out: &'a mut W,
    piece: Vec<u8>,
    /// All bytes of the log so far, handed over or not.
    pub written: u64,
    paths: Vec<String>,
    words: Vec<&'static str>,
    now_ms: u64,
    /// The second that `juli` and `logback` were rendered for.
    second: u64,
    juli: String,
    logback: String,
    kinds: u64,
}

impl<'a, W: std::io::Write> Pen<'a, W> {
    pub fn new(mut chance: Chance, out: &'a mut W) -> Self {
        let words: Vec<_> = WORDS.split_whitespace().collect();
        let path = |_| {
            let (one, two) = (chance.pick(&words), chance.pick(&words));
            match chance.below(3) {
                0 => format!("/{one}/{}", chance.below(100_000)),
                1 => format!(
                    "/api/{one}/{}/{two}?page={}",
                    chance.below(10_000),
                    chance.below(60)
                ),
                _ => format!("/files/{one}-{two}-{:x}.pdf", chance.next() >> 32),
            }
        };
        let paths = (0..PATHS).map(path).collect();
        let (juli, logback) = (String::new(), String::new());
        let piece = Vec::with_capacity(2 * PIECE_BYTES);
        let now_ms = FIRST_STAMP_MS;
        Pen {
            chance,
            out,
            piece,
            written: 0,
            paths,
            words,
            now_ms,
            second: 0,
            juli,
            logback,
            kinds: 0,
        }
    }

    /// Writes one record after one of `templates`, up to 23 ms after the one before it.
    pub fn write(&mut self, templates: &[Template]) -> std::io::Result<()> {
        self.now_ms += self.chance.below(24);
        if self.second != self.now_ms / 1000 {
            self.second = self.now_ms / 1000;
            self.render_second();
        }
        let before = self.piece.len();
        for (slot, text) in &self.chance.pick(templates).0 {
            if let Some(slot) = slot {
                self.fill(*slot);
            }
            self.piece.extend_from_slice(text.as_bytes());
        }
        self.written += (self.piece.len() - before) as u64;
        if self.piece.len() >= PIECE_BYTES {
            self.flush()
        } else {
            Ok(())
        }
    }

    pub fn flush(&mut self) -> std::io::Result<()> {
        self.out.write_all(&self.piece)?;
        self.piece.clear();
        Ok(())
    }

    fn fill(&mut self, slot: Slot) {
        match slot {
            Slot::StampJuli | Slot::StampLogback => {
                let second = if matches!(slot, Slot::StampJuli) {
                    &self.juli
                } else {
                    &self.logback
                };
                self.piece.extend_from_slice(second.as_bytes());
                let ms = self.now_ms % 1000;
                let digits = [ms / 100, ms / 10 % 10, ms % 10].map(|digit| b'0' + digit as u8);
                self.piece.extend_from_slice(&digits);
            }
            Slot::Thread => self.number(1, 200),
            Slot::Day => self.number(0, 1000),
            Slot::Number => self.number(0, 100_000),
            Slot::Address => {
                self.piece.extend_from_slice(b"10.");
                self.number(0, 4);
                self.piece.push(b'.');
                self.number(0, 256);
                self.piece.push(b'.');
                self.number(1, 254);
            }
            Slot::Hex => {
                let bits = self.chance.next();
                let digit = |shift: u32| b"0123456789abcdef"[(bits >> (4 * shift)) as usize & 15];
                self.piece.extend((0..16).map(digit));
            }
            Slot::Path => self
                .piece
                .extend_from_slice(self.chance.pick(&self.paths).as_bytes()),
            Slot::Word => self
                .piece
                .extend_from_slice(self.chance.pick(&self.words).as_bytes()),
            Slot::Kind => {
                self.kinds += 1;
                // From g on, so that no kind looks like a hexadecimal number.
                let letter = |place: u32| b'g' + (self.kinds / 20_u64.pow(place) % 20) as u8;
                self.piece.extend((0..6).rev().map(letter));
            }
        }
    }

    /// Writes a number of `least` or up to `count` - 1 more, in decimal.
    fn number(&mut self, least: u64, count: u64) {
        let mut rest = least + self.chance.below(count);
        let mut digits = [b'0'; 20];
        let mut start = digits.len() - 1;
        while rest > 9 {
            digits[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            start -= 1;
        }
        digits[start] = b'0' + rest as u8;
        self.piece.extend_from_slice(&digits[start..]);
    }

    fn render_second(&mut self) {
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let (year, month, day) = civil(self.second / 86_400);
        let (hour, minute, second) = (
            self.second / 3600 % 24,
            self.second / 60 % 60,
            self.second % 60,
        );
        let clock = format!("{hour:02}:{minute:02}:{second:02}.");
        self.juli = format!("{day:02}-{}-{year} {clock}", MONTHS[month as usize - 1]);
        self.logback = format!("{year}-{month:02}-{day:02} {clock}");
    }
}

/// Year, month (1 to 12) and day of the month of a day counted from 1 January 1970.
fn civil(mut days: u64) -> (u64, u64, u64) {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let (mut year, mut month) = (1970, 1);
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let length = |month| match month {
        2 => 28 + u64::from(leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    while days >= length(month) {
        days -= length(month);
        month += 1;
    }
    (year, month, days + 1)
}
