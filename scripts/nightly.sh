#!/usr/bin/env bash
# What takes too long to gate each change: scripts/nightly.sh PART [PART...]
#
#   core        the explorer until there is no other state; properties and fuzzing for minutes, with new seeds each day
#   service     the service killed at 50 points of a call, and journals of 20 000 random stories
#   audio       sound in calls: the service killed at 60 points, 100 first answers of a phone that has just started
#   soak        the properties of the core, ten times as long
#   advisories  known holes in dependencies, by cargo-deny and the RustSec database
#   all         each of them
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/stages.sh
source scripts/stages.sh

proof=(cargo test --locked --quiet --workspace --test)
seed=$(date -u +%Y%m%d)
readonly proof seed

core() {
    stage 'explorer, closed' env EXPLORE=closed "${proof[@]}" explorer -- --nocapture
    stage 'properties, 5 000 000 steps' env PROPERTY_STEPS=5000000 PROPERTY_SEED="$seed" "${proof[@]}" properties -- --nocapture
    stage 'fuzz, 5 minutes each' env FUZZ_SECONDS=300 FUZZ_SEED="$seed" "${proof[@]}" fuzz -- --nocapture
}

service() {
    scripts/setup.sh test
    stage 'programs' cargo build --locked --workspace --lib --bins --tests --examples
    stage 'journals, 20 000 cases' env PROPERTY_CASES=20000 "${proof[@]}" journal
    stage 'the service is killed at 50 points' env KILL_POINTS=50 "${proof[@]}" restart -- --nocapture
}

audio() {
    scripts/setup.sh test
    stage 'programs' cargo build --locked --workspace --lib --bins --tests --examples
    export SOUND_KILLS=60 FIRST_ANSWERS=100
    sound_stage
}

ui() {
    scripts/setup.sh test
    stage 'programs' cargo build --locked --workspace --lib --bins --tests --examples
    stage 'each screen in each look' env PICTURES_OF=all cargo test --locked --quiet --workspace --test desktop pictures -- --nocapture
}

soak() {
    stage 'properties, 50 000 000 steps' env PROPERTY_STEPS=50000000 PROPERTY_SEED="$seed" "${proof[@]}" properties -- --nocapture
}

advisories() {
    if ! cargo deny --version >/dev/null 2>&1; then
        printf 'advisories: not checked: cargo-deny is not installed. Install it with "cargo install --locked cargo-deny".\n' >&2
        exit 1
    fi
    # Without its database cargo-deny fails and says why; that is not the same as "no advisory".
    stage 'advisories, licences, sources' cargo deny --locked check
}

if (($# == 0)); then
    printf 'nightly: say which part: core, service, audio, ui, soak, advisories or all\n' >&2
    exit 2
fi
for part in "$@"; do
    case $part in
    core | service | audio | ui | soak | advisories) "$part" ;;
    all)
        core
        service
        audio
        ui
        soak
        advisories
        ;;
    *)
        printf 'nightly: there is no part "%s"; say core, service, audio, ui, soak, advisories or all\n' "$part" >&2
        exit 2
        ;;
    esac
done
printf '\nin %d s\n%d passed, 0 failed\n' "$SECONDS" "$stages_done"
