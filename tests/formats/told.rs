use serde_json::Value;

use super::envelope::Envelope;
use super::kit::{House, text_of};
use super::{count, filtered, worn};

/// The account of a run.
fn account(house: &House, input: &[u8], args: &[&str]) -> (Vec<u8>, Value) {
    let output = house.pipe(input, [&["--stats=json"], args].concat());
    assert!(output.status.success());
    let account = text_of(output.stderr);
    (
        output.stdout,
        serde_json::from_str(&account).expect("one object"),
    )
}

/// A format that is told is opened, and no other is.
#[test]
fn one_format_is_opened_by_order() {
    let own = [
        ("docker", Envelope::Docker),
        ("cri", Envelope::Cri),
        ("syslog", Envelope::Syslog),
        ("compose", Envelope::Compose),
        ("json", Envelope::Shipped),
        ("journal-export", Envelope::JournalExport),
    ];
    for (name, envelope) in own {
        let house = House::new();
        let input = worn(envelope);
        let found = filtered(&house, &input);
        for told in [
            "plain",
            "docker",
            "cri",
            "syslog",
            "compose",
            "json",
            "journal-export",
        ] {
            let (left, _) = account(&house, &input, &["--every", "1h", "--format", told]);
            if told == name {
                assert_eq!(text_of(left), text_of(found.clone()), "{told}");
            } else {
                // Read as plain text, or as what they are not, the lines of a trace are none.
                assert!(left.len() > found.len(), "{name} read as {told}");
            }
        }
    }
}

/// What is damaged passes as it is, and is counted.
#[test]
fn what_is_damaged_passes_and_is_counted() {
    let text = "java.io.IOException: Broken pipe";
    let time = "2026-11-22T10:00:00.123456789Z";
    let torn = format!("{{\"log\":\"{text}\\n\",\"stream\":\"stdout\",\"ti\n");
    let torn_json =
        format!("{{\"@timestamp\":\"{time}\",\"level\":\"WARN\",\"message\":\"{text}\n");
    // It would be noise if it were all of the line.
    let noise = "2026/11/22 10:00:00 [info] 7#7: *32 recv() failed (104: Connection reset by peer) while waiting for request, client: 192.0.2.20, server: 0.0.0.0:80";
    let partial = format!("{time} stdout P {noise}\n");
    let mut entry = b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795341600123456\nMESSAGE\n".to_vec();
    entry.extend_from_slice(&9_u64.to_le_bytes());
    entry.extend_from_slice(format!("{text}\n\n").as_bytes());
    let whole = format!("__CURSOR=s=2\n__REALTIME_TIMESTAMP=1795341600123456\nMESSAGE={text}\n\n");
    let cases = [
        ("docker", torn.repeat(3).into_bytes(), 3),
        ("json", torn_json.repeat(3).into_bytes(), 3),
        ("partial", partial.into_bytes(), 1),
        ("entry", [whole.as_bytes(), &entry].concat(), 1),
    ];
    let house = House::new();
    let whole = format!("{time} stdout F {noise}\n");
    let (left, _) = account(
        &house,
        whole.as_bytes(),
        &["--first", "none", "--summary", "none"],
    );
    assert_eq!(text_of(left), "");
    for (name, input, malformed) in cases {
        let (left, account) = account(&house, &input, &["--first", "none", "--summary", "none"]);
        let kept = if name == "entry" {
            entry.clone()
        } else {
            input.clone()
        };
        assert!(left.ends_with(&kept), "{name}: {}", text_of(left));
        assert_eq!(account["malformed"], malformed, "{name}: {account}");
    }
}

/// A line of 100 MiB passes, and what stands around it is read as ever.
#[test]
fn an_endless_line_passes_and_is_counted() {
    let line = |text: &str| {
        format!(
            "{{\"log\":\"{text}\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T10:00:00.123456789Z\"}}\n"
        )
    };
    let noise = line("2026-11-22 10:00:00.000 WARN quiet.Shop: java.io.IOException: Broken pipe");
    let endless = line(&"x".repeat(100 << 20));
    let input = [noise.as_bytes(), endless.as_bytes(), noise.as_bytes()].concat();
    let house = House::new();
    let (left, account) = account(&house, &input, &[]);
    assert_eq!(count(&left, &endless[..64]), 1);
    assert!(left.len() >= endless.len());
    assert_eq!(account["oversize"], 1, "{account}");
    assert_eq!(account["input"]["bytes"], input.len());
}
