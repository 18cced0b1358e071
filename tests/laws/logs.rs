//! Logs made of pieces: real records, other writers' lines, and whatever else stands in files.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::{fs, path::Path};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use quell::format::{Format, Wear};
use quell::limits::{LINE_BYTES_MAX, RECORD_BYTES_MAX};
use quell::line::Stamp;
use quell::rule::{RuleSet, Selection};

use super::common::{place, written};
use super::drive::NOW;

/// A log. Its `Debug` form can be read and pasted.
#[derive(Clone, PartialEq, Eq)]
pub struct Log(pub Vec<u8>);

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} bytes", self.0.len())?;
        let lines = self.0.split_inclusive(|byte| *byte == b'\n');
        lines
            .take(200)
            .try_for_each(|line| writeln!(f, "  {}", line[..line.len().min(2000)].escape_ascii()))
    }
}

/// What logs are made of, and the rules that they are held against.
pub struct Stock {
    /// All built-in rules, the opt-in ones included.
    pub rules: Arc<RuleSet>,
    /// No rule at all.
    pub silent: Arc<RuleSet>,
    /// Records that some rule takes.
    quiet: Vec<Vec<u8>>,
    /// The same that come in an envelope.
    pub carried: Vec<Vec<u8>>,
    /// Look-alikes.
    pub loud: Vec<Vec<u8>>,
    /// Lines of captured logs, by file.
    captured: Vec<Vec<Vec<u8>>>,
}

/// The stock, read once.
pub fn stock() -> &'static Stock {
    static STOCK: OnceLock<Stock> = OnceLock::new();
    STOCK.get_or_init(|| {
        let files = &written().1;
        let enable: Vec<String> = files.iter().map(|(_, file)| file.program.clone()).collect();
        let load = |selection: Selection| {
            Arc::new(RuleSet::load(&[], &selection).expect("built-in rules"))
        };
        let proofs = files
            .iter()
            .flat_map(|(_, file)| &file.rule)
            .map(|rule| &rule.proof);
        let trimmed = |text: &String| text.trim_matches('\n').as_bytes().to_vec();
        let quiet = proofs.clone().flat_map(|proof| &proof.quiet).map(trimmed);
        // The model judges lines as they stand; what wears an envelope has laws of its own.
        let (carried, quiet) = quiet.partition(|record: &Vec<u8>| {
            let first = record.split(|byte| *byte == b'\n').next();
            first.is_some_and(|first| Wear::of(first, Format::Auto).is_some())
        });
        Stock {
            rules: load(Selection {
                enable,
                ..Selection::default()
            }),
            silent: load(Selection {
                only: vec!["nothing".to_owned()],
                ..Selection::default()
            }),
            quiet,
            carried,
            loud: proofs.flat_map(|proof| &proof.loud).map(trimmed).collect(),
            captured: captured(&place("fixtures")),
        }
    })
}

fn captured(folder: &Path) -> Vec<Vec<Vec<u8>>> {
    let folders = |folder: &Path| {
        let mut paths: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        paths.into_iter().filter(|path| path.is_dir())
    };
    folders(folder)
        .flat_map(|program| folders(&program))
        .filter_map(|scene| fs::read(scene.join("in.log")).ok())
        .map(|log| {
            log.split_inclusive(|byte| *byte == b'\n')
                .map(<[u8]>::to_vec)
                .collect()
        })
        .collect()
}

/// One piece of a log.
#[derive(Clone, Debug)]
enum Piece {
    /// A record that a rule takes, one of the log's few.
    Quiet(usize),
    /// The same, with lines missing at its end or its start.
    Torn(usize, Index, bool),
    /// The same, with another piece in its midst.
    Split(usize, Index, Box<Piece>),
    /// A look-alike.
    Loud(Index),
    /// Lines from a captured log.
    Captured(Index, Index, usize),
    /// A stamped line.
    Event(usize, &'static str),
    /// A line as it stands.
    Line(&'static str),
    /// Any bytes, and a line ending.
    Bytes(Vec<u8>),
    /// Many lines of the same.
    Many(&'static str, usize),
}

const LAYOUTS: [&str; 9] = [
    "2026-11-22 10:00:00.000 ",
    "2026-11-22T10:00:00.000Z ",
    "22-Nov-2026 10:00:00.000 ",
    "Nov 22 10:00:00 host app[7]: ",
    "10.0.0.7 - - [22/Nov/2026:10:00:00 +0000] ",
    "[2026-11-22 10:00:00 +0000] [7] ",
    "2026/11/22 10:00:00 ",
    "10:00:00.000 ",
    "Nov 22, 2026 10:00:00 AM com.example.Shop serve\nSEVERE: ",
];

const EVENTS: [&str; 8] = [
    "INFO  served in 12 ms",
    "WARN  [exec-7] c.example.Shop: request failed",
    "ERROR [exec-7] c.example.Shop: Unhandled exception",
    "ERROR java.io.IOException: Broken pipe",
    "\"GET /item/17 HTTP/1.1\" 200 512",
    "DEBUG Connection reset by peer",
    "WARN quell: 3x java.io.IOException: Broken pipe [java-app] 10:00:00.113..10:00:59.871, 63 lines, 3.2 kB suppressed",
    "",
];

const LINES: [&str; 26] = [
    "",
    " ",
    "plain text",
    "\tindented text",
    "java.io.IOException: Broken pipe",
    "java.net.SocketException: Connection reset",
    "\tat com.example.Shop.serve(Shop.java:17)",
    "\tat java.base/sun.nio.ch.SocketDispatcher.write0(Native Method)",
    "\t... 12 more",
    "Caused by: java.io.IOException: Connection reset by peer",
    "Caused by:",
    "Traceback (most recent call last):",
    "  File \"/srv/app/shop.py\", line 12, in serve",
    "    self.wfile.write(page)",
    "BrokenPipeError: [Errno 32] Broken pipe",
    "During handling of the above exception, another exception occurred:",
    "----------------------------------------",
    "Exception occurred during processing of request from ('10.0.0.7', 4711)",
    "Error: read ECONNRESET",
    "Error: aborted {",
    "  code: 'ECONNRESET'",
    "}",
    "    at Socket.socketOnEnd (node:_http_server:500:22)",
    "10.0.0.7 - - \"GET /item/17 HTTP/1.1\" 200 512",
    "ERROR:    Exception in ASGI application",
    "goroutine 12 [running]:",
];

/// What a log is made from; proptest makes it smaller by leaving pieces out.
#[derive(Clone, Debug)]
struct Plan {
    palette: Vec<Index>,
    pieces: Vec<(Piece, i64, bool)>,
    last_newline: bool,
}

/// Any log of up to so many pieces.
pub fn log(pieces: Range<usize>) -> impl Strategy<Value = Log> {
    log_of(piece().boxed(), pieces)
}

/// A log whose lines wear nothing, so that every record in it can be read as it stands.
pub fn bare_log(pieces: Range<usize>) -> impl Strategy<Value = Log> {
    log(pieces).prop_map(|log| {
        let lines = log.0.split_inclusive(|byte| *byte == b'\n');
        let bare = lines.filter(|line| {
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            Wear::of(text, Format::Auto).is_none()
        });
        Log(bare.flatten().copied().collect())
    })
}

/// A log in which no record is cut or mixed with another. Taking out a record that stands amid the lines of a torn one
/// joins those lines, so that a second run may read them as one record: no filter of lines can help that.
pub fn unbroken_log(pieces: Range<usize>) -> impl Strategy<Value = Log> {
    log_of(unbroken().boxed(), pieces)
}

fn log_of(piece: BoxedStrategy<Piece>, pieces: Range<usize>) -> impl Strategy<Value = Log> {
    let plan = (
        vec(any::<Index>(), 1..4),
        vec((piece, step(), prop::bool::weighted(0.1)), pieces),
        prop::bool::weighted(0.8),
    );
    plan.prop_map(|(palette, pieces, last_newline)| {
        Plan {
            palette,
            pieces,
            last_newline,
        }
        .write()
    })
}

/// A log with one thing in it that is beyond a bound.
pub fn outgrown() -> impl Strategy<Value = Log> {
    let line = (
        0..LAYOUTS.len(),
        prop::sample::select(&EVENTS[..]),
        any::<bool>(),
        over(),
    )
        .prop_map(|(layout, text, stamped, over)| {
            let mut line = if stamped {
                LAYOUTS[layout].as_bytes().to_vec()
            } else {
                Vec::new()
            };
            line.extend_from_slice(text.as_bytes());
            line.resize(LINE_BYTES_MAX + over, b'x');
            line
        });
    let trace = (any::<Index>(), over()).prop_map(|(which, over)| {
        let quiet = &stock().quiet;
        let mut record = quiet[which.index(quiet.len())].clone();
        let frame = b"\n\tat com.example.Shop.serve(Shop.java:17)";
        let bytes = if over == 0 {
            RECORD_BYTES_MAX / 2
        } else {
            RECORD_BYTES_MAX + over
        };
        record.extend(frame.repeat(bytes / frame.len()));
        record
    });
    (log(0..6), prop_oneof![line, trace], log(0..8)).prop_map(|(before, outgrown, after)| {
        let newline = if before.0.is_empty() || before.0.ends_with(b"\n") {
            &b""[..]
        } else {
            b"\n"
        };
        Log([&before.0, newline, &outgrown, b"\n", &after.0].concat())
    })
}

/// By how many bytes something is beyond its bound.
fn over() -> impl Strategy<Value = usize> {
    prop_oneof![Just(0), Just(1), 100_000..900_000_usize]
}

/// Bytes of no sense, among them those that mean something.
pub fn soup() -> impl Strategy<Value = Log> {
    let token = prop_oneof![
        3 => prop::sample::select(&LINES[..]).prop_map(|text| text.as_bytes().to_vec()),
        2 => prop::sample::select(&LAYOUTS[..]).prop_map(|text| text.as_bytes().to_vec()),
        2 => prop::sample::select(&EVENTS[..]).prop_map(|text| text.as_bytes().to_vec()),
        3 => vec(any::<u8>(), 0..6),
        3 => vec(prop::sample::select(&b"0123456789:-/., +TZ[](){}<>=\"'|\t\r\n"[..]), 0..12),
        2 => Just(b"\n".to_vec()),
    ];
    // Some tokens are cut, so that what they promise does not follow.
    vec((token, any::<Index>(), any::<bool>()), 0..24).prop_map(|tokens| {
        Log(tokens
            .into_iter()
            .flat_map(|(mut token, at, cut)| {
                if cut {
                    token.truncate(at.index(token.len() + 1));
                }
                token
            })
            .collect())
    })
}

/// Seconds between one piece and the next.
fn step() -> impl Strategy<Value = i64> {
    prop_oneof![6 => Just(0), 6 => 0..3_i64, 2 => 20..90_i64, 1 => Just(-15), 1 => Just(4_000), 1 => Just(90_000), 1 => Just(-90_000)]
}

fn unbroken() -> impl Strategy<Value = Piece> {
    prop_oneof![
        12 => (0..4_usize).prop_map(Piece::Quiet),
        3 => any::<Index>().prop_map(Piece::Loud),
        5 => (0..LAYOUTS.len(), prop::sample::select(&EVENTS[..])).prop_map(|(layout, text)| Piece::Event(layout, text)),
        5 => prop::sample::select(&LINES[..]).prop_map(Piece::Line),
        1 => (prop::sample::select(&LINES[..]), 2..24_usize).prop_map(|(text, times)| Piece::Many(text, times)),
    ]
}

fn piece() -> impl Strategy<Value = Piece> {
    let whole = prop_oneof![
        26 => unbroken(),
        2 => (any::<Index>(), any::<Index>(), 1..30_usize).prop_map(|(file, line, lines)| Piece::Captured(file, line, lines)),
        1 => vec(any::<u8>(), 0..40).prop_map(Piece::Bytes),
    ];
    let torn = (0..4_usize, any::<Index>(), any::<bool>())
        .prop_map(|(which, at, start)| Piece::Torn(which, at, start));
    let line = prop_oneof![
        (0..LAYOUTS.len(), prop::sample::select(&EVENTS[..]))
            .prop_map(|(layout, text)| Piece::Event(layout, text)),
        prop::sample::select(&LINES[..]).prop_map(Piece::Line),
    ];
    let split = (0..4_usize, any::<Index>(), line)
        .prop_map(|(which, at, line)| Piece::Split(which, at, Box::new(line)));
    prop_oneof![8 => whole, 1 => torn, 2 => split]
}

impl Plan {
    fn write(&self) -> Log {
        let mut log = Vec::new();
        let mut micros = NOW;
        for (piece, step, carriage_returns) in &self.pieces {
            micros += step * 1_000_000 + 137_000;
            let mut text = self.text(piece, micros);
            if !text.ends_with(b"\n") {
                text.push(b'\n');
            }
            if *carriage_returns {
                text = text
                    .iter()
                    .flat_map(|byte| {
                        if *byte == b'\n' {
                            &b"\r\n"[..]
                        } else {
                            std::slice::from_ref(byte)
                        }
                    })
                    .copied()
                    .collect();
            }
            log.extend(text);
        }
        if !self.last_newline && log.ends_with(b"\n") {
            log.pop();
        }
        Log(log)
    }

    fn text(&self, piece: &Piece, micros: i64) -> Vec<u8> {
        let stock = stock();
        match piece {
            Piece::Quiet(which) => restamped(self.quiet(*which), micros),
            Piece::Torn(which, at, start) => {
                let record = restamped(self.quiet(*which), micros);
                let lines: Vec<&[u8]> = record.split_inclusive(|byte| *byte == b'\n').collect();
                let (left, right) = lines.split_at(at.index(lines.len()));
                if *start {
                    right.concat()
                } else {
                    left.concat()
                }
            }
            Piece::Split(which, at, other) => {
                let record = restamped(self.quiet(*which), micros);
                let lines: Vec<&[u8]> = record.split_inclusive(|byte| *byte == b'\n').collect();
                let (left, right) = lines.split_at(at.index(lines.len()));
                let mut other = self.text(other, micros);
                other.push(b'\n');
                [left.concat(), other, right.concat()].concat()
            }
            Piece::Loud(which) => restamped(&stock.loud[which.index(stock.loud.len())], micros),
            Piece::Captured(file, line, lines) => {
                let file = &stock.captured[file.index(stock.captured.len())];
                let start = line.index(file.len());
                file[start..file.len().min(start + lines)].concat()
            }
            Piece::Event(layout, text) => [
                restamped(LAYOUTS[*layout].as_bytes(), micros),
                text.as_bytes().to_vec(),
            ]
            .concat(),
            Piece::Line(text) => text.as_bytes().to_vec(),
            Piece::Bytes(bytes) => bytes.clone(),
            Piece::Many(text, times) => format!("{text}\n").repeat(*times).into_bytes(),
        }
    }

    fn quiet(&self, which: usize) -> &'static [u8] {
        let quiet = &stock().quiet;
        &quiet[self.palette[which % self.palette.len()].index(quiet.len())]
    }
}

/// A record with another time in its first line, if that bears one.
fn restamped(record: &[u8], micros: i64) -> Vec<u8> {
    let first = record
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(record.len());
    let Some(stamp) = Stamp::find(&record[..first]) else {
        return record.to_vec();
    };
    let mut text = record[..stamp.range.start].to_vec();
    stamp.layout.write(micros, &mut text);
    text.extend_from_slice(&record[stamp.range.end..]);
    text
}
