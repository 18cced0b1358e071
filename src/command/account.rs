//! The account, as it is printed at the end.

use std::fmt::Write as _;

use serde::Serialize;

use super::terms::Stats;
use crate::episode::likely::Likely;
use crate::episode::summary::size;
use crate::pipeline::Ledger;
use crate::rule::Tier;

/// Version of the object that `--stats=json` prints.
pub const STATS_VERSION: u32 = 1;

#[derive(Serialize)]
struct Account<'a> {
    version: u32,
    #[serde(flatten)]
    ledger: &'a Ledger,
    likely: Vec<Told<'a>>,
}

/// What likely stands behind a rule's records.
#[derive(Serialize)]
struct Told<'a> {
    rule: &'a str,
    /// How many times its usual rate the largest surge was; none of its trickle.
    surge: Option<u64>,
    records: u64,
    windows: u64,
    #[serde(flatten)]
    likely: Likely,
}

fn told(ledger: &Ledger) -> Vec<Told<'_>> {
    let likely = ledger.likely().into_iter();
    likely
        .map(|(rule, total, likely)| Told {
            rule,
            surge: total.surge,
            records: total.count,
            windows: total.windows,
            likely,
        })
        .collect()
}

/// The account in a few words, for a service manager's line of status.
#[must_use]
pub fn status(ledger: &Ledger, read_bytes: u64) -> String {
    let Ledger {
        suppressed,
        summaries,
        ..
    } = ledger;
    format!(
        "{} read; {} records of noise, {}, held back and told in {summaries} summaries",
        size(read_bytes),
        suppressed.records,
        size(suppressed.bytes)
    )
}

/// The account, line ending included.
#[must_use]
pub fn account(ledger: &Ledger, stats: Stats) -> String {
    match stats {
        Stats::Json => {
            let version = STATS_VERSION;
            let likely = told(ledger);
            let account = serde_json::to_string(&Account {
                version,
                ledger,
                likely,
            });
            // Numbers and names only: nothing in it can fail to be written as JSON.
            account.unwrap_or_default() + "\n"
        }
        Stats::Text => account_text(ledger),
    }
}

fn account_text(ledger: &Ledger) -> String {
    let mut text = String::new();
    for (name, amount) in [
        ("in", ledger.input),
        ("passed", ledger.passed),
        ("suppressed", ledger.suppressed),
    ] {
        let _ = writeln!(
            text,
            "quell: {name:<10} {:>12} lines  {:>9}  {} bytes",
            amount.lines,
            size(amount.bytes),
            amount.bytes
        );
    }
    let _ = writeln!(
        text,
        "quell: {} records of noise in {} summaries; {} too large to judge, {} kinds forgotten for want of room",
        ledger.suppressed.records, ledger.summaries, ledger.oversize, ledger.evicted
    );
    for (rule, amount) in &ledger.by_rule {
        let _ = writeln!(
            text,
            "quell: {:>12} x {rule}, {} lines, {}",
            amount.records,
            amount.lines,
            size(amount.bytes)
        );
        for told in told(ledger).iter().filter(|told| told.rule == rule) {
            let surge = told
                .surge
                .map(|factor| format!("surges up to {factor}x, {} records: ", told.records));
            let _ = writeln!(
                text,
                "quell: {:>14} {}{}",
                "",
                surge.unwrap_or_default(),
                told.likely
            );
        }
    }
    if let Some(undecided) = ledger.by_tier.get(&Tier::Undecided) {
        let _ = writeln!(
            text,
            "quell: {:>12} of them undecided, see --undecided",
            undecided.records
        );
    }
    text
}
