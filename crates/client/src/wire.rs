//! Words out of records. What this version does not know is left out or reads as the nearest that it does.

use hookswitch_bus::{FinishedRecord, fail_reason};
use hookswitch_core::Finished;
use hookswitch_core::words::{
    CallState, Date, Direction, Handle, HandleKind, Languages, Outcome, RingLevel, TransactionId,
    TranslationEngine,
};

pub(crate) fn finished(record: &FinishedRecord) -> Finished {
    let outcome = |word: &String| match fail_reason(word) {
        None => Outcome::Fulfilled(None),
        Some(reason) => Outcome::Failed(reason),
    };
    Finished {
        transaction: TransactionId(record.transaction),
        results: record.results.iter().map(outcome).collect(),
    }
}

pub(crate) fn handle(value: String, kind: &str, display_name: Option<String>) -> Handle {
    Handle { kind: HandleKind::from_name(kind).unwrap_or_default(), value, display_name }
}

pub(crate) fn direction(word: &str) -> Direction {
    match word {
        "outgoing" => Direction::Outgoing,
        _ => Direction::Incoming,
    }
}

/// A state of a later version is one in which both can talk if they ever could.
pub(crate) fn state(word: &str, connected: Option<i64>) -> CallState {
    let unknown = match connected {
        Some(_) => CallState::Active,
        None => CallState::Connecting,
    };
    CallState::from_name(word).unwrap_or(unknown)
}

/// An engine of a later version reads as the app's own.
pub(crate) fn translating(
    translating: Option<bool>,
    local: Option<String>,
    remote: Option<String>,
    engine: Option<String>,
) -> Option<(Languages, TranslationEngine)> {
    translating.filter(|translating| *translating)?;
    let engine = engine.as_deref().and_then(TranslationEngine::from_name);
    Some((Languages::new(&local?, &remote?)?, engine.unwrap_or(TranslationEngine::Custom)))
}

pub(crate) fn ring(word: &str) -> RingLevel {
    match word {
        "loud" => RingLevel::Loud,
        "waiting" => RingLevel::Waiting,
        _ => RingLevel::Silent,
    }
}

pub(crate) fn date(milliseconds: Option<i64>) -> Option<Date> {
    milliseconds.map(Date)
}
