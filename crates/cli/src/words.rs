//! What is printed for people.

use hookswitch::{
    Call, CallState, Choice, ChoiceKind, Date, Direction, EndKind, EndedReason, FailReason,
    MissedReason, Outcome, Recent, RingLevel,
};
use std::time::{SystemTime, UNIX_EPOCH};

/// Now, on the wall clock.
pub fn now() -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Date(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Text of others, without what would move the terminal's cursor.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// How long it has been, as a phone shows it: 0:07, 12:30, 1:02:03.
pub fn clock(from: Date, to: Date) -> String {
    let seconds = to.0.saturating_sub(from.0).max(0) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// How long ago.
pub fn ago(then: Date, now: Date) -> String {
    let seconds = now.0.saturating_sub(then.0) / 1000;
    match seconds {
        ..=9 => "just now".to_owned(),
        10..=59 => format!("{seconds} s ago"),
        60..=3599 => format!("{} min ago", seconds / 60),
        3600..=86_399 => format!("{} h ago", seconds / 3600),
        86_400..=172_799 => "yesterday".to_owned(),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

pub fn app(call: &Call) -> String {
    let name = clean(&call.app_name);
    if call.verified { name } else { format!("{name} (unverified)") }
}

pub fn state(call: &Call) -> String {
    let state = match (call.state, call.ending) {
        (CallState::Ringing, _) => "rings",
        (CallState::Answering, _) => "is being answered",
        (CallState::Starting, _) => "is being started",
        (CallState::Dialing, _) => "dialing",
        (CallState::Connecting, _) => "connecting",
        (CallState::Active, _) => "active",
        (CallState::Held, _) => "on hold",
        (CallState::Ending, Some(EndKind::Decline)) => "is being declined",
        (CallState::Ending, _) => "is ending",
        (CallState::Ended, _) => match call.ended {
            Some(reason) => ended(reason, call.direction),
            None => "over",
        },
    };
    let mut state = state.to_owned();
    let also = [
        (call.emergency, "emergency"),
        (call.muted && !call.has_ended(), "muted"),
        (call.translating.is_some(), "translated"),
    ];
    for (_, word) in also.iter().filter(|(is, _)| *is) {
        state.push_str(", ");
        state.push_str(word);
    }
    state
}

/// The state of a call, and who is in one conversation with it.
pub fn state_among(call: &Call, calls: &[Call]) -> String {
    let together = |other: &&Call| {
        call.group.is_some() && other.group == call.group && other.number != call.number
    };
    let names: Vec<_> = calls.iter().filter(together).map(|call| clean(call.who())).collect();
    match names.is_empty() {
        true => state(call),
        false => format!("{}, together with {}", state(call), names.join(" and ")),
    }
}

pub fn ended(reason: EndedReason, direction: Direction) -> &'static str {
    match (reason, direction) {
        (EndedReason::Failed, _) => "failed",
        (EndedReason::RemoteEnded, _) => "they hung up",
        (EndedReason::Unanswered, Direction::Incoming) => "not answered",
        (EndedReason::Unanswered, Direction::Outgoing) => "nobody answered",
        (EndedReason::AnsweredElsewhere, _) => "answered on another device",
        (EndedReason::DeclinedElsewhere, _) => "declined on another device",
        (EndedReason::HungUp, _) => "you hung up",
        (EndedReason::Declined, _) => "you declined",
        (EndedReason::Cancelled, _) => "you gave up",
        (EndedReason::EmergencyCall, _) => "ended for an emergency call",
    }
}

/// A choice as one would say it, naming what is lost.
pub fn choice(choice: &Choice, calls: &[Call]) -> String {
    let name = |number: hookswitch::CallNumber| {
        let call = calls.iter().find(|call| call.number == number);
        call.map_or_else(|| number.to_string(), |call| clean(call.who()))
    };
    let word = choice.kind.name();
    match (choice.ends, choice.merges) {
        (Some(other), _) => format!("{word} (ends {})", name(other)),
        (None, Some(other)) => format!("{word} (with {})", name(other)),
        (None, None) => word.to_owned(),
    }
}

pub fn choice_words() -> String {
    let words: Vec<_> = ChoiceKind::ALL.iter().map(|kind| kind.name()).collect();
    words.join(", ")
}

/// Why something that was accepted did not happen.
pub fn failed(reason: FailReason) -> &'static str {
    match reason {
        FailReason::Failed => "the app could not do it",
        FailReason::TimedOut => "the app did not react in time",
        FailReason::ProviderLost => "the app left",
        FailReason::CallEnded => "the call ended first",
        FailReason::CannotHold => "the other call could not be held",
        FailReason::NotPerformed => "what had to come first failed",
        FailReason::EmergencyCall => "an emergency call took its place",
    }
}

/// The first thing that went wrong.
pub fn first_failure(outcomes: &[Outcome]) -> Option<FailReason> {
    outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Failed(reason) => Some(*reason),
        Outcome::Fulfilled(_) => None,
    })
}

pub fn ring(ring: RingLevel) -> &'static str {
    match ring {
        RingLevel::Silent => "nothing rings",
        RingLevel::Waiting => "a call waits",
        RingLevel::Loud => "it rings",
    }
}

/// What became of a call, in recents.
pub fn recent(line: &Recent) -> String {
    match (line.missed_reason, line.reason) {
        (Some(MissedReason::AlreadyRinging), _) => "missed: too many rang".to_owned(),
        (Some(MissedReason::DoNotDisturb), _) => "missed: do not disturb".to_owned(),
        (Some(MissedReason::Blocked), _) => "blocked".to_owned(),
        (Some(MissedReason::EmergencyCall), _) => "missed: an emergency call went on".to_owned(),
        (Some(MissedReason::NeverRang), _) => "missed: they gave up at once".to_owned(),
        (None, None) => "goes on".to_owned(),
        (None, Some(reason)) if line.emergency => {
            format!("emergency call: {}", ended(reason, line.direction))
        }
        (None, Some(reason)) => match line.missed {
            true => format!("missed: {}", ended(reason, line.direction)),
            false => ended(reason, line.direction).to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        assert_eq!(clock(Date(0), Date(7_999)), "0:07");
        assert_eq!(clock(Date(0), Date(750_000)), "12:30");
        assert_eq!(clock(Date(0), Date(3_723_000)), "1:02:03");
        assert_eq!(clock(Date(9_000), Date(0)), "0:00");
        assert_eq!(ago(Date(0), Date(-5)), "just now");
        assert_eq!(ago(Date(0), Date(59_999)), "59 s ago");
        assert_eq!(ago(Date(0), Date(7_200_000)), "2 h ago");
        assert_eq!(ago(Date(0), Date(100_000_000)), "yesterday");
    }

    #[test]
    fn a_callers_name_cannot_draw_on_the_terminal() {
        assert_eq!(clean("Anna\u{1b}[2J\n"), "Anna\u{fffd}[2J\u{fffd}");
    }
}
