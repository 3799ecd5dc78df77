use super::Arbiter;
use super::room::Room;
use crate::call::Call;
use crate::effect::{CallView, Effect, EndTone, Finished, ProviderNews, Reply};
use crate::group::Group;
use crate::input::{Input, Now};
use crate::words::{
    CallNumber, Capabilities, Date, EndedReason, ProviderId, RecentsEntry, RequestId, SurfaceId,
};
use alloc::vec::Vec;
use core::mem::take;

/// One input being handled: the state, the time, and what follows.
pub(super) struct Turn<'a> {
    pub core: &'a mut Arbiter,
    pub now: Now,
    /// Entries to write, by call; a later one replaces an earlier one.
    pub records: Vec<RecentsEntry>,
    /// Live calls whose view may have changed.
    pub dirty: Marks,
    /// Live calls whose entry changed.
    pub stale: Marks,
    pub ended: Vec<CallView>,
    pub finished: Vec<(SurfaceId, Finished)>,
    /// Audio, replies and provider news, in order.
    pub mail: Vec<Effect>,
    /// The user ended the active call of this provider.
    pub user_ended: Option<ProviderId>,
    /// Outgoing calls that ended before they connected.
    pub dial_failed: Vec<CallNumber>,
    /// A call that the user was with ended without their doing.
    pub end_tone: Option<(CallNumber, EndTone)>,
    /// Whether the arrangement of calls, on which choices of others depend, may have changed.
    pub rearranged: bool,
}

impl<'a> Turn<'a> {
    pub fn new(core: &'a mut Arbiter, now: Now) -> Self {
        let Room { records, dirty, stale, mail, .. } = &mut core.room;
        let (records, dirty) = (take(records), take(dirty));
        let (stale, mail) = (take(stale), take(mail));
        Self {
            core,
            now,
            records,
            dirty: Marks(dirty),
            stale: Marks(stale),
            ended: Vec::new(),
            finished: Vec::new(),
            mail,
            user_ended: None,
            dial_failed: Vec::new(),
            end_tone: None,
            rearranged: false,
        }
    }

    pub fn take(&mut self, input: Input) {
        match input {
            Input::Register { provider, request, app, configuration } => {
                // The reply comes before what waited for the app.
                let slot = self.mail.len();
                let reply = match self.register(provider, app, configuration) {
                    Ok(adopt_until) => Reply::Registered { adopt_until },
                    Err(error) => Reply::RegisterRefused(error),
                };
                self.mail.insert(slot, Effect::Reply(request, reply));
            }
            Input::Configure { provider, request, configuration } => {
                let reply = match self.configure(provider, configuration) {
                    Ok(()) => Reply::Done,
                    Err(error) => Reply::RegisterRefused(error),
                };
                self.reply(request, reply);
            }
            Input::Invalidate { provider, request } => {
                let reply = self.invalidate(provider);
                self.reply(request, reply);
            }
            Input::ProviderLost { provider } => self.provider_lost(provider),
            Input::Report { provider, request, call, report } => {
                let reply = self.report(provider, call, report);
                self.reply(request, reply);
            }
            Input::Complete { provider, action, completion, request } => {
                let result = self.complete(provider, action, completion);
                if let Some(request) = request {
                    let reply = result.map_or_else(Reply::CompletionRefused, |()| Reply::Done);
                    self.reply(request, reply);
                }
            }
            Input::Executed { provider, transaction, handled } => {
                self.executed(provider, transaction, handled);
            }
            Input::Rung { provider, request, app, configuration, call, update, verdict } => {
                let slot = self.mail.len();
                let reply = match self.rung(provider, app, configuration, call, update, verdict) {
                    Ok(number) => Reply::Admitted(number),
                    Err(error) => Reply::IncomingRefused(error),
                };
                self.mail.insert(slot, Effect::Reply(request, reply));
            }
            Input::Request { requester, request, actions, revision } => {
                // The reply comes before the performs that follow from it.
                let slot = self.mail.len();
                let reply = match self.request(requester, actions, revision) {
                    Ok(transaction) => Reply::Accepted(transaction),
                    Err(error) => Reply::RequestRefused(error),
                };
                self.mail.insert(slot, Effect::Reply(request, reply));
            }
            Input::SurfaceRegistered { surface } => {
                self.core.surfaces.insert(surface);
            }
            Input::SurfaceLeft { surface } => self.surface_left(surface),
            Input::Presented { surface, call } => self.presented(surface, call),
            Input::NotPresented { surface, call } => self.not_presented(surface, call),
            Input::Silence { surface: _, request, call } => {
                let reply = self.silence(call);
                self.reply(request, reply);
            }
            Input::Press { long } => self.press(long),
            Input::AudioActivated { call } => self.audio_activated(call),
            Input::Restore { orphans, next_number } => self.restore(orphans, next_number),
            Input::Tick => {}
        }
    }

    pub fn reply(&mut self, request: RequestId, reply: Reply) {
        self.mail.push(Effect::Reply(request, reply));
    }

    pub fn tell(&mut self, provider: ProviderId, news: ProviderNews) {
        if self.core.providers.get(provider).is_some_and(|known| known.stand_in.is_none()) {
            self.mail.push(Effect::Provider(provider, news));
        }
    }

    /// Put a call into another state. Everything that can follow from that is looked at in `settle`.
    pub fn set_state(&mut self, number: CallNumber, state: crate::call::State) {
        self.rearranged |= self.core.calls.set_state(number, state);
        self.dirty.insert(number);
    }
}

/// Calls to look at when everything is settled: usually one or two, so that a set costs more than sorting them then.
#[derive(Default)]
pub(super) struct Marks(Vec<CallNumber>);

impl Marks {
    pub fn insert(&mut self, number: CallNumber) {
        if self.0.last() != Some(&number) {
            self.0.push(number);
        }
    }

    pub fn extend(&mut self, numbers: impl IntoIterator<Item = CallNumber>) {
        numbers.into_iter().for_each(|number| self.insert(number));
    }

    pub fn remove(&mut self, number: CallNumber) {
        self.0.retain(|marked| *marked != number);
    }

    /// Each once, lowest first.
    pub fn take(&mut self) -> Vec<CallNumber> {
        let mut numbers = take(&mut self.0);
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

fn view(call: &Call, group: Option<&Group>, capabilities: Capabilities) -> CallView {
    let ending = match call.state {
        crate::call::State::Ending { kind, .. } => Some(kind),
        _ => None,
    };
    CallView {
        number: call.number,
        provider: call.provider,
        facts: call.facts.clone(),
        state: call.public_state(),
        group: call.group,
        group_connected: group.and_then(|group| group.connected),
        muted: call.muted,
        choices: call.choices.clone(),
        choices_revision: call.choices_revision,
        started: call.started,
        connected: call.connected,
        ended: None,
        ending,
        capabilities,
        translating: call.translating.clone(),
    }
}

impl Arbiter {
    /// The call as surfaces see it.
    pub(super) fn view(&self, call: &Call) -> CallView {
        let provider = self.providers.get(call.provider);
        let can = call.facts.capabilities;
        let can = provider.map_or(can, |provider| provider.allows(can));
        view(call, self.calls.group_of(call.number), can)
    }
}

/// The call's line in recents, as it stands.
pub(super) fn entry(call: &Call, has_audio: bool, now: Date) -> RecentsEntry {
    let facts = &call.facts;
    RecentsEntry {
        number: call.number,
        app: facts.app.clone(),
        account: facts.account.clone(),
        uuid: facts.uuid,
        direction: facts.direction,
        handle: facts.handle.clone(),
        name: facts.name.clone(),
        video: facts.video,
        emergency: facts.emergency,
        started: call.started.unwrap_or(now),
        connected: call.connected,
        ended: None,
        reason: None,
        missed: None,
        listed: call.logged,
        has_audio,
    }
}

/// The call's line in recents, closed. Dates only go forward within an entry.
pub(super) fn closed(mut entry: RecentsEntry, reason: EndedReason, at: Date) -> RecentsEntry {
    entry.ended = Some(at.max(entry.connected.unwrap_or(entry.started)));
    entry.reason = Some(reason);
    entry.has_audio = false;
    entry
}
