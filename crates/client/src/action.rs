use crate::ticket::Ticket;
use hookswitch_core::words::{
    AccountId, ActionId, CallUuid, Date, DtmfDigits, DtmfType, EndKind, Handle, Languages,
    TransactionId, TranslationEngine,
};
use std::time::Instant;

/// An action: a value that is completed once, by whoever has it.
macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty,)* } $date:literal)+) => {$(
        $(#[$doc])*
        ///
        /// Complete it exactly once: with `fulfill`, `fulfill_at` or `fail`, in the delegate's method or later, from any
        /// thread. One that is dropped without that counts as failed.
        #[derive(Debug)]
        #[must_use = "complete it with `fulfill` or `fail`: dropped, it counts as failed"]
        pub struct $name {
            /// The call.
            pub call: CallUuid,
            $($(#[$fdoc])* pub $field: $type,)*
            pub(crate) ticket: Ticket,
        }

        impl $name {
            /// The action's own id. Not the call's: confusing the two is a common bug.
            pub fn id(&self) -> ActionId {
                self.ticket.id()
            }

            /// After this moment the action counts as failed.
            pub fn deadline(&self) -> Instant {
                self.ticket.deadline()
            }

            /// The app's own transaction this comes from; `None`: somebody else's wish, as the user's on a call screen.
            pub fn transaction(&self) -> Option<TransactionId> {
                self.ticket.transaction()
            }

            /// The transaction it is part of, whoever asked; `None`: it tells what is so already.
            pub fn part_of(&self) -> Option<TransactionId> {
                self.ticket.part_of()
            }

            /// Whether another call takes over once this is done: do not tear audio down.
            pub fn handing_over(&self) -> bool {
                self.ticket.handing_over()
            }

            /// Whether it is too late: it ran out of time, or the service is gone. Completing it does nothing then.
            pub fn is_over(&self) -> bool {
                self.ticket.is_over()
            }

            /// It worked, now.
            pub fn fulfill(self) {
                self.ticket.fulfill(None);
            }

            #[doc = $date]
            pub fn fulfill_at(self, date: Date) {
                self.ticket.fulfill(Some(date));
            }

            /// It did not work. The text goes to the service's journal only; put no names or addresses in it.
            pub fn fail(self, text: &str) {
                self.ticket.fail(text);
            }
        }
    )+};
}

actions! {
    /// Invite the callee. Fulfilled = the invitation has left. 15 seconds by default; dialing itself is not in it. The
    /// call is new to the app if the user dialed on a call screen. CallKit: `CXStartCallAction`.
    StartCallAction {
        /// Whom.
        handle: Handle,
        /// With which of the app's accounts.
        account: AccountId,
        /// With video.
        video: bool,
        /// It is an emergency call: dial at once, whatever else goes on.
        emergency: bool,
    } "It worked: the invitation left at that time."

    /// Connect the call. Fulfilled = both can talk. 30 seconds by default; failed or late, the call ends as failed. Media
    /// starts with `did_activate_audio_session`, not before. CallKit: `CXAnswerCallAction`.
    AnswerCallAction {} "It worked: both could talk at that time."

    /// End the call. 5 seconds by default; for everybody else it ends in any case. CallKit: `CXEndCallAction`.
    EndCallAction {
        /// Which end it is.
        kind: EndKind,
    } "It worked: the call ended at that time."

    /// Hold the call, or take it from hold. 5 seconds by default. CallKit: `CXSetHeldCallAction`.
    SetHeldCallAction {
        /// The wanted state.
        on_hold: bool,
    } "It worked, at that time."

    /// Mute or unmute the microphone for the call. 5 seconds by default. CallKit: `CXSetMutedCallAction`.
    SetMutedCallAction {
        /// The wanted state.
        muted: bool,
        /// The call is translated: send silence, but keep capturing, or the translation stops.
        keep_capturing: bool,
    } "It worked, at that time."

    /// Make the call one conversation with another of this app, or take it out of its group. Fulfilled = they are one
    /// conversation (or not any more); where one of them talked, all of them do. 5 seconds by default. CallKit:
    /// `CXSetGroupCallAction`.
    SetGroupCallAction {
        /// The call to be in one group with; `None`: leave the group.
        with: Option<CallUuid>,
    } "It worked, at that time."

    /// Turn video on or off. 5 seconds by default. CallKit has it in `CXCallUpdate` only.
    SetVideoCallAction {
        /// The wanted state.
        video: bool,
    } "It worked, at that time."

    /// Translate the call, or stop it. 5 seconds by default. A translation that begins is fulfilled with
    /// [`fulfill_using`](Self::fulfill_using); `fulfill` is for its end. CallKit: `CXSetTranslatingCallAction`.
    SetTranslatingCallAction {
        /// Between which languages; `None`: not any more.
        languages: Option<Languages>,
    } "It stopped, at that time."

    /// Send tones. 5 seconds by default. CallKit: `CXPlayDTMFCallAction`.
    PlayDtmfCallAction {
        /// Which.
        digits: DtmfDigits,
        /// Why.
        kind: DtmfType,
    } "It worked, at that time."
}

impl SetTranslatingCallAction {
    /// The translation runs, by that engine. The system has none yet: with [`TranslationEngine::Default`], and with
    /// `fulfill`, a translation that should begin has failed. CallKit: `fulfill(using:)`.
    pub fn fulfill_using(self, engine: TranslationEngine) {
        self.ticket.fulfill_using(engine);
    }
}
