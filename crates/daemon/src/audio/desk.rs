//! The mixing desk: what has to be turned for the calls to be as they are, and back again.
//!
//! It holds no connection and knows no clock. Whoever has these feeds it what the server says and what the calls are,
//! saves the ledger, and carries out its steps, in this order.

use super::endpoint::{Always, Endpoint, EndpointKind, Taste, choose, endpoints, find, kinds};
use super::graph::{Class, Graph, Node, Server, Target};
use super::kept::{self, Kept};
use super::ledger::{Entries, Moved, Volume, same};
use super::levels::Levels;
use super::owner::{Processes, owner};
use super::situation::{Situation, Standing};
use super::wish::{Part, Wish, part};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

mod routes;
mod targets;
#[cfg(test)]
mod tests;

/// How long the server has to do as it was told, before it is told again.
const CONFIRM: u64 = 300;
/// How often another program's value is written over before it stays.
const REPEATS: u32 = 3;
/// How long a stream that must be silent may be heard before it is cut again, once that was not enough.
const PERSIST: u64 = 200;

/// Calls that are over whose streams are known by their token.
const REMEMBERED: usize = 64;

/// One thing to do at the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Turn the volume of a node.
    SetVolume(u32, f32),
    /// Tell a node where to go; `None`: nowhere in particular.
    SetTarget(u32, Option<Target>),
    /// Open a route of a part of a device: its number there, and its name.
    OpenRoute {
        /// The device.
        device: u32,
        /// The part of it.
        part: i32,
        /// The route's number.
        route: i32,
        /// The route's name.
        name: String,
    },
    /// Have the session manager keep this volume for new streams of this key.
    Keep(String, f32),
}

/// See the head of this file.
pub struct Desk {
    /// What the server has.
    pub graph: Graph,
    /// Whether all of it has been said: what is not there now is gone.
    pub settled: bool,
    /// What is changed.
    pub entries: Entries,
    situation: Situation,
    /// Tokens of calls that are over, oldest first.
    over: VecDeque<String>,
    levels: Levels,
    service: u32,
    processes: Box<dyn Processes>,
    /// Streams of live calls, by serial number.
    of_calls: BTreeSet<u64>,
    /// Streams of calls that are over, with when they were.
    left: BTreeMap<u64, u64>,
    /// Streams that were cut by the service's life before this one, and those that it sent somewhere.
    inherited: BTreeSet<u64>,
    inherited_targets: BTreeSet<u64>,
    /// What was told and is not seen yet: the value, and when.
    told: BTreeMap<u64, (f32, u64)>,
    told_targets: BTreeMap<u64, (String, u64)>,
    /// Routes that were told to open, by sink, with how often and when last.
    told_routes: BTreeMap<String, (String, u32, u64)>,
    /// What the session manager has kept of all this.
    kept: Kept,
    /// How often another program's value was written over, and when it may be again.
    contested: BTreeMap<u64, (u32, u64)>,
    contested_targets: BTreeMap<u64, u32>,
    /// Where others had their way.
    yielded: BTreeSet<u64>,
    yielded_targets: BTreeSet<u64>,
    /// What the user answered with, by id or kind: it is looked for once everything is known.
    answered_with: Option<String>,
    /// The endpoint that was chosen, by id.
    chosen: Option<String>,
    always: Always,
    last: BTreeMap<String, EndpointKind>,
    next: Option<u64>,
}

impl Desk {
    /// A desk with nothing on it. `service`: the process whose own streams are not touched.
    pub fn new(levels: Levels, service: u32, processes: Box<dyn Processes>) -> Self {
        Self {
            graph: Graph::default(),
            settled: false,
            entries: Entries::default(),
            situation: Situation::default(),
            over: VecDeque::new(),
            levels,
            service,
            processes,
            of_calls: BTreeSet::new(),
            left: BTreeMap::new(),
            inherited: BTreeSet::new(),
            inherited_targets: BTreeSet::new(),
            told: BTreeMap::new(),
            told_targets: BTreeMap::new(),
            told_routes: BTreeMap::new(),
            kept: Kept::default(),
            contested: BTreeMap::new(),
            contested_targets: BTreeMap::new(),
            yielded: BTreeSet::new(),
            yielded_targets: BTreeSet::new(),
            answered_with: None,
            chosen: None,
            always: Always::default(),
            last: BTreeMap::new(),
            next: None,
        }
    }

    /// Begin with what an earlier life left: what it cut stays cut until its call is back or the stream gone.
    pub fn inherit(&mut self, entries: Entries) {
        let cut = entries.volumes.iter().filter(|(_, volume)| volume.of_call);
        self.inherited = cut.map(|(serial, _)| *serial).collect();
        self.inherited_targets = entries.moved.keys().copied().collect();
        self.entries = entries;
    }

    /// The connection to the server is gone, and with it what it said.
    pub fn disconnected(&mut self) {
        self.graph = Graph::default();
        self.settled = false;
        self.told.clear();
        self.told_targets.clear();
        self.told_routes.clear();
        self.processes.forget();
    }

    /// What the user prefers.
    pub fn set_taste(&mut self, always: Always, last: BTreeMap<String, EndpointKind>) {
        (self.always, self.last) = (always, last);
    }

    /// The calls are so now.
    pub fn set_situation(&mut self, situation: Situation) {
        for call in situation.up() {
            let before = self.situation.calls.iter().find(|known| known.number == call.number);
            if before.is_none_or(|known| known.standing != Standing::Up)
                && call.answered_with.is_some()
            {
                self.answered_with.clone_from(&call.answered_with);
            }
        }
        for call in &self.situation.calls {
            if !situation.calls.iter().any(|other| other.token == call.token) {
                self.over.push_back(call.token.clone());
            }
        }
        let forgotten = self.over.len().saturating_sub(REMEMBERED);
        self.over.drain(..forgotten);
        if situation.is_over() {
            (self.answered_with, self.chosen) = (None, None);
        }
        if !situation.quiets_others() {
            self.yielded.clear();
            self.contested.clear();
        }
        self.situation = situation;
    }

    /// The calls as they are.
    pub fn situation(&self) -> &Situation {
        &self.situation
    }

    /// The user chose this endpoint, by id or by kind. What was chosen last with these kinds of devices, to be kept;
    /// `None`: there is no such endpoint.
    pub fn select(&mut self, named: &str) -> Option<&BTreeMap<String, EndpointKind>> {
        let endpoints = endpoints(&self.graph);
        let endpoint = find(&endpoints, named)?;
        self.chosen = Some(endpoint.id.clone());
        self.last.insert(kinds(&endpoints), endpoint.kind);
        self.yielded_targets.clear();
        self.contested_targets.clear();
        Some(&self.last)
    }

    /// The endpoints that there are, and the one that calls are heard on.
    pub fn endpoints(&self) -> (Vec<Endpoint>, Option<Endpoint>) {
        let endpoints = endpoints(&self.graph);
        let taste = Taste {
            chosen: self.chosen.clone(),
            always: self.always,
            last: self.last.clone(),
            video: self.situation.up().any(|call| call.video),
        };
        let current = choose(&endpoints, &taste).cloned();
        (endpoints, current)
    }

    /// When [`look`](Self::look) has something to do, if nothing else comes before.
    pub fn next_deadline(&self) -> Option<u64> {
        self.next
    }

    /// Whether something is changed that is no call's own.
    pub fn touches_others(&self) -> bool {
        self.entries.touches_others()
    }

    /// Whether nothing is changed, or about to be, and nothing watched.
    pub fn is_at_rest(&self) -> bool {
        self.told.is_empty()
            && self.told_targets.is_empty()
            && self.told_routes.is_empty()
            && self.left.is_empty()
            && self.inherited.is_empty()
            && self.entries.is_empty()
    }

    /// What has to be done now. Save the entries before it is.
    pub fn look(&mut self, now: u64) -> Vec<Step> {
        self.next = None;
        let Some(cookie) = self.graph.cookie else { return Vec::new() };
        let server = self.graph.server;
        if (self.entries.server, self.entries.cookie) != (server, cookie) {
            // Another run of the server: the streams of the one before are gone.
            (self.entries.server, self.entries.cookie) = (server, cookie);
            self.entries.volumes.clear();
            self.entries.moved.clear();
            self.entries.opened.clear();
            self.inherited.clear();
            self.inherited_targets.clear();
            self.left.clear();
            self.of_calls.clear();
        }
        if self.settled {
            self.forget_gone();
        }
        if self.settled {
            let endpoints = endpoints(&self.graph);
            if let Some(with) = self.answered_with.take()
                && let Some(endpoint) = find(&endpoints, &with)
            {
                self.chosen = Some(endpoint.id.clone());
            }
            // If its device is gone, it does not take over again when it comes back.
            let is_there = |id: &String| endpoints.iter().any(|endpoint| endpoint.id == *id);
            self.chosen = self.chosen.take().filter(is_there);
        }
        let current = self.endpoints().1;
        let mut steps = Vec::new();
        if self.settled {
            self.open(current.as_ref(), now, &mut steps);
        }
        let nodes: Vec<u32> = self
            .graph
            .nodes()
            .filter(|node| matches!(node.class(), Class::Playback | Class::Capture))
            .filter(|node| node.complete && node.volume.is_some() && node.serial != 0)
            .map(|node| node.id)
            .collect();
        for id in nodes {
            let Some(node) = self.graph.node(id).cloned() else { continue };
            let owner = owner(
                &node,
                &self.graph,
                &self.situation,
                &self.over,
                self.service,
                self.processes.as_mut(),
            );
            let part = part(&node, &owner, &self.situation, &self.graph);
            let (wish, of_call) = self.wish(&node, part, now);
            self.turn(&node, wish, of_call, now, &mut steps);
            let goes = matches!(part, Part::OfCall { goes_with: Some(_), .. });
            let endpoint = current.as_ref().filter(|_| goes);
            self.send(&node, endpoint, now, &mut steps);
        }
        if self.settled && self.situation.calls.is_empty() && !self.situation.quiets_others() {
            let (keep, again) = self.kept.give_back(&mut self.entries.kept, now);
            steps.extend(keep.into_iter().map(|(key, old)| Step::Keep(key, old)));
            again.into_iter().for_each(|at| self.wake(at));
        }
        steps
    }

    fn forget_gone(&mut self) {
        let there: BTreeSet<u64> = self.graph.nodes().map(|node| node.serial).collect();
        self.entries.volumes.retain(|serial, _| there.contains(serial));
        self.entries.moved.retain(|serial, _| there.contains(serial));
        self.left.retain(|serial, _| there.contains(serial));
        self.told.retain(|serial, _| there.contains(serial));
        self.told_targets.retain(|serial, _| there.contains(serial));
        self.contested.retain(|serial, _| there.contains(serial));
        self.kept.retain(&there);
        for set in [
            &mut self.inherited,
            &mut self.inherited_targets,
            &mut self.of_calls,
            &mut self.yielded,
            &mut self.yielded_targets,
        ] {
            set.retain(|serial| there.contains(serial));
        }
    }

    /// What is wanted of a stream, and whether because of a call of its own app.
    fn wish(&mut self, node: &Node, part: Part, now: u64) -> (Wish, bool) {
        let serial = node.serial;
        if let Part::OfCall { wish, .. } = part {
            self.left.remove(&serial);
            self.inherited.remove(&serial);
            self.inherited_targets.remove(&serial);
            self.of_calls.insert(serial);
            return (wish, true);
        }
        if self.of_calls.remove(&serial) || part == Part::Left {
            self.left.entry(serial).or_insert(now);
        }
        if self.inherited.contains(&serial) {
            return (Wish::Cut, true);
        }
        let quiet = match part {
            Part::Bystander | Part::Left if self.situation.quiets_others() => Wish::Duck,
            _ => Wish::Open,
        };
        let Some(since) = self.left.get(&serial) else { return (quiet, false) };
        let until = since + self.levels.release;
        if node.class() == Class::Capture || until <= now {
            return (Wish::Cut, true);
        }
        self.wake(until);
        (quiet, false)
    }

    fn wake(&mut self, at: u64) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }

    /// Bring the volume of a stream to what is wanted of it.
    fn turn(&mut self, node: &Node, wish: Wish, of_call: bool, now: u64, steps: &mut Vec<Step>) {
        let (serial, Some(volume)) = (node.serial, node.volume) else { return };
        let level = |old: f32| match wish {
            Wish::Open => old,
            Wish::Duck => old * self.levels.duck,
            Wish::Cut => 0.0,
        };
        let told = self.told.get(&serial).copied();
        let Some(entry) = self.entries.volumes.get_mut(&serial) else {
            let given =
                self.kept.given(node, &self.entries.kept, (&self.levels, self.graph.server), now);
            let old = given.unwrap_or(volume);
            let wanted = level(old);
            if given.is_none() && same(volume, wanted) || self.yielded.contains(&serial) {
                return;
            }
            let entry = Volume { old, set: wanted, before: given.map(|_| volume), of_call };
            self.entries.volumes.insert(serial, entry);
            return self.tell(node, old, wanted, now, steps);
        };
        let old = entry.old;
        let wanted = level(entry.old);
        let is_news = told.is_none_or(|(value, _)| !same(value, wanted));
        if same(volume, wanted) && (told.is_none() || !is_news) {
            self.told.remove(&serial);
            entry.before = None;
            entry.of_call = of_call;
            if wish == Wish::Open {
                self.entries.volumes.remove(&serial);
                self.contested.remove(&serial);
            }
            return;
        }
        if let Some((_, at)) = told
            && !is_news
            && now < at + CONFIRM
        {
            return self.wake(at + CONFIRM);
        }
        if wish == Wish::Open {
            // Somebody else has set it meanwhile: theirs stays. Or the server does not do as it is told.
            let theirs = told.is_none() && !entry.is_set(volume);
            let tries = self.contested.entry(serial).or_default();
            tries.0 += u32::from(told.is_some() && !is_news);
            if theirs || tries.0 > REPEATS {
                self.entries.volumes.remove(&serial);
                self.told.remove(&serial);
                self.contested.remove(&serial);
                return;
            }
            return self.tell(node, old, old, now, steps);
        }
        if !same(entry.set, wanted) {
            entry.before = Some(entry.set);
            entry.set = wanted;
            entry.of_call = of_call;
            return self.tell(node, old, wanted, now, steps);
        }
        entry.of_call = of_call;
        if is_news && told.is_some() {
            // It was being given back, and is wanted again.
            return self.tell(node, old, wanted, now, steps);
        }
        // With PulseAudio it is the user's own slider that was moved, once what was told was seen.
        let is_users = self.graph.server == Server::PulseAudio && told.is_none() && !of_call;
        let (times, again) = self.contested.entry(serial).or_insert((0, now));
        if *times >= REPEATS || is_users {
            if !of_call {
                self.entries.volumes.remove(&serial);
                self.told.remove(&serial);
                self.yielded.insert(serial);
                return;
            }
            // A microphone that is muted is muted, however often its app tries.
            if now < *again {
                let again = *again;
                return self.wake(again);
            }
        }
        *times = times.saturating_add(1);
        *again = now + PERSIST;
        self.tell(node, old, wanted, now, steps);
    }

    fn tell(&mut self, node: &Node, old: f32, volume: f32, now: u64, steps: &mut Vec<Step>) {
        if !same(old, volume)
            && let Some(key) = kept::key(node, self.graph.server)
        {
            self.kept.touch(&mut self.entries.kept, key, old);
        }
        self.told.insert(node.serial, (volume, now));
        self.wake(now + CONFIRM);
        steps.push(Step::SetVolume(node.id, volume));
    }
}
