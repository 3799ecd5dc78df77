//! The C ABI of the Hookswitch library, for apps that do not speak D-Bus. The header `data/include/hookswitch.h` is made
//! of what is here.
//!
//! The library has a thread of its own for the bus. The app's functions are called only by [`hookswitch_provider_dispatch`],
//! on the app's thread, when the descriptor of [`hookswitch_provider_fd`] becomes readable: so it fits into any event loop
//! (GLib, Qt, libuv, poll), and the app needs no locks.
//!
//! What holds for every function is at the top of the header (`cbindgen.toml`).
#![allow(unsafe_code, reason = "a C ABI takes pointers; each use says why it is sound")]
// A C function with pointers is `unsafe` to call from Rust, and the header is where its rules are.
#![allow(clippy::missing_safety_doc)]

mod action;
mod audio;
mod border;
mod configuration;
mod delegate;
mod error;
mod event;
mod provider;
mod report;
mod request;
mod shared;
mod thread;
mod tone;
mod update;

pub use action::*;
pub use audio::AudioSession;
pub use configuration::*;
pub use delegate::*;
pub use error::*;
pub use provider::*;
pub use report::*;
pub use request::*;
pub use tone::*;
pub use update::*;
