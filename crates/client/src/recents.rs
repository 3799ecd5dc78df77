use crate::wire;
use hookswitch_bus::RecentsRecord;
use hookswitch_core::words::{
    AccountId, AppId, CallNumber, Date, Direction, EndedReason, Handle, MissedReason,
};

/// One line of recents, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// The service's number of the call: the line's key.
    pub number: CallNumber,
    /// The app it was made with.
    pub app: AppId,
    /// The app's account.
    pub account: AccountId,
    /// Who called whom.
    pub direction: Direction,
    /// The other end.
    pub handle: Handle,
    /// The name the app gave.
    pub name: Option<String>,
    /// Whether it carried video.
    pub video: bool,
    /// When it began to ring, or the invitation left.
    pub started: Date,
    /// When both could talk.
    pub connected: Option<Date>,
    /// When it ended; `None`: it still goes on.
    pub ended: Option<Date>,
    /// How it ended.
    pub reason: Option<EndedReason>,
    /// Whether the user missed it.
    pub missed: bool,
    /// Why it never rang, if it did not.
    pub missed_reason: Option<MissedReason>,
    /// Whether it was an emergency call.
    pub emergency: bool,
}

impl Recent {
    /// What to call the other end where no contact matches.
    pub fn who(&self) -> &str {
        let name = self.name.as_deref().or(self.handle.display_name.as_deref());
        name.filter(|name| !name.is_empty()).unwrap_or(&self.handle.value)
    }
}

impl From<RecentsRecord> for Recent {
    fn from(record: RecentsRecord) -> Self {
        Self {
            number: CallNumber(record.number),
            app: record.app_id.into(),
            account: record.account.into(),
            direction: wire::direction(&record.direction),
            handle: wire::handle(record.handle, &record.handle_kind, record.handle_name),
            name: record.name,
            video: record.has_video,
            started: Date(record.started),
            connected: wire::date(record.connected),
            ended: wire::date(record.ended),
            reason: record
                .reason
                .map(|word| EndedReason::from_name(&word).unwrap_or(EndedReason::Failed)),
            missed: record.missed,
            missed_reason: record.missed_reason.as_deref().and_then(MissedReason::from_name),
            emergency: record.emergency.unwrap_or(false),
        }
    }
}
