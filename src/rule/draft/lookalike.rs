//! Records that look like the one at hand and must be kept: the same of a client library's, the same with another error.

use crate::record::{Language, Record};
use crate::rule::set::RuleSet;

/// Errors that are never noise, for the place where the disconnect stands.
const FAILURES: [&str; 2] = ["Connection refused", "Connection timed out"];

/// What may stand behind a line to make a failure of it.
const ENDINGS: [&str; 3] = [
    ": Connection refused",
    " while connecting to upstream",
    " (Connection timed out)",
];

/// Look-alikes of a record, the nearest first; not all of them are kept by all rules.
pub(super) fn candidates(record: &Record<'_>, set: &RuleSet) -> Vec<String> {
    let lines: Vec<String> = record
        .pieces
        .iter()
        .map(|piece| String::from_utf8_lossy(piece.line.text(record.block)).into_owned())
        .collect();
    let mut made: Vec<String> = of_client(record, set, &lines).into_iter().collect();
    made.extend(
        FAILURES
            .iter()
            .filter_map(|failure| failing(record, &lines, failure)),
    );
    if let Some((first, rest)) = lines.split_first() {
        made.extend(ENDINGS.iter().map(|ending| {
            let first = format!("{first}{ending}");
            std::iter::once(&first)
                .chain(rest)
                .cloned()
                .collect::<Vec<_>>()
                .join("\n")
        }));
    }
    made
}

/// The same with a client library as the owner of the socket.
fn of_client(record: &Record<'_>, set: &RuleSet, lines: &[String]) -> Option<String> {
    let frame = client_frame(record.language?)?;
    let owner = String::from_utf8_lossy(set.owner(record)?).into_owned();
    let mut changed = false;
    let swap = |line: &String| {
        let own = !changed && line.trim_start() == owner;
        changed |= own;
        if own {
            line.replace(&owner, frame)
        } else {
            line.clone()
        }
    };
    let text = lines.iter().map(swap).collect::<Vec<_>>().join("\n");
    changed.then_some(text)
}

/// The same with another error at its root.
fn failing(record: &Record<'_>, lines: &[String], failure: &str) -> Option<String> {
    let root = record.links.last()?;
    let (error, message) = (
        String::from_utf8_lossy(root.error),
        String::from_utf8_lossy(root.message),
    );
    let text = lines.join("\n");
    let said = if message.is_empty() {
        text.replace(&*error, &format!("{error}: {failure}"))
    } else {
        text.replace(&*message, failure)
    };
    (said != text).then_some(said)
}

/// A frame of a client library that is known to be one.
fn client_frame(language: Language) -> Option<&'static str> {
    match language {
        Language::Java => Some("at org.postgresql.core.PGStream.flush(PGStream.java:696)"),
        Language::Python => Some(
            "File \"/usr/lib/python3/dist-packages/redis/connection.py\", line 1, in send_packed_command",
        ),
        Language::Node => Some("at call (/app/node_modules/ioredis/built/redis.js:1:2)"),
        Language::Dotnet => Some("at Npgsql.Internal.NpgsqlConnector.Flush()"),
        Language::Ruby => {
            Some("/var/lib/gems/3.1.0/gems/redis-5.0.0/lib/redis/client.rb:1:in `call'")
        }
        Language::Go | Language::Php | Language::Rust | Language::Erlang | Language::Postgres => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::file::Side;
    use crate::rule::owner::frame_name;
    use crate::rule::{RuleSet, Selection};

    #[test]
    fn the_frames_of_clients_are_known_as_such() {
        let set = RuleSet::load(&[], &Selection::default()).unwrap();
        for language in Language::ALL {
            let Some(frame) = client_frame(language) else {
                continue;
            };
            let name = frame_name(language, frame.as_bytes());
            let group = set
                .owners
                .find(language, &name)
                .and_then(|at| set.owners.group(at));
            assert_eq!(group.map(|group| group.side), Some(Side::Client), "{frame}");
        }
    }
}
