use crate::error::{Error, Fault, ServiceError};
use crate::own_call::OwnCall;
use hookswitch_bus::OwnCallRecord;
use hookswitch_core::Adoption;
use hookswitch_core::words::{CallNumber, CallUuid, GroupId, ReportError};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// What an app is told of its own calls: first everything, then what changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallListEvent {
    /// All live calls, at the beginning and after each restart of the service: replaces what was there.
    Reset(Vec<OwnCall>),
    /// What one event changed: new and changed calls, whole, ended ones among them.
    Changed(Vec<OwnCall>),
    /// The service left the bus. It knows no call until the next `Reset`; see [`CallList::adoptions`].
    ServiceLost,
    /// The end: the provider is closed, or the service is too old to keep such a list.
    Closed(Error<ReportError>),
}

/// The app's own calls as the service has them, so that an app need not keep a list of its own. CallKit:
/// `CXCallController.callObserver`, of the app's own calls, with their state.
///
/// From [`Provider::call_list`](crate::Provider::call_list); clones are the same list. It costs one message for each
/// event that changes a call of this app, from the first time it is asked for. What it shows is what the service decided,
/// also where the app was not asked: a call that another app's call holds, one that ran out of time, a mute on a call
/// screen. What changes is here before the delegate is asked to perform what follows from it.
///
/// After a restart of the service it is empty until the app adopts its calls; [`adoptions`](Self::adoptions) says how.
///
/// ```no_run
/// # async fn example(provider: hookswitch::Provider) {
/// use hookswitch::CallState;
///
/// let calls = provider.call_list();
/// let mut events = calls.events();
/// while events.next().await.is_some() {
///     for call in calls.calls() {
///         let muted = if call.muted { ", muted" } else { "" };
///         match call.state {
///             CallState::Active => println!("{}: talking{muted}", call.handle.value),
///             other => println!("{}: {}{muted}", call.handle.value, other.name()),
///         }
///     }
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct CallList {
    kept: Arc<Mutex<KeptCalls>>,
}

impl CallList {
    pub(crate) fn new(kept: Arc<Mutex<KeptCalls>>) -> Self {
        Self { kept }
    }

    /// The live calls now, in the order in which they came.
    pub fn calls(&self) -> Vec<OwnCall> {
        self.lock().live.values().cloned().collect()
    }

    /// A live call.
    pub fn call(&self, call: CallUuid) -> Option<OwnCall> {
        self.lock().live.values().find(|of| of.call == call).cloned()
    }

    /// Whether this is what the service has: not before its first answer, and not while the service is away.
    pub fn is_in_step(&self) -> bool {
        self.lock().in_step
    }

    /// What changes from now on; the first event is [`CallListEvent::Reset`] with what there is. Who reads no events
    /// asks for none.
    pub fn events(&self) -> CallListEvents {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.lock().listen(sender);
        CallListEvents(receiver)
    }

    /// The calls that were live when the service left the bus and have not come back, and how to report each again, in the
    /// order in which to do so: for [`Provider::adopt_call`](crate::Provider::adopt_call), of those whose media goes on.
    /// Calls that were just being answered, started or ended are not among them: drop those.
    ///
    /// Empty if the service, now that it is back, remembers no calls of this app.
    ///
    /// ```
    /// use hookswitch::{Provider, Reset};
    ///
    /// fn did_reset(provider: &Provider, _: Reset) {
    ///     for (call, adoption) in provider.call_list().adoptions() {
    ///         provider.adopt_call(call, adoption).forget();
    ///     }
    /// }
    /// ```
    pub fn adoptions(&self) -> Vec<(CallUuid, Adoption)> {
        let mut first: BTreeMap<GroupId, CallUuid> = BTreeMap::new();
        let kept = self.lock();
        let adoptions = kept.lost.values().filter_map(|call| {
            let with = call.group.and_then(|group| first.get(&group).copied());
            let adoption = call.adoption(with)?;
            if let Some(group) = call.group {
                first.entry(group).or_insert(call.call);
            }
            Some((call.call, adoption))
        });
        adoptions.collect()
    }

    fn lock(&self) -> MutexGuard<'_, KeptCalls> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CallList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallList({} calls)", self.lock().live.len())
    }
}

/// What an app is told of its own calls, in order. Drop it if nobody reads it.
#[derive(Debug)]
pub struct CallListEvents(mpsc::UnboundedReceiver<CallListEvent>);

impl CallListEvents {
    /// The next event; `None` after [`CallListEvent::Closed`].
    pub async fn next(&mut self) -> Option<CallListEvent> {
        self.0.recv().await
    }
}

/// The list, as the provider's connection keeps it.
#[derive(Default)]
pub(crate) struct KeptCalls {
    /// Somebody wants it.
    asked: bool,
    in_step: bool,
    live: BTreeMap<CallNumber, OwnCall>,
    /// Live when the service left, and not back.
    lost: BTreeMap<CallNumber, OwnCall>,
    /// Until when they may come back.
    adopt_until: Option<Instant>,
    listeners: Vec<mpsc::UnboundedSender<CallListEvent>>,
    closed: Option<Error<ReportError>>,
}

impl KeptCalls {
    /// Somebody wants the list. True: nobody did before.
    pub fn ask(&mut self) -> bool {
        !std::mem::replace(&mut self.asked, true)
    }

    /// The app is registered. True: the service has to be asked for the list.
    pub fn registered(&mut self, adopt_within: Option<Duration>) -> bool {
        self.adopt_until = adopt_within.map(|left| Instant::now() + left);
        if adopt_within.is_none() {
            self.lost.clear();
        }
        self.asked
    }

    /// The service says what there is.
    pub fn begin(&mut self, calls: Result<Vec<OwnCallRecord>, Fault>) {
        match calls {
            Ok(calls) => {
                let calls = calls.into_iter().filter_map(OwnCall::read);
                self.live = calls.map(|call| (call.number, call)).collect();
                self.lost.retain(|number, _| !self.live.contains_key(number));
                self.in_step = true;
                self.tell(CallListEvent::Reset(self.live.values().cloned().collect()));
            }
            // It left again: the next one is asked.
            Err(Fault::Service(ServiceError::Restarting)) => {}
            Err(fault) => {
                let error = Error::from(fault);
                tracing::error!(%error, "the service keeps no list of this app's calls");
                self.close(error);
            }
        }
    }

    /// The service says what one event changed.
    pub fn change(&mut self, calls: Vec<OwnCallRecord>) {
        if !self.in_step {
            return;
        }
        let calls: Vec<_> = calls.into_iter().filter_map(OwnCall::read).collect();
        for call in &calls {
            self.lost.remove(&call.number);
            if call.has_ended() {
                self.live.remove(&call.number);
            } else {
                self.live.insert(call.number, call.clone());
            }
        }
        self.tell(CallListEvent::Changed(calls));
    }

    /// The service left the bus, and knows no call until it is back.
    pub fn service_left(&mut self) {
        if self.adopt_until.take().is_some_and(|until| until < Instant::now()) {
            self.lost.clear();
        }
        let live = std::mem::take(&mut self.live);
        self.lost.extend(live);
        if std::mem::take(&mut self.in_step) {
            self.tell(CallListEvent::ServiceLost);
        }
    }

    /// The app does not want this call back.
    pub fn give_up(&mut self, call: CallUuid) {
        self.lost.retain(|_, lost| lost.call != call);
    }

    /// Nothing comes any more.
    pub fn close(&mut self, why: Error<ReportError>) {
        self.live.clear();
        self.lost.clear();
        self.in_step = false;
        if self.closed.is_none() {
            self.closed = Some(why.clone());
            self.tell(CallListEvent::Closed(why));
            self.listeners.clear();
        }
    }

    fn listen(&mut self, listener: mpsc::UnboundedSender<CallListEvent>) {
        if let Some(why) = &self.closed {
            let _ = listener.send(CallListEvent::Closed(why.clone()));
            return;
        }
        if self.in_step {
            let _ = listener.send(CallListEvent::Reset(self.live.values().cloned().collect()));
        }
        self.listeners.push(listener);
    }

    fn tell(&mut self, event: CallListEvent) {
        self.listeners.retain(|listener| listener.send(event.clone()).is_ok());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch_core::words::CallState;

    fn record(number: u64, state: &str) -> OwnCallRecord {
        let call = CallUuid(u128::from(number)).to_string();
        OwnCallRecord { call, number, state: state.into(), ..OwnCallRecord::default() }
    }

    fn kept(calls: Vec<OwnCallRecord>) -> CallList {
        let mut kept = KeptCalls::default();
        assert!(kept.ask() && !kept.ask());
        assert!(kept.registered(None));
        kept.begin(Ok(calls));
        CallList::new(Arc::new(Mutex::new(kept)))
    }

    fn ids(adoptions: &[(CallUuid, Adoption)]) -> Vec<u128> {
        adoptions.iter().map(|(call, _)| call.0).collect()
    }

    #[tokio::test]
    async fn changes_are_told_in_order_and_ended_calls_are_forgotten() {
        let list = kept(vec![record(1, "active")]);
        let mut events = list.events();
        list.lock().change(vec![record(1, "held"), record(2, "ringing")]);
        assert!(list.call(CallUuid(1)).unwrap().is_on_hold());
        list.lock().change(vec![record(1, "ended")]);
        assert_eq!(list.calls().len(), 1);
        assert_eq!(list.call(CallUuid(1)), None);
        let first = |state: &str| Vec::from_iter(OwnCall::read(record(1, state)));
        assert_eq!(events.next().await, Some(CallListEvent::Reset(first("active"))));
        let Some(CallListEvent::Changed(both)) = events.next().await else { panic!("no change") };
        assert_eq!((both[0].state, both[1].state), (CallState::Held, CallState::Ringing));
        assert_eq!(events.next().await, Some(CallListEvent::Changed(first("ended"))));
        let why = Error::from(ServiceError::LetGo);
        list.lock().close(why.clone());
        assert_eq!(events.next().await, Some(CallListEvent::Closed(why.clone())));
        assert_eq!(events.next().await, None);
        assert_eq!(list.events().next().await, Some(CallListEvent::Closed(why)));
        assert!(!list.is_in_step() && list.calls().is_empty());
    }

    #[test]
    fn calls_from_before_are_adopted_in_an_order_that_works() {
        let grouped = |number| OwnCallRecord { group: Some(1), ..record(number, "active") };
        let list = kept(vec![grouped(1), record(2, "answering"), grouped(3), record(4, "held")]);
        assert!(list.adoptions().is_empty());
        list.lock().service_left();
        assert!(list.calls().is_empty() && !list.is_in_step());
        let adoptions = list.adoptions();
        assert_eq!(ids(&adoptions), [1, 3, 4], "who was being answered is dropped");
        let with: Vec<_> = adoptions.iter().map(|(_, adoption)| adoption.group_with).collect();
        assert_eq!(with, [None, Some(CallUuid(1)), None]);

        // It dies again before any is back, and before one that is.
        assert!(list.lock().registered(Some(Duration::from_secs(10))));
        list.lock().service_left();
        list.lock().service_left();
        assert_eq!(ids(&list.adoptions()), [1, 3, 4]);
        list.lock().registered(Some(Duration::from_secs(10)));
        list.lock().begin(Ok(Vec::new()));
        list.lock().change(vec![record(4, "held")]);
        list.lock().give_up(CallUuid(3));
        assert_eq!(ids(&list.adoptions()), [1]);
        list.lock().service_left();
        assert_eq!(ids(&list.adoptions()), [1, 4]);
        // The next service remembers nothing.
        list.lock().registered(None);
        assert!(list.adoptions().is_empty());
    }

    #[test]
    fn who_did_not_come_back_in_time_does_not_come_back_later() {
        let list = kept(vec![record(1, "active")]);
        list.lock().service_left();
        list.lock().registered(Some(Duration::ZERO));
        list.lock().begin(Ok(Vec::new()));
        while Instant::now() <= list.lock().adopt_until.unwrap() {}
        list.lock().service_left();
        assert!(list.adoptions().is_empty());
    }
}
