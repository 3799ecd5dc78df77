use crate::action::Action;
use crate::audio::AudioSession;
use crate::border::Record;
use crate::provider::Provider;
use std::ffi::{c_char, c_void};

/// What an app does when the service asks or tells it something. Called by `hookswitch_provider_dispatch` only, in the
/// order the service spoke. `data` is what the app gave to `hookswitch_provider_new`. A function that is null does
/// nothing; what it was to perform fails. They must return soon, and must not throw or jump out.
///
/// Each action is completed once, with `hookswitch_fulfill` or `hookswitch_fail`, at once or later. A second action, an end
/// always, may come while one is pending.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Delegate {
    /// Its size: `sizeof(hookswitch_delegate)`.
    pub size: usize,
    /// The app is registered: calls may be reported and requested. Also after each reset.
    pub did_begin: Option<unsafe extern "C" fn(data: *mut c_void, provider: *mut Provider)>,
    /// The service restarted and knows none of the app's calls, and no action is to be completed any more. Drop every call;
    /// or, if `adopt_within_ms` is not 0, report each again within that time with `hookswitch_adopt_call`.
    pub did_reset: Option<
        unsafe extern "C" fn(data: *mut c_void, provider: *mut Provider, adopt_within_ms: u32),
    >,
    /// Invite the callee; fulfilled = the invitation has left. 15 s by default.
    pub perform_start_call: Perform,
    /// Connect the call; fulfilled = both can talk. 30 s by default; failed or late, the call ends as failed.
    pub perform_answer_call: Perform,
    /// End the call. 5 s by default; for everybody else it ends in any case.
    pub perform_end_call: Perform,
    /// Hold the call, or take it from hold. 5 s by default.
    pub perform_set_held: Perform,
    /// Mute or unmute the microphone for the call. 5 s by default.
    pub perform_set_muted: Perform,
    /// Send tones. 5 s by default.
    pub perform_play_dtmf: Perform,
    /// Make the call one conversation with another of this app, or take it out of its group. 5 s by default.
    pub perform_set_group_call: Perform,
    /// Turn video on or off. 5 s by default.
    pub perform_set_video: Perform,
    /// Translate the call, or stop it; fulfilled = the app does so. 5 s by default.
    pub perform_set_translating: Perform,
    /// An action ran out of time: it counts as failed, and the call may be over too. Completing it now does nothing.
    pub timed_out: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            provider: *mut Provider,
            action: u64,
            call: *const c_char,
        ),
    >,
    /// The call has the audio: start its media now, not before. May come again and means the same then.
    pub did_activate_audio_session: OfCall,
    /// The call lost the audio: stop its media.
    pub did_deactivate_audio_session: OfCall,
    /// A transaction the app requested is over. `results` has a word for each of its `count` actions: fulfilled, failed,
    /// timed_out, provider_lost, call_ended, cannot_hold or not_performed. The list is open.
    pub transaction_finished: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            provider: *mut Provider,
            transaction: u64,
            results: *const *const c_char,
            count: usize,
        ),
    >,
    /// The connection to the bus is gone for good, or the service would not have the app back. The last function called:
    /// drop the calls, and free the provider.
    pub did_lose_bus: Option<unsafe extern "C" fn(data: *mut c_void, provider: *mut Provider)>,
    /// The audio session of a call: open what it needs, but play and capture nothing yet. It comes with the call, and again
    /// before each `did_activate_audio_session`, as the device may be another then. Not where the service has no audio.
    pub prepare_audio_session: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            provider: *mut Provider,
            call: *const c_char,
            session: *const AudioSession,
        ),
    >,
}

/// A function that performs an action.
pub type Perform =
    Option<unsafe extern "C" fn(data: *mut c_void, provider: *mut Provider, action: *const Action)>;

/// A function that is told of a call.
pub type OfCall =
    Option<unsafe extern "C" fn(data: *mut c_void, provider: *mut Provider, call: *const c_char)>;

// SAFETY: `size` is first; a function that is zero is none.
unsafe impl Record for Delegate {
    const NAME: &'static str = "hookswitch_delegate";
}
