#!/bin/sh
# Measures `quell compact` on a made-up Tomcat log: one thread and two, and zstd beside it. Prints a table.
#
#     benches/compact.sh [SIZE] [FOLDER]        1G by default, in a temporary folder
#
# What counts is the wall time, on a machine that does nothing else; memory is the most that was resident.
set -eu
cd "$(dirname "$0")/.."
size=${1:-1G}
folder=$(mktemp -d "${2:-${TMPDIR:-/tmp}}/quell-compact.XXXXXX")
trap 'rm -rf "$folder"' EXIT

cargo build --release --locked --quiet --bin quell --example loggen
quell=$PWD/target/release/quell
target/release/examples/loggen --bytes "$size" --noise 30 >"$folder/log"

# measure NAME COMMAND...: the best of three, reading the log and writing a file.
measure() {
    name=$1
    shift
    for _ in 1 2 3; do
        rm -f "$folder/attic"
        command time -f '%e %U %S %M' -o "$folder/times" "$@" <"$folder/log" >"$folder/out"
        cat "$folder/times"
    done | sort -n | head -n 1 | {
        read -r wall user sys memory
        bytes=$(wc -c <"$folder/out")
        printf '| %s | %s s | %s s | %s MiB | %s MB |\n' "$name" "$wall" \
            "$(echo "$user + $sys" | bc)" "$((memory / 1024))" "$((bytes / 1000000))"
    }
}

printf '| what | wall | processor | memory | output |\n|---|---|---|---|---|\n'
for jobs in 1 2; do
    measure "compact to zstd, $jobs threads" "$quell" compact --jobs "$jobs" --compress zst --attic "$folder/attic"
done
for jobs in 1 2; do
    measure "compact to plain text, $jobs threads" "$quell" compact --jobs "$jobs" --compress none --attic "$folder/attic"
done
measure "zstd -3" zstd -3 -q -c
taken=$(("$(wc -c <"$folder/log")" - "$("$quell" "$folder/log" | wc -c)"))
attic=$("$quell" compact --compress none --attic "$folder/attic" <"$folder/log" >/dev/null && wc -c <"$folder/attic")
printf '\nattic: %s bytes, for %s bytes taken out\n' "$attic" "$taken"
