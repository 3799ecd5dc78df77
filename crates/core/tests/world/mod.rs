//! What properties and fuzzing share: apps, surfaces and a user around an arbiter, steered by bytes, with what must be
//! true of every turn (`crate::turn`), of all turns together (`ledger.rs`), and the flow of what happened.

mod act;
mod least;
mod ledger;

use crate::turn::{Seen, Turn, check_offers};
use hookswitch_core::flow::Recorder;
use hookswitch_core::words::{
    ActionId, CallNumber, CallState, Date, ProviderId, RecentsEntry, RequestId, Timestamp,
    TransactionId,
};
use hookswitch_core::{Arbiter, AudioEffect, Effect, Input, Now, Policy, ProviderNews, Reply};
pub use least::least;
use ledger::Ledger;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::discriminant;

/// One thing that happens, in small numbers that the world turns into what there is.
pub type Step = [u8; 6];

/// What chooses the rules of a world.
pub type Rules = [u8; 4];

/// An input, when it came, what was due next before it, and what followed.
struct Happened {
    at: u64,
    due: Option<Timestamp>,
    input: Input,
    effects: Vec<Effect>,
}

/// Two apps, two surfaces, a headset and a push service around an arbiter.
pub struct World {
    seen: Seen,
    policy: Policy,
    at: u64,
    next: u64,
    /// The apps that run.
    apps: [Option<ProviderId>; 2],
    /// What each was offered as a whole last.
    offered: BTreeMap<ProviderId, TransactionId>,
    /// What apps were asked, oldest first, also what is over.
    asked: Vec<(ActionId, ProviderId)>,
    ledger: Ledger,
    history: Vec<Happened>,
    /// Inputs so far.
    pub steps: usize,
}

/// The rules of a world: each choice with a chance to matter.
pub fn policy(rules: Rules) -> Policy {
    let mut policy = Policy::default();
    let [limits, times, memory, others] = rules;
    let mut set = |bit: bool, knob: &str, value: &str| {
        if bit {
            policy.set(knob, value).expect("a knob of that name");
        }
    };
    set(limits & 1 != 0, "ringing_per_account", "3");
    set(limits & 2 != 0, "ringing", "2");
    set(limits & 4 != 0, "calls_per_account", "2");
    set(limits & 8 != 0, "held", "2");
    set(limits & 16 != 0, "pending_requests", "2");
    set(times & 1 != 0, "ring", "4000");
    set(times & 2 != 0, "answer", "70000");
    set(times & 4 != 0, "stuck", "3000");
    set(times & 8 != 0, "attach", "2000");
    set(memory & 1 != 0, "tombstone", "1");
    set(memory & 2 != 0, "ended_remembered", "1");
    set(memory & 12 == 4, "ended_remembered", "0");
    set(memory & 16 != 0, "emergency_callback", "5000");
    set(others & 3 == 1, "auto_resume", "never");
    set(others & 3 == 2, "auto_resume", "same_provider");
    policy
}

/// Play it to its end. What is wrong, and the world in which it was.
pub fn play(rules: Rules, steps: &[Step]) -> (World, Result<(), String>) {
    let mut world = World::new(rules);
    let played = steps.iter().try_for_each(|step| world.step(*step));
    let played = played.and_then(|()| world.run_out()).and_then(|()| world.check_repeats());
    (world, played)
}

impl World {
    pub fn new(rules: Rules) -> Self {
        let policy = policy(rules);
        Self {
            seen: Seen::of(Arbiter::new(policy.clone())),
            policy,
            at: 1_000_000,
            next: 0,
            apps: [None; 2],
            offered: BTreeMap::new(),
            asked: Vec::new(),
            ledger: Ledger::default(),
            history: Vec::new(),
            steps: 0,
        }
    }

    /// Let it happen, and check everything.
    ///
    /// # Errors
    /// What is not as it must be, in words.
    pub fn step(&mut self, step: Step) -> Result<(), String> {
        match self.input(step) {
            act::Does::Input(input) => self.handle(input),
            act::Does::Wait(ms) => self.wait(ms),
            act::Does::Sleep(ms) => {
                self.at += ms;
                self.handle(Input::Tick)
            }
            act::Does::Restart => self.restart(),
            act::Does::Nothing => Ok(()),
        }
    }

    /// Let all time pass, and take the apps away: then everything is over.
    ///
    /// # Errors
    /// What is not over, in words.
    pub fn run_out(&mut self) -> Result<(), String> {
        self.wait(1_000_000)?;
        for provider in self.apps.into_iter().flatten() {
            self.handle(Input::ProviderLost { provider })?;
        }
        let core = &self.seen.core;
        if !core.calls().is_empty() || core.next_deadline().is_some() {
            return Err("something goes on for ever".into());
        }
        if core.pending_transactions() != 0 {
            return Err("a transaction never ends".into());
        }
        self.ledger.check_over()
    }

    /// The same again, from the beginning: same inputs, same effects.
    ///
    /// # Errors
    /// Where it goes another way.
    pub fn check_repeats(&self) -> Result<(), String> {
        let mut core = Arbiter::new(self.policy.clone());
        for (at, happened) in self.history.iter().enumerate() {
            if matches!(happened.input, Input::Restore { .. }) {
                core = Arbiter::new(self.policy.clone());
            }
            if core.handle(now(happened.at), happened.input.clone()) != happened.effects {
                return Err(format!("input {at} had other effects the second time"));
            }
        }
        match core == self.seen.core {
            true => Ok(()),
            false => Err("the second time it ended in another state".into()),
        }
    }

    /// What happened, as a flow that does the same when it is played.
    pub fn flow(&self, name: &str) -> String {
        let mut recorder = Recorder::new(&self.policy);
        let mut text = format!("{name}:\n");
        for knob in changed_knobs(&self.policy) {
            text.push_str(&format!("    policy {knob}\n"));
        }
        text.push_str("    audio by hand\n");
        for Happened { at, due, input, effects } in &self.history {
            let mut say = |line: &str| text.push_str(&format!("    {line}\n"));
            recorder.note(Timestamp(*at), *due, input, effects, &mut say);
        }
        text
    }

    /// For fuzzing: what kinds of things happened, as numbers: an input and its reply among calls of these states.
    pub fn behaviours(&self) -> Vec<u64> {
        let mut states: BTreeMap<CallNumber, CallState> = BTreeMap::new();
        let mut shows = Vec::new();
        for Happened { input, effects, .. } in &self.history {
            let mut hash = DefaultHasher::new();
            discriminant(input).hash(&mut hash);
            match input {
                Input::Report { report, .. } => discriminant(report).hash(&mut hash),
                Input::Request { actions, .. } => {
                    actions.first().map(discriminant).hash(&mut hash);
                }
                Input::Complete { completion, .. } => discriminant(completion).hash(&mut hash),
                _ => {}
            }
            let mut among: Vec<CallState> = states.values().copied().collect();
            among.sort_unstable();
            among.hash(&mut hash);
            for effect in effects {
                match effect {
                    // Which refusal, but not which number.
                    Effect::Reply(_, Reply::Admitted(_) | Reply::Accepted(_)) => {}
                    Effect::Reply(_, reply) => reply.hash(&mut hash),
                    Effect::Change(change) => {
                        for view in &change.calls {
                            match view.state {
                                CallState::Ended => states.remove(&view.number),
                                state => states.insert(view.number, state),
                            };
                        }
                    }
                    _ => {}
                }
            }
            shows.push(hash.finish());
        }
        shows
    }

    fn wait(&mut self, ms: u64) -> Result<(), String> {
        let end = self.at + ms;
        while let Some(Timestamp(due)) = self.seen.core.next_deadline().filter(|at| at.0 <= end) {
            self.at = due;
            self.handle(Input::Tick)?;
        }
        self.at = end;
        // A flow passes time only where something follows from it, which this does not.
        self.handle(Input::Tick)
    }

    /// The service dies with everything it has not written down. Its apps find it again.
    fn restart(&mut self) -> Result<(), String> {
        let live: Vec<RecentsEntry> = self.ledger.live_entries().cloned().collect();
        let next_number = CallNumber(self.ledger.highest() + 1);
        self.apps = [None; 2];
        self.offered.clear();
        self.asked.clear();
        self.ledger.restart();
        self.seen = Seen::of(Arbiter::new(self.policy.clone()));
        self.handle(Input::Restore { orphans: live, next_number })
    }

    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn request(&mut self) -> RequestId {
        RequestId(self.fresh())
    }

    fn handle(&mut self, input: Input) -> Result<(), String> {
        let now = now(self.at);
        let due = self.seen.core.next_deadline();
        let mut core = self.seen.core.clone();
        let effects = core.handle(now, input.clone());
        self.steps += 1;
        let after = Seen::of(core);
        let happened = Happened { at: self.at, due, input, effects };
        let Happened { input, effects, .. } = &happened;
        let turn = Turn { before: &self.seen, now, input, effects, after: &after };
        let right = turn.check().and_then(|()| check_offers(&after));
        let right = right.and_then(|()| self.ledger.note(&turn));
        self.follow(input, effects);
        let up = effects.iter().filter_map(|effect| match effect {
            Effect::Audio(AudioEffect::Activate(call)) => Some(*call),
            _ => None,
        });
        let up: Vec<CallNumber> = up.collect();
        self.seen = after;
        self.history.push(happened);
        right?;
        up.into_iter().try_for_each(|call| self.handle(Input::AudioActivated { call }))
    }

    /// What the apps know now.
    fn follow(&mut self, input: &Input, effects: &[Effect]) {
        let reply = effects.iter().find_map(|effect| match effect {
            Effect::Reply(_, reply) => Some(*reply),
            _ => None,
        });
        match (input, reply) {
            (Input::Register { provider, app, .. }, Some(Reply::Registered { .. })) => {
                let at = act::APPS.iter().position(|name| *name == app.as_str());
                self.apps[at.expect("one of the apps")] = Some(*provider);
            }
            (Input::Invalidate { provider, .. } | Input::ProviderLost { provider }, _) => {
                let gone = self.apps.iter_mut().filter(|app| **app == Some(*provider));
                gone.for_each(|app| *app = None);
            }
            _ => {}
        }
        for effect in effects {
            match effect {
                Effect::Provider(provider, ProviderNews::Perform(perform)) => {
                    self.asked.push((perform.action, *provider));
                }
                Effect::Provider(provider, ProviderNews::Execute { transaction, performs }) => {
                    self.offered.insert(*provider, *transaction);
                    self.asked.extend(performs.iter().map(|perform| (perform.action, *provider)));
                }
                _ => {}
            }
        }
    }
}

fn now(at: u64) -> Now {
    Now { at: Timestamp(at), date: Date(at.cast_signed()) }
}

fn changed_knobs(policy: &Policy) -> Vec<String> {
    policy.changed_knobs().into_iter().map(|(knob, value)| format!("{knob}={value}")).collect()
}
