use hookswitch::{Call, Date, Direction, EndedReason};

/// How long the end of a call is seen, in milliseconds.
const SEEN: i64 = 3_000;
/// How long, if there is something to read.
const READ: i64 = 15_000;

/// A call that is over, while that is to be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    /// As it was at the end.
    pub call: Call,
    /// Until then.
    pub until: Date,
}

impl Over {
    /// That one, if it is worth a look: not what was refused, or taken by another device.
    pub fn of(call: &Call, now: Date) -> Option<Self> {
        let long = match call.ended? {
            EndedReason::Declined | EndedReason::AnsweredElsewhere => return None,
            EndedReason::DeclinedElsewhere | EndedReason::Cancelled => return None,
            // What rang and was not answered is a missed call, not the end of one.
            _ if was_missed(call) => return None,
            EndedReason::Failed | EndedReason::Unanswered | EndedReason::EmergencyCall => READ,
            EndedReason::RemoteEnded | EndedReason::HungUp => SEEN,
        };
        Some(Self { call: call.clone(), until: Date(now.0 + long) })
    }
}

fn was_missed(call: &Call) -> bool {
    call.direction == Direction::Incoming && call.connected.is_none()
}
