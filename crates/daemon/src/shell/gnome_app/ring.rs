//! Who rings. GNOME Calls rings for its calls by itself, as the user has set it up there, and so loud as if there were no
//! others. So alone it rings, and the service is quiet. As soon as somebody else's call rings or goes on, GNOME Calls is told
//! to be quiet, and the service rings for all, or lets the call-waiting tone be heard.

use crate::ringing::Heard;
use crate::service::Service;
use hookswitch_core::Effect;
use hookswitch_core::words::{CallState, RingLevel};

impl Service {
    /// How loud the service itself rings.
    pub fn own_ring(&self) -> RingLevel {
        let level = self.core.ring_level();
        let Some(line) = self.shell.gnome_app.in_call() else { return level };
        if level == RingLevel::Silent {
            return level;
        }
        let silenced = |uuid| line.calls.values().any(|call| call.uuid == uuid && call.silenced);
        let calls = self.core.calls();
        let mut ringing = calls.iter().filter(|view| view.state == CallState::Ringing);
        let rings = ringing.any(|view| !line.has(view) || silenced(view.facts.uuid));
        if rings { level } else { RingLevel::Silent }
    }

    /// Something changed: GNOME Calls may have to be quiet, and the service to ring.
    pub fn share_ring(&mut self, effects: &[Effect]) {
        let counts = |effect: &Effect| matches!(effect, Effect::Change(_) | Effect::Ring(_));
        let Some(line) = self.shell.gnome_app.in_call() else { return };
        if !effects.iter().any(counts) {
            return;
        }
        let calls = self.core.calls();
        let (own, others): (Vec<_>, Vec<_>) = calls
            .iter()
            .filter(|view| view.state == CallState::Ringing)
            .partition(|view| line.has(view));
        let is_quiet = match self.core.ring_level() {
            // The user wants that.
            RingLevel::Silent => true,
            RingLevel::Waiting => self.ringer.makes_sound(),
            RingLevel::Loud => !others.is_empty() && self.ringer.makes_sound(),
        };
        let rings = |uuid| own.iter().any(|view| view.facts.uuid == uuid);
        let to_silence: Vec<String> = line
            .calls
            .iter()
            .filter(|(_, call)| is_quiet && !call.silenced && rings(call.uuid))
            .map(|(path, _)| path.clone())
            .collect();
        for path in to_silence {
            self.silence_gnome_call(&path);
        }
        self.to_hear.push(Heard::Ring);
    }

    /// Before it is shown, so that it never begins to ring over a call that goes on.
    pub(super) fn silence_early(&mut self, path: &str) {
        if self.ringer.makes_sound() && !self.core.calls().is_empty() {
            self.silence_gnome_call(path);
        }
    }

    fn silence_gnome_call(&mut self, path: &str) {
        if let Some(line) = &mut self.shell.gnome_app.line
            && let Some(call) = line.calls.get_mut(path)
        {
            call.silenced = true;
        }
        self.call_gnome(path, "Silence", &());
    }
}
