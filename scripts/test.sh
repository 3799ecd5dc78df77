#!/usr/bin/env bash
# Everything that gates. The last line counts the stages; the first stage that fails ends it.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/stages.sh
source scripts/stages.sh

scripts/setup.sh test
source_stages
stage 'scripts' scripts/lint_scripts.sh
stage 'documentation' env RUSTDOCFLAGS='-D warnings' cargo doc --locked --quiet --workspace --no-deps
workspace_stages
sound_stage
desktop_stage
phosh_stage
gnome_stage
stage 'contract read by other tools' scripts/contract.sh
stage 'examples in other languages' scripts/examples.sh
stage 'speech to send' scripts/speech.sh target/speech.wav
peers=(--exchange target/debug/hookswitch-exchange --participant target/debug/examples/participant --speech target/speech.wav)
stage 'browser joins a session' node tests/browser/journey.mjs "${peers[@]}"
stage 'official Python SDK joins a session' target/venv/bin/python tests/python_sdk/journey.py "${peers[@]}"
stage 'translations' scripts/translations.sh check
stage 'demo' scripts/demo.sh --check
printf '\nin %d s\n%d passed, 0 failed\n' "$SECONDS" "$stages_done"
