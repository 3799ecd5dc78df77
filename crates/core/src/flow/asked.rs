use super::names::Name;
use crate::words::{ActionId, CallUuid, ProviderId, Verb};
use alloc::collections::VecDeque;

/// Actions that are over, kept for what may refer back to them.
const KEPT: usize = 100;
/// And with those that are not over.
const MOST: usize = 1000;

/// An action that an app was asked to perform.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    action: ActionId,
    provider: ProviderId,
    /// The call.
    pub call: CallUuid,
    /// What the call was called then: its id may be another call's by now.
    pub name: Name,
    /// What it was asked.
    pub verb: Verb,
    over: bool,
}

/// What apps were asked, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct AskedActions(VecDeque<Asked>);

impl AskedActions {
    /// An app was asked.
    pub fn ask(
        &mut self,
        action: ActionId,
        provider: ProviderId,
        call: CallUuid,
        name: Name,
        verb: Verb,
    ) {
        self.0.push_back(Asked { action, provider, call, name, verb, over: false });
        while self.0.len() > KEPT && self.0.pop_front_if(|oldest| oldest.over).is_some() {}
        if self.0.len() > MOST {
            self.0.pop_front();
        }
    }

    /// The action, and how many of the same kind were asked for the same call since.
    pub fn find(&self, action: ActionId) -> Option<(&Asked, usize)> {
        let at = self.0.iter().rposition(|asked| asked.action == action)?;
        let asked = self.0.get(at)?;
        let same = |other: &&Asked| {
            other.name == asked.name
                && match (&other.verb, &asked.verb) {
                    (Verb::End(_), Verb::End(_)) | (Verb::PlayDtmf(..), Verb::PlayDtmf(..)) => true,
                    (other, verb) => other == verb,
                }
        };
        Some((asked, self.0.iter().skip(at + 1).filter(same).count()))
    }

    /// The action came to its end.
    pub fn over(&mut self, action: ActionId) {
        let asked = self.0.iter_mut().rev().find(|asked| asked.action == action);
        asked.into_iter().for_each(|asked| asked.over = true);
    }

    /// The app is gone.
    pub fn all_over(&mut self, provider: ProviderId) {
        let own = self.0.iter_mut().filter(|asked| asked.provider == provider);
        own.for_each(|asked| asked.over = true);
    }

    /// The names of calls whose app has still to end them.
    pub fn ending(&self) -> impl Iterator<Item = &str> {
        let ending = |asked: &&Asked| !asked.over && matches!(asked.verb, Verb::End(_));
        self.0.iter().filter(ending).map(|asked| &*asked.name)
    }
}
