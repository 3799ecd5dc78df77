use crate::border::{copy, text};
use crate::error::Refusal;
use crate::provider::{Done, Provider, ask, call_uuid};
use crate::update::Update;
use hookswitch::{Adoption, CallState, Date, EndedReason};
use std::ffi::{c_char, c_void};

/// Ended because it did not work.
pub const HOOKSWITCH_ENDED_FAILED: i32 = 0;
/// The other end hung up.
pub const HOOKSWITCH_ENDED_REMOTE_ENDED: i32 = 1;
/// Nobody answered.
pub const HOOKSWITCH_ENDED_UNANSWERED: i32 = 2;
/// Another device of this user answered.
pub const HOOKSWITCH_ENDED_ANSWERED_ELSEWHERE: i32 = 3;
/// Another device of this user declined.
pub const HOOKSWITCH_ENDED_DECLINED_ELSEWHERE: i32 = 4;

/// It rings here.
pub const HOOKSWITCH_STATE_RINGING: i32 = 0;
/// The invitation has left.
pub const HOOKSWITCH_STATE_DIALING: i32 = 1;
/// The other end was reached.
pub const HOOKSWITCH_STATE_CONNECTING: i32 = 2;
/// Both can talk.
pub const HOOKSWITCH_STATE_ACTIVE: i32 = 3;
/// On hold.
pub const HOOKSWITCH_STATE_HELD: i32 = 4;

/// Report an incoming call: it is admitted and rings, or it is refused and was never shown. `call` is the app's own id of
/// it, a UUID, from its signalling or from `hookswitch_new_call`. `update` may be null.
///
/// Wait for `done` before telling the caller that it rings. A perform for the call may come before `done`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_report_incoming_call(
    provider: *mut Provider,
    call: *const c_char,
    update: *const Update,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(
            provider,
            call,
            (done, data),
            |number: hookswitch::CallNumber| number.0,
            |provider, call| {
                let update = copy(update)?.read()?;
                Ok(provider.report_new_incoming_call(call, update))
            },
        );
    }
}

/// Facts of a call changed. Only what is set in `update` changes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_report_call_updated(
    provider: *mut Provider,
    call: *const c_char,
    update: *const Update,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), nothing, |provider, call| {
            Ok(provider.report_call_updated(call, copy(update)?.read()?))
        });
    }
}

/// The far side of an outgoing call was reached, and media is being set up. `date` is in milliseconds since 1970-01-01 UTC;
/// 0: now. Said again it is a sign of life.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_report_outgoing_call_started_connecting(
    provider: *mut Provider,
    call: *const c_char,
    date: i64,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), nothing, |provider, call| {
            Ok(provider.report_outgoing_call_started_connecting(call, moment(date)))
        });
    }
}

/// Both sides of an outgoing call can talk: the timer starts. `date` as above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_report_outgoing_call_connected(
    provider: *mut Provider,
    call: *const c_char,
    date: i64,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), nothing, |provider, call| {
            Ok(provider.report_outgoing_call_connected(call, moment(date)))
        });
    }
}

/// The call ended, for a reason other than this user: HOOKSWITCH_ENDED_... What the user does in the app is requested with
/// `hookswitch_request_end_call` instead. `date` as above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_report_call_ended(
    provider: *mut Provider,
    call: *const c_char,
    reason: i32,
    date: i64,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), nothing, |provider, call| {
            Ok(provider.report_call_ended(call, moment(date), ended_reason(reason)?))
        });
    }
}

/// Report a call again that was live before the service restarted, within the time `did_reset` gave: HOOKSWITCH_STATE_...,
/// whether its microphone is muted, and another call it is in one group with, or null. `update` has facts that changed meanwhile, and may be null. If it is refused
/// (NotAdoptable), end the call in the app.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_adopt_call(
    provider: *mut Provider,
    call: *const c_char,
    state: i32,
    muted: bool,
    group_with: *const c_char,
    update: *const Update,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), nothing, |provider, call| {
            let adoption = Adoption {
                state: call_state(state)?,
                muted,
                group_with: text(group_with)?.map(|with| call_uuid(&with)).transpose()?,
                update: copy(update)?.read()?,
            };
            Ok(provider.adopt_call(call, adoption))
        });
    }
}

fn nothing((): ()) -> u64 {
    0
}

fn moment(date: i64) -> Option<Date> {
    (date != 0).then_some(Date(date))
}

fn ended_reason(reason: i32) -> Result<EndedReason, Refusal> {
    match reason {
        HOOKSWITCH_ENDED_FAILED => Ok(EndedReason::Failed),
        HOOKSWITCH_ENDED_REMOTE_ENDED => Ok(EndedReason::RemoteEnded),
        HOOKSWITCH_ENDED_UNANSWERED => Ok(EndedReason::Unanswered),
        HOOKSWITCH_ENDED_ANSWERED_ELSEWHERE => Ok(EndedReason::AnsweredElsewhere),
        HOOKSWITCH_ENDED_DECLINED_ELSEWHERE => Ok(EndedReason::DeclinedElsewhere),
        _ => Err(Refusal::argument("There is no such reason. Use one of HOOKSWITCH_ENDED_....")),
    }
}

fn call_state(state: i32) -> Result<CallState, Refusal> {
    match state {
        HOOKSWITCH_STATE_RINGING => Ok(CallState::Ringing),
        HOOKSWITCH_STATE_DIALING => Ok(CallState::Dialing),
        HOOKSWITCH_STATE_CONNECTING => Ok(CallState::Connecting),
        HOOKSWITCH_STATE_ACTIVE => Ok(CallState::Active),
        HOOKSWITCH_STATE_HELD => Ok(CallState::Held),
        _ => Err(Refusal::argument("There is no such state. Use one of HOOKSWITCH_STATE_....")),
    }
}
