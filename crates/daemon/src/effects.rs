use crate::flow_log::Noted;
use crate::performs::Asked;
use crate::service::Service;
use hookswitch_bus::{
    AcceptedRecord, AdmittedRecord, AdoptedRecord, AttachedRecord, CallRecord, ChangeRecord,
    FinishedRecord, ObservedRecord, OwnCallRecord, PerformRecord, Refusal, RegisteredRecord,
    TransactionRecord, names,
};
use hookswitch_core::words::{
    CallState, CallUuid, ProviderId, RequestId, SurfaceId, Timestamp, TransactionId, Verb,
};
use hookswitch_core::{CallView, Change, Effect, Finished, Input, Perform, ProviderNews, Reply};
use std::collections::{BTreeMap, VecDeque};
use zbus::message::Header;

/// Inputs that may follow from one for the calls of GNOME Calls. Few do; whatever it says, this has an end.
const MOST_FOLLOWS: usize = 64;

/// A call that waits for the core's answer.
pub(crate) struct Replying<'a> {
    pub request: RequestId,
    pub call: &'a Header<'a>,
    pub form: Form,
}

/// What a granted request is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Empty,
    Registered {
        verified: bool,
    },
    Admitted,
    /// With the audio session of this call.
    Adopted(ProviderId, CallUuid),
    Accepted,
    /// With the changes of this surface's own request.
    AcceptedBy(SurfaceId),
}

impl Service {
    /// Let the core decide, and put everything that follows into the outbox.
    pub fn decide(&mut self, input: Input, replying: Option<Replying<'_>>) -> Option<Reply> {
        let mut reply = None;
        let mut next = VecDeque::from([input]);
        let mut follows = 0;
        while let Some(mut input) = next.pop_front() {
            let now = self.clock.now();
            let due = self.core.next_deadline();
            // What is due happens by itself first, so that the log of flows can say what followed from which.
            if input != Input::Tick && due.is_some_and(|due| due <= now.at) {
                next.push_front(std::mem::replace(&mut input, Input::Tick));
            }
            let note = self.flow.is_on().then(|| input.clone());
            let effects = self.core.handle(now, input);
            let activated = self.apply(now.at, &effects, replying.as_ref(), &mut reply);
            activated.into_iter().rev().for_each(|input| next.push_front(input));
            if next.is_empty() && follows < MOST_FOLLOWS {
                next.extend(self.next_of_gnome_app());
                follows += 1;
            }
            if let Some(input) = note {
                self.flow.note(Noted { at: now.at, due, input, effects });
            }
        }
        self.show_notifications();
        reply
    }

    fn apply(
        &mut self,
        now: Timestamp,
        effects: &[Effect],
        replying: Option<&Replying<'_>>,
        answer: &mut Option<Reply>,
    ) -> Vec<Input> {
        self.make_way_for_calls(effects);
        self.share_ring(effects);
        self.follow_end(now, effects);
        // First: its threads are at work while everybody else is told.
        let activated = self.tell_audio(now, effects);
        let mut change = None;
        let mut ring = None;
        let mut accepted = false;
        for effect in effects {
            match effect {
                Effect::Change(of) => change = Some(of),
                Effect::Ring(level) => ring = Some(level.name().to_owned()),
                Effect::Reply(_, Reply::Accepted(_)) => accepted = true,
                _ => {}
            }
        }
        let by = match replying.map(|replying| replying.form) {
            Some(Form::AcceptedBy(surface)) if accepted => Some(surface),
            _ => None,
        };
        let mut own = None;
        if change.is_some() || ring.is_some() {
            own = self.tell_surfaces(change, ring, by);
        }
        if let Some(change) = change {
            self.tell_observers(change);
            self.tell_owners(change);
            self.show_on_shell(now, change);
        }
        self.note_heard(effects);
        for effect in effects {
            match effect {
                Effect::Record(entry) => self.record(entry.clone()),
                Effect::Change(_) | Effect::Ring(_) | Effect::Audio(_) => {}
                // What the shell does about it follows when everybody was told.
                Effect::Unseen(_) | Effect::Seen(_) => {}
                Effect::Reply(request, reply) => {
                    // What follows by itself may have replies of its own.
                    answer.get_or_insert(*reply);
                    if let Some(replying) = replying.filter(|of| of.request == *request) {
                        self.reply(now, replying, *reply, own.take());
                    }
                }
                Effect::Provider(provider, news) => self.tell_provider(now, *provider, news),
            }
        }
        self.follow_sight(now, effects);
        self.follow_needs(effects);
        self.note_for_gnome_app(effects);
        activated
    }

    fn reply(
        &mut self,
        now: Timestamp,
        replying: &Replying<'_>,
        reply: Reply,
        change: Option<ChangeRecord>,
    ) {
        let call = replying.call;
        let refusal = match reply {
            Reply::Done => {
                return match replying.form {
                    Form::Adopted(provider, uuid) => {
                        let audio = self.session_of(provider, uuid);
                        self.out.reply(call, &AdoptedRecord { audio })
                    }
                    _ => self.out.reply(call, &()),
                };
            }
            Reply::Registered { adopt_until } => {
                let verified = replying.form == Form::Registered { verified: true };
                let left = adopt_until.map(|until| until.0.saturating_sub(now.0));
                let record = RegisteredRecord {
                    version: names::VERSION,
                    features: names::FEATURES.iter().map(|&word| word.to_owned()).collect(),
                    verified,
                    adopt_within_ms: left.map(|ms| u32::try_from(ms).unwrap_or(u32::MAX)),
                };
                return self.out.reply(call, &record);
            }
            Reply::Admitted(number) => {
                let audio = self.audio.session(number);
                return self.out.reply(call, &AdmittedRecord { number: number.0, audio });
            }
            // Those who have their own words for it, and wait for nothing more.
            Reply::Accepted(_) if replying.form == Form::Empty => return self.out.reply(call, &()),
            Reply::Accepted(transaction) => {
                let record = AcceptedRecord { transaction: transaction.0, change };
                return self.out.reply(call, &record);
            }
            Reply::RegisterRefused(error) => Refusal::from(error),
            Reply::IncomingRefused(error) => Refusal::from(error),
            Reply::ReportRefused(error) => Refusal::from(error),
            Reply::RequestRefused(error) => Refusal::from(error),
            Reply::CompletionRefused(error) => Refusal::from(error),
        };
        self.out.refuse(call, &refusal);
    }

    /// One signal to each surface; the one whose request this was gets its change back instead, for its reply.
    fn tell_surfaces(
        &mut self,
        change: Option<&Change>,
        ring: Option<String>,
        by: Option<SurfaceId>,
    ) -> Option<ChangeRecord> {
        if self.peers.surfaces().is_empty() {
            return None;
        }
        let views = change.map_or(&[][..], |change| &change.calls);
        let calls: Vec<CallRecord> = views.iter().map(|view| self.call_record(view)).collect();
        let calls = (!calls.is_empty()).then_some(calls);
        let finished = change.map_or(&[][..], |change| &change.finished);
        let of = |surface: SurfaceId| {
            let own = finished.iter().filter(|(of, _)| *of == surface);
            let own: Vec<FinishedRecord> = own.map(|(_, done)| done.into()).collect();
            (!own.is_empty()).then_some(own)
        };
        let mut record = ChangeRecord { calls, finished: None, ring };
        let others = self.peers.surfaces().iter().filter(|(surface, _)| by != Some(*surface));
        for (surface, connection) in others {
            record.finished = of(*surface);
            if record != ChangeRecord::default() {
                self.out.signal(connection, names::SURFACE, "Changed", &record);
            }
        }
        let by = by.filter(|by| self.peers.surfaces().iter().any(|(surface, _)| surface == by))?;
        record.finished = of(by);
        Some(record)
    }

    /// The record of a call with what is known about its app.
    pub fn call_record(&self, view: &CallView) -> CallRecord {
        match self.peers.provider(view.provider) {
            Some(provider) => CallRecord::of(view, &provider.app_name, provider.verified),
            // Its provider just left.
            None => CallRecord::of(view, view.app().as_str(), false),
        }
    }

    fn tell_observers(&mut self, change: &Change) {
        if self.peers.observers().is_empty() {
            self.observed.clear();
            return;
        }
        for view in &change.calls {
            let seen = ObservedRecord::of(view);
            let before = match view.state {
                CallState::Ended => self.observed.remove(&view.number),
                _ => self.observed.insert(view.number, seen),
            };
            if before != Some(seen) {
                for connection in self.peers.observers() {
                    self.out.signal(connection, names::OBSERVER, "CallChanged", &seen);
                }
            }
        }
    }

    /// One signal to each app that observes its own calls, of those that are different for it: what another app's call
    /// changes in the choices of this one is not for it to know.
    fn tell_owners(&mut self, change: &Change) {
        if self.peers.own_observers().is_empty() {
            self.own_calls.clear();
            return;
        }
        let mut own: BTreeMap<ProviderId, Vec<OwnCallRecord>> = BTreeMap::new();
        for view in &change.calls {
            let seen = OwnCallRecord::of(view);
            let before = match view.state {
                CallState::Ended => self.own_calls.remove(&view.number),
                _ => self.own_calls.insert(view.number, seen.clone()),
            };
            if before.as_ref() != Some(&seen) && self.peers.own_observers().contains(&view.provider)
            {
                own.entry(view.provider).or_default().push(seen);
            }
        }
        for (provider, calls) in own {
            if let Some(peer) = self.peers.provider(provider) {
                self.out.signal(&peer.connection, names::PROVIDER, "CallsChanged", &calls);
            }
        }
    }

    fn tell_provider(&mut self, now: Timestamp, provider: ProviderId, news: &ProviderNews) {
        if self.shell.gnome_app.is(provider) {
            return self.tell_gnome_app(provider, news);
        }
        let Some(peer) = self.peers.provider(provider).cloned() else { return };
        let to = peer.connection.as_str();
        match news {
            ProviderNews::Perform(perform) => self.ask(now, provider, to, perform),
            ProviderNews::Execute { transaction, performs } => {
                self.offer(now, provider, to, *transaction, performs);
            }
            ProviderNews::DidAttachCall { call, state, facts } => {
                let audio = self.session_of(provider, *call);
                let attached = AttachedRecord { audio, ..AttachedRecord::of(*state, facts) };
                let body = (call.to_string(), attached);
                self.out.call_delegate(to, "DidAttachCall", &body, false);
            }
            ProviderNews::TimedOut { action, call, verb } => {
                let details = TimedOutRecord {
                    call: call.to_string(),
                    action_kind: verb.kind().name().to_owned(),
                };
                self.out.call_delegate(to, "TimedOut", &(action.0, details), false);
            }
            ProviderNews::DidActivateAudio(call) => {
                let grant = self.session_of(provider, *call).unwrap_or_default();
                self.out.call_delegate(
                    to,
                    "DidActivateAudioSession",
                    &(call.to_string(), grant),
                    false,
                );
            }
            ProviderNews::DidDeactivateAudio(call) => {
                let body = (call.to_string(), Nothing::default());
                self.out.call_delegate(to, "DidDeactivateAudioSession", &body, false);
            }
            ProviderNews::Finished(finished) => self.tell_finished(to, finished),
        }
    }

    fn ask(&mut self, now: Timestamp, provider: ProviderId, to: &str, perform: &Perform) {
        let (member, mut record) = PerformRecord::of(perform, now);
        if perform.verb == Verb::Start {
            record.audio = self.session_of(provider, perform.call);
        }
        let body = (perform.action.0, perform.call.to_string(), record);
        if let Some(serial) = self.out.call_delegate(to, member, &body, true) {
            let asked = match perform.verb {
                Verb::SetTranslating(Some(_)) => Asked::Translate(perform.action),
                _ => Asked::Perform(perform.action),
            };
            self.performs.expect(serial, asked, to);
        }
    }

    fn offer(
        &mut self,
        now: Timestamp,
        provider: ProviderId,
        to: &str,
        id: TransactionId,
        performs: &[Perform],
    ) {
        let record = |perform: &Perform| {
            let starts = perform.verb == Verb::Start;
            let audio = starts.then(|| self.session_of(provider, perform.call)).flatten();
            PerformRecord { audio, ..PerformRecord::offered(perform, now) }
        };
        let records: Vec<PerformRecord> = performs.iter().map(record).collect();
        let own = performs.iter().find_map(|perform| perform.origin);
        let details = TransactionRecord { transaction: own.map(|id| id.0) };
        let body = (id.0, records, details);
        if let Some(serial) = self.out.call_delegate(to, "ExecuteTransaction", &body, true) {
            self.performs.expect(serial, Asked::Execute(id), to);
        }
    }

    fn tell_finished(&mut self, to: &str, finished: &Finished) {
        let record = FinishedRecord::from(finished);
        self.out.call_delegate(to, "TransactionFinished", &record, false);
    }
}

/// An empty record.
#[derive(Default, zbus::SerializeDict, zbus::Type)]
#[zbus(signature = "dict")]
struct Nothing {}

#[derive(zbus::SerializeDict, zbus::Type)]
#[zbus(signature = "dict")]
struct TimedOutRecord {
    call: String,
    action_kind: String,
}
