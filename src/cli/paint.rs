//! Colours on standard error, where a person sees them. `NO_COLOR` and its relatives are honoured by `anstream`.

use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Colour {
    /// At a terminal, unless the environment says no.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What went wrong.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();

/// What is worth knowing.
pub const NOTE: Style = AnsiColor::Cyan.on_default();

/// Settles it for all that is written from here on.
pub fn choose(colour: Colour) {
    match colour {
        Colour::Auto => ColorChoice::Auto,
        Colour::Always => ColorChoice::Always,
        Colour::Never => ColorChoice::Never,
    }
    .write_global();
}
