#!/usr/bin/env bash
# Speed against its bars, as ratios to a floor that decides nothing, in one run. The release build comes first, so that
# nothing compiles beside a measurement. Prints a table and writes target/bench.json.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
cargo build --locked --release -p hookswitchd -p hookswitch-bench
printf 'Load before measuring: %s. Figures of a busy machine mean little.\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
"$target/release/hookswitch-bench" all --output "$target/bench.json" "$@"
