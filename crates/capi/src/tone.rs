use crate::error::Refusal;
use crate::provider::{Done, Provider, ask};
use hookswitch::CallTone;
use std::ffi::{c_char, c_void};

/// It rings at the other end.
pub const HOOKSWITCH_TONE_RINGBACK: i32 = 0;
/// The other end is in a call.
pub const HOOKSWITCH_TONE_BUSY: i32 = 1;
/// The call cannot be put through.
pub const HOOKSWITCH_TONE_FAILURE: i32 = 2;
/// One waits, and will be taken again.
pub const HOOKSWITCH_TONE_HOLD: i32 = 3;

/// Have the service play a tone in a call that has the audio, where the call is heard, as telephones of the user's country
/// sound: HOOKSWITCH_TONE_.... It goes on until `hookswitch_stop_tone`, another tone, or the loss of the audio; ringback also
/// until the call is connected. Refused with AudioNotActive before `did_activate_audio_session`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_play_tone(
    provider: *mut Provider,
    call: *const c_char,
    tone: i32,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(
            provider,
            call,
            (done, data),
            |()| 0,
            |provider, call| Ok(provider.play_tone(call, call_tone(tone)?)),
        );
    }
}

/// No tone in this call any more. If there is none, nothing happens.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_stop_tone(
    provider: *mut Provider,
    call: *const c_char,
    done: Done,
    data: *mut c_void,
) {
    // SAFETY: the header asks for null, or what is valid.
    unsafe {
        ask(provider, call, (done, data), |()| 0, |provider, call| Ok(provider.stop_tone(call)));
    }
}

fn call_tone(tone: i32) -> Result<CallTone, Refusal> {
    match tone {
        HOOKSWITCH_TONE_RINGBACK => Ok(CallTone::Ringback),
        HOOKSWITCH_TONE_BUSY => Ok(CallTone::Busy),
        HOOKSWITCH_TONE_FAILURE => Ok(CallTone::Failure),
        HOOKSWITCH_TONE_HOLD => Ok(CallTone::Hold),
        _ => Err(Refusal::argument("There is no such tone. Use one of HOOKSWITCH_TONE_....")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tone_has_its_number() {
        for (at, tone) in CallTone::ALL.into_iter().enumerate() {
            assert_eq!(call_tone(i32::try_from(at).unwrap()).ok(), Some(tone));
        }
        assert!(call_tone(4).is_err() && call_tone(-1).is_err());
    }
}
