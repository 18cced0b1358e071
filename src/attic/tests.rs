//! Logs of records and other lines, some taken out, and what becomes of them when they are put back.

use std::io::Cursor;

use super::*;

/// What was made of a log: what is left, and its attic.
struct Made {
    original: Vec<u8>,
    filtered: Vec<u8>,
    attic: Vec<u8>,
}

/// What happens in a made-up log.
enum Line<'a> {
    Passes(&'a str),
    IsTaken(&'a str, u64),
    IsPutIn(&'a str, u64),
}
use Line::{IsPutIn, IsTaken, Passes};

fn make<'a>(lines: impl IntoIterator<Item = Line<'a>>) -> Made {
    let (mut original, mut filtered) = (Vec::new(), Vec::new());
    let mut gather = Gather::new();
    let mut store = Store::new(Vec::new()).unwrap();
    for line in lines {
        let full = match line {
            Passes(text) => {
                original.extend_from_slice(text.as_bytes());
                filtered.extend_from_slice(text.as_bytes());
                gather.pass(text.len() as u64);
                None
            }
            IsTaken(text, kind) => {
                original.extend_from_slice(text.as_bytes());
                gather.take(text.as_bytes(), kind, true)
            }
            IsPutIn(text, kind) => {
                filtered.extend_from_slice(text.as_bytes());
                gather.put_in(text.as_bytes(), kind)
            }
        };
        if let Some(chunk) = full {
            store
                .put(&PackedChunk::new(&chunk, &Stock::default()).unwrap())
                .unwrap();
        }
    }
    if let Some(chunk) = gather.rest() {
        store
            .put(&PackedChunk::new(&chunk, &Stock::default()).unwrap())
            .unwrap();
    }
    let content = |bytes: &[u8]| {
        let mut sum = Sum::default();
        sum.add(bytes);
        sum.content()
    };
    let belongs = Belongs {
        original: content(&original),
        filtered: content(&filtered),
        ..Belongs::default()
    };
    let attic = store.finish(belongs).unwrap();
    Made {
        original,
        filtered,
        attic,
    }
}

fn small() -> Made {
    make([
        Passes("one\n"),
        IsTaken("gone 1\n", 7),
        Passes("two\n"),
        IsTaken("gone 2\n", 7),
        IsTaken("left 3\n", 9),
        IsPutIn("2x gone\n", 7),
        Passes("three"),
        IsPutIn("\n1x left\n", 9),
    ])
}

fn put_back(made: &Made, attic: &[u8]) -> Result<Vec<u8>, RestoreError> {
    let mut out = Vec::new();
    let mut attic = Attic::open(Cursor::new(attic))?;
    restore(&mut made.filtered.as_slice(), &mut attic, &mut out)?;
    Ok(out)
}

#[test]
fn what_was_taken_out_is_put_back() {
    let made = small();
    assert_eq!(put_back(&made, &made.attic).unwrap(), made.original);
    let nothing = make([Passes("all\n")]);
    assert_eq!(put_back(&nothing, &nothing.attic).unwrap(), b"all\n");
    let empty = make([]);
    assert_eq!(put_back(&empty, &empty.attic).unwrap(), b"");
}

#[test]
fn many_chunks_are_put_back_and_are_found_by_their_marks() {
    let records: Vec<String> = (0..120_000)
        .map(|number| format!("{number} gone\n\tat {}\n", "x".repeat(90)))
        .collect();
    let made = make(records.iter().enumerate().flat_map(|(at, text)| {
        let other = if at % 3 == 0 { "other\n" } else { "" };
        [IsTaken(text, at as u64 % 5), Passes(other)]
    }));
    let chunks = Attic::open(Cursor::new(&made.attic)).unwrap().len();
    assert!(chunks > 2, "{chunks}");
    assert!(put_back(&made, &made.attic).unwrap() == made.original);

    let mut broken = made.attic.clone();
    let middle = broken.len() / 2;
    broken[middle] ^= 1;
    assert!(matches!(
        put_back(&made, &broken),
        Err(RestoreError::Attic(AtticError::Damaged(_)))
    ));
    for bytes in [
        broken.as_slice(),
        &made.attic[..made.attic.len() - 30],
        &made.attic[3..],
    ] {
        let mut sound = Vec::new();
        salvage(&mut &*bytes, |chunk| {
            sound.push(chunk);
            Ok::<_, std::io::Error>(())
        })
        .unwrap();
        assert!((chunks - 1..=chunks).contains(&sound.len()));
    }
}

#[test]
fn every_flip_and_every_cut_is_noticed() {
    let made = small();
    for at in 0..made.attic.len() {
        let mut flipped = made.attic.clone();
        flipped[at] ^= 0x20;
        if let Ok(back) = put_back(&made, &flipped) {
            // The lengths of unpacked frames stand in the seek table for other programs only.
            assert_eq!(back, made.original, "byte {at}");
        }
        assert!(put_back(&made, &made.attic[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn another_file_is_refused() {
    let made = small();
    for other in [
        "",
        "one\n",
        "one\ntwo\n2x gone\nthree\n1x left\nmore\n",
        "one\ntwo\n2x Gone\nthree\n1x left\n",
    ] {
        let other = Made {
            filtered: other.into(),
            ..small()
        };
        assert!(matches!(
            put_back(&other, &made.attic),
            Err(RestoreError::OtherFile)
        ));
    }
}

#[test]
fn what_is_no_attic_or_a_newer_one_is_refused() {
    let made = small();
    let mut newer = made.attic.clone();
    newer[20] = 2;
    assert!(matches!(
        Attic::open(Cursor::new(newer)),
        Err(AtticError::Newer(2))
    ));
    for foreign in [b"".as_slice(), b"\x28\xb5\x2f\xfd", &[b'a'; 100]] {
        assert!(matches!(
            Attic::open(Cursor::new(foreign)),
            Err(AtticError::Foreign)
        ));
    }
}

#[test]
fn a_summary_is_expanded_to_its_records() {
    let made = small();
    let mut attic = Attic::open(Cursor::new(&made.attic)).unwrap();
    let mut all = Vec::new();
    summaries(&mut attic, |counted| {
        all.push(counted.clone());
        Ok::<_, AtticError>(())
    })
    .unwrap();
    let told: Vec<_> = all
        .iter()
        .map(|counted| (counted.number, counted.records, counted.bytes))
        .collect();
    assert_eq!(told, [(1, 2, 14), (2, 1, 7)]);
    let mut text = Vec::new();
    records(&mut attic, &all[0], |record| {
        text.extend_from_slice(record);
        Ok::<_, AtticError>(())
    })
    .unwrap();
    assert_eq!(text, b"gone 1\ngone 2\n");
}

#[test]
fn an_attic_is_a_file_that_zstd_reads() {
    let made = small();
    let plain = zstd::stream::decode_all(made.attic.as_slice()).unwrap();
    assert!(memchr::memmem::find(&plain, b"gone").is_some());
}
