//! Many files in one process, as a configuration names them.

use std::fs;
use std::path::Path;

use rustix::process::Signal;

use crate::kit::{House, Live, noise_line, plain, text_of, wait_until};

fn serve(house: &House, config: &str) -> Live {
    let path = house.write("quell.toml", config);
    Live::of(&mut house.quell([Path::new("--config"), &path]))
}

fn holds(house: &House, name: &str, text: &str) -> bool {
    fs::read_to_string(house.path(name)).is_ok_and(|found| found.contains(text))
}

fn append(house: &House, name: &str, text: &str) {
    use std::io::Write;
    let path = house.path(name);
    let mut file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .expect("a file");
    file.write_all(text.as_bytes()).expect("room");
}

#[test]
fn each_file_has_its_own_output_and_terms() {
    let house = House::new();
    let quell = serve(
        &house,
        r#"
version = 1
[defaults]
from-start = true
[[file]]
path = "a.log"
output = "a.quiet"
[[file]]
path = "b.log"
output = "b.quiet"
only = "postgresql"
[[file]]
path = "many/*.log"
out-dir = "quiet"
"#,
    );
    let log: String = (1..5).map(noise_line).chain([plain(6)]).collect();
    fs::create_dir(house.path("many")).expect("a folder");
    for name in ["a.log", "b.log", "many/c.log", "many/d.log"] {
        append(&house, name, &log);
    }
    for name in ["a.quiet", "b.quiet", "quiet/c.log", "quiet/d.log"] {
        wait_until(|| holds(&house, name, &plain(6)));
    }
    quell.signal(Signal::TERM);
    let output = quell.gone();
    assert_eq!(
        output.status.code(),
        Some(143),
        "{}",
        text_of(output.stderr)
    );
    for name in ["a.quiet", "quiet/c.log", "quiet/d.log"] {
        let text = text_of(house.read(name));
        assert!(
            text.contains("quell: 3x ") && !text.contains(&noise_line(3)),
            "{name}: {text}"
        );
    }
    assert_eq!(text_of(house.read("b.quiet")), log, "its rules are others");
}

#[test]
fn a_service_goes_on_where_it_was() {
    let house = House::new();
    let config = r#"
version = 1
state = "state"
[defaults]
from-start = true
[[file]]
path = "a.log"
output = "a.quiet"
[[file]]
path = "b.log"
output = "b.quiet"
max-size = "4k"
"#;
    for round in 0..3 {
        let quell = serve(&house, config);
        for name in ["a", "b"] {
            append(&house, &format!("{name}.log"), &plain(round));
            wait_until(|| holds(&house, &format!("{name}.quiet"), &plain(round)));
        }
        quell.signal(Signal::TERM);
        quell.gone();
    }
    let expected: String = (0..3).map(plain).collect();
    for name in ["a.quiet", "b.quiet"] {
        assert_eq!(text_of(house.read(name)), expected, "{name}");
    }
}

#[test]
fn mistakes_are_told_with_their_place_and_nothing_is_started() {
    let house = House::new();
    let output = serve(
        &house,
        "version = 1\n\n[[file]]\npath = \"a.log\"\nevry = \"1m\"\n",
    )
    .end();
    let said = text_of(output.stderr);
    assert!(
        said.contains("quell.toml:5:1: there is no key `evry` here, did you mean `every`?"),
        "{said}"
    );
    assert_eq!(output.status.code(), Some(2));
    let output = house.run(["--config", "none.toml"]);
    assert!(text_of(output.stderr).contains("none.toml: cannot be read"));
    assert_eq!(output.status.code(), Some(2));
    house.write("own.toml", "version = ");
    let config =
        "version = 1\n[[file]]\npath = \"a.log\"\noutput = \"a.quiet\"\nrules = \"own.toml\"\n";
    let output = serve(&house, config).end();
    assert!(text_of(output.stderr).contains("own.toml:1:"));
    assert_eq!(output.status.code(), Some(2));
    assert!(!house.path("a.quiet").exists());
}

#[test]
fn the_documented_configuration_is_one() {
    let live = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/live.md");
    let live = fs::read_to_string(live).expect("the document");
    let config = live
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let config = config.expect("an example").replace("\"/", "\"");
    let house = House::new();
    fs::create_dir_all(house.path("etc/quell")).expect("a folder");
    house.write("etc/quell/tomcat.toml", "version = 1\nprogram = \"shop\"\n");
    fs::create_dir_all(house.path("var/log/quell")).expect("a folder");
    fs::create_dir_all(house.path("var/lib/quell")).expect("a folder");
    let quell = serve(&house, &config);
    fs::create_dir_all(house.path("var/log/app")).expect("a folder");
    append(&house, "var/log/app/web.log", &plain(1));
    wait_until(|| holds(&house, "var/log/quell/app/web.log", &plain(1)));
    quell.signal(Signal::TERM);
    assert_eq!(quell.gone().status.code(), Some(143));
}
