//! What a session tells its app.

use tokio::sync::mpsc;

/// What happened in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionEvent {
    /// Somebody else is in the session (or was when we joined).
    ParticipantJoined {
        /// As their token says.
        identity: String,
    },
    /// Somebody else is no longer in the session.
    ParticipantLeft {
        /// As their token says.
        identity: String,
    },
    /// We hear somebody's track from now on.
    TrackSubscribed {
        /// Whose.
        identity: String,
        /// Which.
        track: String,
    },
    /// A track is no longer heard.
    TrackUnsubscribed {
        /// Whose.
        identity: String,
        /// Which.
        track: String,
    },
    /// Somebody muted or unmuted a track.
    TrackMuted {
        /// Whose.
        identity: String,
        /// Which.
        track: String,
        /// Muted now.
        muted: bool,
    },
    /// The connection to the room is lost and being re-established. Media may go on meanwhile.
    Reconnecting,
    /// It is back. What was published is published.
    Reconnected,
    /// The session is over; nothing follows.
    Disconnected {
        /// Why.
        reason: DisconnectReason,
    },
}

/// Why a session is over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// We left.
    #[error("left the session.")]
    Left,
    /// The session was closed, for example because the call is over.
    #[error("the session was closed.")]
    RoomClosed,
    /// We were removed.
    #[error("we were removed from the session. Ask for a new token to come back.")]
    Removed,
    /// The same identity joined from somewhere else.
    #[error("the same identity joined from somewhere else. Use one identity per device.")]
    DuplicateIdentity,
    /// The exchange could not be reached again in time.
    #[error(
        "the exchange could not be reached again ({cause}). Check that it runs and join again."
    )]
    ExchangeUnreachable {
        /// What the network said last.
        cause: String,
    },
    /// The exchange no longer accepts the token.
    #[error("the exchange no longer accepts the token: {0}")]
    TokenRefused(String),
    /// The other side broke the protocol.
    #[error("the room could not go on ({0}). Join again.")]
    Protocol(&'static str),
}

/// The events of a session, in order.
#[derive(Debug)]
pub struct Events {
    pub(crate) rx: mpsc::UnboundedReceiver<SessionEvent>,
}

impl Events {
    /// The next event; `None` after [`SessionEvent::Disconnected`]. May be dropped and called again.
    pub async fn next(&mut self) -> Option<SessionEvent> {
        self.rx.recv().await
    }
}
