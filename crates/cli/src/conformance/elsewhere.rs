use crate::failure::Failure;
use hookswitch::{
    Adoption, AnswerCallAction, CallNumber, CallState, CallUpdate, CallUuid, EndCallAction,
    EndedReason, Handle, HandleKind, Provider, ProviderDelegate, Reset, SetHeldCallAction,
    SetMutedCallAction, new_call,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The app id of calls that come in elsewhere.
pub const ELSEWHERE: &str = "org.hookswitch.Elsewhere";

/// Another app, whose calls are in the way. It does at once what it is asked, and takes its calls along when the
/// service restarts.
pub struct Elsewhere {
    provider: Provider,
    lines: Lines,
}

type Lines = Arc<Mutex<BTreeMap<CallUuid, Line>>>;

struct Line {
    number: Option<CallNumber>,
    state: CallState,
}

impl Elsewhere {
    pub async fn start(address: Option<&str>) -> Result<Self, Failure> {
        let lines = Lines::default();
        let mut builder = Provider::builder(ELSEWHERE);
        if let Some(address) = address {
            builder = builder.address(address);
        }
        let provider = builder.register(Delegate(lines.clone())).await?;
        Ok(Self { provider, lines })
    }

    /// Somebody calls there.
    pub async fn rings(&self) -> Result<CallNumber, Failure> {
        let call = new_call();
        lock(&self.lines).insert(call, Line { number: None, state: CallState::Ringing });
        let update = CallUpdate {
            remote_handle: Some(Handle::new(HandleKind::Generic, "somebody else")),
            localized_caller_name: Some("Somebody else".to_owned()),
            ..CallUpdate::default()
        };
        let number = self.provider.report_new_incoming_call(call, update).await?;
        if let Some(line) = lock(&self.lines).get_mut(&call) {
            line.number = Some(number);
        }
        Ok(number)
    }

    /// The far side of that call hangs up. A call that is over stays so.
    pub async fn far_side_ends(&self, number: CallNumber) {
        if let Some(call) = self.call(number) {
            lock(&self.lines).remove(&call);
            let _ = self.provider.report_call_ended(call, None, EndedReason::RemoteEnded).await;
        }
    }

    /// The far side of every call hangs up.
    pub async fn all_end(&self) {
        let numbers: Vec<_> = lock(&self.lines).values().filter_map(|line| line.number).collect();
        for number in numbers {
            self.far_side_ends(number).await;
        }
    }

    fn call(&self, number: CallNumber) -> Option<CallUuid> {
        let lines = lock(&self.lines);
        lines.iter().find(|(_, line)| line.number == Some(number)).map(|(call, _)| *call)
    }
}

fn lock(lines: &Lines) -> MutexGuard<'_, BTreeMap<CallUuid, Line>> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Delegate(Lines);

impl Delegate {
    fn set(&self, call: CallUuid, state: CallState) {
        if let Some(line) = lock(&self.0).get_mut(&call) {
            line.state = state;
        }
    }
}

impl ProviderDelegate for Delegate {
    fn did_reset(&mut self, provider: &Provider, reset: Reset) {
        let mut lines = lock(&self.0);
        if reset.adopt_within.is_none() {
            lines.clear();
        }
        for (call, line) in lines.iter() {
            let (state, update) = (line.state, CallUpdate::default());
            provider
                .adopt_call(*call, Adoption { state, muted: false, group_with: None, update })
                .forget();
        }
    }

    fn perform_answer_call(&mut self, _: &Provider, action: AnswerCallAction) {
        self.set(action.call, CallState::Active);
        action.fulfill();
    }

    fn perform_end_call(&mut self, _: &Provider, action: EndCallAction) {
        lock(&self.0).remove(&action.call);
        action.fulfill();
    }

    fn perform_set_held(&mut self, _: &Provider, action: SetHeldCallAction) {
        let state = if action.on_hold { CallState::Held } else { CallState::Active };
        self.set(action.call, state);
        action.fulfill();
    }

    fn perform_set_muted(&mut self, _: &Provider, action: SetMutedCallAction) {
        action.fulfill();
    }
}
