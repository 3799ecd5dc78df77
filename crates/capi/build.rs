//! The name by which programs ask for the library. It changes when the ABI breaks.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libhookswitch.so.0");
}
