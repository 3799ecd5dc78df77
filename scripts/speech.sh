#!/usr/bin/env bash
# Speech to send in tests: made here, so that none has to be kept. Usage: scripts/speech.sh FILE
set -euo pipefail
[ -s "$1" ] && exit 0
mkdir -p "$(dirname "$1")"
espeak-ng -s 150 -w "$1.part" "This is a test call. One, two, three, four, five. The quick brown fox jumps over the \
lazy dog. Whoever hears this hears it through a session that is made for this test and gone a moment later. Six, seven, \
eight, nine, ten. Thank you for listening, and good bye."
mv "$1.part" "$1"
