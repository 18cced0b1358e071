#!/usr/bin/env python3
"""What the rules cost: `benches/rules.py [--bytes 512M] [--runs 9] [--out docs/rules.md]`.

Prints a Markdown table: how long `quell rules test` takes, how soon the first byte is out, what 10,000 rules of a user's
own need, and how fast a clean log goes through with all rules in force, against the programs of the first rules alone.
Runs that are compared take turns, and the middle one counts. --out FILE puts the table between FILE's lines
<!-- rules:begin --> and <!-- rules:end -->. QUELL and LOGGEN name the programs to run; without them
target/release/quell and target/release/examples/loggen are run (cargo build --release --bins --examples).
Needs room for one log in TMPDIR; nothing stays there.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

# The programs whose rules were there first.
FIRST = (
    "aiohttp asgi asyncio django express go gunicorn java jdk-http-server jetty netty nginx node postgresql python"
    " socketserver spring tomcat tornado undertow waitress zookeeper"
).split()
OWN_RULES = 10_000
RULES_PER_FILE = 4_000
STARTS = 101
WORDS = "alder birch cedar doum ebony fir gum hazel ivy juniper kauri larch maple nutmeg oak pine quince rowan".split()
LINE = b"2026-11-22 10:00:00.000 INFO [worker-1] shop.Orders - order 17 is paid\n"

RULE = """
[[rule]]
id = "own-{number}"
tier = "client"
cause = "client-left"
why = "Guests of the {word} leave when they like."
hides = "Nothing that is known."
[rule.line]
pattern = '^\\d{{4}}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d WARN {word}: guest (?P<peer>[0-9.]+) left the {word} room (?P<path>/\\S*)$'
[rule.proof]
quiet = ["{head}: guest 10.0.0.7 left the {word} room /a", "{head}: guest 10.0.0.8 left the {word} room /b"]
loud = ["{head}: guest 10.0.0.7 left the {word} room /a: refused", "{head}: guest 10.0.0.7 burnt the {word} room /a"]
"""


def write_rules(folder, count):
    """As many rules of a user's own, each with its proof, in files that are no larger than they may be."""
    folder.mkdir()
    for first in range(0, count, RULES_PER_FILE):
        text = 'version = 1\nprogram = "own"\ntitle = "Own"\n'
        for number in range(first, min(count, first + RULES_PER_FILE)):
            word = f"{WORDS[number % len(WORDS)]}{number}"
            text += RULE.format(number=number, word=word, head=f"2026-11-22 10:00:00 WARN {word}")
        (folder / f"own-{first}.toml").write_text(text)


def start(quell, args):
    """Milliseconds from the start to the first byte, and the peak of resident memory then, in MiB."""
    begun = time.perf_counter()
    child = subprocess.Popen([quell, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdin.write(LINE)
    child.stdin.flush()
    if os.read(child.stdout.fileno(), 1) != LINE[:1]:
        sys.exit("rules.py: the program ended without a line")
    took = (time.perf_counter() - begun) * 1000
    status = pathlib.Path(f"/proc/{child.pid}/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    child.stdin.close()
    child.stdout.read()
    child.wait()
    return took, peak / 1024


def flow(quell, args, log):
    """Seconds that a log takes through a pipe, and seconds of processor time that the program itself takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    with open(os.devnull, "wb") as nowhere:
        child = subprocess.Popen([quell, *args, log], stdout=subprocess.PIPE)
        sink = subprocess.Popen(["cat"], stdin=child.stdout, stdout=nowhere)
        child.stdout.close()
        child.wait()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        sink.wait()
    took = time.perf_counter() - begun
    return took, used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime


def in_turn(runs, *ways):
    """The results of each way, one run of each after the other, every other round backwards."""
    results = [[] for _ in ways]
    for round_number in range(runs):
        order = range(len(ways)) if round_number % 2 == 0 else reversed(range(len(ways)))
        for at in order:
            results[at].append(ways[at]())
    return results


def middle(results, at=0):
    return statistics.median(result[at] for result in results)


def timed(command):
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - begun,)


def measure(quell, loggen, size, runs, work):
    first = [arg for program in FIRST for arg in ("--only", program)]
    own = work / "own"
    write_rules(own, OWN_RULES)
    log = work / "clean.log"
    with open(log, "wb") as out:
        subprocess.run([loggen, "--bytes", size, "--noise", "0"], check=True, stdout=out)
    total = log.stat().st_size
    flow(quell, [], log)

    listed = json.loads(subprocess.run([quell, "rules", "list", "--json"], check=True, capture_output=True).stdout)
    yield f"`quell rules test`, {len(listed['rules'])} rules", f"{middle(in_turn(runs, lambda: timed([quell, 'rules', 'test']))[0]):.2f} s"
    everything, early = in_turn(STARTS, lambda: start(quell, []), lambda: start(quell, first))
    yield "start to first byte, all rules", f"{middle(everything):.1f} ms, {middle(everything, 1):.1f} MiB"
    yield "start to first byte, the first rules alone", f"{middle(early):.1f} ms, {middle(early, 1):.1f} MiB"
    loaded = in_turn(3, lambda: start(quell, ["--rules", str(own)]))[0]
    yield f"start to first byte, {OWN_RULES:,} own rules besides, proofs made", f"{middle(loaded) / 1000:.2f} s, {middle(loaded, 1):.0f} MiB"
    everything, early = in_turn(runs, lambda: flow(quell, [], log), lambda: flow(quell, first, log))
    for label, results in (("all rules", everything), ("the first rules alone", early)):
        wall, used = total / middle(results) / 1e9, total / middle(results, 1) / 1e9
        yield f"clean log through a pipe, {label}", f"{wall:.2f} GB/s, {used:.2f} GB per second of processor time"
    share = middle(early, 1) / middle(everything, 1)
    yield "all rules against the first, by processor time", f"{share:.0%} of their speed"


def main():
    parser = argparse.ArgumentParser(description="What the rules cost.")
    parser.add_argument("--bytes", default="512M")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--out", type=pathlib.Path)
    asked = parser.parse_args()
    quell = os.environ.get("QUELL", "target/release/quell")
    loggen = os.environ.get("LOGGEN", "target/release/examples/loggen")
    with tempfile.TemporaryDirectory() as work:
        rows = list(measure(quell, loggen, asked.bytes, asked.runs, pathlib.Path(work)))
    table = "| what | measured |\n|---|---|\n" + "".join(f"| {what} | {figure} |\n" for what, figure in rows)
    print(table, end="")
    if asked.out:
        text = asked.out.read_text()
        begin, end = "<!-- rules:begin -->\n", "<!-- rules:end -->"
        if begin not in text or end not in text:
            sys.exit(f"rules.py: {asked.out} has no lines {begin.strip()} and {end}")
        head, rest = text.split(begin, 1)
        asked.out.write_text(head + begin + table + end + rest.split(end, 1)[1])


if __name__ == "__main__":
    main()
