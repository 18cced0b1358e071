//! Whole records, language by language: each example is one record, from its head to its last line, with its errors in
//! order from the outermost to the root. What stands around it stays outside.

use quell::record::{Assembly, Extent, Record};

/// A line that certainly belongs to somebody else.
const BEFORE: &str = "2026-11-22 10:00:00.000 INFO [main] c.e.Books : ready\n";
const AFTER: &str = "2026-11-22 10:00:09.000 INFO [main] c.e.Books : next\n";

/// Reads the records of a log: each as its text and the types of its errors.
fn read(log: &str) -> Vec<(String, Vec<String>)> {
    let block = log.as_bytes();
    let mut assembly = Assembly::default();
    let (mut at, mut records) = (0, Vec::new());
    while let (true, Extent::Whole { end }) = (at < block.len(), assembly.read(block, at, true)) {
        let record = Record::parse(block, &assembly.pieces);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let lines: Vec<String> = assembly
            .pieces
            .iter()
            .map(|piece| text(piece.line.text(block)) + "\n")
            .collect();
        let errors = record.links.iter().map(|link| text(link.error)).collect();
        records.push((lines.concat(), errors));
        at = end;
    }
    records
}

/// The example is one record between two others, and its main chain has these errors.
#[track_caller]
fn check(example: &str, errors: &[&str]) {
    let records = read(&[BEFORE, example, AFTER].concat());
    let texts: Vec<&str> = records.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(texts, [BEFORE, example, AFTER]);
    assert_eq!(records[1].1, errors);
}

#[test]
fn logback_with_common_frames_and_suppressed_errors() {
    check(
        "2026-11-22 10:00:01.000 ERROR [exec-1] c.e.Books : export failed\n\
         java.lang.RuntimeException: outer\n\
         \tat com.example.Books.list(Books.java:7)\n\
         \tSuppressed: java.io.IOException: Stream closed\n\
         \t\tat com.example.Books.close(Books.java:9)\n\
         \tCaused by: java.io.IOException: nested below the suppressed one\n\
         \t\t... 1 common frames omitted\n\
         Caused by: java.io.IOException: Broken pipe\n\
         \tat sun.nio.ch.FileDispatcherImpl.write0(Native Method)\n\
         \t... 42 common frames omitted\n",
        &["java.lang.RuntimeException", "java.io.IOException"],
    );
}

#[test]
fn events_that_close_with_a_mark_of_their_own() {
    let trace = "org.apache.catalina.connector.ClientAbortException: java.io.IOException: Broken pipe\n\
                 \tat org.apache.catalina.connector.OutputBuffer.flush(OutputBuffer.java:284)\n\
                 \tat com.example.Books.list(Books.java:7)\n\
                 Caused by: java.io.IOException: Broken pipe\n\
                 \tat sun.nio.ch.FileDispatcherImpl.write0(Native Method)\n\
                 \t... 42 more\n";
    let heads_and_ends = [
        (
            "[#|2026-11-22T10:00:01.000+0100|WARNING|glassfish3.1|web|_ThreadID=13;|Servlet.service() threw exception\n",
            "|#]\n\n",
        ),
        (
            "[2026-11-22T10:00:01.000+0100] [Payara 5] [WARNING] [] [web] [tid: 13] [levelValue: 900] [[\n  \
             Servlet.service() threw exception\n",
            "]]\n\n",
        ),
        (
            "####<Nov 22, 2026 10:00:01 AM CET> <Error> <HTTP> <books> <server1> <exec-4> <> <> <> <1795338001000> \
             <BEA-101017> <Root cause of ServletException.\n",
            "> \n",
        ),
    ];
    for (head, end) in heads_and_ends {
        check(
            &[head, trace, end].concat(),
            &[
                "org.apache.catalina.connector.ClientAbortException",
                "java.io.IOException",
            ],
        );
    }
}

#[test]
fn the_root_first_and_a_circular_reference() {
    check(
        "2026-11-22 10:00:01.000 ERROR [exec-1] c.e.Books : export failed\n\
         java.io.IOException: Broken pipe\n\
         \tat com.example.Books.list(Books.java:7)\n\
         Wrapped by: java.lang.RuntimeException: outer\n\
         \tat com.example.Books.main(Books.java:3)\n\
         \t[CIRCULAR REFERENCE: java.io.IOException: Broken pipe]\n",
        &["java.lang.RuntimeException", "java.io.IOException"],
    );
}

#[test]
fn a_head_in_two_lines_and_the_blank_line_behind_its_trace() {
    check(
        "Nov 22, 2026 10:00:01 AM com.example.Books list\n\
         SEVERE: export failed\n\
         java.io.IOException: Broken pipe\n\
         \tat com.example.Books.list(Books.java:7)\n\
         \n",
        &["java.io.IOException"],
    );
}

#[test]
fn spring_boots_blank_lines_and_reactors_marks() {
    check(
        "2026-11-22 10:00:01.000 ERROR 4711 --- [nio-8080-exec-1] c.e.Books : export failed\n\
         \n\
         java.io.IOException: Broken pipe\n\
         \tat com.example.Books.list(Books.java:7)\n\
         \tSuppressed: reactor.core.publisher.FluxOnAssembly$OnAssemblyException: \n\
         Error has been observed at the following site(s):\n\
         \t*__checkpoint \u{21e2} HTTP GET \"/books\"\n\
         Original Stack Trace:\n\
         \t\tat com.example.Books.list(Books.java:7)\n\
         \n",
        &["java.io.IOException"],
    );
}

#[test]
fn jettys_cause_on_a_line_of_its_own_and_tomcats_indent() {
    check(
        "2026-11-22 10:00:01.000:WARN:oejs.HttpChannel:qtp1-2: cannot serve /books\n\
         org.eclipse.jetty.io.EofException\n\
         \tat org.eclipse.jetty.io.ChannelEndPoint.flush(ChannelEndPoint.java:279)\n\
         Caused by: \n\
         java.io.IOException: Broken pipe\n\
         \tat sun.nio.ch.FileDispatcherImpl.write0(Native Method)\n",
        &["org.eclipse.jetty.io.EofException", "java.io.IOException"],
    );
    check(
        "22-Nov-2026 10:00:01.000 SEVERE [exec-1] com.example.Books.list export failed\n\
         \tjava.lang.RuntimeException: outer\n\
         \t\tat com.example.Books.list(Books.java:7)\n\
         \tCaused by: java.io.IOException: Broken pipe\n\
         \t\t... 3 more\n",
        &["java.lang.RuntimeException", "java.io.IOException"],
    );
}

#[test]
fn python_chains_carets_and_messages_of_several_lines() {
    check(
        "2026-11-22 10:00:01,000 ERROR books: export failed\n\
         Traceback (most recent call last):\n\
         \x20 File \"/opt/books/list.py\", line 7, in list\n\
         \x20   send(page)\n\
         \x20   ~~~~^^^^^^\n\
         BrokenPipeError: [Errno 32] Broken pipe\n\
         \n\
         During handling of the above exception, another exception occurred:\n\
         \n\
         Traceback (most recent call last):\n\
         \x20 File \"/opt/books/list.py\", line 9, in list\n\
         \x20   raise ExportError(page)\n\
         books.ExportError: page 3\n\
         \tof 4 was not sent\n",
        &["books.ExportError", "BrokenPipeError"],
    );
}

#[test]
fn pythons_exception_groups() {
    check(
        "2026-11-22 10:00:01,000 ERROR books: export failed\n\
         \x20 + Exception Group Traceback (most recent call last):\n\
         \x20 |   File \"/opt/books/list.py\", line 7, in list\n\
         \x20 | ExceptionGroup: two pages (2 sub-exceptions)\n\
         \x20 +-+---------------- 1 ----------------\n\
         \x20   | BrokenPipeError: [Errno 32] Broken pipe\n\
         \x20   +------------------------------------\n",
        &[],
    );
}

#[test]
fn socketservers_frame_of_dashes() {
    let dashes = "-".repeat(40);
    check(
        &format!(
            "{dashes}\nException occurred during processing of request from ('192.0.2.7', 51234)\n\
             Traceback (most recent call last):\n\
             \x20 File \"/opt/books/list.py\", line 7, in handle\n\
             \x20   self.request.recv(10)\n\
             ConnectionResetError: [Errno 104] Connection reset by peer\n{dashes}\n"
        ),
        &["ConnectionResetError"],
    );
}

#[test]
fn nodes_causes_and_inspect_blocks() {
    check(
        "2026-11-22T10:00:01.000Z ERROR export failed TypeError: fetch failed\n\
         \x20   at fetch (node:internal/deps/undici/undici:14976:13) {\n\
         \x20 [cause]: Error: read ECONNRESET\n\
         \x20     at TCP.onStreamRead (node:internal/stream_base_commons:218:20) {\n\
         \x20   code: 'ECONNRESET'\n\
         \x20 }\n\
         }\n",
        &["TypeError", "Error"],
    );
}

#[test]
fn a_process_of_nodes_that_dies() {
    check(
        "node:events:502\n\
         \x20     throw er; // Unhandled 'error' event\n\
         \x20     ^\n\
         \n\
         Error: read ECONNRESET\n\
         \x20   at TCP.onStreamRead (node:internal/stream_base_commons:218:20)\n\
         Emitted 'error' event on Socket instance at:\n\
         \x20   at emitErrorNT (node:internal/streams/destroy:170:8) {\n\
         \x20 code: 'ECONNRESET'\n\
         }\n\
         \n\
         Node.js v20.20.2\n",
        &["Error"],
    );
}

#[test]
fn gos_panics_and_goroutines() {
    check(
        "2026/11/22 10:00:01 http: panic serving 192.0.2.7:51234: broken\n\
         goroutine 245 [running]:\n\
         net/http.(*conn).serve.func1()\n\
         \t/usr/lib/go/src/net/http/server.go:1850 +0xbf\n\
         panic({0x69bae0, 0x75f640})\n\
         \t/usr/lib/go/src/runtime/panic.go:890 +0x262\n\
         \n\
         goroutine 1 [IO wait]:\n\
         main.main()\n\
         \t/opt/books/main.go:14 +0x2e\n\
         created by net/http.(*Server).Serve\n\
         \t/usr/lib/go/src/net/http/server.go:3102 +0x4db\n",
        &[],
    );
}

#[test]
fn dotnets_inner_exceptions() {
    check(
        "fail: Books.List[13]\n\
         \x20     An unhandled exception has occurred.\n\
         \x20     System.IO.IOException: Unable to write data\n\
         \x20      ---> System.Net.Sockets.SocketException (32): Broken pipe\n\
         \x20        at System.Net.Sockets.NetworkStream.Write(Byte[] buffer)\n\
         \x20        --- End of inner exception stack trace ---\n\
         \x20        at Books.List.Send(String page) in /opt/books/List.cs:line 7\n",
        &[
            "System.IO.IOException",
            "System.Net.Sockets.SocketException",
        ],
    );
}

#[test]
fn ruby_php_rust_and_erlang() {
    check(
        "E, [2026-11-22T10:00:01.000000 #4711] ERROR -- : Errno::EPIPE: Broken pipe\n\
         \t/usr/lib/ruby/3.1.0/socket.rb:12:in `write'\n\
         \tfrom /opt/books/list.rb:7:in `list'\n",
        &["Errno::EPIPE"],
    );
    // Ruby's own Logger prints the type behind the message, and the frames at the margin.
    check(
        "E, [2026-11-22T10:00:01.000000 #4711] ERROR -- : end of file reached (EOFError)\n\
         /usr/lib/ruby/3.1.0/net/protocol.rb:227:in `rbuf_fill'\n\
         list.ru:7:in `each'\n",
        &["EOFError"],
    );
    check(
        "[22-Nov-2026 10:00:01 UTC] PHP Fatal error:  Uncaught RuntimeException: broken in /opt/books/list.php:3\n\
         Stack trace:\n\
         #0 /opt/books/list.php(12): send()\n\
         #1 {main}\n\
         \x20 thrown in /opt/books/list.php on line 3\n",
        &["RuntimeException"],
    );
    check(
        "thread 'main' panicked at src/main.rs:4:5:\n\
         called `Result::unwrap()` on an `Err` value: Os { code: 32 }\n\
         stack backtrace:\n\
         \x20  0: rust_begin_unwind\n\
         \x20            at /rustc/library/std/src/panicking.rs:689:5\n\
         note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.\n",
        &[],
    );
    check(
        "2026-11-22 10:00:01.000 [error] <0.612.0> ** Generic server <0.612.0> terminating\n\
         ** Last message in was {tcp_closed}\n\
         ** Reason for termination ==\n\
         \x20  {badmatch, closed}\n",
        &[],
    );
}

#[test]
fn weblogics_heads_stand_in_angle_brackets() {
    check(
        "<Nov 22, 2026 10:00:01,305 AM UTC> <Error> <HTTP> <BEA-101017> <Root cause of ServletException.\n\
         java.net.SocketException: Broken pipe (Write failed)\n\
         \tat weblogic.servlet.internal.ChunkOutput.flush(ChunkOutput.java:527)\n",
        &["java.net.SocketException"],
    );
}

#[test]
fn gins_report_shows_the_request_in_red() {
    check(
        "\x1B[31m2026/11/22 10:00:01 write tcp 192.0.2.1:8080->192.0.2.7:51234: write: broken pipe\n\
         GET /books HTTP/1.1\n\
         Host: books.example\n\
         \n\
         \x1B[0m\n",
        &[],
    );
}

#[test]
fn koas_errors_are_two_blanks_deep() {
    let koa = "\x20 Error: aborted\n\
         \x20     at abortIncoming (node:_http_server:796:17)\n\
         \x20     at socketOnClose (node:_http_server:790:3)\n";
    let records = read(&format!("\n{koa}\n"));
    let texts: Vec<&str> = records.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(texts, ["\n", koa, "\n"]);
    let java =
        "  java.io.IOException: Broken pipe\n      at com.example.Books.list(Books.java:7)\n";
    assert_eq!(read(java).len(), 2);
}

#[test]
fn an_erlang_report_repeats_stamp_and_process_on_each_line() {
    let line = |process, text| {
        format!("2026-11-22 10:00:01.113207+00:00 [warning] <0.{process}.0> {text}\n")
    };
    let one =
        line(833, "closing AMQP connection <0.833.0>:") + &line(833, "client unexpectedly closed");
    let other =
        line(834, "closing AMQP connection <0.834.0>:") + &line(834, "client unexpectedly closed");
    check(&one, &[]);
    let records = read(&[BEFORE, &one, &other, AFTER].concat());
    let texts: Vec<&str> = records.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(texts, [BEFORE, one.as_str(), other.as_str(), AFTER]);
}

#[test]
fn a_line_of_another_thread_passes_through_a_trace() {
    let access = "192.0.2.7 - - [22/Nov/2026 10:00:01] \"GET /books HTTP/1.1\" 200 -\n";
    let trace = |middle: &str| {
        format!(
            "java.io.IOException: Broken pipe\n\
             \tat sun.nio.ch.FileDispatcherImpl.write0(Native Method)\n{middle}\
             \tat com.example.Books.list(Books.java:7)\n"
        )
    };
    for middle in [access, AFTER] {
        let records = read(&[BEFORE, &trace(middle), AFTER].concat());
        let texts: Vec<&str> = records.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, [BEFORE, &trace(""), AFTER], "{middle}");
    }
}
