use super::turn::Turn;
use crate::effect::{AudioEffect, Effect, ProviderNews};
use crate::words::{CallNumber, CallUuid, ProviderId};

/// A call that has to do with the audio; kept apart from the call, which may be gone by the time its app is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Owner {
    pub call: CallNumber,
    provider: ProviderId,
    uuid: CallUuid,
}

/// Who has the audio: one field, in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Audio {
    /// Nobody.
    Idle,
    /// Kept up between two calls of one transaction, for this one, whose app may not start yet.
    Reserved(Owner),
    /// Being brought up.
    Activating(Owner),
    /// Its app was told to start.
    Granted(Owner),
}

impl Audio {
    /// The call it is for.
    pub fn owner(&self) -> Option<CallNumber> {
        match self {
            Self::Idle => None,
            Self::Reserved(owner) | Self::Activating(owner) | Self::Granted(owner) => {
                Some(owner.call)
            }
        }
    }

    /// The call whose app was told to start.
    pub fn granted(&self) -> Option<CallNumber> {
        match self {
            Self::Granted(owner) => Some(owner.call),
            _ => None,
        }
    }
}

impl Turn<'_> {
    /// AU-3, IN-3, OUT-1: the audio follows the fulfil of start, answer and resume, and goes with end and hold. MC-5: in
    /// a transaction it passes from one call to the next in one step.
    pub fn settle_audio(&mut self) {
        let now = self.core.audio;
        let heard = self.core.calls.heard();
        if heard.is_some() && heard == now.owner() && !matches!(now, Audio::Reserved(_)) {
            return;
        }
        let next = match heard {
            Some(call) => self.owner(call).map(Audio::Activating),
            None => match now {
                Audio::Idle => None,
                _ => self.successor().map(Audio::Reserved),
            },
        };
        let next = next.unwrap_or(Audio::Idle);
        if next == now {
            return;
        }
        if let Audio::Granted(owner) = now {
            self.tell(owner.provider, ProviderNews::DidDeactivateAudio(owner.uuid));
        }
        let effect = match (now.owner(), next) {
            (_, Audio::Activating(to)) => Some(AudioEffect::Activate(to.call)),
            (Some(from), Audio::Reserved(to)) => Some(AudioEffect::HandOver(from, to.call)),
            (Some(from), _) => Some(AudioEffect::Deactivate(from)),
            (None, _) => None,
        };
        self.mail.extend(effect.map(Effect::Audio));
        for number in [now.owner(), next.owner()].into_iter().flatten() {
            if self.core.calls.get(number).is_some() {
                self.stale.insert(number);
            }
        }
        self.core.audio = next;
    }

    /// The call that is to talk when the running transaction is done.
    fn successor(&self) -> Option<Owner> {
        let id = self.core.arbitrating?;
        let target = self.core.transactions.get(&id)?.target?;
        self.owner(target)
    }

    fn owner(&self, number: CallNumber) -> Option<Owner> {
        let call = self.core.calls.get(number)?;
        Some(Owner { call: number, provider: call.provider, uuid: call.facts.uuid })
    }

    /// AU-4: said again it means the same.
    pub fn audio_activated(&mut self, call: CallNumber) {
        match self.core.audio {
            Audio::Activating(owner) | Audio::Granted(owner) if owner.call == call => {
                self.core.audio = Audio::Granted(owner);
                self.tell(owner.provider, ProviderNews::DidActivateAudio(owner.uuid));
            }
            // The call lost it while it was being brought up.
            _ => {}
        }
    }
}
