//! Attics that grow: killed anywhere, gone on with, and read at any time.

use std::io::Cursor;

use super::super::*;

/// A log and its attic, as they are after each stretch.
#[derive(Default)]
struct Grown {
    original: Vec<u8>,
    filtered: Vec<u8>,
    attic: Vec<u8>,
    /// How long original, filtered and attic were at each seal.
    sealed: Vec<(usize, usize, usize)>,
}

impl Grown {
    fn new() -> (Grown, Growing) {
        let (mut grown, mut growing) = (Grown::default(), Growing::new());
        grown.append(&mut growing);
        (grown, growing)
    }

    fn append(&mut self, growing: &mut Growing) {
        self.attic.append(growing.due());
        self.sealed
            .push((self.original.len(), self.filtered.len(), self.attic.len()));
    }

    fn pass(&mut self, growing: &mut Growing, text: &str) {
        self.original.extend_from_slice(text.as_bytes());
        self.filtered.extend_from_slice(text.as_bytes());
        growing.pass(text.as_bytes());
    }

    /// One stretch: lines that pass, some that are taken out, a summary.
    fn stretch(&mut self, growing: &mut Growing, number: u64) {
        self.pass(growing, &format!("line {number}\n"));
        for text in [
            format!("gone {number}\n"),
            format!("gone {}\n", number * 31),
        ] {
            self.original.extend_from_slice(text.as_bytes());
            growing.take(text.as_bytes(), 7, true).unwrap();
        }
        let summary = b"2x gone\n";
        self.filtered.extend_from_slice(summary);
        growing.put_in(summary, 7).unwrap();
        self.pass(growing, "more");
        growing.seal().unwrap();
        self.append(growing);
        // Behind a seal, a line may go on.
        self.pass(growing, " of it\n");
    }

    /// What is restored of a log that was killed behind this seal must be.
    fn expected(&self, seal: usize, filtered: &[u8]) -> Vec<u8> {
        let (original, left, _) = self.sealed[seal];
        [&self.original[..original], &filtered[left..]].concat()
    }
}

fn put_back(attic: &[u8], filtered: &[u8]) -> Result<(Vec<u8>, u64), RestoreError> {
    let mut out = Vec::new();
    let mut attic = Attic::open(Cursor::new(attic))?;
    let rest = restore(&mut &*filtered, &mut attic, &mut out)?;
    Ok((out, rest))
}

#[test]
fn cut_anywhere_all_that_was_sealed_comes_back() {
    let (mut grown, mut growing) = Grown::new();
    (1..5).for_each(|number| grown.stretch(&mut growing, number));
    let last = grown.sealed.len() - 1;
    for cut in grown.sealed[0].2..=grown.attic.len() {
        let seal = grown.sealed.iter().rposition(|sealed| sealed.2 <= cut);
        let seal = seal.unwrap();
        let (back, rest) = put_back(&grown.attic[..cut], &grown.filtered).unwrap();
        assert_eq!(back, grown.expected(seal, &grown.filtered), "{cut}");
        assert_eq!(rest, (grown.filtered.len() - grown.sealed[seal].1) as u64);
        let attic = Attic::open(Cursor::new(&grown.attic[..cut])).unwrap();
        assert_eq!(attic.grown_bytes(), Some(grown.sealed[seal].2 as u64));
        assert_eq!(attic.book().records, 2 * seal as u64);
    }
    for cut in 0..grown.sealed[0].2 {
        assert!(put_back(&grown.attic[..cut], &grown.filtered).is_err());
    }
    let short = &grown.filtered[..grown.sealed[last].1 - 1];
    assert!(matches!(
        put_back(&grown.attic, short),
        Err(RestoreError::OtherFile)
    ));
}

#[test]
fn every_flip_is_noticed_unless_it_is_in_what_does_not_count() {
    let (mut grown, mut growing) = Grown::new();
    (1..4).for_each(|number| grown.stretch(&mut growing, number));
    let seals = grown.sealed.len();
    let last_but_one = grown.sealed[seals - 2].2;
    for at in 0..grown.attic.len() {
        let mut flipped = grown.attic.clone();
        flipped[at] ^= 0x20;
        match put_back(&flipped, &grown.filtered) {
            Err(_) => {}
            // As if killed before the last stretch was there.
            Ok((back, _)) => {
                assert!(at >= last_but_one, "byte {at}");
                assert_eq!(back, grown.expected(seals - 2, &grown.filtered));
            }
        }
    }
}

#[test]
fn gone_on_with_after_any_kill_it_is_the_attic_of_the_whole_log() {
    for kill in 0..4 {
        let (mut grown, mut growing) = Grown::new();
        (1..4).for_each(|number| grown.stretch(&mut growing, number));
        // What was sealed is there, and what passed since stands in the log.
        grown.attic.truncate(grown.sealed[kill].2);
        grown.sealed.truncate(kill + 1);
        let (original, filtered, _) = grown.sealed[kill];
        grown.original.truncate(original);
        grown.filtered.truncate(filtered);
        let passed = if kill % 2 == 0 { "" } else { "passed unseen" };
        grown.original.extend_from_slice(passed.as_bytes());
        grown.filtered.extend_from_slice(passed.as_bytes());
        let mut growing = Growing::resume(&grown.attic).unwrap();
        growing.skip(passed.len() as u64).unwrap();
        (7..9).for_each(|number| grown.stretch(&mut growing, number));
        growing.seal().unwrap();
        grown.append(&mut growing);
        let (back, rest) = put_back(&grown.attic, &grown.filtered).unwrap();
        assert_eq!((back, rest), (grown.original, 0), "{kill}");
    }
    assert!(Growing::resume(b"").is_err());
}

#[test]
fn nothing_new_needs_no_seal_and_what_passed_is_skipped() {
    let mut growing = Growing::new();
    assert_eq!(growing.due().len(), 24 + SEAL_BYTES);
    growing.due().clear();
    growing.seal().unwrap();
    assert!(growing.due().is_empty());
    growing.pass(b"passes\n");
    assert!(!growing.has_news());
    growing.take(b"gone\n", 1, true).unwrap();
    assert!(growing.has_news());
    assert_eq!(growing.at(), (12, 7));
    growing.seal().unwrap();
    assert!(!growing.has_news());
}

#[test]
fn a_stretch_that_is_missing_is_noticed() {
    let (mut grown, mut growing) = Grown::new();
    (1..4).for_each(|number| grown.stretch(&mut growing, number));
    let (from, to) = (grown.sealed[1].2, grown.sealed[2].2);
    let without = [&grown.attic[..from], &grown.attic[to..]].concat();
    assert!(matches!(
        Attic::open(Cursor::new(without)),
        Err(AtticError::Damaged(_))
    ));
}

#[test]
fn a_trickle_costs_little_and_damage_reaches_no_further_than_its_series() {
    let (mut grown, mut growing) = Grown::new();
    let frames: String = (100..160)
        .map(|line| format!("\tat A.b(A.java:{line})\n"))
        .collect();
    let stretches = 600;
    for number in 0..stretches {
        let text = format!("10:00 exec-{} gone\n{frames}", number * 7 % 200);
        grown.original.extend_from_slice(text.as_bytes());
        growing.take(text.as_bytes(), number % 3, true).unwrap();
        growing.seal().unwrap();
        grown.append(&mut growing);
    }
    let (taken, kept) = (grown.original.len(), grown.attic.len());
    assert!(
        kept < stretches as usize * 300 && kept * 4 < taken,
        "{kept} of {taken}"
    );

    let read = |number: usize| {
        let mut attic = Attic::open(Cursor::new(&grown.attic)).unwrap();
        attic.chunk(number).unwrap()
    };
    let mut attic = Attic::open(Cursor::new(&grown.attic)).unwrap();
    let all: Vec<Chunk> = (0..attic.len())
        .map(|number| attic.chunk(number).unwrap())
        .collect();
    assert_eq!(all.len(), stretches as usize);
    for number in [0, 1, 255, 256, 257, 599] {
        assert_eq!(read(number), all[number], "read alone");
        assert_eq!(
            attic.chunk(number).unwrap(),
            all[number],
            "read after others"
        );
    }

    // The first of all is what the first series stands on.
    let mut broken = grown.attic.clone();
    broken[SEAL_BYTES + 100] ^= 1;
    let mut sound = Vec::new();
    salvage(&mut &*broken, |chunk| {
        sound.push(chunk);
        Ok::<_, std::io::Error>(())
    })
    .unwrap();
    assert_eq!(sound, all[256..]);
}
