//! What the call server refuses, and what goes wrong on the way to it.

use super::{CallState, EndedReason};
use crate::token::TokenError;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A refusal by the call server. Nothing changed by the request that got it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallError {
    /// The device token's time is over.
    #[error("the device token expired. Ask the exchange for a new one and connect again.")]
    TokenExpired,
    /// The device token is missing, malformed, or signed with another key.
    #[error(
        "the device token is not accepted: {cause} Connect again with a token of this exchange."
    )]
    TokenWrong {
        /// Which of these.
        cause: String,
    },
    /// The device token is for another address or device.
    #[error(
        "the device token belongs to another address or device. Register with the one it was made for."
    )]
    TokenForeign,
    /// The connection has not registered its device.
    #[error("the device is not registered. Send `register` first.")]
    NotRegistered,
    /// Nobody ever registered this address.
    #[error("the callee is unknown. Check the address.")]
    CalleeUnknown,
    /// The callee has no device connected.
    #[error("none of the callee's devices is connected. Try again later.")]
    CalleeOffline,
    /// A device cannot call its own address.
    #[error("caller and callee are the same address. Call another address.")]
    CalleeIsCaller,
    /// No such call, or not one of this device.
    #[error("this device has no such call. Register again to get the list of its calls.")]
    NoSuchCall,
    /// The call is over (as 410 Gone): the answer came too late, for example.
    #[error("the call is over. Take it off the screen.")]
    CallGone {
        /// Why it is over, for this device.
        reason: EndedReason,
    },
    /// The verb does not fit the call's state.
    #[error(
        "that is not possible in the call's present state. Show the state of the last message."
    )]
    WrongState {
        /// The state.
        #[serde(flatten)]
        state: CallState,
    },
    /// The verb is for the other side.
    #[error(
        "this device's side of the call cannot do that. Callers cancel, callees answer or decline."
    )]
    WrongSide,
    /// The user saw an older version of the call.
    #[error("the call has changed to version {present} meanwhile. Show it and ask the user again.")]
    StaleVersion {
        /// The version now.
        present: u64,
    },
    /// The message is not one of the wire's words.
    #[error("the message cannot be read: {detail}. Check it against the description of the wire.")]
    Malformed {
        /// What is wrong with it; never a part of its content.
        detail: String,
    },
    /// The message or one of its texts is too large.
    #[error("the message or one of its texts is larger than {limit} bytes. Send less.")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The same idempotency key came with another request before.
    #[error(
        "the idempotency key was used for another request. Use a new key for each new request."
    )]
    KeyReused,
    /// Too many of something at once.
    #[error("too many {what}: {limit} are allowed. End some, or wait.")]
    Quota {
        /// Of what.
        what: String,
        /// How many are allowed.
        limit: u64,
    },
    /// Too many requests in a short time.
    #[error("too many requests. Wait {retry_after_ms} ms.")]
    TooManyRequests {
        /// When to try again.
        retry_after_ms: u64,
    },
    /// The device was registered again from another connection.
    #[error("the same device registered from another connection. Give each device its own id.")]
    Replaced,
    /// The exchange is about to stop.
    #[error("the exchange is stopping. Connect again.")]
    Stopping,
    /// A code of a later version.
    #[error("the exchange refused for a reason this version does not know. Update this program.")]
    #[serde(other)]
    Unknown,
}

impl CallError {
    /// One short sentence for the screen of whoever tried.
    pub fn screen_text(&self) -> &'static str {
        match self {
            Self::TokenExpired => "You were signed out. Sign in again.",
            Self::TokenWrong { .. } | Self::TokenForeign => {
                "This device may not call. Sign in again."
            }
            Self::CalleeUnknown => EndedReason::CalleeUnknown.screen_text(),
            Self::CalleeOffline => EndedReason::CalleeOffline.screen_text(),
            Self::CalleeIsCaller => "This is your own address. Call another one.",
            Self::CallGone { reason } => reason.screen_text(),
            Self::NoSuchCall => "This call is over.",
            Self::StaleVersion { .. } => "The call has changed. Try again.",
            Self::TooManyRequests { .. } | Self::Quota { .. } => {
                "Too many calls. Wait a moment and try again."
            }
            Self::Stopping | Self::Replaced => "The connection was lost. Trying again.",
            Self::NotRegistered | Self::WrongState { .. } | Self::WrongSide => {
                "That is not possible now."
            }
            Self::Malformed { .. } | Self::TooLarge { .. } | Self::KeyReused | Self::Unknown => {
                "The call failed. Try again."
            }
        }
    }

    /// The status an HTTP answer with this error has.
    pub fn http_status(&self) -> u16 {
        match self {
            Self::TokenExpired | Self::TokenWrong { .. } => 401,
            Self::TokenForeign | Self::WrongSide | Self::NotRegistered => 403,
            Self::CalleeUnknown | Self::NoSuchCall => 404,
            Self::CalleeOffline => 480,
            Self::CallGone { .. } => 410,
            Self::WrongState { .. }
            | Self::StaleVersion { .. }
            | Self::Replaced
            | Self::KeyReused => 409,
            Self::TooLarge { .. } => 413,
            Self::TooManyRequests { .. } | Self::Quota { .. } => 429,
            Self::Stopping => 503,
            Self::Malformed { .. } | Self::CalleeIsCaller | Self::Unknown => 400,
        }
    }
}

impl From<TokenError> for CallError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Expired { .. } => Self::TokenExpired,
            TokenError::ForeignDevice => Self::TokenForeign,
            other => Self::TokenWrong { cause: other.to_string() },
        }
    }
}

/// What a [`super::Device`]'s verb can fail with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The call server refused.
    #[error(transparent)]
    Refused(#[from] CallError),
    /// The exchange cannot be reached: it is down, being restarted, or the address is wrong.
    #[error(
        "the exchange cannot be reached ({cause}). Check its address and that it runs; this device keeps trying."
    )]
    ExchangeUnreachable {
        /// What the network said.
        cause: String,
    },
    /// The exchange took the request and did not reply. Whether it was done shows when the calls are next in step.
    #[error("the exchange did not reply within {} s. Try again; the same call is not placed twice.", .0.as_secs())]
    NoReply(Duration),
    /// The address of the exchange cannot be used.
    #[error(
        "the exchange's address is not of the form `http://host:port` or `ws://host:port` ({0}). Correct it."
    )]
    BadUrl(&'static str),
    /// The [`super::Device`] has been closed.
    #[error("this device's connection was closed. Connect a new one.")]
    Closed,
    /// The exchange replied with something that does not fit the request.
    #[error("the exchange's reply does not fit the request. Update this program or the exchange.")]
    UnfittingReply,
}

impl DeviceError {
    /// One short sentence for the screen of whoever tried.
    pub fn screen_text(&self) -> &'static str {
        match self {
            Self::Refused(error) => error.screen_text(),
            Self::ExchangeUnreachable { .. } => {
                "No connection to the call service. Check the network and try again."
            }
            Self::NoReply(_) => "The call service does not reply. Try again.",
            Self::BadUrl(_) => "The call service is not set up. Check its address.",
            Self::Closed => "Not signed in. Sign in again.",
            Self::UnfittingReply => "The call failed. Update the app and try again.",
        }
    }
}
