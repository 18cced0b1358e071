//! `quell explain`: what an error, a rule or a record means, in both languages.

use serde_json::Value;

use crate::kit::{House, noise, plain, text_of};

/// What is asked, the error that must come first, who meets it, whether it is noise, the cause that must come first,
/// a command that must be offered, and words that the answers in English and in Chinese must hold.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    [&'static str; 2],
);

const ROWS: [Row; 17] = [
    (
        "java.net.BindException: Address already in use",
        "bind",
        "server",
        "never",
        "bind",
        "ss -ltnp",
        ["another process already listens", "已经在监听"],
    ),
    (
        "java.net.BindException: Address already in use: JVM_Bind",
        "bind",
        "server",
        "never",
        "bind",
        "netstat -an",
        ["JVM_Bind", "JVM_Bind"],
    ),
    (
        "java.net.ConnectException: Connection refused",
        "refused",
        "client",
        "never",
        "refused",
        "ping HOST",
        ["firewall", "防火墙"],
    ),
    (
        "java.net.ConnectException: Connection refused: connect",
        "refused",
        "client",
        "never",
        "refused",
        "ss -ltn",
        ["no such listener", "没有相应的监听"],
    ),
    (
        "java.net.SocketException: Socket is closed",
        "socket-closed",
        "either",
        "bug",
        "own-close",
        "",
        ["Our own side closed", "我们自己这一侧关闭"],
    ),
    (
        "java.net.SocketException: Socket closed",
        "socket-closed",
        "either",
        "bug",
        "own-close",
        "",
        ["after `close()`", "`close()` 之后"],
    ),
    (
        "java.net.SocketException: Connection reset",
        "reset-while-reading",
        "either",
        "usually",
        "client-left",
        "",
        ["We were reading", "正在读取"],
    ),
    (
        "java.net.SocketException: Connection reset by peer: socket write error",
        "reset-while-writing",
        "either",
        "usually",
        "client-left",
        "",
        ["the first packet", "第一个数据包"],
    ),
    (
        "Connection reset by peer",
        "reset-while-writing",
        "either",
        "usually",
        "client-left",
        "",
        ["close connections before exiting", "退出前关闭连接"],
    ),
    (
        "java.net.SocketException: Broken pipe",
        "broken-pipe",
        "either",
        "usually",
        "client-left",
        "",
        ["wrote again", "又写了一次"],
    ),
    (
        "java.io.IOException: Broken pipe",
        "broken-pipe",
        "either",
        "usually",
        "client-left",
        "",
        ["wrote again", "又写了一次"],
    ),
    (
        "ConnectionResetError: [Errno 104] Connection reset by peer",
        "reset-by-number",
        "either",
        "usually",
        "client-left",
        "",
        ["number", "错误号"],
    ),
    (
        "BrokenPipeError: [Errno 32] Broken pipe",
        "broken-pipe",
        "either",
        "usually",
        "client-left",
        "",
        ["wrote again", "又写了一次"],
    ),
    (
        "ConnectionAbortedError: [WinError 10053]",
        "aborted",
        "either",
        "usually",
        "client-left",
        "",
        ["Windows", "Windows"],
    ),
    (
        "ConnectionResetError: [WinError 10054]",
        "reset-by-number",
        "either",
        "usually",
        "client-left",
        "",
        ["10054", "10054"],
    ),
    (
        "java.net.SocketTimeoutException: Read timed out",
        "timed-out",
        "either",
        "never",
        "overload",
        "ss -s",
        ["too slow", "太慢"],
    ),
    (
        "too many open files",
        "too-many-open-files",
        "either",
        "never",
        "overload",
        "ulimit -n",
        ["descriptors", "文件描述符"],
    ),
];

fn json(text: &[u8]) -> Value {
    serde_json::from_slice(text).unwrap_or_else(|error| panic!("{error}: {}", text_of(text)))
}

#[test]
fn every_exception_is_explained_in_both_languages() {
    let house = House::new();
    for (asked, id, hits, noise, cause, command, words) in ROWS {
        for (lang, words) in ["en", "zh"].iter().zip(words) {
            let output = house.run(["explain", asked, "--json", "--lang", lang]);
            assert_eq!(output.status.code(), Some(0), "{asked}");
            let answer = json(&output.stdout);
            let error = &answer["errors"][0];
            let told = (&error["id"], &error["hits"], &error["noise"]);
            assert_eq!(told, (&id.into(), &hits.into(), &noise.into()), "{asked}");
            assert_eq!(answer["causes"][0]["id"], cause, "{asked}");
            assert_eq!(
                (&answer["version"], &answer["lang"]),
                (&1.into(), &(*lang).into())
            );
            let text = text_of(house.run(["explain", asked, "--lang", lang]).stdout);
            // The text is wrapped.
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let bare = |text: &str| text.replace(' ', "");
            assert!(
                bare(&line).contains(&bare(words)),
                "{asked} {lang}: {words}\n{text}"
            );
            assert!(
                command.is_empty() || text.contains(&format!("$ {command}")),
                "{asked}: {text}"
            );
        }
    }
}

/// The same events by the names they have elsewhere.
#[test]
fn every_language_s_name_for_it_is_known() {
    let house = House::new();
    for (asked, id) in [
        ("read ECONNRESET", "reset-by-number"),
        ("write EPIPE", "broken-pipe"),
        ("write: broken pipe", "broken-pipe"),
        ("Errno::EPIPE", "broken-pipe"),
        (
            "System.Net.Sockets.SocketException (104): Connection reset by peer",
            "reset-by-number",
        ),
        ("SocketException 10054", "reset-by-number"),
        ("Os { code: 104 } os error 104", "reset-by-number"),
        ("(os error 32)", "broken-pipe"),
        (
            "recv() failed (104: Connection reset by peer)",
            "reset-by-number",
        ),
        ("(32)Broken pipe", "broken-pipe"),
        ("你的主机中的软件中止了一个已建立的连接", "aborted"),
        ("ClientAbortException", "client-abort"),
        ("NoRouteToHostException", "unreachable"),
        ("java.net.UnknownHostException: db", "unknown-host"),
        (
            "psycopg2.OperationalError: server closed the connection unexpectedly",
            "database-call",
        ),
        ("Error: socket hang up", "http-call"),
        ("use of closed network connection", "socket-closed"),
    ] {
        let answer = json(&house.run(["explain", asked, "--json"]).stdout);
        assert_eq!(
            answer["errors"][0]["id"], id,
            "{asked}: {}",
            answer["errors"]
        );
    }
}

#[test]
fn words_need_no_quotes_and_the_locale_says_in_which_language() {
    let house = House::new();
    let quoted = house.run(["explain", "Broken pipe"]);
    assert_eq!(
        house.run(["explain", "Broken", "pipe"]).stdout,
        quoted.stdout
    );
    let output = house
        .quell(["explain", "Broken pipe"])
        .env("LANG", "zh_CN.UTF-8")
        .output();
    let text = text_of(output.expect("the program starts").stdout);
    assert!(text.starts_with("管道破裂"), "{text}");
}

#[test]
fn a_type_that_many_errors_share_gives_all_of_them() {
    let house = House::new();
    let answer = json(
        &house
            .run(["explain", "java.net.SocketException", "--json"])
            .stdout,
    );
    let errors = answer["errors"].as_array().expect("a list");
    let ids: Vec<&str> = errors
        .iter()
        .filter_map(|error| error["id"].as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "socket-closed",
            "reset-while-reading",
            "reset-while-writing",
            "broken-pipe"
        ]
    );
}

#[test]
fn what_is_not_known_is_said_with_what_is_near() {
    let house = House::new();
    let output = house.run(["explain", "brokn pipe"]);
    let said = text_of(&output.stderr);
    assert!(said.contains("did you mean: Broken pipe"), "{said}");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    let output = house.run(["explain", "--json", "xyzzy"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(json(&output.stdout)["errors"], Value::Array(Vec::new()));
}

#[test]
fn a_rule_and_a_cause_are_explained_by_name() {
    let house = House::new();
    let text = text_of(house.run(["explain", "tomcat-client-gone"]).stdout);
    assert!(
        text.contains("What the rule could hide") && text.contains("(client-left)"),
        "{text}"
    );
    let text = text_of(
        house
            .run(["explain", "small-buffer", "--lang", "zh"])
            .stdout,
    );
    assert!(
        text.contains("8 KiB") && text.contains("setBufferSize"),
        "{text}"
    );
}

#[test]
fn a_record_is_judged_and_the_verdict_explained() {
    let house = House::new();
    let output = house.pipe(noise(1), ["explain", "--json"]);
    let answer = json(&output.stdout);
    let verdict = &answer["verdicts"][0];
    assert_eq!(
        (&verdict["collapsed"], &verdict["tier"]),
        (&true.into(), &"client".into())
    );
    assert_eq!(verdict["rule"], answer["rules"][0]["id"]);
    let owner = verdict["owner"].as_str().expect("an owner");
    assert!(owner.contains("NioChannel.write"), "{owner}");
    assert_eq!(answer["errors"][0]["id"], "broken-pipe");
    let text = text_of(house.pipe(noise(1), ["explain"]).stdout);
    assert!(
        text.starts_with("Collapsed: 1x, first at line 1\n"),
        "{text}"
    );
}

#[test]
fn a_record_that_is_left_alone_says_which_condition_refused_it() {
    let house = House::new();
    let call = noise(1).replace(
        "\tat org.apache.tomcat.util.net.NioChannel.write(NioChannel.java:118)\n",
        "\tat org.postgresql.core.PGStream.flush(PGStream.java:696)\n",
    );
    let answer = json(&house.pipe(&call, ["explain", "--json"]).stdout);
    let verdict = &answer["verdicts"][0];
    assert_eq!(
        (&verdict["collapsed"], &verdict["tier"]),
        (&false.into(), &"dependency".into())
    );
    assert!(["owner", "client"].contains(&verdict["condition"].as_str().expect("a condition")));
    let found = verdict["found"].as_str().expect("what it was");
    assert!(
        found.contains("org.postgresql.core.PGStream.flush"),
        "{found}"
    );
}

#[test]
fn a_line_of_a_rule_that_is_off_says_how_to_switch_it_on() {
    let house = House::new();
    let list = text_of(house.run(["rules", "list", "--json"]).stdout);
    let rules = json(list.as_bytes());
    let rules = rules["rules"].as_array().expect("a list");
    let off = rules.iter().filter(|rule| rule["opt_in"] == true);
    let mut tried = 0;
    for id in off.filter_map(|rule| rule["id"].as_str()) {
        let shown = house.run(["rules", "show", id, "--json"]);
        let record = &json(&shown.stdout)["quiet"][0];
        let record = record.as_str().expect("an example").trim().to_owned() + "\n";
        let way = format!("--enable {id}");
        let text = text_of(house.pipe(&record, ["explain"]).stdout);
        assert!(text.contains(&way), "{id}: {text}");
        let text = text_of(house.pipe(&record, ["rules", "try", "-"]).stdout);
        assert!(
            text.contains(&format!("{id} would take it")),
            "{id}: {text}"
        );
        let text = text_of(house.pipe(&record, ["explain", "--enable", id]).stdout);
        assert!(text.starts_with("Collapsed"), "{id}: {text}");
        tried += 1;
        if tried == 4 {
            break;
        }
    }
    assert!(tried > 0, "there is an opt-in rule");
}

#[test]
fn of_a_file_every_sort_of_verdict_is_explained_once() {
    let house = House::new();
    house.write("app.log", [plain(1), noise(2), noise(3)].concat());
    let text = text_of(house.run(["explain", "app.log"]).stdout);
    assert!(
        text.starts_with("Collapsed: 2x, first at line 2\n"),
        "{text}"
    );
    house.write("quiet.log", plain(1));
    let output = house.run(["explain", "quiet.log"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text_of(&output.stderr).contains("no record in it speaks of a disconnect"));
    let output = house.run(["explain", "./nothing.log"]);
    assert_eq!(output.status.code(), Some(1));
}

/// One line of nginx for a client that left, in this minute, from this address.
fn left(minute: usize, number: usize, peer: &str) -> String {
    format!(
        "2026/11/22 10:{minute:02}:{:02} [info] 78#78: *{number} client prematurely closed connection \
         (104: Connection reset by peer) while sending response to client, client: {peer}, \
         server: shop.example, request: \"GET /files/{number} HTTP/1.1\", host: \"shop.example\"\n",
        number % 60
    )
}

/// A trickle of ten a minute from many, and one minute of 400 from `surge`.
fn surging(surge: impl Fn(usize) -> String) -> String {
    let trickle = |minute| (0..10).map(move |at| left(minute, at, &format!("10.0.0.{at}")));
    let before = (0..8).flat_map(trickle);
    let surge = (0..400).map(|at| left(8, at, &surge(at)));
    before.chain(surge).chain(trickle(9)).collect()
}

#[test]
fn a_surge_names_its_likely_cause_with_the_evidence() {
    let house = House::new();
    let crowd = house.pipe(surging(|at| format!("10.0.1.{}", at % 50)), [""; 0]);
    let crowd = text_of(crowd.stdout);
    assert!(
        crowd.contains("; surge 44x, likely overload: 44 times the usual rate, 50 peers at once\n"),
        "{crowd}"
    );
    let one = text_of(
        house
            .pipe(surging(|_| "10.0.9.9".to_owned()), [""; 0])
            .stdout,
    );
    assert!(
        one.contains("likely hostile-traffic: 400 of 400 from 10.0.9.9\n"),
        "{one}"
    );
}

#[test]
fn the_account_tells_the_trickle_from_the_surges() {
    let house = House::new();
    let log = surging(|at| format!("10.0.1.{}", at % 50));
    let account = json(&house.pipe(&log, ["--stats=json"]).stderr);
    let likely = account["likely"].as_array().expect("a list");
    let told: Vec<_> = likely
        .iter()
        .map(|told| (&told["cause"], &told["records"], &told["windows"]))
        .collect();
    // The first of all was shown.
    assert_eq!(told[0], (&"client-left".into(), &89.into(), &9.into()));
    assert_eq!(told[1], (&"overload".into(), &400.into(), &1.into()));
    let text = text_of(house.pipe(&log, ["--stats"]).stderr);
    assert!(
        text.contains(
            "likely client-left: a steady 89 in 9 windows, 10 peers, 100 % while writing"
        ),
        "{text}"
    );
    assert!(
        text.contains("surges up to 44x, 400 records: likely overload"),
        "{text}"
    );
}
