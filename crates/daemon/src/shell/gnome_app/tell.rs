//! What GNOME Calls did, in the words of the core.

use super::NAME;
use super::agree::{Step, Told, next_step};
use super::line::{Asking, Line, Snapshot, Verdict};
use crate::service::Service;
use crate::shell::GNOME_APP;
use hookswitch_core::words::{
    ActionId, CallNumber, CallState, CallUpdate, Choice, ChoiceKind, EndedReason, ProviderId,
    RequestId,
};
use hookswitch_core::{
    Adoption, CallRef, CallView, Completion, Input, Reply, Report, Requested, Requester,
    StartDetails, Verdict as Filter,
};

fn snapshot(views: &[CallView]) -> Snapshot {
    views.iter().map(|view| (view.number, view.state)).collect()
}

/// The call that is in the way of another: who talks, or is about to.
fn in_the_way(views: &[CallView], but: Option<CallNumber>) -> Option<&CallView> {
    let talks = |state: CallState| {
        use CallState::{Active, Answering, Connecting, Dialing, Starting};
        matches!(state, Active | Answering | Connecting | Dialing | Starting)
    };
    views.iter().find(|view| talks(view.state) && Some(view.number) != but)
}

/// The core's own way to take this call and end the one that cannot be held.
fn end_and_go_on(view: &CallView) -> Option<Requested> {
    let ends = |choice: &&Choice| {
        matches!(choice.kind, ChoiceKind::EndAndAccept | ChoiceKind::EndAndResume)
    };
    let choice = view.choices.iter().find(ends)?;
    Some(Requested::Choose(view.number, choice.kind))
}

impl Service {
    fn gnome_line(&mut self) -> Option<&mut Line> {
        self.shell.gnome_app.line.as_mut()
    }

    /// Complete an action of it.
    pub(super) fn completed(
        &mut self,
        provider: ProviderId,
        action: ActionId,
        is_done: bool,
    ) -> Input {
        let completion = if is_done { Completion::Fulfill(None) } else { Completion::Fail };
        let request = Some(RequestId(self.fresh()));
        Input::Complete { provider, action, completion, request }
    }

    /// What the core has to be told next for it to have the calls as GNOME Calls has them, if anything.
    pub fn next_of_gnome_app(&mut self) -> Option<Input> {
        let line = self.shell.gnome_app.line.as_mut()?;
        let provider = line.provider?;
        if let Some(input) = line.said.pop_front() {
            return Some(input);
        }
        if line.calls.is_empty() {
            return None;
        }
        if let Some(action) = line.done() {
            return Some(self.completed(provider, action, true));
        }
        let ended = line.finished();
        let views = self.core.calls();
        if let Some((asking, verdict)) = ended {
            self.end_gnome_asking(&asking, verdict, &views);
        }
        self.next_of_calls(provider, &views)
    }

    fn next_of_calls(&mut self, provider: ProviderId, views: &[CallView]) -> Option<Input> {
        let standing = snapshot(views);
        let line = self.gnome_line()?;
        let mut next = None;
        for (path, call) in &line.calls {
            let own = |view: &&CallView| view.provider == provider && view.facts.uuid == call.uuid;
            let view = views.iter().find(own);
            let state = view.map(|view| view.state);
            if call.is_news && call.told == Told::Yes && state.is_some() {
                next = Some((path.clone(), None, view));
                break;
            }
            let Some(step) = next_step(&call.object, call.told, state, call.adopts) else {
                continue;
            };
            let waits = step.is_request() && line.asking.is_some();
            if waits || call.tried.as_ref() == Some(&standing) {
                continue;
            }
            // Of two that talk at once in GNOME Calls one is held for the core.
            let way = in_the_way(views, view.map(|view| view.number));
            if step == Step::SetHeld(false) && way.is_some_and(|way| way.provider == provider) {
                continue;
            }
            next = Some((path.clone(), Some(step), view));
            break;
        }
        let (path, step, view) = next?;
        match step {
            None => self.gnome_call_looks(provider, &path),
            Some(step) => self.tell_of_gnome_call(provider, path, step, view, views),
        }
    }

    /// What a call looks like now, and can do.
    fn gnome_call_looks(&mut self, provider: ProviderId, path: &str) -> Option<Input> {
        let request = RequestId(self.fresh());
        let call = self.gnome_line()?.calls.get_mut(path)?;
        call.is_news = false;
        let holding = Some(call.makes_room);
        let update = CallUpdate { supports_holding: holding, ..call.object.update() };
        let report = Report::Updated(update);
        Some(Input::Report { provider, request, call: call.uuid, report })
    }

    fn tell_of_gnome_call(
        &mut self,
        provider: ProviderId,
        path: String,
        step: Step,
        view: Option<&CallView>,
        views: &[CallView],
    ) -> Option<Input> {
        let number = view.map(|view| view.number);
        let line = self.gnome_line()?;
        let call = line.calls.get(&path)?;
        let mut requester = Requester::Provider(provider);
        let mut actions = Vec::new();
        // Another call was in the way: the modem holds one of its own, whatever it says. One of another app that cannot be
        // held ends, as it does on a telephone: else two would be overheard. Which one, the core says where it offers that.
        let way = in_the_way(views, number).filter(|_| call.refused && step.is_request());
        let other = way.filter(|way| way.provider != provider);
        let chosen = other.and(view).and_then(end_and_go_on);
        let makes_room = match (step, way) {
            (Step::SetHeld(true), _) => Some(path.clone()),
            (_, Some(way)) if way.provider == provider => {
                line.find(way.facts.uuid).map(|(path, _)| path.clone())
            }
            (_, Some(way)) => {
                requester = Requester::Surface(GNOME_APP);
                if chosen.is_none() {
                    actions.push(Requested::EndGroup(CallRef::Number(way.number)));
                }
                tracing::info!(
                    "a call ends for one that was taken in GNOME Calls: it cannot be held"
                );
                None
            }
            _ => None,
        };
        if let Some(other) = makes_room
            && let Some(held) = line.calls.get_mut(&other)
            && !held.makes_room
        {
            held.makes_room = true;
            return self.gnome_call_looks(provider, &other);
        }
        let request = RequestId(self.fresh());
        let line = self.gnome_line()?;
        line.ask(path.clone(), step, request);
        let call = line.calls.get_mut(&path)?;
        let uuid = call.uuid;
        let as_surface = matches!(requester, Requester::Surface(_));
        let by = |number: Option<CallNumber>| match (as_surface, number) {
            (true, Some(number)) => CallRef::Number(number),
            _ => CallRef::Uuid(uuid),
        };
        let (account, update) = (Some(call.object.account()), call.object.update());
        let report = match step {
            Step::Report => {
                (call.told, call.is_news) = (Told::Yes, false);
                Report::Incoming { account, update, verdict: Filter::Allow }
            }
            Step::Adopt => {
                (call.told, call.is_news) = (Told::Yes, false);
                let state = match call.object.stage {
                    super::object::Stage::Held => CallState::Held,
                    super::object::Stage::Dialing => CallState::Dialing,
                    _ => CallState::Active,
                };
                Report::Adopt(Adoption { state, muted: false, group_with: None, update })
            }
            Step::Connected => Report::Connected(None),
            Step::Ended => Report::Ended(None, EndedReason::RemoteEnded),
            Step::Answer | Step::Start | Step::SetHeld(_) => {
                actions.push(match (step, chosen) {
                    (_, Some(chosen)) => chosen,
                    (Step::Start, _) => {
                        // Who it is, is said with the start; what it can do comes behind it.
                        (call.told, call.is_news) = (Told::Yes, true);
                        let handle = call.object.handle();
                        let app = Some(NAME.into());
                        let (video, emergency) = (false, false);
                        Requested::Start(StartDetails {
                            app,
                            account,
                            uuid,
                            handle,
                            video,
                            emergency,
                        })
                    }
                    (Step::SetHeld(held), _) => Requested::SetHeld(by(number), held),
                    _ => Requested::Answer(by(number)),
                });
                return Some(Input::Request { requester, request, actions, revision: None });
            }
        };
        Some(Input::Report { provider, request, call: uuid, report })
    }

    /// The core replied to somebody. If it was to this, that is over or waits for others.
    pub(super) fn gnome_app_told(&mut self, request: RequestId, reply: Reply) {
        let Some(line) = self.gnome_line() else { return };
        if let Some((asking, verdict)) = line.replied(request, reply) {
            let views = self.core.calls();
            self.end_gnome_asking(&asking, verdict, &views);
        }
    }

    fn end_gnome_asking(&mut self, asking: &Asking, verdict: Verdict, views: &[CallView]) {
        let Some(line) = self.gnome_line() else { return };
        let provider = line.provider;
        if asking.step.is_request() {
            // It is as it was: GNOME Calls has no way to be told to hold.
            for call in line.calls.values_mut().filter(|call| call.makes_room) {
                (call.makes_room, call.is_news) = (false, true);
            }
        }
        let Some(call) = line.calls.get_mut(&asking.path) else { return };
        let Verdict::Refused { may_make_room } = verdict else {
            (call.refused, call.tried) = (false, None);
            return;
        };
        let uuid = call.uuid;
        let is_known =
            views.iter().any(|view| Some(view.provider) == provider && view.facts.uuid == uuid);
        let again = asking.step.is_request() && may_make_room && !call.refused;
        call.refused = again;
        call.tried = (!again).then(|| snapshot(views));
        match asking.step {
            // Not one that the core remembers.
            Step::Adopt => {
                (call.told, call.adopts, call.tried) = (Told::Not, false, None);
            }
            Step::Report => call.told = Told::GivenUp,
            Step::Start if !is_known => call.told = Told::Not,
            _ => return,
        }
        line.begin_again(&asking.path);
    }
}
