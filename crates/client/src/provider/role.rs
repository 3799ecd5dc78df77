use super::{Outcomes, Provider};
use crate::audio::AudioSession;
use crate::delegate::{ProviderDelegate, Reset, TimedOut};
use crate::error::{Error, Fault, ServiceError};
use crate::line::{Line, Role, read};
use crate::offered::{AttachedCall, OfferedAction, OfferedTransaction};
use crate::pending::Finish;
use crate::ticket::{PendingAction, Slot, Ticket};
use crate::wire;
use hookswitch_bus::names::{DELEGATE, DELEGATE_PATH, PROVIDER};
use hookswitch_bus::{
    AttachedRecord, AudioSessionRecord, ExecutedRecord, FinishedRecord, PerformRecord,
    RegisteredRecord, action_kind, is_perform,
};
use hookswitch_core::words::{
    ActionId, ActionKind, CallState, CallUuid, RegisterError, TransactionId, Verb,
};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use zbus::message::Flags;
use zbus::{DeserializeDict, Message, Type};

/// What a provider's connection does with what arrives: it calls the delegate.
pub(crate) struct ProviderRole {
    delegate: Box<dyn ProviderDelegate>,
    provider: Provider,
    /// Who waits for the first registration.
    first: Option<oneshot::Sender<Result<(), Error<RegisterError>>>>,
    outcomes: Outcomes,
}

#[derive(Clone, Debug, Default, DeserializeDict, Type)]
#[zbus(signature = "dict")]
struct TimedOutRecord {
    call: Option<String>,
    action_kind: Option<String>,
}

/// Details of which this version knows none.
#[derive(Clone, Debug, Default, DeserializeDict, Type)]
#[zbus(signature = "dict")]
struct NoDetails {}

/// A call that is none the contract has, or not the way it has it.
struct Wrong(&'static str, String);

impl ProviderRole {
    pub fn new(
        delegate: Box<dyn ProviderDelegate>,
        provider: Provider,
        first: oneshot::Sender<Result<(), Error<RegisterError>>>,
    ) -> Self {
        Self { delegate, provider, first: Some(first), outcomes: Outcomes::new() }
    }

    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// A request was accepted: its outcome will come.
    pub fn await_outcome(&mut self, transaction: u64, tell: oneshot::Sender<Finish>) {
        self.outcomes.insert(transaction, tell);
    }

    /// A call is new: its audio session, if the service has audio.
    pub fn prepare(&mut self, call: CallUuid, record: Option<AudioSessionRecord>) {
        let Some(record) = record else { return };
        let session = AudioSession::new(record, false);
        self.provider.keep_audio(call, session.clone());
        self.delegate.prepare_audio_session(&self.provider, call, session);
    }

    fn registered(&mut self, reply: Result<RegisteredRecord, Fault>) {
        match (reply, self.first.take()) {
            (Ok(record), first) => {
                self.provider.set_registration(&record);
                self.provider.line.set_ready();
                let adopt_within = record.adopt_within_ms.map(u64::from).map(Duration::from_millis);
                if self.provider.kept_calls().registered(adopt_within) {
                    self.provider.observe_calls();
                }
                match first {
                    Some(first) => drop(first.send(Ok(()))),
                    None => {
                        self.delegate.did_reset(&self.provider, Reset { adopt_within });
                    }
                }
                self.delegate.did_begin(&self.provider);
            }
            // It left again before it answered: the next one is asked.
            (Err(Fault::Service(ServiceError::Restarting)), first) => self.first = first,
            (Err(fault), Some(first)) => drop(first.send(Err(fault.into()))),
            (Err(fault), None) => {
                let error: Error<RegisterError> = fault.into();
                tracing::error!(%error, "the service restarted and would not have this app back");
                self.provider.close(error);
                self.provider.line.close();
            }
        }
    }

    fn perform(
        &mut self,
        member: &str,
        message: &Message,
        (action, call, mut details): (u64, &str, PerformRecord),
    ) -> Result<(), Wrong> {
        let call = uuid(call)?;
        self.prepare(call, details.audio.take());
        let Some(verb) = details.verb(member) else {
            return Err(Wrong("InvalidArgs", "The details are not complete.".to_owned()));
        };
        let (pending, handing_over) = pending(action, call, &verb, &details);
        let slot = Slot::new(pending, handing_over, message);
        self.provider.remember_action(&slot);
        let ticket = Ticket::new(slot.clone(), self.provider.clone());
        let ends = verb.kind() == ActionKind::End;
        OfferedAction::new(call, verb, details, ticket)
            .perform(self.delegate.as_mut(), &self.provider);
        if ends {
            self.provider.forget_audio(call);
        }
        slot.defer(&self.provider);
        Ok(())
    }

    /// A whole is carried out by the app, or comes again piece by piece.
    fn execute(
        &mut self,
        (transaction, records, _): (u64, Vec<PerformRecord>, NoDetails),
    ) -> ExecutedRecord {
        let offers: Option<Vec<_>> =
            records.into_iter().map(|record| Some((record.offer()?, record))).collect();
        // Of something this version does not know nobody can say that it will be done.
        let Some(offers) = offers else { return ExecutedRecord { handled: Some(false) } };
        let mut slots = Vec::new();
        let mut actions = Vec::new();
        for ((action, call, verb), mut details) in offers {
            self.prepare(call, details.audio.take());
            let (pending, handing_over) = pending(action, call, &verb, &details);
            let slot = Slot::offered(pending, handing_over);
            self.provider.remember_action(&slot);
            let ticket = Ticket::new(slot.clone(), self.provider.clone());
            slots.push(slot);
            actions.push(OfferedAction::new(call, verb, details, ticket));
        }
        let mut offered = OfferedTransaction { id: TransactionId(transaction), actions };
        let handled = self.delegate.execute_transaction(&self.provider, &mut offered);
        if !handled {
            for slot in slots {
                slot.give_up();
                self.provider.forget_action(slot.action.id);
            }
        }
        ExecutedRecord { handled: Some(handled) }
    }

    fn timed_out(&mut self, action: u64, details: TimedOutRecord) -> Result<(), Wrong> {
        let action = ActionId(action);
        let slot = self.provider.forget_action(action);
        if let Some(slot) = &slot {
            slot.give_up();
        }
        let call = match (details.call, &slot) {
            (Some(call), _) => uuid(&call)?,
            (None, Some(slot)) => slot.action.call,
            (None, None) => return Err(Wrong("InvalidArgs", "`call` is missing.".to_owned())),
        };
        let kind = slot.map(|slot| slot.action.kind);
        let kind = kind.or(details.action_kind.as_deref().and_then(action_kind));
        self.delegate.timed_out_performing(&self.provider, TimedOut { action, call, kind });
        Ok(())
    }

    fn finished(&mut self, record: &FinishedRecord) {
        let finished = wire::finished(record);
        if let Some(tell) = self.outcomes.remove(&record.transaction) {
            let _ = tell.send(Ok(finished.results.clone()));
        }
        self.delegate.transaction_finished(&self.provider, finished);
    }

    fn dispatch(&mut self, member: &str, message: &Message) -> Result<(), Wrong> {
        let body = message.body();
        let wrong = |error: zbus::Error| Wrong("InvalidArgs", error.to_string());
        match member {
            _ if is_perform(member) => {
                return self.perform(member, message, body.deserialize().map_err(wrong)?);
            }
            "ExecuteTransaction" => {
                let executed = self.execute(body.deserialize().map_err(wrong)?);
                self.provider.line.send(Message::method_return(&message.header()).build(&executed));
                return Ok(());
            }
            "DidAttachCall" => {
                let (call, record): (String, AttachedRecord) = body.deserialize().map_err(wrong)?;
                let call = uuid(&call)?;
                self.prepare(call, record.audio);
                let attached = AttachedCall {
                    call,
                    state: CallState::from_name(&record.state).unwrap_or(CallState::Ringing),
                    account: record.account.into(),
                    handle: wire::handle(record.handle, &record.handle_kind, record.handle_name),
                    name: record.name,
                    video: record.has_video.unwrap_or(false),
                };
                self.delegate.did_attach_call(&self.provider, attached);
            }
            "TimedOut" => {
                let (action, details) = body.deserialize().map_err(wrong)?;
                self.timed_out(action, details)?;
            }
            "DidActivateAudioSession" => {
                let (call, grant): (String, AudioSessionRecord) =
                    body.deserialize().map_err(wrong)?;
                let call = uuid(&call)?;
                // Of a service that has no audio it is empty, and there is no session.
                if grant != AudioSessionRecord::default() {
                    self.provider.keep_audio(call, AudioSession::new(grant, true));
                }
                self.delegate.did_activate_audio_session(&self.provider, call);
            }
            "DidDeactivateAudioSession" => {
                let call = audio_call(&body)?;
                self.provider.stop_audio(call);
                self.delegate.did_deactivate_audio_session(&self.provider, call);
            }
            "TransactionFinished" => {
                let record: FinishedRecord = body.deserialize().map_err(wrong)?;
                self.finished(&record);
            }
            _ => return Err(Wrong("UnknownMethod", "This version has no such method.".to_owned())),
        }
        if !message.primary_header().flags().contains(Flags::NO_REPLY_EXPECTED) {
            self.provider.line.send(Message::method_return(&message.header()).build(&()));
        }
        Ok(())
    }
}

impl Role for ProviderRole {
    fn service_came(&mut self, _: &Arc<Line<Self>>) {
        self.provider.register(Self::registered);
    }

    fn signal(&mut self, _: &Arc<Line<Self>>, member: &str, message: &Message) {
        let ours = message.header().interface().is_some_and(|name| name.as_str() == PROVIDER);
        if ours && member == "CallsChanged" {
            match read(message) {
                Ok(calls) => self.provider.kept_calls().change(calls),
                Err(_) => tracing::warn!("the service said something that is not understood"),
            }
        }
    }

    fn service_left(&mut self, _: &Arc<Line<Self>>) {
        self.provider.kept_calls().service_left();
        self.provider.stop_all_audio();
        self.provider.give_up_actions();
        for (_, tell) in self.outcomes.drain() {
            let _ = tell.send(Err(ServiceError::Restarting));
        }
    }

    fn call(&mut self, line: &Arc<Line<Self>>, message: &Message) -> bool {
        let header = message.header();
        let ours = header.path().is_some_and(|path| path.as_str() == DELEGATE_PATH)
            && header.interface().is_none_or(|name| name.as_str() == DELEGATE);
        let member = header.member().map_or("", |member| member.as_str());
        if !ours || (header.interface().is_none() && matches!(member, "Ping" | "Introspect")) {
            return false;
        }
        if !line.is_service(message) {
            let text = "Only the call service may tell a provider what to do.";
            line.refuse(message, "org.freedesktop.DBus.Error.AccessDenied", text);
        } else if let Err(Wrong(name, text)) = self.dispatch(member, message) {
            tracing::warn!(member, "the service said something that is not understood");
            line.refuse(message, &format!("org.freedesktop.DBus.Error.{name}"), &text);
        }
        true
    }

    fn closed(&mut self, why: ServiceError) {
        self.provider.give_up_actions();
        self.provider.kept_calls().close(why.clone().into());
        let let_go = why == ServiceError::LetGo && !self.provider.is_closed();
        self.provider.close(why.into());
        if !let_go {
            self.delegate.did_lose_bus(&self.provider);
        }
    }
}

fn audio_call(body: &zbus::message::Body) -> Result<CallUuid, Wrong> {
    let read = body.deserialize::<(String, NoDetails)>();
    let (call, _) = read.map_err(|error| Wrong("InvalidArgs", error.to_string()))?;
    uuid(&call)
}

fn uuid(text: &str) -> Result<CallUuid, Wrong> {
    text.parse().map_err(|_| Wrong("InvalidArgs", "The call's id is not a UUID.".to_owned()))
}

fn pending(
    action: u64,
    call: CallUuid,
    verb: &Verb,
    details: &PerformRecord,
) -> (PendingAction, bool) {
    let action = PendingAction {
        id: ActionId(action),
        call,
        kind: verb.kind(),
        deadline: Instant::now() + Duration::from_millis(u64::from(details.deadline_ms)),
        transaction: details.transaction.map(TransactionId),
        part_of: details.part_of.map(TransactionId),
    };
    (action, details.handing_over.unwrap_or(false))
}
