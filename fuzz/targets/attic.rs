//! Arbitrary bytes become an attic, or an error.
//!
//! The first byte says what the others are: an attic, the inside of one of its parts (which no hash protects here), or a
//! log and what is taken out of it. Laws: nothing panics and nothing grows beyond its bound, whatever the bytes; what was
//! packed comes back; what is restored is what it was.
#![no_main]

use std::io::{self, Cursor};

use libfuzzer_sys::fuzz_target;
use quell::attic::{Attic, Belongs, Chunk, Event, Gather, PackedChunk, Stock, Stocks, Store, Sum, restore, salvage};
use quell::limits::ATTIC_CHUNK_BYTES_MAX;

fuzz_target!(|data: &[u8]| {
    let Some((what, bytes)) = data.split_first() else {
        return;
    };
    match what % 3 {
        0 => read(bytes),
        1 => unpack(bytes),
        _ => keep(bytes),
    }
});

/// Reads an attic in every way there is.
fn read(bytes: &[u8]) {
    if let Ok(mut attic) = Attic::open(Cursor::new(bytes)) {
        for number in 0..attic.len().min(16) {
            if let Ok(chunk) = attic.chunk(number) {
                check_size(&chunk);
            }
        }
        let mut out = Vec::new();
        let _ = restore(&mut &bytes[..bytes.len().min(100)], &mut attic, &mut out);
    }
    let found = salvage(&mut &*bytes, |chunk| {
        check_size(&chunk);
        Ok::<_, io::Error>(())
    });
    assert!(found.is_ok(), "memory can always be read");
}

fn check_size(chunk: &Chunk) {
    let texts = chunk.events().map(|(_, event)| match event {
        Event::Taken { text, .. } | Event::PutIn { text, .. } => text.len(),
    });
    assert!(texts.sum::<usize>() <= ATTIC_CHUNK_BYTES_MAX);
}

fn unpack(bytes: &[u8]) {
    if let Ok(chunk) = Chunk::unpack(bytes, &mut Stocks::default()) {
        check_size(&chunk);
        // Other bytes may mean the same; what they mean is kept.
        let (packed, stock) = chunk.pack(&Stock::default());
        let mut stocks = Stocks::default();
        assert_eq!(Chunk::unpack(&packed, &mut stocks).as_ref(), Ok(&chunk));
        // Nor does it matter whether the reader knows it all already.
        let (packed, _) = chunk.pack(&stock.unwrap_or_default());
        assert_eq!(Chunk::unpack(&packed, &mut stocks), Ok(chunk));
    }
}

/// Keeps lines of a log: the first byte of each says what becomes of it.
fn keep(bytes: &[u8]) {
    let (mut original, mut filtered) = (Sum::default(), Sum::default());
    let (mut was, mut is) = (Vec::new(), Vec::new());
    let mut gather = Gather::new();
    let mut store = Store::new(Vec::new()).expect("memory can be written");
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let kind = u64::from(line[0]);
        let full = match line[0] % 4 {
            0 => {
                gather.pass(line.len() as u64);
                was.extend_from_slice(line);
                is.extend_from_slice(line);
                None
            }
            1 => {
                is.extend_from_slice(line);
                gather.put_in(line, kind)
            }
            begins => {
                was.extend_from_slice(line);
                gather.take(line, kind, begins == 2)
            }
        };
        if let Some(chunk) = full {
            store.put(&PackedChunk::new(&chunk, &Stock::default()).expect("memory")).expect("memory");
        }
    }
    if let Some(chunk) = gather.rest() {
        store.put(&PackedChunk::new(&chunk, &Stock::default()).expect("memory")).expect("memory");
    }
    original.add(&was);
    filtered.add(&is);
    let belongs = Belongs {
        original: original.content(),
        filtered: filtered.content(),
        ..Belongs::default()
    };
    let attic = store.finish(belongs).expect("memory can be written");
    let mut attic = Attic::open(Cursor::new(attic)).expect("it was just made");
    let mut out = Vec::new();
    restore(&mut is.as_slice(), &mut attic, &mut out).expect("it was just made");
    assert_eq!(out, was);
}
