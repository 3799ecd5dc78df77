#!/usr/bin/env bash
# The contract (data/dbus/*.xml) is read by the code generators of GLib and Qt, for both sides of each interface.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/annotate_contract.py --check
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export QT_SELECT=5
count=0
for file in data/dbus/*.xml; do
    name=$(basename "$file" .xml)
    gdbus-codegen --interface-prefix org.hookswitch. --c-namespace Hookswitch \
        --generate-c-code "$out/$name" "$file"
    # qdbusxml2cpp writes nothing for a file that it cannot use, and says so only with its exit status.
    qdbusxml2cpp -N -p "$out/$name.proxy" "$file" >"$out/said" 2>&1 || { cat "$out/said" >&2; exit 1; }
    qdbusxml2cpp -N -a "$out/$name.adaptor" "$file" >"$out/said" 2>&1 || { cat "$out/said" >&2; exit 1; }
    # Every member must come out as a function: a file that is skipped in silence is no contract.
    while read -r member; do
        for made in "$out/$name.proxy.h" "$out/$name.adaptor.h"; do
            if ! grep -q "\\b$member(" "$made"; then
                printf '%s: %s is not in what qdbusxml2cpp made of it\n' "$file" "$member" >&2
                exit 1
            fi
        done
    done < <(sed -nE 's/.*<(method|signal) name="([A-Za-z]+)".*/\2/p' "$file")
    count=$((count + 1))
done
((count > 0)) || { printf 'no contract in data/dbus\n' >&2; exit 1; }
printf '%d interfaces read by gdbus-codegen and qdbusxml2cpp\n' "$count"
