//! GNOME Shell as users have it, on a screen that is only in memory, with our extension for its lock screen.
//!
//! [`Shell`] has buses of its own: on that of the session the call service, on that of the system logind and the display
//! manager, played by python-dbusmock, without which it cannot lock. An extension that only tests have reads its stage, takes pictures, and
//! moves a pointer and a finger that go through the same doors as real ones.

mod files;
mod shell;

pub use hookswitch_journeys::{GUARD, soon};
pub use shell::{Shell, Word};
