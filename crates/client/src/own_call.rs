use crate::wire;
use hookswitch_bus::OwnCallRecord;
use hookswitch_core::Adoption;
use hookswitch_core::words::{
    AccountId, CallNumber, CallState, CallUpdate, CallUuid, Date, Direction, EndKind, EndedReason,
    GroupId, Handle, Languages, TranslationEngine,
};

/// One of the app's own calls, as the service has it. Like CallKit's `CXCall` with its `UUID`, and more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCall {
    /// The app's id of it.
    pub call: CallUuid,
    /// The service's number of it: unique for this user, never reused.
    pub number: CallNumber,
    /// The app's account it is on.
    pub account: AccountId,
    /// Who called whom.
    pub direction: Direction,
    /// Where it is in its life. A state of a later version reads as `Connecting`, or `Active` once it was connected.
    pub state: CallState,
    /// The other end.
    pub handle: Handle,
    /// The name the app gave.
    pub name: Option<String>,
    /// Whether it carries video.
    pub video: bool,
    /// Whether its media is lost and being set up again.
    pub reconnecting: bool,
    /// Whether the microphone is muted for it.
    pub muted: bool,
    /// Whether it can be held.
    pub supports_holding: bool,
    /// Whether tones can be sent.
    pub supports_dtmf: bool,
    /// The group it is in: one conversation with the other calls of the same group.
    pub group: Option<GroupId>,
    /// When the first call of that group was connected: the timer of the conversation.
    pub group_connected: Option<Date>,
    /// Between which languages it is translated, and by whom.
    pub translating: Option<(Languages, TranslationEngine)>,
    /// Whether it is an emergency call, or an emergency service calls back.
    pub emergency: bool,
    /// When it began to ring, or the invitation left.
    pub started: Option<Date>,
    /// When both could talk: the timer starts here.
    pub connected: Option<Date>,
    /// How it ended.
    pub ended: Option<EndedReason>,
    /// What an end under way means.
    pub ending: Option<EndKind>,
}

impl OwnCall {
    /// Whether it is held now.
    pub fn is_on_hold(&self) -> bool {
        self.state == CallState::Held
    }

    /// Whether both could ever talk.
    pub fn has_connected(&self) -> bool {
        self.connected.is_some()
    }

    /// Whether it is over.
    pub fn has_ended(&self) -> bool {
        self.state == CallState::Ended
    }

    /// How to report it again after a restart of the service; `None`: it was just being answered, started or ended, and
    /// what was asked of a service that is gone is asked by nobody.
    pub(crate) fn adoption(&self, group_with: Option<CallUuid>) -> Option<Adoption> {
        let state = match self.state {
            CallState::Answering | CallState::Starting | CallState::Ending | CallState::Ended => {
                return None;
            }
            state => state,
        };
        let update = CallUpdate {
            remote_handle: Some(self.handle.clone()),
            localized_caller_name: self.name.clone(),
            supports_holding: Some(self.supports_holding),
            supports_dtmf: Some(self.supports_dtmf),
            has_video: Some(self.video),
            reconnecting: Some(self.reconnecting),
            ..CallUpdate::default()
        };
        Some(Adoption { state, muted: self.muted, group_with, update })
    }

    /// `None`: its id is none, so it is no call of this app.
    pub(crate) fn read(record: OwnCallRecord) -> Option<Self> {
        Some(Self {
            call: record.call.parse().ok()?,
            number: CallNumber(record.number),
            account: record.account.into(),
            direction: wire::direction(&record.direction),
            state: wire::state(&record.state, record.connected),
            handle: wire::handle(record.handle, &record.handle_kind, record.handle_name),
            name: record.name,
            video: record.has_video,
            reconnecting: record.reconnecting.unwrap_or(false),
            muted: record.muted,
            supports_holding: record.supports_holding,
            supports_dtmf: record.supports_dtmf,
            group: record.group.map(GroupId),
            group_connected: wire::date(record.group_connected),
            translating: wire::translating(
                record.translating,
                record.local_language,
                record.remote_language,
                record.engine,
            ),
            emergency: record.emergency.unwrap_or(false),
            started: wire::date(record.started),
            connected: wire::date(record.connected),
            ended: record
                .ended_reason
                .map(|word| EndedReason::from_name(&word).unwrap_or(EndedReason::Failed)),
            ending: record
                .ending_kind
                .map(|word| EndKind::from_name(&word).unwrap_or(EndKind::HangUp)),
        })
    }
}
