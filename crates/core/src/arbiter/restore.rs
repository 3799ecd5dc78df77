use super::Arbiter;
use super::turn::{Turn, closed};
use crate::call::{Call, Facts, HeldFor, State};
use crate::effect::{AudioEffect, Effect};
use crate::input::Adoption;
use crate::words::{
    CallNumber, CallState, CallUuid, Capabilities, Direction, EndedReason, LogPolicy, ProviderId,
    RecentsEntry, ReportError, Verb,
};
use alloc::vec::Vec;

impl Arbiter {
    /// The call of that id from before a restart, while its app may still adopt it.
    pub(super) fn orphan(&self, provider: ProviderId, uuid: CallUuid) -> Option<&RecentsEntry> {
        if self.orphans.is_empty() {
            return None;
        }
        let app = self.providers.get(provider)?.app.clone();
        self.orphans.get(&(app, uuid))
    }
}

impl Turn<'_> {
    /// The service is back: what was live waits for its app to report it again.
    pub fn restore(&mut self, orphans: Vec<RecentsEntry>, next_number: CallNumber) {
        self.core.next_number = self.core.next_number.max(next_number);
        for orphan in orphans {
            let key = (orphan.app.clone(), orphan.uuid);
            // Two of one id cannot be, unless somebody else wrote what is remembered: only the last is.
            if let Some(old) = self.core.orphans.insert(key, orphan) {
                let entry = closed(old, EndedReason::Failed, self.now.date);
                self.records.push(entry);
            }
        }
        if !self.core.orphans.is_empty() {
            self.core.adopt_until = Some(self.now.at + self.core.policy.adopt);
        }
    }

    /// A call from before the restart goes on, under its number and in its line of recents. Who had the audio gets it
    /// back; whoever else says it talks is held.
    pub fn adopt(
        &mut self,
        provider: ProviderId,
        uuid: CallUuid,
        adoption: Adoption,
    ) -> Result<(), ReportError> {
        if self.core.calls.find(provider, uuid).is_some() {
            return Err(ReportError::InvalidAction);
        }
        let known = self.core.providers.get(provider).ok_or(ReportError::NotRegistered)?;
        let key = (known.app.clone(), uuid);
        let entry = self.core.orphans.get(&key).ok_or(ReportError::NotAdoptable)?;
        let with = match adoption.group_with {
            Some(uuid) => {
                let found = self.core.calls.find(provider, uuid);
                Some(found.ok_or(ReportError::UnknownCallUuid)?)
            }
            None => None,
        };
        // Whatever came up meanwhile makes way for an emergency call.
        let emergency = entry.emergency
            && entry.direction == Direction::Outgoing
            && self.core.emergency.is_none();
        let talking = self.core.calls.talking().filter(|_| !emergency);
        // A member of a conversation that talks again talks along.
        let along = with.is_some_and(|with| {
            talking.is_some_and(|talking| self.core.calls.are_together(with, talking))
        });
        let owner = along || emergency || entry.has_audio && talking.is_none();
        let now = self.now;
        let mut hold = false;
        let state = match (adoption.state, entry.direction) {
            (CallState::Ringing, Direction::Incoming) if entry.connected.is_none() => {
                State::Ringing { until: now.at + self.core.policy.ring, silenced: false }
            }
            (CallState::Dialing | CallState::Connecting, Direction::Outgoing) if owner => {
                State::Dialing {
                    reached: adoption.state == CallState::Connecting,
                    stuck: now.at + self.core.policy.stuck,
                }
            }
            // A call being dialed cannot be held, and somebody else has its place.
            (CallState::Dialing | CallState::Connecting, _) => {
                return Err(ReportError::NotAdoptable);
            }
            (CallState::Active, _) if owner => State::Active,
            (CallState::Held, _) if emergency => State::Active,
            (CallState::Active, _) => {
                hold = true;
                State::Held(HeldFor::Itself)
            }
            (CallState::Held, _) if !along => State::Held(HeldFor::Itself),
            _ => return Err(ReportError::InvalidAction),
        };
        let facts = Facts {
            app: entry.app.clone(),
            account: entry.account.clone(),
            uuid,
            direction: entry.direction,
            handle: entry.handle.clone(),
            name: entry.name.clone(),
            video: entry.video,
            reconnecting: false,
            members: alloc::sync::Arc::default(),
            emergency: entry.emergency,
            capabilities: Capabilities::default(),
        };
        let log = if entry.listed { LogPolicy::Full } else { LogPolicy::None };
        let talked = matches!(state, State::Active | State::Held(_));
        let mut call = Call::new(entry.number, provider, facts, log, state);
        call.started = Some(entry.started);
        // The wall clock may have been set back meanwhile, and dates of an entry only go forward.
        let connected = now.date.max(entry.started);
        call.connected = entry.connected.or_else(|| talked.then_some(connected));
        call.muted = adoption.muted && !emergency;
        call.mute_wanted = call.muted;
        let number = call.number;
        self.core.orphans.remove(&key);
        if self.core.orphans.is_empty() {
            self.core.adopt_until = None;
        }
        let (muted, held) = (call.muted, adoption.state == CallState::Held);
        if emergency {
            self.give_up_arbitration();
            self.core.emergency = Some(number);
        }
        self.core.calls.insert(call);
        if with.is_some() {
            self.regrouped(number, with);
        }
        self.rearranged = true;
        self.updated(number, adoption.update);
        if muted {
            self.mail.push(Effect::Audio(AudioEffect::SetMuted(number, true)));
        }
        if emergency && held {
            self.perform_alone(provider, number, uuid, Verb::SetHeld(false));
        }
        if emergency && adoption.muted {
            self.perform_alone(provider, number, uuid, Verb::SetMuted(false));
        }
        if hold {
            self.perform_alone(provider, number, uuid, Verb::SetHeld(true));
        }
        if let Some(number) = self.core.emergency
            && let Some(of) = self.core.calls.get(number).map(|call| call.provider)
        {
            self.clear_the_way(number, of);
        }
        Ok(())
    }
}
