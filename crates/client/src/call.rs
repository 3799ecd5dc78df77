use crate::wire;
use hookswitch_bus::{CallRecord, ChoiceRecord, MemberRecord, ObservedRecord};
use hookswitch_core::words::{
    AccountId, AppId, CallNumber, CallState, Capabilities, Choice, ChoiceKind, Date, Direction,
    EndKind, EndedReason, GroupId, Handle, Languages, Member, TranslationEngine,
};

/// A call as a surface shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The service's number of it: unique for this user, never reused.
    pub number: CallNumber,
    /// The app that has it.
    pub app: AppId,
    /// The app's name, for people.
    pub app_name: String,
    /// Whether the service could make sure that the program is this app. If not, show the app as unverified.
    pub verified: bool,
    /// The app's account it is on.
    pub account: AccountId,
    /// Who called whom.
    pub direction: Direction,
    /// Where it is in its life. A state of a later version reads as `Connecting`, or `Active` once it was connected.
    pub state: CallState,
    /// The other end.
    pub handle: Handle,
    /// The name the app gave; overrides a contact's.
    pub name: Option<String>,
    /// Whether it carries video.
    pub video: bool,
    /// Whether its media is lost and being set up again.
    pub reconnecting: bool,
    /// Whether the microphone is muted for it.
    pub muted: bool,
    /// What can be done with it: as the call says, as far as its app can.
    pub capabilities: Capabilities,
    /// The group it is in: one conversation with the other calls of the same group.
    pub group: Option<GroupId>,
    /// When the first call of that group was connected: the timer of the conversation.
    pub group_connected: Option<Date>,
    /// Between which languages it is translated, and by whom.
    pub translating: Option<(Languages, TranslationEngine)>,
    /// Who takes part at the other end, where that is more than one.
    pub members: Vec<Member>,
    /// Whether it is an emergency call, or an emergency service calls back.
    pub emergency: bool,
    /// What the user can do now, in the order of buttons. Choices of a later version are left out.
    pub choices: Vec<Choice>,
    /// Raised when state, choices or a named loss change: send it with what the user chose.
    pub choices_revision: u64,
    /// When it began to ring, or the invitation left.
    pub started: Option<Date>,
    /// When both could talk: the timer starts here.
    pub connected: Option<Date>,
    /// How it ended.
    pub ended: Option<EndedReason>,
    /// What an end under way means.
    pub ending: Option<EndKind>,
}

impl Call {
    /// What to call the other end where no contact matches: the name the app gave, the handle's, or the handle itself.
    pub fn who(&self) -> &str {
        let name = self.name.as_deref().or(self.handle.display_name.as_deref());
        name.filter(|name| !name.is_empty()).unwrap_or(&self.handle.value)
    }

    /// Whether this is offered now.
    pub fn offers(&self, kind: ChoiceKind) -> bool {
        self.choices.iter().any(|choice| choice.kind == kind)
    }

    /// Whether it is over.
    pub fn has_ended(&self) -> bool {
        self.state == CallState::Ended
    }
}

impl From<CallRecord> for Call {
    fn from(record: CallRecord) -> Self {
        let translating = wire::translating(
            record.translating,
            record.local_language,
            record.remote_language,
            record.engine,
        );
        Self {
            number: CallNumber(record.number),
            app: record.app_id.into(),
            app_name: record.app_name,
            verified: record.verified,
            account: record.account.into(),
            direction: wire::direction(&record.direction),
            state: wire::state(&record.state, record.connected),
            handle: wire::handle(record.handle, &record.handle_kind, record.handle_name),
            name: record.name,
            video: record.has_video,
            reconnecting: record.reconnecting.unwrap_or(false),
            muted: record.muted,
            capabilities: Capabilities {
                holding: record.supports_holding,
                grouping: record.supports_grouping,
                ungrouping: record.supports_ungrouping,
                dtmf: record.supports_dtmf,
                video: record.supports_video.unwrap_or(false),
                translation: record.supports_translation.unwrap_or(false),
            },
            group: record.group.map(GroupId),
            group_connected: wire::date(record.group_connected),
            translating,
            members: record.members.unwrap_or_default().into_iter().map(member).collect(),
            emergency: record.emergency.unwrap_or(false),
            choices: record.choices.iter().filter_map(choice).collect(),
            choices_revision: record.choices_revision,
            started: wire::date(record.started),
            connected: wire::date(record.connected),
            ended: record
                .ended_reason
                .map(|word| EndedReason::from_name(&word).unwrap_or(EndedReason::Failed)),
            ending: record
                .ending_kind
                .map(|word| EndKind::from_name(&word).unwrap_or(EndKind::HangUp)),
        }
    }
}

fn member(record: MemberRecord) -> Member {
    let kind = record.handle_kind.as_deref().unwrap_or_default();
    let handle = wire::handle(record.handle, kind, record.name);
    Member { handle, active: record.active.unwrap_or(true) }
}

fn choice(record: &ChoiceRecord) -> Option<Choice> {
    Some(Choice {
        kind: ChoiceKind::from_name(&record.choice)?,
        ends: record.ends.map(CallNumber),
        holds: record.holds.map(CallNumber),
        merges: record.with.map(CallNumber),
    })
}

/// A call as anybody may see it: never with whom, never by which app. CallKit: `CXCall`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObservedCall {
    /// The service's number of it.
    pub number: CallNumber,
    /// Whether the user called.
    pub is_outgoing: bool,
    /// Whether it is held now.
    pub is_on_hold: bool,
    /// Whether both could ever talk.
    pub has_connected: bool,
    /// Whether it is over.
    pub has_ended: bool,
}

impl From<ObservedRecord> for ObservedCall {
    fn from(record: ObservedRecord) -> Self {
        Self {
            number: CallNumber(record.number),
            is_outgoing: record.is_outgoing,
            is_on_hold: record.is_on_hold,
            has_connected: record.has_connected,
            has_ended: record.has_ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> CallRecord {
        CallRecord {
            number: 7,
            app_id: "org.example.Chat".into(),
            direction: "incoming".into(),
            state: "ringing".into(),
            handle: "+49301".into(),
            handle_kind: "phone_number".into(),
            ..CallRecord::default()
        }
    }

    #[test]
    fn the_other_end_is_called_by_the_best_name_there_is() {
        let mut record = record();
        assert_eq!(Call::from(record.clone()).who(), "+49301");
        record.handle_name = Some("Anna (handle)".into());
        assert_eq!(Call::from(record.clone()).who(), "Anna (handle)");
        record.name = Some("Anna".into());
        assert_eq!(Call::from(record).who(), "Anna");
    }

    #[test]
    fn words_of_a_later_version_do_no_harm() {
        let mut record = record();
        record.state = "levitating".into();
        record.handle_kind = "telepathy".into();
        record.ended_reason = Some("bored".into());
        record.choices = vec![
            ChoiceRecord { choice: "levitate".into(), ..ChoiceRecord::default() },
            ChoiceRecord { choice: "decline".into(), ..ChoiceRecord::default() },
        ];
        let call = Call::from(record);
        assert_eq!(call.state, CallState::Connecting);
        assert_eq!(call.ended, Some(EndedReason::Failed));
        assert_eq!(call.choices.len(), 1);
        assert!(call.offers(ChoiceKind::Decline));
    }
}
