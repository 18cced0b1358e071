//! quell: log-noise suppression.
pub mod limits;
pub mod line;
pub mod record;
pub mod rule;
pub mod episode;
pub mod pipeline;
