//! quell: log-noise suppression.
pub mod episode;
pub mod limits;
pub mod line;
pub mod pipeline;
pub mod record;
pub mod rule;
