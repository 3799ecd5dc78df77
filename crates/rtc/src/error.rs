//! What can go wrong, by whose turn it is.

use std::time::Duration;

/// Why a session could not be joined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The address cannot be used.
    #[error(
        "the session's address is not of the form `http://host:port` or `ws://host:port` ({0}). Correct it."
    )]
    BadUrl(&'static str),
    /// Nobody there, or nobody who answers.
    #[error(
        "the exchange cannot be reached ({cause}). Check its address and that it runs, then join again."
    )]
    ExchangeUnreachable {
        /// What the network said.
        cause: String,
    },
    /// The exchange does not accept the token. The text is the exchange's own: cause and next step.
    #[error("the exchange refused the token: {0}")]
    TokenRefused(String),
    /// The exchange refused for another reason.
    #[error(
        "the exchange refused to let us join (HTTP status {0}). Check that it speaks the LiveKit protocol."
    )]
    Refused(u16),
    /// The room is full, or the exchange did not like the offer.
    #[error("the room did not let us in. It may be full; try again later.")]
    RoomRefused,
    /// Signalling works but the media path did not come up in time.
    #[error(
        "the media path did not come up within {} s. Check that UDP to the exchange is not blocked, then join again.",
        .0.as_secs()
    )]
    NoMediaPath(Duration),
    /// The exchange said something that makes no sense.
    #[error("the exchange's answer cannot be used ({0}). Check the versions of both sides.")]
    Protocol(&'static str),
    /// No thread or socket to be had.
    #[error("this machine gave no {0}. Close other programs and join again.")]
    Resources(&'static str),
}

/// Why a request to a joined session failed. Nothing changed by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The session is over.
    #[error("the session is over. Join again.")]
    Ended,
    /// Signalling is being re-established.
    #[error(
        "the connection to the room is being re-established. Wait for `Reconnected` and try again."
    )]
    Reconnecting,
    /// The token does not allow publishing, or there are too many tracks.
    #[error("the room does not let us publish. Ask for a token that allows it.")]
    NotAllowed,
    /// A request of the same kind is under way.
    #[error("the last publish is still under way. Wait for it.")]
    Busy,
    /// The room took too long.
    #[error("the room did not reply within {} s. Try again or leave.", .0.as_secs())]
    NoReply(Duration),
}
