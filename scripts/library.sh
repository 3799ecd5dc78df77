#!/usr/bin/env bash
# Lays out the C library: scripts/library.sh BUILT_LIBRARY FOLDER PREFIX
#
# FOLDER gets lib, lib/pkgconfig and include; PREFIX is where that will be found.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly built=$1 folder=$2 prefix=$3
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)

# Under its soname, which changes when the ABI breaks; the second name is for the linker.
install -Dm755 "$built" "$folder/lib/libhookswitch.so.0"
ln -sfn libhookswitch.so.0 "$folder/lib/libhookswitch.so"
install -Dm644 data/include/hookswitch.h "$folder/include/hookswitch.h"
mkdir -p "$folder/lib/pkgconfig"
sed -e "s|@prefix@|$prefix|g" -e "s|@version@|$version|g" data/pkgconfig/hookswitch.pc.in >"$folder/lib/pkgconfig/hookswitch.pc"
