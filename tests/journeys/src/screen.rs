use crate::soon;
use futures_util::FutureExt;
use hookswitch::{
    Call, CallNumber, CallState, EndedReason, Recent, RecentsQuery, Surface, SurfaceEvent,
    SurfaceEvents, SurfaceState,
};
use std::collections::BTreeMap;

/// A screen that the story looks at.
pub struct Screen {
    /// Its line to the service.
    pub surface: Surface,
    events: SurfaceEvents,
    state: SurfaceState,
    /// How calls ended that this screen saw.
    pub ended: BTreeMap<CallNumber, EndedReason>,
}

impl Screen {
    pub(crate) fn new(surface: Surface, events: SurfaceEvents) -> Self {
        Self { surface, events, state: SurfaceState::default(), ended: BTreeMap::new() }
    }

    /// Wait until the screen shows what `look` looks for.
    pub async fn until<T>(&mut self, what: &str, look: impl Fn(&SurfaceState) -> Option<T>) -> T {
        loop {
            if let Some(found) = look(&self.state) {
                return found;
            }
            self.step(what).await;
        }
    }

    /// The next event.
    pub async fn step(&mut self, what: &str) -> SurfaceEvent {
        let event = soon(what, self.events.next()).await.expect("the screen lives");
        self.take(&event);
        event
    }

    /// The next event that is here already.
    pub fn step_now(&mut self) -> Option<SurfaceEvent> {
        let event = self.events.next().now_or_never()??;
        self.take(&event);
        Some(event)
    }

    fn take(&mut self, event: &SurfaceEvent) {
        if let SurfaceEvent::Changed(change) = event {
            for call in &change.calls {
                if let Some(reason) = call.ended {
                    self.ended.insert(call.number, reason);
                }
            }
        }
        self.state.apply(event);
    }

    /// The one call that is in this state, once there is one.
    pub async fn one(&mut self, state: CallState) -> Call {
        self.until(&format!("a call that is {}", state.name()), |shown| {
            shown.calls.values().find(|call| call.state == state).cloned()
        })
        .await
    }

    /// Wait until this call is in that state.
    pub async fn is(&mut self, call: CallNumber, state: CallState) -> Call {
        self.until(&format!("call {call} to be {}", state.name()), |shown| {
            shown.calls.get(&call).filter(|call| call.state == state).cloned()
        })
        .await
    }

    /// Wait until this call is over, and say how it ended.
    pub async fn over(&mut self, call: CallNumber) -> EndedReason {
        loop {
            if let Some(reason) = self.ended.get(&call) {
                return *reason;
            }
            self.step(&format!("the end of call {call}")).await;
        }
    }

    /// What the list of recents has.
    ///
    /// # Panics
    /// It cannot be asked.
    pub async fn recents(&self) -> Vec<Recent> {
        let lines = self.surface.recents(RecentsQuery { limit: Some(1000), ..Default::default() });
        soon("the list", lines).await.expect("the list can be asked")
    }
}
