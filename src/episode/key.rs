//! What makes two records repeats of each other.

use super::mask::mask;
use crate::line::place_in;
use crate::record::Record;
use crate::rule::{Finding, Tier};

/// Builds keys: rule, error, masked message, owner of the socket, masked head. Its buffer is kept from record to
/// record.
#[derive(Debug, Default)]
pub struct KeyBuilder {
    bytes: Vec<u8>,
}

/// A separator that no log text can imitate across a field: fields never hold it, since lines do not.
const FIELD_END: u8 = b'\n';

impl KeyBuilder {
    /// The key of a record that `finding` takes, and the request path that its text names.
    pub fn build<'b>(
        &mut self,
        record: &Record<'b>,
        finding: &Finding<'_, 'b>,
    ) -> (&[u8], Option<&'b [u8]>) {
        self.bytes.clear();
        self.field(finding.rule.id.as_bytes());
        self.field(finding.error);
        let in_message = self.message(finding);
        self.bytes.push(FIELD_END);
        // The call site, with its line: an undecided place in the code is a kind of its own. A server's own frame is
        // the same in all its records, so that the line does no harm there.
        if finding.rule.tier == Tier::Undecided {
            self.field(finding.owner);
        } else {
            let site = finding
                .owner
                .iter()
                .position(|b| *b == b'(')
                .map_or(finding.owner, |open| &finding.owner[..open]);
            mask(site, &mut self.bytes);
            self.bytes.push(FIELD_END);
        }
        let mut in_head = None;
        if !finding.error.is_empty() {
            in_head = mask(record.head_text(), &mut self.bytes);
            // Of a head in two lines the first names class and method.
            if let Some(head) = record.head.as_ref().filter(|_| record.has_second_head()) {
                self.bytes.push(FIELD_END);
                mask(head.text(record.first_line()), &mut self.bytes);
            }
        }
        (&self.bytes, finding.path.or(in_head).or(in_message))
    }

    /// The message, masked. Whom a rule's pattern names as the peer is a name as often as an address: it is taken out
    /// where it stands, or each name would make a kind of its own.
    fn message<'b>(&mut self, finding: &Finding<'_, 'b>) -> Option<&'b [u8]> {
        let message = finding.message;
        let Some(peer) = finding.peer.and_then(|peer| place_in(peer, message)) else {
            return mask(message, &mut self.bytes);
        };
        let before = mask(&message[..peer.start], &mut self.bytes);
        self.bytes.push(b'#');
        let behind = mask(&message[peer.end..], &mut self.bytes);
        before.or(behind)
    }

    fn field(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.bytes.push(FIELD_END);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Assembly;
    use crate::rule::file::UserFile;
    use crate::rule::{RuleSet, Selection, Verdict};

    const RULE: &str = r#"version = 1
program = "own"
[[rule]]
id = "own-left"
tier = "client"
cause = "client-left"
[rule.line]
pattern = 'guest (?P<peer>[a-z0-9.-]+) hung up( on [a-z]+)?$'
[rule.proof]
quiet = ["guest ann hung up", "guest bob hung up"]
loud = ["guest ann was hung", "guest bob came"]
"#;

    fn key_of(rules: &RuleSet, line: &str) -> Vec<u8> {
        let mut assembly = Assembly::default();
        assembly.read(line.as_bytes(), 0, true);
        let record = Record::parse(line.as_bytes(), &assembly.pieces);
        match rules.judge(&record) {
            Verdict::Collapse(finding) => KeyBuilder::default().build(&record, &finding).0.to_vec(),
            Verdict::Keep(reason) => panic!("{line}: {reason}"),
        }
    }

    #[test]
    fn a_peer_by_name_or_by_address_is_of_the_same_kind() {
        let file = UserFile {
            name: "own.toml".to_owned(),
            text: RULE.to_owned(),
        };
        let rules = RuleSet::load(&[file], &Selection::default()).unwrap();
        let key = |line| key_of(&rules, line);
        let ann = key("2026-11-22 10:00:00 WARN guest ann.example hung up");
        assert_eq!(ann, key("2026-11-22 10:00:01 WARN guest bob hung up"));
        assert_eq!(ann, key("2026-11-22 10:00:01 WARN guest 10.0.0.7 hung up"));
        assert_ne!(
            ann,
            key("2026-11-22 10:00:01 WARN guest bob hung up on eve")
        );
    }
}
