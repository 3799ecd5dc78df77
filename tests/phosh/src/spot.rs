//! Where Phosh has its buttons, in logical pixels of a screen of 360 by 720. The same in 0.24 and 0.46.

/// A place on the screen.
pub type Spot = (u32, u32);

/// Answer, while it rings.
pub const ANSWER: Spot = (255, 564);
/// Decline, while it rings.
pub const DECLINE: Spot = (105, 564);
/// Hang up, in a call.
pub const HANG_UP: Spot = (180, 620);
/// Open the dial pad, in a call.
pub const DIAL_PAD: Spot = (180, 500);
/// The digit 5 on it.
pub const FIVE: Spot = (180, 455);
/// Where there is nothing: a finger that rests.
pub const NOWHERE: Spot = (10, 700);
