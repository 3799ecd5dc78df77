//! What the app's thread and the library's share: the queue of what waits to be told, and the actions that are pending.

use crate::action::Pending;
use crate::delegate::Delegate;
use crate::event::Event;
use hookswitch::{
    AnswerCallAction, AudioSession, CallUuid, EndCallAction, Finished, Outcome, PlayDtmfCallAction,
    Provider, ProviderDelegate, Reset, SetGroupCallAction, SetHeldCallAction, SetMutedCallAction,
    SetTranslatingCallAction, SetVideoCallAction, StartCallAction, TimedOut,
};
use rustix::event::{EventfdFlags, eventfd};
use std::collections::{BTreeMap, VecDeque};
use std::ffi::c_void;
use std::os::fd::OwnedFd;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A pointer of the app's that is only handed back to it.
#[derive(Clone, Copy)]
pub struct Data(pub *mut c_void);

// SAFETY: the library never looks at what is behind it, and hands it back on the thread that dispatches.
unsafe impl Send for Data {}
// SAFETY: as above.
unsafe impl Sync for Data {}

pub struct Shared {
    pub delegate: Delegate,
    pub data: Data,
    /// Readable while something waits to be told.
    pub wake: OwnedFd,
    /// Whether the app is being told something right now.
    pub telling: AtomicBool,
    /// Whether the app freed the provider.
    pub freed: AtomicBool,
    events: Mutex<VecDeque<Event>>,
    actions: Mutex<BTreeMap<u64, Pending>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub fn new(delegate: Delegate, data: *mut c_void) -> std::io::Result<Arc<Self>> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Arc::new(Self {
            delegate,
            data: Data(data),
            wake,
            telling: AtomicBool::new(false),
            freed: AtomicBool::new(false),
            events: Mutex::default(),
            actions: Mutex::default(),
        }))
    }

    /// Something to tell.
    pub fn push(&self, event: Event) {
        lock(&self.events).push_back(event);
        self.wake();
    }

    /// Have the app dispatch.
    pub fn wake(&self) {
        // It fails only if the counter is full, and the descriptor is readable then.
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    /// The next thing to tell.
    pub fn next(&self) -> Option<Event> {
        lock(&self.events).pop_front()
    }

    /// Nothing waits, as far as is known now: what comes from here on wakes again.
    pub fn rest(&self) {
        let _ = rustix::io::read(&self.wake, &mut [0; 8]);
    }

    /// Keep an action until the app completes it.
    pub fn keep(&self, pending: Pending) {
        lock(&self.actions).insert(pending.id(), pending);
    }

    /// An action that the app completes; `None`: there is none of this id any more.
    pub fn take(&self, action: u64) -> Option<Pending> {
        lock(&self.actions).remove(&action).filter(|pending| !pending.is_over())
    }

    /// No action is to be completed any more.
    pub fn forget_actions(&self) {
        let actions = std::mem::take(&mut *lock(&self.actions));
        drop(actions);
    }
}

/// Puts into the queue what the service says, on the library's thread.
pub struct Forward(pub Arc<Shared>);

impl ProviderDelegate for Forward {
    fn did_begin(&mut self, _: &Provider) {
        self.0.push(Event::Began);
    }

    fn did_reset(&mut self, _: &Provider, reset: Reset) {
        self.0.forget_actions();
        let left = reset.adopt_within.map_or(0, |left| left.as_millis());
        self.0.push(Event::Reset { adopt_within_ms: u32::try_from(left).unwrap_or(u32::MAX) });
    }

    fn perform_start_call(&mut self, _: &Provider, action: StartCallAction) {
        self.0.push(Event::Perform(Pending::Start(action)));
    }

    fn perform_answer_call(&mut self, _: &Provider, action: AnswerCallAction) {
        self.0.push(Event::Perform(Pending::Answer(action)));
    }

    fn perform_end_call(&mut self, _: &Provider, action: EndCallAction) {
        self.0.push(Event::Perform(Pending::End(action)));
    }

    fn perform_set_held(&mut self, _: &Provider, action: SetHeldCallAction) {
        self.0.push(Event::Perform(Pending::SetHeld(action)));
    }

    fn perform_set_muted(&mut self, _: &Provider, action: SetMutedCallAction) {
        self.0.push(Event::Perform(Pending::SetMuted(action)));
    }

    fn perform_play_dtmf(&mut self, _: &Provider, action: PlayDtmfCallAction) {
        self.0.push(Event::Perform(Pending::PlayDtmf(action)));
    }

    fn perform_set_group_call(&mut self, _: &Provider, action: SetGroupCallAction) {
        self.0.push(Event::Perform(Pending::SetGroup(action)));
    }

    fn perform_set_video(&mut self, _: &Provider, action: SetVideoCallAction) {
        self.0.push(Event::Perform(Pending::SetVideo(action)));
    }

    fn perform_set_translating(&mut self, _: &Provider, action: SetTranslatingCallAction) {
        self.0.push(Event::Perform(Pending::SetTranslating(action)));
    }

    fn timed_out_performing(&mut self, _: &Provider, action: TimedOut) {
        drop(self.0.take(action.action.0));
        let (action, call) = (action.action.0, action.call.to_string());
        self.0.push(Event::TimedOut { action, call });
    }

    fn prepare_audio_session(&mut self, _: &Provider, call: CallUuid, session: AudioSession) {
        let (call, session) = (call.to_string(), Box::new(session));
        self.0.push(Event::Prepare { call, session });
    }

    fn did_activate_audio_session(&mut self, provider: &Provider, call: CallUuid) {
        if let Some(session) = provider.audio_session(call) {
            self.prepare_audio_session(provider, call, session);
        }
        self.0.push(Event::AudioOn(call.to_string()));
    }

    fn did_deactivate_audio_session(&mut self, _: &Provider, call: CallUuid) {
        self.0.push(Event::AudioOff(call.to_string()));
    }

    fn transaction_finished(&mut self, _: &Provider, finished: Finished) {
        let word = |outcome: &Outcome| match outcome {
            Outcome::Fulfilled(_) => "fulfilled".to_owned(),
            Outcome::Failed(reason) => reason.name().to_owned(),
        };
        let results = finished.results.iter().map(word).collect();
        self.0.push(Event::Finished { transaction: finished.transaction.0, results });
    }

    fn did_lose_bus(&mut self, _: &Provider) {
        self.0.forget_actions();
        self.0.push(Event::BusLost);
    }
}
