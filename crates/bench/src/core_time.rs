//! What a decision takes, without a bus: P7.
//!
//! Two mixes, both through [`Arbiter::handle`] alone; making the inputs and dropping the effects is not timed.
//!
//! - *The chain*, one call at a time: report, update, answer, fulfill, audio up, end, fulfill. Every rule about who is
//!   active is in it.
//! - *The crowd*: one call is active, all others ring. A new call is reported, updated and presented; the active one is
//!   muted, unmuted and sends tones, each asked for by a surface and fulfilled; the new call is reported again and refused.
//!   None of it changes who is active. What does (answer, end, hold) looks at every call that rings or is held, since what
//!   the user can do with each of those depends on it: its cost is proportional to their number by design, which policy
//!   keeps at a handful. It is reported for the crowd, too, and held to no bar.

use crate::Outcome;
use crate::figures::{Figures, median, percentile};
use crate::tied::OneCore;
use hookswitch_core::words::{
    ActionId, CallNumber, CallUpdate, CallUuid, Date, DtmfDigits, DtmfType, EndedReason, Handle,
    HandleKind, ProviderId, RequestId, SurfaceId, Timestamp,
};
use hookswitch_core::{
    Arbiter, AudioEffect, CallRef, Completion, Configuration, Effect, Input, Now, Policy,
    ProviderNews, Reply, Report, Requested, Requester, Verdict,
};
use std::time::Instant;

const PROVIDER: ProviderId = ProviderId(1);
const FEW: u64 = 10;
const MANY: u64 = 10_000;
const ENDED: u64 = 100_000;

/// Measure both mixes.
pub fn measure(figures: &mut Figures, repeats: usize, quick: bool) -> Outcome {
    let _one_core = OneCore::pin()?;
    let (chains, rounds) = if quick { (2_000, 100) } else { (20_000, 1_000) };

    let p50: Vec<f64> = (0..repeats).map(|_| percentile(&chain(chains), 50)).collect();
    figures.hold_most("P7 core, the chain, p50 per event", &p50, "ns", 500.0);

    let (mut few, mut many, mut arranging) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..repeats {
        let (flat, _) = crowd(FEW, 0, rounds)?;
        few.push(percentile(&flat, 50));
        let (flat, end) = crowd(MANY, ENDED, rounds)?;
        many.push(percentile(&flat, 50));
        arranging.push(percentile(&end, 50) / 1000.0);
    }
    let name = format!("P7 core, the crowd, {MANY} live and {ENDED} ended / {FEW} live");
    let ratios = crate::figures::ratios(&many, &few);
    figures.hold_most(name, &ratios, "x", 1.5);
    figures.hold_most(format!("P7 core, the crowd, {FEW} live, p50 per event"), &few, "ns", 500.0);
    let name = format!("P7 core, the crowd, {MANY} live, p50 per event");
    figures.report(name, median(&many), "ns");
    let name = format!("P7 core, an end while {MANY} calls ring, p50");
    figures.report(name, median(&arranging), "us");
    Ok(())
}

/// The arbiter, and what the world around it remembers.
struct World {
    core: Arbiter,
    at: u64,
    request: u64,
    call: Option<CallNumber>,
    action: Option<ActionId>,
    activate: Option<CallNumber>,
    /// Nanoseconds of the last input.
    took: u64,
}

impl World {
    fn new(policy: Policy) -> Self {
        let core = Arbiter::new(policy);
        let mut world =
            Self { core, at: 0, request: 0, call: None, action: None, activate: None, took: 0 };
        let request = world.request();
        world.input(Input::Register {
            provider: PROVIDER,
            request,
            app: "org.example.Chat".into(),
            configuration: Configuration::default(),
        });
        world
    }

    fn request(&mut self) -> RequestId {
        self.request += 1;
        RequestId(self.request)
    }

    fn input(&mut self, input: Input) {
        self.at += 1;
        let now = Now { at: Timestamp(self.at), date: Date(1_700_000_000_000) };
        let begin = Instant::now();
        let effects = self.core.handle(now, input);
        self.took = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
        for effect in effects {
            match effect {
                Effect::Reply(_, Reply::Admitted(number)) => self.call = Some(number),
                Effect::Provider(_, ProviderNews::Perform { action, .. }) => {
                    self.action = Some(action);
                }
                Effect::Audio(AudioEffect::Activate(call)) => self.activate = Some(call),
                _ => {}
            }
        }
    }

    fn report(&mut self, call: u64, report: Report) -> u64 {
        let (request, call) = (self.request(), CallUuid(u128::from(call)));
        self.input(Input::Report { provider: PROVIDER, request, call, report });
        self.took
    }

    fn incoming(&mut self, call: u64) -> u64 {
        let handle = Handle::new(HandleKind::PhoneNumber, format!("+49301234{call:06}"));
        let update = CallUpdate {
            remote_handle: Some(handle),
            localized_caller_name: Some("Anna".to_owned()),
            ..CallUpdate::default()
        };
        self.report(call, Report::Incoming { account: None, update, verdict: Verdict::Allow })
    }

    fn updated(&mut self, call: u64) -> u64 {
        let name = Some("Anna Blume".to_owned());
        let update = CallUpdate { localized_caller_name: name, ..CallUpdate::default() };
        self.report(call, Report::Updated(update))
    }

    fn ask(&mut self, requested: Requested) -> u64 {
        let request = self.request();
        let requester = Requester::Surface(SurfaceId(1));
        let actions = vec![requested];
        self.input(Input::Request { requester, request, actions, revision: None });
        self.took
    }

    fn fulfill(&mut self) -> u64 {
        let Some(action) = self.action.take() else { return 0 };
        let completion = Completion::Fulfill(None);
        self.input(Input::Complete { provider: PROVIDER, action, completion, request: None });
        self.took
    }

    fn audio_up(&mut self) -> u64 {
        let Some(call) = self.activate.take() else { return 0 };
        self.input(Input::AudioActivated { call });
        self.took
    }
}

/// Nanoseconds per event, of each of so many chains.
fn chain(chains: u64) -> Vec<u64> {
    let mut world = World::new(Policy::default());
    let mut samples = Vec::new();
    for call in 0..chains + chains / 10 {
        let mut took = world.incoming(call);
        let Some(number) = world.call else { continue };
        took += world.updated(call);
        took += world.ask(Requested::Answer(CallRef::Number(number)));
        took += world.fulfill();
        took += world.audio_up();
        took += world.ask(Requested::End(CallRef::Number(number)));
        took += world.fulfill();
        samples.push(took / 7);
    }
    samples.split_off(usize::try_from(chains / 10).unwrap_or(0))
}

/// With so many calls live and so many ended: nanoseconds per event that touches one call, and of each end.
fn crowd(live: u64, ended: u64, rounds: u64) -> Outcome<(Vec<u64>, Vec<u64>)> {
    const MORE: usize = 1_000_000;
    let limits = Policy {
        ringing: MORE,
        ringing_per_account: MORE,
        calls_per_account: MORE,
        ..Policy::default()
    };
    let mut world = World::new(limits);
    for call in 0..ended {
        world.incoming(call);
        world.report(call, Report::Ended(None, EndedReason::RemoteEnded));
    }
    world.incoming(ended);
    let active = world.call.ok_or("the first call was not admitted")?;
    world.ask(Requested::Answer(CallRef::Number(active)));
    world.fulfill();
    world.audio_up();
    for call in 1..live {
        world.incoming(ended + call);
    }
    if world.core.calls().len() as u64 != live || world.core.audio_owner() != Some(active) {
        return Err("the crowd is not as it should be".into());
    }
    let (mut flat, mut ends) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let call = ended + live + round;
        let tones = DtmfDigits::new("1".to_owned()).ok_or("no digits")?;
        let active = CallRef::Number(active);
        let mut took = world.incoming(call);
        took += world.updated(call);
        world.input(Input::Presented { call: world.call.ok_or("a call was not admitted")? });
        took += world.took;
        took += world.ask(Requested::SetMuted(active, true));
        took += world.fulfill();
        took += world.ask(Requested::SetMuted(active, false));
        took += world.fulfill();
        took += world.ask(Requested::PlayDtmf(active, tones, DtmfType::SingleTone));
        took += world.fulfill();
        took += world.incoming(call);
        flat.push(took / 10);
        ends.push(world.report(call, Report::Ended(None, EndedReason::RemoteEnded)));
    }
    Ok((flat, ends))
}
