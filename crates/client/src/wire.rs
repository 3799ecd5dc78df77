//! Words out of records. What this version does not know is left out or reads as the nearest that it does.

use hookswitch_bus::{FinishedRecord, fail_reason};
use hookswitch_core::Finished;
use hookswitch_core::words::{
    Date, Direction, Handle, HandleKind, Outcome, RingLevel, TransactionId,
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
