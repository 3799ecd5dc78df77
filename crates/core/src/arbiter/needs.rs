//! What calls need of the device they are on. No effect: it follows from how the calls stand, and nothing but that.

use super::Arbiter;
use crate::call::{Call, State};
use crate::effect::Needs;
use crate::words::RingLevel;

impl Arbiter {
    /// What the calls need now of the device. It is worth asking whenever calls or the ring changed.
    pub fn needs(&self) -> Needs {
        let rings = |call: &&Call| matches!(call.state, State::Ringing { silenced: false, .. });
        let mut ringing =
            self.calls.ringing().iter().rev().filter_map(|number| self.calls.get(number));
        let mut heard = self.calls.heard().filter_map(|number| self.calls.get(number));
        Needs {
            // Who is put on hold waits for somebody: a device that sleeps would drop them.
            awake: self.calls.iter().next().is_some(),
            lit: self.ring != RingLevel::Silent || heard.any(|call| call.facts.video),
            wake: ringing.find(rings).map(|call| call.number),
            alive: self.calls.providers().collect(),
        }
    }
}
