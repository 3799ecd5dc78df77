use crate::diary::{Diary, Event};
use crate::grant::AudioGrant;
use crate::note::Note;
use crate::recording::{Listener, Recording};
use crate::sound::{Heard, Opening, Sound};
use crate::speech::Speech;
use hookswitch::{CallUuid, SetHeldCallAction, SetMutedCallAction};
use hookswitch_rtc::{
    AudioSink, DisconnectReason, Events, JoinError, Options, Session, SessionEvent,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// What a call's media needs.
#[derive(Clone)]
pub struct MediaPlan {
    /// The exchange.
    pub url: String,
    /// How rooms are joined.
    pub options: Options,
    /// What is said; `None`: what the microphone hears, and without devices nothing is published.
    pub speech: Option<Speech>,
    /// Where what is heard goes.
    pub recording: Option<Recording>,
    /// Whether microphone and loudspeaker are used.
    pub devices: bool,
    /// Milliseconds of sound in one piece, as the call service finds suitable; `None`: it does not say.
    pub latency_ms: Option<u32>,
    /// Where it is written down.
    pub diary: Diary,
}

/// What a call's media tells the phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaEvent {
    /// The room is joined and the track published, muted: talking can begin at once.
    Joined,
    /// The room cannot be joined.
    NotJoined(JoinError),
    /// The room is lost; it is being tried again.
    Reconnecting,
    /// It is back.
    Reconnected,
    /// The room is over.
    Over(DisconnectReason),
}

enum Command {
    Audio(Option<AudioGrant>),
    Talk(bool),
    Hold(SetHeldCallAction),
    Mute(bool, Option<SetMutedCallAction>),
    Leave(oneshot::Sender<()>),
}

/// The media of one call, on a task of its own. It is joined quiet: the track is published so that everybody is set up
/// for it, but the speech is not read, nothing is sent and nothing is played until [`Media::talk`]. The microphone listens
/// only while the call has the audio, as [`Media::audio`] says. Dropping it leaves the room.
#[derive(Debug)]
pub struct Media {
    commands: UnboundedSender<Command>,
}

impl Media {
    /// Joins the room that the token opens. What comes of it is a [`Note::Media`].
    pub fn join(
        call: CallUuid,
        token: String,
        plan: MediaPlan,
        notes: UnboundedSender<Note>,
    ) -> Self {
        let (commands, receiver) = unbounded_channel();
        let task = Task {
            call,
            plan,
            notes,
            said: None,
            sound: None,
            granted: None,
            talking: false,
            muted: false,
        };
        tokio::spawn(task.run(token, receiver));
        Self { commands }
    }

    /// The call has the audio as granted, or (`None`) has it no more.
    pub fn audio(&self, grant: Option<AudioGrant>) {
        let _ = self.commands.send(Command::Audio(grant));
    }

    /// Send and play (true), or neither.
    pub fn talk(&self, talk: bool) {
        let _ = self.commands.send(Command::Talk(talk));
    }

    /// Be quiet, and fulfil then.
    pub fn hold(&self, action: SetHeldCallAction) {
        let _ = self.commands.send(Command::Hold(action));
    }

    /// Mute or unmute the microphone, and fulfil then.
    pub fn mute(&self, muted: bool, action: Option<SetMutedCallAction>) {
        let _ = self.commands.send(Command::Mute(muted, action));
    }

    /// Leave the room; returns when it was told.
    pub async fn leave(self) {
        let (left, done) = oneshot::channel();
        if self.commands.send(Command::Leave(left)).is_ok() {
            let _ = done.await;
        }
    }
}

/// What is left of the task when the media ends before it was joined.
enum Joining {
    Joined(Session, Events),
    Failed(JoinError),
    Left(Option<oneshot::Sender<()>>),
}

struct Task {
    call: CallUuid,
    plan: MediaPlan,
    notes: UnboundedSender<Note>,
    said: Option<Arc<AtomicU64>>,
    sound: Option<Sound>,
    /// The audio, if the call has it.
    granted: Option<AudioGrant>,
    talking: bool,
    muted: bool,
}

impl Task {
    async fn run(mut self, token: String, mut commands: UnboundedReceiver<Command>) {
        // While the room is joined.
        let opening = self.plan.devices.then(|| Opening::begin(self.plan.latency_ms));
        let (session, events) = match self.join(&token, &mut commands).await {
            Joining::Joined(session, events) => (session, events),
            Joining::Failed(error) => return self.tell(MediaEvent::NotJoined(error)),
            Joining::Left(told) => {
                let _ = told.map(|told| told.send(()));
                return;
            }
        };
        // Without a track the call goes on: this user hears, and is not heard.
        if let Err(error) = self.set_up(&session, opening).await {
            tracing::warn!(%error, "the microphone's track could not be published");
        }
        self.tell(MediaEvent::Joined);
        let told = self.serve(&session, events, &mut commands).await;
        self.note_talking(false);
        // First of all nobody listens any more.
        self.sound = None;
        session.leave().await;
        let _ = told.map(|told| told.send(()));
    }

    async fn join(&mut self, token: &str, commands: &mut UnboundedReceiver<Command>) -> Joining {
        let plan = self.plan.clone();
        let mut joining = std::pin::pin!(Session::join(&plan.url, token, plan.options));
        loop {
            tokio::select! {
                joined = &mut joining => return match joined {
                    Ok((session, events)) => Joining::Joined(session, events),
                    Err(error) => Joining::Failed(error),
                },
                command = commands.recv() => match command {
                    None => return Joining::Left(None),
                    Some(Command::Leave(left)) => return Joining::Left(Some(left)),
                    Some(Command::Audio(grant)) => self.granted = grant,
                    Some(Command::Talk(talk)) => self.talking = talk,
                    Some(Command::Hold(action)) => {
                        self.talking = false;
                        action.fulfill();
                    }
                    Some(Command::Mute(muted, action)) => {
                        self.muted = muted;
                        let _ = action.map(SetMutedCallAction::fulfill);
                    }
                },
            }
        }
    }

    /// Everything that can be done before anybody may be heard.
    async fn set_up(
        &mut self,
        session: &Session,
        opening: Option<Opening>,
    ) -> Result<(), hookswitch_rtc::SessionError> {
        session.set_held(true).await?;
        session.set_muted(self.muted).await?;
        let (call, diary) = (self.call, self.plan.diary.clone());
        let heard = move || diary.note(Some(call), &Event::Audible);
        let first: Box<dyn AudioSink> = match &self.plan.recording {
            Some(recording) => Box::new(recording.track(heard)),
            None => Box::new(Listener::new(heard)),
        };
        let opened = match opening {
            Some(opening) => opening.finish(self.call, &self.plan.diary).await,
            None => None,
        };
        let (microphone, loudspeaker) = match opened {
            Some((sound, microphone, loudspeaker)) => {
                self.sound = Some(sound);
                (Some(microphone), Some(loudspeaker))
            }
            None => (None, None),
        };
        session.play(Heard { first, loudspeaker }).await?;
        match (&self.plan.speech, microphone) {
            (Some(speech), _) => {
                let (utterance, said) = speech.utter();
                self.said = Some(said);
                session.publish(utterance).await?;
            }
            (None, Some(microphone)) => session.publish(microphone).await?,
            (None, None) => {}
        }
        if let Some(grant) = self.granted.clone() {
            self.audio(Some(grant)).await;
        }
        if self.talking {
            self.talking = false;
            self.talk(session, true).await;
        }
        Ok(())
    }

    async fn serve(
        &mut self,
        session: &Session,
        mut events: Events,
        commands: &mut UnboundedReceiver<Command>,
    ) -> Option<oneshot::Sender<()>> {
        loop {
            let watching = async {
                match &mut self.sound {
                    Some(sound) => sound.watch().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = watching => self.sound = None,
                command = commands.recv() => match command {
                    None => return None,
                    Some(Command::Leave(left)) => return Some(left),
                    Some(Command::Audio(grant)) => self.audio(grant).await,
                    Some(Command::Talk(talk)) => self.talk(session, talk).await,
                    Some(Command::Hold(action)) => {
                        self.talk(session, false).await;
                        action.fulfill();
                    }
                    Some(Command::Mute(muted, action)) => {
                        // It fails only if the session is over, and then nobody hears anything.
                        let _ = session.set_muted(muted).await;
                        self.muted = muted;
                        let _ = action.map(SetMutedCallAction::fulfill);
                    }
                },
                event = events.next() => match event {
                    Some(SessionEvent::Reconnecting) => self.tell(MediaEvent::Reconnecting),
                    Some(SessionEvent::Reconnected) => self.tell(MediaEvent::Reconnected),
                    Some(SessionEvent::Disconnected { reason }) => {
                        self.tell(MediaEvent::Over(reason));
                        return None;
                    }
                    Some(_) => {}
                    None => return None,
                },
            }
        }
    }

    /// Devices that are closed stay closed for this call.
    async fn audio(&mut self, grant: Option<AudioGrant>) {
        self.granted.clone_from(&grant);
        if let Some(sound) = &self.sound {
            sound.turn(grant).await;
        }
    }

    async fn talk(&mut self, session: &Session, talk: bool) {
        if self.talking != talk && session.set_held(!talk).await.is_ok() {
            self.note_talking(talk);
        }
    }

    fn note_talking(&mut self, talk: bool) {
        if self.talking == talk {
            return;
        }
        self.talking = talk;
        let said = self.said.as_ref().map(|said| said.load(Ordering::Relaxed));
        let spoken_ms = said.unwrap_or(0) * 10;
        let event = if talk { Event::Talking { spoken_ms } } else { Event::Quiet { spoken_ms } };
        self.plan.diary.note(Some(self.call), &event);
    }

    fn tell(&self, event: MediaEvent) {
        let _ = self.notes.send(Note::Media(self.call, event));
    }
}
