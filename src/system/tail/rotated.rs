//! The names that rotation gives to files, and what they tell.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What the names of compressed files end in, as far as they can be read.
const PACKED: [&[u8]; 4] = [b".gz", b".zst", b".xz", b".bz2"];

/// The paths that a file at `path` may have had before rotation gave it this one.
#[must_use]
pub fn earlier_paths(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().unwrap_or_default().as_bytes();
    let bare = PACKED.iter().find_map(|suffix| name.strip_suffix(*suffix));
    let mut names: Vec<Vec<u8>> = bare.into_iter().map(<[u8]>::to_vec).collect();
    let bare = bare.unwrap_or(name);
    names.extend(bare.strip_suffix(b".old").map(<[u8]>::to_vec));
    for from in 1..bare.len() {
        let (front, rest) = bare.split_at(from);
        let run = rest.iter().take_while(|b| is_in_number(**b)).count();
        for end in (1..=run).filter(|end| rest.get(..*end).is_some_and(is_number)) {
            let back = rest.get(end..).unwrap_or_default();
            names.push([front, back].concat());
        }
    }
    let beside = |name: &Vec<u8>| path.with_file_name(OsStr::from_bytes(name));
    names.iter().map(beside).collect()
}

/// Whether a name is what rotation makes of `name`, and if so whether of a compressed file: something with a number or a
/// date in it is put in (`app.log.1`, `app.log-20261122.gz`, `app-2026-11-22.log`), or `.old` at the end. Gives that, too.
pub(super) fn rotated<'o>(name: &[u8], other: &'o [u8]) -> Option<(bool, &'o [u8])> {
    let bare = PACKED.iter().find_map(|suffix| other.strip_suffix(*suffix));
    let packed = bare.is_some();
    let bare = bare.unwrap_or(other);
    if bare == name {
        return packed.then_some((true, b""));
    }
    if bare.strip_prefix(name) == Some(b".old") {
        return Some((packed, b".old"));
    }
    let added = bare.len().checked_sub(name.len())?;
    let number = |at: usize| {
        let (front, back) = name.split_at(at);
        let is_around = bare.starts_with(front) && bare.ends_with(back);
        let number = bare.get(at..at + added).filter(|number| is_number(number));
        number.filter(|_| is_around)
    };
    let number = (1..=name.len()).find_map(number)?;
    Some((packed, number))
}

/// When a file had its turn, by what rotation has put into its name: of counted files the first is the last that was
/// written, of dated ones that of the last date.
pub(super) fn turn(number: &[u8]) -> i64 {
    let digits = number.iter().filter(|byte| byte.is_ascii_digit());
    // Eighteen digits are a date to the microsecond nearly, and fit.
    let digits: Vec<i64> = digits.take(18).map(|byte| i64::from(byte - b'0')).collect();
    let value = digits.iter().fold(0, |value, digit| value * 10 + digit);
    if digits.len() < 6 { -value } else { value }
}

/// What rotation puts into a name: a mark, and behind it digits, which other marks may divide.
fn is_number(text: &[u8]) -> bool {
    text.first().is_some_and(|first| is_mark(*first))
        && text.iter().any(u8::is_ascii_digit)
        && text.iter().all(|b| is_in_number(*b))
}

fn is_in_number(byte: u8) -> bool {
    is_mark(byte) || byte.is_ascii_digit() || matches!(byte, b'T' | b'Z')
}

fn is_mark(byte: u8) -> bool {
    matches!(byte, b'.' | b'-' | b'_' | b'@' | b'+' | b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_rotation_makes_are_known() {
        for (name, other, packed) in [
            ("app.log", "app.log.1", false),
            ("app.log", "app.log.12.gz", true),
            ("app.log", "app.log.gz", true),
            ("app.log", "app.log-20261122", false),
            ("app.log", "app.log-20261122-1795341600.zst", true),
            ("app.log", "app.log.2026-11-22", false),
            ("app.log", "app-2026-11-22.log", false),
            ("app.log", "app.2026-11-22T10:00:00Z.log.xz", true),
            ("app.log", "app-2026-11-22.1.log.gz", true),
            ("app.log", "app.log.old", false),
            ("0.log", "0.log.20261122-100000", false),
            ("catalina.out", "catalina.out-20261122.bz2", true),
        ] {
            let found = rotated(name.as_bytes(), other.as_bytes()).map(|(packed, _)| packed);
            assert_eq!(found, Some(packed), "{other}");
            let earlier = earlier_paths(&Path::new("logs").join(other));
            assert!(
                earlier.contains(&Path::new("logs").join(name)),
                "{earlier:?}"
            );
        }
    }

    #[test]
    fn names_of_others_are_not() {
        for (name, other) in [
            ("app.log", "app.log"),
            ("app.log", "app.log.quiet"),
            ("app.log", "app.log.1.swp"),
            ("app.log", "app.logger"),
            ("app.log", "app2.log"),
            ("app.log", "other.log.1"),
            ("app.log", "myapp.log.1"),
            ("app.log", "app.log.bak"),
            ("app1.log", "app12.log"),
            ("app.log", "app..log"),
            ("app.log", "pp.log"),
        ] {
            let found = rotated(name.as_bytes(), other.as_bytes());
            assert_eq!(found, None, "{other}");
            assert!(!earlier_paths(Path::new(other)).contains(&PathBuf::from(name)));
        }
    }
}
