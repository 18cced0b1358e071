//! What was taken out of one stretch of a log, and where it stood: the unit that is packed, checked and read alone.

use super::number::{Cursor, Damage, put, put_bytes};
use super::pack::Packer;
use super::stock::{Stock, Stocks};
use super::unpack::Unpacker;
use crate::limits::{ATTIC_CHUNK_BYTES, ATTIC_CHUNK_BYTES_MAX, ATTIC_CHUNK_EVENTS};

/// Something that happened to the log at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// These bytes were taken out.
    Taken {
        /// What they were.
        text: &'a [u8],
        /// The number of their kind.
        kind: u64,
        /// Whether a record begins with them.
        begins: bool,
    },
    /// These bytes, a summary, were put in.
    PutIn {
        /// What they are; nothing if summaries were not written.
        text: &'a [u8],
        /// The number of the kind that it closes: what was taken of it since its last summary is counted in this one.
        kind: u64,
    },
}

/// What an event is, as one byte.
const TAKEN_ON: u8 = 0;
const TAKEN_NEW: u8 = 1;
const PUT_IN: u8 = 2;

/// One event in a chunk. Its text stands in the chunk's own bytes, behind those of the events before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    /// Bytes between the event before and this one, the same in both files.
    gap: u64,
    what: u8,
    kind: u64,
    text_end: usize,
}

/// The events of one stretch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// Where the stretch begins in the original.
    pub original_at: u64,
    /// Where it begins in what is left of it.
    pub filtered_at: u64,
    rows: Vec<Row>,
    texts: Vec<u8>,
}

impl Chunk {
    /// An empty chunk for what begins at these places.
    pub fn new(original_at: u64, filtered_at: u64) -> Chunk {
        Chunk {
            original_at,
            filtered_at,
            ..Chunk::default()
        }
    }

    /// An empty chunk for what comes behind this one, with room for as much.
    pub fn next(&self) -> Chunk {
        let (original, filtered) = self.ends();
        Chunk {
            rows: Vec::with_capacity(self.rows.len()),
            texts: Vec::with_capacity(self.texts.len()),
            ..Chunk::new(original, filtered)
        }
    }

    /// Adds an event that comes `gap` bytes behind the one before.
    pub fn add(&mut self, gap: u64, event: Event<'_>) {
        let (what, kind, text) = match event {
            Event::Taken {
                text,
                kind,
                begins: false,
            } => (TAKEN_ON, kind, text),
            Event::Taken { text, kind, .. } => (TAKEN_NEW, kind, text),
            Event::PutIn { text, kind } => (PUT_IN, kind, text),
        };
        self.texts.extend_from_slice(text);
        self.rows.push(Row {
            gap,
            what,
            kind,
            text_end: self.texts.len(),
        });
    }

    /// Whether it is time for the next one.
    pub fn is_full(&self) -> bool {
        self.texts.len() >= ATTIC_CHUNK_BYTES || self.rows.len() >= ATTIC_CHUNK_EVENTS
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Records that begin here.
    pub fn records(&self) -> u64 {
        self.rows.iter().filter(|row| row.what == TAKEN_NEW).count() as u64
    }

    /// Bytes that were taken out.
    pub fn taken(&self) -> u64 {
        let taken = self.events().map(|(_, event)| match event {
            Event::Taken { text, .. } => text.len() as u64,
            Event::PutIn { .. } => 0,
        });
        taken.sum()
    }

    /// Summaries that were put in.
    pub fn summaries(&self) -> u64 {
        self.rows.iter().filter(|row| row.what == PUT_IN).count() as u64
    }

    /// The events in order, each with its gap.
    pub fn events(&self) -> impl Iterator<Item = (u64, Event<'_>)> {
        let mut start = 0;
        self.rows.iter().map(move |row| {
            let text = self.texts.get(start..row.text_end).unwrap_or_default();
            start = row.text_end;
            let kind = row.kind;
            let event = match row.what {
                PUT_IN => Event::PutIn { text, kind },
                what => Event::Taken {
                    text,
                    kind,
                    begins: what == TAKEN_NEW,
                },
            };
            (row.gap, event)
        })
    }

    /// Where the stretch ends, in the original and in what is left of it: behind its last event.
    pub fn ends(&self) -> (u64, u64) {
        let (mut original, mut filtered) = (self.original_at, self.filtered_at);
        for (gap, event) in self.events() {
            original = original.saturating_add(gap);
            filtered = filtered.saturating_add(gap);
            match event {
                Event::Taken { text, .. } => original = original.saturating_add(text.len() as u64),
                Event::PutIn { text, .. } => filtered = filtered.saturating_add(text.len() as u64),
            }
        }
        (original, filtered)
    }

    /// The chunk as bytes, small, for readers who know this stock; and what they know then, if others may begin with it.
    pub fn pack(&self, stock: &Stock) -> (Vec<u8>, Option<Stock>) {
        let mut packer = Packer::new(stock);
        let (mut whats, mut gaps, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
        let mut names: Vec<u64> = self.rows.iter().map(|row| row.kind).collect();
        names.sort_unstable();
        names.dedup();
        for (row, (gap, event)) in self.rows.iter().zip(self.events()) {
            let (Event::Taken { text, kind, .. } | Event::PutIn { text, kind }) = event;
            packer.add(text);
            whats.push(row.what);
            put(gap, &mut gaps);
            put(
                names.binary_search(&kind).unwrap_or_default() as u64,
                &mut kinds,
            );
        }
        let mut out = Vec::new();
        put_bytes(stock.name(), &mut out);
        put(self.original_at, &mut out);
        put(self.filtered_at, &mut out);
        put(self.texts.len() as u64, &mut out);
        put(names.len() as u64, &mut out);
        names.iter().for_each(|name| put(*name, &mut out));
        for section in [&whats, &gaps, &kinds] {
            put_bytes(section, &mut out);
        }
        packer.write(&mut out);
        let behind = stock.behind(&out, packer.into_own());
        (out, behind)
    }

    /// Whether a chunk's bytes need no other chunk to be read.
    pub fn stands_alone(bytes: &[u8]) -> bool {
        Cursor::new(bytes).bytes().is_ok_and(<[u8]>::is_empty)
    }

    /// The chunk that these bytes were made of, if its stock is there.
    ///
    /// # Errors
    /// They were made of none, or the chunk that it begins with was not read before.
    pub fn unpack(bytes: &[u8], stocks: &mut Stocks) -> Result<Chunk, Damage> {
        let mut cursor = Cursor::new(bytes);
        let stock = stocks.find(cursor.bytes()?)?;
        let mut chunk = Chunk::new(cursor.number()?, cursor.number()?);
        let texts = cursor.length()?;
        if texts > ATTIC_CHUNK_BYTES_MAX {
            return Err(Damage("it is larger than any"));
        }
        let count = cursor.length()?;
        // A number takes a byte at least.
        let mut names = Vec::with_capacity(count.min(cursor.len()));
        for _ in 0..count {
            names.push(cursor.number()?);
        }
        let whats = cursor.bytes()?;
        let (mut gaps, mut kinds) = (Cursor::new(cursor.bytes()?), Cursor::new(cursor.bytes()?));
        let mut unpacker = Unpacker::new(cursor.take(cursor.len())?, texts, &stock)?;
        for what in whats {
            let gap = gaps.number()?;
            let name = names.get(kinds.length()?);
            let kind = *name.ok_or(Damage("a kind is missing"))?;
            if *what > PUT_IN {
                return Err(Damage("an event is of no sort"));
            }
            unpacker.next(&mut chunk.texts)?;
            chunk.rows.push(Row {
                gap,
                what: *what,
                kind,
                text_end: chunk.texts.len(),
            });
        }
        if chunk.texts.len() != texts {
            return Err(Damage("it is smaller than it says"));
        }
        let behind = stock.behind(bytes, unpacker.into_own());
        stocks.add(stock, behind);
        Ok(chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: usize) -> Vec<u8> {
        let (second, milli) = (number / 1000 % 60, number * 7 % 1000);
        format!("10:00:{second:02}.{milli:03} exec-{} gone\n\tat A.b(A.java:353)\n\tat C.d(C.java:12)\n", number % 13)
            .into_bytes()
    }

    fn chunk_of(texts: &[&[u8]]) -> Chunk {
        let mut chunk = Chunk::new(7, 5);
        for (at, text) in texts.iter().enumerate() {
            let kind = (at as u64 % 3) * 1_000_000_007;
            let event = match at % 5 {
                4 => Event::PutIn { text, kind },
                what => Event::Taken {
                    text,
                    kind,
                    begins: what != 1,
                },
            };
            chunk.add(at as u64 * 100, event);
        }
        chunk
    }

    fn check(texts: &[&[u8]]) -> usize {
        let chunk = chunk_of(texts);
        let (packed, behind) = chunk.pack(&Stock::default());
        let mut stocks = Stocks::default();
        assert_eq!(Chunk::unpack(&packed, &mut stocks).as_ref(), Ok(&chunk));
        // The same once more, by somebody who knows the templates already.
        let Some(stock) = behind else {
            return packed.len();
        };
        let (again, _) = chunk.pack(&stock);
        assert_eq!(Chunk::unpack(&again, &mut stocks).as_ref(), Ok(&chunk));
        assert!(again.len() <= packed.len() + 8);
        assert!(!Chunk::stands_alone(&again) && Chunk::stands_alone(&packed));
        let unknown = Chunk::unpack(&again, &mut Stocks::default());
        assert_eq!(unknown, Err(Damage("a part before it is missing")));
        packed.len()
    }

    #[test]
    fn chunks_come_back() {
        check(&[]);
        check(&[b""]);
        check(&[b"a", b"", b"\n", b"\n\n", b"a\nb", b"a\nb\n"]);
        check(&[
            b"9\n",
            b"10\n",
            b"9\n",
            b"007\n",
            b"08\n",
            b"113\n",
            b"0\n",
            b"00\n",
            b"123456789012345678\n",
        ]);
        check(&[
            b"x 12345678901234567890\n",
            b"x 5\n",
            b"x 999999999999999999\n",
            b"x 1\n",
        ]);
        check(&[
            b"id 5a8e\n",
            b"id deadbee1\n",
            b"id 12\n",
            b"\x00\x01\x02 1\n",
            b"\x00\x01\x02 2\n",
            b"\xff\xfe",
        ]);
    }

    #[test]
    fn repeats_cost_a_few_bytes() {
        let records: Vec<Vec<u8>> = (0..1000).map(record).collect();
        let texts: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        let bytes = check(&texts);
        assert!(bytes < 16 * texts.len(), "{bytes}");
    }

    #[test]
    fn long_texts_come_back_whatever_comes_between() {
        let text = |number: u64| format!("gone\n\tat {}{number}\n", "A.b(A.java) ".repeat(20));
        let long = text(100_000_000_000);
        let (short, other) = (text(7), text(100_000_000_001));
        assert!(short.len() < 256 + 5 && long.len() >= 256 + 5);
        let order = [
            &long, &long, &short, &long, &long, &other, &long, &short, &short, &long,
        ];
        let texts: Vec<&[u8]> = order.iter().map(|text| text.as_bytes()).collect();
        check(&texts);
    }

    #[test]
    fn ends_are_counted_in_both_files() {
        let mut chunk = Chunk::new(10, 8);
        chunk.add(
            3,
            Event::Taken {
                text: b"12345",
                kind: 1,
                begins: true,
            },
        );
        chunk.add(
            2,
            Event::PutIn {
                text: b"abc",
                kind: 1,
            },
        );
        assert_eq!(chunk.ends(), (20, 16));
        assert_eq!((chunk.records(), chunk.summaries()), (1, 1));
    }

    #[test]
    fn every_cut_and_every_flip_is_damage_or_another_chunk() {
        let records: Vec<Vec<u8>> = (0..40).map(record).collect();
        let texts: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        let (packed, _) = chunk_of(&texts).pack(&Stock::default());
        for at in 0..packed.len() {
            let cut = packed.get(..at).unwrap_or_default();
            let unpacked = Chunk::unpack(cut, &mut Stocks::default());
            assert_ne!(unpacked, Ok(chunk_of(&texts)));
            let mut flipped = packed.clone();
            if let Some(byte) = flipped.get_mut(at) {
                *byte ^= 0x41;
            }
            let _ = Chunk::unpack(&flipped, &mut Stocks::default());
        }
    }
}
