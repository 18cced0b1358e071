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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::episode::names::Names;
    use crate::rule::{Call, Signs};

    /// Figures as a test writes them.
    struct Case {
        cause: &'static str,
        tier: Tier,
        count: u64,
        windows: u64,
        surge: Option<u64>,
        peers: Vec<(&'static str, u64)>,
        crowd: u64,
        reads: u64,
        writes: u64,
        renders: u64,
        ages: Vec<u64>,
    }

    const NONE: Case = Case {
        cause: "client-left",
        tier: Tier::Client,
        count: 100,
        windows: 1,
        surge: None,
        peers: Vec::new(),
        crowd: 0,
        reads: 0,
        writes: 0,
        renders: 0,
        ages: Vec::new(),
    };

    fn names(case: &Case) -> Names {
        let mut names = Names::default();
        for (name, count) in &case.peers {
            (0..*count).for_each(|_| names.count(name.as_bytes()));
        }
        for at in 0..case.crowd {
            names.count(format!("10.0.1.{at}").as_bytes());
        }
        names
    }

    fn tally(case: &Case) -> Tally {
        let mut tally = Tally::default();
        for at in 0..case.reads.max(case.writes).max(case.renders) {
            let sign = |call, renders| Signs {
                call,
                renders,
                age_ms: None,
            };
            if at < case.writes {
                tally.count(&sign(Some(Call::Write), at < case.renders));
            }
            if at < case.reads {
                tally.count(&sign(Some(Call::Read), false));
            }
        }
        for age in &case.ages {
            tally.count(&Signs {
                age_ms: Some(*age),
                ..Signs::default()
            });
        }
        tally
    }

    fn told(case: &Case) -> Likely {
        let (peers, tally) = (names(case), tally(case));
        likely(&Figures {
            cause: case.cause,
            tier: case.tier,
            count: case.count,
            windows: case.windows,
            surge: case.surge,
            peers: &peers,
            tally: &tally,
        })
    }

    #[test]
    fn each_cause_is_told_by_its_figures() {
        let table = [
            (NONE, "unclear", "too few windows"),
            (
                Case {
                    windows: 12,
                    ..NONE
                },
                "client-left",
                "a steady 100 in 12 windows",
            ),
            (
                Case {
                    windows: 12,
                    crowd: 30,
                    writes: 90,
                    reads: 10,
                    ..NONE
                },
                "client-left",
                "30 peers, 90 % while writing",
            ),
            (
                Case {
                    windows: 12,
                    peers: vec![("10.0.0.7", 80)],
                    ..NONE
                },
                "unclear",
                "most from one peer",
            ),
            (
                Case {
                    windows: 12,
                    tier: Tier::Undecided,
                    ..NONE
                },
                "unclear",
                "whose connection",
            ),
            (
                Case {
                    windows: 12,
                    cause: "tls-aborted",
                    ..NONE
                },
                "unclear",
                "no other sign",
            ),
            (
                Case {
                    surge: Some(12),
                    ..NONE
                },
                "unclear",
                "name no peers",
            ),
            (
                Case {
                    surge: Some(12),
                    crowd: 40,
                    ..NONE
                },
                "overload",
                "12 times the usual rate, 40 peers at once",
            ),
            (
                Case {
                    surge: Some(12),
                    crowd: 40,
                    peers: vec![("10.0.0.7", 60)],
                    ..NONE
                },
                "hostile-traffic",
                "60 of 100 from 10.0.0.7",
            ),
            (
                Case {
                    surge: Some(12),
                    peers: vec![("10.0.0.7", 40), ("10.0.0.8", 40)],
                    ..NONE
                },
                "hostile-traffic",
                "2 peers",
            ),
            (
                Case {
                    surge: Some(12),
                    crowd: 5,
                    ..NONE
                },
                "unclear",
                "neither few peers nor many",
            ),
            (
                Case {
                    writes: 100,
                    renders: 100,
                    ..NONE
                },
                "small-buffer",
                "100 of 100 while a page",
            ),
            (
                Case {
                    writes: 100,
                    renders: 50,
                    ..NONE
                },
                "unclear",
                "",
            ),
            (
                Case {
                    reads: 100,
                    renders: 100,
                    ..NONE
                },
                "unclear",
                "",
            ),
            (
                Case {
                    ages: vec![60_000; 40],
                    ..NONE
                },
                "idle-timeout",
                "40 of 40 connections ended at an age near 60 s",
            ),
            (
                Case {
                    ages: (0..30).map(|at| 5_000 + at * 9_000).collect(),
                    ..NONE
                },
                "unclear",
                "",
            ),
            (
                Case {
                    ages: vec![20; 30],
                    ..NONE
                },
                "unclear",
                "",
            ),
            (
                Case {
                    ages: vec![60_000; 3],
                    ..NONE
                },
                "unclear",
                "",
            ),
            (
                Case {
                    cause: "own-close",
                    ..NONE
                },
                "own-close",
                "100 times",
            ),
        ];
        for (at, (case, cause, evidence)) in table.iter().enumerate() {
            let likely = told(case);
            assert_eq!(likely.cause, *cause, "{at}: {likely}");
            assert!(likely.evidence.contains(evidence), "{at}: {likely}");
        }
    }

    proptest! {
        /// Whatever the figures are, what is claimed is in them.
        #[test]
        fn nothing_is_claimed_without_evidence(
            cause in prop::sample::select(vec!["client-left", "own-close", "tls-aborted", "protocol-junk", "unclear"]),
            client: bool,
            count in 1..500_u64,
            windows in 0..20_u64,
            surge in prop::option::of(8..100_u64),
            one in 0..300_u64,
            crowd in 0..80_u64,
            reads in 0..300_u64,
            writes in 0..300_u64,
            renders in 0..300_u64,
            ages in prop::collection::vec(0..100_000_u64, 0..80),
        ) {
            let tier = if client { Tier::Client } else { Tier::Undecided };
            let case = Case { cause, tier, count, windows, surge, peers: vec![("10.0.0.7", one)], crowd, reads, writes, renders: renders.min(writes), ages };
            let likely = told(&case);
            prop_assert!(!likely.evidence.is_empty());
            let holds = match likely.cause {
                "own-close" => cause == "own-close",
                "idle-timeout" => case.ages.len() >= 10,
                "hostile-traffic" => surge.is_some() && (one * 2 > count || (one > 0) as u64 + crowd <= 3),
                "overload" => surge.is_some() && crowd + u64::from(one > 0) >= 10 && one * 2 <= count,
                "small-buffer" => case.renders * 10 >= count * 9 && writes * 10 >= count * 9,
                "client-left" => surge.is_none() && windows >= 3 && client && cause == "client-left",
                other => other == UNCLEAR,
            };
            prop_assert!(holds, "{likely}");
        }
    }
}
