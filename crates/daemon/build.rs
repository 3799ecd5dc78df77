//! How the service is linked.

use std::env;
use std::process::Command;

/// The first glibc that reads packed relocations.
const PACKED_SINCE: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Where the service begins in memory is not known before it starts, so every pointer in its constants is listed. All of
    // that list is read at the start and stays in memory; packed it is a thirtieth of its size.
    if target_packs() {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Whether the program is built for the C library of this machine, and that one can read them.
fn target_packs() -> bool {
    let of = |name| env::var(name).unwrap_or_default();
    of("HOST") == of("TARGET")
        && of("CARGO_CFG_TARGET_ENV") == "gnu"
        && glibc().is_some_and(|version| version >= PACKED_SINCE)
}

/// The version of this machine's glibc.
fn glibc() -> Option<(u32, u32)> {
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?.stdout;
    let said = String::from_utf8(said).ok()?;
    let (major, minor) = said.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
