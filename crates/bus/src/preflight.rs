use crate::action::{ACTIONS, ActionRecord, languages, tones};
use crate::limits::OutOfRange;
use hookswitch_core::words::{CallNumber, CallUuid, ChoiceKind};
use hookswitch_core::{CallRef, Consequences, Requested};
use zbus::{DeserializeDict, SerializeDict, Type};

/// One action that a surface asks about. As the members of `Surface1` take it, in one record.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct SurfaceActionRecord {
    /// A word of an `ActionRecord`, or `choose`.
    pub action: String,
    /// The service's number of the call; not of `start_call`.
    pub call: Option<u64>,
    /// `set_group`: the call to be in one group with; 0 or absent: leave the group.
    pub with: Option<u64>,
    /// `choose`: a word of `ChoiceKind`.
    pub choice: Option<String>,
    /// `set_held`: the wanted state; default true.
    pub held: Option<bool>,
    /// `set_muted`: the wanted state; default true.
    pub muted: Option<bool>,
    /// `set_video`: the wanted state; default true. `start_call`: with video; default no.
    pub video: Option<bool>,
    /// `set_translating`: the wanted state; default true.
    pub translating: Option<bool>,
    /// `set_translating`: the language spoken here.
    pub local_language: Option<String>,
    /// `set_translating`: the language spoken there.
    pub remote_language: Option<String>,
    /// `play_dtmf`: 1 to 64 of `0-9 * # A-D`.
    pub digits: Option<String>,
    /// `play_dtmf`: `single_tone` (default), `soft_pause` or `hard_pause`.
    pub dtmf_type: Option<String>,
    /// `start_call`: the app to dial with.
    pub app_id: Option<String>,
    /// `start_call`: the account; default the first.
    pub account: Option<String>,
    /// `start_call`: the address to dial.
    pub handle: Option<String>,
    /// `start_call`: `generic` (default), `phone_number` or `email_address`.
    pub handle_kind: Option<String>,
    /// `start_call`: what to call the callee.
    pub handle_name: Option<String>,
    /// `start_call`: an emergency call; default no.
    pub emergency: Option<bool>,
}

impl SurfaceActionRecord {
    /// The action in the words of the core; a call that would be dialed gets that id.
    ///
    /// # Errors
    /// The action is unknown, or a field it needs is missing or out of range.
    pub fn into_requested(self, new: CallUuid) -> Result<Requested, OutOfRange> {
        if self.action == "start_call" {
            let start = ActionRecord {
                app_id: self.app_id,
                account: self.account,
                handle: self.handle,
                handle_kind: self.handle_kind,
                handle_name: self.handle_name,
                video: self.video,
                emergency: self.emergency,
                ..ActionRecord::default()
            };
            return Ok(Requested::Start(start.into_start(new)?));
        }
        let must = "the number of a call";
        let number = self.call.map(CallNumber).ok_or(OutOfRange { field: "call", must })?;
        let call = CallRef::Number(number);
        Ok(match self.action.as_str() {
            "choose" => {
                let kind = self.choice.as_deref().and_then(ChoiceKind::from_name);
                let must = "one of the call's choices";
                Requested::Choose(number, kind.ok_or(OutOfRange { field: "choice", must })?)
            }
            "answer_call" => Requested::Answer(call),
            "end_call" => Requested::End(call),
            "end_group" => Requested::EndGroup(call),
            "set_held" => Requested::SetHeld(call, self.held.unwrap_or(true)),
            "set_muted" => Requested::SetMuted(call, self.muted.unwrap_or(true)),
            "set_group" => Requested::SetGroup(call, group_with(self.with.unwrap_or(0))),
            "set_video" => Requested::SetVideo(call, self.video.unwrap_or(true)),
            "set_translating" => {
                let on = self.translating.unwrap_or(true);
                let languages = languages(on, self.local_language, self.remote_language)?;
                Requested::SetTranslating(call, languages)
            }
            "play_dtmf" => {
                let (digits, kind) = tones(self.digits, self.dtmf_type.as_deref())?;
                Requested::PlayDtmf(call, digits, kind)
            }
            _ => return Err(OutOfRange { field: "action", must: ACTIONS }),
        })
    }
}

/// The other call of a group; 0: none.
pub fn group_with(number: u64) -> Option<CallRef> {
    (number != 0).then_some(CallRef::Number(CallNumber(number)))
}

/// What would follow, for a surface.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ConsequencesRecord {
    /// Calls that would be held; a group by its first member.
    pub holds: Vec<u64>,
    /// Calls that would end, other than those whose end is asked for.
    pub ends: Vec<u64>,
}

impl From<&Consequences> for ConsequencesRecord {
    fn from(consequences: &Consequences) -> Self {
        let numbers = |calls: &[CallNumber]| calls.iter().map(|call| call.0).collect();
        Self { holds: numbers(&consequences.holds), ends: numbers(&consequences.ends) }
    }
}

/// What would follow, for an app: it never learns of the calls of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct OwnConsequencesRecord {
    /// Whether some call would be held to make room.
    pub would_hold: bool,
}
