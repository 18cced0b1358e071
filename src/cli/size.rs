//! Sizes as people write them: `64k`, `100M`, `1G`.

/// Reads a size in bytes. A letter stands for a power of 1024, as logrotate and `ls -h` have it.
///
/// # Errors
/// What to write instead.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let wrong = || "write a size such as 64k, 100M or 1G".to_owned();
    let text = text.trim();
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let unit = text.get(digits.len()..).unwrap_or_default().trim_start();
    let power = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        _ => return Err(wrong()),
    };
    number.checked_mul(1024_u64.pow(power)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("4096", 4096),
            ("64k", 64 << 10),
            ("100M", 100 << 20),
            ("100 MiB", 100 << 20),
            ("1g", 1 << 30),
            ("2T", 2 << 40),
            ("0", 0),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in [
            "",
            "M",
            "1.5G",
            "-1",
            "10x",
            "99999999999999999999",
            "99999999T",
            "\u{1b}",
        ] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
