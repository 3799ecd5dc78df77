#!/usr/bin/env bash
# Reads every shell and Python script of the project for mistakes.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t shell < <(git grep -lIE '^#!/usr/bin/env bash|^# shellcheck shell=bash')
shellcheck --external-sources "${shell[@]}"
mapfile -t python < <(git ls-files '*.py')
for file in "${python[@]}"; do
    python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$file"
done
printf '%d shell scripts and %d Python scripts read\n' "${#shell[@]}" "${#python[@]}"
