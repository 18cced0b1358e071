use super::*;
use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

fn path(dir: &TempDir) -> PathBuf {
    dir.path().join("state")
}

/// What is found at a path by a program that has just started.
fn found(path: &Path) -> Result<Option<Vec<u8>>, SlotsError> {
    Slots::open(path).map(|mut slots| slots.read())
}

fn written(payloads: &[&[u8]]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut slots = Slots::open(&path(&dir)).unwrap();
    for payload in payloads {
        slots.write(payload).unwrap();
    }
    dir
}

#[test]
fn a_new_state_is_empty_and_stays_so_until_something_is_written() {
    let dir = written(&[]);
    assert_eq!(fs::metadata(path(&dir)).unwrap().len(), 8192);
    assert_eq!(found(&path(&dir)).unwrap(), None);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn what_was_written_last_is_found_and_handed_out_once() {
    let dir = written(&[b"one", b"two", b"three"]);
    let mut slots = Slots::open(&path(&dir)).unwrap();
    assert_eq!(slots.read().as_deref(), Some(&b"three"[..]));
    assert_eq!(slots.read(), None);
    slots.write(b"").unwrap();
    drop(slots);
    assert_eq!(found(&path(&dir)).unwrap().as_deref(), Some(&b""[..]));
}

#[test]
fn a_payload_of_any_length_is_kept_while_the_file_stays_bounded() {
    let dir = written(&[]);
    for bytes in [
        1, 4032, 4033, 70_000, 200_000, 5, 200_000, 1_000_000, 999_999,
    ] {
        let payload = vec![b'x'; bytes];
        let mut slots = Slots::open(&path(&dir)).unwrap();
        slots.write(&payload).unwrap();
        slots.write(&payload).unwrap();
        drop(slots);
        assert_eq!(found(&path(&dir)).unwrap(), Some(payload));
    }
    assert!(fs::metadata(path(&dir)).unwrap().len() < 8 << 20);
}

#[test]
fn a_second_program_is_told_that_the_state_is_held() {
    let dir = written(&[b"one"]);
    let first = Slots::open(&path(&dir)).unwrap();
    assert!(matches!(Slots::open(&path(&dir)), Err(SlotsError::Busy(_))));
    drop(first);
    assert!(Slots::open(&path(&dir)).is_ok());
}

#[test]
fn a_write_that_was_cut_short_anywhere_leaves_the_state_before_it() {
    for (old, new) in [(&b"old"[..], &b"newer"[..]), (&[b'o'; 5000], &[b'n'; 9000])] {
        let dir = written(&[b"oldest", old]);
        let before = fs::read(path(&dir)).unwrap();
        Slots::open(&path(&dir)).unwrap().write(new).unwrap();
        let after = fs::read(path(&dir)).unwrap();
        let mut torn = before.clone();
        torn.resize(after.len(), 0);
        let changed: Vec<usize> = (0..after.len())
            .filter(|at| torn[*at] != after[*at])
            .collect();
        // The disk may write the changed bytes in any order; these are two of them, cut at each byte.
        for order in [changed.clone(), changed.iter().rev().copied().collect()] {
            let mut torn = torn.clone();
            for (done, at) in order.iter().enumerate() {
                torn[*at] = after[*at];
                if done % 97 != 0 && order.len() - done > 80 && done > 80 {
                    continue;
                }
                fs::write(path(&dir), &torn).unwrap();
                let whole = done + 1 == order.len();
                let expected = if whole { new } else { old };
                assert_eq!(found(&path(&dir)).unwrap().as_deref(), Some(expected));
            }
        }
    }
}

#[test]
fn a_state_that_is_damaged_in_both_slots_is_refused() {
    let dir = written(&[b"one", b"two"]);
    let mut bytes = fs::read(path(&dir)).unwrap();
    bytes[20] ^= 1;
    fs::write(path(&dir), &bytes).unwrap();
    assert_eq!(found(&path(&dir)).unwrap().as_deref(), Some(&b"one"[..]));
    let payload = SLOT_BYTES as usize + HEADER_BYTES;
    bytes[payload] ^= 1;
    fs::write(path(&dir), &bytes).unwrap();
    assert!(matches!(found(&path(&dir)), Err(SlotsError::Torn(_))));
}

#[test]
fn what_is_no_state_of_ours_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    for bytes in [
        &b""[..],
        b"x",
        b"2026-11-22 10:00:00 INFO a log\n",
        &[0; 8192],
    ] {
        fs::write(path(&dir), bytes).unwrap();
        assert!(matches!(found(&path(&dir)), Err(SlotsError::Foreign(_))));
        assert_eq!(fs::read(path(&dir)).unwrap(), bytes);
    }
    fs::remove_file(path(&dir)).unwrap();
    symlink("elsewhere", path(&dir)).unwrap();
    assert!(matches!(found(&path(&dir)), Err(SlotsError::Foreign(_))));
    fs::remove_file(path(&dir)).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        path(&dir),
        FileType::Fifo,
        Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    assert!(matches!(found(&path(&dir)), Err(SlotsError::Foreign(_))));
}

#[test]
fn a_state_of_a_newer_version_is_refused() {
    let dir = written(&[b"one", b"two"]);
    let mut bytes = fs::read(path(&dir)).unwrap();
    bytes[8] = 9;
    let sum = xxhash_rust::xxh3::xxh3_64(&bytes[..56]);
    bytes[56..64].copy_from_slice(&sum.to_le_bytes());
    fs::write(path(&dir), &bytes).unwrap();
    let error = found(&path(&dir)).unwrap_err();
    assert!(error.to_string().contains("version 9"), "{error}");
}

#[test]
fn a_state_in_a_folder_that_is_not_there_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let error = found(&dir.path().join("none/state")).unwrap_err();
    assert!(matches!(error, SlotsError::Unopened { .. }), "{error}");
}
