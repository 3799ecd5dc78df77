use crate::action::uuid;
use crate::limits::{MAX_HANDLE, MAX_ID, MAX_MEMBERS, MAX_NAME, OutOfRange, short};
use hookswitch_core::words::{
    AccountId, CallState, CallUpdate, Date, EndedReason, Handle, HandleKind, LogPolicy, Member,
};
use hookswitch_core::{Adoption, Report, Verdict};
use zbus::{DeserializeDict, SerializeDict, Type};

/// Somebody at the other end of a call with several.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct MemberRecord {
    /// Their address.
    pub handle: String,
    /// Its kind; default generic.
    pub handle_kind: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// Whether they are there now; default yes.
    pub active: Option<bool>,
}

impl MemberRecord {
    fn into_member(self) -> Result<Member, OutOfRange> {
        let handle = handle(self.handle, self.handle_kind, self.name)?;
        Ok(Member { handle, active: self.active.unwrap_or(true) })
    }
}

impl From<&Member> for MemberRecord {
    fn from(member: &Member) -> Self {
        Self {
            handle: member.handle.value.clone(),
            handle_kind: Some(member.handle.kind.name().to_owned()),
            name: member.handle.display_name.clone(),
            active: (!member.active).then_some(false),
        }
    }
}

/// News of a call. A delta: a key that is absent keeps its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct UpdateRecord {
    /// Incoming only: the account it came in on; default the first.
    pub account: Option<String>,
    /// The address of the other end.
    pub handle: Option<String>,
    /// `generic`, `phone_number` or `email_address`; default generic.
    pub handle_kind: Option<String>,
    /// What to call the other end where no contact matches.
    pub handle_name: Option<String>,
    /// Overrides the name the system would find.
    pub name: Option<String>,
    /// See `CallUpdate`.
    pub supports_holding: Option<bool>,
    /// See `CallUpdate`.
    pub supports_grouping: Option<bool>,
    /// See `CallUpdate`.
    pub supports_ungrouping: Option<bool>,
    /// See `CallUpdate`.
    pub supports_dtmf: Option<bool>,
    /// See `CallUpdate`.
    pub supports_video: Option<bool>,
    /// See `CallUpdate`.
    pub supports_translation: Option<bool>,
    /// See `CallUpdate`.
    pub has_video: Option<bool>,
    /// See `CallUpdate`.
    pub reconnecting: Option<bool>,
    /// See `CallUpdate`.
    pub members: Option<Vec<MemberRecord>>,
    /// Incoming only: an emergency service calls back.
    pub emergency: Option<bool>,
    /// Incoming only: `full` or `none`.
    pub log_policy: Option<String>,
}

/// A handle out of its three keys.
pub(crate) fn handle(
    value: String,
    kind: Option<String>,
    name: Option<String>,
) -> Result<Handle, OutOfRange> {
    // The enum is open: a kind of a later version is an address all the same.
    let kind = kind.as_deref().and_then(HandleKind::from_name).unwrap_or_default();
    let value = short("handle", value, MAX_HANDLE, "at most 256 bytes")?;
    let display_name =
        name.map(|name| short("handle_name", name, MAX_NAME, "at most 256 bytes")).transpose()?;
    Ok(Handle { kind, value, display_name })
}

impl UpdateRecord {
    /// The delta in the words of the core.
    ///
    /// # Errors
    /// A text is too long.
    pub fn into_update(self) -> Result<CallUpdate, OutOfRange> {
        let remote_handle = match self.handle {
            Some(value) => Some(handle(value, self.handle_kind, self.handle_name)?),
            None => None,
        };
        let name = self.name.map(|name| short("name", name, MAX_NAME, "at most 256 bytes"));
        let members = self.members.map(|members| {
            if members.len() > MAX_MEMBERS {
                return Err(OutOfRange { field: "members", must: "at most 100 members" });
            }
            members.into_iter().map(MemberRecord::into_member).collect::<Result<Vec<_>, _>>()
        });
        Ok(CallUpdate {
            remote_handle,
            localized_caller_name: name.transpose()?,
            supports_holding: self.supports_holding,
            supports_grouping: self.supports_grouping,
            supports_ungrouping: self.supports_ungrouping,
            supports_dtmf: self.supports_dtmf,
            supports_video: self.supports_video,
            supports_translation: self.supports_translation,
            has_video: self.has_video,
            reconnecting: self.reconnecting,
            members: members.transpose()?,
            emergency: self.emergency,
            log_policy: self.log_policy.map(|word| match word.as_str() {
                "none" => LogPolicy::None,
                _ => LogPolicy::Full,
            }),
        })
    }

    /// A new incoming call, with what the user's filters say of its caller.
    ///
    /// # Errors
    /// A text is too long.
    pub fn into_incoming(mut self, verdict: Verdict) -> Result<Report, OutOfRange> {
        let account = account(self.account.take())?;
        Ok(Report::Incoming { account, update: self.into_update()?, verdict })
    }

    /// The record of a delta.
    pub fn from_update(update: CallUpdate) -> Self {
        let (handle, handle_kind, handle_name) = match update.remote_handle {
            Some(Handle { kind, value, display_name }) => {
                (Some(value), Some(kind.name().to_owned()), display_name)
            }
            None => (None, None, None),
        };
        Self {
            account: None,
            handle,
            handle_kind,
            handle_name,
            name: update.localized_caller_name,
            supports_holding: update.supports_holding,
            supports_grouping: update.supports_grouping,
            supports_ungrouping: update.supports_ungrouping,
            supports_dtmf: update.supports_dtmf,
            supports_video: update.supports_video,
            supports_translation: update.supports_translation,
            has_video: update.has_video,
            reconnecting: update.reconnecting,
            members: update.members.map(|members| members.iter().map(Into::into).collect()),
            emergency: update.emergency,
            log_policy: update.log_policy.map(|policy| match policy {
                LogPolicy::Full => "full".to_owned(),
                LogPolicy::None => "none".to_owned(),
            }),
        }
    }
}

/// An account id, if there is one and it is short enough.
pub(crate) fn account(id: Option<String>) -> Result<Option<AccountId>, OutOfRange> {
    let id = id.map(|id| short("account", id, MAX_ID, "at most 255 bytes")).transpose()?;
    Ok(id.map(AccountId::from))
}

/// When something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct MomentRecord {
    /// Milliseconds since 1970-01-01 UTC; default now.
    pub date: Option<i64>,
}

/// How a call ended elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct EndedRecord {
    /// A word of `EndedReason`; an unknown one reads as failed.
    pub reason: Option<String>,
    /// Milliseconds since 1970-01-01 UTC; default now.
    pub date: Option<i64>,
}

impl EndedRecord {
    /// The report in the words of the core.
    pub fn into_report(self) -> Report {
        let reason = self.reason.as_deref().and_then(EndedReason::from_name);
        Report::Ended(self.date.map(Date), reason.unwrap_or(EndedReason::Failed))
    }
}

/// A call from before the service's restart, as its app has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct AdoptionRecord {
    /// `ringing`, `dialing`, `connecting`, `active` or `held`.
    pub state: Option<String>,
    /// Whether the app has its microphone muted for it; default no.
    pub muted: Option<bool>,
    /// A call of the same app, adopted before, that it is in one group with.
    pub group_with: Option<String>,
    /// The token of its audio session from before the restart, so that its streams need not change; default a new one.
    pub token: Option<String>,
    /// As in `UpdateRecord`; of a call that is in no list the service remembers none.
    pub handle: Option<String>,
    /// As in `UpdateRecord`.
    pub handle_kind: Option<String>,
    /// As in `UpdateRecord`.
    pub handle_name: Option<String>,
    /// As in `UpdateRecord`.
    pub name: Option<String>,
    /// As in `UpdateRecord`.
    pub supports_holding: Option<bool>,
    /// As in `UpdateRecord`.
    pub supports_dtmf: Option<bool>,
    /// As in `UpdateRecord`.
    pub has_video: Option<bool>,
    /// As in `UpdateRecord`.
    pub reconnecting: Option<bool>,
}

impl AdoptionRecord {
    /// The adoption in the words of the core.
    ///
    /// # Errors
    /// The state is missing or no state, or the name is too long.
    pub fn into_adoption(self) -> Result<Adoption, OutOfRange> {
        let state = self.state.as_deref().and_then(CallState::from_name);
        let must = "ringing, dialing, connecting, active or held";
        let state = state.ok_or(OutOfRange { field: "state", must })?;
        let group_with = self.group_with.as_deref().map(|text| uuid("group_with", text));
        let group_with = group_with.transpose()?;
        let update = UpdateRecord {
            handle: self.handle,
            handle_kind: self.handle_kind,
            handle_name: self.handle_name,
            name: self.name,
            supports_holding: self.supports_holding,
            supports_dtmf: self.supports_dtmf,
            has_video: self.has_video,
            reconnecting: self.reconnecting,
            ..UpdateRecord::default()
        };
        let (muted, update) = (self.muted.unwrap_or(false), update.into_update()?);
        Ok(Adoption { state, muted, group_with, update })
    }
}
