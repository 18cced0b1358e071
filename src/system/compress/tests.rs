use std::io::{Cursor, Read, Write};

use super::*;

const ALL: [Compression; 5] = [
    Compression::Plain,
    Compression::Gzip,
    Compression::Zstd,
    Compression::Xz,
    Compression::Bzip2,
];

fn expand(bytes: impl AsRef<[u8]>) -> io::Result<(Manner, Vec<u8>)> {
    expand_within(bytes, Bounds::default())
}

fn expand_within(bytes: impl AsRef<[u8]>, bounds: Bounds) -> io::Result<(Manner, Vec<u8>)> {
    let mut expanded = Expanded::new(Cursor::new(bytes.as_ref().to_vec()), bounds)?;
    let mut out = Vec::new();
    expanded.read_to_end(&mut out)?;
    Ok((expanded.manner().clone(), out))
}

fn unit(tools: &Tools, bytes: &[u8], is_first: bool) -> Vec<u8> {
    let mut unit = b"something old".to_vec();
    tools.compress(bytes, is_first, &mut unit).unwrap();
    unit
}

fn units(compression: Compression) -> Vec<u8> {
    let tools = Tools::new(Manner::plain(compression));
    [unit(&tools, b"one\n", true), unit(&tools, b"two\n", false)].concat()
}

#[test]
fn units_in_a_row_are_one_content() {
    for compression in ALL {
        let (manner, content) = expand(units(compression)).unwrap();
        assert_eq!(
            (manner.compression, content),
            (compression, b"one\ntwo\n".to_vec())
        );
    }
    let skipped = [
        b"\x5a\x2a\x4d\x18\x03\0\0\0abc".to_vec(),
        units(Compression::Zstd),
    ]
    .concat();
    assert_eq!(expand(skipped).unwrap().1, b"one\ntwo\n");
}

#[test]
fn what_is_cut_or_changed_or_has_something_behind_it_is_an_error() {
    for compression in ALL.into_iter().skip(1) {
        let whole = units(compression);
        for bytes in [
            whole[..whole.len() - 3].to_vec(),
            [whole.clone(), b"garbage".to_vec()].concat(),
            [
                &whole[..whole.len() / 4],
                &[0; 9],
                &whole[whole.len() / 4 + 9..],
            ]
            .concat(),
        ] {
            assert!(
                expand(&bytes).is_err(),
                "{compression:?} {}",
                bytes.escape_ascii()
            );
        }
    }
}

#[test]
fn the_manner_of_a_gzip_file_is_kept() {
    let manner = Manner {
        compression: Compression::Gzip,
        level: Some(9),
        name: Some(b"../app.log".to_vec()),
        time: 1_700_000_000,
    };
    let bytes = unit(&Tools::new(manner.clone()), b"x", true);
    assert_eq!(expand(bytes).unwrap().0, manner);
}

#[test]
fn a_bomb_is_an_error() {
    let bounds = Bounds {
        factor: 100,
        free: 1000,
        bytes_max: 10_000_000,
    };
    for compression in ALL.into_iter().skip(1) {
        let manner = Manner::plain(compression);
        let bomb = unit(&Tools::new(manner.clone()), &vec![0; 1_000_000], true);
        let error = expand_within(&bomb, bounds).unwrap_err();
        assert!(error.to_string().contains("100 times"), "{error}");
        let bounds = Bounds {
            factor: u64::MAX,
            bytes_max: 1000,
            ..bounds
        };
        let error = expand_within(&bomb, bounds).unwrap_err();
        assert!(error.to_string().contains("1000 bytes"), "{error}");
        assert_eq!(expand(&bomb).unwrap().1.len(), 1_000_000);
    }
}

#[test]
fn a_window_that_needs_too_much_memory_is_refused() {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(28).unwrap();
    encoder.write_all(b"x").unwrap();
    let wide = encoder.finish().unwrap();
    assert!(expand(wide).unwrap_err().to_string().contains("memory"));
}
