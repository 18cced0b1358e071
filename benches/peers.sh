#!/usr/bin/env bash
# Compares quell, as a whole program, with what people use against noise today.
#
#   benches/peers.sh [--bytes 1G] [--runs 7] [--limits] [--out README.md]
#
# It makes logs with 0, 10 and 30 % noise, reads each once into the page cache, and runs all commands in turn, round by
# round (every other round backwards), so that whatever else the machine is doing meets all of them. Then quell reads
# a log as it is and in the envelopes of Docker, CRI, syslog and JSON. It prints Markdown;
# --out FILE also puts it between FILE's lines <!-- peers:begin --> and <!-- peers:end -->. --limits adds two inputs
# that memory has to withstand. Needs python3, and room for one log in TMPDIR (1 GiB at least with --limits); nothing
# stays there. Where root runs it on Debian, missing rivals are installed; elsewhere they are left out, and it says so.
#
# QUELL and LOGGEN name the programs to run; without them they are built here first (release).
set -euo pipefail
export LC_ALL=C

command_line="benches/peers.sh${*:+ $*}"
bytes=1G runs=7 limits='' out=''
while (($#)); do
    case $1 in
        --bytes) bytes=${2:?--bytes needs a size} && shift 2 ;;
        --runs) runs=${2:?--runs needs a number} && shift 2 ;;
        --out) out=$(realpath -e -- "${2:?--out needs a file}") && shift 2 ;;
        --limits) limits=yes && shift ;;
        *) echo "usage: benches/peers.sh [--bytes 1G] [--runs 7] [--limits] [--out README.md]" >&2 && exit 2 ;;
    esac
done
if [[ ! $runs =~ ^[1-9][0-9]*$ ]]; then
    echo "peers.sh: --runs has to be a number above 0, not '$runs'" >&2
    exit 2
fi
if [[ $out ]] && ! { grep -q '<!-- peers:begin -->' "$out" && grep -q '<!-- peers:end -->' "$out"; }; then
    echo "peers.sh: $out has no lines <!-- peers:begin --> and <!-- peers:end -->" >&2
    exit 2
fi

command -v python3 >/dev/null || { echo "peers.sh: needs python3" >&2 && exit 1; }

# A program given by a path has to be found from the repository's root, too.
[[ ${QUELL:-} == */* ]] && QUELL=$(realpath -e -- "$QUELL")
[[ ${LOGGEN:-} == */* ]] && LOGGEN=$(realpath -e -- "$LOGGEN")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [[ -z ${QUELL:-} || -z ${LOGGEN:-} ]]; then
    cargo build --release --quiet --bins --examples >&2
fi
target=${CARGO_TARGET_DIR:-target}/release
quell=${QUELL:-$target/quell}
loggen=${LOGGEN:-$target/examples/loggen}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# need COMMAND PACKAGE: tries to have COMMAND here; says so when it is left out.
need() {
    command -v "$1" >/dev/null && return
    if ((EUID == 0)) && command -v apt-get >/dev/null; then
        apt-get install -y -qq "$2" >"$work/apt.log" 2>&1 && return
    fi
    echo "peers.sh: $1 is not here and could not be installed (package $2); left out" >&2
    missing+=("\`$1\`")
}
missing=()
need rg ripgrep
need mawk mawk
need perl perl

three='Broken pipe|Connection reset|Socket is closed'
twenty="$three|ClientAbortException|EofException|AsyncRequestNotUsableException|ClientDisconnect|StreamClosedError"
twenty+='|BrokenPipeError|ConnectionResetError|ConnectionAbortedError|ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE'
twenty+='|request aborted|client prematurely closed|could not send data to client'
twenty+='|unexpected EOF on client connection|Aborted connection|lost connection after'
tr '|' '\n' <<<"$three" >"$work/three"

# row LABEL N COMMAND... [-- COMMAND...]: one line of the plan: a pipe of commands, of which the N-th (from 0) is the
# one whose processor time and memory count.
row() {
    printf '%s\x1f' "$@"
    echo
}

# plan FILE: what is compared. The first row is the measure of all others.
plan() {
    row 'cat FILE | cat' 0 cat "$1" -- cat
    row 'quell FILE | cat' 0 "$quell" "$1" -- cat
    row 'grep -vF -f THREE FILE | cat' 0 grep -vF -f "$work/three" "$1" -- cat
    row 'grep -vE TWENTY FILE | cat' 0 grep -vE "$twenty" "$1" -- cat
    if command -v rg >/dev/null; then
        row 'rg -v THREE FILE | cat' 0 rg --no-config -v "$three" "$1" -- cat
        row 'rg -v TWENTY FILE | cat' 0 rg --no-config -v "$twenty" "$1" -- cat
    fi
    if command -v mawk >/dev/null; then
        row 'mawk -f drop-traces.awk FILE | cat' 0 mawk -f benches/drop-traces.awk "$1" -- cat
    fi
    if command -v perl >/dev/null; then
        row 'perl drop-traces.pl FILE | cat' 0 perl benches/drop-traces.pl "$1" -- cat
    fi
    row 'cat FILE | cat | cat' 1 cat "$1" -- cat -- cat
    row 'cat FILE | quell | cat' 1 cat "$1" -- "$quell" -- cat
    row 'cat FILE | grep -vF -f THREE | cat' 1 cat "$1" -- grep -vF -f "$work/three" -- cat
    if command -v rg >/dev/null; then
        row 'cat FILE | rg -v THREE | cat' 1 cat "$1" -- rg --no-config -v "$three" - -- cat
    fi
}

# start_plan FILE: programs that read one line and end.
start_plan() {
    row 'cat FILE' 0 cat "$1"
    row 'quell FILE' 0 "$quell" "$1"
    row 'grep -vE TWENTY FILE' 0 grep -vE "$twenty" "$1"
    if command -v rg >/dev/null; then
        row 'rg -v TWENTY FILE' 0 rg --no-config -v "$twenty" "$1"
    fi
    if command -v perl >/dev/null; then
        row 'perl drop-traces.pl FILE' 0 perl benches/drop-traces.pl "$1"
    fi
}

# worn_plan SHARE: the same log in each envelope. The first row is the measure of all others.
worn_plan() {
    local wear
    for wear in "${wears[@]}"; do
        row "quell $wear.log | cat" 0 "$quell" "$work/$wear.log" -- cat
    done
}
wears=(none docker cri syslog json)

limits_plan() {
    row 'head -c 1G /dev/zero | tr "\\0" x | quell | cat' 2 head -c 1G /dev/zero -- tr '\0' x -- "$quell" -- cat
    row 'quell KINDS | cat' 0 "$quell" "$1" -- cat
}

# measure KIND RUNS BYTES < plan: runs a plan and prints its table. KIND is speed, worn, start or limits.
measure() {
    python3 benches/measure.py "$@"
}

machine() {
    local model tool version
    model=$(sed -n '/^model name/ { s/.*: //p; q }' /proc/cpuinfo)
    echo "Measured on $(date -u +%F) with \`$command_line\`: ${model:-unknown processor}, $(nproc) cores," \
        "Linux $(uname -r)."
    for tool in "$quell" grep rg; do
        command -v "$tool" >/dev/null || continue
        version=$("$tool" --version)
        echo "${version%%$'\n'*}."
    done
    ((${#missing[@]})) && echo "Not installed here and left out: ${missing[*]}."
    echo
    echo "Medians of $runs runs, the commands in turn, the log in the page cache. *times cat* is the wall time" \
        "over that of \`cat FILE | cat\` in the same round: under 1 is faster. *CPU* is user and system time, of the" \
        "command itself and of its whole pipe. *Peak memory* of a program that maps its file counts the file." \
        "*Output* is what is left of the log; the scripts and greps go by words, and also drop what is no noise." \
        "THREE is \`$three\`; TWENTY adds seventeen more such phrases."
}

report() {
    local share wear log=$work/app.log
    machine
    for share in 0 10 30; do
        echo "peers.sh: $share % noise" >&2
        "$loggen" --bytes "$bytes" --noise "$share" >"$log"
        cat "$log" >/dev/null
        printf '\n**%s, %s %% of it noise**\n\n' "$bytes" "$share"
        plan "$log" | measure speed "$runs" "$(stat -c %s "$log")"
    done
    head -n 1 "$log" >"$work/one.log"
    rm "$log"
    printf '\n**In envelopes**: the same log as it is and in each of them (`loggen --wear`), 256M before the wrapping\n'
    for share in 0 30; do
        echo "peers.sh: envelopes, $share % noise" >&2
        for wear in "${wears[@]}"; do
            "$loggen" --bytes 256M --noise "$share" --wear "$wear" >"$work/$wear.log"
            cat "$work/$wear.log" >/dev/null
        done
        printf '\n%s %% noise\n\n' "$share"
        worn_plan | measure worn "$runs" 0
        (cd "$work" && rm -- "${wears[@]/%/.log}")
    done
    printf '\n**From start to end on a log of one line**, median of 50 runs\n\n'
    start_plan "$work/one.log" | measure start 50 0
    if [[ $limits ]]; then
        echo "peers.sh: limits" >&2
        "$loggen" --bytes 1G --shape kinds >"$log"
        printf '\n**Memory under strain**\n\n'
        limits_plan "$log" | measure limits 1 0
        printf '\nOne line of 1 GiB, and 1 GiB of %s disconnects of as many kinds.\n' "$(grep -c '^2' "$log")"
    fi
}

report >"$work/report.md"
cat "$work/report.md"
if [[ $out ]]; then
    python3 - "$out" "$work/report.md" <<'PY'
import sys

path, report = sys.argv[1:]
text = open(path, encoding="utf-8").read()
before, rest = text.split("<!-- peers:begin -->", 1)
after = rest.split("<!-- peers:end -->", 1)[1]
report = open(report, encoding="utf-8").read()
with open(path, "w", encoding="utf-8") as file:
    file.write(f"{before}<!-- peers:begin -->\n{report}<!-- peers:end -->{after}")
PY
fi
