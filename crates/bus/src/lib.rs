//! What the call service says on D-Bus: names, records, errors, and their meaning in the words of the core.
//!
//! The contract itself is `data/dbus/*.xml`, included here as [`xml`]. Records are `a{sv}`: unknown keys are ignored, a
//! known key of the wrong type is refused with `InvalidArgument`.

mod action;
mod audio;
mod call;
mod configuration;
mod error;
mod limits;
pub mod names;
mod own_call;
mod perform;
mod preflight;
mod recents;
mod ringtone;
mod status;
mod update;
pub mod xml;

pub use action::{
    AcceptedRecord, ActionRecord, FinishedRecord, RequestOptions, fail_reason, languages,
};
pub use audio::{AudioRecord, AudioSessionRecord, EndpointRecord, TestRingRecord};
pub use call::{
    AdmittedRecord, AdoptedRecord, CallRecord, ChangeRecord, ChoiceRecord, ObservedRecord,
    StateRecord,
};
pub use configuration::{AccountRecord, ConfigurationRecord, RegisteredRecord};
pub use error::{Refusal, error_name};
pub use limits::{MAX_HANDLE, MAX_ID, MAX_MEMBERS, MAX_NAME, MAX_RECORDS, OutOfRange};
pub use own_call::OwnCallRecord;
pub use perform::{
    AttachedRecord, ExecutedRecord, PerformRecord, ResultRecord, TransactionRecord, action_kind,
    is_perform,
};
pub use preflight::{ConsequencesRecord, OwnConsequencesRecord, SurfaceActionRecord, group_with};
pub use recents::{RecentsQuery, RecentsRecord};
pub use ringtone::RingtoneFile;
pub use status::{ProviderRecord, StatusRecord, SurfaceRecord};
pub use update::{AdoptionRecord, EndedRecord, MemberRecord, MomentRecord, UpdateRecord};
