# shellcheck shell=bash
# The stages of `make check` and `make test`, in one place. Sourced, not run.
#
# Everything runs one after the other: journeys, the browser and the demo never share the machine with a compiler.

stages_done=0

# stage NAME COMMAND...: run it under a heading, with its time. If it fails, say how to run just that, and stop.
stage() {
    local name=$1 begun=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    if ! "$@" </dev/null; then
        local again
        printf -v again '%q ' "$@"
        printf '\n%s failed after %d s. To run just that: %s\n' "$name" "$((SECONDS - begun))" "${again% }" >&2
        printf '%d passed, 1 failed\n' "$stages_done"
        exit 1
    fi
    stages_done=$((stages_done + 1))
    printf -- '-- %s: %d s\n' "$name" "$((SECONDS - begun))"
}

# What both gates begin with: the text of the project.
source_stages() {
    stage 'format' cargo fmt --all --check
    stage 'stands alone' scripts/standalone.sh
    stage 'licences' python3 scripts/licences.py
    stage 'lints' cargo clippy --locked --workspace --all-targets -- -D warnings
    # "All targets" leaves out a test that runs only when it is named.
    stage 'lints of the stories of sound' cargo clippy --locked --workspace --test sound -- -D warnings
    stage 'lints of the stories of desktops' cargo clippy --locked --workspace --test desktop -- -D warnings
    stage 'lints of the stories of the lock screen' cargo clippy --locked --workspace --test lock_screen -- -D warnings
    stage "lints of the stories of GNOME's lock screen" cargo clippy --locked --workspace --test unlock_dialog -- -D warnings
}

# The call service alone: rules, contract, library, and stories on a private bus.
service_stages() {
    stage 'rules, records, library' cargo test --locked --quiet -p hookswitch-core -p hookswitch-bus -p hookswitch
    # Journeys start the programs themselves, so these are built first.
    stage 'programs' cargo build --locked --workspace --bins --examples
    stage 'journeys on a private bus' cargo test --locked --quiet -p hookswitch-journeys
}

# Every crate: the same and platform, media, exchange. Always for the whole workspace: a selection of crates has other
# features and would build much of what they stand on a second time.
workspace_stages() {
    stage 'programs and tests are built' cargo build --locked --workspace --lib --bins --tests --examples
    stage 'rules and scenarios' cargo test --locked --quiet --workspace --test rules -- --nocapture
    local shown=(-- --nocapture)
    stage 'proof: random inputs' env PROPERTY_STEPS=100000 cargo test --locked --quiet --workspace --test properties "${shown[@]}"
    stage 'proof: explorer' env EXPLORE_STATES=8000 cargo test --locked --quiet --workspace --test explorer "${shown[@]}"
    stage 'proof: a planted bug' scripts/planted_bug.sh
    stage 'proof: fuzzing' env FUZZ_SECONDS=2 cargo test --locked --quiet --workspace --test fuzz "${shown[@]}"
    stage 'rules, records, platform, media, journeys' cargo test --locked --quiet --workspace
}

# What a desktop shows of calls, on real notification servers. Alone: only when it is named.
desktop_stage() {
    stage 'calls on a desktop' cargo test --locked --quiet --workspace --test desktop -- --test-threads=2
}

# Calls on the lock screen of a real Phosh. Alone, and one story after the other: a shell drawn by software is slow.
phosh_stage() {
    stage 'calls on a lock screen' cargo test --locked --quiet --workspace --test lock_screen -- --test-threads=1 --nocapture
}

# The same on a real GNOME Shell, with our extension, and its banners while it is in use.
gnome_stage() {
    stage "calls on GNOME's lock screen" cargo test --locked --quiet --workspace --test unlock_dialog -- --test-threads=1
}

# What is heard in a call, measured. Alone, and one story after the other.
sound_stage() {
    stage 'sound in calls' cargo test --locked --quiet --workspace --test sound -- --test-threads=1 --nocapture
}
