use crate::border::{Record, text, tristate};
use crate::configuration::handle_kind;
use crate::error::Refusal;
use hookswitch::{AccountId, CallUpdate, CallUuid, Handle, LogPolicy, StartCall};
use std::ffi::c_char;

/// News of a call. What is null or HOOKSWITCH_UNSET keeps its value; in the first report it has its default.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Update {
    /// Its size: `sizeof(hookswitch_update)`.
    pub size: usize,
    /// The address of the other end, at most 256 bytes.
    pub handle: *const c_char,
    /// HOOKSWITCH_HANDLE_...
    pub handle_kind: i32,
    /// What to call the other end where no contact matches.
    pub handle_name: *const c_char,
    /// Overrides the name the system would find.
    pub name: *const c_char,
    /// HOOKSWITCH_YES (default) or HOOKSWITCH_NO.
    pub supports_holding: i32,
    /// HOOKSWITCH_YES (default) or HOOKSWITCH_NO.
    pub supports_grouping: i32,
    /// HOOKSWITCH_YES (default) or HOOKSWITCH_NO.
    pub supports_ungrouping: i32,
    /// HOOKSWITCH_YES (default) or HOOKSWITCH_NO.
    pub supports_dtmf: i32,
    /// HOOKSWITCH_YES (default) or HOOKSWITCH_NO: video can be turned on, with an app that can do video.
    pub supports_video: i32,
    /// HOOKSWITCH_YES (default) or HOOKSWITCH_NO: it can be translated, with an app that can do that.
    pub supports_translation: i32,
    /// HOOKSWITCH_YES or HOOKSWITCH_NO (default).
    pub has_video: i32,
    /// HOOKSWITCH_YES or HOOKSWITCH_NO (default): an emergency service calls back. For an app that may make emergency calls.
    pub emergency: i32,
    /// HOOKSWITCH_NO: not into recents. Only the first report decides.
    pub in_recents: i32,
    /// HOOKSWITCH_YES or HOOKSWITCH_NO (default): the media is lost and being set up again.
    pub reconnecting: i32,
}

// SAFETY: `size` is first; null pointers and zeros are valid.
unsafe impl Record for Update {
    const NAME: &'static str = "hookswitch_update";
}

impl Update {
    /// # Safety
    /// Its texts are null, or end with NUL.
    pub(crate) unsafe fn read(&self) -> Result<CallUpdate, Refusal> {
        // SAFETY: as the caller promises.
        let (handle, handle_name, name) =
            unsafe { (text(self.handle)?, text(self.handle_name)?, text(self.name)?) };
        let remote_handle = handle.map(|value| Handle {
            kind: handle_kind(self.handle_kind),
            value,
            display_name: handle_name,
        });
        Ok(CallUpdate {
            remote_handle,
            localized_caller_name: name,
            supports_holding: tristate(self.supports_holding),
            supports_grouping: tristate(self.supports_grouping),
            supports_ungrouping: tristate(self.supports_ungrouping),
            supports_dtmf: tristate(self.supports_dtmf),
            supports_video: tristate(self.supports_video),
            supports_translation: tristate(self.supports_translation),
            has_video: tristate(self.has_video),
            reconnecting: tristate(self.reconnecting),
            members: None,
            emergency: tristate(self.emergency),
            log_policy: tristate(self.in_recents)
                .map(|yes| if yes { LogPolicy::Full } else { LogPolicy::None }),
        })
    }
}

/// Whom to dial, and how.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Its size: `sizeof(hookswitch_start)`.
    pub size: usize,
    /// Required: whom, 1 to 256 bytes.
    pub handle: *const c_char,
    /// HOOKSWITCH_HANDLE_...
    pub handle_kind: i32,
    /// What to call the other end where no contact matches.
    pub handle_name: *const c_char,
    /// HOOKSWITCH_YES or HOOKSWITCH_NO (default).
    pub video: i32,
    /// With which of the app's accounts. Default: the first.
    pub account: *const c_char,
    /// HOOKSWITCH_YES or HOOKSWITCH_NO (default): to an emergency service. Everybody else makes way.
    pub emergency: i32,
}

// SAFETY: `size` is first; null pointers and zeros are valid.
unsafe impl Record for Start {
    const NAME: &'static str = "hookswitch_start";
}

impl Start {
    /// # Safety
    /// Its texts are null, or end with NUL.
    pub(crate) unsafe fn read(&self, call: CallUuid) -> Result<StartCall, Refusal> {
        // SAFETY: as the caller promises.
        let (handle, handle_name, account) =
            unsafe { (text(self.handle)?, text(self.handle_name)?, text(self.account)?) };
        let Some(value) = handle else {
            return Err(Refusal::argument("There is no handle. Say whom to call."));
        };
        let kind = handle_kind(self.handle_kind);
        let handle = Handle { kind, value, display_name: handle_name };
        let video = tristate(self.video) == Some(true);
        Ok(StartCall {
            account: account.map(AccountId::from),
            video,
            emergency: tristate(self.emergency) == Some(true),
            ..StartCall::new(call, handle)
        })
    }
}

#[cfg(test)]
impl Default for Update {
    fn default() -> Self {
        // SAFETY: null is allowed, and gives zeros.
        unsafe { crate::border::copy(std::ptr::null()) }.unwrap()
    }
}

#[cfg(test)]
impl Default for Start {
    fn default() -> Self {
        // SAFETY: null is allowed, and gives zeros.
        unsafe { crate::border::copy(std::ptr::null()) }.unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::Update;
    use crate::{HOOKSWITCH_NO, HOOKSWITCH_YES};

    #[test]
    fn each_yes_and_no_gets_into_its_own_field() {
        let read = |update: Update| {
            // SAFETY: it has no texts.
            unsafe { update.read() }.map_err(|_| "it is valid").unwrap()
        };
        let nothing = read(Update::default());
        assert_eq!((nothing.has_video, nothing.reconnecting), (None, None));
        let lost = read(Update { reconnecting: HOOKSWITCH_YES, ..Update::default() });
        assert_eq!((lost.has_video, lost.reconnecting), (None, Some(true)));
        let back =
            Update { has_video: HOOKSWITCH_YES, reconnecting: HOOKSWITCH_NO, ..Update::default() };
        let back = read(back);
        assert_eq!((back.has_video, back.reconnecting), (Some(true), Some(false)));
    }
}
