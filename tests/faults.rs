//! Faults and bad inputs that a filter has to survive, each as a sentence.

#[path = "cli/kit.rs"]
mod kit;
// What comes in: bytes, lines, records.
#[path = "cli/faults_input.rs"]
mod faults_input;
// What it comes through: pipes, files, signals.
#[path = "cli/faults_pipe.rs"]
mod faults_pipe;
