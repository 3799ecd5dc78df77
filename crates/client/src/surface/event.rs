use crate::audio::Audio;
use crate::call::Call;
use crate::error::{Error, ServiceError};
use hookswitch_core::Finished;
use hookswitch_core::words::{CallNumber, RequestError, RingLevel};
use std::collections::BTreeMap;

/// What a surface is told: first everything, then what changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SurfaceEvent {
    /// Everything, at the beginning and after each restart of the service: replaces what was there.
    Reset(SurfaceState),
    /// What one event changed.
    Changed(SurfaceChange),
    /// Where calls can be heard now.
    AudioChanged(Audio),
    /// No surface shows this call, and no notification with buttons does: if you can, show it now, also if you have said [`Surface::not_presented`](crate::Surface::not_presented).
    PresentCall(CallNumber),
    /// The service left the bus. There are no calls to show until the next `Reset`.
    ServiceLost,
    /// The end, and why: the bus is gone, the surface was let go, or the service refused it when it came back.
    Closed(Error<RequestError>),
}

/// What one event changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurfaceChange {
    /// New and changed calls, whole, ended ones among them.
    pub calls: Vec<Call>,
    /// This surface's own transactions that are over.
    pub finished: Vec<Finished>,
    /// How loud it rings now, if that changed.
    pub ring: Option<RingLevel>,
}

/// All live calls, kept in step by [`apply`](Self::apply).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurfaceState {
    /// By number, which is the order in which they came.
    pub calls: BTreeMap<CallNumber, Call>,
    /// How loud it rings.
    pub ring: RingLevel,
    /// Where calls can be heard, as far as the service has looked.
    pub audio: Audio,
}

impl SurfaceState {
    /// The state after an event: the reducer for surfaces that keep their own.
    pub fn apply(&mut self, event: &SurfaceEvent) {
        match event {
            SurfaceEvent::Reset(state) => self.clone_from(state),
            SurfaceEvent::Changed(change) => self.change(change),
            SurfaceEvent::AudioChanged(audio) => self.audio.clone_from(audio),
            SurfaceEvent::PresentCall(_) => {}
            SurfaceEvent::ServiceLost | SurfaceEvent::Closed(_) => *self = Self::default(),
        }
    }

    fn change(&mut self, change: &SurfaceChange) {
        for call in &change.calls {
            if call.has_ended() {
                self.calls.remove(&call.number);
            } else {
                self.calls.insert(call.number, call.clone());
            }
        }
        if let Some(ring) = change.ring {
            self.ring = ring;
        }
    }
}

impl From<ServiceError> for SurfaceEvent {
    fn from(error: ServiceError) -> Self {
        Self::Closed(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch_bus::CallRecord;

    fn call(number: u64, state: &str) -> Call {
        CallRecord { number, state: state.into(), ..CallRecord::default() }.into()
    }

    fn changed(calls: Vec<Call>) -> SurfaceEvent {
        SurfaceEvent::Changed(SurfaceChange { calls, ..SurfaceChange::default() })
    }

    #[test]
    fn changes_replace_calls_and_ended_ones_are_forgotten() {
        let mut state = SurfaceState::default();
        state.apply(&changed(vec![call(1, "ringing"), call(2, "held")]));
        state.apply(&changed(vec![call(1, "active")]));
        assert_eq!(state.calls[&CallNumber(1)], call(1, "active"));
        state.apply(&changed(vec![call(1, "ended")]));
        assert_eq!(state.calls.into_keys().collect::<Vec<_>>(), [CallNumber(2)]);
    }

    #[test]
    fn without_the_service_there_are_no_calls() {
        let mut state = SurfaceState::default();
        state.apply(&changed(vec![call(1, "active")]));
        state.apply(&SurfaceEvent::ServiceLost);
        assert_eq!(state, SurfaceState::default());
    }
}
