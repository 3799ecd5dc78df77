use crate::action::{languages, uuid};
use crate::audio::AudioSessionRecord;
use crate::limits::OutOfRange;
use hookswitch_core::words::{
    ActionKind, CallUuid, Date, DtmfDigits, DtmfType, EndKind, Timestamp, TranslationEngine, Verb,
};
use hookswitch_core::{Completion, Facts, Perform};
use zbus::{DeserializeDict, SerializeDict, Type};

/// The details of a perform.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct PerformRecord {
    /// `ExecuteTransaction`: what is to be done, a word of `ActionKind`.
    pub action: Option<String>,
    /// `ExecuteTransaction`: the action's own id.
    pub action_id: Option<u64>,
    /// `ExecuteTransaction`: the app's id of the call.
    pub call: Option<String>,
    /// Milliseconds until the action counts as failed.
    pub deadline_ms: u32,
    /// The app's own transaction this comes from; absent: somebody else's wish.
    pub transaction: Option<u64>,
    /// The transaction it is part of, whoever asked; absent: it tells what is so already.
    pub part_of: Option<u64>,
    /// Another call takes over once this is done: no need to tear the audio down. Default no.
    pub handing_over: Option<bool>,
    /// `PerformEndCall`: `hang_up`, `decline`, `cancel`, `unanswered`, `failed` or `emergency_call`.
    pub kind: Option<String>,
    /// `PerformSetHeld`: the wanted state.
    pub held: Option<bool>,
    /// `PerformSetMuted`: the wanted state.
    pub muted: Option<bool>,
    /// `PerformSetMuted`: the call is translated: silence it, but keep capturing. Default no.
    pub keep_capturing: Option<bool>,
    /// `PerformSetGroupCall`: the call to be in one group with; absent: leave the group.
    pub with: Option<String>,
    /// `PerformSetTranslating`: the wanted state.
    pub translating: Option<bool>,
    /// `PerformSetTranslating`: the language spoken here.
    pub local_language: Option<String>,
    /// `PerformSetTranslating`: the language spoken there.
    pub remote_language: Option<String>,
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
    /// `PerformStartCall`: with video. `PerformSetVideo`: the wanted state.
    pub video: Option<bool>,
    /// `PerformStartCall`: it is an emergency call. Default no.
    pub emergency: Option<bool>,
    /// `PerformStartCall`: its audio session; absent: the service has no audio.
    pub audio: Option<AudioSessionRecord>,
}

impl PerformRecord {
    /// The member of the delegate, and the details, of a perform.
    pub fn of(perform: &Perform, now: Timestamp) -> (&'static str, Self) {
        let left = perform.deadline.0.saturating_sub(now.0);
        let mut record = Self {
            deadline_ms: u32::try_from(left).unwrap_or(u32::MAX),
            transaction: perform.origin.map(|id| id.0),
            part_of: perform.part_of.map(|id| id.0),
            handing_over: perform.handing_over.then_some(true),
            keep_capturing: perform.keep_capturing.then_some(true),
            ..Self::default()
        };
        record.say(&perform.verb, perform.facts.as_deref());
        (member(perform.verb.kind()), record)
    }

    /// The same as one of several that are offered together.
    pub fn offered(perform: &Perform, now: Timestamp) -> Self {
        let (_, record) = Self::of(perform, now);
        Self {
            action: Some(perform.verb.kind().name().to_owned()),
            action_id: Some(perform.action.0),
            call: Some(perform.call.to_string()),
            ..record
        }
    }

    fn say(&mut self, verb: &Verb, start: Option<&Facts>) {
        match verb {
            Verb::Start => {
                let Some(facts) = start else { return };
                self.account = Some(facts.account.to_string());
                self.handle = Some(facts.handle.value.clone());
                self.handle_kind = Some(facts.handle.kind.name().to_owned());
                self.handle_name = facts.handle.display_name.clone();
                self.video = Some(facts.video);
                self.emergency = facts.emergency.then_some(true);
            }
            Verb::Answer => {}
            Verb::End(kind) => self.kind = Some(kind.name().to_owned()),
            Verb::SetHeld(held) => self.held = Some(*held),
            Verb::SetMuted(muted) => self.muted = Some(*muted),
            Verb::SetGroup(with) => self.with = with.map(|call| call.to_string()),
            Verb::SetVideo(on) => self.video = Some(*on),
            Verb::SetTranslating(languages) => {
                self.translating = Some(languages.is_some());
                if let Some(languages) = languages {
                    self.local_language = Some(languages.local.clone());
                    self.remote_language = Some(languages.remote.clone());
                }
            }
            Verb::PlayDtmf(digits, kind) => {
                self.digits = Some(digits.as_str().to_owned());
                self.dtmf_type = Some(kind.name().to_owned());
            }
        }
    }

    /// What the member with these details asks for; `None`: a member or details of a later version.
    pub fn verb(&self, member: &str) -> Option<Verb> {
        KINDS
            .iter()
            .find(|kind| self::member(**kind) == member)
            .and_then(|kind| self.verb_of(*kind))
    }

    /// What is offered, with its id and call; `None`: something of a later version.
    pub fn offer(&self) -> Option<(u64, CallUuid, Verb)> {
        let word = self.action.as_deref()?;
        let kind = KINDS.into_iter().find(|kind| kind.name() == word)?;
        Some((self.action_id?, self.call.as_deref()?.parse().ok()?, self.verb_of(kind)?))
    }

    fn verb_of(&self, kind: ActionKind) -> Option<Verb> {
        Some(match kind {
            ActionKind::Start => Verb::Start,
            ActionKind::Answer => Verb::Answer,
            ActionKind::End => {
                let kind = self.kind.as_deref().and_then(EndKind::from_name);
                Verb::End(kind.unwrap_or(EndKind::HangUp))
            }
            ActionKind::SetHeld => Verb::SetHeld(self.held?),
            ActionKind::SetMuted => Verb::SetMuted(self.muted?),
            ActionKind::SetGroup => {
                let with = self.with.as_deref().map(|text| uuid("with", text));
                Verb::SetGroup(with.transpose().ok()?)
            }
            ActionKind::SetVideo => Verb::SetVideo(self.video?),
            ActionKind::SetTranslating => {
                let (local, remote) = (self.local_language.clone(), self.remote_language.clone());
                Verb::SetTranslating(languages(self.translating?, local, remote).ok()?)
            }
            ActionKind::PlayDtmf => {
                let kind = self.dtmf_type.as_deref().and_then(DtmfType::from_name);
                let digits = DtmfDigits::after_pause(self.digits.clone()?)?;
                Verb::PlayDtmf(digits, kind.unwrap_or_default())
            }
        })
    }
}

const KINDS: [ActionKind; 9] = [
    ActionKind::Start,
    ActionKind::Answer,
    ActionKind::End,
    ActionKind::SetHeld,
    ActionKind::SetMuted,
    ActionKind::SetGroup,
    ActionKind::SetVideo,
    ActionKind::SetTranslating,
    ActionKind::PlayDtmf,
];

/// The kind of action of that word, if it is one.
pub fn action_kind(word: &str) -> Option<ActionKind> {
    KINDS.into_iter().find(|kind| kind.name() == word)
}

/// Whether the member of the delegate asks to perform something that this version knows.
pub fn is_perform(member: &str) -> bool {
    KINDS.iter().any(|kind| self::member(*kind) == member)
}

/// The member of the delegate that asks for it.
fn member(kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::Start => "PerformStartCall",
        ActionKind::Answer => "PerformAnswerCall",
        ActionKind::End => "PerformEndCall",
        ActionKind::SetHeld => "PerformSetHeld",
        ActionKind::SetMuted => "PerformSetMuted",
        ActionKind::SetGroup => "PerformSetGroupCall",
        ActionKind::SetVideo => "PerformSetVideo",
        ActionKind::SetTranslating => "PerformSetTranslating",
        ActionKind::PlayDtmf => "PerformPlayDtmf",
    }
}

/// The reply to a perform: it was fulfilled, or the outcome comes later.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ResultRecord {
    /// True: `Fulfill` or `Fail` of `Provider1` will complete it. Default false: it is fulfilled.
    pub deferred: Option<bool>,
    /// When it started, connected or ended: milliseconds since 1970-01-01 UTC; default now.
    pub date: Option<i64>,
    /// Of a translation that begins: `custom` or `default`.
    pub engine: Option<String>,
}

impl ResultRecord {
    /// How it was completed.
    ///
    /// # Errors
    /// An engine there is none of.
    pub fn into_completion(self) -> Result<Completion, OutOfRange> {
        let Some(word) = self.engine else { return Ok(Completion::Fulfill(self.date.map(Date))) };
        let engine = TranslationEngine::from_name(&word);
        let must = "custom (the app translates) or default (the system does)";
        engine.map(Completion::FulfillUsing).ok_or(OutOfRange { field: "engine", must })
    }
}

/// The reply to `ExecuteTransaction`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ExecutedRecord {
    /// Whether the app carries it all out itself. Default no.
    pub handled: Option<bool>,
}

/// What `ExecuteTransaction` says of the transaction. Empty yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct TransactionRecord {
    /// The app's own transaction this comes from; absent: somebody else's wish.
    pub transaction: Option<u64>,
}

/// A call that the service rang for while its app did not run.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct AttachedRecord {
    /// A word of `CallState`.
    pub state: String,
    /// The app's account it is on.
    pub account: String,
    /// The address of the other end.
    pub handle: String,
    /// Its kind.
    pub handle_kind: String,
    /// What to call the other end where no contact matches.
    pub handle_name: Option<String>,
    /// The name that came with the push.
    pub name: Option<String>,
    /// Whether it carries video. Default no.
    pub has_video: Option<bool>,
    /// Its audio session; absent: the service has no audio.
    pub audio: Option<AudioSessionRecord>,
}

impl AttachedRecord {
    /// The record of a call in this state.
    pub fn of(state: hookswitch_core::words::CallState, facts: &Facts) -> Self {
        Self {
            state: state.name().to_owned(),
            account: facts.account.to_string(),
            handle: facts.handle.value.clone(),
            handle_kind: facts.handle.kind.name().to_owned(),
            handle_name: facts.handle.display_name.clone(),
            name: facts.name.as_deref().cloned(),
            has_video: facts.video.then_some(true),
            audio: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch_core::words::{ActionId, Languages, TransactionId};

    fn verbs() -> Vec<Verb> {
        let digits = DtmfDigits::after_pause("12,3#").unwrap();
        vec![
            Verb::Start,
            Verb::Answer,
            Verb::End(EndKind::EmergencyCall),
            Verb::SetHeld(false),
            Verb::SetMuted(true),
            Verb::SetGroup(Some(CallUuid(8))),
            Verb::SetGroup(None),
            Verb::SetVideo(true),
            Verb::SetTranslating(Languages::new("de", "pt-BR")),
            Verb::SetTranslating(None),
            Verb::PlayDtmf(digits, DtmfType::SoftPause),
        ]
    }

    #[test]
    fn every_perform_means_the_same_on_the_other_side() {
        for verb in verbs() {
            let perform = Perform {
                action: ActionId(3),
                call: CallUuid(7),
                verb: verb.clone(),
                deadline: Timestamp(1500),
                origin: None,
                part_of: Some(TransactionId(5)),
                facts: None,
                handing_over: true,
                keep_capturing: false,
            };
            let (member, record) = PerformRecord::of(&perform, Timestamp(1000));
            assert!(is_perform(member));
            assert_eq!(record.verb(member), Some(verb.clone()));
            assert_eq!(
                (record.deadline_ms, record.transaction, record.part_of),
                (500, None, Some(5))
            );
            assert_eq!((record.handing_over, record.keep_capturing), (Some(true), None));
            let offered = PerformRecord::offered(&perform, Timestamp(2000));
            assert_eq!(offered.offer(), Some((3, CallUuid(7), verb)));
            assert_eq!(offered.deadline_ms, 0);
        }
    }

    #[test]
    fn what_is_incomplete_or_of_a_later_version_is_none() {
        let record = PerformRecord::default();
        assert_eq!(record.verb("PerformLevitateCall"), None);
        assert!(!is_perform("PerformLevitateCall"));
        assert_eq!(record.verb("PerformSetVideo"), None);
        assert_eq!(record.verb("PerformSetGroupCall"), Some(Verb::SetGroup(None)));
        let odd = PerformRecord { with: Some("him".to_owned()), ..PerformRecord::default() };
        assert_eq!(odd.verb("PerformSetGroupCall"), None);
        let one = PerformRecord { translating: Some(true), ..PerformRecord::default() };
        assert_eq!(one.verb("PerformSetTranslating"), None);
        assert_eq!(record.offer(), None);
        let levitate = Some("levitate".to_owned());
        assert_eq!(PerformRecord { action: levitate, ..record }.offer(), None);
    }

    #[test]
    fn a_result_says_when_or_with_which_engine() {
        let of = |date, engine: Option<&str>| {
            let engine = engine.map(str::to_owned);
            ResultRecord { deferred: None, date, engine }.into_completion()
        };
        assert_eq!(of(None, None), Ok(Completion::Fulfill(None)));
        assert_eq!(of(Some(7), None), Ok(Completion::Fulfill(Some(Date(7)))));
        assert_eq!(
            of(None, Some("custom")),
            Ok(Completion::FulfillUsing(TranslationEngine::Custom))
        );
        assert!(of(None, Some("fish")).is_err());
    }
}
