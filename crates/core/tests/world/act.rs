//! From bytes to something that can happen.

use super::{Step, World};
use hookswitch_core::words::{
    ActionId, CallNumber, CallState, CallUpdate, CallUuid, ChoiceKind, Date, DtmfDigits, DtmfType,
    EndedReason, Handle, HandleKind, Languages, LogPolicy, ProviderId, SurfaceId,
    TranslationEngine, Verb,
};
use hookswitch_core::{
    Account, Adoption, CallRef, Completion, Configuration, Input, Report, Requested, Requester,
    StartDetails, Verdict,
};
use std::time::Duration;

pub const APPS: [&str; 2] = ["chat", "talk"];

/// What a step comes to.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Does {
    Input(Input),
    Wait(u64),
    Sleep(u64),
    Restart,
    Nothing,
}

/// How often each kind of step is, of 64.
const OFTEN: [(Kind, u8); 18] = [
    (Kind::Incoming, 8),
    (Kind::Complete, 15),
    (Kind::Offered, 9),
    (Kind::ByApp, 8),
    (Kind::BySurface, 7),
    (Kind::Wait, 2),
    (Kind::Connected, 2),
    (Kind::Ended, 3),
    (Kind::Updated, 1),
    (Kind::Adopt, 1),
    (Kind::Executed, 1),
    (Kind::Press, 1),
    (Kind::Rung, 1),
    (Kind::Configure, 1),
    (Kind::Lose, 1),
    (Kind::Silence, 1),
    (Kind::Restart, 1),
    (Kind::Sleep, 1),
];

#[derive(Clone, Copy)]
enum Kind {
    Incoming,
    Complete,
    Offered,
    ByApp,
    BySurface,
    Wait,
    Connected,
    Ended,
    Updated,
    Adopt,
    Executed,
    Press,
    Rung,
    Configure,
    Lose,
    Silence,
    Restart,
    Sleep,
}

fn kind(byte: u8) -> Kind {
    let mut left = byte % 64;
    for (kind, often) in OFTEN {
        if left < often {
            return kind;
        }
        left -= often;
    }
    Kind::Incoming
}

fn pick<T: Copy>(of: &[T], byte: u8) -> Option<T> {
    of.get(usize::from(byte) % of.len().max(1)).copied()
}

impl World {
    /// What this step comes to, as everything stands.
    pub fn input(&mut self, step: Step) -> Does {
        let [what, who, a, b, c, d] = step;
        let app = usize::from(who % 2);
        let uuid = self.uuid(app, a);
        let surface = SurfaceId(u64::from(who / 2 % 2) + 1);
        match kind(what) {
            Kind::Wait => {
                return Does::Wait(
                    [100, 500, 1000, 1000, 2000, 5000, 5000, 30_000][usize::from(a % 8)],
                );
            }
            Kind::Sleep => return Does::Sleep(u64::from(a) * 500),
            Kind::Restart => return if a % 4 == 0 { Does::Restart } else { Does::Nothing },
            Kind::Press => return Does::Input(Input::Press { long: a % 2 == 1 }),
            Kind::Offered => return self.offered(surface, a, b, c),
            Kind::BySurface => return self.by_surface(surface, [a, b, c, d]),
            Kind::Silence => {
                let call = self.number(a);
                return Does::Input(match b % 8 {
                    0..3 => Input::Silence { surface, request: self.request(), call },
                    3..5 => Input::Presented { surface, call },
                    5 => Input::NotPresented { surface, call },
                    6 => Input::SurfaceRegistered { surface },
                    _ => Input::SurfaceLeft { surface },
                });
            }
            Kind::Rung => {
                let (provider, request) = (ProviderId(self.fresh()), self.request());
                let (update, verdict) = (update(b), verdict(c));
                let (app, configuration) = (APPS[app].into(), configuration(d));
                let call = uuid;
                return Does::Input(Input::Rung {
                    provider,
                    request,
                    app,
                    configuration,
                    call,
                    update,
                    verdict,
                });
            }
            _ => {}
        }
        let Some(provider) = self.apps[app] else {
            let (provider, request) = (ProviderId(self.fresh()), self.request());
            let (app, configuration) = (APPS[app].into(), configuration(d));
            return Does::Input(Input::Register { provider, request, app, configuration });
        };
        let request = self.request();
        let new = CallUuid(u128::from(a % 8));
        let call = if matches!(kind(what), Kind::Incoming) { new } else { uuid };
        let report = match kind(what) {
            Kind::Incoming => {
                Report::Incoming { account: account(d), update: update(b), verdict: verdict(c) }
            }
            Kind::Connected if b % 2 == 0 => Report::Connected(date(c)),
            Kind::Connected => Report::StartedConnecting(date(c)),
            Kind::Ended => {
                let all = EndedReason::ALL;
                Report::Ended(date(c), all[usize::from(b) % all.len()])
            }
            Kind::Updated => Report::Updated(update(b)),
            Kind::Adopt => Report::Adopt(Adoption {
                state: CallState::ALL[usize::from(b) % CallState::ALL.len()],
                muted: c % 2 == 1,
                group_with: (d % 3 == 0).then(|| CallUuid(u128::from(d / 3 % 8))),
                update: update(c),
            }),
            Kind::Complete => return self.complete(provider, a, b, c),
            Kind::ByApp => return self.by_app(provider, [a, b, c, d]),
            Kind::Executed => {
                let Some(transaction) = self.offered.get(&provider).copied() else {
                    return Does::Nothing;
                };
                let handled = a % 2 == 0;
                return Does::Input(Input::Executed { provider, transaction, handled });
            }
            Kind::Configure if a % 4 == 0 => {
                return Does::Input(Input::Invalidate { provider, request });
            }
            Kind::Configure => {
                let configuration = configuration(d);
                return Does::Input(Input::Configure { provider, request, configuration });
            }
            _ if a % 2 == 0 => return Does::Input(Input::ProviderLost { provider }),
            _ => return Does::Nothing,
        };
        Does::Input(Input::Report { provider, request, call, report })
    }

    /// A live call, mostly; sometimes one that is over or never was.
    fn number(&self, byte: u8) -> CallNumber {
        let live: Vec<CallNumber> = self.seen.calls.iter().map(|call| call.number).collect();
        match pick(&live, byte) {
            Some(number) if byte < 240 => number,
            _ => CallNumber(u64::from(byte % 16)),
        }
    }

    /// The id of a live call of this app, mostly.
    fn uuid(&self, app: usize, byte: u8) -> CallUuid {
        let own = self.seen.calls.iter().filter(|call| call.app().as_str() == APPS[app]);
        let own: Vec<CallUuid> = own.map(|call| call.facts.uuid).collect();
        let any = CallUuid(u128::from(byte % 8));
        pick(&own, byte).filter(|_| byte < 224).unwrap_or(any)
    }

    /// Of its own actions, mostly a pending one; if it has none, whoever has one does it.
    fn complete(&mut self, provider: ProviderId, which: u8, how: u8, date: u8) -> Does {
        let pending = self.seen.asked.iter().filter(|(_, asked)| asked.provider == provider);
        let pending: Vec<ActionId> = pending.map(|(action, _)| *action).collect();
        let running = |id: &ProviderId| self.apps.contains(&Some(*id));
        let other = self.seen.asked.iter().find(|(_, asked)| running(&asked.provider));
        let (provider, pending) = match (pending.is_empty(), other) {
            (true, Some((action, asked))) => (asked.provider, Vec::from([*action])),
            _ => (provider, pending),
        };
        let known: Vec<ActionId> =
            self.asked.iter().rev().take(8).map(|(action, _)| *action).collect();
        let action = if which < 230 { pick(&pending, which) } else { pick(&known, which) };
        let Some(action) = action else { return Does::Nothing };
        let translates = self
            .seen
            .asked
            .get(&action)
            .is_some_and(|asked| matches!(asked.verb, Verb::SetTranslating(Some(_))));
        let completion = match how {
            200.. => Completion::Fail,
            190..=199 => Completion::FulfillUsing(TranslationEngine::Default),
            _ if translates && !how.is_multiple_of(8) => {
                Completion::FulfillUsing(TranslationEngine::Custom)
            }
            _ => Completion::Fulfill(self::date(date)),
        };
        let request = Some(self.request());
        Does::Input(Input::Complete { provider, action, completion, request })
    }

    /// What a surface offers.
    fn offered(&mut self, surface: SurfaceId, which: u8, choice: u8, seen: u8) -> Does {
        let Some(call) = self.seen.call(self.number(which % 240)) else { return Does::Nothing };
        let (number, revision) = (call.number, call.choices_revision);
        let kinds: Vec<ChoiceKind> = call.choices.iter().map(|choice| choice.kind).collect();
        let Some(kind) = pick(&kinds, choice) else { return Does::Nothing };
        let revision = match seen % 8 {
            0 => Some(revision.wrapping_sub(1)),
            1..=3 => Some(revision),
            _ => None,
        };
        self.ask(
            Requester::Surface(surface),
            Vec::from([Requested::Choose(number, kind)]),
            revision,
        )
    }

    fn by_surface(&mut self, surface: SurfaceId, [a, b, c, d]: [u8; 4]) -> Does {
        let (one, other) = (CallRef::Number(self.number(a)), CallRef::Number(self.number(c)));
        let (app, uuid) = (Some(APPS[usize::from(c % 2)].into()), CallUuid(u128::from(a % 8)));
        let mut actions = Vec::from([match b % 32 {
            kind @ 0..15 => Requested::Choose(self.number(a), ChoiceKind::ALL[usize::from(kind)]),
            _ => requested(one, other, app, uuid, b, d),
        }]);
        more(&mut actions, one, other, uuid, d);
        self.ask(Requester::Surface(surface), actions, None)
    }

    fn by_app(&mut self, provider: ProviderId, [a, b, c, d]: [u8; 4]) -> Does {
        let app = self.apps.iter().position(|id| *id == Some(provider)).unwrap_or(0);
        let (uuid, with) = (self.uuid(app, a), self.uuid(app, c));
        let (one, other) = (CallRef::Uuid(uuid), CallRef::Uuid(with));
        let new = CallUuid(u128::from(a % 8));
        let mut actions = Vec::from([requested(one, other, None, new, b, d)]);
        more(&mut actions, one, other, new, d);
        self.ask(Requester::Provider(provider), actions, None)
    }

    fn ask(
        &mut self,
        requester: Requester,
        actions: Vec<Requested>,
        revision: Option<u64>,
    ) -> Does {
        let request = self.request();
        Does::Input(Input::Request { requester, request, actions, revision })
    }
}

/// Sometimes more than one action, or none, in one transaction.
fn more(actions: &mut Vec<Requested>, one: CallRef, other: CallRef, uuid: CallUuid, d: u8) {
    match d {
        200..=219 => actions.push(requested(other, one, None, uuid, d, d)),
        220..=239 => actions.insert(0, Requested::End(other)),
        240..=249 => actions.insert(0, Requested::SetHeld(other, true)),
        250 => actions.clear(),
        _ => {}
    }
}

fn requested(
    call: CallRef,
    other: CallRef,
    app: Option<hookswitch_core::words::AppId>,
    uuid: CallUuid,
    kind: u8,
    detail: u8,
) -> Requested {
    match kind % 20 {
        0 | 1 => Requested::Answer(call),
        2 => Requested::End(call),
        3 => Requested::EndGroup(call),
        4 => Requested::SetHeld(call, true),
        5 => Requested::SetHeld(call, false),
        6 => Requested::SetMuted(call, detail.is_multiple_of(2)),
        7 | 8 => Requested::SetGroup(call, Some(other)),
        9 => Requested::SetGroup(call, None),
        10 => Requested::SetVideo(call, detail.is_multiple_of(2)),
        11 => {
            let languages = Languages::new("de", if detail % 4 < 2 { "en" } else { "pt-BR" });
            Requested::SetTranslating(call, languages.filter(|_| detail.is_multiple_of(2)))
        }
        12 => {
            let digits = DtmfDigits::new("12#").expect("digits");
            Requested::PlayDtmf(call, digits, DtmfType::SingleTone)
        }
        _ => {
            let dialed = ["+493012", "+493012,1", "+493012;12", "+493012,1,2;3", "+493012,x"];
            Requested::Start(StartDetails {
                app,
                account: account(detail),
                uuid,
                handle: Handle::new(HandleKind::PhoneNumber, dialed[usize::from(detail) % 5]),
                video: detail.is_multiple_of(7),
                emergency: detail % 6 == 5,
            })
        }
    }
}

fn account(byte: u8) -> Option<hookswitch_core::words::AccountId> {
    match byte % 8 {
        0 => Some("work".into()),
        1 => Some("default".into()),
        _ => None,
    }
}

fn date(byte: u8) -> Option<Date> {
    byte.is_multiple_of(8).then_some(Date(i64::from(byte) * 10_000))
}

fn verdict(byte: u8) -> Verdict {
    match byte {
        240..=247 => Verdict::DoNotDisturb,
        248.. => Verdict::Blocked,
        _ => Verdict::Allow,
    }
}

fn update(byte: u8) -> CallUpdate {
    let mut update = CallUpdate::default();
    match byte % 16 {
        0 => update.supports_holding = Some(false),
        1 => update.supports_holding = Some(true),
        2 => update.supports_grouping = Some(false),
        3 => update.supports_ungrouping = Some(false),
        4 => update.supports_dtmf = Some(false),
        5 => update.has_video = Some(true),
        6 => update.supports_video = Some(false),
        7 => update.supports_translation = Some(false),
        8 => update.emergency = Some(true),
        9 => update.log_policy = Some(LogPolicy::None),
        10 => update.localized_caller_name = Some("Anna".into()),
        11 => update.reconnecting = Some(true),
        12 => update.reconnecting = Some(false),
        _ => {}
    }
    update
}

fn configuration(byte: u8) -> Configuration {
    let mut configuration = Configuration {
        executes_transactions: byte & 3 == 3,
        emergency: byte & 4 != 0,
        supports_video: byte & 8 != 0,
        supports_audio_translation: byte & 8 != 0,
        ..Configuration::default()
    };
    if byte & 16 != 0 {
        configuration.accounts.push(Account { id: "work".into(), label: String::new() });
    }
    match byte >> 5 {
        1 => configuration.maximum_call_groups = 1,
        2 => configuration.maximum_call_groups = 3,
        3 => configuration.maximum_calls_per_call_group = 2,
        4 => configuration.maximum_calls_per_call_group = 1,
        5 => configuration.includes_calls_in_recents = false,
        6 => configuration.stuck = Some(Duration::from_millis(2500)),
        7 => configuration.accounts.clear(),
        _ => {}
    }
    configuration
}
