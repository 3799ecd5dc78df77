//! Every sentence the screens say, in one place: so that they can be read aloud, and translated.

use super::Identity;
use hookswitch::{Call, CallState, ChoiceKind, Direction, EndedReason};

/// The window of a ringing call.
pub fn incoming(name: &str, app: &str) -> String {
    format!("Incoming call from {name} with {app}")
}

/// The window of a call.
pub fn in_call(name: &str, app: &str) -> String {
    format!("Call with {name} with {app}")
}

/// The window of a call that is over.
pub fn over(name: &str) -> String {
    format!("The call with {name} is over")
}

/// What kind of call rings.
pub fn kind_of(call: &Call) -> String {
    match (call.emergency, call.video) {
        (true, _) => "Emergency call".to_owned(),
        (_, true) => "Incoming video call".to_owned(),
        _ => "Incoming call".to_owned(),
    }
}

/// Above the name.
pub fn app_and_kind(call: &Call) -> String {
    let kind = if call.video { "Video call" } else { "Audio call" };
    format!("{} · {kind}", call.app_name)
}

/// What to know of an app that is not known.
pub fn unverified(app: &str) -> String {
    format!("It is not sure that {app} made this call")
}

/// How a call stands.
pub fn state(call: &Call) -> String {
    let word = match call.state {
        CallState::Ringing => "Rings",
        CallState::Answering | CallState::Connecting => "Connecting",
        CallState::Starting | CallState::Dialing => "Calling",
        CallState::Active => "Talking",
        CallState::Held => "On hold",
        CallState::Ending => "Ending",
        CallState::Ended => return ended(call),
    };
    word.to_owned()
}

/// The same, with the app.
pub fn state_and_app(call: &Call) -> String {
    format!("{} · {}", state(call), call.app_name)
}

/// How a call ended.
pub fn ended(call: &Call) -> String {
    let outgoing = call.direction == Direction::Outgoing;
    let word = match call.ended {
        Some(EndedReason::Failed) if call.connected.is_some() => "The call was cut off",
        Some(EndedReason::Failed) => "The call failed",
        Some(EndedReason::Unanswered) if outgoing => "No answer",
        Some(EndedReason::Unanswered) => "Missed call",
        Some(EndedReason::RemoteEnded) if outgoing && call.connected.is_none() => "Declined",
        Some(EndedReason::EmergencyCall) => "Ended for an emergency call",
        Some(EndedReason::AnsweredElsewhere) => "Answered on another device",
        Some(EndedReason::DeclinedElsewhere) => "Declined on another device",
        _ => "Call ended",
    };
    word.to_owned()
}

/// What answering does to the other call.
pub fn is_held_then(name: &str) -> String {
    format!("{name} is put on hold")
}

/// A choice. `ends`: who is lost by it. `merges`: with whom it is one conversation then.
pub fn choice(kind: ChoiceKind, ends: Option<&str>, merges: Option<&str>) -> String {
    let word = match (kind, ends, merges) {
        (ChoiceKind::Answer, _, _) => "Answer",
        (ChoiceKind::HoldAndAccept, _, _) => "Hold & Accept",
        (ChoiceKind::EndAndAccept | ChoiceKind::EndHeldAndAccept, Some(name), _) => {
            return format!("End {name} & Accept");
        }
        (ChoiceKind::EndAndAccept | ChoiceKind::EndHeldAndAccept, None, _) => "End & Accept",
        (ChoiceKind::Decline, _, _) => "Decline",
        (ChoiceKind::Cancel, _, _) => "Cancel",
        (ChoiceKind::End, _, _) => "End Call",
        (ChoiceKind::Hold, _, _) => "Hold",
        (ChoiceKind::Resume, _, _) => "Resume",
        (ChoiceKind::Swap, _, _) => "Swap",
        (ChoiceKind::EndAndResume, Some(name), _) => return format!("End {name} & Resume"),
        (ChoiceKind::EndAndResume, None, _) => "End & Resume",
        (ChoiceKind::Merge, _, Some(name)) => return format!("Merge with {name}"),
        (ChoiceKind::Merge, _, None) => "Merge",
        (ChoiceKind::Split, _, _) => "Talk Privately",
        (ChoiceKind::EndGroup, _, _) => "End for All",
        (ChoiceKind::SendDigits, _, _) => "Send Digits",
    };
    word.to_owned()
}

/// Stop the ringing.
pub fn silence() -> String {
    "Silence".to_owned()
}

/// Mute the microphone.
pub fn mute() -> String {
    "Mute".to_owned()
}

/// Show the keys.
pub fn keypad() -> String {
    "Keypad".to_owned()
}

/// Where it is heard.
pub fn audio() -> String {
    "Audio".to_owned()
}

/// Away with the screen.
pub fn close() -> String {
    "Close".to_owned()
}

/// Nobody is on the phone.
pub fn no_call() -> (String, String) {
    ("No call".to_owned(), "Calls of all apps are shown here.".to_owned())
}

/// Who takes part, besides.
pub fn members(identity: &Identity) -> Option<String> {
    (!identity.members.is_empty()).then(|| format!("With {}", identity.members.join(", ")))
}
