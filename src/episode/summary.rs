//! One line for everything that was held back of one kind in one window.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::figures::{Figures, Tally};
use super::likely::likely;
use super::names::Names;
use super::sighting::Sighting;
use crate::format::{Clothes, Words};
use crate::line::{Layout, latin};
use crate::rule::Tier;

/// How a summary is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SummaryStyle {
    /// One line of text.
    #[default]
    Text,
    /// One JSON object on one line.
    Json,
    /// Not at all: the counts appear in the account only.
    None,
}

/// Version of the `quell` object in a JSON summary.
pub const SUMMARY_VERSION: u32 = 1;

/// Peers or paths that one summary names.
const NAMED_MAX: usize = 3;

/// What was held back of one kind.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Summary {
    /// The number of the kind: no other has it.
    pub kind: u64,
    /// How many records.
    pub count: u64,
    /// The error, as it was printed: type and message, or the template's text; cut to a bound.
    #[serde(with = "latin")]
    pub title: Vec<u8>,
    /// The rule that took them.
    pub rule: String,
    /// Its tier.
    pub tier: Tier,
    /// The cause it stands for.
    pub cause: String,
    /// Where in the code, for undecided records.
    #[serde(with = "latin")]
    pub site: Vec<u8>,
    /// Time of the first, in microseconds since 1970.
    pub from: i64,
    /// Time of the last.
    pub to: i64,
    /// When the summary is written, in the log's time.
    pub written: i64,
    /// How times are written; `None` if the records bear none.
    pub layout: Option<Layout>,
    /// How far these times are ahead of the carrier's, in microseconds.
    pub ahead: i64,
    /// What they wore, if anything.
    pub clothes: Option<Arc<Clothes>>,
    /// Their lines.
    pub lines: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many times the kind's running rate this was, if that is a surge.
    pub surge: Option<u64>,
    /// In how many windows the kind was seen so far.
    pub windows: u32,
    /// How the connections ended.
    pub tally: Tally,
    /// Who hung up.
    pub peers: Names,
    /// What they had asked for.
    pub paths: Names,
}

impl Summary {
    /// An empty summary for records like this one.
    pub(super) fn of(sighting: &Sighting<'_>, kind: u64, title_bytes_max: usize) -> Summary {
        let finding = &sighting.finding;
        let mut title = finding.error.to_vec();
        if !title.is_empty() && !sighting.words.is_empty() {
            title.extend_from_slice(b": ");
        }
        title.extend_from_slice(sighting.words);
        title.truncate(title_bytes_max);
        let site = if finding.rule.tier == Tier::Undecided {
            finding.owner
        } else {
            b""
        };
        Summary {
            kind,
            count: 0,
            title,
            rule: finding.rule.id.clone(),
            tier: finding.rule.tier,
            cause: finding.rule.cause.clone(),
            site: site[..site.len().min(title_bytes_max)].to_vec(),
            from: sighting.micros,
            to: sighting.micros,
            written: sighting.micros,
            layout: sighting.layout,
            ahead: sighting.ahead,
            clothes: sighting.clothes.clone(),
            lines: 0,
            bytes: 0,
            surge: None,
            windows: 0,
            tally: Tally::default(),
            peers: Names::default(),
            paths: Names::default(),
        }
    }

    /// Puts on what this record wore, the last that was held back.
    pub(super) fn wear(&mut self, sighting: &Sighting<'_>) {
        if sighting.layout.is_some() || sighting.clothes.is_some() {
            (self.layout, self.ahead) = (sighting.layout, sighting.ahead);
            self.clothes.clone_from(&sighting.clothes);
        }
    }

    /// Writes it in `style`, line ending included. `layout` is the stream's own, for records without a time.
    pub fn dress(&self, style: SummaryStyle, layout: Option<&Layout>, out: &mut Vec<u8>) {
        if style == SummaryStyle::None {
            return;
        }
        let carried = self.clothes.as_ref().and_then(|clothes| clothes.layout());
        let layout = self.layout.as_ref().or(carried.as_ref()).or(layout);
        let layout = layout.unwrap_or(&Layout::ISO);
        let line = match style {
            SummaryStyle::Json => self.json(layout).to_string().into_bytes(),
            // The carrier gives the time, so the writer's own text need not where it never did.
            _ if self.layout.is_none() && carried.is_some() => self.line(None, layout),
            _ => self.line(Some(layout), layout),
        };
        let Some(clothes) = &self.clothes else {
            out.extend_from_slice(&line);
            out.push(b'\n');
            return;
        };
        let words = Words {
            message: &self.text(layout),
            line: &line,
            is_grave: self.surge.is_some(),
            figures: &self.object(layout),
        };
        clothes.dress(&words, self.written, self.ahead, out);
    }

    /// The summary as text, with the time in front if it is to have one.
    fn line(&self, stamp: Option<&Layout>, layout: &Layout) -> Vec<u8> {
        let mut line = Vec::with_capacity(256);
        if let Some(stamp) = stamp {
            stamp.write(self.written.saturating_add(self.ahead), &mut line);
            line.push(b' ');
        }
        line.extend_from_slice(self.level().as_bytes());
        line.push(b' ');
        line.extend_from_slice(self.text(layout).as_bytes());
        line
    }

    /// A surge is graver than the steady trickle.
    fn level(&self) -> &'static str {
        if self.surge.is_some() {
            "ERROR"
        } else {
            "WARN"
        }
    }

    fn text(&self, layout: &Layout) -> String {
        let mut text = format!(
            "quell: {}x {} [{}] ",
            self.count,
            escape(&self.title),
            self.rule
        );
        let (from, to) = (self.time(layout, self.from), self.time(layout, self.to));
        let _ = write!(
            text,
            "{from}..{to}, {} {}, {} suppressed",
            self.lines,
            if self.lines == 1 { "line" } else { "lines" },
            size(self.bytes)
        );
        if let Some((most, count)) = self.peers.top(1).first() {
            let (number, more) = (
                self.peers.len(),
                if self.peers.is_full() { "+" } else { "" },
            );
            let noun = if number == 1 { "peer" } else { "peers" };
            let _ = write!(
                text,
                "; {number}{more} {noun}, most {} ({count})",
                escape(most)
            );
        }
        if !self.paths.is_empty() {
            let named: Vec<String> = self
                .paths
                .top(NAMED_MAX)
                .iter()
                .map(|(path, count)| format!("{} ({count})", escape(path)))
                .collect();
            let more = if self.paths.len() > named.len() {
                ", …"
            } else {
                ""
            };
            let _ = write!(text, "; paths {}{more}", named.join(", "));
        }
        if self.cause == "own-close" {
            text.push_str("; our own side closed the socket first: a bug of ours");
        }
        if self.tier == Tier::Undecided {
            let site = if self.site.is_empty() {
                String::new()
            } else {
                format!(" {}", escape(&self.site))
            };
            let _ = write!(text, "; undecided{site}");
        }
        if let Some(factor) = self.surge {
            let _ = write!(text, "; surge {factor}x, {}", likely(&self.figures()));
        }
        text
    }

    /// Its figures, for whoever asks what stands behind them.
    #[must_use]
    pub fn figures(&self) -> Figures<'_> {
        Figures {
            cause: &self.cause,
            tier: self.tier,
            count: self.count,
            windows: u64::from(self.windows),
            surge: self.surge,
            peers: &self.peers,
            tally: &self.tally,
        }
    }

    fn json(&self, layout: &Layout) -> serde_json::Value {
        let mut written = Vec::new();
        layout.write(self.written.saturating_add(self.ahead), &mut written);
        json!({
            "time": String::from_utf8_lossy(&written),
            "level": self.level(),
            "message": self.text(layout),
            "quell": self.object(layout),
        })
    }

    /// Everything in fields.
    fn object(&self, layout: &Layout) -> serde_json::Value {
        let names = |names: &Names| -> serde_json::Value {
            names
                .top(NAMED_MAX)
                .iter()
                .map(|(name, count)| json!({"name": escape(name), "count": count}))
                .collect()
        };
        json!({
            "version": SUMMARY_VERSION,
            "count": self.count,
            "title": escape(&self.title),
            "rule": self.rule,
            "tier": self.tier,
            "cause": self.cause,
            "site": escape(&self.site),
            "from": self.time(layout, self.from),
            "to": self.time(layout, self.to),
            "lines": self.lines,
            "bytes": self.bytes,
            "surge": self.surge,
            "likely": self.surge.map(|_| likely(&self.figures())),
            "peers": self.peers.len(),
            "peers_most": names(&self.peers),
            "paths_most": names(&self.paths),
        })
    }

    fn time(&self, layout: &Layout, micros: i64) -> String {
        let mut out = Vec::new();
        layout.write_time(micros.saturating_add(self.ahead), &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// Log text that is safe on a terminal and on one line: control characters and bytes that are no text are escaped.
pub fn escape(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            // The C1 controls are commands to a terminal as well.
            if character.is_control()
                || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}')
            {
                let _ = write!(out, "{}", character.escape_default());
            } else {
                out.push(character);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// `312 B`, `48.2 kB`, `3.2 MB`: decimal units.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_bad_bytes_are_escaped() {
        assert_eq!(
            escape(b"a\x1b[31mb\x9bc\n\xc2\x9b"),
            "a\\u{1b}[31mb\\x9bc\\n\\u{9b}"
        );
        assert_eq!(escape("日本".as_bytes()), "日本");
    }

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(999), "999 B");
        assert_eq!(size(48_200), "48.2 kB");
        assert_eq!(size(3_212_345), "3.2 MB");
        assert_eq!(size(999_999), "1.0 MB");
    }
}
