#!/usr/bin/env bash
# The quick gate, before each commit: format, lints, licences, flows, journeys on a private bus.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/stages.sh
source scripts/stages.sh

scripts/setup.sh check
source_stages
service_stages
printf '\nin %d s\n%d passed, 0 failed\n' "$SECONDS" "$stages_done"
