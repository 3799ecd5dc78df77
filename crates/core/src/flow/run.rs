use super::print::{ShownCalls, effect_lines};
use super::{Does, Flow, FlowError, Line, Names, Played};
use crate::arbiter::Arbiter;
use crate::effect::{AudioEffect, Consequences, Effect, ProviderNews};
use crate::input::{Input, Now, Requester};
use crate::policy::Policy;
use crate::words::{
    ActionId, CallNumber, CallUuid, Date, ProviderId, RecentsEntry, RequestId, SurfaceId,
    Timestamp, TransactionId, Verb,
};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The time at which every flow begins.
pub(super) const BEGIN: u64 = 1_000_000;

/// What a flow is played on.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub core: Arbiter,
    policy: Policy,
    pub names: Names,
    /// What providers were asked, in order.
    pub performed: Vec<(ActionId, (Verb, CallUuid))>,
    /// What each provider was offered as a whole last.
    pub offered: BTreeMap<ProviderId, TransactionId>,
    shown: ShownCalls,
    pub entries: BTreeMap<CallNumber, RecentsEntry>,
    providers: BTreeMap<String, ProviderId>,
    surfaces: BTreeMap<String, SurfaceId>,
    next: u64,
    pub at: u64,
    audio_by_hand: bool,
    begun: bool,
}

impl Flow {
    /// Play it on a fresh arbiter and compare. The invariants are checked after each input.
    ///
    /// # Errors
    /// The first step that did not go as written, with what was said instead.
    pub fn run(&self) -> Result<(), FlowError> {
        self.play(|played| played.otherwise.map_or(Ok(()), Err))
    }

    /// The flow with what is really said, for writing flows: read it before you keep it.
    ///
    /// # Errors
    /// A step that cannot be played at all, or an invariant that does not hold.
    pub fn record(&self) -> Result<String, FlowError> {
        let mut text = String::new();
        for comment in &self.comments {
            text.push_str(&format!("# {comment}\n"));
        }
        text.push_str(&format!("{}:\n", self.name));
        self.play(|Played { step, said, .. }| {
            for comment in &step.comments {
                text.push_str(&format!("    # {comment}\n"));
            }
            text.push_str(&format!("    {}\n", step.does));
            for line in said {
                text.push_str(&format!("    {line}\n"));
            }
            Ok(())
        })?;
        Ok(text)
    }

    fn play(
        &self,
        mut look: impl FnMut(Played<'_>) -> Result<(), String>,
    ) -> Result<(), FlowError> {
        for played in self.player() {
            let played = played?;
            let line = played.step.line;
            look(played).map_err(|what| FlowError { flow: Some(self.name.clone()), line, what })?;
        }
        Ok(())
    }
}

impl Stage {
    pub fn new() -> Self {
        Self {
            core: Arbiter::new(Policy::default()),
            policy: Policy::default(),
            names: Names::default(),
            performed: Vec::new(),
            offered: BTreeMap::new(),
            shown: ShownCalls::default(),
            entries: BTreeMap::new(),
            providers: BTreeMap::new(),
            surfaces: BTreeMap::new(),
            next: 1,
            at: BEGIN,
            audio_by_hand: false,
            begun: false,
        }
    }

    pub fn play(&mut self, does: &Does) -> Result<Vec<Line>, String> {
        match does {
            Does::Policy(knob, value) => {
                if self.begun {
                    return Err("policy is set before anything happens".into());
                }
                self.policy
                    .set(knob, value)
                    .ok_or_else(|| format!("no knob takes {knob}={value}"))?;
                self.core = Arbiter::new(self.policy.clone());
                Ok(Vec::new())
            }
            Does::AudioByHand => {
                self.audio_by_hand = true;
                Ok(Vec::new())
            }
            Does::After(ms) => self.wait(*ms),
            Does::Asleep(ms) => {
                self.at = self.at.saturating_add(*ms);
                self.handle(Input::Tick)
            }
            Does::Restart(None) => self.restart(),
            Does::Restart(Some(orphans)) => {
                self.remember(orphans)?;
                self.restart()
            }
            Does::Given(party, words) => {
                self.begun = true;
                self.given(party, words)
            }
            Does::Input(party, words) => {
                self.begun = true;
                self.input(party, words)
            }
        }
    }

    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn input(&mut self, party: &str, words: &[String]) -> Result<Vec<Line>, String> {
        let request = RequestId(self.fresh());
        self.names.name_request(request, party);
        let input = match party {
            "headset" => match words {
                [press, how] if press == "press" && (how == "long" || how == "short") => {
                    Input::Press { long: how == "long" }
                }
                _ => return Err("a headset can `press short` or `press long`".into()),
            },
            "audio" => match words {
                [activated, call] if activated == "activated" => {
                    Input::AudioActivated { call: self.number(call) }
                }
                [end, tone] if end == "end" && tone == "tone" => {
                    let goes_on = self.core.has_room_for_end();
                    let words = if goes_on { "end tone goes on" } else { "end tone is cut" };
                    return Ok(Vec::from([Line { party: "audio".into(), words: words.into() }]));
                }
                _ => {
                    return Err(
                        "audio can be `activated` for a call, or ask for its `end tone`".into()
                    );
                }
            },
            "device" => match words {
                [needs] if needs == "needs" => return Ok(self.needs()),
                _ => return Err("a device can ask what the calls want of it: `needs`".into()),
            },
            "push" => {
                let id = ProviderId(self.fresh());
                self.push_says(id, words, request)?
            }
            surface if surface.starts_with("ui") => {
                let id = SurfaceId(self.fresh());
                let id = *self.surfaces.entry(surface.into()).or_insert(id);
                self.names.name_surface(id, surface);
                if words.first().is_some_and(|word| word == "would") {
                    return self.would(surface, Requester::Surface(id), &words[1..]);
                }
                self.surface_says(id, words, request)?
            }
            provider => {
                let mut said = Vec::new();
                let registers = words.first().is_some_and(|word| word == "register");
                let known = self.providers.get(provider).copied();
                let id = match known {
                    Some(id) if !registers => id,
                    _ => {
                        let id = ProviderId(self.fresh());
                        self.names.name_provider(id, provider);
                        if !registers {
                            let registration = [String::from("register")];
                            let other = RequestId(self.fresh());
                            self.names.name_request(other, provider);
                            let input = self.provider_says(id, provider, &registration, other)?;
                            said = self.handle(input)?;
                        }
                        if known.is_none() {
                            self.providers.insert(provider.into(), id);
                        }
                        id
                    }
                };
                if words.first().is_some_and(|word| word == "would") {
                    said.extend(self.would(provider, Requester::Provider(id), &words[1..])?);
                    return Ok(said);
                }
                let input = self.provider_says(id, provider, words, request)?;
                if matches!(input, Input::ProviderLost { .. }) {
                    self.providers.remove(provider);
                }
                let more = self.handle(input)?;
                if registers && !more.iter().any(|line| line.words.starts_with("refused")) {
                    self.providers.insert(provider.into(), id);
                }
                said.extend(more);
                return Ok(said);
            }
        };
        self.handle(input)
    }

    /// What a request would do, in words.
    fn would(
        &mut self,
        party: &str,
        requester: Requester,
        words: &[String],
    ) -> Result<Vec<Line>, String> {
        let request = RequestId(self.fresh());
        let Input::Request { actions, .. } = self.requests(requester, words, request)? else {
            return Ok(Vec::new());
        };
        let names = |calls: &[CallNumber]| -> Vec<String> {
            calls.iter().map(|call| self.names.number(*call).to_string()).collect()
        };
        let answer = match self.core.preflight(requester, &actions) {
            Err(error) => format!("would be refused {}", error.name()),
            Ok(would) if would == Consequences::default() => "would touch nobody else".into(),
            Ok(would) => {
                let mut words = String::from("would");
                for (what, calls) in [("hold", names(&would.holds)), ("end", names(&would.ends))] {
                    if !calls.is_empty() {
                        words.push_str(&format!(" {what} {}", calls.join(" ")));
                    }
                }
                words
            }
        };
        Ok(Vec::from([Line { party: party.into(), words: answer }]))
    }

    /// What the calls need of the device, in words.
    fn needs(&self) -> Vec<Line> {
        let needs = self.core.needs();
        let mut words = Vec::new();
        words.extend(needs.awake.then(|| "awake".to_string()));
        words.extend(needs.lit.then(|| "lit".to_string()));
        words.extend(needs.wake.map(|call| format!("wake {}", self.names.number(call))));
        if !needs.alive.is_empty() {
            let alive = needs.alive.iter().map(|provider| self.names.provider(*provider));
            words.push(format!("alive {}", alive.collect::<Vec<_>>().join(" ")));
        }
        if words.is_empty() {
            words.push("nothing".into());
        }
        Vec::from([Line { party: "device".into(), words: words.join(" ") }])
    }

    fn wait(&mut self, ms: u64) -> Result<Vec<Line>, String> {
        let end = self.at.saturating_add(ms);
        let mut said = Vec::new();
        while let Some(Timestamp(due)) = self.core.next_deadline().filter(|at| at.0 <= end) {
            if due < self.at {
                return Err("a deadline that is due does not go away".into());
            }
            self.at = due;
            said.extend(self.handle(Input::Tick)?);
        }
        self.at = end;
        Ok(said)
    }

    /// The service dies with everything it has not written down.
    fn restart(&mut self) -> Result<Vec<Line>, String> {
        self.core = Arbiter::new(self.policy.clone());
        self.providers.clear();
        self.shown = ShownCalls::default();
        let live = self.entries.values().filter(|entry| entry.ended.is_none());
        let orphans = live.cloned().collect();
        let last = self.entries.keys().next_back().map_or(0, |number| number.0);
        self.handle(Input::Restore { orphans, next_number: CallNumber(last + 1) })
    }

    pub(super) fn handle(&mut self, input: Input) -> Result<Vec<Line>, String> {
        let now = Now { at: Timestamp(self.at), date: Date(self.at.cast_signed()) };
        let effects = self.core.handle(now, input);
        self.core.check()?;
        let mut said = Vec::new();
        let mut activated = Vec::new();
        for effect in &effects {
            match effect {
                Effect::Record(entry) => {
                    self.entries.insert(entry.number, entry.clone());
                }
                Effect::Audio(AudioEffect::Activate(call)) if !self.audio_by_hand => {
                    activated.push(*call);
                }
                Effect::Provider(_, ProviderNews::Perform(perform)) => {
                    self.performed.push((perform.action, (perform.verb.clone(), perform.call)));
                }
                Effect::Provider(provider, ProviderNews::Execute { transaction, performs }) => {
                    self.offered.insert(*provider, *transaction);
                    let verbs = performs.iter();
                    self.performed.extend(verbs.map(|p| (p.action, (p.verb.clone(), p.call))));
                }
                _ => {}
            }
            said.extend(effect_lines(effect, &mut self.names, &mut self.shown));
        }
        for call in activated {
            said.extend(self.handle(Input::AudioActivated { call })?);
        }
        Ok(said)
    }
}
