use super::turn::Turn;
use crate::call::{HeldFor, State};
use crate::effect::{AudioEffect, Effect, ProviderNews};
use crate::input::Completion;
use crate::transaction::Performing;
use crate::words::{
    ActionId, CompletionError, Date, EndKind, FailReason, ProviderId, TranslationEngine, Verb,
};

/// How an action ended: when, if its app said so, or why not.
pub(super) type Ended = Result<Option<Date>, FailReason>;

impl Turn<'_> {
    /// TX-2: once, in time, by the app it was given to.
    pub fn complete(
        &mut self,
        provider: ProviderId,
        action: ActionId,
        completion: Completion,
    ) -> Result<(), CompletionError> {
        let performing = match self.core.performing.get(action) {
            Some(performing) if performing.provider == provider => performing,
            Some(_) => return Err(CompletionError::UnknownAction),
            None if action >= self.core.next_action || action.0 == 0 => {
                return Err(CompletionError::UnknownAction);
            }
            None => return Err(CompletionError::ActionAlreadyCompleted),
        };
        let starts_translation = matches!(performing.verb, Verb::SetTranslating(Some(_)));
        let result = match completion {
            Completion::Fulfill(_) | Completion::FulfillUsing(TranslationEngine::Default)
                if starts_translation =>
            {
                return Err(CompletionError::NoTranslationEngine);
            }
            Completion::Fulfill(date) => Ok(date),
            Completion::FulfillUsing(_) => Ok(None),
            Completion::Fail => Err(FailReason::Failed),
        };
        self.conclude(action, result);
        Ok(())
    }

    /// TO-1, TO-3: the app is told that its time is up, and then it is as if it had said no.
    pub fn time_out(&mut self, action: ActionId) {
        let Some(late) = self.core.performing.get(action) else { return };
        let (provider, call, verb) = (late.provider, late.uuid, late.verb.clone());
        self.tell(provider, ProviderNews::TimedOut { action, call, verb });
        self.conclude(action, Err(FailReason::TimedOut));
    }

    /// The end of a perform that came from its app.
    pub fn conclude(&mut self, action: ActionId, result: Ended) {
        let of = self
            .core
            .performing
            .get(action)
            .map(|performing| (performing.provider, performing.step));
        if let Some((provider, Some((id, _)))) = of {
            // An app that completes what it was offered carries it out, whether it said so or not.
            self.executed(provider, id, true);
        }
        let Some(performing) = self.core.performing.remove(action) else { return };
        if let Some((id, step)) = performing.step
            && let Some(transaction) = self.core.transactions.get_mut(id)
            && step > transaction.at
            && let Some(run) = &mut transaction.run
        {
            // An app that carries out the whole may be done with the second before the first.
            run.early.insert(step, (performing, result));
            return;
        }
        self.conclude_step(performing, result);
    }

    pub fn conclude_step(&mut self, performing: Performing, result: Ended) {
        let forced = performing.step.is_some_and(|(id, at)| {
            let transaction = self.core.transactions.get(id);
            transaction.and_then(|t| t.steps.get(at)).is_some_and(|step| step.forced)
        });
        match result {
            Ok(date) => self.apply(&performing, date),
            Err(reason) => self.not_applied(&performing, reason, forced),
        }
        if let Some((id, _)) = performing.step {
            let over = match (&performing.verb, result) {
                // The call ends for everybody, whatever its app says.
                (Verb::End(_), Err(_)) => Ok(None),
                (_, result) => result,
            };
            self.step_over(id, over);
        }
        // A hold that came too late: nobody knows what the app did, so it is told once more what holds.
        if result == Err(FailReason::TimedOut)
            && performing.verb == Verb::SetHeld(true)
            && self.core.calls.get(performing.call).is_some_and(|c| c.state == State::Active)
        {
            self.resume_again(performing.call);
        }
        self.pump();
        self.send_post_dial(performing.call);
    }

    fn apply(&mut self, done: &Performing, date: Option<Date>) {
        let now = self.now.date;
        let number = done.call;
        match &done.verb {
            Verb::End(kind) => return self.end_performed(number, *kind, date),
            Verb::SetGroup(with) => {
                let with = with.and_then(|uuid| self.core.calls.find(done.provider, uuid));
                return self.regrouped(number, with);
            }
            _ => {}
        }
        let stuck = self.now.at + self.stuck(number);
        let Some(call) = self.core.calls.get_mut(number) else { return };
        match (&done.verb, call.state) {
            (Verb::Answer, State::Answering { .. }) => {
                call.connected = Some(date.unwrap_or(now).max(call.started.unwrap_or(now)));
                self.stale.insert(number);
                self.set_state(number, State::Active);
            }
            (Verb::Start, State::Starting) => {
                call.started = Some(date.unwrap_or(now));
                self.stale.insert(number);
                self.set_state(number, State::Dialing { reached: false, stuck });
            }
            (Verb::SetHeld(true), State::Active) => {
                let target = done.step.and_then(|(id, _)| self.core.transactions.get(id));
                let implied = target.and_then(|t| {
                    let step = t.steps.get(t.at)?;
                    step.requested.is_none().then_some(t.target)?
                });
                let held = implied.map_or(HeldFor::Itself, HeldFor::Room);
                self.set_state(number, State::Held(held));
            }
            (Verb::SetHeld(false), State::Held(_)) => self.set_state(number, State::Active),
            (Verb::SetMuted(false), _) if !call.mute_wanted => {
                call.muted = false;
                self.dirty.insert(number);
                self.mail.push(Effect::Audio(AudioEffect::SetMuted(number, false)));
            }
            (Verb::SetVideo(on), _) => {
                alloc::sync::Arc::make_mut(&mut call.facts).video = *on;
                self.dirty.insert(number);
                self.stale.insert(number);
            }
            (Verb::SetTranslating(languages), _) => {
                let custom = |languages| (languages, TranslationEngine::Custom);
                call.translating = languages.clone().map(custom);
                self.dirty.insert(number);
            }
            _ => {}
        }
    }

    fn not_applied(&mut self, failed: &Performing, reason: FailReason, forced: bool) {
        let number = failed.call;
        if let Verb::End(kind) = failed.verb {
            return self.end_performed(number, kind, None);
        }
        let emergency = self.core.emergency;
        let Some(call) = self.core.calls.get_mut(number) else { return };
        match (&failed.verb, call.state) {
            (Verb::Answer, State::Answering { .. }) => {
                self.end_failed(number, EndKind::Failed, true);
            }
            (Verb::Start, State::Starting) => {
                // OUT-7. An app that said no itself need not be told.
                self.end_failed(number, EndKind::Failed, reason == FailReason::TimedOut);
            }
            (Verb::SetHeld(false), State::Active) if forced => {
                self.set_state(number, State::Held(HeldFor::Itself));
            }
            // An emergency call waits for no hold: a call that cannot be held after all makes room by ending.
            (Verb::SetHeld(true), State::Held(HeldFor::Room(for_call)))
                if failed.step.is_none() && emergency == Some(for_call) =>
            {
                self.end_failed(number, EndKind::EmergencyCall, true);
            }
            (Verb::PlayDtmf(..), _) => {
                call.post_dial.clear();
                self.digits_gone(number);
            }
            _ => {}
        }
    }
}
