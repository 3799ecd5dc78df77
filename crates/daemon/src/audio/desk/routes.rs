//! Which route of a device is open: the one that the call's endpoint is, and afterwards the one that was before.

use super::{CONFIRM, Desk, Endpoint, REPEATS, Step};
use crate::audio::ledger::Opened;
use std::collections::BTreeSet;

impl Desk {
    /// Open the route that the endpoint of the calls needs, and close what calls have opened before.
    pub(super) fn open(&mut self, endpoint: Option<&Endpoint>, now: u64, steps: &mut Vec<Step>) {
        let talks = self.situation.up().next().is_some();
        let wanted = endpoint.filter(|_| talks);
        let wanted = wanted.and_then(|of| Some((of.sink.clone(), of.route.clone()?)));
        let touched = self.entries.opened.keys().cloned();
        let sinks: BTreeSet<String> =
            touched.chain(wanted.as_ref().map(|(sink, _)| sink.clone())).collect();
        for sink in sinks {
            let route = wanted.as_ref().filter(|(of, _)| *of == sink).map(|(_, route)| route);
            self.open_at(&sink, route.map(String::as_str), now, steps);
        }
    }

    fn open_at(&mut self, sink: &str, wanted: Option<&str>, now: u64, steps: &mut Vec<Step>) {
        let node = self.graph.named(sink);
        let Some(is) = node.and_then(|node| self.graph.open_route(node)).map(|of| of.name.clone())
        else {
            // The device is gone, and what was open there with it.
            self.entries.opened.remove(sink);
            self.told_routes.remove(sink);
            return;
        };
        let entry = self.entries.opened.get(sink);
        let Some(goal) = wanted.map(str::to_owned).or_else(|| entry.map(|entry| entry.old.clone()))
        else {
            return;
        };
        let told = self.told_routes.get(sink).cloned();
        if is == goal {
            self.told_routes.remove(sink);
            if wanted.is_none() {
                self.entries.opened.remove(sink);
            }
            return;
        }
        if let Some((route, times, at)) = &told
            && *route == goal
        {
            if now < at + CONFIRM {
                let at = at + CONFIRM;
                return self.wake(at);
            }
            if *times > REPEATS {
                return self.give_way(sink, &is);
            }
        } else if told.is_none() && entry.is_some_and(|entry| entry.set != is) {
            // Somebody else has opened another one: a jack was plugged, or the user chose in a mixer.
            return self.give_way(sink, &is);
        }
        let Some((device, part, route)) = self.graph.route(sink, &goal) else {
            // It cannot be opened any more.
            return self.give_way(sink, &is);
        };
        if wanted.is_some() {
            let entry = Opened { old: is, set: goal.clone() };
            let entry = self.entries.opened.entry(sink.to_owned()).or_insert(entry);
            entry.set.clone_from(&goal);
        }
        let times = told.filter(|(of, ..)| *of == goal).map_or(1, |(_, times, _)| times + 1);
        self.told_routes.insert(sink.to_owned(), (goal.clone(), times, now));
        self.wake(now + CONFIRM);
        steps.push(Step::OpenRoute { device, part, route, name: goal });
    }

    /// What is open stays open: calls are heard there now, and nothing is put back.
    fn give_way(&mut self, sink: &str, is: &str) {
        self.entries.opened.remove(sink);
        self.told_routes.remove(sink);
        let endpoints = super::endpoints(&self.graph);
        let open = endpoints.iter().find(|of| of.sink == sink && of.route.as_deref() == Some(is));
        if let Some(endpoint) = open {
            // Without a call it says nothing of the next one.
            self.chosen = Some(endpoint.id.clone()).filter(|_| !self.situation.calls.is_empty());
            // Streams follow.
            self.wake(0);
        }
    }
}
