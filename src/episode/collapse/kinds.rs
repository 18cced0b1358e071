//! The table of kinds as it is written down: a list, in the order in which the kinds were first met.

use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Episode, Episodes};
use crate::line::latin;

/// One kind on its way out.
#[derive(Serialize)]
struct KindOut<'a> {
    #[serde(with = "latin")]
    key: &'a [u8],
    #[serde(flatten)]
    episode: &'a Episode,
}

/// One kind on its way back.
#[derive(Deserialize)]
struct KindIn {
    #[serde(with = "latin")]
    key: Vec<u8>,
    #[serde(flatten)]
    episode: Box<Episode>,
}

pub(super) fn serialize<S: Serializer>(episodes: &Episodes, to: S) -> Result<S::Ok, S::Error> {
    let mut kinds: Vec<KindOut<'_>> = episodes
        .iter()
        .map(|(key, episode)| KindOut { key, episode })
        .collect();
    kinds.sort_by_key(|kind| kind.episode.summary.kind);
    let mut list = to.serialize_seq(Some(kinds.len()))?;
    for kind in &kinds {
        list.serialize_element(kind)?;
    }
    list.end()
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Episodes, D::Error> {
    let kinds = Vec::<KindIn>::deserialize(from)?;
    Ok(kinds
        .into_iter()
        .map(|kind| (kind.key.into_boxed_slice(), kind.episode))
        .collect())
}
