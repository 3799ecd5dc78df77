//! The thread that speaks with PipeWire.
//!
//! Callbacks of PipeWire only note what happened, in an inbox; it is dealt with between two turns of the loop, where
//! streams and connections can be dropped without pulling the ground from under a callback.

use super::connection::{Connection, Happening, Inbox};
use super::error::{DeviceEvent, DevicesError, Side};
use super::{DeviceOptions, Lines};
use pipewire::channel::{Receiver, Sender, channel};
use pipewire::context::ContextRc;
use pipewire::loop_::Timeout;
use pipewire::main_loop::MainLoopRc;
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// How long after a server or a stream broke it is tried again.
const AGAIN: Duration = Duration::from_millis(500);

/// What the thread is asked.
pub(crate) enum Command {
    Start(oneshot::Sender<Result<(), DevicesError>>),
    Stop(oneshot::Sender<()>),
    Target { sink: Option<String>, source: Option<String> },
    Token(Option<String>),
    Close,
}

/// The way to the thread. Dropping it ends the thread.
pub(crate) struct Commands {
    tx: Sender<Command>,
}

impl Commands {
    pub(crate) fn send(&self, command: Command) -> Result<(), DevicesError> {
        self.tx.send(command).map_err(|_| DevicesError::Closed)
    }
}

impl Drop for Commands {
    fn drop(&mut self) {
        let _ = self.tx.send(Command::Close);
    }
}

impl fmt::Debug for Commands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commands").finish_non_exhaustive()
    }
}

type Opened = oneshot::Sender<Result<(), DevicesError>>;

/// Starts the thread; `opened` hears whether PipeWire is there.
pub(crate) fn spawn(
    options: DeviceOptions,
    lines: Lines,
    events: mpsc::UnboundedSender<DeviceEvent>,
    opened: Opened,
) -> Result<Commands, DevicesError> {
    let (tx, rx) = channel();
    std::thread::Builder::new()
        .name("devices".to_owned())
        .spawn(move || run(options, lines, events, opened, rx))
        .map_err(|_| DevicesError::Resources("thread"))?;
    Ok(Commands { tx })
}

fn run(
    options: DeviceOptions,
    lines: Lines,
    events: mpsc::UnboundedSender<DeviceEvent>,
    opened: Opened,
    commands: Receiver<Command>,
) {
    pipewire::init();
    let made = MainLoopRc::new(None).and_then(|main| Ok((ContextRc::new(&main, None)?, main)));
    let Ok((context, main)) = made else {
        let _ = opened.send(Err(DevicesError::Resources("event loop")));
        return;
    };
    let inbox = Rc::new(Inbox::default());
    let _attached = commands.attach(main.loop_(), {
        let inbox = inbox.clone();
        move |command| inbox.note(Happening::Asked(command))
    });
    let connection = match Connection::open(&context, options.remote.as_deref(), &inbox) {
        Ok(connection) => Some(connection),
        Err(error) => {
            let _ = opened.send(Err(error));
            return;
        }
    };
    let mut graph = Graph {
        context,
        options,
        lines,
        events,
        inbox,
        opened: Some(opened),
        connection,
        started: false,
        again: None,
    };
    loop {
        let wait = graph.again.map_or(Timeout::Infinite, |at| {
            Timeout::Finite(at.saturating_duration_since(Instant::now()))
        });
        main.loop_().iterate(wait);
        if graph.turn().is_err() {
            // Streams and connection go before the loop they run on.
            drop(graph);
            return;
        }
    }
}

/// The devices are closed.
struct Closed;

struct Graph {
    context: ContextRc,
    options: DeviceOptions,
    lines: Lines,
    events: mpsc::UnboundedSender<DeviceEvent>,
    inbox: Rc<Inbox>,
    opened: Option<Opened>,
    connection: Option<Connection>,
    started: bool,
    /// When something that broke is tried again.
    again: Option<Instant>,
}

impl Graph {
    fn turn(&mut self) -> Result<(), Closed> {
        for happening in self.inbox.take() {
            match happening {
                Happening::Asked(command) => self.obey(command)?,
                Happening::Ready => {
                    if let Some(opened) = self.opened.take() {
                        let _ = opened.send(Ok(()));
                    } else {
                        self.say(DeviceEvent::ServerBack);
                    }
                    self.start_again();
                }
                Happening::ServerLost(cause) => self.lost(cause),
                Happening::Running(side) => self.say(DeviceEvent::Running(side)),
                Happening::FormatRefused(side) => {
                    // What it takes or gives is no sound to us.
                    match side {
                        Side::Microphone => self.lines.microphone.stop(),
                        Side::Loudspeaker => self.lines.loudspeaker.stop(),
                    }
                    self.say(DeviceEvent::FormatRefused(side));
                }
                Happening::StreamBroke(side, cause) => {
                    self.say(DeviceEvent::StreamBroke(side, cause));
                    self.take_streams_away();
                    self.again = Some(Instant::now() + AGAIN);
                }
                Happening::NodeGone(name) => {
                    for side in [Side::Loudspeaker, Side::Microphone] {
                        if self.started && self.target(side) == Some(&name) {
                            self.say(DeviceEvent::DeviceGone(side));
                        }
                    }
                }
            }
        }
        if self.again.is_some_and(|at| at <= Instant::now()) {
            self.again = None;
            self.try_again();
        }
        Ok(())
    }

    fn obey(&mut self, command: Command) -> Result<(), Closed> {
        match command {
            Command::Start(reply) => {
                self.started = true;
                let _ = reply.send(self.start());
            }
            Command::Stop(reply) => {
                self.started = false;
                self.take_streams_away();
                let _ = reply.send(());
            }
            Command::Target { sink, source } => {
                self.options.sink = sink;
                self.options.source = source;
            }
            Command::Token(token) => self.options.token = token,
            Command::Close => return Err(Closed),
        }
        Ok(())
    }

    fn target(&self, side: Side) -> Option<&String> {
        match side {
            Side::Loudspeaker => self.options.sink.as_ref(),
            Side::Microphone => self.options.source.as_ref(),
        }
    }

    fn start(&mut self) -> Result<(), DevicesError> {
        let Some(connection) = &mut self.connection else {
            return Err(DevicesError::NoPipeWire("it is gone".to_owned()));
        };
        if connection.has_streams() {
            return Ok(());
        }
        for line in [&self.lines.microphone, &self.lines.loudspeaker] {
            line.start();
        }
        let made = connection.make_streams(&self.options, &self.lines, &self.inbox);
        if made.is_err() {
            self.take_streams_away();
            self.again = Some(Instant::now() + AGAIN);
        }
        for side in [Side::Loudspeaker, Side::Microphone] {
            let missing = match (&self.connection, self.target(side)) {
                (Some(connection), Some(name)) => !connection.knows(name),
                _ => false,
            };
            if missing {
                self.say(DeviceEvent::DeviceGone(side));
            }
        }
        made
    }

    /// Makes the streams if they should be there. Whoever asked for them has heard of the trouble before.
    fn start_again(&mut self) {
        if self.started
            && let Err(error) = self.start()
        {
            tracing::warn!(%error, "the streams could not be made; trying again");
        }
    }

    fn try_again(&mut self) {
        if self.connection.is_none() {
            match Connection::open(&self.context, self.options.remote.as_deref(), &self.inbox) {
                // Its streams follow when it has replied.
                Ok(connection) => self.connection = Some(connection),
                Err(_) => self.again = Some(Instant::now() + AGAIN),
            }
            return;
        }
        self.start_again();
    }

    fn take_streams_away(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.take_streams_away();
        }
        self.lines.microphone.stop();
        self.lines.loudspeaker.stop();
    }

    fn lost(&mut self, cause: String) {
        if let Some(opened) = self.opened.take() {
            let _ = opened.send(Err(DevicesError::NoPipeWire(cause)));
            return;
        }
        self.take_streams_away();
        if self.connection.take().is_some() {
            self.say(DeviceEvent::ServerLost);
        }
        self.again = Some(Instant::now() + AGAIN);
    }

    fn say(&self, event: DeviceEvent) {
        let _ = self.events.send(event);
    }
}
