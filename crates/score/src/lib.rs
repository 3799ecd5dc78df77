//! How well speech arrived: a recording of what was heard, compared with what was said.
//!
//! For tests and measurements. Audio is 48 kHz, mono, 16 bits. [`compare`] gives all figures at once; [`Voice`] says
//! something when there is no recording of speech at hand.
//!
//! The score is STOI, the short-time objective intelligibility of Taal, Hendriks, Heusdens and Jensen (IEEE Transactions
//! on Audio, Speech and Language Processing 19, 2011), and its extension ESTOI (Jensen and Taal, 24, 2016), which also
//! notices what comes and goes: 1 is the same speech, below 0.6 hardly anybody understands. Both compare what is heard
//! *when*; as the delay of a call may change while somebody speaks, the recording is cut into pieces of 320 ms that are laid
//! over what was said, each at its own delay, before it is scored.

mod align;
mod compare;
mod fourier;
mod resample;
mod stoi;
mod voice;

pub use align::{Alignment, Piece, align};
pub use compare::{Comparison, compare, level_dbfs};
pub use stoi::{Intelligibility, intelligibility};
pub use voice::Voice;

/// Samples per second.
pub const SAMPLE_RATE: usize = 48_000;
