use crate::border::{c_text, pointer};
use crate::configuration::handle_number;
use hookswitch::{
    AnswerCallAction, Date, EndCallAction, PlayDtmfCallAction, SetGroupCallAction,
    SetHeldCallAction, SetMutedCallAction, SetTranslatingCallAction, SetVideoCallAction,
    StartCallAction, TranslationEngine,
};
use std::ffi::{CString, c_char};
use std::time::Instant;

/// Invite the callee.
pub const HOOKSWITCH_START_CALL: i32 = 1;
/// Connect the call.
pub const HOOKSWITCH_ANSWER_CALL: i32 = 2;
/// End the call.
pub const HOOKSWITCH_END_CALL: i32 = 3;
/// Hold the call, or take it from hold.
pub const HOOKSWITCH_SET_HELD: i32 = 4;
/// Mute or unmute the microphone.
pub const HOOKSWITCH_SET_MUTED: i32 = 5;
/// Send tones.
pub const HOOKSWITCH_PLAY_DTMF: i32 = 6;
/// Make the call one conversation with another, or take it out of its group.
pub const HOOKSWITCH_SET_GROUP: i32 = 7;
/// Turn video on or off.
pub const HOOKSWITCH_SET_VIDEO: i32 = 8;
/// Translate the call, or stop it.
pub const HOOKSWITCH_SET_TRANSLATING: i32 = 9;

/// What the service asks the app to perform. Valid during the call of the app's function; keep the id. Made by the
/// library only, so it may grow at its end. What an action does not have is null or zero.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// Its size.
    pub size: usize,
    /// The action's own id, for `hookswitch_fulfill` and `hookswitch_fail`. Not the call's.
    pub id: u64,
    /// Which: HOOKSWITCH_START_CALL and so on, for functions that perform several.
    pub kind: i32,
    /// The call, as the app named it; of a call that was dialed on a call screen it is new.
    pub call: *const c_char,
    /// The app's own transaction it comes from; 0: somebody else's wish, as the user's on a call screen.
    pub transaction: u64,
    /// Time left, in milliseconds; then it counts as failed.
    pub deadline_ms: u32,
    /// Another call takes over once this is done: do not tear audio down.
    pub handing_over: bool,
    /// Start: whom.
    pub handle: *const c_char,
    /// Start: HOOKSWITCH_HANDLE_...
    pub handle_kind: i32,
    /// Start: what to call the other end where no contact matches.
    pub handle_name: *const c_char,
    /// Start: with which of the app's accounts.
    pub account: *const c_char,
    /// Start: with video. Set video: the wanted state.
    pub video: bool,
    /// Start: to an emergency service, for an app that may. Everybody else has made way.
    pub emergency: bool,
    /// End: hang_up, decline, cancel, unanswered or failed. The list is open.
    pub end_kind: *const c_char,
    /// Set held: the wanted state.
    pub held: bool,
    /// Set muted: the wanted state.
    pub muted: bool,
    /// Set muted: the call is translated: send silence, but keep capturing, or the translation stops.
    pub keep_capturing: bool,
    /// Play DTMF: 1 to 64 of 0-9 * # A-D; in a soft_pause also a comma: wait once more.
    pub digits: *const c_char,
    /// Play DTMF: single_tone, soft_pause or hard_pause. The list is open.
    pub dtmf_type: *const c_char,
    /// Set group: the call to be in one group with; null: leave the group.
    pub with: *const c_char,
    /// Set translating: what is spoken here, a language tag as de or pt-BR; null: not any more.
    pub local_language: *const c_char,
    /// Set translating: what is spoken there.
    pub remote_language: *const c_char,
}

/// An action of the Rust library, kept until the app completes it.
#[derive(Debug)]
pub(crate) enum Pending {
    Start(StartCallAction),
    Answer(AnswerCallAction),
    End(EndCallAction),
    SetHeld(SetHeldCallAction),
    SetMuted(SetMutedCallAction),
    PlayDtmf(PlayDtmfCallAction),
    SetGroup(SetGroupCallAction),
    SetVideo(SetVideoCallAction),
    SetTranslating(SetTranslatingCallAction),
}

/// The same with each kind of action.
macro_rules! each {
    ($pending:expr, $action:ident => $what:expr) => {
        match $pending {
            Pending::Start($action) => $what,
            Pending::Answer($action) => $what,
            Pending::End($action) => $what,
            Pending::SetHeld($action) => $what,
            Pending::SetMuted($action) => $what,
            Pending::PlayDtmf($action) => $what,
            Pending::SetGroup($action) => $what,
            Pending::SetVideo($action) => $what,
            Pending::SetTranslating($action) => $what,
        }
    };
}

impl Pending {
    pub fn id(&self) -> u64 {
        each!(self, action => action.id().0)
    }

    fn kind(&self) -> i32 {
        match self {
            Self::Start(_) => HOOKSWITCH_START_CALL,
            Self::Answer(_) => HOOKSWITCH_ANSWER_CALL,
            Self::End(_) => HOOKSWITCH_END_CALL,
            Self::SetHeld(_) => HOOKSWITCH_SET_HELD,
            Self::SetMuted(_) => HOOKSWITCH_SET_MUTED,
            Self::PlayDtmf(_) => HOOKSWITCH_PLAY_DTMF,
            Self::SetGroup(_) => HOOKSWITCH_SET_GROUP,
            Self::SetVideo(_) => HOOKSWITCH_SET_VIDEO,
            Self::SetTranslating(_) => HOOKSWITCH_SET_TRANSLATING,
        }
    }

    /// Whether it is too late to complete it.
    pub fn is_over(&self) -> bool {
        each!(self, action => action.is_over())
    }

    pub fn fulfill(self, date: Option<Date>) {
        match (self, date) {
            // There is no engine but the app's.
            (Self::SetTranslating(action), _) if action.languages.is_some() => {
                action.fulfill_using(TranslationEngine::Custom);
            }
            (pending, Some(date)) => each!(pending, action => action.fulfill_at(date)),
            (pending, None) => each!(pending, action => action.fulfill()),
        }
    }

    pub fn fail(self, text: &str) {
        each!(self, action => action.fail(text));
    }

    /// The texts of it, for `shown`.
    pub fn texts(&self) -> Texts {
        let call = c_text(&each!(self, action => action.call.to_string()));
        let texts = Texts { call, ..Texts::default() };
        match self {
            Self::Start(action) => Texts {
                handle: Some(c_text(&action.handle.value)),
                handle_name: action.handle.display_name.as_deref().map(c_text),
                account: Some(c_text(action.account.as_str())),
                ..texts
            },
            Self::End(action) => Texts { end_kind: Some(c_text(action.kind.name())), ..texts },
            Self::PlayDtmf(action) => Texts {
                digits: Some(c_text(action.digits.as_str())),
                dtmf_type: Some(c_text(action.kind.name())),
                ..texts
            },
            Self::SetGroup(action) => {
                Texts { with: action.with.map(|with| c_text(&with.to_string())), ..texts }
            }
            Self::SetTranslating(action) => Texts {
                languages: action
                    .languages
                    .as_ref()
                    .map(|languages| (c_text(&languages.local), c_text(&languages.remote))),
                ..texts
            },
            Self::Answer(_) | Self::SetHeld(_) | Self::SetMuted(_) | Self::SetVideo(_) => texts,
        }
    }

    /// What the app sees of it, as long as the texts live.
    pub fn shown(&self, texts: &Texts) -> Action {
        let deadline = each!(self, action => action.deadline());
        let left = deadline.saturating_duration_since(Instant::now()).as_millis();
        Action {
            size: size_of::<Action>(),
            id: self.id(),
            kind: self.kind(),
            call: texts.call.as_ptr(),
            transaction: each!(self, action => action.transaction()).map_or(0, |id| id.0),
            deadline_ms: u32::try_from(left).unwrap_or(u32::MAX),
            handing_over: each!(self, action => action.handing_over()),
            handle: pointer(texts.handle.as_ref()),
            handle_kind: match self {
                Self::Start(action) => handle_number(action.handle.kind),
                _ => 0,
            },
            handle_name: pointer(texts.handle_name.as_ref()),
            account: pointer(texts.account.as_ref()),
            video: match self {
                Self::Start(action) => action.video,
                Self::SetVideo(action) => action.video,
                _ => false,
            },
            emergency: matches!(self, Self::Start(action) if action.emergency),
            end_kind: pointer(texts.end_kind.as_ref()),
            held: matches!(self, Self::SetHeld(action) if action.on_hold),
            muted: matches!(self, Self::SetMuted(action) if action.muted),
            keep_capturing: matches!(self, Self::SetMuted(action) if action.keep_capturing),
            digits: pointer(texts.digits.as_ref()),
            dtmf_type: pointer(texts.dtmf_type.as_ref()),
            with: pointer(texts.with.as_ref()),
            local_language: pointer(texts.languages.as_ref().map(|(local, _)| local)),
            remote_language: pointer(texts.languages.as_ref().map(|(_, remote)| remote)),
        }
    }
}

/// The texts of an action, while the app looks at it.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    call: CString,
    handle: Option<CString>,
    handle_name: Option<CString>,
    account: Option<CString>,
    end_kind: Option<CString>,
    digits: Option<CString>,
    dtmf_type: Option<CString>,
    with: Option<CString>,
    languages: Option<(CString, CString)>,
}
