//! What a token says.

use super::TokenError;
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The content of a token. Unknown claims of other makers are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The API key whose secret signed the token; filled in by [`super::ApiKey::sign`].
    #[serde(default)]
    pub iss: String,
    /// Who it is for: the identity in the room, or the address of the device's user.
    #[serde(default)]
    pub sub: String,
    /// Valid from, in seconds since 1970.
    #[serde(default)]
    pub nbf: u64,
    /// Valid until, in seconds since 1970.
    pub exp: u64,
    /// Display name, may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What may be done in rooms. The claim is called `video` on the wire for every kind of media.
    #[serde(rename = "video", default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomGrant>,
    /// What may be done at the call server.
    #[serde(rename = "hookswitchDevice", default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceGrant>,
}

/// What a token allows in rooms.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RoomGrant {
    /// May create sessions and mint tokens.
    #[serde(skip_serializing_if = "is_false")]
    pub room_create: bool,
    /// May join [`RoomGrant::room`].
    #[serde(skip_serializing_if = "is_false")]
    pub room_join: bool,
    /// The session whose room may be joined.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub room: String,
    /// May publish; absent means yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish: Option<bool>,
    /// May subscribe; absent means yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_subscribe: Option<bool>,
    /// May send data messages; absent means yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish_data: Option<bool>,
    /// Not shown to the others.
    #[serde(skip_serializing_if = "is_false")]
    pub hidden: bool,
}

/// Which device of which address may use the call server. The address is the token's `sub`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeviceGrant {
    /// The device's id.
    pub id: String,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl RoomGrant {
    /// Join `room`, publish and subscribe.
    pub fn join(room: impl Into<String>) -> Self {
        Self { room_join: true, room: room.into(), ..Self::default() }
    }

    /// Create sessions and mint tokens.
    pub fn admin() -> Self {
        Self { room_create: true, ..Self::default() }
    }
}

impl Claims {
    /// A room token's claims for `identity`, good from `now` for `valid_for`.
    pub fn room(
        identity: impl Into<String>,
        grant: RoomGrant,
        now: SystemTime,
        valid_for: Duration,
    ) -> Self {
        Self { room: Some(grant), ..Self::timed(identity.into(), now, valid_for) }
    }

    /// A device token's claims: device `device_id` of `address`, good from `now` for `valid_for`.
    pub fn device(
        address: impl Into<String>,
        device_id: impl Into<String>,
        now: SystemTime,
        valid_for: Duration,
    ) -> Self {
        Self {
            device: Some(DeviceGrant { id: device_id.into() }),
            ..Self::timed(address.into(), now, valid_for)
        }
    }

    fn timed(sub: String, now: SystemTime, valid_for: Duration) -> Self {
        let nbf = unix_secs(now);
        Self { sub, nbf, exp: nbf.saturating_add(valid_for.as_secs()), ..Self::default() }
    }

    /// The room this token opens.
    pub fn room_to_join(&self) -> Result<&str, TokenError> {
        match &self.room {
            Some(grant) if grant.room_join && !grant.room.is_empty() => Ok(&grant.room),
            _ => Err(TokenError::NoRoomJoin),
        }
    }

    /// Whether this token opens `room`.
    pub fn may_join(&self, room: &str) -> Result<(), TokenError> {
        if self.room_to_join()? == room { Ok(()) } else { Err(TokenError::WrongRoom) }
    }

    /// Whether this token may create sessions and mint tokens.
    pub fn may_administrate(&self) -> Result<(), TokenError> {
        match &self.room {
            Some(grant) if grant.room_create => Ok(()),
            _ => Err(TokenError::NotAdmin),
        }
    }

    /// Whether this token is that of device `device_id` of `address`.
    pub fn is_device(&self, address: &str, device_id: &str) -> Result<(), TokenError> {
        let device = self.device.as_ref().ok_or(TokenError::NotDevice)?;
        if self.sub == address && device.id == device_id {
            Ok(())
        } else {
            Err(TokenError::ForeignDevice)
        }
    }
}

pub(super) fn unix_secs(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map(|d| d.as_secs()).unwrap_or(0)
}
