//! The phone: one task that hears everything and decides.

mod asks;
mod calls;
mod simulated;

use crate::arguments::{Arguments, Settings, StartError};
use crate::call::Call;
use crate::call_list::CallList;
use crate::delegate::Delegate;
use crate::diary::{Diary, Event};
use crate::link::Link;
use crate::media::{Media, MediaPlan};
use crate::note::{Ask, Note};
use crate::remote::Remote;
use hookswitch::{
    CallUuid, Configuration, EndedReason, Handle, HandleKind, Provider, StartCall, new_call,
};
use hookswitch_platform::call_server::{CallId, CallSnapshot};
use std::collections::HashMap;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How long the exchange has to say why a room was closed.
const WHY_CLOSED: Duration = Duration::from_secs(2);
/// How long leaving may take when the program ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// The app at run time.
pub struct Phone {
    provider: Provider,
    link: Link,
    plan: MediaPlan,
    diary: Diary,
    calls: CallList,
    /// What was heard of calls whose placing is not confirmed yet.
    early: HashMap<CallId, CallSnapshot>,
    /// Whom to dial as soon as the exchange is there.
    dial: Option<String>,
    notes: UnboundedSender<Note>,
    inbox: UnboundedReceiver<Note>,
}

impl Phone {
    /// Registers with the call service, then opens its files and signs in to the exchange. The exchange may be away: it is
    /// tried again and again.
    ///
    /// Registering comes first, as who was woken for a call has to be there in time, however slow the rest is.
    ///
    /// # Errors
    /// There is no bus or no call service, the app runs already, a file cannot be opened, or an address is wrong.
    pub async fn start(arguments: Arguments) -> Result<Self, StartError> {
        let (notes, inbox) = unbounded_channel();
        let configuration = Configuration {
            supported_handle_kinds: vec![
                HandleKind::Generic,
                HandleKind::PhoneNumber,
                HandleKind::EmailAddress,
            ],
            maximum_calls_per_call_group: 1,
            ..Configuration::default()
        };
        let provider = Provider::builder(arguments.app_id.as_str())
            .configuration(configuration)
            .register(Delegate::new(notes.clone()))
            .await?;
        let (settings, link) = match open(arguments, &notes).await {
            Ok(opened) => opened,
            Err(error) => {
                // It takes no calls after all. The service may be away; this program is gone either way.
                let _ = provider.invalidate().await;
                return Err(error);
            }
        };
        let diary = settings.media.diary.clone();
        if let Some(recording) = &settings.media.recording {
            diary.note_at(recording.began_us(), None, &Event::Recording);
        }
        Ok(Self {
            provider,
            link,
            plan: settings.media,
            diary,
            calls: CallList::default(),
            early: HashMap::new(),
            dial: settings.call,
            notes,
            inbox,
        })
    }

    /// Runs until it is interrupted, or the bus is gone.
    ///
    /// # Errors
    /// The bus is gone, or the call service would not have the app back.
    pub async fn run(mut self) -> Result<(), StartError> {
        let mut terminate = signal(SignalKind::terminate())
            .map_err(|error| StartError::System("signals", error))?;
        let mut interrupt = signal(SignalKind::interrupt())
            .map_err(|error| StartError::System("signals", error))?;
        loop {
            let note = tokio::select! {
                note = self.inbox.recv() => note.unwrap_or(Note::Terminate),
                _ = terminate.recv() => Note::Terminate,
                _ = interrupt.recv() => Note::Terminate,
            };
            match note {
                Note::Terminate => {
                    self.leave_everything().await;
                    // The service may be away; this program is gone either way.
                    let _ = self.provider.invalidate().await;
                    return Ok(());
                }
                Note::Asked(Ask::BusLost) => {
                    self.leave_everything().await;
                    return Err(self.provider.closed().await.into());
                }
                note => self.hear(note),
            }
        }
    }

    fn hear(&mut self, note: Note) {
        match note {
            Note::Asked(ask) => self.asked(ask),
            Note::Exchange(event) => self.exchange(event),
            Note::Placed(call, placed) => self.placed(call, placed),
            Note::Answered(call, answered) => self.answered(call, answered),
            Note::Admitted(call, admitted) => self.admitted(call, admitted),
            Note::Adopted(call, adopted) => self.adopted(call, adopted),
            Note::Media(call, event) => self.media(call, event),
            Note::RoomClosedAWhileAgo(call) => {
                self.fail(call, "The call failed: its room was closed. Try again.");
            }
            Note::Simulate(after) => self.simulate(after),
            Note::Terminate => {}
        }
    }

    /// How a window reaches the phone while it runs.
    pub fn remote(&self) -> Remote {
        Remote::new(self.provider.clone(), self.notes.clone(), self.diary.clone())
    }

    /// The user dials, in the app itself: the call service is asked and asks the app back.
    fn dial(&self, callee: String) {
        let start = StartCall::new(new_call(), Handle::new(HandleKind::Generic, callee));
        let request = self.provider.controller().start_call(start);
        tokio::spawn(async move {
            if let Err(error) = request.await {
                eprintln!("speakerbox: the call cannot be dialed: {error}");
            }
        });
    }

    fn join(&mut self, call: CallUuid, token: String) {
        let session = self.provider.audio_session(call);
        let latency_ms = session.map(|session| session.latency_ms);
        let plan = MediaPlan { latency_ms, ..self.plan.clone() };
        let media = Media::join(call, token, plan, self.notes.clone());
        if let Some(call) = self.calls.get(call) {
            // It may have the audio already, as an outgoing call that was placed.
            media.audio(call.audio.clone());
            call.media = Some(media);
        }
    }

    /// The call's devices are there exactly while it has the audio.
    fn give_audio(&mut self, call: CallUuid) {
        if let Some(call) = self.calls.get(call)
            && let Some(media) = &call.media
        {
            media.audio(call.audio.clone());
        }
    }

    /// Media runs exactly while it may.
    fn turn(&mut self, call: CallUuid) {
        if let Some(call) = self.calls.get(call)
            && let Some(talk) = call.turn()
            && let Some(media) = &call.media
        {
            media.talk(talk);
        }
    }

    /// A call broke here: everybody is told.
    fn fail(&mut self, call: CallUuid, text: &str) {
        let Some(call) = self.calls.remove(call) else { return };
        if let Some(id) = call.exchange_id {
            tokio::spawn(self.link.end(id));
        }
        self.over(call, EndedReason::Failed, text);
    }

    /// A call is over, not by this user: the call service is told, the room left.
    fn over(&mut self, mut call: Call, reason: EndedReason, text: &str) {
        self.provider.report_call_ended(call.uuid, None, reason).forget();
        if let Some(start) = call.start.take() {
            start.fail("The call was not placed.");
        }
        if let Some(answer) = call.answer.take() {
            answer.fail("The call was over before it was connected.");
        }
        self.close(call, reason.name(), text);
    }

    /// Leaves the room and writes down how it ended.
    fn close(&self, call: Call, reason: &str, text: &str) {
        if let Some(media) = call.media {
            tokio::spawn(media.leave());
        }
        let event = Event::Ended { reason: reason.to_owned(), text: text.to_owned() };
        self.diary.note(Some(call.uuid), &event);
    }

    async fn leave_everything(&mut self) {
        let mut farewells = tokio::task::JoinSet::new();
        for call in self.calls.take_all() {
            if let Some(id) = call.exchange_id {
                farewells.spawn(self.link.end(id));
            }
            if let Some(media) = call.media {
                farewells.spawn(media.leave());
            }
        }
        // Whoever does not hear of it by then notices by itself.
        let _ = tokio::time::timeout(FAREWELL, farewells.join_all()).await;
    }
}

/// Everything that may be slow: files that are read, and the way to the exchange.
async fn open(
    arguments: Arguments,
    notes: &UnboundedSender<Note>,
) -> Result<(Settings, Link), StartError> {
    let opening = tokio::task::spawn_blocking(|| arguments.open()).await;
    let settings =
        opening.map_err(|error| StartError::System("thread", std::io::Error::other(error)))??;
    let link = Link::open(settings.connect.clone(), notes.clone())?;
    Ok((settings, link))
}
