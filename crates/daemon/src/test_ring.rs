//! A ring without a call, so that somebody can hear whether calls are heard.

use crate::doors::Declined;
use crate::service::Service;
use hookswitch_bus::{Refusal, TestRingRecord};
use hookswitch_core::Effect;
use hookswitch_core::words::{CallState, RequestError, RingLevel, Timestamp};
use zbus::Message;

/// How long it rings, in milliseconds, once it is heard.
const LENGTH: u32 = 3000;
/// How long it may take until it is heard, in milliseconds: a file is read, and the sound server connected to.
const PATIENCE: u64 = 5000;

/// A test ring.
#[derive(Debug)]
pub(crate) struct TestRing {
    /// Who asked, until it is heard.
    question: Option<Message>,
    /// When it ends, or was not heard in time.
    until: Timestamp,
}

impl Service {
    /// Ring, and answer when it is heard.
    pub fn test_ring(&mut self, message: &Message) -> Result<(), Declined> {
        // Nor over the tone that says that one is over.
        if !self.core.calls().is_empty() || self.audio.is_ending() {
            return Err(RequestError::CallInProgress.into());
        }
        if self.test_ring.is_some() {
            return Err(RequestError::TooManyRequests.into());
        }
        self.ringer.test().map_err(unavailable)?;
        let until = Timestamp(self.clock.now().at.0 + PATIENCE);
        self.test_ring = Some(TestRing { question: Some(message.clone()), until });
        Ok(())
    }

    /// It is heard on these outputs.
    pub fn test_ring_is_heard(&mut self, outputs: &[String]) {
        let now = self.clock.now().at;
        let Some(ring) = &mut self.test_ring else { return };
        let Some(question) = ring.question.take() else { return };
        ring.until = Timestamp(now.0 + u64::from(LENGTH));
        let record = TestRingRecord { outputs: outputs.to_vec(), duration_ms: LENGTH };
        self.out.reply(&question.header(), &record);
    }

    /// It is not heard, and why. One that was heard goes on when that is over.
    pub fn test_ring_is_not_heard(&mut self, why: &str) {
        if self.test_ring.as_ref().is_some_and(|ring| ring.question.is_some()) {
            self.stop_test_ring(&unavailable(why.to_owned()));
        }
    }

    /// Calls go before it.
    pub fn make_way_for_calls(&mut self, effects: &[Effect]) {
        let comes = |effect: &Effect| match effect {
            Effect::Change(change) => {
                change.calls.iter().any(|view| view.state != CallState::Ended)
            }
            _ => false,
        };
        if self.test_ring.is_some() && effects.iter().any(comes) {
            self.stop_test_ring(&RequestError::CallInProgress.into());
        }
    }

    /// When it ends.
    pub fn end_of_test_ring(&self) -> Option<Timestamp> {
        self.test_ring.as_ref().map(|ring| ring.until)
    }

    /// End it when its time is over.
    pub fn end_test_ring(&mut self, now: Timestamp) {
        if self.end_of_test_ring().is_some_and(|until| until <= now) {
            let why = "The ring was not heard in good time. See with `wpctl status` or `pactl info` whether the sound server hangs.";
            self.stop_test_ring(&unavailable(why.to_owned()));
        }
    }

    fn stop_test_ring(&mut self, refusal: &Refusal) {
        let Some(ring) = self.test_ring.take() else { return };
        self.ringer.ring(RingLevel::Silent, || None);
        if let Some(question) = ring.question {
            self.out.refuse(&question.header(), refusal);
        }
    }
}

fn unavailable(text: String) -> Refusal {
    Refusal { name: RequestError::RingUnavailable.name(), text }
}
