//! temp
use std::io::{Read, Write};
fn main() {
    let set = match quell::rule::RuleSet::load(&[], &Default::default()) {
        Ok(s) => s,
        Err(e) => {
            for e in e {
                eprintln!("{e}");
            }
            std::process::exit(2)
        }
    };
    if std::env::args().nth(1).as_deref() == Some("anchors") {
        for a in set.anchors() {
            println!("{:?}", String::from_utf8_lossy(a));
        }
        return;
    }
    if std::env::args().nth(1).as_deref() == Some("proof") {
        match quell::rule::RuleSet::from_texts() {
            Err(e) => {
                for e in e {
                    println!("{e}");
                }
            }
            Ok((set, files)) => {
                for (f, p) in &files {
                    for e in quell::rule::proof::check(&set, f, p) {
                        println!("{e}");
                    }
                }
            }
        }
        return;
    }
    if std::env::args().nth(1).as_deref() == Some("try") {
        let mut b = Vec::new();
        std::io::stdin().read_to_end(&mut b).unwrap();
        let mut a = quell::record::Assembly::default();
        let mut at = 0;
        while at < b.len() {
            let quell::record::Extent::Whole { end } = a.read(&b, at, true) else {
                break;
            };
            let r = quell::record::Record::parse(&b, &a.pieces);
            println!(
                "--- {} lines {:?} {}",
                a.pieces.len(),
                r.language,
                String::from_utf8_lossy(r.first_line())
            );
            for l in &r.links {
                println!(
                    "   link {:?} : {:?} frames {:?} common {} in_head {}",
                    String::from_utf8_lossy(l.error),
                    String::from_utf8_lossy(l.message),
                    l.frames,
                    l.common,
                    l.in_head
                );
            }
            match set.judge(&r) {
                quell::rule::Verdict::Keep(k) => println!("   KEEP {k:?}"),
                quell::rule::Verdict::Collapse(f) => println!(
                    "   COLLAPSE {} owner {}",
                    f.rule.id,
                    String::from_utf8_lossy(f.owner)
                ),
            }
            at = end.max(at + 1);
        }
        return;
    }
    let mut p = quell::pipeline::Pipeline::new(std::sync::Arc::new(set), Default::default());
    let mut b = Vec::new();
    std::io::stdin().read_to_end(&mut b).unwrap();
    let mut out = Vec::new();
    p.finish(&b, 0, &mut out).unwrap();
    std::io::stdout().write_all(&out).unwrap();
}
