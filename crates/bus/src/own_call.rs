use hookswitch_core::CallView;
use zbus::{DeserializeDict, SerializeDict, Type};

/// A call as the app that has it sees it: what it needs to show it, and nothing of other apps. Whole: replaces what the
/// app had.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct OwnCallRecord {
    /// The app's id of it.
    pub call: String,
    /// The service's number.
    pub number: u64,
    /// The account it is on.
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
    /// The name the app gave.
    pub name: Option<String>,
    /// Whether it carries video.
    pub has_video: bool,
    /// Whether its media is lost and being set up again. Default no.
    pub reconnecting: Option<bool>,
    /// Whether the microphone is muted for it.
    pub muted: bool,
    /// Whether it can be held.
    pub supports_holding: bool,
    /// Whether tones can be sent.
    pub supports_dtmf: bool,
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
    /// Whether it is an emergency call. Default no.
    pub emergency: Option<bool>,
    /// Milliseconds since 1970-01-01 UTC: when it began to ring, or the invitation left.
    pub started: Option<i64>,
    /// When both could talk: the timer starts here.
    pub connected: Option<i64>,
    /// How it ended: a word of `EndedReason`.
    pub ended_reason: Option<String>,
    /// What an end under way means: a word of `EndKind`.
    pub ending_kind: Option<String>,
}

impl OwnCallRecord {
    /// What the app that has the call sees of it.
    pub fn of(view: &CallView) -> Self {
        let handle = view.handle();
        let translating = view.translating.as_ref();
        Self {
            call: view.facts.uuid.to_string(),
            number: view.number.0,
            account: view.account().to_string(),
            direction: view.direction().name().to_owned(),
            state: view.state.name().to_owned(),
            handle: handle.value.clone(),
            handle_kind: handle.kind.name().to_owned(),
            handle_name: handle.display_name.clone(),
            name: view.name().map(str::to_owned),
            has_video: view.facts.video,
            reconnecting: view.facts.reconnecting.then_some(true),
            muted: view.muted,
            supports_holding: view.capabilities.holding,
            supports_dtmf: view.capabilities.dtmf,
            group: view.group.map(|group| group.0),
            group_connected: view.group_connected.map(|date| date.0),
            translating: translating.map(|_| true),
            local_language: translating.map(|(languages, _)| languages.local.clone()),
            remote_language: translating.map(|(languages, _)| languages.remote.clone()),
            engine: translating.map(|(_, engine)| engine.name().to_owned()),
            emergency: view.facts.emergency.then_some(true),
            started: view.started.map(|date| date.0),
            connected: view.connected.map(|date| date.0),
            ended_reason: view.ended.map(|reason| reason.name().to_owned()),
            ending_kind: view.ending.map(|kind| kind.name().to_owned()),
        }
    }
}
