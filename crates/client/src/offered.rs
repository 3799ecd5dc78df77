use crate::action::{
    AnswerCallAction, EndCallAction, PlayDtmfCallAction, SetGroupCallAction, SetHeldCallAction,
    SetMutedCallAction, SetTranslatingCallAction, SetVideoCallAction, StartCallAction,
};
use crate::delegate::ProviderDelegate;
use crate::provider::Provider;
use crate::ticket::Ticket;
use hookswitch_bus::PerformRecord;
use hookswitch_core::words::{
    ActionKind, CallState, CallUuid, Handle, HandleKind, TransactionId, Verb,
};

/// Everything of a transaction that an app is asked to do next, offered as a whole. CallKit: `CXTransaction`.
#[derive(Debug)]
pub struct OfferedTransaction {
    /// The service's id of it.
    pub id: TransactionId,
    /// What to do, in order, up to what another app has to do first. An app that carries it out takes the actions out of
    /// here and completes each.
    pub actions: Vec<OfferedAction>,
}

macro_rules! offered {
    ($($(#[$doc:meta])* $kind:ident($action:ty) => $method:ident,)+) => {
        /// One action, of any kind.
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum OfferedAction {
            $($(#[$doc])* $kind($action),)+
        }

        impl OfferedAction {
            /// The call.
            pub fn call(&self) -> CallUuid {
                match self { $(Self::$kind(action) => action.call,)+ }
            }

            /// What it is.
            pub fn kind(&self) -> ActionKind {
                match self { $(Self::$kind(_) => ActionKind::$kind,)+ }
            }

            /// It worked, now. Of a translation that begins: see [`SetTranslatingCallAction::fulfill_using`].
            pub fn fulfill(self) {
                match self { $(Self::$kind(action) => action.fulfill(),)+ }
            }

            /// It did not work. The text goes to the service's journal only; put no names or addresses in it.
            pub fn fail(self, text: &str) {
                match self { $(Self::$kind(action) => action.fail(text),)+ }
            }

            pub(crate) fn perform(self, delegate: &mut dyn ProviderDelegate, provider: &Provider) {
                match self { $(Self::$kind(action) => delegate.$method(provider, action),)+ }
            }
        }
    };
}

offered! {
    /// Invite the callee.
    Start(StartCallAction) => perform_start_call,
    /// Connect the call.
    Answer(AnswerCallAction) => perform_answer_call,
    /// End the call.
    End(EndCallAction) => perform_end_call,
    /// Hold or resume.
    SetHeld(SetHeldCallAction) => perform_set_held,
    /// Mute or unmute.
    SetMuted(SetMutedCallAction) => perform_set_muted,
    /// Join a group or leave it.
    SetGroup(SetGroupCallAction) => perform_set_group_call,
    /// Turn video on or off.
    SetVideo(SetVideoCallAction) => perform_set_video,
    /// Translate, or stop it.
    SetTranslating(SetTranslatingCallAction) => perform_set_translating,
    /// Send tones.
    PlayDtmf(PlayDtmfCallAction) => perform_play_dtmf,
}

impl OfferedAction {
    /// The action of a verb, with the details that only some have.
    pub(crate) fn new(call: CallUuid, verb: Verb, details: PerformRecord, ticket: Ticket) -> Self {
        match verb {
            Verb::Start => {
                let kind = details.handle_kind.as_deref().and_then(HandleKind::from_name);
                let handle = Handle {
                    kind: kind.unwrap_or_default(),
                    value: details.handle.unwrap_or_default(),
                    display_name: details.handle_name,
                };
                let account = details.account.unwrap_or_default().into();
                let video = details.video.unwrap_or(false);
                let emergency = details.emergency.unwrap_or(false);
                Self::Start(StartCallAction { call, handle, account, video, emergency, ticket })
            }
            Verb::Answer => Self::Answer(AnswerCallAction { call, ticket }),
            Verb::End(kind) => Self::End(EndCallAction { call, kind, ticket }),
            Verb::SetHeld(on_hold) => Self::SetHeld(SetHeldCallAction { call, on_hold, ticket }),
            Verb::SetMuted(muted) => {
                let keep_capturing = details.keep_capturing.unwrap_or(false);
                Self::SetMuted(SetMutedCallAction { call, muted, keep_capturing, ticket })
            }
            Verb::SetGroup(with) => Self::SetGroup(SetGroupCallAction { call, with, ticket }),
            Verb::SetVideo(video) => Self::SetVideo(SetVideoCallAction { call, video, ticket }),
            Verb::SetTranslating(languages) => {
                Self::SetTranslating(SetTranslatingCallAction { call, languages, ticket })
            }
            Verb::PlayDtmf(digits, kind) => {
                Self::PlayDtmf(PlayDtmfCallAction { call, digits, kind, ticket })
            }
        }
    }
}

/// A call that the service rang for while the app did not run: it is the app's from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedCall {
    /// The app's id of it, as the push said.
    pub call: CallUuid,
    /// Where it is in its life: it may be answered already.
    pub state: CallState,
    /// The app's account it is on.
    pub account: hookswitch_core::words::AccountId,
    /// Who calls.
    pub handle: Handle,
    /// The name that came with the push.
    pub name: Option<String>,
    /// Whether it carries video.
    pub video: bool,
}
