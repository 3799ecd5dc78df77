use crate::border::{copy, text};
use crate::error::Refusal;
use crate::provider::{Done, Provider, ask, call_uuid};
use crate::update::Start;
use hookswitch::{DtmfDigits, Languages, TransactionId};
use std::ffi::{c_char, c_void};

fn transaction(id: TransactionId) -> u64 {
    id.0
}

/// The user dials in the app. It comes back as `perform_start_call`; another app's call may be held first. `call` is a new
/// id, from `hookswitch_new_call`.
///
/// For each request: `done` has the service's decision, and in `value` the transaction; its outcome comes with
/// `transaction_finished`. A refused request changes nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_request_start_call(
    provider: *mut Provider,
    call: *const c_char,
    start: *const Start,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), transaction, |provider, call| {
            Ok(provider.controller().start_call(copy(start)?.read(call)?))
        });
    }
}

/// The user answers in the app, in the way that touches nobody else or at most holds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_request_answer_call(
    provider: *mut Provider,
    call: *const c_char,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), transaction, |provider, call| {
            Ok(provider.controller().answer_call(call))
        });
    }
}

/// The user ends, declines or gives up in the app. Ending an ended call succeeds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_request_end_call(
    provider: *mut Provider,
    call: *const c_char,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), transaction, |provider, call| {
            Ok(provider.controller().end_call(call))
        });
    }
}

/// The user holds (true) or resumes (false) in the app.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_request_set_held(
    provider: *mut Provider,
    call: *const c_char,
    held: bool,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), transaction, |provider, call| {
            Ok(provider.controller().set_held(call, held))
        });
    }
}

/// The user mutes (true) or unmutes (false) the microphone in the app.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_request_set_muted(
    provider: *mut Provider,
    call: *const c_char,
    muted: bool,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), transaction, |provider, call| {
            Ok(provider.controller().set_muted(call, muted))
        });
    }
}

/// The user taps keys in the app: 1 to 64 of 0-9 * # A-D.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_request_play_dtmf(
    provider: *mut Provider,
    call: *const c_char,
    digits: *const c_char,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), transaction, |provider, call| {
            let digits = text(digits)?.and_then(DtmfDigits::new).ok_or_else(|| {
                Refusal::argument("These are no digits. Give 1 to 64 of 0-9 * # A-D.")
            })?;
            Ok(provider.controller().play_dtmf(call, digits))
        });
    }
}

/// The user makes the call one conversation with another of this app's in the app, or (`with` null) takes it out of its
/// group.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_request_set_group_call(
    provider: *mut Provider,
    call: *const c_char,
    with: *const c_char,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), transaction, |provider, call| {
            let with = text(with)?.map(|with| call_uuid(&with)).transpose()?;
            Ok(provider.controller().set_group(call, with))
        });
    }
}

/// The user ends the call in the app, and everybody who is in one group with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_request_end_group(
    provider: *mut Provider,
    call: *const c_char,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), transaction, |provider, call| {
            Ok(provider.controller().end_group(call))
        });
    }
}

/// The user turns video on (true) or off (false) in the app.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_request_set_video(
    provider: *mut Provider,
    call: *const c_char,
    video: bool,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), transaction, |provider, call| {
            Ok(provider.controller().set_video(call, video))
        });
    }
}

/// The user has the call translated in the app: `local_language` is spoken here and `remote_language` there, language tags as
/// de or pt-BR. Both null: not any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_request_set_translating(
    provider: *mut Provider,
    call: *const c_char,
    local_language: *const c_char,
    remote_language: *const c_char,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), transaction, |provider, call| {
            let languages = match (text(local_language)?, text(remote_language)?) {
                (None, None) => None,
                (local, remote) => {
                    let both = local.zip(remote);
                    let both = both.and_then(|(local, remote)| Languages::new(local, remote));
                    Some(both.ok_or_else(|| {
                        Refusal::argument(
                            "These are not two language tags. Give both, as de and pt-BR, or neither.",
                        )
                    })?)
                }
            };
            Ok(provider.controller().set_translating(call, languages))
        });
    }
}
