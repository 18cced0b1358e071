//! A container runtime's log: `2026-11-22T11:03:08.123456789Z stdout F text`.

use super::wear::{Coding, Kind, Origin, Wear};

/// The longest time: nine digits of a second and an offset.
const STAMP_BYTES_MAX: usize = 35;

/// Opens a line; `None` if it is none of these.
pub(super) fn open(line: &[u8]) -> Option<Wear> {
    // Told by a few bytes before anything is searched.
    if line.get(10) != Some(&b'T') || line.get(4) != Some(&b'-') {
        return None;
    }
    let stamp = memchr::memchr(b' ', line.get(..=STAMP_BYTES_MAX).unwrap_or(line))?;
    let rest = line.get(stamp + 1..)?;
    let stream = [&b"stdout"[..], b"stderr"]
        .into_iter()
        .find(|stream| rest.starts_with(stream))?;
    // Tags, of which the first says whether the line is whole, and further ones may follow behind colons.
    let tags = rest.get(stream.len()..)?.strip_prefix(b" ")?;
    let partial = match tags {
        [b'P', b' ' | b':', ..] => true,
        [b'F', b' ' | b':', ..] | b"F" => false,
        _ => return None,
    };
    let tags_len = memchr::memchr(b' ', tags).map_or(tags.len(), |blank| blank + 1);
    let start = stamp + 1 + stream.len() + 1 + tags_len;
    Some(Wear {
        kind: Kind::Cri,
        origin: Origin::of(Kind::Cri, &[stream]),
        inner: start..line.len(),
        coding: Coding::Verbatim,
        partial,
        stamp: Some(0),
        program: 0..0,
        is_entry: false,
    })
}
