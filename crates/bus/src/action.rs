use crate::call::ChangeRecord;
use crate::limits::OutOfRange;
use crate::update::{account, handle};
use hookswitch_core::words::{CallUuid, DtmfDigits, DtmfType, FailReason, Languages, Outcome};
use hookswitch_core::{CallRef, Finished, Requested, StartDetails};
use zbus::{DeserializeDict, SerializeDict, Type};

/// The actions a requester may ask for, as an error says it.
pub(crate) const ACTIONS: &str = "start_call, answer_call, end_call, end_group, set_held, set_muted, set_group, \
                                  set_video, set_translating or play_dtmf";

/// One action of a transaction that an app requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ActionRecord {
    /// `start_call`, `answer_call`, `end_call`, `end_group`, `set_held`, `set_muted`, `set_group`, `set_video`,
    /// `set_translating` or `play_dtmf`; absent from what a surface dials, which is nothing else.
    pub action: Option<String>,
    /// The app's id of the call: a UUID.
    pub call: Option<String>,
    /// `set_group`: the app's id of the call to be in one group with; absent: leave the group.
    pub with: Option<String>,
    /// `set_held`: the wanted state; default true.
    pub held: Option<bool>,
    /// `set_muted`: the wanted state; default true.
    pub muted: Option<bool>,
    /// `play_dtmf`: 1 to 64 of `0-9 * # A-D`.
    pub digits: Option<String>,
    /// `play_dtmf`: `single_tone` (default), `soft_pause` or `hard_pause`.
    pub dtmf_type: Option<String>,
    /// `start_call` from a surface: the app to dial with.
    pub app_id: Option<String>,
    /// `start_call`: the account; default the first.
    pub account: Option<String>,
    /// `start_call`: the address to dial.
    pub handle: Option<String>,
    /// `start_call`: `generic` (default), `phone_number` or `email_address`.
    pub handle_kind: Option<String>,
    /// `start_call`: what to call the callee.
    pub handle_name: Option<String>,
    /// `start_call`: with video; default no. `set_video`: the wanted state; default true.
    pub video: Option<bool>,
    /// `start_call`: an emergency call; default no.
    pub emergency: Option<bool>,
    /// `set_translating`: the wanted state; default true.
    pub translating: Option<bool>,
    /// `set_translating`: the language spoken here.
    pub local_language: Option<String>,
    /// `set_translating`: the language spoken there.
    pub remote_language: Option<String>,
}

impl ActionRecord {
    /// The action in the words of the core, for an app.
    ///
    /// # Errors
    /// The action is unknown, or a field it needs is missing or out of range.
    pub fn into_requested(self) -> Result<Requested, OutOfRange> {
        let uuid = uuid("call", self.call.as_deref().unwrap_or_default())?;
        let call = CallRef::Uuid(uuid);
        Ok(match self.action.as_deref().unwrap_or_default() {
            "start_call" => Requested::Start(self.into_start(uuid)?),
            "answer_call" => Requested::Answer(call),
            "end_call" => Requested::End(call),
            "end_group" => Requested::EndGroup(call),
            "set_held" => Requested::SetHeld(call, self.held.unwrap_or(true)),
            "set_muted" => Requested::SetMuted(call, self.muted.unwrap_or(true)),
            "set_group" => {
                let with = self.with.as_deref().map(|text| self::uuid("with", text)).transpose()?;
                Requested::SetGroup(call, with.map(CallRef::Uuid))
            }
            "set_video" => Requested::SetVideo(call, self.video.unwrap_or(true)),
            "set_translating" => {
                let on = self.translating.unwrap_or(true);
                let languages = languages(on, self.local_language, self.remote_language)?;
                Requested::SetTranslating(call, languages)
            }
            "play_dtmf" => {
                let (digits, kind) = tones(self.digits, self.dtmf_type.as_deref())?;
                Requested::PlayDtmf(call, digits, kind)
            }
            _ => return Err(OutOfRange { field: "action", must: ACTIONS }),
        })
    }

    /// What is dialed, under this id.
    ///
    /// # Errors
    /// The handle is missing, or a text is too long.
    pub fn into_start(self, uuid: CallUuid) -> Result<StartDetails, OutOfRange> {
        let value = self.handle.filter(|value| !value.is_empty());
        let value = value.ok_or(OutOfRange { field: "handle", must: "1 to 256 bytes" })?;
        Ok(StartDetails {
            app: self.app_id.map(Into::into),
            account: account(self.account)?,
            uuid,
            handle: handle(value, self.handle_kind, self.handle_name)?,
            video: self.video.unwrap_or(false),
            emergency: self.emergency.unwrap_or(false),
        })
    }
}

/// A call's id.
pub(crate) fn uuid(field: &'static str, text: &str) -> Result<CallUuid, OutOfRange> {
    let must = "a UUID: 8-4-4-4-12 hexadecimal digits";
    text.parse().map_err(|_| OutOfRange { field, must })
}

/// The digits to send, and why.
pub(crate) fn tones(
    digits: Option<String>,
    kind: Option<&str>,
) -> Result<(DtmfDigits, DtmfType), OutOfRange> {
    let must = "1 to 64 of 0-9 * # A-D";
    let digits = DtmfDigits::new(digits.unwrap_or_default());
    let digits = digits.ok_or(OutOfRange { field: "digits", must })?;
    Ok((digits, kind.and_then(DtmfType::from_name).unwrap_or_default()))
}

/// Between which languages to translate; `None`: not any more.
///
/// # Errors
/// One of the two is missing, or is no language tag.
pub fn languages(
    translating: bool,
    local: Option<String>,
    remote: Option<String>,
) -> Result<Option<Languages>, OutOfRange> {
    if !translating {
        return Ok(None);
    }
    let must = "two language tags, as de and pt-BR: 2 to 35 letters, digits and hyphens";
    let languages = Languages::new(local.unwrap_or_default(), remote.unwrap_or_default());
    let field = "local_language, remote_language";
    languages.map(Some).ok_or(OutOfRange { field, must })
}

/// What a requester may add.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct RequestOptions {
    /// The `choices_revision` the user saw: refused with `ChoicesChanged` if it is not the present one.
    pub revision: Option<u64>,
    /// `PlayDtmf`: why they are sent.
    pub dtmf_type: Option<String>,
    /// `SetTranslating`: the language spoken here.
    pub local_language: Option<String>,
    /// `SetTranslating`: the language spoken there.
    pub remote_language: Option<String>,
    /// `Answer` and `Choose` of a surface: the endpoint the user answers with, by id or kind.
    pub endpoint: Option<String>,
}

/// The reply to a request that was accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct AcceptedRecord {
    /// Under which the outcome comes.
    pub transaction: u64,
    /// Surfaces only: what the decision changed, instead of in a `Changed` signal.
    pub change: Option<ChangeRecord>,
}

/// A transaction that is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct FinishedRecord {
    /// Which.
    pub transaction: u64,
    /// For each requested action in order: `fulfilled`, or why not.
    pub results: Vec<String>,
}

impl From<&Finished> for FinishedRecord {
    fn from(finished: &Finished) -> Self {
        let word = |outcome: &Outcome| match outcome {
            Outcome::Fulfilled(_) => "fulfilled".to_owned(),
            Outcome::Failed(reason) => reason.name().to_owned(),
        };
        Self {
            transaction: finished.transaction.0,
            results: finished.results.iter().map(word).collect(),
        }
    }
}

/// Why an action failed, from its word; `None`: it was fulfilled. An unknown word reads as failed.
pub fn fail_reason(word: &str) -> Option<FailReason> {
    match word {
        "fulfilled" => None,
        "timed_out" => Some(FailReason::TimedOut),
        "provider_lost" => Some(FailReason::ProviderLost),
        "call_ended" => Some(FailReason::CallEnded),
        "cannot_hold" => Some(FailReason::CannotHold),
        "not_performed" => Some(FailReason::NotPerformed),
        "emergency_call" => Some(FailReason::EmergencyCall),
        _ => Some(FailReason::Failed),
    }
}
