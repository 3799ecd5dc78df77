use crate::border::{Record, text, tristate};
use crate::error::Refusal;
use hookswitch::{Account, HandleKind};
use std::ffi::c_char;
use std::time::Duration;

/// Not said: what it was stays, or the default.
pub const HOOKSWITCH_UNSET: i32 = 0;
/// Yes; so is true of stdbool.h.
pub const HOOKSWITCH_YES: i32 = 1;
/// No. Not 0, which is not said.
pub const HOOKSWITCH_NO: i32 = 2;

/// An address of any form.
pub const HOOKSWITCH_HANDLE_GENERIC: i32 = 0;
/// A telephone number.
pub const HOOKSWITCH_HANDLE_PHONE_NUMBER: i32 = 1;
/// An address like one of mail.
pub const HOOKSWITCH_HANDLE_EMAIL_ADDRESS: i32 = 2;

/// What an app says about itself, for `hookswitch_provider_new`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Configuration {
    /// Its size: `sizeof(hookswitch_configuration)`.
    pub size: usize,
    /// Required: the app's id, which is the name of its desktop entry. The library owns it as a bus name.
    pub app_id: *const c_char,
    /// The app's account, 1 to 255 bytes. Default: `default`.
    pub account: *const c_char,
    /// What to call the account, if the user has to choose.
    pub account_label: *const c_char,
    /// How many groups (a call by itself is one) at once, ringing ones not counted. 0: 2.
    pub maximum_call_groups: u32,
    /// How many calls in a group. 0: 5; 1: no conferencing.
    pub maximum_calls_per_call_group: u32,
    /// HOOKSWITCH_YES (default) or HOOKSWITCH_NO.
    pub includes_calls_in_recents: i32,
    /// HOOKSWITCH_YES or HOOKSWITCH_NO (default).
    pub supports_video: i32,
    /// HOOKSWITCH_YES or HOOKSWITCH_NO (default): its calls can be translated, by the app.
    pub supports_audio_translation: i32,
    /// HOOKSWITCH_YES or HOOKSWITCH_NO (default): it may make emergency calls. Granted by the system, not taken at its word.
    pub emergency: i32,
    /// Which kinds of handle the app can dial: 1 << HOOKSWITCH_HANDLE_..., added up. 0: nothing offers to dial with it.
    pub supported_handle_kinds: u32,
    /// How long a call may be dialed without a sign of life, in milliseconds. 0: 120000.
    pub stuck_timeout_ms: u32,
    /// The address of the bus. Default: the session bus.
    pub bus_address: *const c_char,
}

// SAFETY: `size` is first; null pointers and zeros are valid.
unsafe impl Record for Configuration {
    const NAME: &'static str = "hookswitch_configuration";
}

/// A kind of handle by its number. What a later version knows is generic here.
pub(crate) fn handle_kind(kind: i32) -> HandleKind {
    match kind {
        HOOKSWITCH_HANDLE_PHONE_NUMBER => HandleKind::PhoneNumber,
        HOOKSWITCH_HANDLE_EMAIL_ADDRESS => HandleKind::EmailAddress,
        _ => HandleKind::Generic,
    }
}

/// The number of a kind of handle.
pub(crate) fn handle_number(kind: HandleKind) -> i32 {
    match kind {
        HandleKind::PhoneNumber => HOOKSWITCH_HANDLE_PHONE_NUMBER,
        HandleKind::EmailAddress => HOOKSWITCH_HANDLE_EMAIL_ADDRESS,
        _ => HOOKSWITCH_HANDLE_GENERIC,
    }
}

impl Configuration {
    /// The app's id, the address of the bus, and the rest.
    ///
    /// # Safety
    /// Its texts are null, or end with NUL.
    pub(crate) unsafe fn read(
        &self,
    ) -> Result<(String, Option<String>, hookswitch::Configuration), Refusal> {
        // SAFETY: as the caller promises.
        let (app, account, label, address) = unsafe {
            (
                text(self.app_id)?,
                text(self.account)?,
                text(self.account_label)?,
                text(self.bus_address)?,
            )
        };
        let Some(app) = app else {
            return Err(Refusal::argument("There is no app_id. Set it to the app's id."));
        };
        let mut configuration = hookswitch::Configuration::default();
        if account.is_some() || label.is_some() {
            let id = account.unwrap_or_else(|| "default".to_owned()).into();
            configuration.accounts = vec![Account { id, label: label.unwrap_or_default() }];
        }
        if self.maximum_call_groups > 0 {
            configuration.maximum_call_groups = number(self.maximum_call_groups);
        }
        if self.maximum_calls_per_call_group > 0 {
            configuration.maximum_calls_per_call_group = number(self.maximum_calls_per_call_group);
        }
        configuration.includes_calls_in_recents =
            tristate(self.includes_calls_in_recents).unwrap_or(true);
        configuration.supports_video = tristate(self.supports_video).unwrap_or(false);
        configuration.supports_audio_translation =
            tristate(self.supports_audio_translation).unwrap_or(false);
        configuration.emergency = tristate(self.emergency).unwrap_or(false);
        configuration.supported_handle_kinds = (0..=HOOKSWITCH_HANDLE_EMAIL_ADDRESS)
            .filter(|kind| self.supported_handle_kinds & (1 << kind) != 0)
            .map(handle_kind)
            .collect();
        if self.stuck_timeout_ms > 0 {
            configuration.stuck = Some(Duration::from_millis(self.stuck_timeout_ms.into()));
        }
        Ok((app, address, configuration))
    }
}

fn number(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
