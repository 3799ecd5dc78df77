//! Signed tokens: JSON Web Tokens, HS256, with the grants LiveKit's clients and servers know.
//!
//! A *room token* lets one identity join one session's room ([`RoomGrant`]). A *device token* lets one device of one
//! address use the call server ([`DeviceGrant`]). An *admin token* may create sessions ([`RoomGrant::room_create`]).
//! All are made with [`ApiKey::sign`] and checked with [`ApiKeys::verify`].
//!
//! ```
//! use hookswitch_platform::token::{ApiKey, ApiKeys, Claims, RoomGrant};
//! use std::time::{Duration, SystemTime};
//!
//! let key = ApiKey::new("demo", "a secret of at least thirty-two characters")?;
//! let now = SystemTime::now();
//! let token = key.sign(&Claims::room("anna", RoomGrant::join("session-1"), now, Duration::from_secs(600)))?;
//! let claims = ApiKeys::from(key).verify(&token, now)?;
//! assert_eq!(claims.room_to_join()?, "session-1");
//! assert!(claims.may_join("another").is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod claims;
mod key;

pub use claims::{Claims, DeviceGrant, RoomGrant};
pub use key::{ApiKey, ApiKeys, KeyError, MIN_SECRET_LEN};

/// Longest token that is looked at, in bytes. A longer one is [`TokenError::Malformed`].
pub const MAX_TOKEN_LEN: usize = 8 * 1024;

/// How far two clocks may differ before a token counts as not yet valid, in seconds. Expiry has no such grace.
pub const CLOCK_SKEW_SECS: u64 = 60;

/// Why a token does not open the door. Each text says the cause and the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// No token came with the request.
    #[error(
        "no token was sent. Send it as `access_token` in the query or as `Authorization: Bearer`."
    )]
    Missing,
    /// The text is not a token, or lacks a claim that every token has.
    #[error("the token is malformed ({0}). Ask the exchange for a new one.")]
    Malformed(&'static str),
    /// The token asks to be checked with something else than HS256 (`none`, for example).
    #[error("the token is not signed with HS256. Sign it with the API secret.")]
    Algorithm,
    /// The token was signed with a key or secret that this exchange does not have, or was changed after signing.
    #[error(
        "the token was signed with another key, or changed. Use the API key and secret of this exchange."
    )]
    WrongKey,
    /// The time until which the token was good is over.
    #[error("the token expired {since_secs} s ago. Ask for a new one.")]
    Expired {
        /// Seconds since it expired.
        since_secs: u64,
    },
    /// The token is for a later time.
    #[error(
        "the token is not valid yet, for another {in_secs} s. Check the clocks of both machines."
    )]
    NotYetValid {
        /// Seconds until it becomes valid.
        in_secs: u64,
    },
    /// The token is for another session's room.
    #[error("the token is for another session. Ask for a token for this session.")]
    WrongRoom,
    /// The token does not allow joining a room.
    #[error("the token does not allow joining a room. Ask for one with the `roomJoin` grant.")]
    NoRoomJoin,
    /// The token does not allow creating sessions or minting tokens.
    #[error(
        "the token is not an administrator's. Use the API key and secret, or a token with `roomCreate`."
    )]
    NotAdmin,
    /// The token is not a device's.
    #[error(
        "the token is not a device token. Ask the exchange for a device token for this address."
    )]
    NotDevice,
    /// The device token belongs to another address or device.
    #[error(
        "the token belongs to another address or device. Register with the address the token was made for."
    )]
    ForeignDevice,
}
