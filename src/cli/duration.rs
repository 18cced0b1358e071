//! Durations as people write them: `500ms`, `1h30m`, `7d`.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// Reads a duration as people write it. A day has 24 hours; what has no fixed length, such as a month, is refused.
///
/// # Errors
/// What to write instead.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write a duration such as 500ms, 1m, 1h30m or 7d".to_owned();
    let span: Span = text.trim().parse().map_err(|_| wrong())?;
    let days = SpanRelativeTo::days_are_24_hours();
    let signed = span.to_duration(days).map_err(|_| wrong())?;
    Duration::try_from(signed).map_err(|_| wrong())
}

/// Reads a duration that must not be nothing.
///
/// # Errors
/// What to write instead.
pub(super) fn window(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("it must be longer than nothing, such as 1s".to_owned()),
        window => Ok(window),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let check = |text: &str, millis| {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        };
        check("500ms", 500);
        check("1m", 60_000);
        check("24h", 86_400_000);
        check("1h30m", 5_400_000);
        check("1h 30m", 5_400_000);
        check("7d", 604_800_000);
        check("0s", 0);
        for text in ["", "5", "5x", "-1s", "1 month", "1y", "\u{1b}[31m"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(window("0s").is_err());
    }
}
