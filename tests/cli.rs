//! The program as others see it: what it reads, writes, says and answers, in real processes.

#[path = "cli/kit.rs"]
mod kit;
// What may be typed, and what is said about mistakes.
#[path = "cli/asked.rs"]
mod asked;
// What is explained.
#[path = "cli/explained.rs"]
mod explained;
// What is asked about rules.
#[path = "cli/rules.rs"]
mod rules;
// What thousands of rules need.
#[path = "cli/many_rules.rs"]
mod many_rules;
// What stays open: pipes, signals, the clock.
#[path = "cli/live.rs"]
mod live;
// What is asked about records in envelopes.
#[path = "cli/worn.rs"]
mod worn;
