//! What keys do on the screen of a ringing call, wherever the focus is.

use super::{Press, View};
use hookswitch::ChoiceKind;

/// A key, or keys held together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Control and Return.
    Answer,
    /// Control and Backspace.
    Decline,
    /// Escape.
    Silence,
}

impl View {
    /// What that key asks for here. None of them ends a call that is talked in.
    pub fn on_key(&self, key: Key) -> Option<Press> {
        let of = |kind| self.actions.iter().find(|action| action.press.is(kind));
        let action = match key {
            // The one that loses nobody.
            Key::Answer => of(ChoiceKind::Answer).or_else(|| of(ChoiceKind::HoldAndAccept)),
            Key::Decline => of(ChoiceKind::Decline),
            Key::Silence => self.silence.as_ref(),
        };
        action.map(|action| action.press.clone())
    }
}

impl Press {
    /// Whether it is this choice.
    pub fn is(&self, kind: ChoiceKind) -> bool {
        matches!(self, Self::Choose { choice, .. } if *choice == kind)
    }
}
