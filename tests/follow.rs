//! Files that are followed through all that befalls them, by the real program.

#[path = "cli/kit.rs"]
mod kit;
// What happens to a file that is followed.
#[path = "follow/files.rs"]
mod files;
// What happens to the names, the folders and the links on the way to it.
#[path = "follow/ways.rs"]
mod ways;
// Random lists of what may happen, against a model.
#[path = "follow/model.rs"]
mod model;
// What survives the program.
#[path = "follow/state.rs"]
mod state;
// Where the lines of many files go.
#[path = "follow/outputs.rs"]
mod outputs;
