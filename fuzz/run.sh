#!/bin/sh
# Fuzzes every target for SECONDS (20) each; fails on the first crash.
#
#     fuzz/run.sh [SECONDS] [TARGET...]          FUZZ_SEED=0 hunts at random; without it each run takes the same way
#
# Stable Rust is enough: the instrumentation is the compiler's own, and there is no sanitizer, since the crate forbids
# unsafe code. Needs a C++ compiler, for libFuzzer. The corpus is kept from run to run in fuzz/corpus; an input that
# crashes is left in fuzz/artifacts/TARGET, together with a smaller one that crashes too, if there is one.
set -eu
cd "$(dirname "$0")/.."

seconds=${1:-20}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- record pipeline format attic stamp rule_file

if ! cargo fuzz --version >/dev/null 2>&1; then
    cargo install --locked cargo-fuzz
fi

cargo run --quiet --release --manifest-path fuzz/Cargo.toml --example seeds
mkdir -p fuzz/artifacts
cargo fuzz build --sanitizer none

for target; do
    echo "== $target, $seconds s"
    status=0
    cargo fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -seed="${FUZZ_SEED:-1}" -dict=fuzz/words.dict \
        -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 2>"fuzz/artifacts/$target.log" || status=$?
    grep -aE '^(Done|stat::number_of_executed_units|stat::peak_rss_mb|SUMMARY)|^thread .* panicked' \
        "fuzz/artifacts/$target.log" || true
    if [ "$status" -ne 0 ]; then
        tail -n 60 "fuzz/artifacts/$target.log"
        crash=$(find "fuzz/artifacts/$target" -type f -newer "fuzz/targets/$target.rs" -name 'crash-*' | head -n 1)
        [ -z "$crash" ] || cargo fuzz tmin --sanitizer none --runs 2000 "$target" "$crash" >/dev/null 2>&1 || true
        # Each step of making it smaller leaves a file; the smallest is enough.
        find "fuzz/artifacts/$target" -name 'minimized-from-*' -printf '%s %p\n' | sort -n | tail -n +2 |
            while read -r _ step; do rm -- "$step"; done
        echo "$target crashed; the inputs are in fuzz/artifacts/$target" >&2
        exit 1
    fi
done
