//! What comes of a request when everybody does as they are asked.

use super::{Seen, Turn};
use hookswitch_core::words::{TranslationEngine, Verb};
use hookswitch_core::{Completion, Input, Reply};

/// More than any request takes.
const STEPS: usize = 200;

impl Turn<'_> {
    /// It is over some time, and at no moment are more conversations held than the rules allow, or than there were.
    /// What apps refuse or are late with, and who hangs up, may leave more: so this is asked where nothing else goes on.
    pub(super) fn check_fulfilled(&self) -> Result<(), String> {
        let accepted = matches!(self.reply(), Some(Reply::Accepted(_)));
        if !accepted || self.was_due() || self.before.core.pending_transactions() > 0 {
            return Ok(());
        }
        let most = self.after.core.policy().held.max(self.before.held(true));
        let mut seen = self.after.clone();
        for _ in 0..STEPS {
            let held = seen.held(false);
            ensure!(held <= most, "{held} conversations are held");
            let runs = seen.asked.iter().find(|(_, asked)| seen.knows(asked.provider));
            let Some((action, asked)) = runs else { return Ok(()) };
            let completion = match asked.verb {
                Verb::SetTranslating(Some(_)) => {
                    Completion::FulfillUsing(TranslationEngine::Custom)
                }
                _ => Completion::Fulfill(None),
            };
            let (provider, action) = (asked.provider, *action);
            let mut core = seen.core;
            core.handle(self.now, Input::Complete { provider, action, completion, request: None });
            seen = Seen::of(core);
        }
        Err("a request goes on for ever, though everybody does as they are asked".into())
    }
}
