use super::desk::Step;
use super::graph::{Graph, Server};
use super::{pipewire, pulse};
use crate::pulse::{WireError, server_is_there};
use ::pipewire::loop_::Timeout;
use ::pipewire::main_loop::MainLoopRc;
use ::pipewire::spa::support::system::IoFlags;

/// A connection to the sound server: what it says goes into a graph, and steps come out of it.
pub enum Connection {
    /// To PipeWire.
    PipeWire(pipewire::Connection),
    /// To PulseAudio, where PipeWire has no sound.
    PulseAudio(pulse::Connection),
}

/// What became of listening.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Whether the graph is different.
    pub changed: bool,
    /// The newest question that was answered.
    pub done: Option<i32>,
    /// Why the connection is gone, if it is.
    pub lost: Option<String>,
}

impl Connection {
    /// Connect to this server, or, of `None`, to whichever is there, PipeWire first.
    ///
    /// # Errors
    /// There is none, or it does not let us in: why, in words.
    pub fn open(main_loop: &MainLoopRc, server: Server) -> Result<Self, String> {
        let pulse = || pulse::Connection::open().map(Self::PulseAudio);
        if server == Server::PulseAudio {
            return pulse().map_err(|error| error.to_string());
        }
        let why = match pipewire::Connection::open(main_loop) {
            Ok(connection) => return Ok(Self::PipeWire(connection)),
            Err(error) => format!("PipeWire: {error}"),
        };
        match pulse() {
            Ok(connection) if server == Server::None => Ok(connection),
            Ok(_) | Err(WireError::NoServer) => Err(why),
            Err(error) => Err(format!("{why}. PulseAudio: {error}")),
        }
    }

    /// Who has the sound, where PipeWire runs and has no device: it may be there for pictures only.
    pub fn instead(&self, graph: &Graph) -> Option<Self> {
        let may_be = matches!(self, Self::PipeWire(_)) && !graph.has_devices() && server_is_there();
        may_be.then(|| pulse::Connection::open().ok().map(Self::PulseAudio)).flatten()
    }

    /// Ask the server to answer when it has done everything up to here. The number of the question.
    pub fn ask(&mut self) -> Option<i32> {
        match self {
            Self::PipeWire(connection) => connection.ask(),
            Self::PulseAudio(connection) => connection.ask(),
        }
    }

    /// Put what was heard into the graph.
    pub fn listen(&mut self, graph: &mut Graph) -> Round {
        match self {
            Self::PipeWire(connection) => connection.listen(graph),
            Self::PulseAudio(connection) => connection.listen(graph),
        }
    }

    /// Do it.
    pub fn take(&mut self, step: &Step) {
        match self {
            Self::PipeWire(connection) => connection.take(step),
            Self::PulseAudio(connection) => connection.take(step),
        }
    }
}

/// Let the loop do a round: until this server says something, or anything else that it waits for comes, or the time is
/// over.
pub fn wait(main_loop: &MainLoopRc, connection: Option<&Connection>, timeout: Timeout) {
    let main_loop = main_loop.loop_();
    let waits_on = match connection {
        Some(Connection::PulseAudio(connection)) => Some(connection.waits_on()),
        // It is in the loop by itself.
        Some(Connection::PipeWire(_)) | None => None,
    };
    let _wakes = waits_on.map(|(fd, for_room)| {
        let on = if for_room { IoFlags::IN | IoFlags::OUT } else { IoFlags::IN };
        main_loop.add_io(fd, on, |_| ())
    });
    main_loop.iterate(timeout);
}
