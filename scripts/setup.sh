#!/usr/bin/env bash
# Checks what a purpose needs and installs what is missing: scripts/setup.sh [demo|check|test|bench]
#
# First the tools that no package of this Debian brings new enough (Rust, Node): if one is missing or old, it says what
# to do and installs nothing. Then packages: it asks before it installs, not when CI=1; without root it prints the line
# to run. When nothing is missing it says so and takes a second.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly purpose=${1:-demo}
readonly rust=1.95 node=20.19

stop() {
    printf 'setup: %s\n' "$1" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# at_least WANTED FOUND
at_least() { [[ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" == "$1" ]]; }

# The first thing in a text that looks like a version.
version_in() { grep -oE '[0-9]+(\.[0-9]+)+' <<<"$1" | head -n 1; }

# What each purpose needs, one need a line: the Debian package, then how to see that its content is there already.
# The demo's speech is made by espeak-ng; Opus and SQLite are built from source with cc and cmake,
# and the binding to PipeWire is made from its headers with libclang. The stories of sound have a sound session of their
# own; mpv is a real player, whose door to MPRIS is a plugin. The bench compares speech with baresip, which reaches the
# session by a plugin of ALSA. Windows are GTK's; a test looks at them as a screen reader does, on a display that nobody sees.
needs() {
    cat <<'NEEDS'
build-essential     have cc
build-essential     have make
cmake               have cmake
dbus-daemon         have dbus-daemon
pkg-config          have pkg-config
libpipewire-0.3-dev pkg-config --exists libpipewire-0.3
libclang-dev        ls /usr/lib/llvm-*/lib/ | grep -E '^libclang(-[0-9]+[0-9.]*)?[.]so'
libgtk-4-dev        pkg-config --exists gtk4
libadwaita-1-dev    pkg-config --exists libadwaita-1
NEEDS
    case $1 in
    demo)
        cat <<'NEEDS'
espeak-ng           have espeak-ng
NEEDS
        ;;
    check)
        cat <<'NEEDS'
python3             have python3
NEEDS
        ;;
    test)
        cat <<'NEEDS'
espeak-ng           have espeak-ng
python3             test -x /usr/bin/python3
python3-venv        /usr/bin/python3 -c 'import ensurepip, venv'
python3-gi          /usr/bin/python3 -c 'import gi'
gir1.2-glib-2.0     /usr/bin/python3 -c 'from gi.repository import Gio'
python3-dbusmock    /usr/bin/python3 -c 'import dbusmock'
python3-jeepney     /usr/bin/python3 -c 'import jeepney'
libglib2.0-dev-bin  have gdbus-codegen
qtbase5-dev-tools   have qdbusxml2cpp
libglib2.0-dev      pkg-config --exists gio-2.0
libsystemd-dev      pkg-config --exists libsystemd
qtbase5-dev         pkg-config --exists Qt5DBus
chromium            have chromium
shellcheck          have shellcheck
feedbackd           test -x /usr/libexec/feedbackd
pipewire            have pipewire
pipewire-bin        have pw-cat
libspa-0.2-modules  ls /usr/lib/*/spa-0.2/support/libspa-support.so
wireplumber         have wireplumber
pipewire-pulse      have pipewire-pulse
pulseaudio-utils    have paplay
liborc-0.4-0        ls /usr/lib/*/liborc-0.4.so.0
libsoxr0            ls /usr/lib/*/libsoxr.so.0
libspeexdsp1        ls /usr/lib/*/libspeexdsp.so.1
libtdb1             ls /usr/lib/*/libtdb.so.1
libltdl7            ls /usr/lib/*/libltdl.so.7
libwrap0            ls /usr/lib/*/libwrap.so.0
util-linux          have setpriv
mpv                 have mpv
mpv-mpris           ls /etc/mpv/scripts/mpris.so
sway                have sway
grim                have grim
wtype               have wtype
mako-notifier       have mako
dunst               have dunst
sway-notification-center have swaync
imagemagick         have compare && convert -version | grep ImageMagick
tesseract-ocr       have tesseract
tesseract-ocr-eng   ls /usr/share/tesseract-ocr/*/tessdata/eng.traineddata
fonts-cantarell     ls /usr/share/fonts/*/cantarell/*.otf
xvfb                have Xvfb
at-spi2-core        test -x /usr/libexec/at-spi-bus-launcher
gir1.2-atspi-2.0    ls /usr/lib/*/girepository-1.0/Atspi-2.0.typelib
gir1.2-gtk-4.0      ls /usr/lib/*/girepository-1.0/Gtk-4.0.typelib
libglib2.0-bin      have gdbus
gettext             have xgettext
phosh               ls /usr/libexec/phosh
phoc                have phoc
gnome-settings-daemon-common ls /usr/share/glib-2.0/schemas/org.gnome.settings-daemon.peripherals.gschema.xml
adwaita-icon-theme  test -d /usr/share/icons/Adwaita
librsvg2-common     ls /usr/lib/*/gdk-pixbuf-2.0/*/loaders/libpixbufloader-svg.so
xkb-data            test -d /usr/share/X11/xkb
gnome-shell         have gnome-shell
gjs                 have gjs
NEEDS
        ;;
    bench)
        cat <<'NEEDS'
dbus-broker         have dbus-broker
socat               have socat
util-linux          have taskset
pipewire            have pipewire
pipewire-bin        have pw-cat
libspa-0.2-modules  ls /usr/lib/*/spa-0.2/support/libspa-support.so
wireplumber         have wireplumber
pipewire-pulse      have pipewire-pulse
pulseaudio-utils    have paplay
espeak-ng           have espeak-ng
baresip-core        have baresip
phosh               ls /usr/libexec/phosh
phoc                have phoc
grim                have grim
gnome-settings-daemon-common ls /usr/share/glib-2.0/schemas/org.gnome.settings-daemon.peripherals.gschema.xml
adwaita-icon-theme  test -d /usr/share/icons/Adwaita
librsvg2-common     ls /usr/lib/*/gdk-pixbuf-2.0/*/loaders/libpixbufloader-svg.so
fonts-cantarell     ls /usr/share/fonts/*/cantarell
xkb-data            test -d /usr/share/X11/xkb
gnome-calls         have gnome-calls
libasound2-plugins  ls /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so
NEEDS
        ;;
    esac
}

case $purpose in
demo | check | test | bench) ;;
*) stop "there is no purpose \"$purpose\"; say demo, check, test or bench." ;;
esac

if ! have rustc || ! have cargo; then
    stop "Rust $rust or newer is needed and none was found: install it with rustup (https://rustup.rs), then run this again."
fi
found=$(version_in "$(rustc --version)")
at_least "$rust" "$found" ||
    stop "Rust $rust or newer is needed and $found was found: run \"rustup update stable\", then run this again."
if [[ $purpose == test ]]; then
    if ! have node || ! have npm; then
        stop "Node $node or newer is needed for the browser journey and none was found: install it (https://nodejs.org), then run this again."
    fi
    found=$(version_in "$(node --version)")
    at_least "$node" "$found" ||
        stop "Node $node or newer is needed for the browser journey and $found was found: install a newer one (https://nodejs.org), then run this again."
fi

missing=()
while read -r package look; do
    if ! eval "$look" >/dev/null 2>&1 && [[ " ${missing[*]-} " != *" $package "* ]]; then
        missing+=("$package")
    fi
done < <(needs "$purpose")

if ((${#missing[@]})); then
    have apt-get ||
        stop "missing: ${missing[*]} (names of Debian packages); install what contains them here, then run this again."
    line="sudo apt-get install -y --no-install-recommends ${missing[*]}"
    if ((EUID != 0)); then
        stop "packages are missing; run this, then try again: $line"
    fi
    if [[ ${CI:-} != 1 && ${CI:-} != true ]]; then
        [[ -t 0 ]] ||
            stop "packages are missing and there is no terminal to ask on; set CI=1, or run this, then try again: $line"
        read -r -p "setup: install ${missing[*]}? [y/N] " answer
        [[ $answer == [yY]* ]] || stop "nothing was installed; to do it yourself: $line"
    fi
    export DEBIAN_FRONTEND=noninteractive
    install=(apt-get install -y -qq --no-install-recommends "${missing[@]}")
    printf 'setup: installing %s\n' "${missing[*]}"
    # The list of packages may be absent or old: fetch it once, and only then.
    if ! "${install[@]}" </dev/null >/dev/null 2>&1; then
        apt-get update -qq </dev/null || stop "the list of packages cannot be fetched: check the network, then run this again."
        "${install[@]}" </dev/null >/dev/null ||
            stop "apt-get could not install ${missing[*]}: see its message above, then run this again."
    fi
    while read -r package look; do
        eval "$look" >/dev/null 2>&1 ||
            stop "$package is installed but does not bring what is needed ($look): install that by hand, then run this again."
    done < <(needs "$purpose")
fi

# Whether a stamp says that a step ran for the present content of these files.  up_to_date STAMP FILES...
up_to_date() {
    local stamp=$1
    shift
    [[ -f $stamp ]] && [[ "$(cat "$@" | sha256sum)" == "$(cat "$stamp")" ]]
}

if [[ $purpose == test ]]; then
    for folder in tests/browser examples/javascript; do
        stamp=$folder/node_modules/.setup-stamp
        if ! up_to_date "$stamp" "$folder/package-lock.json"; then
            printf 'setup: npm ci in %s\n' "$folder"
            (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error </dev/null) ||
                stop "npm could not install what $folder needs: check the network, then run \"npm ci\" there."
            mkdir -p "$folder/node_modules"
            sha256sum <"$folder/package-lock.json" >"$stamp"
        fi
    done
    # Not installed: it would take the user's sound over, and PipeWire's package for ALSA would have to go.
    if ! have pulseaudio && [[ ! -x target/pulseaudio/usr/bin/pulseaudio ]]; then
        printf 'setup: PulseAudio in target/pulseaudio\n'
        mkdir -p target/pulseaudio
        # As above: the list of packages may be absent or old.
        (
            cd target/pulseaudio
            apt-get -qq download pulseaudio >/dev/null 2>&1 ||
                { apt-get -qq update </dev/null >/dev/null && apt-get -qq download pulseaudio >/dev/null; }
            dpkg -x pulseaudio_*.deb . && rm pulseaudio_*.deb
        ) ||
            stop "PulseAudio could not be unpacked in target/pulseaudio: check the network, then run this again."
    fi
    if [[ -f tests/python_sdk/requirements.txt ]]; then
        stamp=target/venv/.setup-stamp
        if ! up_to_date "$stamp" tests/python_sdk/requirements.txt; then
            printf 'setup: a Python environment in target/venv\n'
            rm -rf target/venv
            mkdir -p target
            /usr/bin/python3 -m venv target/venv || stop "target/venv cannot be made: see the message above."
            target/venv/bin/pip install --quiet --disable-pip-version-check -r tests/python_sdk/requirements.txt </dev/null ||
                stop "pip could not install the official SDK: check the network, then run this again."
            sha256sum <tests/python_sdk/requirements.txt >"$stamp"
        fi
    fi
fi

printf 'setup: everything for %s is here\n' "$purpose"
