use crate::call::ObservedCall;
use crate::error::{Error, Fault, ServiceError};
use crate::line::{Line, Role, read};
use crate::pending::{Pending, REPLY_LIMIT};
use hookswitch_bus::names::{OBSERVER, SERVICE_INTERFACE};
use hookswitch_bus::{ObservedRecord, StatusRecord};
use hookswitch_core::words::{CallNumber, RequestError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};
use zbus::Message;

/// What an observer is told: first everything, then what changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObserverEvent {
    /// All live calls, at the beginning and after each restart of the service: replaces what was there.
    Reset(Vec<ObservedCall>),
    /// One call is new or different, or over.
    CallChanged(ObservedCall),
    /// The service left the bus. No call is known until the next `Reset`.
    ServiceLost,
    /// The end: the bus is gone or the observer was let go.
    Closed(ServiceError),
}

/// Who is in a call, for anybody: never with whom and never by which app. CallKit: `CXCallObserver`.
///
/// For a music player that pauses, or a status light. Any program may have one. It observes again by itself when the
/// service restarts.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut observer = hookswitch::CallObserver::connect().await?;
/// while observer.next().await.is_some() {
///     let busy = observer.calls().iter().any(|call| call.has_connected && !call.is_on_hold);
///     println!("{}", if busy { "in a call" } else { "free" });
/// }
/// # Ok(()) }
/// ```
pub struct CallObserver {
    line: Arc<Line<ObserverRole>>,
    calls: Calls,
    events: mpsc::UnboundedReceiver<ObserverEvent>,
}

type Calls = Arc<Mutex<BTreeMap<CallNumber, ObservedCall>>>;

impl CallObserver {
    /// Observe on the session bus; the service is started if need be. The first event is [`ObserverEvent::Reset`]. To be
    /// called within a tokio runtime that has IO and time.
    ///
    /// # Errors
    /// There is no bus, or the service is not on it.
    pub async fn connect() -> Result<Self, Error<RequestError>> {
        Self::connect_at(None).await
    }

    /// As [`connect`](Self::connect), on the bus at this address.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_at(address: Option<&str>) -> Result<Self, Error<RequestError>> {
        let (line, stream) = Line::open(address).await?;
        let calls = Calls::default();
        let (sender, events) = mpsc::unbounded_channel();
        let (tell, told) = oneshot::channel();
        let role = ObserverRole { calls: calls.clone(), events: sender, first: Some(tell) };
        line.listen(stream, role);
        let observer = Self { line, calls, events };
        observer.line.find_service().await?;
        match tokio::time::timeout(REPLY_LIMIT, told).await {
            Ok(Ok(observing)) => observing?,
            Ok(Err(_)) => return Err(ServiceError::BusLost.into()),
            Err(_) => return Err(ServiceError::TimedOut(REPLY_LIMIT.as_secs()).into()),
        }
        Ok(observer)
    }

    /// The live calls now, in the order in which they came.
    pub fn calls(&self) -> Vec<ObservedCall> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).values().copied().collect()
    }

    /// The next event; `None` after [`ObserverEvent::Closed`].
    pub async fn next(&mut self) -> Option<ObserverEvent> {
        self.events.recv().await
    }

    /// How the service is. Who is registered is told to surfaces only.
    pub fn status(&self) -> Pending<StatusRecord, RequestError> {
        self.line.ask(SERVICE_INTERFACE, "Status", &(), |_, reply| {
            Ok(reply.and_then(|reply| read(&reply))?)
        })
    }
}

impl Drop for CallObserver {
    fn drop(&mut self) {
        self.line.close();
    }
}

struct ObserverRole {
    calls: Calls,
    events: mpsc::UnboundedSender<ObserverEvent>,
    first: Option<oneshot::Sender<Result<(), Error<RequestError>>>>,
}

impl ObserverRole {
    fn tell(&mut self, event: ObserverEvent) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        match &event {
            ObserverEvent::Reset(all) => {
                *calls = all.iter().map(|call| (call.number, *call)).collect();
            }
            ObserverEvent::CallChanged(call) if call.has_ended => drop(calls.remove(&call.number)),
            ObserverEvent::CallChanged(call) => drop(calls.insert(call.number, *call)),
            ObserverEvent::ServiceLost | ObserverEvent::Closed(_) => calls.clear(),
        }
        drop(calls);
        let _ = self.events.send(event);
    }

    fn observing(&mut self, line: &Line<Self>, reply: Result<Vec<ObservedRecord>, Fault>) {
        match (reply, self.first.take()) {
            (Ok(calls), first) => {
                line.set_ready();
                self.tell(ObserverEvent::Reset(calls.into_iter().map(Into::into).collect()));
                if let Some(first) = first {
                    let _ = first.send(Ok(()));
                }
            }
            (Err(Fault::Service(ServiceError::Restarting)), first) => self.first = first,
            (Err(fault), Some(first)) => drop(first.send(Err(fault.into()))),
            (Err(fault), None) => {
                self.tell(ObserverEvent::Closed(fault.into()));
                line.close();
            }
        }
    }
}

impl Role for ObserverRole {
    fn service_came(&mut self, line: &Arc<Line<Self>>) {
        let with = line.clone();
        let observing: Pending<(), RequestError> =
            line.say_hello(OBSERVER, "Observe", &(), move |role: &mut Self, reply| {
                role.observing(&with, reply.and_then(|reply| read(&reply)));
                Ok(())
            });
        observing.forget();
    }

    fn service_left(&mut self, _: &Arc<Line<Self>>) {
        self.tell(ObserverEvent::ServiceLost);
    }

    fn signal(&mut self, _: &Arc<Line<Self>>, member: &str, message: &Message) {
        let ours = message.header().interface().is_some_and(|name| name.as_str() == OBSERVER);
        if ours
            && member == "CallChanged"
            && let Ok(call) = read::<ObservedRecord>(message)
        {
            self.tell(ObserverEvent::CallChanged(call.into()));
        }
    }

    fn closed(&mut self, why: ServiceError) {
        self.tell(ObserverEvent::Closed(why));
    }
}
