//! What waits to be told to the app, and the telling.

use crate::action::Pending;
use crate::audio::lend;
use crate::border::c_text;
use crate::delegate::{Delegate, OfCall, Perform};
use crate::error::Refusal;
use crate::provider::{Done, Provider};
use crate::shared::{Data, Shared};
use std::ffi::CString;

/// Something the app is to be told.
pub enum Event {
    Began,
    Reset {
        adopt_within_ms: u32,
    },
    Perform(Pending),
    TimedOut {
        action: u64,
        call: String,
    },
    Prepare {
        call: String,
        session: Box<hookswitch::AudioSession>,
    },
    AudioOn(String),
    AudioOff(String),
    Finished {
        transaction: u64,
        results: Vec<String>,
    },
    BusLost,
    /// The answer to something the app asked.
    Done {
        done: Done,
        data: Data,
        answer: Result<u64, Refusal>,
    },
}

impl Event {
    /// Call the app's function for it.
    ///
    /// # Safety
    /// `provider` is the app's handle, not freed, and `delegate` and `data` are as the app gave them.
    pub unsafe fn tell(self, shared: &Shared, provider: *mut Provider) {
        let (delegate, data) = (&shared.delegate, shared.data.0);
        // SAFETY, for each call below: the app's own function, with the arguments that the header promises to it.
        match self {
            Self::Began => {
                if let Some(function) = delegate.did_begin {
                    unsafe { function(data, provider) };
                }
            }
            Self::Reset { adopt_within_ms } => {
                if let Some(function) = delegate.did_reset {
                    unsafe { function(data, provider, adopt_within_ms) };
                }
            }
            // It ran out of time, or the service is gone, before the app looked.
            Self::Perform(pending) if pending.is_over() => {}
            Self::Perform(pending) => match performer(delegate, &pending) {
                Some(function) => {
                    let texts = pending.texts();
                    let action = pending.shown(&texts);
                    // Kept first: the app may complete it within its function.
                    shared.keep(pending);
                    unsafe { function(data, provider, &raw const action) };
                }
                None => pending.fail("This app does not do that."),
            },
            Self::TimedOut { action, call } => {
                if let Some(function) = delegate.timed_out {
                    let call = c_text(&call);
                    unsafe { function(data, provider, action, call.as_ptr()) };
                }
            }
            Self::Prepare { call, session } => {
                if let Some(function) = delegate.prepare_audio_session {
                    let call = c_text(&call);
                    lend(&session, |session| unsafe {
                        function(data, provider, call.as_ptr(), session);
                    });
                }
            }
            Self::AudioOn(call) => unsafe {
                of_call(delegate.did_activate_audio_session, &call, shared, provider);
            },
            Self::AudioOff(call) => unsafe {
                of_call(delegate.did_deactivate_audio_session, &call, shared, provider);
            },
            Self::Finished { transaction, results } => {
                if let Some(function) = delegate.transaction_finished {
                    let results: Vec<CString> = results.iter().map(|word| c_text(word)).collect();
                    let words: Vec<_> = results.iter().map(|word| word.as_ptr()).collect();
                    unsafe { function(data, provider, transaction, words.as_ptr(), words.len()) };
                }
            }
            Self::BusLost => {
                if let Some(function) = delegate.did_lose_bus {
                    unsafe { function(data, provider) };
                }
            }
            Self::Done { done, data, answer } => {
                let Some(function) = done else { return };
                match answer {
                    Ok(value) => unsafe { function(data.0, value, std::ptr::null()) },
                    Err(refusal) => refusal.lend(|error| unsafe { function(data.0, 0, error) }),
                }
            }
        }
    }
}

fn performer(delegate: &Delegate, pending: &Pending) -> Perform {
    match pending {
        Pending::Start(_) => delegate.perform_start_call,
        Pending::Answer(_) => delegate.perform_answer_call,
        Pending::End(_) => delegate.perform_end_call,
        Pending::SetHeld(_) => delegate.perform_set_held,
        Pending::SetMuted(_) => delegate.perform_set_muted,
        Pending::PlayDtmf(_) => delegate.perform_play_dtmf,
        Pending::SetGroup(_) => delegate.perform_set_group_call,
        Pending::SetVideo(_) => delegate.perform_set_video,
        Pending::SetTranslating(_) => delegate.perform_set_translating,
    }
}

/// # Safety
/// As [`Event::tell`].
unsafe fn of_call(function: OfCall, call: &str, shared: &Shared, provider: *mut Provider) {
    if let Some(function) = function {
        let call = c_text(call);
        // SAFETY: as the caller promises.
        unsafe { function(shared.data.0, provider, call.as_ptr()) };
    }
}
