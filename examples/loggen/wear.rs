//! The envelopes that a log may be written in.

use std::io::{self, Write};

/// What the lines wear.
#[derive(Clone, Copy, PartialEq)]
pub enum Envelope {
    None,
    /// Docker's json-file driver: an object for each line.
    Docker,
    /// A container runtime's log (CRI).
    Cri,
    /// A syslog file, tabs as `#011`.
    Syslog,
    /// Logstash's encoder: an object for each event, the trace in a field of its own.
    Json,
}

impl Envelope {
    /// The envelope of that name.
    pub fn named(name: &str) -> Option<Envelope> {
        Some(match name {
            "none" => Envelope::None,
            "docker" => Envelope::Docker,
            "cri" => Envelope::Cri,
            "syslog" => Envelope::Syslog,
            "json" => Envelope::Json,
            _ => return None,
        })
    }
}

/// Puts what is written into envelopes.
pub struct Wrapper<W: Write> {
    envelope: Envelope,
    out: io::BufWriter<W>,
    /// What was written since the last event or line was complete.
    held: Vec<u8>,
    lines: u64,
}

/// When the first line was taken, in seconds of the day.
const START_SECOND: u64 = 8 * 3600;

impl<W: Write> Wrapper<W> {
    pub fn new(envelope: Envelope, out: W) -> Wrapper<W> {
        Wrapper {
            envelope,
            out: io::BufWriter::with_capacity(1 << 16, out),
            held: Vec::new(),
            lines: 0,
        }
    }

    /// Writes what is still held.
    pub fn finish(mut self) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        self.put(&held)?;
        self.out.flush()
    }

    /// Writes one line, or one event where the envelope holds events.
    fn put(&mut self, text: &[u8]) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.lines += 1;
        // A thousand lines a second.
        let (second, milli) = (START_SECOND + self.lines / 1000 % 40_000, self.lines % 1000);
        let clock = format!(
            "{:02}:{:02}:{:02}",
            second / 3600,
            second / 60 % 60,
            second % 60
        );
        let line = text.strip_suffix(b"\n").unwrap_or(text);
        match self.envelope {
            Envelope::None => self.out.write_all(text),
            Envelope::Docker => {
                self.out.write_all(b"{\"log\":\"")?;
                escape(text, &mut self.out)?;
                let time = format!("2026-11-22T{clock}.{milli:03}123456Z");
                writeln!(self.out, "\",\"stream\":\"stdout\",\"time\":\"{time}\"}}")
            }
            Envelope::Cri => {
                write!(self.out, "2026-11-22T{clock}.{milli:03}123456Z stdout F ")?;
                self.out.write_all(text)
            }
            Envelope::Syslog => {
                write!(self.out, "Nov 22 {clock} web1 shop[4711]: ")?;
                for part in line.split_inclusive(|byte| *byte == b'\t') {
                    self.out
                        .write_all(part.strip_suffix(b"\t").unwrap_or(part))?;
                    if part.ends_with(b"\t") {
                        self.out.write_all(b"#011")?;
                    }
                }
                self.out.write_all(b"\n")
            }
            Envelope::Json => {
                let end = line.iter().position(|byte| *byte == b'\n');
                let (head, trace) = line.split_at(end.unwrap_or(line.len()));
                let level = if trace.is_empty() { "INFO" } else { "ERROR" };
                let front = format!(
                    "{{\"@timestamp\":\"2026-11-22T{clock}.{milli:03}Z\",\"@version\":\"1\",\"message\":\""
                );
                self.out.write_all(front.as_bytes())?;
                escape(head, &mut self.out)?;
                write!(
                    self.out,
                    "\",\"logger_name\":\"com.example.Shop\",\"thread_name\":\"exec-{}\",\"level\":\"{level}\"",
                    self.lines % 64
                )?;
                if let Some(trace) = trace.strip_prefix(b"\n") {
                    self.out.write_all(b",\"stack_trace\":\"")?;
                    escape(trace, &mut self.out)?;
                    self.out.write_all(b"\"")?;
                }
                self.out.write_all(b"}\n")
            }
        }
    }
}

impl<W: Write> Write for Wrapper<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.envelope == Envelope::None {
            return self.out.write(bytes);
        }
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            // An event begins with its time; whatever else stands at the margin belongs to its trace.
            let begins =
                self.envelope != Envelope::Json || part.first().is_some_and(u8::is_ascii_digit);
            if begins && self.held.ends_with(b"\n") {
                let held = std::mem::take(&mut self.held);
                self.put(&held)?;
            }
            self.held.extend_from_slice(part);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes the body of a JSON string, as Go's encoder does.
fn escape(text: &[u8], out: &mut impl Write) -> io::Result<()> {
    let mut from = 0;
    for (at, byte) in text.iter().enumerate() {
        let escaped = match byte {
            b'\n' => "\\n",
            b'\t' => "\\t",
            b'\r' => "\\r",
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'<' => "\\u003c",
            b'>' => "\\u003e",
            b'&' => "\\u0026",
            _ => continue,
        };
        out.write_all(&text[from..at])?;
        out.write_all(escaped.as_bytes())?;
        from = at + 1;
    }
    out.write_all(&text[from..])
}
