"""Runs pipes of programs in turn and prints a Markdown table of what they took. Used by peers.sh.

    measure.py speed|worn|start|limits RUNS BYTES < plan

The plan has one pipe per line, its fields ended by the byte 1F: a label, the number (from 0) of the command that is
measured, and the commands, with `--` between them.
"""

import os
import statistics
import subprocess
import sys
import time

NULL = os.open(os.devnull, os.O_RDWR)
GIB, MIB = 1 << 30, 1 << 20


def read_plan(lines):
    """The plan as (label, number of the measured command, commands)."""
    rows = []
    for line in lines:
        label, measured, *words = line.rstrip("\n").split("\x1f")[:-1]
        commands = [[]]
        for word in words:
            if word == "--":
                commands.append([])
            else:
                commands[-1].append(word)
        rows.append((label, int(measured), commands))
    return rows


def spawn(commands, out):
    """Starts a pipe that ends in the descriptor `out`; returns the process ids in its order."""
    pids, source = [], NULL
    for number, command in enumerate(commands):
        next_source, sink = os.pipe() if number + 1 < len(commands) else (None, out)
        ends = [(os.POSIX_SPAWN_DUP2, source, 0), (os.POSIX_SPAWN_DUP2, sink, 1)]
        pids.append(os.posix_spawnp(command[0], command, os.environ, file_actions=ends))
        for end in (source, sink):
            if end not in (NULL, out):
                os.close(end)
        source = next_source
    return pids


def reap(label, pids):
    """Waits for a pipe; returns each command's processor time in seconds."""
    seconds = []
    for pid in pids:
        _, status, usage = os.wait4(pid, 0)
        if status != 0:
            sys.exit(f"measure.py: '{label}' failed: exit status {os.waitstatus_to_exitcode(status)}")
        seconds.append(usage.ru_utime + usage.ru_stime)
    return seconds


def timed(row):
    """Runs a row once: wall time, processor time of the measured command and of all, in seconds."""
    label, measured, commands = row
    start = time.perf_counter()
    seconds = reap(label, spawn(commands, NULL))
    return time.perf_counter() - start, seconds[measured], sum(seconds)


def in_turn(rows, runs):
    """The times of each row's runs. Every other round goes backwards, so that no row always follows the same one."""
    times = [[] for _ in rows]
    for turn in range(runs):
        order = range(len(rows)) if turn % 2 == 0 else reversed(range(len(rows)))
        for number in order:
            times[number].append(timed(rows[number]))
    return times


def peak_memory(pid):
    """The peak resident memory of a running program in bytes, looked at until it ends.

    Not ru_maxrss, which for a program started from here is never less than this interpreter's own.
    """
    peak = 0
    while True:
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            found = [line for line in status if line.startswith("VmHWM:")]
        if not found:
            return peak
        peak = max(peak, int(found[0].split()[1]) * 1024)
        time.sleep(0.002)


def sized(row):
    """Runs a row that ends in `cat` once, untimed: peak memory of the measured command, and bytes of output."""
    label, measured, commands = row
    read_end, write_end = os.pipe()
    pids = spawn([*commands[:-1], ["wc", "-c"]], write_end)
    os.close(write_end)
    peak = peak_memory(pids[measured])
    reap(label, pids)
    with os.fdopen(read_end) as count:
        return peak, int(count.read())


def table(header, lines):
    """Prints lines of cells, the first of each being a command."""
    print("| " + " | ".join(header) + " |")
    print("|---|" + "--:|" * (len(header) - 1))
    for label, *cells in lines:
        command = label.replace("|", r"\|")
        print(f"| `{command}` | " + " | ".join(cells) + " |")


def speed(rows, runs, size):
    """The comparison; `size` is the log's, in bytes. Ratios are taken within a round, then their median."""
    times = in_turn(rows, runs)
    lines = []
    for row, runs_of_row in zip(rows, times):
        walls, owns, wholes = zip(*runs_of_row)
        wall = statistics.median(walls)
        ratio = statistics.median(wall / cat[0] for wall, cat in zip(walls, times[0]))
        peak, left = sized(row)
        lines.append((
            row[0],
            f"{wall:.2f} ({min(walls):.2f}..{max(walls):.2f})",
            f"{size / wall / 1e6:.0f}",
            f"{ratio:.2f}",
            f"{statistics.median(owns) * GIB / size:.2f}",
            f"{statistics.median(wholes) * GIB / size:.2f}",
            f"{peak / MIB:.1f}",
            f"{100 * left / size:.2f} %",
        ))
    table(
        ("command", "wall s (from..to)", "MB/s", "times cat", "CPU s/GiB", "whole pipe", "peak memory MiB", "output"),
        lines,
    )


def worn(rows, runs, _):
    """One program on several files: speed by the measured command's own processor time, over that of the first row."""
    times = in_turn(rows, runs)
    sizes = [os.path.getsize(commands[measured][-1]) for _, measured, commands in rows]
    speeds = [[size / own / 1e6 for _, own, _ in runs_of_row] for size, runs_of_row in zip(sizes, times)]
    lines = []
    for row, size, runs_of_row, speed_of_row in zip(rows, sizes, times, speeds):
        wall = statistics.median(wall for wall, _, _ in runs_of_row)
        ratio = statistics.median(own / first for own, first in zip(speed_of_row, speeds[0]))
        _, left = sized(row)
        lines.append((
            row[0],
            f"{size / wall / 1e6:.0f}",
            f"{statistics.median(speed_of_row):.0f}",
            f"{ratio:.2f}",
            f"{100 * left / size:.2f} %",
        ))
    table(("command", "MB/s", "MB per CPU second", "of the plain log's", "output"), lines)


def start(rows, runs, _):
    """From spawning a program to its end."""
    lines = []
    for row, runs_of_row in zip(rows, in_turn(rows, runs)):
        wall = statistics.median(wall for wall, _, _ in runs_of_row)
        lines.append((row[0], f"{1000 * wall:.2f}"))
    table(("command", "ms"), lines)


def limits(rows, runs, _):
    """What a program holds in memory, and whether anything is missing behind it."""
    lines = []
    for row in rows:
        wall = statistics.median(timed(row)[0] for _ in range(runs))
        peak, left = sized(row)
        lines.append((row[0], f"{wall:.2f}", f"{peak / MIB:.1f}", f"{left}"))
    table(("command", "wall s", "peak memory MiB", "output bytes"), lines)


if __name__ == "__main__":
    kind, runs_wanted, size_in_bytes = sys.argv[1:]
    {"speed": speed, "worn": worn, "start": start, "limits": limits}[kind](read_plan(sys.stdin), int(runs_wanted), int(size_in_bytes))
