//! `quell drain` on real files, with real writers, killed wherever it hurts.

#[path = "cli/kit.rs"]
mod kit;

#[path = "drain/attics.rs"]
mod attics;
#[path = "drain/bench.rs"]
mod bench;
#[path = "drain/faults.rs"]
mod faults;
#[path = "drain/kills.rs"]
mod kills;
#[path = "drain/model.rs"]
mod model;
#[path = "drain/neighbours.rs"]
mod neighbours;
#[path = "drain/outputs.rs"]
mod outputs;
#[path = "drain/power.rs"]
mod power;
#[path = "drain/rotation.rs"]
mod rotation;
#[path = "drain/status.rs"]
mod status;
#[path = "drain/writers.rs"]
mod writers;
