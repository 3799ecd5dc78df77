#!/usr/bin/env bash
# The project stands alone: no tracked file names a path of one machine, a folder beside the checkout, or the host of a
# package registry. Lock files may name the public registries, and no other.
set -euo pipefail
cd "$(dirname "$0")/.."

# Written so that this file does not find itself.
patterns=(
    '\.\.[/]shared'
    '(^|[^A-Za-z0-9_.$}~-])/(work|root|farm)[/]'
    'crates[.]io'
    'npmjs[.](org|com)'
    '(pypi|pythonhosted)[.]org'
    'index[-]url'
    '_auth[T]oken'
)
pattern=$(IFS='|' && printf '%s' "${patterns[*]}")
lock_files=(':!Cargo.lock' ':!*package-lock.json')

failed=0
if git grep -nIE "$pattern" -- . "${lock_files[@]}" | cut -c1-200; then
    printf 'These lines tie the project to one machine or to one registry: say it in another way.\n' >&2
    failed=1
fi

public='^(registry[+]https://github[.]com/rust-lang/|https://registry[.]npm'"js[.]org/)"
while IFS= read -r lock; do
    if sed -nE 's/^source = "([^"]*)".*/\1/p; s/.*"resolved": "([^"]*)".*/\1/p' "$lock" | grep -vE "$public" | head -n 3; then
        printf '%s names sources other than the public registry: make it again against that.\n' "$lock" >&2
        failed=1
    fi
done < <(git ls-files 'Cargo.lock' '*package-lock.json')
if ((failed)); then exit 1; fi
printf 'no path of one machine, no registry host\n'
