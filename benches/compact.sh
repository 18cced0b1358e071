#!/bin/sh
# Measures `quell compact` on a made-up Tomcat log: one thread and two, and zstd beside it. Prints a table.
#
#     benches/compact.sh [SIZE] [FOLDER]        1G by default, in a temporary folder
#
# What counts is the wall time, on a machine that does nothing else; memory is the most that was resident. What was taken
# out is put back at the end, and held against the log.
set -eu
cd "$(dirname "$0")/.."
size=${1:-1G}
folder=$(mktemp -d "${2:-${TMPDIR:-/tmp}}/quell-compact.XXXXXX")
trap 'rm -rf "$folder"' EXIT

[ -n "${QUELL:-}" ] || cargo build --release --locked --quiet --bin quell
cargo build --release --locked --quiet --example loggen
quell=${QUELL:-$PWD/target/release/quell}
target/release/examples/loggen --bytes "$size" --noise 30 >"$folder/log"

# measure NAME COMMAND...: the best of three, reading the log and writing a file; its wall time is left in $wall.
measure() {
    name=$1
    shift
    for _ in 1 2 3; do
        rm -f "$folder/attic"
        command time -f '%e %U %S %M' -o "$folder/times" "$@" <"$folder/log" >"$folder/out"
        cat "$folder/times"
    done | sort -n | head -n 1 >"$folder/best"
    read -r wall user sys memory <"$folder/best"
    bytes=$(wc -c <"$folder/out")
    printf '| %s | %s s | %s s | %s MiB | %s MB |\n' "$name" "$wall" \
        "$(echo "$user + $sys" | bc)" "$((memory / 1024))" "$((bytes / 1000000))"
}

printf '| what | wall | processor | memory | output |\n|---|---|---|---|---|\n'
measure "compact to zstd, 1 thread" "$quell" compact --jobs 1 --compress zst --attic "$folder/attic"
one=$wall
measure "compact to zstd, 2 threads" "$quell" compact --jobs 2 --compress zst --attic "$folder/attic"
two=$wall
for jobs in 1 2; do
    measure "compact to plain text, $jobs threads" "$quell" compact --jobs "$jobs" --compress none --attic "$folder/attic"
done
measure "zstd -3" zstd -3 -q -c
printf '\nto zstd: two threads %s times as fast as one; zstd -3 takes %s times as long as two threads\n' \
    "$(echo "scale=2; $one / $two" | bc)" "$(echo "scale=2; $wall / $two" | bc)"

rm -f "$folder/attic" "$folder/out"
stats=$("$quell" compact --compress none --attic "$folder/attic" --stats=json <"$folder/log" 2>&1 >"$folder/out")
taken=$(echo "$stats" | sed 's/.*"suppressed":{[^}]*"bytes":\([0-9]*\).*/\1/')
attic=$(wc -c <"$folder/attic")
printf 'attic: %s bytes for %s bytes taken out, %s %%\n' "$attic" "$taken" "$(echo "scale=2; $attic * 100 / $taken" | bc)"
"$quell" restore "$folder/out" --attic "$folder/attic" -o - | cmp - "$folder/log"
