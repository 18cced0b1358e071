//! How fast each stage is by itself, and all of them together: `cargo bench --bench stages [-- FILTER]`.
//!
//! Everything lies in memory, so that neither files nor pipes are measured (`peers.sh` does that). The logs are the
//! made-up ones of `examples/loggen` and the captured ones of `fixtures/`; the same bytes in every run. Throughput is
//! in bytes of what the stage is given.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::measurement::WallTime;
use criterion::{
    BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main,
};
use quell::episode::key::KeyBuilder;
use quell::episode::mask::mask;
use quell::limits::BLOCK_BYTES;
use quell::line::{Stamp, line_at};
use quell::pipeline::{Gear, Options, Pipeline, Skim};
use quell::record::{Assembly, Extent, Piece, Record, fence};
use quell::rule::{Memory, RuleSet, Selection, Verdict};

// The log writer's own modules, which say `crate::Shape`; what only its other shapes need is never called here.
#[allow(dead_code, reason = "the benchmarks write one shape of log")]
#[path = "../examples/loggen/pen.rs"]
mod pen;
#[allow(dead_code, reason = "the benchmarks write one shape of log")]
#[path = "../examples/loggen/text.rs"]
mod text;
#[allow(dead_code, reason = "the benchmarks write one shape of log")]
#[path = "../examples/loggen/trace.rs"]
mod trace;

/// What the log looks like, as in `examples/loggen/main.rs`.
#[derive(Clone, Copy, PartialEq)]
#[allow(dead_code, reason = "the benchmarks write one shape of log")]
enum Shape {
    Tomcat,
    Plain,
    Kinds,
}

/// Bytes of the logs that flow through whole pipelines: several blocks, and few enough to stay in the cache.
const LOG_BYTES: u64 = 8 << 20;

/// One captured log for each look of a trace.
const SCENES: [&str; 8] = [
    "tomcat/logback",
    "jetty/logback",
    "netty/tail",
    "socketserver/stock",
    "uvicorn/default",
    "node/http",
    "go/net-http",
    "nginx/error",
];

criterion_main!(stages);
criterion_group!(stages, skim, fences, assemble, judge, key, stamp, pipeline);

fn rules() -> Arc<RuleSet> {
    Arc::new(RuleSet::load(&[], &Selection::default()).expect("the built-in rules load"))
}

/// A made-up log of which `noise_percent` of the bytes are disconnects, in bursts. Unlike `loggen`'s it has no
/// traces but these, so that a clean one is clean.
fn log(bytes: u64, noise_percent: u64) -> Vec<u8> {
    let mut log = Vec::new();
    let mut chance = pen::Chance(1);
    let stock = text::Stock::new(Shape::Tomcat, false, &mut chance);
    let mut pen = pen::Pen::new(chance, &mut log);
    let mut noise = 0;
    while pen.written < bytes {
        if noise * 100 < noise_percent * pen.written {
            for _ in 0..=pen.chance.below(12) {
                let start = pen.written;
                pen.write(&stock.noise).expect("a vector takes every write");
                noise += pen.written - start;
            }
        } else {
            pen.write(&stock.messages)
                .expect("a vector takes every write");
        }
    }
    pen.flush().expect("a vector takes every write");
    log
}

fn scene(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
        .join("in.log");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The records of a log in which the skim finds an anchor: what the judge is given.
fn suspects(log: &[u8], skim: &Skim) -> Vec<Vec<Piece>> {
    let mut assembly = Assembly::default();
    let mut found = Vec::new();
    let mut at = 0;
    while at < log.len() {
        let Extent::Whole { end } = assembly.read(log, at, true) else {
            break;
        };
        if assembly
            .pieces
            .iter()
            .any(|piece| skim.is_in(piece.line.text(log)))
        {
            found.push(assembly.pieces.clone());
        }
        at = end;
    }
    found
}

fn bytes_of(log: &[u8], records: &[Vec<Piece>]) -> Throughput {
    let records = records
        .iter()
        .map(|pieces| Record::parse(log, pieces).bytes() as u64);
    Throughput::Bytes(records.sum())
}

/// The search alone: one block in the cache, all anchors that are live by default.
fn skim(c: &mut Criterion) {
    let rules = rules();
    let skim = Skim::new(rules.anchors());
    let mut group = c.benchmark_group("skim");
    for noise in [0, 30] {
        let log = log(BLOCK_BYTES as u64, noise);
        let block = &log[..BLOCK_BYTES];
        group.throughput(Throughput::Bytes(block.len() as u64));
        group.bench_function(
            format!("{noise} % noise, {} anchors", rules.anchors().len()),
            |b| {
                b.iter(|| hits(&skim, black_box(block)).count());
            },
        );
    }
    group.finish();
}

fn hits<'b>(skim: &'b Skim, block: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    let mut hits = skim.hits(block);
    let mut at = 0;
    std::iter::from_fn(move || {
        let hit = hits.from(at)?;
        at = hit + 1;
        Some(hit)
    })
}

/// From a hit back to the head of its record, but not into the record before it.
fn fences(c: &mut Criterion) {
    let skim = Skim::new(rules().anchors());
    let mut group = c.benchmark_group("fence");
    for name in SCENES {
        let log = scene(name);
        let found = suspects(&log, &skim);
        let mut floor = 0;
        let mut hits = Vec::new();
        for last in found.iter().filter_map(|pieces| pieces.last()) {
            hits.push((last.line.start, floor));
            floor = last.line.end;
        }
        group.throughput(bytes_of(&log, &found));
        group.bench_function(name, |b| {
            b.iter(|| {
                let fences = hits
                    .iter()
                    .map(|(hit, floor)| fence::before(black_box(&log), *hit, *floor));
                fences.sum::<usize>()
            });
        });
    }
    group.finish();
}

/// Lines to records, noise or not.
fn assemble(c: &mut Criterion) {
    let mut group = c.benchmark_group("assemble");
    let clean = log(BLOCK_BYTES as u64, 0);
    bench_assembly(&mut group, "clean", &clean);
    for name in SCENES {
        bench_assembly(&mut group, name, &scene(name));
    }
    group.finish();
}

fn bench_assembly(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, log: &[u8]) {
    let mut assembly = Assembly::default();
    group.throughput(Throughput::Bytes(log.len() as u64));
    group.bench_function(name, |b| {
        b.iter(|| {
            let (mut at, mut records) = (0, 0);
            while at < log.len() {
                let Extent::Whole { end } = assembly.read(black_box(log), at, true) else {
                    break;
                };
                at = end;
                records += 1;
            }
            records
        });
    });
}

/// Suspect records to verdicts, each judged as if it were the first of its look, and as one of many.
fn judge(c: &mut Criterion) {
    let rules = rules();
    bench_judge(c, "parse", |record| record.links.is_empty());
    bench_judge(c, "judge first", |record| is_taken(&rules.judge(record)));
    let mut memory = Memory::default();
    bench_judge(c, "judge repeat", |record| {
        is_taken(&rules.judge_with(record, None, &mut memory))
    });
}

fn bench_judge(c: &mut Criterion, stage: &str, mut judged: impl FnMut(&Record<'_>) -> bool) {
    let skim = Skim::new(rules().anchors());
    let mut group = c.benchmark_group(stage);
    for name in SCENES {
        let log = scene(name);
        let found = suspects(&log, &skim);
        group.throughput(bytes_of(&log, &found));
        group.bench_function(name, |b| {
            b.iter(|| {
                let records = found
                    .iter()
                    .map(|pieces| Record::parse(black_box(&log), pieces));
                records.filter(|record| judged(record)).count()
            });
        });
    }
    group.finish();
}

fn is_taken(verdict: &Verdict<'_, '_>) -> bool {
    matches!(verdict, Verdict::Collapse(_))
}

/// Findings to keys; and the masking of text, most of that.
fn key(c: &mut Criterion) {
    let rules = rules();
    let skim = Skim::new(rules.anchors());
    let mut group = c.benchmark_group("key");
    for name in SCENES {
        let log = scene(name);
        let found = suspects(&log, &skim);
        let records: Vec<Record<'_>> = found
            .iter()
            .map(|pieces| Record::parse(&log, pieces))
            .collect();
        let findings: Vec<_> = records
            .iter()
            .filter_map(|record| match rules.judge(record) {
                Verdict::Collapse(finding) => Some((record, finding)),
                Verdict::Keep(_) => None,
            })
            .collect();
        // What is off by default is taken by no rule.
        if findings.is_empty() {
            continue;
        }
        let mut builder = KeyBuilder::default();
        let taken = findings.iter().map(|(record, _)| record.bytes() as u64);
        group.throughput(Throughput::Bytes(taken.sum()));
        group.bench_function(name, |b| {
            b.iter(|| {
                let keys = findings
                    .iter()
                    .map(|(record, finding)| builder.build(record, finding).0.len());
                keys.sum::<usize>()
            });
        });
    }
    let clean = log(BLOCK_BYTES as u64, 0);
    let mut out = Vec::with_capacity(clean.len());
    group.throughput(Throughput::Bytes(clean.len() as u64));
    group.bench_function("mask", |b| {
        b.iter(|| {
            out.clear();
            mask(black_box(&clean), &mut out).is_some()
        });
    });
    group.finish();
}

/// The time of each line that bears one.
fn stamp(c: &mut Criterion) {
    let mut group = c.benchmark_group("stamp");
    let logs = SCENES.iter().map(|name| (*name, scene(name)));
    for (name, log) in logs.chain([("clean", log(BLOCK_BYTES as u64, 0))]) {
        let lines: Vec<&[u8]> = lines(&log)
            .filter(|line| Stamp::find(line).is_some())
            .collect();
        if lines.is_empty() {
            continue;
        }
        group.throughput(Throughput::Bytes(
            lines.iter().map(|line| line.len() as u64).sum(),
        ));
        group.bench_function(format!("{name}, {} lines", lines.len()), |b| {
            b.iter(|| {
                lines
                    .iter()
                    .filter_map(|line| Stamp::find(black_box(line)))
                    .map(|stamp| stamp.micros)
                    .max()
            });
        });
    }
    group.finish();
}

fn lines(log: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let line = line_at(log, at)?;
        at = line.end;
        Some(line.text(log))
    })
}

/// A whole log through a whole pipeline, in blocks, as a source gives them.
fn pipeline(c: &mut Criterion) {
    let rules = rules();
    let mut group = c.benchmark_group("pipeline");
    group.sample_size(20);
    for noise in [0, 3, 30] {
        let log = log(LOG_BYTES, noise);
        group.throughput(Throughput::Bytes(log.len() as u64));
        for (name, gear, account) in [
            ("", Gear::Skim, false),
            (", with account", Gear::Skim, true),
            (", step", Gear::Step, false),
        ] {
            let options = Options {
                gear,
                account,
                ..Options::default()
            };
            let mut out = Vec::with_capacity(log.len());
            group.bench_function(format!("{noise} % noise{name}"), |b| {
                b.iter_batched_ref(
                    || Pipeline::new(Arc::clone(&rules), options),
                    |pipeline| {
                        out.clear();
                        flow(pipeline, black_box(&log), &mut out);
                        out.len()
                    },
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

fn flow(pipeline: &mut Pipeline, log: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while at + BLOCK_BYTES < log.len() {
        let done = pipeline
            .feed(&log[at..at + BLOCK_BYTES], 0, out)
            .expect("a vector takes every write");
        assert!(done > 0, "no record here is longer than a block");
        at += done;
    }
    pipeline
        .finish(&log[at..], 0, out)
        .expect("a vector takes every write");
}
