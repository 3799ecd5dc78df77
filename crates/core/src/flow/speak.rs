//! From the words of a flow to inputs.

use super::parse::milliseconds;
use super::run::Stage;
use crate::input::{
    Adoption, CallRef, Completion, Input, Report, Requested, Requester, StartDetails, Verdict,
};
use crate::provider::{Account, Configuration};
use crate::words::{
    ActionId, AppId, CallNumber, CallState, CallUpdate, CallUuid, ChoiceKind, DtmfDigits, DtmfType,
    EndedReason, Handle, HandleKind, Languages, LogPolicy, ProviderId, RequestId, SurfaceId,
    TranslationEngine, Verb,
};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The id that stands for a name of a call: the same in every run.
pub(super) fn uuid(name: &str) -> CallUuid {
    let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for byte in name.bytes() {
        hash ^= u128::from(byte);
        hash = hash.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    CallUuid(hash)
}

/// The words of one line, taken one by one.
struct Words<'a> {
    rest: &'a [String],
}

impl<'a> Words<'a> {
    fn next(&mut self, what: &str) -> Result<&'a str, String> {
        let (first, rest) =
            self.rest.split_first().ok_or_else(|| format!("{what} is missing at the end"))?;
        self.rest = rest;
        Ok(first)
    }
}

impl Stage {
    /// The input that a line of a provider stands for.
    pub(super) fn provider_says(
        &mut self,
        provider: ProviderId,
        app: &str,
        words: &[String],
        request: RequestId,
    ) -> Result<Input, String> {
        let mut words = Words { rest: words };
        Ok(match words.next("what it says")? {
            "register" => Input::Register {
                provider,
                request,
                app: AppId::from(app),
                configuration: configuration(words.rest)?,
            },
            "configure" => {
                Input::Configure { provider, request, configuration: configuration(words.rest)? }
            }
            "invalidate" => Input::Invalidate { provider, request },
            "lost" => Input::ProviderLost { provider },
            "report" => {
                let kind = words.next("what is reported")?;
                let call = self.call(words.next("the call")?);
                let report = self.report(kind, words)?;
                Input::Report { provider, request, call, report }
            }
            how @ ("fulfill" | "fail") => {
                let verb = words.next("the action")?;
                let call = self.call(words.next("the call")?);
                let engine = words.rest.last().and_then(|word| word.strip_prefix("using="));
                let completion = match (how, engine.map(TranslationEngine::from_name)) {
                    ("fulfill", None) => Completion::Fulfill(None),
                    ("fulfill", Some(Some(engine))) => Completion::FulfillUsing(engine),
                    ("fulfill", Some(None)) => return Err("there is no such engine".into()),
                    _ => Completion::Fail,
                };
                let back = words.rest.iter().find_map(|word| word.strip_prefix("back="));
                let back = back.map_or(Ok(0), str::parse);
                let back = back.map_err(|_| "`back=` is followed by a number".to_owned())?;
                let action = self.action(verb, call, back)?;
                Input::Complete { provider, action, completion, request: Some(request) }
            }
            "request" => self.requests(Requester::Provider(provider), words.rest, request)?,
            how @ ("executes" | "one-by-one") => {
                let offered = self.offered.get(&provider).copied();
                let transaction = offered.ok_or("it was offered nothing as a whole")?;
                Input::Executed { provider, transaction, handled: how == "executes" }
            }
            other => return Err(format!("a provider cannot `{other}`")),
        })
    }

    /// The input that a line of the push service stands for: `rings app call`, with what a report of it says.
    pub(super) fn push_says(
        &mut self,
        provider: ProviderId,
        words: &[String],
        request: RequestId,
    ) -> Result<Input, String> {
        let mut words = Words { rest: words };
        if words.next("what it says")? != "rings" {
            return Err("a push can say `rings app call`".into());
        }
        let app = AppId::from(words.next("the app")?);
        self.names.name_provider(provider, app.as_str());
        let call = self.call(words.next("the call")?);
        let is_configured = |word: &&String| configuration(core::slice::from_ref(word)).is_ok();
        let (configured, said): (Vec<&String>, Vec<&String>) =
            words.rest.iter().partition(is_configured);
        let configured: Vec<String> = configured.into_iter().cloned().collect();
        let said: Vec<String> = said.into_iter().cloned().collect();
        match self.report("incoming", Words { rest: &said })? {
            Report::Incoming { update, verdict, .. } => Ok(Input::Rung {
                provider,
                request,
                app,
                configuration: configuration(&configured)?,
                call,
                update,
                verdict,
            }),
            _ => Err("a push rings".into()),
        }
    }

    /// The input that a line of a surface stands for.
    pub(super) fn surface_says(
        &mut self,
        surface: SurfaceId,
        words: &[String],
        request: RequestId,
    ) -> Result<Input, String> {
        let mut words = Words { rest: words };
        Ok(match words.next("what it says")? {
            "request" => self.requests(Requester::Surface(surface), words.rest, request)?,
            "silence" => {
                let call = self.number(words.next("the call")?);
                Input::Silence { surface, request, call }
            }
            "register" => Input::SurfaceRegistered { surface },
            "lost" => Input::SurfaceLeft { surface },
            "presented" => Input::Presented { surface, call: self.number(words.next("the call")?) },
            "notpresented" => {
                Input::NotPresented { surface, call: self.number(words.next("the call")?) }
            }
            other => return Err(format!("a surface cannot `{other}`")),
        })
    }

    fn call(&mut self, name: &str) -> CallUuid {
        let uuid = uuid(name);
        self.names.name_call(uuid, name);
        uuid
    }

    pub(super) fn number(&mut self, name: &str) -> CallNumber {
        let uuid = self.call(name);
        self.names.number_of(uuid).unwrap_or(CallNumber(u64::MAX))
    }

    fn report(&self, kind: &str, mut words: Words<'_>) -> Result<Report, String> {
        Ok(match kind {
            "incoming" => {
                let mut account = None;
                let mut verdict = Verdict::Allow;
                let mut rest = Vec::new();
                for word in words.rest {
                    match word.as_str() {
                        "dnd" => verdict = Verdict::DoNotDisturb,
                        "blocked" => verdict = Verdict::Blocked,
                        other => match other.strip_prefix("account=") {
                            Some(id) => account = Some(id.into()),
                            None => rest.push(other),
                        },
                    }
                }
                Report::Incoming { account, update: update(&rest)?, verdict }
            }
            "updated" => {
                let rest: Vec<&str> = words.rest.iter().map(String::as_str).collect();
                Report::Updated(update(&rest)?)
            }
            "connecting" => Report::StartedConnecting(None),
            "connected" => Report::Connected(None),
            "ended" => {
                let word = words.next("the reason")?;
                let reason =
                    EndedReason::from_name(word).ok_or_else(|| format!("`{word}` is no reason"))?;
                Report::Ended(None, reason)
            }
            "adopt" => {
                let word = words.next("the state")?;
                let state =
                    CallState::from_name(word).ok_or_else(|| format!("`{word}` is no state"))?;
                let mut adoption = Adoption {
                    state,
                    muted: false,
                    group_with: None,
                    update: CallUpdate::default(),
                };
                let mut rest = Vec::new();
                for word in words.rest {
                    match (word.as_str(), word.strip_prefix("with=")) {
                        ("muted", _) => adoption.muted = true,
                        (_, Some(other)) => adoption.group_with = Some(uuid(other)),
                        (word, None) => rest.push(word),
                    }
                }
                adoption.update = update(&rest)?;
                Report::Adopt(adoption)
            }
            other => return Err(format!("`{other}` cannot be reported")),
        })
    }

    /// The newest action of that kind for that call, pending or over, or one so many before it.
    fn action(&self, verb: &str, call: CallUuid, back: usize) -> Result<ActionId, String> {
        let is = |of: &Verb| match verb {
            "start" => *of == Verb::Start,
            "answer" => *of == Verb::Answer,
            "end" => matches!(of, Verb::End(_)),
            "hold" => *of == Verb::SetHeld(true),
            "resume" => *of == Verb::SetHeld(false),
            "mute" => *of == Verb::SetMuted(true),
            "unmute" => *of == Verb::SetMuted(false),
            "merge" => matches!(of, Verb::SetGroup(Some(_))),
            "split" => *of == Verb::SetGroup(None),
            "video" => *of == Verb::SetVideo(true),
            "no-video" => *of == Verb::SetVideo(false),
            "translate" => matches!(of, Verb::SetTranslating(Some(_))),
            "stop-translating" => *of == Verb::SetTranslating(None),
            "dtmf" => matches!(of, Verb::PlayDtmf(..)),
            _ => false,
        };
        let asked = self.performed.iter().rev();
        let found = asked.filter(|(_, (of, uuid))| *uuid == call && is(of)).nth(back);
        match found {
            Some((action, _)) => Ok(*action),
            // An id nobody was ever given.
            None if verb == "nothing" => Ok(ActionId(u64::MAX)),
            None => Err(format!("`{verb}` was never asked for that call")),
        }
    }

    pub(super) fn requests(
        &mut self,
        requester: Requester,
        words: &[String],
        request: RequestId,
    ) -> Result<Input, String> {
        let mut revision = None;
        let mut plain = Vec::new();
        for word in words {
            match word.strip_prefix("revision=") {
                Some(number) => {
                    let number = number.parse().map_err(|_| format!("`{word}` is no revision"))?;
                    revision = Some(number);
                }
                None => plain.push(word.clone()),
            }
        }
        let mut actions = Vec::new();
        if plain != ["nothing"] {
            for action in plain.split(|word| word == ";") {
                actions.push(self.requested(requester, action)?);
            }
        }
        Ok(Input::Request { requester, request, actions, revision })
    }

    fn requested(&mut self, requester: Requester, words: &[String]) -> Result<Requested, String> {
        let mut words = Words { rest: words };
        let verb = words.next("the action")?;
        let name = words.next("the call")?;
        let call = match requester {
            Requester::Provider(_) => CallRef::Uuid(self.call(name)),
            _ => CallRef::Number(self.number(name)),
        };
        Ok(match verb {
            "start" => {
                let mut details = StartDetails {
                    app: None,
                    account: None,
                    uuid: self.call(name),
                    handle: Handle::new(HandleKind::Generic, name),
                    video: false,
                    emergency: false,
                };
                for word in words.rest {
                    match (word.as_str(), word.split_once('=')) {
                        ("video", _) => details.video = true,
                        ("emergency", _) => details.emergency = true,
                        (_, Some(("dial", number))) => {
                            details.handle = Handle::new(HandleKind::PhoneNumber, number);
                        }
                        (_, Some(("app", app))) => details.app = Some(app.into()),
                        (_, Some(("account", id))) => details.account = Some(id.into()),
                        _ => return Err(format!("`{word}` is nothing to start a call with")),
                    }
                }
                Requested::Start(details)
            }
            "answer" => Requested::Answer(call),
            "end" => Requested::End(call),
            "end_group" => Requested::EndGroup(call),
            "merge" => {
                let with = words.next("the other call")?;
                let with = match requester {
                    Requester::Provider(_) => CallRef::Uuid(self.call(with)),
                    _ => CallRef::Number(self.number(with)),
                };
                Requested::SetGroup(call, Some(with))
            }
            "split" => Requested::SetGroup(call, None),
            "video" => Requested::SetVideo(call, true),
            "no-video" => Requested::SetVideo(call, false),
            "translate" => {
                let (local, remote) = (words.next("a language")?, words.next("the other")?);
                let languages = Languages::new(local, remote);
                let languages = languages.ok_or("a language is like `de` or `pt-BR`")?;
                Requested::SetTranslating(call, Some(languages))
            }
            "stop-translating" => Requested::SetTranslating(call, None),
            "hold" => Requested::SetHeld(call, true),
            "resume" => Requested::SetHeld(call, false),
            "mute" => Requested::SetMuted(call, true),
            "unmute" => Requested::SetMuted(call, false),
            "dtmf" => {
                let word = words.next("the digits")?;
                let digits =
                    DtmfDigits::new(word).ok_or_else(|| format!("`{word}` are no digits"))?;
                Requested::PlayDtmf(call, digits, DtmfType::SingleTone)
            }
            "choose" => {
                let word = words.next("the choice")?;
                let kind =
                    ChoiceKind::from_name(word).ok_or_else(|| format!("`{word}` is no choice"))?;
                Requested::Choose(self.number(name), kind)
            }
            other => return Err(format!("`{other}` cannot be requested")),
        })
    }
}

fn update(words: &[&str]) -> Result<CallUpdate, String> {
    let mut update = CallUpdate::default();
    for word in words {
        match *word {
            "holding" => update.supports_holding = Some(true),
            "no-holding" => update.supports_holding = Some(false),
            "grouping" => update.supports_grouping = Some(true),
            "no-grouping" => update.supports_grouping = Some(false),
            "ungrouping" => update.supports_ungrouping = Some(true),
            "no-ungrouping" => update.supports_ungrouping = Some(false),
            "dtmf" => update.supports_dtmf = Some(true),
            "no-dtmf" => update.supports_dtmf = Some(false),
            "video" => update.has_video = Some(true),
            "no-video" => update.has_video = Some(false),
            "reconnecting" => update.reconnecting = Some(true),
            "reconnected" => update.reconnecting = Some(false),
            "can_video" => update.supports_video = Some(true),
            "no-can_video" => update.supports_video = Some(false),
            "can_translate" => update.supports_translation = Some(true),
            "no-can_translate" => update.supports_translation = Some(false),
            "emergency" => update.emergency = Some(true),
            "unlogged" => update.log_policy = Some(LogPolicy::None),
            "named" => update.localized_caller_name = Some("Somebody".to_owned()),
            other => return Err(format!("`{other}` is nothing a call can be")),
        }
    }
    Ok(update)
}

fn configuration(words: &[String]) -> Result<Configuration, String> {
    let mut configuration = Configuration::default();
    for word in words {
        match (word.as_str(), word.split_once('=')) {
            ("unlogged", _) => configuration.includes_calls_in_recents = false,
            ("can_video", _) => configuration.supports_video = true,
            ("can_translate", _) => configuration.supports_audio_translation = true,
            ("executes", _) => configuration.executes_transactions = true,
            ("emergency", _) => configuration.emergency = true,
            (_, Some(("groups", number))) => {
                configuration.maximum_call_groups =
                    number.parse().map_err(|_| format!("`{word}` is no number"))?;
            }
            (_, Some(("per_group", number))) => {
                configuration.maximum_calls_per_call_group =
                    number.parse().map_err(|_| format!("`{word}` is no number"))?;
            }
            (_, Some(("accounts", ids))) => {
                let account = |id: &str| Account { id: id.into(), label: id.to_owned() };
                configuration.accounts =
                    ids.split(',').filter(|id| !id.is_empty()).map(account).collect();
            }
            (_, Some(("stuck", time))) => {
                let time = core::time::Duration::from_millis(milliseconds(time)?);
                configuration.stuck = Some(time);
            }
            _ => return Err(format!("`{word}` cannot be configured")),
        }
    }
    Ok(configuration)
}
