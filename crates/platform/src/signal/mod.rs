//! Room signalling: what a room's client and server say to each other.
//!
//! The wire is the LiveKit protocol in its single-connection form (`/rtc/v1`): binary protobuf
//! [`proto::SignalRequest`] and [`proto::SignalResponse`] over a WebSocket, the client always offers and the server
//! always answers. It is not affiliated with LiveKit; it speaks the same words so that their client libraries work.

pub mod join_request;
pub mod sdp;

/// The messages of the LiveKit protocol that rooms use.
pub mod proto {
    pub use livekit_protocol::signal_request::Message as Request;
    pub use livekit_protocol::signal_response::Message as Response;
    pub use livekit_protocol::{
        AddTrackRequest, ClientInfo, Codec, ConnectionSettings, DisconnectReason, JoinRequest,
        JoinResponse, LeaveRequest, MediaSectionsRequirement, MuteTrackRequest, ParticipantInfo,
        ParticipantPermission, ParticipantUpdate, Ping, Pong, ReconnectResponse, RequestResponse,
        Room, ServerInfo, SessionDescription, SignalRequest, SignalResponse,
        SubscriptionPermissionUpdate, SubscriptionResponse, SyncState, TrackInfo,
        TrackPublishedResponse, TrackSource, TrackSubscribed, TrackType, TrackUnpublishedResponse,
        TrickleRequest, UpdateSubscription, WrappedJoinRequest, client_info, leave_request,
        participant_info, request_response, server_info, wrapped_join_request,
    };
}

use prost::Message;

/// Largest signalling message that is read, in bytes. SDP of a room with a hundred sections fits several times.
pub const MAX_MESSAGE_LEN: usize = 256 * 1024;

/// The LiveKit protocol number that both our sides speak.
pub const PROTOCOL: i32 = 17;

/// Why a signalling message could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignalError {
    /// Larger than [`MAX_MESSAGE_LEN`].
    #[error(
        "the signalling message has {len} bytes, more than {MAX_MESSAGE_LEN}. Send smaller messages."
    )]
    TooLarge {
        /// Its length.
        len: usize,
    },
    /// Not protobuf of the expected kind.
    #[error(
        "the signalling message cannot be read. Check that both sides speak the LiveKit protocol."
    )]
    Malformed,
}

/// Reads a client's message. `Ok(None)`: readable, but of a kind this version does not know, to be ignored.
pub fn decode_request(bytes: &[u8]) -> Result<Option<proto::Request>, SignalError> {
    check_len(bytes)?;
    let message = proto::SignalRequest::decode(bytes).map_err(|_| SignalError::Malformed)?;
    Ok(message.message)
}

/// Reads a server's message. `Ok(None)`: readable, but of a kind this version does not know, to be ignored.
pub fn decode_response(bytes: &[u8]) -> Result<Option<proto::Response>, SignalError> {
    check_len(bytes)?;
    let message = proto::SignalResponse::decode(bytes).map_err(|_| SignalError::Malformed)?;
    Ok(message.message)
}

/// The bytes of a client's message.
pub fn encode_request(message: proto::Request) -> Vec<u8> {
    proto::SignalRequest { message: Some(message) }.encode_to_vec()
}

/// The bytes of a server's message.
pub fn encode_response(message: proto::Response) -> Vec<u8> {
    proto::SignalResponse { message: Some(message) }.encode_to_vec()
}

fn check_len(bytes: &[u8]) -> Result<(), SignalError> {
    if bytes.len() > MAX_MESSAGE_LEN {
        Err(SignalError::TooLarge { len: bytes.len() })
    } else {
        Ok(())
    }
}
