//! The phone shell Phosh as users have it, on a screen that is only in memory.
//!
//! [`Screen`] is the compositor phoc without any hardware, a virtual pointer, and Phosh, locked or not, on a bus that a
//! story already has. What it shows is read from pictures of it, by OCR; what the user does is done with the pointer.
//! Nothing sleeps for a condition: a story waits until the picture says so, with a guard of [`GUARD`].

mod finger;
mod picture;
mod screen;
pub mod spot;

pub use hookswitch_journeys::{GUARD, soon};
pub use screen::{Lock, Screen};
