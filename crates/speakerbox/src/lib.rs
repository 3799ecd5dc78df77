//! Speakerbox: a VoIP app that calls through the Hookswitch call service.
//!
//! It is built as an app with calls of its own should be: a [`Call`] knows where it is in its life, the [`CallList`] has
//! them all, the [`Delegate`] hears what the call service wants, the [`Link`] speaks with the exchange, and each call
//! has its [`Media`]. The [`Phone`] is the one task on which all of that meets; nothing blocks it.
//!
//! There is no window here: what happens is written by the [`Diary`], and calls are dialed and answered on any surface of the
//! call service. A window reaches the phone with a [`Remote`]; `speakerbox-window` has one.

mod arguments;
mod call;
mod call_list;
mod clock;
mod delegate;
mod diary;
mod grant;
mod link;
mod media;
mod note;
mod phone;
mod recording;
mod remote;
mod sound;
mod speech;

pub use arguments::{Arguments, Settings, StartError};
pub use call::{Call, Stage, WrongStage};
pub use call_list::CallList;
pub use delegate::{APP_ID, Delegate};
pub use diary::{Diary, Event};
pub use grant::AudioGrant;
pub use link::{Link, ended_reason, refused_reason};
pub use media::{Media, MediaEvent, MediaPlan};
pub use note::{Ask, Note};
pub use phone::Phone;
pub use recording::{Recording, Track};
pub use remote::Remote;
pub use sound::AudioDevices;
pub use speech::{Speech, Utterance};
