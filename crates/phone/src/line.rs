//! The thread that talks to the service: the main loop of the display never waits for the bus.

use crate::ask::{Answer, Ask, ask};
use crate::view::{Press, With};
use hookswitch::{Call, CallNumber, ChoiceKind, DtmfDigits, Surface, SurfaceEvent, SurfaceState};
use std::io;
use std::thread;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What the service says.
#[derive(Debug)]
pub enum News {
    /// All calls as they are now.
    State(Box<SurfaceState>),
    /// Nothing else shows this call: it is up to this screen.
    PresentCall(CallNumber),
    /// A call is over.
    Ended(Box<Call>),
    /// What the main window asked for.
    Answer(Answer),
    /// A call was declined, and more is to be done.
    Declined {
        /// As it rang.
        call: Box<Call>,
        /// What more.
        with: With,
    },
    /// What was pressed was refused: why, for people.
    Refused(String),
    /// There is no service, or it does not take this program for a call screen: why, for people. Nothing comes after it.
    Closed(String),
}

/// What the screen tells the service.
#[derive(Debug)]
enum Word {
    Pressed(Press),
    Declined { call: Box<Call>, revision: u64, with: With },
    Presented(CallNumber),
    NotPresented(CallNumber),
    Asked(Ask),
}

/// The way to the service. It is closed when this is dropped.
#[derive(Debug)]
pub struct Line(UnboundedSender<Word>);

impl Line {
    /// Open it: be the call screen of the session bus. The news begin with the state.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn open() -> io::Result<(Self, UnboundedReceiver<News>)> {
        let (words, said) = unbounded_channel();
        let (news, told) = unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new().name("service".to_owned());
        thread.spawn(move || {
            if let Err(why) = runtime.block_on(serve(said, &news)) {
                // Whoever is not there any more need not be told.
                let _ = news.send(News::Closed(why));
            }
        })?;
        Ok((Self(words), told))
    }

    /// The user pressed that.
    pub fn press(&self, press: Press) {
        self.say(Word::Pressed(press));
    }

    /// The user wants this call to be declined, with more to be done: it is among the news if the service did it.
    pub fn decline(&self, call: Call, revision: u64, with: With) {
        self.say(Word::Declined { call: Box::new(call), revision, with });
    }

    /// The call is on the screen.
    pub fn presented(&self, call: CallNumber) {
        self.say(Word::Presented(call));
    }

    /// The call is not on the screen, and comes there when the user wants it, or when it is among the news that nothing else shows it.
    pub fn not_presented(&self, call: CallNumber) {
        self.say(Word::NotPresented(call));
    }

    /// The main window wants to know, or to call. The answer is among the news.
    pub fn ask(&self, ask: Ask) {
        self.say(Word::Asked(ask));
    }

    fn say(&self, word: Word) {
        // After `Closed` nobody listens: the program ends then.
        let _ = self.0.send(word);
    }
}

async fn serve(
    mut said: UnboundedReceiver<Word>,
    news: &UnboundedSender<News>,
) -> Result<(), String> {
    let connected = Surface::connect("Phone").await;
    let (surface, mut events) = connected.map_err(|error| error.to_string())?;
    let mut state = SurfaceState::default();
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(SurfaceEvent::Closed(error)) => return Err(error.to_string()),
                None => return Ok(()),
                Some(SurfaceEvent::PresentCall(call)) => {
                    let _ = news.send(News::PresentCall(call));
                }
                Some(event) => {
                    state.apply(&event);
                    if let SurfaceEvent::Changed(change) = &event {
                        for call in change.calls.iter().filter(|call| call.has_ended()) {
                            let _ = news.send(News::Ended(Box::new(call.clone())));
                        }
                    }
                    let _ = news.send(News::State(Box::new(state.clone())));
                }
            },
            word = said.recv() => match word {
                None => return Ok(()),
                Some(Word::Presented(call)) => surface.presented(call).forget(),
                Some(Word::NotPresented(call)) => {
                    let (left, news) = (surface.not_presented(call), news.clone());
                    // An older service shows it later than this screen can.
                    tokio::spawn(async move {
                        if left.await.is_err() {
                            let _ = news.send(News::PresentCall(call));
                        }
                    });
                }
                Some(Word::Asked(what)) => {
                    let (surface, news) = (surface.clone(), news.clone());
                    tokio::spawn(async move { news.send(News::Answer(ask(&surface, what).await)) });
                }
                Some(Word::Declined { call, revision, with }) => {
                    declined(&surface, call, revision, with, news.clone());
                }
                Some(Word::Pressed(press)) => pressed(&surface, press, news.clone()),
            },
        }
    }
}

/// Ask for it, and tell if it is refused.
fn pressed(surface: &Surface, press: Press, news: UnboundedSender<News>) {
    let request = match press {
        Press::Choose { call, revision, choice } => surface.choose(call, choice, Some(revision)),
        Press::Mute { call, revision, muted } => surface.set_muted(call, muted, Some(revision)),
        Press::Video { call, revision, video } => surface.set_video(call, video, Some(revision)),
        Press::Digit(call, digit) => match DtmfDigits::new(digit) {
            Some(digits) => surface.play_dtmf(call, &digits, None),
            None => return,
        },
        Press::Silence(call) => {
            let silence = surface.silence(call);
            tokio::spawn(async move { tell(silence.await.err(), &news) });
            return;
        }
        Press::Endpoint(endpoint) => {
            let select = surface.select_endpoint(&endpoint);
            tokio::spawn(async move { tell(select.await.err(), &news) });
            return;
        }
        // What the screen does by itself.
        Press::Open(_) | Press::Dismiss | Press::DeclineWith { .. } => return,
    };
    tokio::spawn(async move { tell(request.outcome().await.err(), &news) });
}

/// First decline: what was refused because the call has changed has done nothing else, either.
fn declined(
    surface: &Surface,
    call: Box<Call>,
    revision: u64,
    with: With,
    news: UnboundedSender<News>,
) {
    let request = surface.choose(call.number, ChoiceKind::Decline, Some(revision));
    tokio::spawn(async move {
        match request.outcome().await {
            Ok(_) => drop(news.send(News::Declined { call, with })),
            Err(why) => tell(Some(why), &news),
        }
    });
}

fn tell(refusal: Option<impl ToString>, news: &UnboundedSender<News>) {
    if let Some(why) = refusal {
        let _ = news.send(News::Refused(why.to_string()));
    }
}
