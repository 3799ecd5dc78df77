//! Everything the desktop says of calls, as people say it: it may be read aloud. In one place, so that it can be translated.

use hookswitch_core::words::{CallState, ChoiceKind};

/// What is shown of a name at most; the rest would push buttons off the screen.
const LONGEST: usize = 80;

/// Who is called so, in one line: nothing in a name may look like more than a name.
pub fn plain(name: &str) -> String {
    let turns = |letter: char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept = name.chars().filter(|letter| !letter.is_control() && !turns(*letter));
    let kept: String = kept.take(LONGEST).collect();
    kept.trim().to_owned()
}

/// Instead of a name that is not known, or not to be shown.
pub fn somebody() -> String {
    "Somebody".to_owned()
}

/// It rings.
pub fn calls(who: &str, app: &str) -> String {
    format!("{who} calls with {app}")
}

/// A call that is neither ringing nor over.
pub fn in_call(who: &str, app: &str, state: CallState) -> String {
    match state {
        CallState::Starting | CallState::Dialing | CallState::Connecting => {
            format!("Calling {who} with {app}")
        }
        CallState::Answering => format!("Answering {who} with {app}"),
        CallState::Held => format!("{who} is on hold with {app}"),
        _ => format!("In a call with {who} with {app}"),
    }
}

/// It rang, and nobody answered.
pub fn missed(who: &str) -> String {
    format!("Missed call from {who}")
}

/// With which app.
pub fn with(app: &str) -> String {
    format!("With {app}.")
}

/// What answering would do to others.
pub fn cost(held: Option<&str>, ended: Option<&str>) -> Option<String> {
    match (held, ended) {
        (Some(held), Some(ended)) => {
            Some(format!("Answering puts {held} on hold and ends the call with {ended}."))
        }
        (Some(held), None) => Some(format!("Hold and accept puts {held} on hold.")),
        (None, Some(ended)) => Some(format!("End and accept ends the call with {ended}.")),
        (None, None) => None,
    }
}

/// A click on the notification itself.
pub fn open() -> String {
    "Open".to_owned()
}

/// To call somebody who was missed.
pub fn call_back() -> String {
    "Call back".to_owned()
}

/// A button.
pub fn button(kind: ChoiceKind) -> &'static str {
    match kind {
        ChoiceKind::Answer => "Answer",
        ChoiceKind::HoldAndAccept => "Hold and accept",
        ChoiceKind::EndAndAccept => "End and accept",
        ChoiceKind::EndHeldAndAccept => "End held and accept",
        ChoiceKind::Decline => "Decline",
        ChoiceKind::Cancel => "Cancel",
        ChoiceKind::End => "End",
        ChoiceKind::Hold => "Hold",
        ChoiceKind::Resume => "Resume",
        ChoiceKind::Swap => "Swap",
        ChoiceKind::EndAndResume => "End and resume",
        ChoiceKind::Merge => "Merge",
        ChoiceKind::Split => "Split",
        ChoiceKind::EndGroup => "End all",
        ChoiceKind::SendDigits => "Send digits",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_and_nothing_else() {
        assert_eq!(plain(" Anna\nDecline: press 1\u{202e} "), "AnnaDecline: press 1");
        assert_eq!(plain(&"x".repeat(500)).len(), LONGEST);
        assert_eq!(plain("Łukasz 日本"), "Łukasz 日本");
    }
}
