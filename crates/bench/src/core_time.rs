//! What a decision takes, without a bus: P7.
//!
//! Two mixes, both through [`Arbiter::handle`] alone. Inputs are made before and effects dropped after the clock runs, and
//! the clock is read once for each round of a mix, not for each event.
//!
//! - *The chain*, one call at a time: report, update, answer, fulfill, audio up, end, fulfill. Every rule about who is
//!   active is in it.
//! - *The crowd*: one call is active, all others ring. A new call is reported, updated and presented; the active one is
//!   muted, unmuted and sends tones, each asked for by a surface and fulfilled; the new call is reported again and refused.
//!   None of it changes who is active. What does (answer, end, hold) looks at every call that rings or is held, since what
//!   the user can do with each of those depends on it: its cost is proportional to their number by design, which policy
//!   keeps at a handful. An end is reported for the crowd, too, and held to no bar. New calls stay, in fresh memory:
//!   with many, the crowd grows by a tenth at most; with few, another is gathered every ten rounds.

use crate::Outcome;
use crate::figures::{Figures, median, percentile, ratios};
use crate::tied::OneCore;
use hookswitch_core::words::{
    ActionId, CallNumber, CallUpdate, CallUuid, Date, DtmfDigits, DtmfType, EndedReason, Handle,
    HandleKind, ProviderId, RequestId, SurfaceId, Timestamp,
};
use hookswitch_core::{
    Arbiter, CallRef, Completion, Configuration, Effect, Input, Now, Policy, ProviderNews, Report,
    Requested, Requester, Verdict,
};
use std::time::Instant;

const PROVIDER: ProviderId = ProviderId(1);
/// Nobody here waits for a reply.
const REQUEST: RequestId = RequestId(1);
const FEW: u64 = 10;
const MANY: u64 = 10_000;
const ENDED: u64 = 100_000;

/// Measure both mixes.
pub fn measure(figures: &mut Figures, repeats: usize, quick: bool) -> Outcome {
    let _one_core = OneCore::pin()?;
    let (chains, rounds) = if quick { (2_000, 100) } else { (20_000, 1_000) };
    let (mut alone, mut few, mut many) = (Vec::new(), Vec::new(), Vec::new());
    let mut end = Vec::new();
    for _ in 0..repeats {
        alone.push(percentile(&chain(chains)?, 50));
        let (mut crowds, mut samples) = (Vec::new(), Vec::new());
        for _ in 0..rounds / 10 {
            let mut crowd = Crowd::gather(FEW, 0)?;
            samples.extend(crowd.rounds(10)?);
            crowds.push(crowd);
        }
        few.push(percentile(&samples, 50));
        let mut crowd = Crowd::gather(MANY, ENDED)?;
        many.push(percentile(&crowd.rounds(rounds)?, 50));
        end.push(percentile(&crowd.ends(rounds.min(20)), 50) / 1000.0);
    }
    figures.hold_most("P7 core, the chain, p50 per event", &alone, "ns", 500.0);
    figures.hold_most(format!("P7 core, the crowd, {FEW} live, p50 per event"), &few, "ns", 500.0);
    let name = format!("P7 core, the crowd, {MANY} live and {ENDED} ended / {FEW} live");
    figures.hold_most(name, &ratios(&many, &few), "x", 1.5);
    let name = format!("P7 core, the crowd, {MANY} live, p50 per event");
    figures.report(name, median(&many), "ns");
    figures.report(format!("P7 core, an end while {MANY} calls ring, p50"), median(&end), "us");
    Ok(())
}

/// The arbiter with one app, and its clock.
struct World {
    core: Arbiter,
    at: u64,
}

impl World {
    fn new(policy: Policy) -> Self {
        let mut world = Self { core: Arbiter::new(policy), at: 0 };
        world.handle([Input::Register {
            provider: PROVIDER,
            request: REQUEST,
            app: "org.example.Chat".into(),
            configuration: Configuration::default(),
        }]);
        world
    }

    /// Let these happen one after the other: what came of each, and nanoseconds for all.
    fn handle<const N: usize>(&mut self, inputs: [Input; N]) -> ([Vec<Effect>; N], u64) {
        let (core, at) = (&mut self.core, &mut self.at);
        let begin = Instant::now();
        let effects = inputs.map(|input| {
            *at += 1;
            core.handle(Now { at: Timestamp(*at), date: Date(1_700_000_000_000) }, input)
        });
        let took = begin.elapsed().as_nanos();
        (effects, u64::try_from(took).unwrap_or(u64::MAX))
    }
}

/// How many performs came, if the last one has the number that was foreseen.
fn performs(effects: &[Vec<Effect>], last: u64) -> Option<usize> {
    let action = |effect: &Effect| match effect {
        Effect::Provider(_, ProviderNews::Perform(perform)) => Some(perform.action),
        _ => None,
    };
    let actions: Vec<ActionId> = effects.iter().flatten().filter_map(action).collect();
    (actions.last() == Some(&ActionId(last))).then_some(actions.len())
}

fn report(call: u64, report: Report) -> Input {
    let call = CallUuid(u128::from(call));
    Input::Report { provider: PROVIDER, request: REQUEST, call, report }
}

fn incoming(call: u64) -> Input {
    let handle = Handle::new(HandleKind::PhoneNumber, format!("+49301234{call:06}"));
    let update = CallUpdate {
        remote_handle: Some(handle),
        localized_caller_name: Some("Anna".to_owned()),
        ..CallUpdate::default()
    };
    report(call, Report::Incoming { account: None, update, verdict: Verdict::Allow })
}

fn updated(call: u64) -> Input {
    let name = Some("Anna Blume".to_owned());
    report(
        call,
        Report::Updated(CallUpdate { localized_caller_name: name, ..CallUpdate::default() }),
    )
}

fn ended(call: u64) -> Input {
    report(call, Report::Ended(None, EndedReason::RemoteEnded))
}

fn ask(requested: Requested) -> Input {
    let requester = Requester::Surface(SurfaceId(1));
    Input::Request { requester, request: REQUEST, actions: vec![requested], revision: None }
}

fn fulfill(action: u64) -> Input {
    let completion = Completion::Fulfill(None);
    Input::Complete { provider: PROVIDER, action: ActionId(action), completion, request: None }
}

/// Nanoseconds per event, of each of so many chains.
fn chain(chains: u64) -> Outcome<Vec<u64>> {
    let mut world = World::new(Policy::default());
    let warm = chains / 10;
    let mut samples = Vec::new();
    for call in 1..=warm + chains {
        // Calls and actions are numbered one after the other.
        let number = CallNumber(call);
        let (answer, end) = (call * 2 - 1, call * 2);
        let (effects, took) = world.handle([
            incoming(call),
            updated(call),
            ask(Requested::Answer(CallRef::Number(number))),
            fulfill(answer),
            Input::AudioActivated { call: number },
            ask(Requested::End(CallRef::Number(number))),
            fulfill(end),
        ]);
        if performs(&effects, end) != Some(2) {
            return Err("the chain did not go as foreseen".into());
        }
        if call > warm {
            samples.push(took / 7);
        }
    }
    Ok(samples)
}

/// One call that is active, and many that ring.
struct Crowd {
    world: World,
    active: CallNumber,
    /// Calls and actions so far.
    calls: u64,
    actions: u64,
}

impl Crowd {
    /// So many live calls, after so many that ended.
    fn gather(live: u64, ended_before: u64) -> Outcome<Self> {
        const MORE: usize = 1_000_000;
        let limits = Policy {
            ringing: MORE,
            ringing_per_account: MORE,
            calls_per_account: MORE,
            ..Policy::default()
        };
        let mut world = World::new(limits);
        for call in 1..=ended_before {
            world.handle([incoming(call), ended(call)]);
        }
        let first = ended_before + 1;
        let active = CallNumber(first);
        world.handle([
            incoming(first),
            ask(Requested::Answer(CallRef::Number(active))),
            fulfill(1),
            Input::AudioActivated { call: active },
        ]);
        let calls = ended_before + live;
        for call in first + 1..=calls {
            world.handle([incoming(call)]);
        }
        if world.core.calls().len() as u64 != live || world.core.audio_owner() != Some(active) {
            return Err("the crowd is not as foreseen".into());
        }
        Ok(Self { world, active, calls, actions: 1 })
    }

    /// Nanoseconds per event, of each of so many rounds.
    fn rounds(&mut self, rounds: u64) -> Outcome<Vec<u64>> {
        let active = CallRef::Number(self.active);
        let mut samples = Vec::new();
        for _ in 0..rounds {
            self.calls += 1;
            self.actions += 3;
            let (call, action) = (self.calls, self.actions);
            let tones = DtmfDigits::new("1".to_owned()).ok_or("no digits")?;
            let (effects, took) = self.world.handle([
                incoming(call),
                updated(call),
                Input::Presented { surface: SurfaceId(1), call: CallNumber(call) },
                ask(Requested::SetMuted(active, true)),
                fulfill(action - 2),
                ask(Requested::SetMuted(active, false)),
                fulfill(action - 1),
                ask(Requested::PlayDtmf(active, tones, DtmfType::SingleTone)),
                fulfill(action),
                incoming(call),
            ]);
            if performs(&effects, action) != Some(3) {
                return Err("the round did not go as foreseen".into());
            }
            samples.push(took / 10);
        }
        Ok(samples)
    }

    /// Nanoseconds of the end of each of the newest calls.
    fn ends(&mut self, count: u64) -> Vec<u64> {
        (0..count).map(|at| self.world.handle([ended(self.calls - at)]).1).collect()
    }
}
