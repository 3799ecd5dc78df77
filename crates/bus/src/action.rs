use crate::call::ChangeRecord;
use crate::limits::OutOfRange;
use crate::update::{account, handle};
use hookswitch_core::words::{
    CallUuid, Date, DtmfDigits, DtmfType, EndKind, FailReason, Outcome, Verb,
};
use hookswitch_core::{CallRef, Facts, Finished, Requested, StartDetails};
use zbus::{DeserializeDict, SerializeDict, Type};

/// One action of a transaction that an app requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ActionRecord {
    /// `start_call`, `answer_call`, `end_call`, `set_held`, `set_muted` or `play_dtmf`.
    pub action: String,
    /// The app's id of the call: a UUID.
    pub call: Option<String>,
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
    /// `start_call`: with video; default no.
    pub video: Option<bool>,
}

impl ActionRecord {
    /// The action in the words of the core, for an app.
    ///
    /// # Errors
    /// The action is unknown, or a field it needs is missing or out of range.
    pub fn into_requested(self) -> Result<Requested, OutOfRange> {
        let must = "a UUID: 8-4-4-4-12 hexadecimal digits";
        let uuid = self.call.as_deref().and_then(|text| text.parse::<CallUuid>().ok());
        let uuid = uuid.ok_or(OutOfRange { field: "call", must })?;
        let call = CallRef::Uuid(uuid);
        Ok(match self.action.as_str() {
            "start_call" => Requested::Start(self.into_start(uuid)?),
            "answer_call" => Requested::Answer(call),
            "end_call" => Requested::End(call),
            "set_held" => Requested::SetHeld(call, self.held.unwrap_or(true)),
            "set_muted" => Requested::SetMuted(call, self.muted.unwrap_or(true)),
            "play_dtmf" => {
                let must = "1 to 64 of 0-9 * # A-D";
                let digits = DtmfDigits::new(self.digits.unwrap_or_default());
                let digits = digits.ok_or(OutOfRange { field: "digits", must })?;
                let kind = self.dtmf_type.as_deref().and_then(DtmfType::from_name);
                Requested::PlayDtmf(call, digits, kind.unwrap_or_default())
            }
            _ => {
                let must = "start_call, answer_call, end_call, set_held, set_muted or play_dtmf";
                return Err(OutOfRange { field: "action", must });
            }
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
        })
    }
}

/// What a requester may add.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct RequestOptions {
    /// The `choices_revision` the user saw: refused with `ChoicesChanged` if it is not the present one.
    pub revision: Option<u64>,
    /// `play_dtmf`: why they are sent.
    pub dtmf_type: Option<String>,
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
        _ => Some(FailReason::Failed),
    }
}

/// The details of a perform.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct PerformRecord {
    /// Milliseconds until the action counts as failed.
    pub deadline_ms: u32,
    /// The app's own transaction this comes from; absent: somebody else's wish.
    pub transaction: Option<u64>,
    /// Another call takes over once this is done: no need to tear the audio down. Default no.
    pub handing_over: Option<bool>,
    /// `PerformEndCall`: `hang_up`, `decline`, `cancel`, `unanswered` or `failed`.
    pub kind: Option<String>,
    /// `PerformSetHeld`: the wanted state.
    pub held: Option<bool>,
    /// `PerformSetMuted`: the wanted state.
    pub muted: Option<bool>,
    /// `PerformPlayDtmf`.
    pub digits: Option<String>,
    /// `PerformPlayDtmf`.
    pub dtmf_type: Option<String>,
    /// `PerformStartCall`: the account to dial with.
    pub account: Option<String>,
    /// `PerformStartCall`: the address to dial.
    pub handle: Option<String>,
    /// `PerformStartCall`: its kind.
    pub handle_kind: Option<String>,
    /// `PerformStartCall`: what to call the callee.
    pub handle_name: Option<String>,
    /// `PerformStartCall`: with video.
    pub video: Option<bool>,
}

impl PerformRecord {
    /// The member of the delegate, and the details, of a perform.
    pub fn of(verb: &Verb, start: Option<&Facts>) -> (&'static str, Self) {
        let mut record = Self::default();
        let member = match verb {
            Verb::Start => {
                if let Some(facts) = start {
                    record.account = Some(facts.account.to_string());
                    record.handle = Some(facts.handle.value.clone());
                    record.handle_kind = Some(facts.handle.kind.name().to_owned());
                    record.handle_name = facts.handle.display_name.clone();
                    record.video = Some(facts.video);
                }
                "PerformStartCall"
            }
            Verb::Answer => "PerformAnswerCall",
            Verb::End(kind) => {
                record.kind = Some(kind.name().to_owned());
                "PerformEndCall"
            }
            Verb::SetHeld(held) => {
                record.held = Some(*held);
                "PerformSetHeld"
            }
            Verb::SetMuted(muted) => {
                record.muted = Some(*muted);
                "PerformSetMuted"
            }
            Verb::PlayDtmf(digits, kind) => {
                record.digits = Some(digits.as_str().to_owned());
                record.dtmf_type = Some(kind.name().to_owned());
                "PerformPlayDtmf"
            }
        };
        (member, record)
    }

    /// What the member with these details asks for; `None`: a member or details of a later version.
    pub fn verb(&self, member: &str) -> Option<Verb> {
        Some(match member {
            "PerformStartCall" => Verb::Start,
            "PerformAnswerCall" => Verb::Answer,
            "PerformEndCall" => {
                let kind = self.kind.as_deref().and_then(EndKind::from_name);
                Verb::End(kind.unwrap_or(EndKind::HangUp))
            }
            "PerformSetHeld" => Verb::SetHeld(self.held?),
            "PerformSetMuted" => Verb::SetMuted(self.muted?),
            "PerformPlayDtmf" => {
                let kind = self.dtmf_type.as_deref().and_then(DtmfType::from_name);
                Verb::PlayDtmf(DtmfDigits::new(self.digits.clone()?)?, kind.unwrap_or_default())
            }
            _ => return None,
        })
    }
}

/// The reply to a perform: it was fulfilled, or the outcome comes later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ResultRecord {
    /// True: `Fulfill` or `Fail` of `Provider1` will complete it. Default false: it is fulfilled.
    pub deferred: Option<bool>,
    /// When it started, connected or ended: milliseconds since 1970-01-01 UTC; default now.
    pub date: Option<i64>,
}

impl ResultRecord {
    /// When, if the app said.
    pub fn moment(self) -> Option<Date> {
        self.date.map(Date)
    }
}
