use crate::action::FinishedRecord;
use crate::audio::{AudioSessionRecord, EndpointRecord};
use crate::update::MemberRecord;
use hookswitch_core::CallView;
use hookswitch_core::words::{CallState, Direction};
use zbus::{DeserializeDict, SerializeDict, Type};

/// One thing the user can do with a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ChoiceRecord {
    /// A word of `ChoiceKind`.
    pub choice: String,
    /// The other call that is lost by it: name it on the button.
    pub ends: Option<u64>,
    /// The other call that is held by it.
    pub holds: Option<u64>,
    /// The other call that this one is merged with.
    pub with: Option<u64>,
}

/// A call as surfaces see it. Whole: replaces what the surface had.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct CallRecord {
    /// The service's number.
    pub number: u64,
    /// The app that has it.
    pub app_id: String,
    /// The app's name, from its desktop entry; else its id.
    pub app_name: String,
    /// Whether the service could make sure that the program is this app. False: show it as unverified.
    pub verified: bool,
    /// The app's account it is on.
    pub account: String,
    /// `incoming` or `outgoing`.
    pub direction: String,
    /// A word of `CallState`.
    pub state: String,
    /// The address of the other end.
    pub handle: String,
    /// Its kind.
    pub handle_kind: String,
    /// What to call the other end where no contact matches.
    pub handle_name: Option<String>,
    /// The name the app gave; overrides a contact's.
    pub name: Option<String>,
    /// Whether it carries video.
    pub has_video: bool,
    /// Whether its media is lost and being set up again. Default no.
    pub reconnecting: Option<bool>,
    /// Whether the microphone is muted for it.
    pub muted: bool,
    /// Whether it can be held.
    pub supports_holding: bool,
    /// Whether it may be merged.
    pub supports_grouping: bool,
    /// Whether it may be split off.
    pub supports_ungrouping: bool,
    /// Whether tones can be sent.
    pub supports_dtmf: bool,
    /// Whether video can be turned on. Default no.
    pub supports_video: Option<bool>,
    /// Whether it can be translated. Default no.
    pub supports_translation: Option<bool>,
    /// The group it is in: one conversation with the other calls of the same group; absent: by itself.
    pub group: Option<u64>,
    /// When the first call of that group was connected.
    pub group_connected: Option<i64>,
    /// Whether it is translated. Default no.
    pub translating: Option<bool>,
    /// The language spoken here, while it is translated.
    pub local_language: Option<String>,
    /// The language spoken there.
    pub remote_language: Option<String>,
    /// Who translates: `custom` (the app) or `default` (the system).
    pub engine: Option<String>,
    /// Who takes part at the other end, where that is more than one.
    pub members: Option<Vec<MemberRecord>>,
    /// Whether it is an emergency call. Default no.
    pub emergency: Option<bool>,
    /// What the user can do now, in the order of buttons.
    pub choices: Vec<ChoiceRecord>,
    /// Raised when state, choices or a named loss change.
    pub choices_revision: u64,
    /// Milliseconds since 1970-01-01 UTC: when it began to ring, or the invitation left.
    pub started: Option<i64>,
    /// When both could talk: the timer starts here.
    pub connected: Option<i64>,
    /// How it ended: a word of `EndedReason`.
    pub ended_reason: Option<String>,
    /// What an end under way means: a word of `EndKind`.
    pub ending_kind: Option<String>,
}

impl CallRecord {
    /// The record of a call, with what is known about its app.
    pub fn of(view: &CallView, app_name: &str, verified: bool) -> Self {
        let handle = view.handle();
        let can = view.capabilities;
        let choice = |choice: &hookswitch_core::words::Choice| ChoiceRecord {
            choice: choice.kind.name().to_owned(),
            ends: choice.ends.map(|call| call.0),
            holds: choice.holds.map(|call| call.0),
            with: choice.merges.map(|call| call.0),
        };
        let translating = view.translating.as_ref();
        let members = &view.facts.members;
        Self {
            number: view.number.0,
            app_id: view.app().as_str().to_owned(),
            app_name: app_name.to_owned(),
            verified,
            account: view.account().as_str().to_owned(),
            direction: view.direction().name().to_owned(),
            state: view.state.name().to_owned(),
            handle: handle.value.clone(),
            handle_kind: handle.kind.name().to_owned(),
            handle_name: handle.display_name.clone(),
            name: view.name().map(str::to_owned),
            has_video: view.facts.video,
            reconnecting: view.facts.reconnecting.then_some(true),
            muted: view.muted,
            supports_holding: can.holding,
            supports_grouping: can.grouping,
            supports_ungrouping: can.ungrouping,
            supports_dtmf: can.dtmf,
            supports_video: can.video.then_some(true),
            supports_translation: can.translation.then_some(true),
            group: view.group.map(|group| group.0),
            group_connected: view.group_connected.map(|date| date.0),
            translating: translating.map(|_| true),
            local_language: translating.map(|(languages, _)| languages.local.clone()),
            remote_language: translating.map(|(languages, _)| languages.remote.clone()),
            engine: translating.map(|(_, engine)| engine.name().to_owned()),
            members: (!members.is_empty()).then(|| members.iter().map(Into::into).collect()),
            emergency: view.facts.emergency.then_some(true),
            choices: view.choices.iter().map(choice).collect(),
            choices_revision: view.choices_revision,
            started: view.started.map(|date| date.0),
            connected: view.connected.map(|date| date.0),
            ended_reason: view.ended.map(|reason| reason.name().to_owned()),
            ending_kind: view.ending.map(|kind| kind.name().to_owned()),
        }
    }
}

/// Everything one event changed, in one message.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ChangeRecord {
    /// New and changed calls, ended ones among them.
    pub calls: Option<Vec<CallRecord>>,
    /// This surface's own transactions that are over.
    pub finished: Option<Vec<FinishedRecord>>,
    /// How loud it rings now: `silent`, `waiting` or `loud`.
    pub ring: Option<String>,
}

/// A call as anybody may see it: never who, and never which app. CallKit: `CXCall`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ObservedRecord {
    /// The service's number.
    pub number: u64,
    /// Whether the user called.
    pub is_outgoing: bool,
    /// Whether it is held now.
    pub is_on_hold: bool,
    /// Whether both could ever talk.
    pub has_connected: bool,
    /// Whether it is over.
    pub has_ended: bool,
}

impl ObservedRecord {
    /// What an observer sees of a call.
    pub fn of(view: &CallView) -> Self {
        Self {
            number: view.number.0,
            is_outgoing: view.direction() == Direction::Outgoing,
            is_on_hold: view.state == CallState::Held,
            has_connected: view.connected.is_some(),
            has_ended: view.state == CallState::Ended,
        }
    }
}

/// The reply to an incoming call that was admitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct AdmittedRecord {
    /// The service's number of the call.
    pub number: u64,
    /// Its audio session; absent: the service has no audio.
    pub audio: Option<AudioSessionRecord>,
}

/// The reply to a call that was adopted.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct AdoptedRecord {
    /// Its audio session; absent: the service has no audio.
    pub audio: Option<AudioSessionRecord>,
}

/// Everything there is, for a surface that registers.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct StateRecord {
    /// All live calls.
    pub calls: Vec<CallRecord>,
    /// How loud it rings.
    pub ring: String,
    /// The version of the contract the service speaks.
    pub version: u32,
    /// What it can do beyond that.
    pub features: Vec<String>,
    /// Where calls can be heard, as far as that is known; else `AudioChanged` says so.
    pub endpoints: Option<Vec<EndpointRecord>>,
    /// The sound server; absent: nobody has looked yet.
    pub server: Option<String>,
}
