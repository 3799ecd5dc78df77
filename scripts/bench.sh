#!/usr/bin/env bash
# Speed against its bars, as ratios to a floor that decides nothing, in one run. The release build comes first, so that
# nothing compiles beside a measurement. Prints a table and writes target/bench.json.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
cargo build --locked --release -p hookswitchd -p hookswitch-bench -p hookswitch-sound
printf 'Load before measuring: %s. Figures of a busy machine mean little.\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
missed=0
"$target/release/hookswitch-bench" all --output "$target/bench.json" "$@" || missed=1
printf '\nSound: from a wish to what is heard, in a sound session without a sound card.\n'
"$target/release/sound_bench" "$target/bench.json" || missed=1
exit "$missed"
