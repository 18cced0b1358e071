//! What makes two records repeats of each other.

use super::mask::mask;
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
        let in_message = mask(finding.message, &mut self.bytes);
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

    fn field(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.bytes.push(FIELD_END);
    }
}
