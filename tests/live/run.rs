//! Programs behind the filter: signals, statuses, streams and faults, as if quell were not there.

use std::fs;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, test_kill_process};

use crate::kit::{House, Live, noise_line, text_of, wait_until};

fn shell(house: &House, script: &str) -> Command {
    let mut command = house.quell(["run", "--", "sh", "-c", script]);
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command.stdout(Stdio::piped());
    command
}

/// Waits until the script has written `ready`, or whatever it is.
fn live(house: &House, script: &str, ready: &str) -> Live {
    let live = Live::of(&mut shell(house, script));
    live.out_has(ready);
    live
}

fn number(text: &str) -> Pid {
    let number = text.split_whitespace().find_map(|word| word.parse().ok());
    Pid::from_raw(number.expect("a number")).expect("a process")
}

#[test]
fn each_stream_goes_where_the_program_would_have_written_it() {
    let house = House::new();
    let log: String = (1..5).map(noise_line).collect();
    house.write("noise", log);
    let output = shell(
        &house,
        "cat noise; cat noise >&2; echo out; echo err >&2; exit 7",
    )
    .output();
    let output = output.expect("it starts");
    let (out, err) = (text_of(output.stdout), text_of(output.stderr));
    for (text, last) in [(&out, "out\n"), (&err, "err\n")] {
        assert!(
            text.starts_with(&noise_line(1)) && !text.contains(&noise_line(2)),
            "{text}"
        );
        assert!(text.contains("quell: 3x ") && text.contains(last), "{text}");
    }
    assert_eq!(output.status.code(), Some(7));
}

#[test]
fn one_output_takes_both_streams_line_by_line() {
    let house = House::new();
    let script = "for i in $(seq 1 3000); do echo out $i; echo err $i >&2; done; \
                  printf 'out unfinished'; printf 'err unfinished' >&2";
    let mut command = house.quell(["run", "-o", "app.log", "--", "sh", "-c", script]);
    let output = command
        .env("PATH", "/usr/bin:/bin")
        .output()
        .expect("it starts");
    assert_eq!(
        (output.stdout.len(), text_of(output.stderr)),
        (0, String::new())
    );
    let text = text_of(house.read("app.log"));
    for stream in ["out", "err"] {
        let of = |line: &&str| line.starts_with(stream);
        let lines: Vec<&str> = text.lines().filter(of).collect();
        let expected = (1..=3000).map(|i| format!("{stream} {i}"));
        let expected: Vec<String> = expected.chain([format!("{stream} unfinished")]).collect();
        assert_eq!(lines, expected);
    }
    assert_eq!(text.lines().count(), 6002);
}

#[test]
fn both_streams_share_a_sized_output() {
    let house = House::new();
    let script = "for i in $(seq 1 2000); do echo out $i; echo err $i >&2; done";
    let args = [
        "run",
        "-o",
        "app.log",
        "--max-size",
        "4k",
        "--keep",
        "1000",
        "--compress",
        "none",
    ];
    let mut command = house.quell(args.into_iter().chain(["--", "sh", "-c", script]));
    let status = command
        .env("PATH", "/usr/bin:/bin")
        .status()
        .expect("it starts");
    assert!(status.success());
    let mut lines = Vec::new();
    let mut files = 0;
    for entry in fs::read_dir(house.path("")).expect("a folder") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("text");
        assert!(text.ends_with('\n') && text.len() <= 4096, "{}", text.len());
        lines.extend(text.lines().map(str::to_owned));
        files += 1;
    }
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), 4000);
    assert!(files > 5, "{files}");
}

#[test]
fn the_end_of_the_program_is_ours() {
    let house = House::new();
    for (script, code) in [("exit 0", 0), ("exit 1", 1), ("exit 255", 255)] {
        let status = shell(&house, script).status().expect("it starts");
        assert_eq!(status.code(), Some(code), "{script}");
    }
    for signal in [
        Signal::TERM,
        Signal::KILL,
        Signal::SEGV,
        Signal::ABORT,
        Signal::USR2,
        Signal::PIPE,
    ] {
        let script = format!("echo last words; kill -{} $$", signal.as_raw());
        let output = shell(&house, &script).output().expect("it starts");
        assert_eq!(output.status.signal(), Some(signal.as_raw()), "{script}");
        assert_eq!(text_of(output.stdout), "last words\n");
    }
    assert_eq!(
        fs::read_dir(house.path("")).expect("a folder").count(),
        0,
        "no core of ours"
    );
}

#[test]
fn what_cannot_be_run_is_explained_by_the_numbers_of_the_shell() {
    let house = House::new();
    house.write("text", "no program");
    for (program, code, words) in [
        ("no-such-program", 127, "there is no such program"),
        ("./none", 127, "there is no such program"),
        ("./text", 126, "cannot be run"),
        (".", 126, "cannot be run"),
    ] {
        let output = house.run(["run", "--", program]);
        assert_eq!(output.status.code(), Some(code), "{program}");
        assert!(text_of(output.stderr).contains(words), "{program}");
    }
    assert_eq!(house.run(["run"]).status.code(), Some(2));
}

#[test]
fn arguments_environment_input_and_name_are_the_programs() {
    let house = House::new();
    let script = r#"echo "$0|$1|$2|$NOTIFY_SOCKET"; cat"#;
    let mut command = house.quell(["run", "sh", "-c", script, "a b", "--stats", ""]);
    command
        .env("PATH", "/bin:/usr/bin")
        .env("NOTIFY_SOCKET", "@there");
    let mut live = Live::of(command.stdout(Stdio::piped()));
    live.write("from the input\n");
    let output = live.end();
    assert_eq!(
        text_of(output.stdout),
        "a b|--stats||@there\nfrom the input\n"
    );
}

#[test]
fn what_a_service_manager_says_by_number_is_said_to_the_program() {
    let house = House::new();
    let mut command = shell(
        &house,
        "test $LISTEN_PID = $$ && test $WATCHDOG_PID = $$ && echo mine",
    );
    // The number is known to the one that runs there only, so a shell names its own before it becomes quell.
    let exec = format!(
        "LISTEN_PID=$$ WATCHDOG_PID=$$ exec '{}' run -- sh -c 'test $LISTEN_PID = $$ && test $WATCHDOG_PID = $$ && echo mine'",
        env!("CARGO_BIN_EXE_quell")
    );
    let mut by_shell = Command::new("sh");
    let output = by_shell.args(["-c", &exec]).output().expect("it starts");
    assert_eq!(text_of(output.stdout), "mine\n");
    let output = command
        .env("LISTEN_PID", "1")
        .env("WATCHDOG_PID", "1")
        .output();
    assert_eq!(
        text_of(output.expect("it starts").stdout),
        "",
        "somebody else's stays so"
    );
}

#[test]
fn signals_are_passed_on_once_and_the_program_decides() {
    let house = House::new();
    for (signal, name) in [
        (Signal::TERM, "TERM"),
        (Signal::INT, "INT"),
        (Signal::HUP, "HUP"),
        (Signal::QUIT, "QUIT"),
        (Signal::USR1, "USR1"),
        (Signal::USR2, "USR2"),
        (Signal::ALARM, "ALRM"),
        (Signal::WINCH, "WINCH"),
    ] {
        let script = format!(
            "trap 'echo got {name}; n=$((n+1))' {name}; echo ready; \
             while [ -z \"$n\" ]; do sleep 0.01; done; sleep 0.1; exit $((40+n))"
        );
        let live = live(&house, &script, "ready");
        live.signal(signal);
        let output = live.gone();
        assert_eq!(text_of(output.stdout), format!("ready\ngot {name}\n"));
        assert_eq!(output.status.code(), Some(41), "{name}");
    }
}

#[test]
fn a_program_that_ignores_sigterm_is_waited_for() {
    let house = House::new();
    let script = "trap '' TERM; echo ready; read word; echo $word; exit 3";
    let mut live = live(&house, script, "ready");
    for _ in 0..3 {
        live.signal(Signal::TERM);
    }
    live.write("still here\n");
    let output = live.gone();
    assert_eq!(text_of(output.stdout), "ready\nstill here\n");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn a_signal_that_is_ignored_here_is_ignored_there() {
    let house = House::new();
    let quell = env!("CARGO_BIN_EXE_quell");
    let script = format!("trap '' HUP; exec '{quell}' run -- sh -c 'kill -HUP $$; echo alive'");
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(house.path(""))
        .output();
    assert_eq!(text_of(output.expect("it starts").stdout), "alive\n");
}

#[test]
fn a_program_that_closes_its_output_runs_on() {
    let house = House::new();
    let script = "echo before; exec >&-; echo ready >&2; read word; echo $word >&2; exit 4";
    let mut live = Live::of(&mut shell(&house, script));
    live.err_has("ready");
    live.write("on\n");
    let output = live.gone();
    assert_eq!(
        (text_of(output.stdout), text_of(output.stderr)),
        ("before\n".into(), "ready\non\n".into())
    );
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn what_the_program_leaves_behind_does_not_hold_us() {
    let house = House::new();
    let script = "sleep 1000 & echo left $!; exit 5";
    let output = live(&house, script, "left").gone();
    assert_eq!(output.status.code(), Some(5));
    assert!(text_of(&output.stderr).contains("not waited for"));
    let left = number(&text_of(output.stdout));
    rustix::process::kill_process(left, Signal::KILL).expect("it is left as it was");
}

#[test]
fn what_is_written_behind_the_programs_back_is_still_read() {
    let house = House::new();
    let script = "(sleep 0.2; echo late) & exit 0";
    let output = shell(&house, script).output().expect("it starts");
    assert_eq!(text_of(output.stdout), "late\n");
    assert_eq!(text_of(output.stderr), "");
}

#[test]
fn nobody_is_orphaned_when_quell_is_killed() {
    let house = House::new();
    let live = live(&house, "echo pid $$; exec sleep 1000", "pid");
    let program = number(&live.out_has("\n"));
    live.signal(Signal::KILL);
    live.gone();
    wait_until(|| test_kill_process(program).is_err());
}

#[test]
fn a_flood_is_read_whole() {
    const MEGABYTES: usize = if cfg!(debug_assertions) { 32 } else { 1024 };
    let house = House::new();
    let script = format!("yes 'order is paid' | head -c {MEGABYTES}M; exit 6");
    let mut child = shell(&house, &script)
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut out = child.stdout.take().expect("a pipe");
    let mut block = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        match out.read(&mut block).expect("a pipe") {
            0 => break,
            more => bytes += more,
        }
    }
    assert_eq!(bytes, MEGABYTES << 20);
    assert_eq!(child.wait().expect("it ends").code(), Some(6));
}

#[test]
fn a_reader_that_leaves_does_not_end_the_program() {
    let house = House::new();
    let script = "i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done; echo done >&2; exit 8";
    let mut command = shell(&house, script);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let live = Live::of(command.stdout(writer));
    drop(command);
    let output = live.gone();
    let said = text_of(output.stderr);
    assert_eq!(output.status.code(), Some(8), "{said}");
    assert_eq!(
        said.matches("is discarded, and the program runs on")
            .count(),
        1,
        "{said}"
    );
    assert!(
        said.contains("done\n") && said.contains("bytes of output were discarded"),
        "{said}"
    );
}

#[test]
fn an_output_on_a_full_device_costs_lines_and_not_the_program() {
    let house = House::new();
    let script = "yes 'order is paid' | head -c 12M; echo done >&2; exit 9";
    let mut command = house.quell(["run", "-o", "/dev/full", "--", "sh", "-c", script]);
    let live = Live::of(command.env("PATH", "/usr/bin:/bin"));
    let output = live.gone();
    let said = text_of(output.stderr);
    assert_eq!(output.status.code(), Some(9));
    assert_eq!(
        said.matches("takes no more").count(),
        2,
        "first it is stuck, then it is given up"
    );
    assert_eq!(said.matches("goes to standard error").count(), 1);
    assert_eq!(
        said.matches("order is paid\n").count(),
        (12 << 20) / 14,
        "all of it is there instead"
    );
}

#[test]
fn a_disk_that_was_full_for_a_while_is_written_again() {
    let house = House::new();
    let disk = house.path("disk");
    let Some(_mount) = crate::kit::Mount::memory(&disk, "256k") else {
        return;
    };
    fs::write(disk.join("ballast"), vec![b'b'; 200 << 10]).expect("room");
    let script = "seq 1 20000; read word; echo $word; exit 0";
    let mut command = house.quell(["run", "-o", "disk/app.log", "--", "sh", "-c", script]);
    let mut live = Live::of(command.env("PATH", "/usr/bin:/bin"));
    live.err_has("takes no more");
    fs::remove_file(disk.join("ballast")).expect("it is there");
    live.err_has("nothing was lost");
    live.write("after\n");
    assert_eq!(live.gone().status.code(), Some(0));
    let expected: String = (1..=20000).map(|i| format!("{i}\n")).collect();
    assert!(text_of(house.read("disk/app.log")) == expected + "after\n");
}

#[test]
fn broken_rules_or_outputs_do_not_keep_the_program_from_starting() {
    let house = House::new();
    house.write("broken.toml", "version = ");
    for (args, words) in [
        (["--rules", "broken.toml"], "built-in rules"),
        (["--disable", "no-such-rule"], "built-in rules"),
        (["-o", "no/such/folder.log"], "goes to standard error"),
        (
            ["--summary-to", "no/such/folder.log"],
            "they go to the output",
        ),
    ] {
        let mut command = house.quell(["run"].iter().chain(&args).chain(&["--", "echo", "hello"]));
        let output = command
            .env("PATH", "/usr/bin:/bin")
            .output()
            .expect("it starts");
        let (out, said) = (text_of(output.stdout), text_of(output.stderr));
        assert!(said.contains(words), "{said}");
        assert!((out + &said).contains("hello\n"), "{said}");
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn sighup_reopens_the_output_and_reaches_the_program() {
    let house = House::new();
    let script =
        "trap 'echo reloaded' HUP; echo ready; while :; do read word && echo $word && exit 0; done";
    let mut command = house.quell(["run", "-o", "app.log", "--", "sh", "-c", script]);
    let mut live = Live::of(command.env("PATH", "/usr/bin:/bin"));
    let holds = |name: &str, text: &str| {
        fs::read_to_string(house.path(name)).is_ok_and(|bytes| bytes.contains(text))
    };
    wait_until(|| holds("app.log", "ready"));
    fs::rename(house.path("app.log"), house.path("app.log.1")).expect("a rotation");
    live.signal(Signal::HUP);
    wait_until(|| house.path("app.log").exists());
    wait_until(|| holds("app.log", "reloaded") || holds("app.log.1", "reloaded"));
    live.write("fresh\n");
    assert_eq!(live.gone().status.code(), Some(0));
    assert!(holds("app.log", "fresh"));
}

#[test]
fn ctrl_c_at_a_terminal_reaches_the_program_once() {
    let house = House::new();
    // A group of its own stands for the terminal's: what is sent to the group has reached the program already, and only
    // the kernel's own signals are known to go to all, so this one comes twice and a program must bear it.
    let script = "trap 'n=$((n+1))' INT; echo ready; while [ -z \"$n\" ]; do sleep 0.01; done; echo heard; exit 0";
    let mut command = shell(&house, script);
    let live = Live::of(command.process_group(0));
    live.out_has("ready");
    let group = Pid::from_raw(i32::try_from(live.child.id()).expect("a number")).expect("a group");
    rustix::process::kill_process_group(group, Signal::INT).expect("it runs");
    let output = live.gone();
    assert_eq!(text_of(output.stdout), "ready\nheard\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_account_is_of_both_streams() {
    let house = House::new();
    let mut command = house.quell([
        "run",
        "--stats=json",
        "-o",
        "app.log",
        "--",
        "sh",
        "-c",
        "echo one; echo two >&2",
    ]);
    let output = command
        .env("PATH", "/usr/bin:/bin")
        .output()
        .expect("it starts");
    let stats: serde_json::Value = serde_json::from_slice(&output.stderr).expect("JSON");
    assert_eq!(stats["input"]["lines"], 2);
}

#[test]
fn a_summary_comes_when_its_window_ends_and_on_request() {
    let house = House::new();
    house.write("noise", (1..5).map(noise_line).collect::<String>());
    let script =
        "cat noise; trap : USR1; echo ready; while :; do read word && echo $word && exit; done";
    let mut live = live(&house, script, "ready");
    live.signal(Signal::USR1);
    live.out_has("quell: 3x ");
    live.write("bye\n");
    live.out_has("bye");
    live.gone();
}
