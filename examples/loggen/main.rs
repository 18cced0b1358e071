//! Writes the made-up server log that the benchmarks read.
//!
//!     loggen --bytes 1G --noise 30 [--seed 1] [--shape tomcat|plain|kinds]
//!            [--wear none|docker|cri|syslog|json] > FILE
//!
//! The same arguments give the same bytes. `--noise` is the share of the *bytes* that belongs to disconnect records
//! (a client hung up: Tomcat's and Jetty's full traces). Another 2 % are ordinary stack traces, which a filter has to
//! leave alone; when there is noise, some of them are a lost database and look much like it. All else is varied text:
//! messages, requests, JSON payloads, in which words such as connection, socket or reset are ordinary words.
//!
//! - `tomcat`: what ends up in a `catalina.out`: the container's own lines and the application's (Logback) mixed.
//! - `plain`: the application's Logback lines only.
//! - `kinds`: nothing but short disconnect records, every one from another logger, to fill tables of kinds.
//!
//! `--wear` puts every line into an envelope (`json`: every event into an object); the log is then larger than `--bytes`
//! by as much as the envelopes are.
//!
//! Text is rendered once into templates with slots; writing is then copying, so that even large logs take seconds.

mod pen;
mod text;
mod trace;
mod wear;

use std::process::ExitCode;

use pen::{Chance, Pen};
use text::Stock;
use wear::{Envelope, Wrapper};

/// What one run is asked to write.
struct Order {
    /// The log ends with the first whole record that reaches this many bytes.
    bytes: u64,
    /// Share of the bytes that belongs to disconnect records, in percent, 0 to 100.
    noise_percent: u64,
    /// Where the random numbers start.
    seed: u64,
    shape: Shape,
    envelope: Envelope,
}

/// What the log looks like; see the top of this file.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Tomcat,
    Plain,
    Kinds,
}

/// Share of the bytes that belongs to stack traces of other failures, in percent.
const KEPT_TRACES_PERCENT: u64 = 2;

fn main() -> ExitCode {
    let order = match read_order(std::env::args().skip(1)) {
        Ok(order) => order,
        Err(complaint) => {
            eprintln!("loggen: {complaint}");
            eprintln!(
                "usage: loggen --bytes 1G --noise 30 [--seed 1] [--shape tomcat|plain|kinds] [--wear none|docker|cri|syslog|json]"
            );
            return ExitCode::from(2);
        }
    };
    let mut out = Wrapper::new(order.envelope, std::io::stdout().lock());
    match write_log(&order, &mut out).and_then(|()| out.finish()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("loggen: cannot write the log: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read_order(mut args: impl Iterator<Item = String>) -> Result<Order, String> {
    let mut order = Order {
        bytes: 1 << 30,
        noise_percent: 0,
        seed: 1,
        shape: Shape::Tomcat,
        envelope: Envelope::None,
    };
    while let Some(flag) = args.next() {
        let value = args.next().ok_or_else(|| format!("{flag} needs a value"))?;
        let wrong = || format!("{flag} cannot be '{value}'");
        match flag.as_str() {
            "--bytes" => order.bytes = read_size(&value).ok_or_else(wrong)?,
            "--noise" => {
                order.noise_percent = value.parse().ok().filter(|&p| p <= 100).ok_or_else(wrong)?;
            }
            "--seed" => order.seed = value.parse().map_err(|_| wrong())?,
            "--shape" => {
                order.shape = match value.as_str() {
                    "tomcat" => Shape::Tomcat,
                    "plain" => Shape::Plain,
                    "kinds" => Shape::Kinds,
                    _ => return Err(wrong()),
                };
            }
            "--wear" => order.envelope = Envelope::named(&value).ok_or_else(wrong)?,
            _ => return Err(format!("unknown flag {flag}")),
        }
    }
    Ok(order)
}

/// Reads `512`, `64K`, `256M` or `1G` (powers of 1024).
fn read_size(text: &str) -> Option<u64> {
    let (digits, unit) = match text.as_bytes().last()? {
        b'K' => (&text[..text.len() - 1], 1 << 10),
        b'M' => (&text[..text.len() - 1], 1 << 20),
        b'G' => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// Keeps both shares at their target by always writing the kind of record that has fallen behind. Noise comes in
/// bursts, as it does when a page full of pictures is closed.
fn write_log(order: &Order, out: &mut impl std::io::Write) -> std::io::Result<()> {
    let mut chance = Chance(order.seed);
    let stock = Stock::new(order.shape, order.noise_percent > 0, &mut chance);
    let mut pen = Pen::new(chance, out);
    let (mut noise_bytes, mut kept_bytes) = (0, 0);
    while pen.written < order.bytes {
        let before = pen.written;
        if order.noise_percent > 0 && noise_bytes * 100 <= order.noise_percent * before {
            for _ in 0..=pen.chance.below(12) {
                let start = pen.written;
                pen.write(&stock.noise)?;
                noise_bytes += pen.written - start;
                // A burst at the end of a small log must not spoil its share.
                if noise_bytes * 100 >= order.noise_percent * order.bytes {
                    break;
                }
            }
        } else if kept_bytes * 100 < KEPT_TRACES_PERCENT * before {
            pen.write(&stock.kept)?;
            kept_bytes += pen.written - before;
        } else {
            pen.write(&stock.messages)?;
        }
    }
    pen.flush()
}
