//! What can happen next, as everything stands.

use super::scope::Scope;
use crate::turn::Seen;
use hookswitch_core::words::{
    ActionId, CallNumber, CallUpdate, CallUuid, Date, DtmfDigits, DtmfType, EndedReason, Handle,
    ProviderId, RequestId, SurfaceId, Timestamp, TransactionId,
};
use hookswitch_core::{
    CallRef, CallView, Completion, Input, Now, Report, Requested, Requester, StartDetails, Verdict,
};

pub const APPS: [&str; 2] = ["chat", "talk"];
const SURFACE: SurfaceId = SurfaceId(1);

/// An arbiter at a time. Ids of requests and providers come from `next`.
#[derive(Clone)]
pub struct State {
    pub seen: Seen,
    pub at: u64,
    pub next: u64,
}

impl State {
    pub fn now_at(at: u64) -> Now {
        Now { at: Timestamp(at), date: Date(at.cast_signed()) }
    }

    fn running(&self, app: &str) -> Option<ProviderId> {
        self.seen.core.providers().find(|(_, name, _)| name.as_str() == app).map(|(id, ..)| id)
    }

    /// An id for one more call, if there may be one. No id is used twice.
    fn free(&self, calls: usize) -> Option<CallUuid> {
        let live = self.seen.calls.iter().map(|call| call.facts.uuid);
        let over = self.seen.asked.values().map(|asked| asked.call);
        let over = over.chain(self.seen.core.kept_ends());
        let mut used: Vec<CallUuid> = live.chain(over).collect();
        used.sort_unstable();
        used.dedup();
        (used.len() < calls).then_some(CallUuid(u128::from(self.next) + 1))
    }
}

/// Everything that can happen in this state, the passing of time last.
pub fn moves(scope: &Scope, state: &State) -> Vec<Input> {
    let provider = ProviderId(state.next + 1);
    let request = RequestId(state.next + 2);
    let mut moves = Moves { scope, state, provider, request, inputs: Vec::new() };
    for (at, app) in APPS.into_iter().enumerate() {
        match state.running(app) {
            Some(id) => moves.of_app(at, id),
            None => moves.of_absent(at),
        }
    }
    state.seen.calls.iter().for_each(|call| moves.of_call(call));
    for (action, asked) in &state.seen.asked {
        moves.completions(*action, asked.provider);
    }
    if scope.screens {
        let surface = SURFACE;
        moves.inputs.extend([Input::SurfaceRegistered { surface }, Input::SurfaceLeft { surface }]);
        let shown = state.seen.calls.iter().map(|call| call.number);
        moves.inputs.extend(shown.clone().map(|call| Input::Presented { surface, call }));
        moves.inputs.extend(shown.map(|call| Input::NotPresented { surface, call }));
    }
    if scope.headset {
        moves.inputs.extend([Input::Press { long: false }, Input::Press { long: true }]);
    }
    if state.seen.core.next_deadline().is_some() {
        moves.inputs.push(Input::Tick);
    }
    moves.inputs
}

struct Moves<'a> {
    scope: &'a Scope,
    state: &'a State,
    provider: ProviderId,
    request: RequestId,
    inputs: Vec<Input>,
}

impl Moves<'_> {
    fn of_absent(&mut self, at: usize) {
        let (provider, request, app) = (self.provider, self.request, APPS[at].into());
        let configuration = self.scope.apps[at].clone();
        self.inputs.push(Input::Register { provider, request, app, configuration });
        if let Some(call) = self.state.free(self.scope.calls)
            && self.scope.push
        {
            let (app, configuration) = (APPS[at].into(), self.scope.apps[at].clone());
            let (update, verdict) = (CallUpdate::default(), Verdict::Allow);
            self.inputs.push(Input::Rung {
                provider,
                request,
                app,
                configuration,
                call,
                update,
                verdict,
            });
        }
    }

    fn of_app(&mut self, at: usize, provider: ProviderId) {
        let request = self.request;
        if self.scope.loss {
            self.inputs.push(Input::ProviderLost { provider });
        }
        let offered: Vec<TransactionId> = self.state.seen.core.offered(provider).collect();
        for transaction in offered {
            for handled in [true, false] {
                self.inputs.push(Input::Executed { provider, transaction, handled });
            }
        }
        let Some(call) = self.state.free(self.scope.calls) else { return };
        for update in self.scope.incoming.clone() {
            let report = Report::Incoming { account: None, update, verdict: Verdict::Allow };
            self.inputs.push(Input::Report { provider, request, call, report });
        }
        for emergency in [false, true] {
            if !(if emergency { self.scope.emergency } else { self.scope.starts }) {
                continue;
            }
            let start = |app: Option<&str>| {
                Requested::Start(StartDetails {
                    app: app.map(Into::into),
                    account: None,
                    uuid: call,
                    handle: Handle::default(),
                    video: false,
                    emergency,
                })
            };
            self.ask(Requester::Provider(provider), start(None));
            self.ask(Requester::Surface(SURFACE), start(Some(APPS[at])));
        }
    }

    fn ask(&mut self, requester: Requester, action: Requested) {
        let (request, actions) = (self.request, Vec::from([action]));
        self.inputs.push(Input::Request { requester, request, actions, revision: None });
    }

    fn of_call(&mut self, call: &CallView) {
        let (provider, uuid, number) = (call.provider, call.facts.uuid, call.number);
        let request = self.request;
        let mut report = |report| {
            self.inputs.push(Input::Report { provider, request, call: uuid, report });
        };
        report(Report::Ended(None, EndedReason::RemoteEnded));
        if self.scope.starts || self.scope.emergency {
            report(Report::StartedConnecting(None));
            report(Report::Connected(None));
        }
        if self.scope.updates {
            for holding in [false, true] {
                let holding = Some(holding);
                report(Report::Updated(CallUpdate {
                    supports_holding: holding,
                    ..CallUpdate::default()
                }));
            }
        }
        let others = self.state.seen.calls.iter().filter(|other| other.provider == provider);
        let others: Vec<(CallNumber, CallUuid)> = others
            .filter(|other| other.number != number)
            .map(|other| (other.number, other.facts.uuid))
            .collect();
        let by_number = others.iter().map(|(number, _)| CallRef::Number(*number)).collect();
        self.wishes(Requester::Surface(SURFACE), CallRef::Number(number), by_number);
        if self.scope.by_app {
            let by_uuid = others.iter().map(|(_, uuid)| CallRef::Uuid(*uuid)).collect();
            self.wishes(Requester::Provider(provider), CallRef::Uuid(uuid), by_uuid);
        }
        for choice in call.choices.iter() {
            self.ask(Requester::Surface(SURFACE), Requested::Choose(number, choice.kind));
        }
    }

    fn wishes(&mut self, requester: Requester, call: CallRef, others: Vec<CallRef>) {
        let mut wishes = Vec::from([Requested::Answer(call), Requested::End(call)]);
        if self.scope.holds {
            wishes.extend([Requested::SetHeld(call, true), Requested::SetHeld(call, false)]);
        }
        if self.scope.mute {
            wishes.extend([Requested::SetMuted(call, true), Requested::SetMuted(call, false)]);
        }
        if self.scope.dtmf {
            let digits = DtmfDigits::new("1").expect("a digit");
            wishes.push(Requested::PlayDtmf(call, digits, DtmfType::SingleTone));
        }
        if self.scope.groups {
            wishes.extend([Requested::SetGroup(call, None), Requested::EndGroup(call)]);
            wishes.extend(others.into_iter().map(|other| Requested::SetGroup(call, Some(other))));
        }
        wishes.into_iter().for_each(|wish| self.ask(requester, wish));
    }

    fn completions(&mut self, action: ActionId, provider: ProviderId) {
        // What waits for an app that does not run is completed by nobody.
        if self.state.seen.core.providers().all(|(id, ..)| id != provider) {
            return;
        }
        for completion in [Completion::Fulfill(None), Completion::Fail] {
            let request = Some(self.request);
            self.inputs.push(Input::Complete { provider, action, completion, request });
        }
    }
}
