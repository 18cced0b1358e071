#!/usr/bin/env python3
"""Drains a file under writers at full speed and counts what became of every line; and, for comparison, rotates one with
logrotate's copytruncate under the same writers.

    cargo build --release
    benches/drain.py drain --lines 20000000 [--writers 4] [--batch 65536] [--folder DIR] [--collapse always] [--writer append]
    benches/drain.py copytruncate --rate 10000 --rotations 20 [--folder DIR]
"""

import argparse
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

QUELL = pathlib.Path(__file__).resolve().parent.parent / "target/release/quell"

WRITER = """
import os, sys, time
path, name, lines, batch, rate = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
text, begun = [], time.monotonic()
size = 0
for number in range(lines):
    line = b"w%s %010d some text of a line\\n" % (name.encode(), number)
    if batch:
        text.append(line)
        size += len(line)
        if size >= batch or number + 1 == lines:
            os.write(fd, b"".join(text))
            text, size = [], 0
    else:
        os.write(fd, line)
    if rate and number % 100 == 0:
        ahead = begun + number / rate - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
"""


def writers(path, count, lines, batch=0, rate=0):
    """Starts that many, each of which writes its share."""
    command = [sys.executable, "-c", WRITER, str(path)]
    return [
        subprocess.Popen([*command, str(number), str(lines // count), str(batch), str(rate)])
        for number in range(count)
    ]


def count(paths, names):
    """How many whole lines there are, how many of them were seen before, how many are no line, and how many are missing
    below the last that each writer has."""
    seen = [0] * names
    lines = doubled = torn = missing = 0
    for path in paths:
        with open(path, "rb") as file:
            for line in file:
                if len(line) != len(b"w0 0000000000 some text of a line\n") or line[:1] != b"w":
                    torn += 1
                    continue
                writer, number = int(line[1:2]), int(line[3:13])
                lines += 1
                if number < seen[writer]:
                    doubled += 1
                else:
                    missing += number - seen[writer]
                    seen[writer] = number + 1
    return lines, doubled, torn, missing, seen


def drain(asked, folder):
    source, target = folder / "app.log", folder / "app.quiet.log"
    source.touch()
    command = [QUELL, "drain", source, "-o", target, "--collapse", asked.collapse, "--writer", asked.writer]
    drainer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    peak, done = [0], threading.Event()

    def watch():
        while not done.wait(0.005):
            peak[0] = max(peak[0], os.stat(source).st_blocks * 512)

    watcher = threading.Thread(target=watch)
    watcher.start()
    begun = time.monotonic()
    for writer in writers(source, asked.writers, asked.lines, asked.batch):
        writer.wait()
    written = time.monotonic() - begun
    share = asked.lines // asked.writers
    bytes_in = share * asked.writers * len(b"w0 0000000000 some text of a line\n")
    while not target.exists() or os.stat(target).st_size < bytes_in:
        time.sleep(0.001)
        if time.monotonic() - begun > written + 120:
            break
    lag = time.monotonic() - begun - written
    done.set()
    watcher.join()
    drainer.send_signal(signal.SIGTERM)
    drainer.wait()
    lines, doubled, torn, missing, seen = count([target], asked.writers)
    lost = missing + sum(share - last for last in seen)
    length = os.stat(source).st_size
    print(
        f"| {asked.writers} x {'batch' if asked.batch else 'line'} | {lines:,} | {bytes_in / written / 1e6:.0f} MB/s "
        f"| {lost} | {doubled} | {torn} | {peak[0] / 2**20:.1f} MiB | {lag * 1000:.0f} ms | {length / 2**20:.1f} MiB |"
    )
    return lost + doubled + torn


def copytruncate(asked, folder):
    source = folder / "app.log"
    source.touch()
    conf = folder / "logrotate.conf"
    conf.write_text(f"{source} {{\n  copytruncate\n  rotate 100000\n  missingok\n  su root root\n}}\n")
    conf.chmod(0o644)
    lines = int(asked.rate * asked.rotations * 0.5) if asked.rate else 10**9
    writer = writers(source, 1, lines, 0, asked.rate)[0]
    for _ in range(asked.rotations):
        time.sleep(0.5)
        subprocess.run(["logrotate", "-f", "-s", folder / "state", conf], check=True)
    if asked.rate:
        writer.wait()
    else:
        writer.kill()
        writer.wait()
    rotated = sorted(folder.glob("app.log.*"), key=lambda path: -int(path.suffix[1:]))
    kept, doubled, torn, lost, _ = count([*rotated, source], 1)
    rate = f"{asked.rate:,.0f} lines/s" if asked.rate else "as fast as it can"
    print(f"| {rate} | {asked.rotations} | {kept:,} | {lost:,} | {lost / asked.rotations:,.0f} | {torn} |")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["drain", "copytruncate"])
    parser.add_argument("--lines", type=int, default=20_000_000)
    parser.add_argument("--writers", type=int, default=1)
    parser.add_argument("--batch", type=int, default=0)
    parser.add_argument("--collapse", default="auto")
    parser.add_argument("--writer", default="auto", help="`append` where a program hides what it has open")
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--rotations", type=int, default=20)
    parser.add_argument("--folder", default=None, help="on the file system to be tried")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        act = drain if asked.what == "drain" else copytruncate
        sys.exit(1 if act(asked, pathlib.Path(folder)) else 0)


if __name__ == "__main__":
    main()
