//! A desktop without a display: a real compositor that draws into memory, with keyboard and pointer, on a
//! [`Phone`](hookswitch_journeys::Phone) of its own.
//!
//! Nothing sleeps for a condition: a story waits for what it needs, with a guard against hanging.

mod compositor;
mod desktop;
mod pointer;

pub use desktop::{Desktop, Size};
pub use hookswitch_journeys::{GUARD, soon};
