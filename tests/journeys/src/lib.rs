//! Whole stories across processes: a real message bus, the real service, apps and screens that talk to it.
//!
//! [`Phone`] is a private bus whose service is started by the bus itself, as on a real system. [`App`] is a provider that
//! the story plays, [`Screen`] a surface, [`Peer`] a connection that says what no library would let it. Nothing sleeps for a condition: a story waits for what it needs, with a guard
//! of [`GUARD`] against hanging.

mod app;
mod chaos;
pub mod contract_words;
mod dice;
pub mod known;
mod mocks;
mod moody;
mod peer;
mod phone;
mod scene;
mod screen;
pub mod telephone;
pub mod wrong;

pub use app::{App, Event};
pub use chaos::Chaos;
pub use dice::Dice;
pub use mocks::{Mock, SystemBus};
pub use moody::Moody;
pub use peer::{Answer, Body, Peer, Record, copy, message};
pub use phone::{Phone, program};
pub use scene::{CHAT, Scene, Seen, TALK, action};
pub use screen::Screen;
pub use telephone::{GNOME_CALLS, Stage, Telephone};

use std::future::Future;
use std::time::Duration;

/// No wait of a story takes longer, unless something is broken.
pub const GUARD: Duration = Duration::from_secs(60);

/// Wait for something that has to come.
///
/// # Panics
/// It does not.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(GUARD, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not come within {} s", GUARD.as_secs()),
    }
}
