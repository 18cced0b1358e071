use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::envelope::Envelope;
use super::kit::{DEADLINE, House};
use super::{count, filtered, worn};

/// Whether a program is here; says so if it is not.
fn has(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let here = std::env::split_paths(&paths).any(|path| path.join(program).exists());
    if !here && !Path::new(program).exists() {
        eprintln!("{program} is not installed, skipped");
        return false;
    }
    true
}

/// The journal's export format goes into a journal that is found to be whole.
#[test]
fn the_journal_takes_its_export_format_back() {
    let remote = "/usr/lib/systemd/systemd-journal-remote";
    if !has(remote) || !has("journalctl") {
        return;
    }
    let house = House::new();
    // A journal wants to know of which boot its entries are, and how old that was.
    let boot = b"_BOOT_ID=bc3361ca42d94310b5c7c3b90cae0978\n__MONOTONIC_TIMESTAMP=2776425952\n";
    let mut input = Vec::new();
    for entry in worn(Envelope::JournalExport).split_inclusive(|byte| *byte == b'\n') {
        input.extend_from_slice(entry);
        if entry.starts_with(b"__CURSOR=") {
            input.extend_from_slice(boot);
        }
    }
    let left = filtered(&house, &input);
    house.write("left.export", &left);
    let made = Command::new(remote)
        .args(["-o", "left.journal", "left.export"])
        .current_dir(house.path(""))
        .output()
        .expect("it starts");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let journalctl = |args: &[&str]| {
        let args = [&["--file", "left.journal", "--quiet"], args].concat();
        let mut command = Command::new("journalctl");
        command.args(args).current_dir(house.path(""));
        command.output().expect("it starts")
    };
    let verified = journalctl(&["--verify"]);
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stderr)
    );
    let json = journalctl(&["-o", "json"]).stdout;
    assert_eq!(
        count(&json, "\n"),
        count(&left, "__CURSOR="),
        "each entry is there"
    );
    assert!(count(&json, " quell: ") > 1);
    assert_eq!(count(&json, " quell: "), count(&json, "\"QUELL\":"));
}

/// What is made of objects stays it, and its numbers stay numbers.
#[test]
fn jq_reads_every_line() {
    if !has("jq") {
        return;
    }
    for envelope in [
        Envelope::Docker,
        Envelope::JournalJson,
        Envelope::Shipped,
        Envelope::ShippedInDocker,
    ] {
        let house = House::new();
        let left = filtered(&house, &worn(envelope));
        house.write("left.json", &left);
        // Docker's objects hold a text, whatever that holds.
        let query = match envelope {
            Envelope::Docker => ".log | select(contains(\" quell: \"))",
            Envelope::ShippedInDocker => ".log | fromjson | .quell | select(.) | .count + .version",
            _ => ".quell | select(.) | .count + .version",
        };
        let jq = |query: &str| {
            let mut command = Command::new("jq");
            command
                .args(["-c", query, "left.json"])
                .current_dir(house.path(""));
            let output = command.output().expect("it starts");
            assert!(
                output.status.success(),
                "{envelope:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            count(&output.stdout, "\n")
        };
        assert_eq!(jq("."), count(&left, "\n"), "{envelope:?}");
        assert!(jq(query) > 1, "{envelope:?}");
    }
}

/// rsyslog takes every line apart and puts it together again as it was.
#[test]
fn rsyslog_reads_every_line() {
    let daemon = ["/usr/sbin/rsyslogd", "rsyslogd"]
        .into_iter()
        .find(|path| has(path));
    let Some(daemon) = daemon else { return };
    let house = House::new();
    let left = filtered(&house, &worn(Envelope::Syslog5424));
    house.write("left.log", &left);
    let folder = house.path("").display().to_string();
    let form = "<%pri%>1 %timestamp:::date-rfc3339% %hostname% %app-name% %procid% %msgid% %structured-data%%msg:::sp-if-no-1st-sp%%msg%\\n";
    house.write(
        "rsyslog.conf",
        format!(
            "global(workDirectory=\"{folder}\" maxMessageSize=\"64k\")\n\
             module(load=\"imfile\" mode=\"inotify\")\n\
             input(type=\"imfile\" File=\"{folder}/left.log\" Tag=\"none\" needParse=\"on\" ruleset=\"read\")\n\
             template(name=\"same\" type=\"string\" string=\"{form}\")\n\
             ruleset(name=\"read\") {{ action(type=\"omfile\" file=\"{folder}/read.log\" template=\"same\") }}\n"
        ),
    );
    let mut child = Command::new(daemon)
        .args(["-n", "-f", "rsyslog.conf", "-i", "rsyslog.pid"])
        .current_dir(house.path(""))
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let deadline = Instant::now() + DEADLINE;
    let read = loop {
        let read = std::fs::read(house.path("read.log")).unwrap_or_default();
        if read.len() >= left.len() || Instant::now() > deadline {
            break read;
        }
        thread::sleep(Duration::from_millis(20));
    };
    let _ = child.kill();
    let _ = child.wait();
    assert_eq!(
        String::from_utf8_lossy(&read),
        String::from_utf8_lossy(&left)
    );
    assert!(count(&read, " WARN quell: ") > 1);
}
