#!/usr/bin/env bash
# Builds the core with a bug in it, and lets the explorer find it. The core needs no other crate: so the compiler alone
# does, no build that anybody uses can get the bug, and nothing else is built again.
set -euo pipefail
cd "$(dirname "$0")/.."
out=target/planted-bug
mkdir -p "$out"
compile=(rustc --edition 2024 -C opt-level=1 --cfg planted_bug --out-dir "$out")
"${compile[@]}" --crate-type rlib --crate-name hookswitch_core crates/core/src/lib.rs
"${compile[@]}" --test --crate-name explorer --extern hookswitch_core="$out/libhookswitch_core.rlib" crates/core/tests/explorer.rs
"$out/explorer" --nocapture
