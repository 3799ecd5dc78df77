#!/usr/bin/env bash
# The examples for app developers: built, kept short, and run through their stories on a private bus.
#
# The C library is laid out in target/examples/prefix as `make install` lays it out, and its example is built against that
# with pkg-config, as an app would be. The programs themselves and the tests are built before.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
readonly longest=119

# The longest an example may be, so that it stays one page to read.
while read -r lines file; do
    if ((lines > longest)); then
        printf '%s has %d lines; an example has at most %d\n' "$file" "$lines" "$longest" >&2
        exit 1
    fi
done < <(git ls-files 'examples/*.py' 'examples/*.mjs' 'examples/*.c' 'examples/*.cpp' | xargs wc -l | grep -v ' total$')

# As the stage before built it: another selection has other features, and would build much a second time.
cargo build --locked --quiet --workspace --lib --bins --tests --examples
scripts/library.sh "$PWD/$target/debug/libhookswitch_c.so" "$PWD/$target/examples/prefix" "$PWD/$target/examples/prefix"
foreign=$(nm -D --defined-only "$target/debug/libhookswitch_c.so" | awk '{print $3}' | grep -v '^hookswitch_' || true)
if [[ -n $foreign ]]; then
    printf 'libhookswitch exports what is not its own: %s\n' "$foreign" >&2
    exit 1
fi
cc -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c data/include/hookswitch.h
c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c++ data/include/hookswitch.h
export PKG_CONFIG_PATH=$PWD/$target/examples/prefix/lib/pkgconfig
cmake -S examples -B "$target/examples/build" >"$target/examples/cmake.log" || { cat "$target/examples/cmake.log" >&2; exit 1; }
cmake --build "$target/examples/build" --parallel 2 >"$target/examples/build.log" || { cat "$target/examples/build.log" >&2; exit 1; }
# shellcheck disable=SC2046  # they are separate words
cc -std=c11 -Wall -Wextra -Werror -o "$target/examples/build/border" tests/journeys/c/border.c \
    $(pkg-config --cflags --libs hookswitch) -Wl,-rpath,"$PWD/$target/examples/prefix/lib"
# The same features as the other tests, so that nothing is built a second time.
cargo test --locked --workspace --test other_languages -- --include-ignored

# Each by the kit that app developers run. It mostly waits, so they run at once; each has a bus of its own.
hookswitch=$target/debug/hookswitch built=$target/examples/build
reports=$target/examples/reports
rm -rf "$reports" && mkdir -p "$reports"
running=()
# kit NAME OPTIONS...: what it says goes to a file
kit() {
    "$hookswitch" conformance "${@:2}" >"$reports/$1" 2>"$reports/$1.said" &
    running+=("$!:$1")
}
kit python-provider --app org.example.PhonePython --start examples/python/provider.py
kit python-blocking --app org.example.PhoneBlocking --start examples/python/provider_blocking.py
kit javascript-provider --app org.example.PhoneJavaScript --start examples/javascript/provider.mjs
kit c-provider --app org.example.PhoneC --start "$built/c-provider"
kit c-with-library --app org.example.PhoneLibrary --start "$built/c-with-library"
kit cpp-provider --app org.example.PhoneCpp --start "$built/cpp-provider"
kit python-surface --surface --start examples/python/surface.py
kit javascript-surface --surface --start examples/javascript/surface.mjs
kit c-surface --surface --start "$built/c-surface"
kit cpp-surface --surface --start "$built/cpp-surface"
failed=0
for one in "${running[@]}"; do
    if wait "${one%%:*}"; then
        printf '%-20s %s\n' "${one#*:}" "$(tail -n 1 "$reports/${one#*:}")"
    else
        failed=1
        cat "$reports/${one#*:}" "$reports/${one#*:}.said" >&2
    fi
done
exit "$failed"
