//! What apps are asked to perform.

use super::Turn;
use hookswitch_core::words::{ActionId, Verb};
use hookswitch_core::{Effect, Input, Perform, ProviderNews};
use std::collections::BTreeSet;

impl Turn<'_> {
    /// Every perform is told once, to the app of its call, for something that makes sense, and ends once.
    pub(super) fn check_asked(&self) -> Result<(), String> {
        let (before, after) = (&self.before.asked, &self.after.asked);
        let mut told: BTreeSet<ActionId> = BTreeSet::new();
        let mut late: BTreeSet<ActionId> = BTreeSet::new();
        for effect in self.effects {
            let Effect::Provider(provider, news) = effect else { continue };
            ensure!(self.after.knows(*provider), "{provider} is told something and is gone");
            let performs: &[Perform] = match news {
                ProviderNews::Perform(perform) => std::slice::from_ref(perform),
                ProviderNews::Execute { performs, .. } => performs,
                ProviderNews::TimedOut { action, .. } => {
                    let known = before.get(action).is_some_and(|known| {
                        known.provider == *provider && known.deadline <= self.now.at
                    });
                    ensure!(known && late.insert(*action), "{action} timed out before its time");
                    ensure!(!after.contains_key(action), "{action} timed out and goes on");
                    continue;
                }
                _ => continue,
            };
            ensure!(!performs.is_empty(), "nothing is offered as a whole");
            for perform in performs {
                let action = perform.action;
                ensure!(told.insert(action), "{action} is told twice");
                let same = before.get(&action).is_none_or(|known| known.provider != *provider);
                ensure!(same, "{action} is told again");
                let Some(asked) = after.get(&action) else {
                    // Unless its call ends in the same turn, when several things were due.
                    let live = self.after.named(*provider, perform.call);
                    ensure!(live.is_none(), "{action} is told and does not go on");
                    continue;
                };
                let fits = (asked.provider, asked.call) == (*provider, perform.call)
                    && asked.verb == perform.verb
                    && asked.deadline == perform.deadline;
                ensure!(fits, "{action} is told as {perform:?} and is {asked:?}");
                let live = self.after.named(*provider, perform.call);
                let live = live.filter(|call| call.number == asked.number);
                let ends = matches!(perform.verb, Verb::End(_));
                ensure!(live.is_some() || ends, "{:?} is asked of an ended call", perform.verb);
            }
        }
        for (action, asked) in after {
            let known = before.contains_key(action) || told.contains(action);
            let runs = self.after.knows(asked.provider);
            ensure!(known || !runs, "{action} goes on and nobody was told");
        }
        let gave_up = self.emergency_begins();
        for (action, asked) in before.iter().filter(|(action, _)| !after.contains_key(action)) {
            let completed =
                matches!(self.input, Input::Complete { action: id, .. } if id == action);
            let lived = self.before.call(asked.number).is_some();
            let over = lived && self.after.call(asked.number).is_none();
            let lost = !self.after.knows(asked.provider);
            let whole = self.before.core.is_of_whole(*action);
            let known = completed || over || lost || whole || gave_up || late.contains(action);
            ensure!(known, "{action} ({:?}) came to nothing without a word", asked.verb);
        }
        Ok(())
    }
}
