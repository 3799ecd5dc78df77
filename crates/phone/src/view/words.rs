//! Every sentence the screens say, in one place: so that they can be read aloud, and translated.

use super::Identity;
use crate::tongue::{tr, tr_with};
use hookswitch::{Call, CallState, ChoiceKind, Direction, EndedReason};

/// The window of a ringing call.
pub fn incoming(name: &str, app: &str) -> String {
    if is_nobody(name, app) {
        return tr_with("Incoming call with {}", &[app]);
    }
    tr_with("Incoming call from {} with {}", &[name, app])
}

/// The window of a call.
pub fn in_call(name: &str, app: &str) -> String {
    if is_nobody(name, app) {
        return tr_with("In a call with {}", &[app]);
    }
    tr_with("Call with {} with {}", &[name, app])
}

/// The window of a call that is over.
pub fn over(name: &str) -> String {
    tr_with("The call with {} is over", &[name])
}

/// Whether only the app is named.
fn is_nobody(name: &str, app: &str) -> bool {
    name.trim_matches(['\u{2066}', '\u{2069}']) == app
}

/// What kind of call rings.
pub fn kind_of(call: &Call) -> String {
    match (call.emergency, call.video) {
        (true, _) => tr("Emergency call"),
        (_, true) => tr("Incoming video call"),
        _ => tr("Incoming call"),
    }
}

/// Above the name.
pub fn app_and_kind(call: &Call) -> String {
    let kind = if call.video { tr("Video call") } else { tr("Audio call") };
    format!("{} · {kind}", call.app_name)
}

/// What to know of an app that is not known.
pub fn unverified(app: &str) -> String {
    tr_with("It is not sure that {} made this call", &[app])
}

/// How a call stands.
pub fn state(call: &Call) -> String {
    match call.state {
        CallState::Ringing => tr("Rings"),
        CallState::Answering | CallState::Connecting => tr("Connecting"),
        CallState::Starting | CallState::Dialing => tr("Calling"),
        CallState::Active if call.reconnecting => tr("Reconnecting"),
        CallState::Active => tr("Talking"),
        CallState::Held => tr("On hold"),
        CallState::Ending => tr("Ending"),
        CallState::Ended => ended(call),
    }
}

/// The same, with the app.
pub fn state_and_app(call: &Call) -> String {
    format!("{} · {}", state(call), call.app_name)
}

/// How a call ended.
pub fn ended(call: &Call) -> String {
    let outgoing = call.direction == Direction::Outgoing;
    match call.ended {
        Some(EndedReason::Failed) if call.connected.is_some() => tr("The call was cut off"),
        Some(EndedReason::Failed) => tr("The call failed"),
        Some(EndedReason::Unanswered) if outgoing => tr("No answer"),
        Some(EndedReason::Unanswered) => tr("Missed call"),
        Some(EndedReason::RemoteEnded) if outgoing && call.connected.is_none() => tr("Declined"),
        Some(EndedReason::EmergencyCall) => tr("Ended for an emergency call"),
        Some(EndedReason::AnsweredElsewhere) => tr("Answered on another device"),
        Some(EndedReason::DeclinedElsewhere) => tr("Declined on another device"),
        _ => tr("Call ended"),
    }
}

/// What answering does to the other call.
pub fn is_held_then(name: &str) -> String {
    tr_with("{} is put on hold", &[name])
}

/// A choice. `ends`: who is lost by it. `merges`: with whom it is one conversation then.
pub fn choice(kind: ChoiceKind, ends: Option<&str>, merges: Option<&str>) -> String {
    match (kind, ends, merges) {
        (ChoiceKind::Answer, _, _) => tr("Answer"),
        (ChoiceKind::HoldAndAccept, _, _) => tr("Hold & Accept"),
        (ChoiceKind::EndAndAccept | ChoiceKind::EndHeldAndAccept, Some(name), _) => {
            tr_with("End {} & Accept", &[name])
        }
        (ChoiceKind::EndAndAccept | ChoiceKind::EndHeldAndAccept, None, _) => tr("End & Accept"),
        (ChoiceKind::Decline, _, _) => tr("Decline"),
        (ChoiceKind::Cancel, _, _) => tr("Cancel"),
        (ChoiceKind::End, _, _) => tr("End Call"),
        (ChoiceKind::Hold, _, _) => tr("Hold"),
        (ChoiceKind::Resume, _, _) => tr("Resume"),
        (ChoiceKind::Swap, _, _) => tr("Swap"),
        (ChoiceKind::EndAndResume, Some(name), _) => tr_with("End {} & Resume", &[name]),
        (ChoiceKind::EndAndResume, None, _) => tr("End & Resume"),
        (ChoiceKind::Merge, _, Some(name)) => tr_with("Merge with {}", &[name]),
        (ChoiceKind::Merge, _, None) => tr("Merge"),
        (ChoiceKind::Split, _, _) => tr("Talk Privately"),
        (ChoiceKind::EndGroup, _, _) => tr("End for All"),
        (ChoiceKind::SendDigits, _, _) => tr("Send Digits"),
    }
}

/// An answer that ends one call and holds another.
pub fn end_hold_and_accept(ends: &str, holds: &str) -> String {
    tr_with("End {}, Hold {} & Accept", &[ends, holds])
}

/// How the knob is used that answers.
pub fn slide() -> String {
    tr("Slide to Answer")
}

/// Stop the ringing.
pub fn silence() -> String {
    tr("Silence")
}

/// Decline, and be told to call back.
pub fn remind_me() -> String {
    tr("Remind Me")
}

/// Decline, and write.
pub fn message() -> String {
    tr("Message")
}

/// To the app of the call.
pub fn open(app: &str) -> String {
    tr_with("Open {}", &[app])
}

/// Mute the microphone.
pub fn mute() -> String {
    tr("Mute")
}

/// Be seen, and see.
pub fn video() -> String {
    tr("Video")
}

/// Show the keys.
pub fn keypad() -> String {
    tr("Keypad")
}

/// Where it is heard.
pub fn audio() -> String {
    tr("Audio")
}

/// Away with the screen.
pub fn close() -> String {
    tr("Close")
}

/// Nobody is on the phone.
pub fn no_call() -> (String, String) {
    (tr("No call"), tr("Calls of all apps are shown here."))
}

/// Who takes part, besides.
pub fn members(identity: &Identity) -> Option<String> {
    (!identity.members.is_empty()).then(|| tr_with("With {}", &[&identity.members.join(", ")]))
}
