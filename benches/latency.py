#!/usr/bin/env python3
"""How soon a finished line is out: `benches/latency.py [LINES]`, 20,000 unless told otherwise.

Writes lines to a running quell through a pipe, one after the other, each as soon as the one before has come out of the
other pipe, and prints a Markdown table of how long they took, this script's own reading and writing included. In the
second row a repeated disconnect with its trace stands before every second line; `cat` is there for comparison. QUELL
names the program to run; without it target/release/quell is run.
"""

import os
import select
import subprocess
import sys
import time

PATIENCE_S = 10
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


def line(number):
    return b"2026-11-22 10:00:00.000 INFO [worker-2] shop.Orders - order %08d is paid\n" % number


def await_line(source, wanted, seen):
    """Reads until `wanted` has come; returns what was read and is still of use."""
    while wanted not in seen:
        if not select.select([source], [], [], PATIENCE_S)[0]:
            sys.exit(f"latency.py: nothing came for {PATIENCE_S} s; still waiting for {wanted!r}")
        part = os.read(source, 1 << 16)
        if not part:
            sys.exit("latency.py: the program has ended")
        seen += part
    return seen[seen.index(wanted) + len(wanted) :]


def latencies(command, lines, noise):
    """Microseconds from the end of writing a line until it was read again."""
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    sink, source = program.stdin.fileno(), program.stdout.fileno()
    micros, seen = [], b""
    for number in range(lines):
        own = line(number)
        if noise and number % 2 == 1:
            os.write(sink, noise)
        start = time.perf_counter_ns()
        os.write(sink, own)
        seen = await_line(source, own, seen)
        micros.append((time.perf_counter_ns() - start) / 1000)
    program.stdin.close()
    program.stdout.read()
    if program.wait() != 0:
        sys.exit(f"latency.py: {command[0]} ended with status {program.returncode}")
    return sorted(micros)


def main():
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    quell = os.environ.get("QUELL", "target/release/quell")
    rows = [
        ("`cat`", ["cat"], b""),
        ("`quell`", [quell], b""),
        ("`quell`, a disconnect before every second line", [quell], NOISE),
    ]
    print(f"{lines} lines, in microseconds:\n\n| program | p50 | p99 | max |\n|---|--:|--:|--:|")
    for label, command, noise in rows:
        micros = latencies(command, lines, noise)
        p50, p99 = micros[len(micros) // 2], micros[len(micros) * 99 // 100]
        print(f"| {label} | {p50:.0f} | {p99:.0f} | {micros[-1]:.0f} |")


if __name__ == "__main__":
    main()
