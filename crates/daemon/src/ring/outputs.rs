//! The outputs that something is heard on, whichever sound server they are of.

use super::mixer::Mixer;
use super::news::{RingNews, Unavailable};
use super::score::{FADE, Part, Place, Wanted};
use super::sinks::{Sink, ringing};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::MutexGuard;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;

/// How long an output stays after its last sound: until that has faded, with what is under way.
const FADED: Duration = Duration::from_millis(150);

/// A stream to one output.
pub(super) trait Output {
    /// What is played on it.
    fn mixer(&self) -> MutexGuard<'_, Mixer<Part>>;
}

/// Streams, by the name of the output; none: whichever the server takes.
pub(super) struct Outputs<O> {
    open: BTreeMap<Option<String>, O>,
    /// Since when there is nothing to play on it.
    idle: BTreeMap<Option<String>, Instant>,
    sounding: Option<BTreeSet<Option<String>>>,
    /// What does not repeat and has begun: when it is through, it does not begin again while it is still wanted.
    begun: Vec<(Option<String>, Part)>,
}

/// The outputs that there are, and the default one.
#[derive(Default)]
pub(super) struct There {
    pub sinks: BTreeMap<u32, Sink>,
    pub default: Option<String>,
}

impl There {
    /// Which of them something is heard on.
    fn of(&self, place: &Place) -> Vec<Option<String>> {
        let there = |name: &String| self.sinks.values().any(|sink| sink.name == *name);
        let default = self.default.clone().filter(there);
        match place {
            Place::Ringing => {
                let names = ringing(&self.sinks, default.as_deref());
                match names.is_empty() {
                    true => vec![None],
                    false => names.into_iter().map(Some).collect(),
                }
            }
            // One that is gone is not waited for. The default one by its name: something may be heard there already.
            Place::Output(name) => vec![name.clone().filter(there).or(default)],
        }
    }
}

impl<O: Output> Outputs<O> {
    pub fn new() -> Self {
        Self { open: BTreeMap::new(), idle: BTreeMap::new(), sounding: None, begun: Vec::new() }
    }

    /// Have exactly this heard from now on. What is over is closed by dropping it.
    pub fn sound(
        &mut self,
        wanted: &[Wanted],
        there: &There,
        mut open: impl FnMut(Option<&str>) -> Option<O>,
        events: &UnboundedSender<RingNews>,
    ) {
        let mut plan: BTreeMap<Option<String>, Vec<&Wanted>> = BTreeMap::new();
        for one in wanted {
            for output in there.of(&one.place) {
                plan.entry(output).or_default().push(one);
            }
        }
        let now = Instant::now();
        for (name, parts) in &plan {
            if !self.open.contains_key(name) {
                let Some(output) = open(name.as_deref()) else { continue };
                self.open.insert(name.clone(), output);
            }
            let begun = |part| self.begun.iter().any(|(of, other)| of == name && *other == part);
            let new = parts.iter().filter(|one| !self.plays(name, one.part) && !begun(one.part));
            for one in new.collect::<Vec<_>>() {
                self.begin(name, one);
                if !one.repeats {
                    self.begun.push((name.clone(), one.part));
                }
            }
        }
        for (name, output) in &self.open {
            let parts = plan.get(name).map_or(&[][..], Vec::as_slice);
            output.mixer().keep(|part| parts.iter().any(|one| one.part == *part), FADE);
            match parts.is_empty() {
                true => drop(self.idle.entry(name.clone()).or_insert(now)),
                false => drop(self.idle.remove(name)),
            }
        }
        let faded = |since: &Instant| *since + FADED <= now;
        let idle = &self.idle;
        self.open.retain(|name, _| !idle.get(name).is_some_and(faded));
        self.idle.retain(|_, since| !faded(since));
        let wants = |name: &Option<String>, part: Part| {
            plan.get(name).is_some_and(|parts| parts.iter().any(|one| one.part == part))
        };
        self.begun.retain(|(name, part)| wants(name, *part));
        let sounding: BTreeSet<_> = plan.into_keys().collect();
        if self.sounding.as_ref().is_none_or(|before| *before != sounding) {
            let names: Vec<String> = sounding.iter().flatten().cloned().collect();
            let event = match sounding.is_empty() {
                true => RingNews::Quiet,
                false if there.sinks.is_empty() => RingNews::Unavailable(Unavailable::NoOutput),
                false => RingNews::Sounding(names),
            };
            // Before the first sound there is nothing to say of silence.
            if self.sounding.is_some() || !sounding.is_empty() {
                let _ = events.send(event);
                self.sounding = Some(sounding);
            }
        }
    }

    fn plays(&self, name: &Option<String>, part: Part) -> bool {
        self.open.get(name).is_some_and(|output| output.mixer().plays(&part))
    }

    /// A sound that is heard elsewhere already does not begin again: this output joins in.
    fn begin(&self, name: &Option<String>, one: &Wanted) {
        let Some(output) = self.open.get(name) else { return };
        for (other, playing) in &self.open {
            if other != name {
                // Never two at a time are held in the other order: this thread alone takes two.
                let playing = playing.mixer();
                if output.mixer().join(&playing, &one.part) {
                    return;
                }
            }
        }
        output.mixer().play(one.part, one.sound.clone(), one.repeats, one.rise);
    }

    /// Only these stay.
    pub fn retain(&mut self, stays: impl Fn(&Option<String>, &O) -> bool) {
        self.open.retain(|name, output| stays(name, output));
        let open = &self.open;
        self.idle.retain(|name, _| open.contains_key(name));
    }

    /// Whether there is no stream any more.
    pub fn is_quiet(&self) -> bool {
        self.open.is_empty()
    }

    /// When an output can go.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.idle.values().map(|since| *since + FADED).min()
    }
}
