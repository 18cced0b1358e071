//! What is known of a text, a rule or a record, as data and as text for people.

use std::fmt::Write as _;

use serde::Serialize;
use textwrap::Options;

use super::verdicts::{Told, tier_name};
use crate::rule::builtin::ParsedFile;
use crate::rule::cause::{
    Cause, CauseProse, Causes, Doer, End, ErrorProse, ErrorText, Noise, Tongue,
};
use crate::rule::file::RuleText;

/// Version of the object that `explain --json` prints.
pub const ANSWER_VERSION: u32 = 1;

/// Columns of the text for people.
const COLUMNS: usize = 96;

/// Where answers come from.
#[derive(Clone)]
pub struct Library<'l> {
    /// What stands behind the records.
    pub causes: &'l Causes,
    /// The rule files, with their prose.
    pub files: &'l [ParsedFile],
    /// In which language.
    pub tongue: Tongue,
}

/// What is known.
#[derive(Serialize)]
pub struct Answer<'l> {
    version: u32,
    lang: Tongue,
    /// What became of the records that were read.
    verdicts: Vec<Told>,
    rules: Vec<RuleTold<'l>>,
    errors: Vec<ErrorTold<'l>>,
    causes: Vec<CauseTold<'l>>,
    /// What may have been meant.
    pub near: Vec<&'l str>,
}

#[derive(Serialize)]
struct RuleTold<'l> {
    id: &'l str,
    program: &'l str,
    tier: &'static str,
    cause: &'l str,
    opt_in: bool,
    why: &'l str,
    hides: &'l str,
    source: &'l str,
}

#[derive(Serialize)]
struct ErrorTold<'l> {
    id: &'l str,
    hits: End,
    noise: Noise,
    #[serde(flatten)]
    prose: &'l ErrorProse,
    run: &'l [String],
    causes: &'l [String],
}

#[derive(Serialize)]
struct CauseTold<'l> {
    id: &'l str,
    side: Doer,
    noise: Noise,
    #[serde(flatten)]
    prose: &'l CauseProse,
    run: &'l [String],
}

impl<'l> Library<'l> {
    /// A word between the texts.
    pub fn label(&self, name: &'static str) -> &'l str {
        self.causes.label(name, self.tongue)
    }

    /// The answer on a rule's or a cause's name, if it is one.
    pub fn named(&self, name: &str) -> Option<Answer<'l>> {
        if let Some(rule) = self.rule(name) {
            let causes = self.cause(rule.cause).into_iter().collect();
            return Some(self.answer(Vec::new(), vec![rule], Vec::new(), causes));
        }
        let cause = self.cause(name)?;
        Some(self.answer(Vec::new(), Vec::new(), Vec::new(), vec![cause]))
    }

    /// The answer on words.
    pub fn on_text(&self, text: &str) -> Answer<'l> {
        let errors = self.causes.find(text);
        let mut answer = self.on_verdicts(Vec::new(), &errors);
        if errors.is_empty() {
            let rules = self.files.iter().flat_map(|(_, file)| &file.rule);
            answer.near = self.causes.near(text, rules.map(|rule| rule.id.as_str()));
        }
        answer
    }

    /// The answer on records, and on errors that they, or a text, name.
    pub fn on_verdicts(&self, told: Vec<Told>, errors: &[&'l ErrorText]) -> Answer<'l> {
        let takers = told.iter().filter(|told| told.collapsed);
        let names: Vec<&str> = takers.filter_map(|told| told.rule.as_deref()).collect();
        let rules: Vec<RuleTold<'l>> = names.into_iter().filter_map(|id| self.rule(id)).collect();
        let of_rules = rules.iter().map(|rule| rule.cause);
        let of_errors = errors.iter().flat_map(|error| &error.causes);
        let mut causes: Vec<CauseTold<'l>> = Vec::new();
        for id in of_rules.chain(of_errors.map(String::as_str)) {
            if !causes.iter().any(|known| known.id == id) {
                causes.extend(self.cause(id));
            }
        }
        let errors = errors.iter().map(|error| self.error(error)).collect();
        self.answer(told, rules, errors, causes)
    }

    fn answer(
        &self,
        verdicts: Vec<Told>,
        rules: Vec<RuleTold<'l>>,
        errors: Vec<ErrorTold<'l>>,
        causes: Vec<CauseTold<'l>>,
    ) -> Answer<'l> {
        Answer {
            version: ANSWER_VERSION,
            lang: self.tongue,
            verdicts,
            rules,
            errors,
            causes,
            near: Vec::new(),
        }
    }

    fn rule(&self, id: &str) -> Option<RuleTold<'l>> {
        let files = self.files.iter();
        let mut rules = files.flat_map(|(_, file)| file.rule.iter().map(move |rule| (file, rule)));
        let (file, rule) = rules.find(|(_, rule)| rule.id == id)?;
        Some(RuleTold::of(&file.program, rule))
    }

    fn cause(&self, id: &str) -> Option<CauseTold<'l>> {
        let cause: &'l Cause = self.causes.cause(id)?;
        Some(CauseTold {
            id: &cause.id,
            side: cause.side,
            noise: cause.noise,
            prose: cause.prose(self.tongue),
            run: &cause.run,
        })
    }

    fn error(&self, error: &'l ErrorText) -> ErrorTold<'l> {
        ErrorTold {
            id: &error.id,
            hits: error.hits,
            noise: error.noise,
            prose: error.prose(self.tongue),
            run: &error.run,
            causes: &error.causes,
        }
    }
}

impl<'l> RuleTold<'l> {
    fn of(program: &'l str, rule: &'l RuleText) -> RuleTold<'l> {
        RuleTold {
            id: &rule.id,
            program,
            tier: tier_name(rule.tier),
            cause: &rule.cause,
            opt_in: rule.opt_in,
            why: &rule.why,
            hides: &rule.hides,
            source: &rule.source,
        }
    }
}

impl Answer<'_> {
    /// Whether anything is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        let texts = self.rules.len() + self.errors.len() + self.causes.len();
        texts + self.verdicts.len() > 0
    }

    /// As one JSON object on one line.
    #[must_use]
    pub fn json(&self) -> String {
        // Names, numbers and texts only: nothing in it can fail to be written as JSON.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// For people.
    #[must_use]
    pub fn text(&self, library: &Library<'_>) -> String {
        let mut page = Page {
            library,
            text: String::new(),
        };
        self.verdicts.iter().for_each(|told| page.verdict(told));
        self.rules.iter().for_each(|rule| page.rule(rule));
        self.errors.iter().for_each(|error| page.error(error));
        if self.causes.len() > 1 {
            page.title(library.label("causes"));
        }
        for (at, cause) in self.causes.iter().enumerate() {
            page.cause(cause, at == 0);
        }
        page.text
    }
}

/// A page while it is written.
struct Page<'p> {
    library: &'p Library<'p>,
    text: String,
}

impl Page<'_> {
    fn title(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let _ = writeln!(self.text, "{title}");
    }

    /// One field: its label, and a text that is wrapped behind it.
    fn field(&mut self, label: &'static str, text: &str) {
        if text.is_empty() {
            return;
        }
        let first = format!("  {}: ", self.library.label(label));
        let options = Options::new(COLUMNS)
            .initial_indent(&first)
            .subsequent_indent("    ")
            .break_words(false);
        self.text.push_str(&textwrap::fill(text, options));
        self.text.push('\n');
    }

    fn run(&mut self, commands: &[String]) {
        if !commands.is_empty() {
            let _ = writeln!(self.text, "  {}:", self.library.label("run"));
        }
        for command in commands {
            let _ = writeln!(self.text, "    $ {command}");
        }
    }

    fn verdict(&mut self, told: &Told) {
        let label = |name| self.library.label(name);
        let became = label(if told.collapsed { "taken" } else { "kept" });
        let (records, line) = (told.records, told.line);
        self.title(&format!("{became}: {records}x, {} {line}", label("first")));
        let _ = writeln!(self.text, "    {}", told.text);
        let rule = if told.collapsed { "rule" } else { "nearest" };
        self.field(rule, told.rule.as_deref().unwrap_or_default());
        self.field("because", told.because.as_deref().unwrap_or_default());
        self.field("found", told.found.as_deref().unwrap_or_default());
        let tier = told.tier.map(|tier| self.tier(tier)).unwrap_or_default();
        self.field("tier", tier);
        let owner = told.owner.as_deref();
        self.field("owner", owner.unwrap_or_default());
        self.field("key", told.kind.as_deref().unwrap_or_default());
    }

    fn rule(&mut self, rule: &RuleTold<'_>) {
        self.title(&format!("{}: {}", self.library.label("rule"), rule.id));
        self.field("why", rule.why);
        self.field("hides", rule.hides);
        self.field("source", rule.source);
        let tier = self.tier(rule.tier);
        self.field("tier", tier);
    }

    fn error(&mut self, error: &ErrorTold<'_>) {
        self.title(&error.prose.title);
        let (hits, noise) = (self.hits(error.hits), self.noise(error.noise));
        self.field("hits", hits);
        self.field("noise", noise);
        self.field("what", &error.prose.what);
        self.field("do", &error.prose.remedy);
        self.run(error.run);
    }

    /// The likeliest cause in full; of the others, what tells them apart.
    fn cause(&mut self, cause: &CauseTold<'_>, in_full: bool) {
        self.title(&format!("{} ({})", cause.prose.title, cause.id));
        if in_full {
            let (side, noise) = (self.side(cause.side), self.noise(cause.noise));
            self.field("side", side);
            self.field("noise", noise);
            self.field("what", &cause.prose.what);
            self.field("why", &cause.prose.why);
        }
        self.field("looks", &cause.prose.looks);
        self.field("do", &cause.prose.remedy);
        self.run(cause.run);
    }
}

impl<'p> Page<'p> {
    fn tier(&self, tier: &str) -> &'p str {
        self.library.label(match tier {
            "client" => "tier-client",
            "undecided" => "tier-undecided",
            _ => "tier-dependency",
        })
    }

    fn hits(&self, end: End) -> &'p str {
        self.library.label(match end {
            End::Server => "hits-server",
            End::Client => "hits-client",
            End::Either => "hits-either",
        })
    }

    fn side(&self, side: Doer) -> &'p str {
        self.library.label(match side {
            Doer::Peer => "side-peer",
            Doer::Own => "side-own",
            Doer::Either => "side-either",
        })
    }

    fn noise(&self, noise: Noise) -> &'p str {
        self.library.label(match noise {
            Noise::Usually => "noise-usually",
            Noise::Never => "noise-never",
            Noise::Bug => "noise-bug",
        })
    }
}
