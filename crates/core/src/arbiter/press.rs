use super::turn::Turn;
use crate::effect::{AudioEffect, Effect};
use crate::input::{CallRef, Requested, Requester};

impl Turn<'_> {
    /// A button that cannot ask back: it never ends a call the user does not hear, and never leaves two held (MC-9).
    ///
    /// Short: answer; else swap; else end or resume the only one. Long: decline; else end the active one of two; else
    /// mute.
    pub fn press(&mut self, long: bool) {
        let calls = &self.core.calls;
        let ringing = calls.ringing().first().map(CallRef::Number);
        let talking = calls.talking();
        let held = calls.held_pair();
        let muted = talking.and_then(|number| calls.get(number)).is_some_and(|c| c.mute_wanted);
        let active = talking.map(CallRef::Number);
        let wish = match (long, ringing, active, held) {
            (false, Some(ringing), ..) => Some(Requested::Answer(ringing)),
            (false, None, Some(_), (Some(held), None)) => {
                Some(Requested::SetHeld(CallRef::Number(held), false))
            }
            (false, None, Some(active), (None, _)) => Some(Requested::EndGroup(active)),
            (false, None, None, (Some(held), None)) => {
                Some(Requested::SetHeld(CallRef::Number(held), false))
            }
            (true, Some(ringing), ..) => Some(Requested::End(ringing)),
            (true, None, Some(active), (Some(_), _)) => Some(Requested::EndGroup(active)),
            (true, None, Some(active), (None, _)) => Some(Requested::SetMuted(active, !muted)),
            _ => None,
        };
        let Some(wish) = wish else { return };
        if self.request(Requester::Headset, alloc::vec![wish], None).is_err() {
            self.mail.push(Effect::Audio(AudioEffect::RefusalTone));
        }
    }
}
