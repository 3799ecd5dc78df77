//! The ringer follows what the core decided.

use crate::doors::{Declined, call_id};
use crate::ring::tone::Tone;
use crate::ring::{Caller, RingNews};
use crate::service::Service;
use hookswitch_bus::{Refusal, RingtoneFile};
use hookswitch_core::words::{
    CallNumber, CallState, ProviderId, ReportError, RingLevel, Timestamp,
};
use hookswitch_core::{AudioEffect, CallView, Change, Effect};
use std::time::Duration;
use zbus::message::Header;

/// How much longer than its length the tone of an end may take: PipeWire may have to be waited for.
const END_PATIENCE: Duration = Duration::from_secs(2);

/// What follows from a decision for the ear, until everybody was told of it: messages come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Ring,
    Refusal,
    /// This call has no audio any more, or needs no ringback.
    NoTone(CallNumber),
}

impl Service {
    /// AUD-05: the end of a call is heard until it is over, or until the core has no room for it.
    pub fn follow_end(&mut self, now: Timestamp, effects: &[Effect]) {
        if !self.core.has_room_for_end() {
            self.stop_end_tone();
        }
        for effect in effects {
            if let Effect::Audio(AudioEffect::EndTone(call, tone)) = effect {
                let length = self.ringer.end_tone(*call, *tone);
                let until = length.map(|length| now + length + END_PATIENCE);
                self.audio.set_ending(until);
            }
        }
    }

    fn stop_end_tone(&mut self) {
        if self.ringer.stop_end_tone() {
            self.audio.set_ending(None);
        }
    }

    /// Nobody need be quiet for it any more.
    fn end_is_over(&mut self) {
        self.audio.set_ending(None);
        self.audio.send(self.own_ring());
    }

    /// The voice does not say that the tone of an end is over.
    pub fn stop_waiting_for_end(&mut self, now: Timestamp) {
        if self.audio.ends_too_long(now) {
            self.stop_end_tone();
            self.end_is_over();
        }
    }

    /// Keep what of this is to be heard.
    pub fn note_heard(&mut self, effects: &[Effect]) {
        for effect in effects {
            let heard = match effect {
                Effect::Ring(_) => Heard::Ring,
                Effect::Audio(AudioEffect::RefusalTone) => Heard::Refusal,
                Effect::Audio(AudioEffect::Deactivate(call)) => Heard::NoTone(*call),
                Effect::Change(change) => match self.ringback_ends(change) {
                    Some(call) => Heard::NoTone(call),
                    None => continue,
                },
                _ => continue,
            };
            self.to_hear.push(heard);
        }
    }

    /// Let it be heard.
    pub fn let_hear(&mut self) {
        for heard in std::mem::take(&mut self.to_hear) {
            match heard {
                Heard::Ring => self.follow_ring(self.own_ring()),
                Heard::Refusal => self.ringer.notice(Tone::Refusal),
                Heard::NoTone(call) => self.ringer.stop_tone(call),
            }
        }
    }

    /// It rings as loud as that from now on.
    fn follow_ring(&mut self, level: RingLevel) {
        let (core, ringtones) = (&self.core, &self.ringtones);
        self.ringer.ring(level, || {
            let calls = core.calls();
            // Of several the first: it keeps the ringtone, as it keeps the screen.
            let view = calls.into_iter().find(|view| view.state == CallState::Ringing)?;
            let ringtone = ringtones.get(&view.provider).cloned();
            Some(Caller {
                app: view.app().to_string(),
                handle: view.handle().value.clone(),
                ringtone,
            })
        });
    }

    /// Something came of it.
    pub fn rang(&mut self, news: RingNews) {
        match news {
            RingNews::Unavailable(why) => {
                tracing::warn!("{why}");
                self.test_ring_is_not_heard(&why.to_string());
                self.ring_degraded = Some(why.to_string());
            }
            RingNews::Ringtone(what) => {
                tracing::warn!("{what}");
                self.ringtone_degraded = Some(sentence(&what));
            }
            RingNews::Choosing => self.ringtone_degraded = None,
            RingNews::Sounding(outputs) => {
                tracing::debug!("sounds on {} outputs", outputs.len());
                self.ring_degraded = None;
                self.test_ring_is_heard(&outputs);
            }
            RingNews::Quiet => tracing::debug!("quiet"),
            RingNews::EndOver(number) => {
                if self.ringer.end_is_over(number) {
                    self.end_is_over();
                }
            }
        }
    }

    /// The sound that an app brought; none: it has none any more.
    pub fn keep_ringtone(&mut self, provider: ProviderId, ringtone: Option<RingtoneFile>) {
        let Some(ringtone) = ringtone else {
            self.ringtones.remove(&provider);
            return;
        };
        if let Some(peer) = self.peers.provider(provider) {
            self.ringer.try_ringtone(&peer.app_name, ringtone.file().clone());
        }
        self.ringtones.insert(provider, ringtone.file().clone());
    }

    fn own_call(&self, provider: ProviderId, uuid: &str) -> Result<CallView, Declined> {
        let uuid = call_id(uuid)?;
        let calls = self.core.calls().into_iter();
        let own = calls.filter(|view| view.provider == provider);
        let mut own = own.filter(|view| view.state != CallState::Ended);
        let call = own.find(|view| view.facts.uuid == uuid);
        Ok(call.ok_or(ReportError::UnknownCallUuid)?)
    }

    /// AU-6: a tone is part of the call's audio, and waits for the grant as everything else does.
    pub fn play_tone(
        &mut self,
        call: &Header<'_>,
        provider: ProviderId,
        uuid: &str,
        tone: &str,
    ) -> Result<(), Declined> {
        let view = self.own_call(provider, uuid)?;
        let must = "`tone` must be ringback, busy, failure or hold. Name one of these.";
        let tone = Tone::of_app(tone).ok_or_else(|| Refusal::invalid(must))?;
        if !self.has_audio(view.number) {
            return Err(ReportError::AudioNotActive.into());
        }
        self.ringer.play_tone(view.number, tone);
        self.out.reply(call, &());
        Ok(())
    }

    pub fn stop_tone(
        &mut self,
        call: &Header<'_>,
        provider: ProviderId,
        uuid: &str,
    ) -> Result<(), Declined> {
        let view = self.own_call(provider, uuid)?;
        self.ringer.stop_tone(view.number);
        self.out.reply(call, &());
        Ok(())
    }

    /// Who is answered does not hear it ring any more.
    fn ringback_ends(&self, change: &Change) -> Option<CallNumber> {
        let (call, Tone::Ringback) = self.ringer.tone_of()? else { return None };
        let connected = |view: &CallView| view.number == call && view.connected.is_some();
        change.calls.iter().any(connected).then_some(call)
    }
}

/// It begins with a capital letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
