use super::print::{ShownCalls, effect_lines};
use super::{Does, Flow, FlowError, Line, Names, Step};
use crate::arbiter::Arbiter;
use crate::effect::{AudioEffect, Effect, ProviderNews};
use crate::input::{Input, Now};
use crate::policy::Policy;
use crate::words::{
    ActionId, CallNumber, CallUuid, Date, ProviderId, RecentsEntry, RequestId, SurfaceId,
    Timestamp, Verb,
};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What a flow is played on.
pub(super) struct Stage {
    core: Arbiter,
    policy: Policy,
    pub names: Names,
    /// What providers were asked, in order.
    pub performed: Vec<(ActionId, (Verb, CallUuid))>,
    shown: ShownCalls,
    entries: BTreeMap<CallNumber, RecentsEntry>,
    providers: BTreeMap<String, ProviderId>,
    surfaces: BTreeMap<String, SurfaceId>,
    next: u64,
    at: u64,
    audio_by_hand: bool,
    begun: bool,
}

/// Parties whose lines count only in flows that name them.
const OPTIONAL: [&str; 4] = ["ring", "audio", "recents", "choices"];

impl Flow {
    /// Play it on a fresh arbiter and compare. The invariants are checked after each input.
    ///
    /// # Errors
    /// The first step that did not go as written, with what was said instead.
    pub fn run(&self) -> Result<(), FlowError> {
        self.play(|step, said| {
            let mut parties: BTreeSet<&str> = BTreeSet::new();
            parties.extend(step.expected.iter().chain(said).map(|line| line.party.as_str()));
            for party in parties {
                let of = |lines: &[Line]| -> Vec<String> {
                    let own = lines.iter().filter(|line| line.party == party);
                    own.map(|line| line.words.clone()).collect()
                };
                if of(&step.expected) != of(said) {
                    let said: Vec<String> = said.iter().map(|line| format!("    {line}")).collect();
                    return Err(format!(
                        "`{party}` is told otherwise. All that was said:\n{}",
                        said.join("\n")
                    ));
                }
            }
            Ok(())
        })
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
        self.play(|step, said| {
            for comment in &step.comments {
                text.push_str(&format!("    # {comment}\n"));
            }
            match &step.does {
                Does::Policy(knob, value) => text.push_str(&format!("    policy {knob}={value}\n")),
                Does::AudioByHand => text.push_str("    audio by hand\n"),
                Does::After(ms) if ms % 1000 == 0 => {
                    text.push_str(&format!("    after {}s\n", ms / 1000));
                }
                Does::After(ms) => text.push_str(&format!("    after {ms}ms\n")),
                Does::Restart => text.push_str("    core restarts\n"),
                Does::Input(party, words) => {
                    text.push_str(&format!("    {party:<4} -> core : {}\n", words.join(" ")));
                }
            }
            for line in said {
                text.push_str(&format!("    {line}\n"));
            }
            Ok(())
        })?;
        Ok(text)
    }

    fn play(
        &self,
        mut look: impl FnMut(&Step, &[Line]) -> Result<(), String>,
    ) -> Result<(), FlowError> {
        let lines = self.steps.iter().flat_map(|step| &step.expected);
        let named: BTreeSet<&str> = lines.map(|line| line.party.as_str()).collect();
        let mut stage = Stage::new();
        for step in &self.steps {
            let wrong = |what| FlowError { flow: Some(self.name.clone()), line: step.line, what };
            let mut said = stage.play(&step.does).map_err(wrong)?;
            said.retain(|line| {
                !OPTIONAL.contains(&line.party.as_str()) || named.contains(line.party.as_str())
            });
            look(step, &said).map_err(wrong)?;
        }
        Ok(())
    }
}

impl Stage {
    fn new() -> Self {
        Self {
            core: Arbiter::new(Policy::default()),
            policy: Policy::default(),
            names: Names::default(),
            performed: Vec::new(),
            shown: ShownCalls::default(),
            entries: BTreeMap::new(),
            providers: BTreeMap::new(),
            surfaces: BTreeMap::new(),
            next: 1,
            at: 1_000_000,
            audio_by_hand: false,
            begun: false,
        }
    }

    fn play(&mut self, does: &Does) -> Result<Vec<Line>, String> {
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
            Does::Restart => self.restart(),
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

    fn input(&mut self, party: &str, words: &[String]) -> Result<Vec<Line>, String> {
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
                _ => return Err("audio can be `activated` for a call".into()),
            },
            surface if surface.starts_with("ui") => {
                let id = SurfaceId(self.fresh());
                let id = *self.surfaces.entry(surface.into()).or_insert(id);
                self.names.name_surface(id, surface);
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
                let input = self.provider_says(id, provider, words, request)?;
                if matches!(input, Input::ProviderLost { .. }) {
                    self.providers.remove(provider);
                }
                said.extend(self.handle(input)?);
                return Ok(said);
            }
        };
        self.handle(input)
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

    fn handle(&mut self, input: Input) -> Result<Vec<Line>, String> {
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
                Effect::Provider(_, ProviderNews::Perform { action, call, verb, .. }) => {
                    self.performed.push((*action, (verb.clone(), *call)));
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
