#!/usr/bin/env bash
# Speed against its bars, as ratios to a floor that decides nothing, in one run. The release build comes first, so that
# nothing compiles beside a measurement. Prints a table and writes target/bench.json.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
# The service is measured with the features that it is installed with: what else is needed is built by itself.
cargo build --locked --release -p hookswitchd -p hookswitch-bench
cargo build --locked --release -p hookswitch-sound -p hookswitch-phosh -p hookswitch-demo -p speakerbox -p hookswitch-exchange
cargo build --locked --release -p hookswitch-phone
printf 'Load before measuring: %s. Figures of a busy machine mean little.\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
missed=0
"$target/release/hookswitch-bench" all --output "$target/bench.json" "$@" || missed=1
printf '\nSound: from a wish to what is heard, from mouth to ear, and how much is understood, in sound sessions without a sound card.\n'
"$target/release/sound_bench" "$target/bench.json" || missed=1
printf '\nPhosh: from a report to the lock screen, and what call screens cost, on a screen in memory, beside GNOME Calls.\n'
"$target/release/phosh_bench" "$target/bench.json" || missed=1
exit "$missed"
