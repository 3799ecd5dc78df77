//! From the words of a flow to inputs.

use super::parse::milliseconds;
use super::run::Stage;
use crate::input::{
    Adoption, CallRef, Completion, Input, Report, Requested, Requester, StartDetails, Verdict,
};
use crate::provider::{Account, Configuration};
use crate::words::{
    ActionId, AppId, CallNumber, CallState, CallUpdate, CallUuid, ChoiceKind, DtmfDigits, DtmfType,
    EndedReason, Handle, HandleKind, LogPolicy, ProviderId, RequestId, SurfaceId, Verb,
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
                let completion = match how {
                    "fulfill" => Completion::Fulfill(None),
                    _ => Completion::Fail,
                };
                let action = self.action(verb, call)?;
                Input::Complete { provider, action, completion, request: Some(request) }
            }
            "request" => self.requests(Requester::Provider(provider), words.rest, request)?,
            other => return Err(format!("a provider cannot `{other}`")),
        })
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
            "presented" => Input::Presented { call: self.number(words.next("the call")?) },
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
                let muted = words.rest.iter().any(|word| word == "muted");
                Report::Adopt(Adoption { state, muted, update: CallUpdate::default() })
            }
            other => return Err(format!("`{other}` cannot be reported")),
        })
    }

    /// The newest action of that kind for that call, pending or over.
    fn action(&self, verb: &str, call: CallUuid) -> Result<ActionId, String> {
        let is = |of: &Verb| match verb {
            "start" => *of == Verb::Start,
            "answer" => *of == Verb::Answer,
            "end" => matches!(of, Verb::End(_)),
            "hold" => *of == Verb::SetHeld(true),
            "resume" => *of == Verb::SetHeld(false),
            "mute" => *of == Verb::SetMuted(true),
            "unmute" => *of == Verb::SetMuted(false),
            "dtmf" => matches!(of, Verb::PlayDtmf(..)),
            _ => false,
        };
        let mut asked = self.performed.iter().rev();
        let found = asked.find(|(_, (of, uuid))| *uuid == call && is(of));
        match found {
            Some((action, _)) => Ok(*action),
            // An id nobody was ever given.
            None if verb == "nothing" => Ok(ActionId(u64::MAX)),
            None => Err(format!("`{verb}` was never asked for that call")),
        }
    }

    fn requests(
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
                };
                for word in words.rest {
                    match (word.as_str(), word.split_once('=')) {
                        ("video", _) => details.video = true,
                        (_, Some(("app", app))) => details.app = Some(app.into()),
                        (_, Some(("account", id))) => details.account = Some(id.into()),
                        _ => return Err(format!("`{word}` is nothing to start a call with")),
                    }
                }
                Requested::Start(details)
            }
            "answer" => Requested::Answer(call),
            "end" => Requested::End(call),
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
            "dtmf" => update.supports_dtmf = Some(true),
            "no-dtmf" => update.supports_dtmf = Some(false),
            "video" => update.has_video = Some(true),
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
            (_, Some(("groups", number))) => {
                configuration.maximum_call_groups =
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
