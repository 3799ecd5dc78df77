use super::Dial;
use hookswitch_bus::{ConsequencesRecord, SurfaceActionRecord};
use hookswitch_core::words::{CallNumber, ChoiceKind, DtmfDigits, Languages};

/// Something a surface may ask for, to learn what would follow from it with [`Surface::preflight`](super::Surface::preflight).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Answer, in the way that touches nobody else or at most holds.
    Answer(CallNumber),
    /// End, decline or cancel, as the state says.
    End(CallNumber),
    /// End the call and everybody who is in one group with it.
    EndGroup(CallNumber),
    /// One of the choices offered for the call.
    Choose(CallNumber, ChoiceKind),
    /// Hold (true), or resume and hold whoever is active (false).
    SetHeld(CallNumber, bool),
    /// Mute or unmute.
    SetMuted(CallNumber, bool),
    /// Make the call one conversation with another; `None`: leave the group.
    SetGroup(CallNumber, Option<CallNumber>),
    /// Turn video on or off.
    SetVideo(CallNumber, bool),
    /// Translate; `None`: not any more.
    SetTranslating(CallNumber, Option<Languages>),
    /// Send tones.
    PlayDtmf(CallNumber, DtmfDigits),
    /// Dial.
    StartCall(Dial),
}

impl Wish {
    pub(super) fn into_record(self) -> SurfaceActionRecord {
        let of = |word: &str, call: CallNumber| SurfaceActionRecord {
            action: word.to_owned(),
            call: Some(call.0),
            ..SurfaceActionRecord::default()
        };
        match self {
            Self::Answer(call) => of("answer_call", call),
            Self::End(call) => of("end_call", call),
            Self::EndGroup(call) => of("end_group", call),
            Self::Choose(call, kind) => {
                let choice = Some(kind.name().to_owned());
                SurfaceActionRecord { choice, ..of("choose", call) }
            }
            Self::SetHeld(call, held) => {
                SurfaceActionRecord { held: Some(held), ..of("set_held", call) }
            }
            Self::SetMuted(call, muted) => {
                SurfaceActionRecord { muted: Some(muted), ..of("set_muted", call) }
            }
            Self::SetGroup(call, with) => {
                SurfaceActionRecord { with: with.map(|call| call.0), ..of("set_group", call) }
            }
            Self::SetVideo(call, video) => {
                SurfaceActionRecord { video: Some(video), ..of("set_video", call) }
            }
            Self::SetTranslating(call, languages) => SurfaceActionRecord {
                translating: Some(languages.is_some()),
                local_language: languages.as_ref().map(|languages| languages.local.clone()),
                remote_language: languages.map(|languages| languages.remote),
                ..of("set_translating", call)
            },
            Self::PlayDtmf(call, digits) => {
                let digits = Some(digits.as_str().to_owned());
                SurfaceActionRecord { digits, ..of("play_dtmf", call) }
            }
            Self::StartCall(dial) => SurfaceActionRecord {
                action: "start_call".to_owned(),
                app_id: Some(dial.app.to_string()),
                account: dial.account.map(|account| account.to_string()),
                handle: Some(dial.handle.value),
                handle_kind: Some(dial.handle.kind.name().to_owned()),
                handle_name: dial.handle.display_name,
                video: Some(dial.video),
                emergency: dial.emergency.then_some(true),
                ..SurfaceActionRecord::default()
            },
        }
    }
}

/// What would follow from a wish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consequences {
    /// Calls that would be held to make room; a group by its first member.
    pub holds: Vec<CallNumber>,
    /// Calls that would end, other than those whose end is asked for.
    pub ends: Vec<CallNumber>,
}

impl From<ConsequencesRecord> for Consequences {
    fn from(record: ConsequencesRecord) -> Self {
        let numbers = |calls: Vec<u64>| calls.into_iter().map(CallNumber).collect();
        Self { holds: numbers(record.holds), ends: numbers(record.ends) }
    }
}
