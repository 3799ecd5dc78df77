#!/usr/bin/env bash
# What takes too long to gate each change: scripts/nightly.sh PART [PART...]
#
#   service     the service killed at 50 points of a call, and long runs of the properties
#   soak        the same properties, ten times as long
#   advisories  known holes in dependencies, by cargo-deny and the RustSec database
#   all         each of them
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/stages.sh
source scripts/stages.sh

service() {
    scripts/setup.sh test
    stage 'properties, 20 000 cases' env PROPERTY_CASES=20000 cargo test --locked --quiet -p hookswitch-core -p hookswitch-bus
    stage 'programs' cargo build --locked --workspace --bins
    stage 'journeys, 50 kill points' env KILL_POINTS=50 cargo test --locked --quiet -p hookswitch-journeys
}

soak() {
    stage 'properties, 200 000 cases' env PROPERTY_CASES=200000 cargo test --locked --quiet -p hookswitch-core --test properties
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
    printf 'nightly: say which part: service, soak, advisories or all\n' >&2
    exit 2
fi
for part in "$@"; do
    case $part in
    service | soak | advisories) "$part" ;;
    all)
        service
        soak
        advisories
        ;;
    *)
        printf 'nightly: there is no part "%s"; say service, soak, advisories or all\n' "$part" >&2
        exit 2
        ;;
    esac
done
printf '\nin %d s\n%d passed, 0 failed\n' "$SECONDS" "$stages_done"
