//! What the call server may ask of rooms, and what it hears from them.
//!
//! Only what a real LiveKit server offers as well, through its room service and webhooks: the call server must not
//! know which of the two it talks to.

use super::ConnectionId;
use super::task::Command;
use hookswitch_platform::signal::proto;
use tokio::sync::mpsc;

/// What happened in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomEvent {
    /// A participant's media path is up.
    Joined {
        /// Name of the room.
        room: String,
        /// Who.
        identity: String,
    },
    /// A participant is gone.
    Left {
        /// Name of the room.
        room: String,
        /// Who.
        identity: String,
        /// It left or was removed; false if its connection was lost for longer than it may be.
        on_purpose: bool,
    },
}

/// Rooms, as the call server sees them.
pub trait RoomApi: Send + Sync {
    /// Closes a room; everybody in it is told to leave. No error if there is none.
    fn delete_room(&self, room: &str);
}

/// The rooms of this process.
#[derive(Debug, Clone)]
pub struct RoomHandle {
    pub(super) commands: mpsc::UnboundedSender<Command>,
}

impl RoomApi for RoomHandle {
    fn delete_room(&self, room: &str) {
        let _ = self.commands.send(Command::CloseRoom { room: room.to_owned() });
    }
}

impl RoomHandle {
    /// Passes a client's message on.
    pub(crate) fn hear(
        &self,
        id: crate::sfu::TransportId,
        connection: ConnectionId,
        message: proto::Request,
    ) {
        let _ = self.commands.send(Command::Hear { id, connection, message: Box::new(message) });
    }

    pub(crate) fn send(&self, command: Command) {
        let _ = self.commands.send(command);
    }
}
