//! How much of the speech arrived.
//!
//! What is expected comes from the sender's *speech*, not from anything that was sent: from the moment it talks, every
//! 10 ms of the file is due, by the clock. Of the frames above −45 dB of full scale those count as received that are
//! above −60 dB in the recording of the other phone, at the delay that fits best (for each stretch of talking on its
//! own, 0 to 600 ms, by the envelopes' correlation). Where nothing fits, nothing was received: noise is no speech.
//!
//! Not counted: what is said while the listener holds the call and until [`AFTER_HOLD_MS`] after that; the last
//! [`BEFORE_END_MS`] before the sender is quiet or the listener stops listening, which is still on its way then. The
//! beginning of talking has no such grace.

mod align;
mod figures;
mod wave;

pub use align::{Alignment, align};
pub use figures::{AFTER_HOLD_MS, BEFORE_END_MS, Figures, Listening, Span, Talk, loudest, measure};
pub use wave::Wave;
