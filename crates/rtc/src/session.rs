//! The app's handle on a session.

use crate::audio::{AudioSink, AudioSource};
use crate::driver;
use crate::error::{JoinError, SessionError};
use crate::events::Events;
use crate::impair::Impairment;
use crate::statistics::Statistics;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// How a session is joined.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// How long joining may take, until the media path is up. Default 10 s.
    pub join_timeout: Duration,
    /// How long to try to get a lost connection back. Default 15 s, as long as exchanges keep a place.
    pub resume_within: Duration,
    /// Hear everybody. Default true.
    pub auto_subscribe: bool,
    /// Delay that the jitter buffer begins with; from there on it follows the network, between 20 and 400 ms. Default
    /// 60 ms.
    pub jitter_delay: Duration,
    /// For measurements: what arrives goes through a network like this first. Default none.
    pub impairment: Option<Impairment>,
    /// Name of the published track. Default "microphone".
    pub track_name: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            join_timeout: Duration::from_secs(10),
            resume_within: Duration::from_secs(15),
            auto_subscribe: true,
            jitter_delay: Duration::from_millis(60),
            impairment: None,
            track_name: "microphone".to_owned(),
        }
    }
}

pub(crate) enum Command {
    Publish(Box<dyn AudioSource>, oneshot::Sender<Result<(), SessionError>>),
    Unpublish(oneshot::Sender<Result<(), SessionError>>),
    Play(Option<Box<dyn AudioSink>>, oneshot::Sender<()>),
    Tap(Option<Box<dyn AudioSink>>, oneshot::Sender<()>),
    Mute(bool, oneshot::Sender<()>),
    Hold(bool, oneshot::Sender<()>),
    Statistics(oneshot::Sender<Statistics>),
    Leave(oneshot::Sender<()>),
}

/// How long one request to the session's own thread or room may take.
const REPLY: Duration = Duration::from_secs(10);

/// A joined session. Dropping it leaves; [`Session::leave`] leaves and waits until that is done.
#[derive(Debug)]
pub struct Session {
    commands: mpsc::UnboundedSender<Command>,
}

impl Session {
    /// Joins the session that `token` opens, at the exchange (or LiveKit server) at `url`. Returns when the media path
    /// is up. Nothing is published or played yet.
    pub async fn join(
        url: &str,
        token: &str,
        options: Options,
    ) -> Result<(Self, Events), JoinError> {
        let (commands, command_rx) = mpsc::unbounded_channel();
        let (events, event_rx) = mpsc::unbounded_channel();
        driver::spawn(url, token, options, command_rx, events).await?;
        Ok((Self { commands }, Events { rx: event_rx }))
    }

    /// Publishes `source`; returns when the room has taken the track. If something is published already, only the
    /// source changes.
    pub async fn publish(&self, source: impl AudioSource) -> Result<(), SessionError> {
        self.ask(|reply| Command::Publish(Box::new(source), reply)).await?
    }

    /// Stops publishing and drops the source. No error if nothing was published. [`Session::publish`] may follow.
    pub async fn unpublish(&self) -> Result<(), SessionError> {
        self.ask(Command::Unpublish).await?
    }

    /// Plays everybody else into `sink`, from now on, instead of the sink before.
    pub async fn play(&self, sink: impl AudioSink) -> Result<(), SessionError> {
        self.ask(|reply| Command::Play(Some(Box::new(sink)), reply)).await
    }

    /// Stops playing. When it returns, the sink has been dropped.
    pub async fn stop_playing(&self) -> Result<(), SessionError> {
        self.ask(|reply| Command::Play(None, reply)).await
    }

    /// Gives `sink` a copy of what is sent, 10 ms by 10 ms in step with what is played; silence while muted and
    /// [`AudioSink::skip`] while held. For measurements.
    pub async fn tap_sent(&self, sink: impl AudioSink) -> Result<(), SessionError> {
        self.ask(|reply| Command::Tap(Some(Box::new(sink)), reply)).await
    }

    /// Mutes: nothing is sent, the others are told. The source is still read.
    pub async fn set_muted(&self, muted: bool) -> Result<(), SessionError> {
        self.ask(|reply| Command::Mute(muted, reply)).await
    }

    /// Holds: nothing is sent, the source is not read, nothing is played. The others see the track as muted.
    pub async fn set_held(&self, held: bool) -> Result<(), SessionError> {
        self.ask(|reply| Command::Hold(held, reply)).await
    }

    /// How it goes.
    pub async fn statistics(&self) -> Result<Statistics, SessionError> {
        self.ask(Command::Statistics).await
    }

    /// Leaves. When it returns, source and sink have been dropped and the room has been told.
    pub async fn leave(self) {
        // An error means that the session was over already.
        let _ = self.ask(Command::Leave).await;
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, SessionError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).map_err(|_| SessionError::Ended)?;
        match timeout(REPLY, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(SessionError::Ended),
            Err(_) => Err(SessionError::NoReply(REPLY)),
        }
    }
}
