//! All rules in force.

use std::sync::{Arc, OnceLock};

use aho_corasick::AhoCorasick;
use memchr::memmem::Finder;

use super::bar::Bars;
use super::file::{Direction, LinkChoice, Tier};
use super::folded::{self, exactly};
use super::grams::Grams;
use super::owner::Owners;
use super::pattern::Pattern;
use super::types::TypeList;
use crate::record::{Language, Record};

/// One rule in force.
#[derive(Debug)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// The program whose records it takes.
    pub program: String,
    /// How sure it is that a client left.
    pub tier: Tier,
    /// The cause it stands for.
    pub cause: String,
    /// Off until it is enabled by name.
    pub opt_in: bool,
    /// Why such a record is noise.
    pub why: String,
    /// What it could wrongly hide.
    pub hides: String,
    /// Where the program's authors say so.
    pub source: String,
    pub(super) matcher: Matcher,
    /// Literals one of which is in every record that it takes.
    pub(super) anchors: Vec<Vec<u8>>,
    /// Whether its file names them, so that they do not follow from its conditions.
    pub(super) names_anchors: bool,
    pub(super) finders: OnceLock<Vec<Finder<'static>>>,
}

impl Rule {
    /// Whether one of its anchors is in the record's own lines. A file may name anchors that are narrower than its
    /// conditions; what has none of them is never looked at, and must not be taken when it is looked at for another's.
    pub(super) fn is_anchored(&self, record: &Record<'_>) -> bool {
        if !self.names_anchors {
            return true;
        }
        let finders = self.finders.get_or_init(|| {
            let anchors = self.anchors.iter();
            anchors
                .map(|anchor| Finder::new(anchor).into_owned())
                .collect()
        });
        let mut lines = record
            .pieces
            .iter()
            .map(|piece| piece.line.text(record.block));
        lines.any(|line| finders.iter().any(|finder| finder.find(line).is_some()))
    }
}

#[derive(Debug)]
pub(super) enum Matcher {
    Line(Box<LineMatcher>),
    Trace(Box<TraceMatcher>),
}

#[derive(Debug)]
pub(super) struct LineMatcher {
    pub pattern: Pattern,
    pub not: Vec<Pattern>,
    pub continues: Option<Pattern>,
    pub needs: Option<Pattern>,
    pub direction: Option<Direction>,
}

#[derive(Debug)]
pub(super) struct TraceMatcher {
    pub language: Language,
    /// Indices of signals.
    pub signals: Vec<usize>,
    pub inline: Option<Signal>,
    pub link: LinkChoice,
    pub owner: Vec<OwnerChoice>,
    pub head: Option<Pattern>,
    pub frame: Vec<Pattern>,
    pub code: Vec<Pattern>,
    pub not: Vec<Pattern>,
}

/// Who may own the failing socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OwnerChoice {
    Server,
    None,
    Any,
    Group(String),
}

/// One way in which a language says that the other end is gone.
#[derive(Debug)]
pub(super) struct Signal {
    pub id: String,
    pub language: Option<Language>,
    pub types: TypeList,
    pub message: Option<Pattern>,
    pub anchors: Vec<Vec<u8>>,
}

/// Which of the rules that ask for a head may find theirs.
#[derive(Debug)]
struct Heads {
    /// The literals that heads need, each with the rule's place.
    literals: Grams,
    /// Rules whose heads need none.
    others: Vec<usize>,
}

/// Which rules are in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Rules or programs that are off.
    pub disable: Vec<String>,
    /// Opt-in rules or programs that are on.
    pub enable: Vec<String>,
    /// If not empty, only these rules or programs are on.
    pub only: Vec<String>,
    /// Whether records that the text cannot decide are kept.
    pub keep_undecided: bool,
}

impl Selection {
    pub(super) fn admits(&self, rule: &Rule) -> bool {
        self.puts_on(&rule.id, &rule.program, rule.opt_in)
            && !(self.keep_undecided && rule.tier == Tier::Undecided)
    }

    /// Whether a rule of that name is on, as far as names go.
    #[must_use]
    pub fn puts_on(&self, id: &str, program: &str, opt_in: bool) -> bool {
        let named = |list: &[String]| list.iter().any(|name| name == id || name == program);
        let chosen = self.only.is_empty() || named(&self.only);
        let on = !opt_in || named(&self.enable) || named(&self.only);
        chosen && on && !named(&self.disable)
    }

    /// The names in it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.disable, &self.enable, &self.only];
        lists.into_iter().flatten().map(String::as_str)
    }
}

/// All rules in force, with what they share.
#[derive(Debug)]
pub struct RuleSet {
    /// In the order in which they are tried: a program's own before its language's.
    pub(super) rules: Vec<Arc<Rule>>,
    pub(super) signals: Vec<Signal>,
    pub(super) owners: Owners,
    pub(super) bars: Bars,
    anchors: Vec<Vec<u8>>,
    /// The anchors of the line rules, each with its rule's place.
    lines: OnceLock<Grams>,
    heads: OnceLock<Heads>,
    /// Which of the rules look at traces.
    traces: Vec<usize>,
}

impl RuleSet {
    pub(super) fn new(
        rules: Vec<Rule>,
        signals: Vec<Signal>,
        owners: Owners,
        bars: Bars,
    ) -> RuleSet {
        let mut set = RuleSet {
            rules: rules.into_iter().map(Arc::new).collect(),
            signals,
            owners,
            bars,
            anchors: Vec::new(),
            lines: OnceLock::new(),
            heads: OnceLock::new(),
            traces: Vec::new(),
        };
        let anchors = set.rules.iter().flat_map(|rule| rule.anchors.iter());
        set.anchors = without_implied(anchors.cloned().collect());
        let rules = set.rules.iter().enumerate();
        let traces = rules.filter(|(_, rule)| matches!(rule.matcher, Matcher::Trace(_)));
        set.traces = traces.map(|(at, _)| at).collect();
        set
    }

    /// Gives back the memory of all patterns that have been compiled; they are compiled again when they are asked.
    pub(super) fn forget_patterns(&mut self) {
        for rule in self.rules.iter_mut().filter_map(Arc::get_mut) {
            match &mut rule.matcher {
                Matcher::Line(line) => {
                    line.pattern.forget();
                    let others = line
                        .not
                        .iter_mut()
                        .chain(&mut line.continues)
                        .chain(&mut line.needs);
                    others.for_each(Pattern::forget);
                }
                Matcher::Trace(trace) => {
                    let lists = [&mut trace.frame, &mut trace.code, &mut trace.not];
                    let others = lists.into_iter().flatten().chain(&mut trace.head);
                    others.for_each(Pattern::forget);
                }
            }
        }
    }

    /// The rules, in the order in which they are tried.
    pub fn rules(&self) -> &[Arc<Rule>] {
        &self.rules
    }

    /// The rule of that name.
    pub fn rule(&self, id: &str) -> Option<&Arc<Rule>> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Literals one of which is in every record that any rule takes: what the skim looks for.
    pub fn anchors(&self) -> &[Vec<u8>] {
        &self.anchors
    }

    /// The rules that may take a record, in the order in which they are tried: line rules with an anchor in its first
    /// line, and, where it has a trace, all rules for traces.
    pub(super) fn candidates(&self, line: &[u8], has_trace: bool) -> Vec<usize> {
        let mut rules: Vec<usize> = self.lines().owners(line).collect();
        if has_trace {
            rules.extend_from_slice(&self.traces);
        }
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// Whether any line rule may take a record by its first line.
    pub(super) fn has_candidates(&self, line: &[u8]) -> bool {
        self.lines().owners(line).next().is_some()
    }

    /// The places of the rules that look at traces.
    pub(super) fn traces(&self) -> &[usize] {
        &self.traces
    }

    /// The places of the rules that may find the head they ask for in this text; none of the others does.
    pub(super) fn heads_in(&self, text: &[u8]) -> Vec<usize> {
        let heads = self.heads.get_or_init(|| self.index_heads());
        let found = heads.literals.owners(text);
        found.chain(heads.others.iter().copied()).collect()
    }

    fn index_heads(&self) -> Heads {
        let (mut literals, mut others) = (Vec::new(), Vec::new());
        for (at, rule) in self.rules.iter().enumerate() {
            let Matcher::Trace(matcher) = &rule.matcher else {
                continue;
            };
            let head = matcher.head.as_ref().map(Pattern::as_str);
            match head.map(folded::of_pattern) {
                Some(Some(own)) => literals.extend(own.into_iter().map(|literal| (literal, at))),
                Some(None) => others.push(at),
                None => {}
            }
        }
        Heads {
            literals: Grams::new(literals),
            others,
        }
    }

    fn lines(&self) -> &Grams {
        self.lines.get_or_init(|| {
            let rules = self.rules.iter().enumerate();
            let lines = rules.filter(|(_, rule)| matches!(rule.matcher, Matcher::Line(_)));
            Grams::new(lines.flat_map(|(at, rule)| {
                let anchors = rule.anchors.iter();
                anchors.map(move |anchor| (exactly(anchor), at))
            }))
        })
    }
}

/// Takes out the anchors that hold another: where they are, that one is, too. Of thousands of them, as users may bring,
/// each is looked through once.
fn without_implied(mut anchors: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    anchors.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    anchors.dedup();
    let Ok(search) = AhoCorasick::new(&anchors) else {
        return anchors;
    };
    let holds_another = |at: usize, anchor: &[u8]| {
        let mut hits = search.find_overlapping_iter(anchor);
        hits.any(|hit| hit.pattern().as_usize() != at)
    };
    let kept = anchors.iter().enumerate();
    let kept = kept.filter(|(at, anchor)| !holds_another(*at, anchor));
    kept.map(|(_, anchor)| anchor.clone()).collect()
}
