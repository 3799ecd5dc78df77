#!/usr/bin/env bash
# Two phones, two private buses, one exchange: scripts/demo.sh [--check] [--keep]
# Your own bus, microphone and loudspeakers, and somebody who answers: scripts/demo.sh --desktop [--talk SECONDS] [--keep]
#
# --check asks that every figure is there and sane, without the bars (a machine that stands still is heard); --keep leaves
# recordings, logs and the journal of bob's phone behind. Everything is built before: `make demo` does that. Exits with an
# error if less than 95 % of the speech arrived, a gap was longer than 100 ms, the second call's hold, accept and resume did
# not happen, or the journal of bob's phone is no test that passes. Everything it starts ends with it.
#
# --desktop without a session bus or PipeWire says so and exits with 2; the call ends after SECONDS (60), or with Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."

program="${CARGO_TARGET_DIR:-target}/debug/hookswitch-demo"
if [[ ! -x $program ]]; then
    printf 'demo: %s is not built. Build everything first: cargo build --workspace --bins\n' "$program" >&2
    exit 1
fi
# Recordings go to memory, and what a build left to be written is written first: a disk that is busy must not be heard.
if [[ -d /dev/shm && -w /dev/shm && " $* " != *' --keep '* ]]; then
    export TMPDIR=/dev/shm
fi
sync
exec "$program" "$@"
