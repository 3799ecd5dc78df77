use super::event::{SurfaceChange, SurfaceEvent, SurfaceState};
use crate::call::Call;
use crate::error::{Error, Fault, ServiceError};
use crate::line::{Line, Role, read};
use crate::pending::{Finish, Pending};
use crate::wire;
use hookswitch_bus::names::SURFACE;
use hookswitch_bus::{AudioRecord, ChangeRecord, StateRecord, SurfaceRecord};
use hookswitch_core::words::{CallNumber, RequestError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};
use zbus::Message;

/// What a surface's connection does with what arrives: it keeps the calls in step, and passes everything on.
pub(crate) struct SurfaceRole {
    name: String,
    state: Arc<Mutex<SurfaceState>>,
    events: mpsc::UnboundedSender<SurfaceEvent>,
    first: Option<oneshot::Sender<Result<(), Error<RequestError>>>>,
    outcomes: HashMap<u64, oneshot::Sender<Finish>>,
}

impl SurfaceRole {
    pub fn new(
        name: String,
        state: Arc<Mutex<SurfaceState>>,
        events: mpsc::UnboundedSender<SurfaceEvent>,
        first: oneshot::Sender<Result<(), Error<RequestError>>>,
    ) -> Self {
        Self { name, state, events, first: Some(first), outcomes: HashMap::new() }
    }

    /// A request was accepted: what it changed comes with the reply, its outcome then or later.
    pub fn accepted(
        &mut self,
        transaction: u64,
        change: Option<ChangeRecord>,
        tell: oneshot::Sender<Finish>,
    ) {
        self.outcomes.insert(transaction, tell);
        if let Some(change) = change {
            self.change(change);
        }
    }

    fn change(&mut self, record: ChangeRecord) {
        let finished: Vec<_> =
            record.finished.unwrap_or_default().iter().map(wire::finished).collect();
        let change = SurfaceChange {
            calls: record.calls.unwrap_or_default().into_iter().map(Call::from).collect(),
            finished: finished.clone(),
            ring: record.ring.as_deref().map(wire::ring),
        };
        if change != SurfaceChange::default() {
            self.tell(SurfaceEvent::Changed(change));
        }
        for finished in finished {
            if let Some(tell) = self.outcomes.remove(&finished.transaction.0) {
                let _ = tell.send(Ok(finished.results));
            }
        }
    }

    fn tell(&mut self, event: SurfaceEvent) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).apply(&event);
        let _ = self.events.send(event);
    }

    fn registered(&mut self, line: &Arc<Line<Self>>, reply: Result<StateRecord, Fault>) {
        match (reply, self.first.take()) {
            (Ok(record), first) => {
                line.set_ready();
                let endpoints = record.endpoints.unwrap_or_default();
                let audio = AudioRecord { server: record.server, endpoints }.into();
                let calls = record.calls.into_iter().map(Call::from);
                let state = SurfaceState {
                    calls: calls.map(|call| (call.number, call)).collect(),
                    ring: wire::ring(&record.ring),
                    audio,
                };
                self.tell(SurfaceEvent::Reset(state));
                if let Some(first) = first {
                    let _ = first.send(Ok(()));
                }
            }
            (Err(Fault::Service(ServiceError::Restarting)), first) => self.first = first,
            (Err(fault), Some(first)) => drop(first.send(Err(fault.into()))),
            (Err(fault), None) => {
                self.tell(SurfaceEvent::Closed(fault.into()));
                line.close();
            }
        }
    }
}

impl Role for SurfaceRole {
    fn service_came(&mut self, line: &Arc<Line<Self>>) {
        let surface = SurfaceRecord { name: self.name.clone() };
        let with = line.clone();
        let registering: Pending<(), RequestError> =
            line.say_hello(SURFACE, "Register", &(surface,), move |role: &mut Self, reply| {
                role.registered(&with, reply.and_then(|reply| read(&reply)));
                Ok(())
            });
        registering.forget();
    }

    fn service_left(&mut self, _: &Arc<Line<Self>>) {
        self.tell(SurfaceEvent::ServiceLost);
        for (_, tell) in self.outcomes.drain() {
            let _ = tell.send(Err(ServiceError::Restarting));
        }
    }

    fn signal(&mut self, _: &Arc<Line<Self>>, member: &str, message: &Message) {
        let ours = message.header().interface().is_some_and(|name| name.as_str() == SURFACE);
        if ours && member == "AudioChanged" {
            match read::<AudioRecord>(message) {
                Ok(audio) => self.tell(SurfaceEvent::AudioChanged(audio.into())),
                Err(_) => tracing::warn!("the service said something that is not understood"),
            }
        } else if ours && member == "PresentCall" {
            match message.body().deserialize() {
                Ok(call) => self.tell(SurfaceEvent::PresentCall(CallNumber(call))),
                Err(_) => tracing::warn!("the service said something that is not understood"),
            }
        } else if ours && member == "Changed" {
            match read::<ChangeRecord>(message) {
                Ok(change) => self.change(change),
                Err(_) => tracing::warn!("the service said something that is not understood"),
            }
        }
    }

    fn closed(&mut self, why: ServiceError) {
        self.tell(why.into());
    }
}
