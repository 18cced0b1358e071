//! What most likely stands behind the records of one kind or rule, told from their figures alone.

use std::fmt;

use serde::Serialize;

use super::figures::{Figures, Tally};
use crate::limits::{
    LIKELY_AGE_MS_MIN, LIKELY_AGES_MAX, LIKELY_COUNT_MIN, LIKELY_CROWD_MIN, LIKELY_FEW_MAX,
    SURGE_WINDOWS_MIN,
};
use crate::rule::Tier;

/// A likely cause with what speaks for it, or what is lacking to name one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Likely {
    /// A name of `causes.toml`; `unclear` where the figures do not tell.
    pub cause: &'static str,
    /// The figures that speak for it; of `unclear`, why they do not tell.
    pub evidence: String,
}

impl fmt::Display for Likely {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause {
            UNCLEAR => write!(f, "cause unclear: {}", self.evidence),
            cause => write!(f, "likely {cause}: {}", self.evidence),
        }
    }
}

/// The cause of what the figures do not tell.
pub const UNCLEAR: &str = "unclear";

/// Names the likely cause. What is claimed is always in the figures: without them it says that it is unclear.
#[must_use]
pub fn likely(figures: &Figures<'_>) -> Likely {
    let told = own_close(figures)
        .or_else(|| same_age(figures))
        .or_else(|| few_peers(figures))
        .or_else(|| crowd(figures))
        .or_else(|| page(figures))
        .or_else(|| trickle(figures));
    told.unwrap_or_else(|| Likely {
        cause: UNCLEAR,
        evidence: lack(figures).to_owned(),
    })
}

fn claim(cause: &'static str, evidence: String) -> Option<Likely> {
    Some(Likely { cause, evidence })
}

/// The records say themselves that our own side closed first.
fn own_close(figures: &Figures<'_>) -> Option<Likely> {
    if figures.cause != "own-close" || figures.count == 0 {
        return None;
    }
    let times = figures.count;
    claim(
        "own-close",
        format!("our own side closed the socket first, {times} times"),
    )
}

/// Connections that nearly all end at the same age were cut by something that counts.
fn same_age(figures: &Figures<'_>) -> Option<Likely> {
    let (age_ms, near, known) = figures.tally.common_age()?;
    // Ages are remembered up to a bound; of what is remembered or less, half must show one.
    let shown = known * 2 >= figures.count.min(LIKELY_AGES_MAX as u64);
    let alike = known >= LIKELY_COUNT_MIN && near * 5 >= known * 4;
    if !shown || !alike || age_ms < LIKELY_AGE_MS_MIN {
        return None;
    }
    let age = age_ms / 1000;
    claim(
        "idle-timeout",
        format!("{near} of {known} connections ended at an age near {age} s"),
    )
}

/// A surge from one or a few addresses, or of what is no request at all.
fn few_peers(figures: &Figures<'_>) -> Option<Likely> {
    figures.surge?;
    let count = figures.count;
    let (most, name) = figures.most()?;
    if most * 2 > count && count >= LIKELY_COUNT_MIN {
        return claim("hostile-traffic", format!("{most} of {count} from {name}"));
    }
    let peers = figures.peers.len();
    let few = peers <= LIKELY_FEW_MAX && !figures.peers.is_full();
    if few && figures.peers.total() * 2 > count && count >= LIKELY_COUNT_MIN {
        return claim("hostile-traffic", format!("all from {peers} peers"));
    }
    None
}

/// A surge over many addresses at once.
fn crowd(figures: &Figures<'_>) -> Option<Likely> {
    let factor = figures.surge?;
    let peers = figures.peers.len();
    if peers < LIKELY_CROWD_MIN || figures.is_one_sided() || figures.cause == "protocol-junk" {
        return None;
    }
    let more = if figures.peers.is_full() { "+" } else { "" };
    claim(
        "overload",
        format!("{factor} times the usual rate, {peers}{more} peers at once"),
    )
}

/// Writes from the midst of pages and from nowhere else.
fn page(figures: &Figures<'_>) -> Option<Likely> {
    let Tally {
        writes, renders, ..
    } = figures.tally;
    let count = figures.count;
    let nearly_all = |part: u64| part * 10 >= count * 9;
    if count < LIKELY_COUNT_MIN || !nearly_all(*renders) || !nearly_all(*writes) {
        return None;
    }
    claim(
        "small-buffer",
        format!("{renders} of {count} while a page was being made and sent"),
    )
}

/// A steady trickle that a server's own code tells of, not from one address alone.
fn trickle(figures: &Figures<'_>) -> Option<Likely> {
    let steady = figures.surge.is_none() && figures.windows >= u64::from(SURGE_WINDOWS_MIN);
    let client = figures.tier == Tier::Client && figures.cause == "client-left";
    if !steady || !client || figures.is_one_sided() {
        return None;
    }
    let mut evidence = format!("a steady {} in {} windows", figures.count, figures.windows);
    if !figures.peers.is_empty() {
        let more = if figures.peers.is_full() { "+" } else { "" };
        evidence.push_str(&format!(", {}{more} peers", figures.peers.len()));
    }
    let Tally { reads, writes, .. } = figures.tally;
    if let Some(share) = (writes * 100).checked_div(reads + writes) {
        evidence.push_str(&format!(", {share} % while writing"));
    }
    claim("client-left", evidence)
}

/// What is lacking to name a cause.
fn lack(figures: &Figures<'_>) -> &'static str {
    if figures.tier == Tier::Undecided {
        return "the text does not say whose connection it was";
    }
    match figures.surge {
        Some(_) if figures.peers.is_empty() => "the records name no peers",
        Some(_) => "neither few peers nor many",
        None if figures.windows < u64::from(SURGE_WINDOWS_MIN) => {
            "too few windows to tell a trickle from a surge"
        }
        None if figures.is_one_sided() => "most from one peer, at a steady rate",
        None => "a steady rate, and no other sign",
    }
}

#[cfg(test)]
mod tests;
