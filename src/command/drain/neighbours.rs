//! Who else works with a file that is drained, and is harmed by it: a program that reads it, a rotation that truncates it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::system::reclaim::Birth;
use crate::system::shown;
use crate::system::writers::{Program, Writers};

/// Where logrotate is told what to do.
const LOGROTATE: [&str; 2] = ["/etc/logrotate.conf", "/etc/logrotate.d"];

/// What is to be said of them when draining begins.
pub(super) fn warnings(path: &Path, birth: Birth) -> Vec<String> {
    let reader = Writers::others_of(birth.identity()).reader;
    let reader = reader.map(|Program { process, name }| {
        let name = shown(Path::new(&name));
        format!("{name} (process {process}) reads this file, too: it will miss lines or see them twice, let it read the output")
    });
    let rotation = copytruncated(path).map(|place| {
        format!(
            "{} truncates this file with copytruncate, which loses lines: take it out there",
            shown(&place)
        )
    });
    reader.into_iter().chain(rotation).collect()
}

/// The file that tells logrotate to truncate this one, if any does as far as can be seen.
fn copytruncated(path: &Path) -> Option<PathBuf> {
    let path = fs::canonicalize(path).ok()?;
    let files = LOGROTATE.iter().map(Path::new).flat_map(|place| {
        let inside = fs::read_dir(place).and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.path()))
                .collect::<io::Result<Vec<_>>>()
        });
        inside.unwrap_or_else(|_| vec![place.to_owned()])
    });
    let mut files = files.filter(|file| file.is_file());
    files.find(|file| fs::read_to_string(file).is_ok_and(|text| truncates(&text, &path)))
}

/// Whether logrotate is told there to truncate this file.
fn truncates(text: &str, path: &Path) -> bool {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'));
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    text.split('}').any(|stanza| {
        let Some((names, orders)) = stanza.split_once('{') else {
            return false;
        };
        // What stands between two stanzas and is no name matches no path.
        let named = split_names(names)
            .any(|name| glob::Pattern::new(name).is_ok_and(|pattern| pattern.matches_path(path)));
        named
            && orders
                .split_whitespace()
                .any(|order| order == "copytruncate")
    })
}

/// The names before a stanza; one with blanks in it stands between quotes.
fn split_names(names: &str) -> impl Iterator<Item = &str> {
    let parts = names.split('"').enumerate();
    parts.flat_map(|(number, part)| {
        let quoted = number % 2 == 1;
        let plain = part.split_whitespace().filter(move |_| !quoted);
        plain.chain(quoted.then_some(part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stanza_with_copytruncate_is_found_by_name_and_by_pattern() {
        let text = "weekly\n# /srv/c.log { copytruncate }\n/srv/a.log \"/srv/b *.log\" {\n  rotate 3\n  copytruncate\n}\n/srv/d.log {\n create\n}\n";
        assert!(truncates(text, Path::new("/srv/a.log")));
        for other in ["/srv/c.log", "/srv/d.log", "/srv/e.log"] {
            assert!(!truncates(text, Path::new(other)), "{other}");
        }
        assert!(truncates(
            "/srv/*.log {\ncopytruncate\n}",
            Path::new("/srv/e.log")
        ));
    }
}
