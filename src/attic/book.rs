//! What an attic says of itself: which file it belongs to, what that was before, and where its chunks are.

use serde::{Deserialize, Serialize};

/// Version of the container and of all that is in it.
pub const ATTIC_VERSION: u32 = 1;

/// The book.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// [`ATTIC_VERSION`].
    pub version: u32,
    /// The log as it was.
    pub original: Content,
    /// What is left of it.
    pub filtered: Content,
    /// The file that the original was in, if it was in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Stored>,
    /// The file that the filtered log is in, if it is in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Stored>,
    /// Records that were taken out.
    pub records: u64,
    /// Bytes that were taken out.
    pub taken: u64,
    /// Summaries that were put in.
    pub summaries: u64,
    /// The chunks, in order.
    pub chunks: Vec<Place>,
}

/// What stands in a file, once it is decompressed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Its bytes.
    pub bytes: u64,
    /// Its BLAKE3 hash in hexadecimal digits.
    pub blake3: String,
}

/// A file as it lies on the disk. Only the content's hash proves anything; this says which file to look at first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// How it is compressed: `plain`, `gzip`, `zstd`, `xz` or `bzip2`.
    pub compression: String,
    /// Its bytes on the disk.
    pub bytes: u64,
    /// Its inode number.
    pub inode: u64,
    /// When it was last written, in nanoseconds since 1970.
    pub modified: i64,
}

/// Where a chunk is, and what it covers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Where its mark begins in the attic.
    pub at: u64,
    /// Its bytes there, the mark included.
    pub bytes: u64,
    /// From where to where it reaches in the original.
    pub original: [u64; 2],
    /// From where to where it reaches in what is left.
    pub filtered: [u64; 2],
    /// Records that begin in it.
    pub records: u64,
}
