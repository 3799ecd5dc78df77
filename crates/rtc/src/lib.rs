//! A participant of a session: joins by URL and token, publishes and hears Opus, and says how well that goes.
//!
//! [`Session::join`] connects; nothing is sent or played until [`Session::publish`] and [`Session::play`] say so, which
//! is for an app to do after it was granted the audio. Audio comes from an [`AudioSource`] and goes to an [`AudioSink`]
//! in frames of 10 ms, 48 kHz, mono; [`wav`] has both for files, and with the feature `devices` the module of that name
//! for microphone and loudspeaker.
//!
//! The media runs on a thread of its own, so that a busy app does not make the call stutter.
//!
//! ```no_run
//! use hookswitch_rtc::{Options, Session, wav::{WavSink, WavSource}};
//!
//! # async fn example(url: &str, token: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let (session, mut events) = Session::join(url, token, Options::default()).await?;
//! session.play(WavSink::create("heard.wav")?).await?;
//! session.publish(WavSource::open("speech.wav")?).await?;
//! while let Some(event) = events.next().await {
//!     println!("{event:?}");
//! }
//! # Ok(()) }
//! ```

mod audio;
#[cfg(feature = "devices")]
pub mod devices;
mod driver;
mod error;
mod events;
mod impair;
mod jitter;
mod link;
mod playback;
mod receiver;
mod sender;
mod session;
mod statistics;
mod stretch;
mod transport;
pub mod wav;

pub use audio::{AudioSink, AudioSource, FRAME_LEN, Frame, SAMPLE_RATE, SILENCE, level_dbfs};
pub use error::{JoinError, SessionError};
pub use events::{DisconnectReason, Events, SessionEvent};
pub use impair::{Impairment, Network};
pub use jitter::{
    AdaptiveJitterBuffer, FixedJitterBuffer, JitterBuffer, JitterCounts, Packet, Playout, Stretch,
};
pub use receiver::Receiver;
pub use sender::{Encoded, Sender};
pub use session::{Options, Session};
pub use statistics::{ReceivedStatistics, Statistics};
