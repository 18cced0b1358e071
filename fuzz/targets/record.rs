//! Arbitrary bytes become records and verdicts.
//!
//! The first byte says whether more input may come, the next two where a shorter block would have ended. Laws: a
//! record is never empty, its lines stand in order inside the block, and it ends with the last of them; what it
//! borrows is in the block; a shorter block never gives another end, only none; a fence is where a record begins;
//! what a rule takes has an anchor in its own lines.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use quell::line::line_start;
use quell::pipeline::Skim;
use quell::record::{Assembly, Extent, Link, Record, fence};
use quell::rule::{RuleSet, Selection, Verdict};

static RULES: LazyLock<RuleSet> =
    LazyLock::new(|| RuleSet::load(&[], &Selection::default()).expect("the built-in rules load"));
static SKIM: LazyLock<Skim> = LazyLock::new(|| Skim::new(RULES.anchors()));

fuzz_target!(|data: &[u8]| {
    let Some((&[flags, low, high], block)) = data.split_first_chunk() else {
        return;
    };
    let last = flags & 1 == 0;
    let cut = usize::from(u16::from_le_bytes([low, high])) % (block.len() + 1);
    let starts = read_all(block, last, cut);
    fences_are_starts(block, &starts);
});

/// Reads the block record by record. Gives where they start.
fn read_all(block: &[u8], last: bool, cut: usize) -> Vec<usize> {
    let mut assembly = Assembly::default();
    let mut starts = Vec::new();
    let mut at = 0;
    while at < block.len() {
        starts.push(at);
        let extent = assembly.read(block, at, last);
        check_lines(&assembly, block, at, extent);
        if at < cut {
            let mut shorter = Assembly::default();
            if shorter.read(&block[..cut], at, false) != Extent::Open && extent != Extent::Open {
                assert_eq!(
                    shorter.pieces, assembly.pieces,
                    "a cut at {cut} moves the end"
                );
            }
        }
        let Extent::Whole { end } = extent else {
            assert!(!last, "nothing is open at the end of the input");
            break;
        };
        check_verdict(&Record::parse(block, &assembly.pieces), block);
        at = end;
    }
    starts
}

fn check_lines(assembly: &Assembly, block: &[u8], start: usize, extent: Extent) {
    let mut end = start;
    for piece in &assembly.pieces {
        let line = piece.line;
        assert!(
            end <= line.start && line.start <= line.text_end,
            "lines are in order"
        );
        assert!(
            line.text_end <= line.end && line.end <= block.len(),
            "lines are in the block"
        );
        end = line.end;
    }
    if let Extent::Whole { end: told } = extent {
        assert_eq!(
            assembly.pieces.first().map(|piece| piece.line.start),
            Some(start)
        );
        assert_eq!(end, told, "a record ends with its last line");
        assert!(end > start, "a record is never empty");
    }
}

fn check_verdict<'b>(record: &Record<'b>, block: &'b [u8]) {
    let inside = |text: &[u8]| {
        let (all, part) = (block.as_ptr_range(), text.as_ptr_range());
        text.is_empty() || (all.start <= part.start && part.end <= all.end)
    };
    let check_link = |link: &Link<'b>| {
        assert!(inside(link.error) && inside(link.message));
        assert!(
            link.frames.end <= record.frames.len(),
            "frames are the record's own"
        );
    };
    record.links.iter().chain(&record.side).for_each(check_link);
    assert!(record.bytes() <= block.len() && inside(record.head_text()));
    assert!(record.words().all(inside) && record.peer().is_none_or(inside));
    if let Verdict::Collapse(finding) = RULES.judge(record) {
        assert!(inside(finding.error) && inside(finding.message) && inside(finding.owner));
        assert!(finding.peer.is_none_or(inside) && finding.path.is_none_or(inside));
        let mut lines = record.pieces.iter().map(|piece| piece.line.text(block));
        let anchored = lines.any(|line| SKIM.is_in(line));
        assert!(
            anchored,
            "{:?} takes a record without an anchor",
            finding.rule.id
        );
    }
}

/// Reading may start at any fence as well as at the start of the block.
fn fences_are_starts(block: &[u8], starts: &[usize]) {
    let Some(&known) = starts.last() else { return };
    for at in (0..=known).step_by(17) {
        let fence = fence::before(block, line_start(block, at, 0), 0);
        assert!(
            starts.binary_search(&fence).is_ok(),
            "the fence at {fence} is amid a record"
        );
    }
}
