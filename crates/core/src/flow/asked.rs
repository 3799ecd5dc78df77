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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{DtmfDigits, DtmfType, EndKind};
    use alloc::vec::Vec;

    const CHAT: ProviderId = ProviderId(1);
    const TALK: ProviderId = ProviderId(2);

    fn ask(asked: &mut AskedActions, action: u64, provider: ProviderId, name: &str, verb: Verb) {
        asked.ask(ActionId(action), provider, CallUuid(1), name.into(), verb);
    }

    /// Which verb it was, and how many came after it.
    fn found(asked: &AskedActions, action: u64) -> Option<(Verb, usize)> {
        asked.find(ActionId(action)).map(|(asked, back)| (asked.verb.clone(), back))
    }

    #[test]
    fn an_action_is_counted_among_those_of_its_kind_and_call() {
        let mut asked = AskedActions::default();
        let tone = |digit: &str| {
            Verb::PlayDtmf(DtmfDigits::new(digit).expect("digits"), DtmfType::SingleTone)
        };
        for (action, name, verb) in [
            (1, "anna", Verb::SetHeld(true)),
            (2, "anna", Verb::SetHeld(false)),
            (3, "bob", Verb::SetHeld(true)),
            (4, "anna", Verb::SetHeld(true)),
            (5, "anna", tone("1")),
            (6, "anna", tone("2")),
            (7, "anna", Verb::End(EndKind::HangUp)),
            (8, "anna", Verb::End(EndKind::Failed)),
        ] {
            ask(&mut asked, action, CHAT, name, verb);
        }
        assert_eq!(found(&asked, 1), Some((Verb::SetHeld(true), 1)));
        assert_eq!(found(&asked, 2), Some((Verb::SetHeld(false), 0)));
        assert_eq!(found(&asked, 4), Some((Verb::SetHeld(true), 0)));
        assert_eq!(found(&asked, 5), Some((tone("1"), 1)));
        assert_eq!(found(&asked, 7), Some((Verb::End(EndKind::HangUp), 1)));
        assert_eq!(found(&asked, 9), None);
    }

    #[test]
    fn a_call_is_ending_until_its_app_has_ended_it() {
        let mut asked = AskedActions::default();
        ask(&mut asked, 1, CHAT, "anna", Verb::SetHeld(true));
        ask(&mut asked, 2, CHAT, "bob", Verb::End(EndKind::HangUp));
        ask(&mut asked, 3, TALK, "carl", Verb::End(EndKind::HangUp));
        ask(&mut asked, 4, CHAT, "dora", Verb::End(EndKind::HangUp));
        let ending = |asked: &AskedActions| asked.ending().collect::<Vec<_>>().join(" ");
        assert_eq!(ending(&asked), "bob carl dora");
        asked.over(ActionId(2));
        assert_eq!(ending(&asked), "carl dora");
        asked.all_over(CHAT);
        assert_eq!(ending(&asked), "carl");
    }

    #[test]
    fn the_oldest_are_forgotten_once_they_are_over() {
        let mut asked = AskedActions::default();
        let verb = || Verb::SetHeld(true);
        for action in 0..KEPT as u64 {
            ask(&mut asked, action, CHAT, "anna", verb());
            asked.over(ActionId(action));
        }
        assert!(found(&asked, 0).is_some());
        ask(&mut asked, 1000, CHAT, "anna", verb());
        assert!(found(&asked, 0).is_none() && found(&asked, 1).is_some());
        // What is not over is kept longer, but not for ever.
        let mut asked = AskedActions::default();
        for action in 0..MOST as u64 {
            ask(&mut asked, action, CHAT, "anna", verb());
        }
        assert!(found(&asked, 0).is_some());
        ask(&mut asked, 9999, CHAT, "anna", verb());
        assert!(found(&asked, 0).is_none() && found(&asked, 1).is_some());
    }
}
