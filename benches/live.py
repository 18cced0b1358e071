#!/usr/bin/env python3
"""What it costs to keep running: `benches/live.py [--files N] [--lines N] [--idle S] [--out README.md]`.

Measures a quell that follows 1,000 files in one process: its memory, the CPU time that it takes while nothing is written,
and how soon a line is out that is written to one of them; then how soon a finished line is out of a pipe, `cat` for
comparison. Each line is written as soon as the one before has come, and this script's own reading and writing is in the
figures. Prints Markdown, or puts it between the marks `live:begin` and `live:end` of the file that --out names. QUELL
names the program to run; without it target/release/quell is run.
"""

import argparse
import os
import platform
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PATIENCE_S = 60
TICKS_S = os.sysconf("SC_CLK_TCK")
NOISE = (
    b"2026-11-22 10:00:00.000 WARN [worker-1] shop.Orders - answer was not sent\n"
    b"org.apache.catalina.connector.ClientAbortException: java.io.IOException: Broken pipe\n"
    b"\tat org.apache.catalina.connector.OutputBuffer.realWriteBytes(OutputBuffer.java:353)\n"
    b"\tat org.apache.catalina.connector.CoyoteOutputStream.write(CoyoteOutputStream.java:96)\n"
    b"\tat shop.Orders.doGet(Orders.java:41)\n"
    b"Caused by: java.io.IOException: Broken pipe\n"
    b"\tat java.base/sun.nio.ch.SocketDispatcher.write0(Native Method)\n"
    b"\tat org.apache.tomcat.util.net.NioChannel.write(NioChannel.java:135)\n"
)


def fail(text):
    sys.exit(f"live.py: {text}")


def line(number):
    return b"2026-11-22 10:00:00.000 INFO [worker-2] shop.Orders - order %08d is paid\n" % number


class Reader:
    """What a program writes."""

    def __init__(self, program):
        self.program, self.source, self.seen = program, program.stdout.fileno(), b""

    def await_line(self, wanted):
        """Reads until `wanted` has come."""
        while wanted not in self.seen:
            if not select.select([self.source], [], [], PATIENCE_S)[0]:
                fail(f"nothing came for {PATIENCE_S} s; still waiting for {wanted!r}")
            part = os.read(self.source, 1 << 16)
            if not part:
                fail(f"the program has ended: {self.program.stderr.read().decode() if self.program.stderr else str()}")
            self.seen += part
        self.seen = self.seen[self.seen.index(wanted) + len(wanted) :]


def timed(write, reader, own):
    """Microseconds from the beginning of writing a line until it was read again."""
    start = time.perf_counter_ns()
    write(own)
    reader.await_line(own)
    return (time.perf_counter_ns() - start) / 1000


def row(label, micros):
    micros = sorted(micros)
    p50, p99 = micros[len(micros) // 2], micros[len(micros) * 99 // 100]
    return f"| {label} | {p50:.0f} | {p99:.0f} | {micros[-1]:.0f} |"


def piped(command, lines, noise):
    """How soon lines are out of a pipe."""
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    sink, reader, micros = program.stdin.fileno(), Reader(program), []
    for number in range(lines):
        if noise and number % 2 == 1:
            os.write(sink, noise)
        micros.append(timed(lambda own: os.write(sink, own), reader, line(number)))
    program.stdin.close()
    program.stdout.read()
    if program.wait() != 0:
        fail(f"{command[0]} ended with status {program.returncode}")
    return micros


def status(pid, key):
    for text in Path(f"/proc/{pid}/status").read_text().splitlines():
        if text.startswith(key + ":"):
            return int(text.split()[1])
    return fail(f"/proc has no {key}")


def cpu_seconds(pid):
    # The second field is the name, in brackets, and may hold anything.
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_S


def idle(pid, seconds):
    """CPU milliseconds, and how often it woke, in so many seconds in which nothing is written."""
    cpu, woken = cpu_seconds(pid), status(pid, "voluntary_ctxt_switches")
    time.sleep(seconds)
    return 1000 * (cpu_seconds(pid) - cpu), status(pid, "voluntary_ctxt_switches") - woken


def followed(quell, folder, files, lines, seconds, flags):
    """A row on memory and idleness, and how soon lines are out."""
    logs = [folder / f"app-{number:04}.log" for number in range(files)]
    for log in logs:
        log.write_bytes(NOISE)
    command = [quell, "follow", "--from-start", *flags, str(folder / "*.log")]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    reader, sinks = Reader(program), [log.open("ab", buffering=0) for log in logs]
    number = 0
    for sink in sinks:
        # So that each has been read and has shown a record, and has its table of kinds.
        timed(sink.write, reader, line(number))
        number += 1
    # Longer than anything is held, committed or waited for after a line.
    time.sleep(3)
    cpu_ms, woken = idle(program.pid, seconds)
    dice, micros = random.Random(1), []
    for _ in range(lines):
        sink = dice.choice(sinks)
        if number % 2 == 1:
            sink.write(NOISE)
        micros.append(timed(sink.write, reader, line(number)))
        number += 1
    peak, now = status(program.pid, "VmHWM") / 1024, status(program.pid, "VmRSS") / 1024
    program.send_signal(signal.SIGTERM)
    program.stdout.read()
    program.wait()
    return f"{now:.1f} | {peak:.1f} | {cpu_ms:.0f} | {woken}", micros


def machine():
    cpu = "an unknown processor"
    for text in Path("/proc/cpuinfo").read_text().splitlines():
        if text.startswith("model name"):
            cpu = text.split(":", 1)[1].strip()
            break
    return f"{cpu}, {os.cpu_count()} cores, Linux {platform.release()}"


def report(asked):
    quell = os.environ.get("QUELL", "target/release/quell")
    files, lines, seconds = asked.files, asked.lines, asked.idle
    load = os.getloadavg()[0]
    costs, soon = [], []
    for label, more in [("", []), (", `--state`", ["--state"])]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "logs").mkdir()
            flags = [*more, str(folder / "state")] if more else []
            cost, micros = followed(quell, folder / "logs", files, lines, seconds, flags)
        costs.append(f"| `quell follow '*.log'`{label}, {files} files | {cost} |")
        soon.append(row(f"`quell follow '*.log'`{label}, {files} files, noise before every second line", micros))
    for label, command, noise in [
        ("`cat`, a pipe", ["cat"], b""),
        ("`quell`, a pipe", [quell], b""),
        ("`quell`, a pipe, noise before every second line", [quell], NOISE),
    ]:
        soon.append(row(label, piped(command, lines, noise)))
    return "\n".join([
        f"Measured on {time.strftime('%Y-%m-%d')} with `benches/live.py`: {machine()}; load {load:.1f} at the beginning.",
        "",
        f"| | memory MiB | at most MiB | CPU ms in {seconds} idle s | woken meanwhile |",
        "|---|--:|--:|--:|--:|",
        *costs,
        "",
        f"How soon a line is out, of {lines}, in microseconds:",
        "",
        "| | p50 | p99 | max |",
        "|---|--:|--:|--:|",
        *soon,
    ])


def put(path, text):
    begin, end = "<!-- live:begin -->", "<!-- live:end -->"
    page = path.read_text()
    if begin not in page or end not in page:
        fail(f"{path}: there are no marks {begin} and {end} in it")
    before, rest = page.split(begin, 1)
    path.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end, 1)[1]}")


def main():
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    flags.add_argument("--files", type=int, default=1000)
    flags.add_argument("--lines", type=int, default=20_000)
    flags.add_argument("--idle", type=int, default=10, help="seconds")
    flags.add_argument("--out", type=Path)
    asked = flags.parse_args()
    text = report(asked)
    if asked.out:
        put(asked.out, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
