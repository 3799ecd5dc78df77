//! Random inputs in any order: the invariants hold after each, every request gets exactly one reply, every perform ends
//! once, every admitted call is in recents exactly once, and the same inputs have the same effects.

use hookswitch_core::words::{
    ActionId, CallNumber, CallState, CallUpdate, CallUuid, ChoiceKind, Date, DtmfDigits, DtmfType,
    EndedReason, Handle, ProviderId, RequestId, SurfaceId, Timestamp, TransactionId,
};
use hookswitch_core::{
    Arbiter, AudioEffect, CallRef, Completion, Configuration, Effect, Input, Now, Policy,
    ProviderNews, Reply, Report, Requested, Requester, StartDetails, Verdict,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const APPS: [&str; 2] = ["chat", "talk"];

/// A step, in small numbers that the world turns into ids that exist.
#[derive(Clone, Debug)]
enum Step {
    Register(usize),
    Lose(usize),
    Incoming(usize, u128, bool, u8),
    News(usize, u128, u8),
    Complete(usize, usize, bool),
    ByApp(usize, u128, u8),
    BySurface(usize, u8),
    Press(bool),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let app = 0..APPS.len();
    let uuid = 1..4u128;
    prop_oneof![
        2 => app.clone().prop_map(Step::Register),
        1 => app.clone().prop_map(Step::Lose),
        6 => (app.clone(), uuid.clone(), any::<bool>(), 0..9u8)
            .prop_map(|(a, u, h, v)| Step::Incoming(a, u, h, v)),
        4 => (app.clone(), uuid.clone(), 0..7u8).prop_map(|(a, u, k)| Step::News(a, u, k)),
        12 => (app.clone(), 0..4usize, prop::bool::weighted(0.8))
            .prop_map(|(a, n, ok)| Step::Complete(a, n, ok)),
        8 => (app, uuid, 0..12u8).prop_map(|(a, u, k)| Step::ByApp(a, u, k)),
        12 => (0..6usize, 0..24u8).prop_map(|(n, k)| Step::BySurface(n, k)),
        1 => any::<bool>().prop_map(Step::Press),
        2 => (0..40_000u64).prop_map(Step::Wait),
    ]
}

struct World {
    core: Arbiter,
    at: u64,
    next: u64,
    providers: [Option<ProviderId>; 2],
    pending: BTreeMap<ActionId, ProviderId>,
    asked: BTreeSet<RequestId>,
    accepted: BTreeSet<TransactionId>,
    open: BTreeSet<CallNumber>,
    closed: BTreeSet<CallNumber>,
    admitted: BTreeSet<CallNumber>,
    active: Option<CallNumber>,
}

impl World {
    fn new() -> Self {
        Self {
            core: Arbiter::new(Policy::default()),
            at: 1000,
            next: 0,
            providers: [None; 2],
            pending: BTreeMap::new(),
            asked: BTreeSet::new(),
            accepted: BTreeSet::new(),
            open: BTreeSet::new(),
            closed: BTreeSet::new(),
            admitted: BTreeSet::new(),
            active: None,
        }
    }

    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn request(&mut self) -> RequestId {
        let request = RequestId(self.fresh());
        self.asked.insert(request);
        request
    }

    fn call(&self, at: usize) -> CallNumber {
        let calls = self.core.calls();
        calls.get(at % calls.len().max(1)).map_or(CallNumber(99), |call| call.number)
    }

    fn input(&mut self, step: Step) -> Option<Input> {
        Some(match step {
            Step::Register(app) => {
                let provider = ProviderId(self.fresh());
                let request = self.request();
                if self.providers[app].is_none() {
                    self.providers[app] = Some(provider);
                }
                let configuration = Configuration::default();
                Input::Register { provider, request, app: APPS[app].into(), configuration }
            }
            Step::Lose(app) => {
                let provider = self.providers[app].take()?;
                self.pending.retain(|_, of| *of != provider);
                Input::ProviderLost { provider }
            }
            Step::Incoming(app, uuid, holding, verdict) => {
                let provider = self.providers[app]?;
                let update =
                    CallUpdate { supports_holding: Some(holding), ..CallUpdate::default() };
                let verdict = match verdict {
                    7 => Verdict::DoNotDisturb,
                    8 => Verdict::Blocked,
                    _ => Verdict::Allow,
                };
                let report = Report::Incoming { account: None, update, verdict };
                Input::Report { provider, request: self.request(), call: CallUuid(uuid), report }
            }
            Step::News(app, uuid, kind) => {
                let provider = self.providers[app]?;
                let report = match kind {
                    0 => Report::StartedConnecting(None),
                    1 => Report::Connected(Some(Date(5))),
                    2 => Report::Ended(None, EndedReason::RemoteEnded),
                    3 => Report::Ended(None, EndedReason::AnsweredElsewhere),
                    4 => Report::Ended(Some(Date(1)), EndedReason::Declined),
                    5 => Report::Updated(CallUpdate {
                        supports_grouping: Some(false),
                        ..CallUpdate::default()
                    }),
                    _ => Report::Updated(CallUpdate {
                        supports_holding: Some(false),
                        ..CallUpdate::default()
                    }),
                };
                Input::Report { provider, request: self.request(), call: CallUuid(uuid), report }
            }
            Step::Complete(app, at, ok) => {
                let provider = self.providers[app]?;
                // Mostly its own actions; sometimes another app's, to be refused.
                let actions: Vec<ActionId> = self.pending.keys().copied().collect();
                let action = *actions.get(at % actions.len().max(1))?;
                let completion = if ok { Completion::Fulfill(None) } else { Completion::Fail };
                let own = self.pending.get(&action) == Some(&provider);
                if own {
                    self.pending.remove(&action);
                }
                let request = Some(self.request());
                Input::Complete { provider, action, completion, request }
            }
            Step::ByApp(app, uuid, kind) => {
                let provider = self.providers[app]?;
                let call = CallRef::Uuid(CallUuid(uuid));
                let other = CallRef::Uuid(CallUuid(uuid % 3 + 1));
                let action = self.requested(call, other, CallUuid(uuid), None, kind);
                self.ask(Requester::Provider(provider), action)
            }
            Step::BySurface(at, kind) => {
                let number = self.call(at);
                let action = if kind >= 12 {
                    let kinds = [
                        ChoiceKind::HoldAndAccept,
                        ChoiceKind::EndAndAccept,
                        ChoiceKind::EndHeldAndAccept,
                        ChoiceKind::Decline,
                        ChoiceKind::Cancel,
                        ChoiceKind::Swap,
                        ChoiceKind::EndAndResume,
                        ChoiceKind::Hold,
                        ChoiceKind::End,
                        ChoiceKind::Merge,
                        ChoiceKind::Split,
                        ChoiceKind::EndGroup,
                    ];
                    Requested::Choose(number, kinds[usize::from(kind - 12)])
                } else {
                    let uuid = CallUuid(u128::from(self.fresh()) + 100);
                    let other = CallRef::Number(self.call(at + 1));
                    self.requested(CallRef::Number(number), other, uuid, Some("chat"), kind)
                };
                self.ask(Requester::Surface(SurfaceId(1)), action)
            }
            Step::Press(long) => Input::Press { long },
            Step::Wait(ms) => {
                self.at += ms;
                Input::Tick
            }
        })
    }

    fn requested(
        &self,
        call: CallRef,
        other: CallRef,
        uuid: CallUuid,
        app: Option<&str>,
        kind: u8,
    ) -> Requested {
        match kind {
            0 | 1 => Requested::Answer(call),
            2 => Requested::End(call),
            3 => Requested::SetHeld(call, true),
            4 => Requested::SetHeld(call, false),
            5 => Requested::SetMuted(call, uuid.0.is_multiple_of(2)),
            7 | 8 => Requested::SetGroup(call, Some(other)),
            9 => Requested::SetGroup(call, None),
            10 => Requested::EndGroup(call),
            6 => Requested::PlayDtmf(call, DtmfDigits::new("1").unwrap(), DtmfType::SingleTone),
            _ => Requested::Start(StartDetails {
                app: app.map(Into::into),
                account: None,
                uuid,
                handle: Handle::default(),
                video: false,
                emergency: false,
            }),
        }
    }

    fn ask(&mut self, requester: Requester, action: Requested) -> Input {
        let request = self.request();
        Input::Request { requester, request, actions: vec![action], revision: None }
    }

    fn handle(&mut self, input: Input) -> Result<(), TestCaseError> {
        let now = Now { at: Timestamp(self.at), date: Date(self.at.cast_signed()) };
        let mut twin = self.core.clone();
        let effects = self.core.handle(now, input.clone());
        prop_assert_eq!(&effects, &twin.handle(now, input), "the same input had other effects");
        prop_assert_eq!(&self.core, &twin);
        let mut inputs = Vec::new();
        for effect in effects {
            match effect {
                Effect::Reply(request, reply) => {
                    prop_assert!(self.asked.remove(&request), "a second reply to {request}");
                    match reply {
                        Reply::Accepted(id) => {
                            self.accepted.insert(id);
                        }
                        Reply::Admitted(number) => {
                            self.admitted.insert(number);
                        }
                        _ => {}
                    }
                }
                Effect::Provider(provider, ProviderNews::Perform(perform)) => {
                    self.pending.insert(perform.action, provider);
                }
                Effect::Provider(provider, ProviderNews::Execute { performs, .. }) => {
                    self.pending.extend(performs.iter().map(|perform| (perform.action, provider)));
                }
                Effect::Provider(_, ProviderNews::Finished(finished)) => {
                    self.accepted.remove(&finished.transaction);
                }
                Effect::Change(change) => {
                    for view in change.calls {
                        if view.state == CallState::Ended {
                            prop_assert!(view.choices.is_empty());
                        }
                    }
                    for (_, finished) in change.finished {
                        self.accepted.remove(&finished.transaction);
                    }
                }
                Effect::Record(entry) => {
                    if entry.ended.is_some() {
                        prop_assert!(
                            self.closed.insert(entry.number),
                            "{} was closed twice",
                            entry.number
                        );
                        prop_assert!(entry.ended >= entry.connected);
                        prop_assert!(entry.connected.is_none_or(|at| at >= entry.started));
                        self.open.remove(&entry.number);
                    } else {
                        prop_assert!(!self.closed.contains(&entry.number), "opened again");
                        self.open.insert(entry.number);
                    }
                }
                Effect::Audio(AudioEffect::Activate(call)) => {
                    self.active = Some(call);
                    inputs.push(Input::AudioActivated { call });
                }
                Effect::Audio(AudioEffect::Deactivate(_)) => self.active = None,
                _ => {}
            }
        }
        self.core.check().map_err(TestCaseError::fail)?;
        prop_assert!(self.asked.is_empty(), "no reply to {:?}", self.asked);
        for number in &self.open {
            let live = self.core.calls().iter().any(|call| call.number == *number);
            prop_assert!(live, "call {number} is over and its entry is open");
        }
        for input in inputs {
            self.handle(input)?;
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPERTY_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(400),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_rules_hold_whatever_happens(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::new();
        for step in steps {
            if let Some(input) = world.input(step) {
                world.handle(input)?;
            }
        }
        // Let everything run out: every transaction finishes, every admitted call is in recents and closed.
        for _ in 0..40 {
            world.at += 200_000;
            world.handle(Input::Tick)?;
        }
        for app in 0..2 {
            if let Some(provider) = world.providers[app].take() {
                world.handle(Input::ProviderLost { provider })?;
            }
        }
        prop_assert!(world.core.calls().is_empty());
        prop_assert!(world.open.is_empty());
        for number in &world.admitted {
            prop_assert!(world.closed.contains(number), "{number} is not in recents");
        }
        prop_assert_eq!(world.core.pending_transactions(), 0);
        prop_assert_eq!(world.core.next_deadline(), None);
    }

    #[test]
    fn reading_a_flow_never_panics(text in "(?s).{0,400}") {
        let _ = hookswitch_core::flow::parse(&text).map(|flows| {
            flows.iter().map(hookswitch_core::flow::Flow::run).collect::<Vec<_>>()
        });
    }
}
