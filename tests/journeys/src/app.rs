use crate::soon;
use hookswitch::{
    AnswerCallAction, AttachedCall, CallUpdate, CallUuid, Configuration, EndCallAction, Error,
    Finished, Handle, HandleKind, IncomingCallError, OfferedTransaction, PlayDtmfCallAction,
    Provider, ProviderDelegate, Reset, SetGroupCallAction, SetHeldCallAction, SetMutedCallAction,
    SetTranslatingCallAction, SetVideoCallAction, StartCallAction, TimedOut, new_call,
};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What an app is told.
#[derive(Debug)]
pub enum Event {
    /// Registered.
    Began,
    /// The service restarted.
    Reset(Reset),
    /// Asked to dial.
    Start(Box<StartCallAction>),
    /// Asked to answer.
    Answer(AnswerCallAction),
    /// Asked to end.
    End(EndCallAction),
    /// Asked to hold or resume.
    Held(SetHeldCallAction),
    /// Asked to mute or unmute.
    Muted(SetMutedCallAction),
    /// Asked to merge or split.
    Group(SetGroupCallAction),
    /// Asked for video.
    Video(SetVideoCallAction),
    /// Asked to translate.
    Translating(Box<SetTranslatingCallAction>),
    /// Took a transaction as a whole.
    Took(OfferedTransaction),
    /// Was offered a transaction of so many actions, and wants them one by one.
    Declined(usize),
    /// The service rang for it.
    Attached(Box<AttachedCall>),
    /// Asked for tones.
    Dtmf(PlayDtmfCallAction),
    /// Too late.
    TimedOut(TimedOut),
    /// The call has the audio.
    AudioOn(CallUuid),
    /// The call lost the audio.
    AudioOff(CallUuid),
    /// A transaction of its own is over.
    Finished(Finished),
    /// The bus is gone.
    BusLost,
    /// In a willing app: it did what it was asked, in these words.
    Did(String),
}

/// An app that the story plays.
pub struct App {
    /// Its line to the service.
    pub provider: Provider,
    events: UnboundedReceiver<Event>,
    passed: VecDeque<Event>,
    executes: Arc<AtomicBool>,
}

impl App {
    /// Start an app. A willing one fulfills everything at once and only tells what it did.
    ///
    /// # Panics
    /// It cannot be registered.
    pub async fn start(
        address: &str,
        id: &str,
        configuration: Configuration,
        willing: bool,
    ) -> Self {
        let (told, events) = unbounded_channel();
        let builder = Provider::builder(id).configuration(configuration).address(address);
        let executes = Arc::new(AtomicBool::new(false));
        let registered = builder.register(Delegate { told, willing, executes: executes.clone() });
        let provider = soon("the registration", registered).await.expect("the app is registered");
        Self { provider, events, passed: VecDeque::new(), executes }
    }

    /// From now on it carries transactions out as a whole, or (false) wants them one by one.
    pub fn executes(&self, executes: bool) {
        self.executes.store(executes, Ordering::SeqCst);
    }

    /// Report an incoming call and return its id.
    ///
    /// # Panics
    /// It is refused.
    pub async fn rings(&self, who: &str) -> CallUuid {
        let call = new_call();
        self.report(call, who).await.expect("the call is admitted");
        call
    }

    /// Report an incoming call under this id.
    ///
    /// # Errors
    /// The service refuses it.
    pub async fn report(&self, call: CallUuid, who: &str) -> Result<(), Error<IncomingCallError>> {
        let update = CallUpdate {
            remote_handle: Some(Handle::new(HandleKind::PhoneNumber, who)),
            ..CallUpdate::default()
        };
        let reported = self.provider.report_new_incoming_call(call, update);
        soon("the answer to a report", reported).await.map(drop)
    }

    /// The next event, whatever it is.
    pub async fn next(&mut self) -> Event {
        match self.passed.pop_front() {
            Some(event) => event,
            None => soon("an event", self.events.recv()).await.expect("the app lives"),
        }
    }

    /// The next event that `pick` takes; others stay for later, in order.
    pub async fn until<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(Event) -> Result<T, Event>,
    ) -> T {
        let mut kept = VecDeque::new();
        loop {
            let event = match self.passed.pop_front() {
                Some(event) => event,
                None => soon(what, self.events.recv()).await.expect("the app lives"),
            };
            match pick(event) {
                Ok(value) => {
                    kept.append(&mut self.passed);
                    self.passed = kept;
                    return value;
                }
                Err(event) => kept.push_back(event),
            }
        }
    }

    /// Asked to answer.
    pub async fn answer(&mut self) -> AnswerCallAction {
        self.until("the wish to answer", |event| match event {
            Event::Answer(action) => Ok(action),
            other => Err(other),
        })
        .await
    }

    /// Asked to end.
    pub async fn end(&mut self) -> EndCallAction {
        self.until("the wish to end", |event| match event {
            Event::End(action) => Ok(action),
            other => Err(other),
        })
        .await
    }

    /// Asked to dial.
    pub async fn start_call(&mut self) -> StartCallAction {
        self.until("the wish to dial", |event| match event {
            Event::Start(action) => Ok(*action),
            other => Err(other),
        })
        .await
    }

    /// Asked to hold or resume.
    pub async fn held(&mut self) -> SetHeldCallAction {
        self.until("the wish to hold", |event| match event {
            Event::Held(action) => Ok(action),
            other => Err(other),
        })
        .await
    }

    /// Asked to merge or split.
    pub async fn group(&mut self) -> SetGroupCallAction {
        self.until("the wish to merge or split", |event| match event {
            Event::Group(action) => Ok(action),
            other => Err(other),
        })
        .await
    }

    /// Asked for video.
    pub async fn video(&mut self) -> SetVideoCallAction {
        self.until("the wish for video", |event| match event {
            Event::Video(action) => Ok(action),
            other => Err(other),
        })
        .await
    }

    /// Asked to translate.
    pub async fn translating(&mut self) -> SetTranslatingCallAction {
        self.until("the wish to translate", |event| match event {
            Event::Translating(action) => Ok(*action),
            other => Err(other),
        })
        .await
    }

    /// Asked to mute or unmute.
    pub async fn muted(&mut self) -> SetMutedCallAction {
        self.until("the wish to mute", |event| match event {
            Event::Muted(action) => Ok(action),
            other => Err(other),
        })
        .await
    }

    /// Took a transaction as a whole.
    pub async fn took(&mut self) -> OfferedTransaction {
        self.until("a whole transaction", |event| match event {
            Event::Took(transaction) => Ok(transaction),
            other => Err(other),
        })
        .await
    }

    /// The call gets the audio.
    pub async fn audio_on(&mut self, call: CallUuid) {
        self.until("the audio", |event| match event {
            Event::AudioOn(of) if of == call => Ok(()),
            other => Err(other),
        })
        .await;
    }

    /// The call loses the audio.
    pub async fn audio_off(&mut self, call: CallUuid) {
        self.until("the end of the audio", |event| match event {
            Event::AudioOff(of) if of == call => Ok(()),
            other => Err(other),
        })
        .await;
    }

    /// The service came back.
    pub async fn reset(&mut self) -> Reset {
        self.until("the reset", |event| match event {
            Event::Reset(reset) => Ok(reset),
            other => Err(other),
        })
        .await
    }

    /// How many events of a kind came so far.
    pub fn count(&mut self, is: impl Fn(&Event) -> bool) -> usize {
        while let Ok(event) = self.events.try_recv() {
            self.passed.push_back(event);
        }
        self.passed.iter().filter(|event| is(event)).count()
    }
}

struct Delegate {
    told: UnboundedSender<Event>,
    willing: bool,
    executes: Arc<AtomicBool>,
}

impl Delegate {
    fn tell(&self, event: Event) {
        // The story may be over.
        let _ = self.told.send(event);
    }
}

macro_rules! performs {
    ($($method:ident($action:ty) => $event:ident,)+) => {$(
        fn $method(&mut self, _: &Provider, action: $action) {
            if self.willing {
                self.tell(Event::Did(format!("{} {}", stringify!($event), action.call)));
                action.fulfill();
            } else {
                self.tell(Event::$event(action.into()));
            }
        }
    )+};
}

impl ProviderDelegate for Delegate {
    fn did_begin(&mut self, _: &Provider) {
        self.tell(Event::Began);
    }

    fn did_reset(&mut self, _: &Provider, reset: Reset) {
        self.tell(Event::Reset(reset));
    }

    performs! {
        perform_start_call(StartCallAction) => Start,
        perform_answer_call(AnswerCallAction) => Answer,
        perform_end_call(EndCallAction) => End,
        perform_set_held(SetHeldCallAction) => Held,
        perform_set_muted(SetMutedCallAction) => Muted,
        perform_set_group_call(SetGroupCallAction) => Group,
        perform_set_video(SetVideoCallAction) => Video,
        perform_set_translating(SetTranslatingCallAction) => Translating,
        perform_play_dtmf(PlayDtmfCallAction) => Dtmf,
    }

    fn execute_transaction(&mut self, _: &Provider, offered: &mut OfferedTransaction) -> bool {
        let takes = self.executes.load(Ordering::SeqCst);
        self.tell(match takes {
            true => {
                let actions = std::mem::take(&mut offered.actions);
                Event::Took(OfferedTransaction { id: offered.id, actions })
            }
            false => Event::Declined(offered.actions.len()),
        });
        takes
    }

    fn did_attach_call(&mut self, _: &Provider, call: AttachedCall) {
        self.tell(Event::Attached(call.into()));
    }

    fn timed_out_performing(&mut self, _: &Provider, action: TimedOut) {
        self.tell(Event::TimedOut(action));
    }

    fn did_activate_audio_session(&mut self, _: &Provider, call: CallUuid) {
        self.tell(Event::AudioOn(call));
    }

    fn did_deactivate_audio_session(&mut self, _: &Provider, call: CallUuid) {
        self.tell(Event::AudioOff(call));
    }

    fn transaction_finished(&mut self, _: &Provider, finished: Finished) {
        self.tell(Event::Finished(finished));
    }

    fn did_lose_bus(&mut self, _: &Provider) {
        self.tell(Event::BusLost);
    }
}
