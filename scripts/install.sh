#!/usr/bin/env bash
# Builds for release and installs: scripts/install.sh PREFIX [DESTDIR]
#
# Nothing is installed before everything is built and every file is ready in target/install.
set -euo pipefail
cd "$(dirname "$0")/.."

stop() {
    printf 'install: %s\n' "$1" >&2
    exit 1
}

readonly prefix=${1:-/usr/local} destdir=${2:-}
readonly programs=(hookswitchd hookswitch hookswitch-phone hookswitch-exchange speakerbox speakerbox-window)
readonly staged=target/install

[[ $prefix == /* ]] || stop "PREFIX must begin with a slash, and \"$prefix\" does not: give the whole path."
[[ $prefix != *[[:space:]\|\&\\]* ]] || stop "PREFIX \"$prefix\" has a character that unit and desktop files cannot carry: choose another folder."
command -v cargo >/dev/null || stop "cargo is not on the PATH: as root, keep your own PATH (sudo env PATH=\"\$PATH\" make install)."
command -v msgfmt >/dev/null || stop "msgfmt is needed for the translations and was not found: install gettext."

# What a session starts is looked for in few places, and none of them is below a prefix.
found=yes
case $prefix/ in
/usr/ | /usr/local/ | /opt/*) config=/etc/xdg ;;
"${HOME:-/nobody}"/*) config=${XDG_CONFIG_HOME:-$HOME/.config} ;;
*) config=$prefix/etc/xdg found=no ;;
esac
readonly config found

# The nearest folder that exists already must be ours to write, before the long build.
for nearest in "$destdir$prefix" "$destdir$config"; do
    while [[ ! -e $nearest ]]; do nearest=$(dirname "$nearest"); done
    [[ -d $nearest && -w $nearest ]] || stop "$nearest cannot be written: take another PREFIX, or run this as root."
done

cargo build --locked --release -p hookswitchd -p hookswitch-cli -p hookswitch-phone -p hookswitch-exchange -p speakerbox -p speakerbox-window
# By itself, because a panic in it must not end the program it is in; see the profile.
cargo build --locked --profile library -p libhookswitch

# put MODE SOURCE FOLDER [NAME]
put() { install -Dm"$1" "$2" "$staged/$3/${4:-$(basename "$2")}"; }

# paths SOURCE.in: it with the paths of this installation
paths() { sed -e "s|@bindir@|$prefix/bin|g" -e "s|@docdir@|$prefix/share/doc/hookswitch|g" "$1"; }

# fill SOURCE.in FOLDER: the same with the paths of this installation
fill() {
    local name
    name=$(basename "$1" .in)
    paths "$1" >"$staged/$name"
    put 644 "$staged/$name" "$2"
    rm "$staged/$name"
}

rm -rf "$staged"
mkdir -p "$staged"
for program in "${programs[@]}"; do put 755 "target/release/$program" bin; done
scripts/library.sh "$PWD/target/library/libhookswitch_c.so" "$PWD/$staged" "$prefix"
for file in data/dbus/*.xml; do put 644 "$file" share/dbus-1/interfaces; done
fill data/dbus/org.hookswitch.Hookswitch.service.in share/dbus-1/services
fill data/dbus/org.hookswitch.Phone.service.in share/dbus-1/services
# Below share, because service managers look there for every prefix, ~/.local among them.
fill data/systemd/hookswitchd.service.in share/systemd/user
fill data/applications/org.hookswitch.Cli.desktop.in share/applications
fill data/applications/org.hookswitch.Phone.desktop.in share/applications
fill data/applications/org.hookswitch.GnomeShell.desktop.in share/applications
for file in data/gnome-shell/*/*; do put 644 "$file" "share/gnome-shell/extensions/$(basename "$(dirname "$file")")"; done
scripts/translations.sh install "$staged/share/locale"
for file in data/sounds/*; do put 644 "$file" share/hookswitch/sounds; done
for file in README.md CHANGELOG.md CONTRIBUTING.md LICENSE-MIT LICENSE-APACHE; do put 644 "$file" share/doc/hookswitch; done
for file in docs/*.md docs/*.svg docs/*.png; do put 644 "$file" share/doc/hookswitch/docs; done

while IFS= read -r file; do
    mode=644
    [[ -x $staged/$file ]] && mode=755
    # A program that runs is replaced, not written over: install removes the old file first.
    if [[ -L $staged/$file ]]; then
        mkdir -p "$(dirname "$destdir$prefix/$file")"
        ln -sfn "$(readlink "$staged/$file")" "$destdir$prefix/$file"
    else
        install -Dm"$mode" "$staged/$file" "$destdir$prefix/$file"
    fi
    printf '%s\n' "$destdir$prefix/$file"
done < <(cd "$staged" && find . -type f -o -type l | sed 's|^\./||' | sort)
autostart=$destdir$config/autostart/org.hookswitch.Phone.desktop
paths data/autostart/org.hookswitch.Phone.desktop.in | install -Dm644 /dev/stdin "$autostart"
printf '%s\n' "$autostart"
[[ $found == yes ]] ||
    printf 'install: sessions start what waits for calls only if XDG_CONFIG_DIRS names %s\n' "$config"
printf 'install: done; new sessions find it, a running one after "systemctl --user daemon-reload"\n'
