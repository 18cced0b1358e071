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
    /// So many more peers, each once.
    crowd: u64,
    /// Reads, writes, and how many of the writes from the midst of a page.
    calls: (u64, u64, u64),
    ages: Vec<u64>,
}

/// A hundred clients that left, in so many windows.
fn steady(windows: u64) -> Case {
    Case {
        cause: "client-left",
        tier: Tier::Client,
        count: 100,
        windows,
        surge: None,
        peers: Vec::new(),
        crowd: 0,
        calls: (0, 0, 0),
        ages: Vec::new(),
    }
}

/// The same as a surge of twelve times the usual rate.
fn surge() -> Case {
    Case {
        surge: Some(12),
        ..steady(9)
    }
}

impl Case {
    fn cause(self, cause: &'static str) -> Case {
        Case { cause, ..self }
    }

    fn undecided(self) -> Case {
        let tier = Tier::Undecided;
        Case { tier, ..self }
    }

    fn crowd(self, crowd: u64) -> Case {
        Case { crowd, ..self }
    }

    fn peers(self, peers: &[(&'static str, u64)]) -> Case {
        let peers = peers.to_vec();
        Case { peers, ..self }
    }

    fn calls(self, reads: u64, writes: u64, renders: u64) -> Case {
        let calls = (reads, writes, renders);
        Case { calls, ..self }
    }

    fn ages(self, ages: impl IntoIterator<Item = u64>) -> Case {
        let ages = ages.into_iter().collect();
        Case { ages, ..self }
    }

    fn names(&self) -> Names {
        let mut names = Names::default();
        for (name, count) in &self.peers {
            (0..*count).for_each(|_| names.count(name.as_bytes()));
        }
        for at in 0..self.crowd {
            names.count(format!("10.0.1.{at}").as_bytes());
        }
        names
    }

    fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        let mut count = |call, renders, age_ms| {
            tally.count(&Signs {
                call,
                renders,
                age_ms,
            });
        };
        let (reads, writes, renders) = self.calls;
        (0..reads).for_each(|_| count(Some(Call::Read), false, None));
        (0..writes).for_each(|at| count(Some(Call::Write), at < renders, None));
        self.ages
            .iter()
            .for_each(|age| count(None, false, Some(*age)));
        tally
    }
}

fn told(case: &Case) -> Likely {
    let (peers, tally) = (case.names(), case.tally());
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

/// Each case with the cause that must be told, and what its evidence must say.
fn check(table: &[(Case, &str, &str)]) {
    for (at, (case, cause, evidence)) in table.iter().enumerate() {
        let likely = told(case);
        assert_eq!(likely.cause, *cause, "{at}: {likely}");
        assert!(likely.evidence.contains(evidence), "{at}: {likely}");
    }
}

#[test]
fn a_trickle_is_told_by_its_rate_and_its_peers() {
    let crowd = steady(12).crowd(30).calls(10, 90, 0);
    let one = steady(12).peers(&[("10.0.0.7", 80)]);
    check(&[
        (steady(1), "unclear", "too few windows"),
        (steady(12), "client-left", "a steady 100 in 12 windows"),
        (crowd, "client-left", "30 peers, 90 % while writing"),
        (one, "unclear", "most from one peer"),
        (steady(12).undecided(), "unclear", "whose connection"),
        (steady(12).cause("tls-aborted"), "unclear", "no other sign"),
    ]);
}

#[test]
fn a_surge_is_told_by_its_peers() {
    let crowd = "12 times the usual rate, 40 peers at once";
    let one = surge().crowd(40).peers(&[("10.0.0.7", 60)]);
    let two = surge().peers(&[("10.0.0.7", 40), ("10.0.0.8", 40)]);
    check(&[
        (surge(), "unclear", "name no peers"),
        (surge().crowd(40), "overload", crowd),
        (one, "hostile-traffic", "60 of 100 from 10.0.0.7"),
        (two, "hostile-traffic", "2 peers"),
        (surge().crowd(5), "unclear", "neither few peers nor many"),
        (surge().crowd(40).undecided(), "overload", crowd),
    ]);
}

#[test]
fn pages_ages_and_our_own_closing_are_told_by_the_records() {
    let silent = "40 of 40 connections ended at an age near 60 s";
    let spread = (0..40).map(|at| 5_000 + at * 9_000);
    check(&[
        (
            steady(1).calls(0, 100, 100),
            "small-buffer",
            "100 of 100 while a page",
        ),
        (steady(1).calls(0, 100, 50), "unclear", ""),
        (steady(1).calls(100, 0, 0), "unclear", ""),
        (steady(1).ages([60_000; 40]), "idle-timeout", silent),
        (steady(1).ages(spread), "unclear", ""),
        (steady(1).ages([20; 40]), "unclear", ""),
        (steady(1).ages([60_000; 20]), "unclear", ""),
        (steady(1).cause("own-close"), "own-close", "100 times"),
    ]);
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
        let peers = vec![("10.0.0.7", one)];
        let calls = (reads, writes, renders.min(writes));
        let case = Case { cause, tier, count, windows, surge, peers, crowd, calls, ages };
        let likely = told(&case);
        prop_assert!(!likely.evidence.is_empty());
        let holds = match likely.cause {
            "own-close" => cause == "own-close",
            "idle-timeout" => case.ages.len() >= 10,
            "hostile-traffic" => surge.is_some() && (one * 2 > count || (one > 0) as u64 + crowd <= 3),
            "overload" => surge.is_some() && crowd + u64::from(one > 0) >= 10 && one * 2 <= count,
            "small-buffer" => case.calls.2 * 10 >= count * 9 && writes * 10 >= count * 9,
            "client-left" => surge.is_none() && windows >= 3 && client && cause == "client-left",
            other => other == UNCLEAR,
        };
        prop_assert!(holds, "{likely}");
    }
}
