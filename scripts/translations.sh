#!/usr/bin/env bash
# The translations of what the call screens say.
#   translations.sh check           fail if a language lacks a sentence, or has one that nobody says any more
#   translations.sh install FOLDER  write FOLDER/LANGUAGE/LC_MESSAGES/hookswitch.mo for each
set -euo pipefail
cd "$(dirname "$0")/.."

# The syntax is near enough to C for xgettext; it warns of lifetimes, which are no sentences.
template() {
    find crates/phone/src -name '*.rs' ! -name tongue.rs -print0 | sort -z |
        LC_ALL=C.UTF-8 xargs -0 xgettext --language=C --from-code=UTF-8 --keyword=tr --keyword=tr_with --no-location --omit-header --output=- 2>/dev/null
}

check() {
    local scratch language lacks
    scratch=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder is known now, and not any more when this ends
    trap "rm -rf '$scratch'" EXIT
    template >"$scratch/all.pot"
    for language in po/*.po; do
        msgfmt --check-format --check-domain --output-file=/dev/null "$language"
        if ! lacks=$(msgcmp --use-untranslated "$language" "$scratch/all.pot" 2>&1); then
            printf '%s lacks sentences; add them:\n%s\n' "$language" "$lacks" >&2
            exit 1
        fi
        if [[ $(msgattrib --translated --no-obsolete --no-fuzzy "$language" | grep -c '^msgid') -lt $(grep -c '^msgid' "$scratch/all.pot") ]]; then
            printf '%s has a sentence that is not translated: run "msgattrib --untranslated %s" to see it.\n' "$language" "$language" >&2
            exit 1
        fi
        if msgcomm --unique "$scratch/all.pot" "$language" | grep -q '^msgid "."'; then
            printf '%s has sentences that nobody says any more:\n' "$language" >&2
            msgcomm --unique "$scratch/all.pot" "$language" >&2
            exit 1
        fi
        printf '%s: complete\n' "$language"
    done
}

case ${1:-} in
check) check ;;
install)
    for language in po/*.po; do
        folder=${2:?which folder?}/$(basename "$language" .po)/LC_MESSAGES
        mkdir -p "$folder"
        msgfmt --check-format --check-domain --output-file="$folder/hookswitch.mo" "$language"
    done
    ;;
*)
    printf 'translations.sh: say check, or install FOLDER\n' >&2
    exit 2
    ;;
esac
