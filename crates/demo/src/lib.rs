//! The demo: one phone calls another through the call service, on one machine, without sound or display.
//!
//! [`Stage`] has what is needed for it: an exchange and [`Phone`]s, each with a bus, a call service and a Speakerbox of
//! its own, all of which end with this program. [`story`] is what happens on it, [`measure`] says how much of the speech
//! arrived. The journeys of this crate use the same stage for stories that go wrong.

mod child;
pub mod desktop;
mod error;
mod exchange;
mod ladder;
mod log;
pub mod measure;
mod phone;
mod speakerbox;
mod speech;
mod stage;
pub mod story;
mod table;

pub use child::{Child, become_child};
pub use error::DemoError;
pub use exchange::Exchange;
pub use ladder::Ladder;
pub use log::{Log, now_us};
pub use phone::{Phone, PhoneOptions, Seen};
pub use speakerbox::{Happening, Speakerbox};
pub use speech::speak;
pub use stage::{Programs, Stage};
pub use table::{Summary, print_summary};
