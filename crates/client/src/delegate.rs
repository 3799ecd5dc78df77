use crate::action::{
    AnswerCallAction, EndCallAction, PlayDtmfCallAction, SetGroupCallAction, SetHeldCallAction,
    SetMutedCallAction, SetTranslatingCallAction, SetVideoCallAction, StartCallAction,
};
use crate::audio::AudioSession;
use crate::offered::{AttachedCall, OfferedTransaction};
use crate::provider::Provider;
use hookswitch_core::Finished;
use hookswitch_core::words::{ActionId, ActionKind, CallUuid};
use std::time::Duration;

/// What an app does when the call service asks or tells it something. CallKit: `CXProviderDelegate`.
///
/// The methods are called one at a time, in the order the service spoke, on the task that reads the bus. They must
/// return soon: nothing else arrives meanwhile. Work that takes longer goes to a task or thread of the app's own; an
/// action may go with it and be completed there. A second action, an end always, may come while one is pending.
///
/// What a provider's methods ask is on its way when they return, so a delegate need not await them.
///
/// ```
/// use hookswitch::{AnswerCallAction, CallUuid, EndCallAction, Provider, ProviderDelegate, Reset};
///
/// struct Delegate {
///     to_signalling: std::sync::mpsc::Sender<AnswerCallAction>,
/// }
///
/// impl ProviderDelegate for Delegate {
///     fn did_reset(&mut self, _: &Provider, _: Reset) {
///         // Drop every call: the service knows none of them any more.
///     }
///
///     fn perform_answer_call(&mut self, _: &Provider, action: AnswerCallAction) {
///         // Takes a while: the signalling thread calls `action.fulfill()` once both can talk.
///         let _ = self.to_signalling.send(action);
///     }
///
///     fn perform_end_call(&mut self, _: &Provider, action: EndCallAction) {
///         action.fulfill();
///     }
/// }
/// ```
pub trait ProviderDelegate: Send + 'static {
    /// The provider is registered: calls may be reported and requested. Also after each reset. CallKit:
    /// `providerDidBegin`.
    fn did_begin(&mut self, _provider: &Provider) {}

    /// The service restarted and knows none of the app's calls. Drop every call and close what belongs to it; or, if
    /// `reset` says so, report each again with [`Provider::adopt_call`]. No pending action is to be completed any more.
    /// Comes exactly once for each restart, when the provider is registered again. CallKit: `providerDidReset`.
    fn did_reset(&mut self, provider: &Provider, reset: Reset);

    /// Invite the callee. Default: it fails, as this app does not dial.
    fn perform_start_call(&mut self, _provider: &Provider, action: StartCallAction) {
        action.fail("This app does not dial. It should register no handle kinds.");
    }

    /// Connect the call. Default: it fails, and the call ends.
    fn perform_answer_call(&mut self, _provider: &Provider, action: AnswerCallAction) {
        action.fail("This app does not answer calls.");
    }

    /// End the call. Default: it fails; the call ends for everybody else all the same.
    fn perform_end_call(&mut self, _provider: &Provider, action: EndCallAction) {
        action.fail("This app does not end calls.");
    }

    /// Hold or resume. Default: it fails; say so beforehand with `supports_holding`.
    fn perform_set_held(&mut self, _provider: &Provider, action: SetHeldCallAction) {
        action.fail("This app does not hold calls. It should say so with supports_holding.");
    }

    /// Mute or unmute. Default: it fails. The service mutes the microphone whatever the app does.
    fn perform_set_muted(&mut self, _provider: &Provider, action: SetMutedCallAction) {
        action.fail("This app does not mute by itself.");
    }

    /// Make the call one conversation with another of this app, or take it out of its group. Default: it fails; say so
    /// beforehand with `supports_grouping` or `maximum_calls_per_call_group`.
    fn perform_set_group_call(&mut self, _provider: &Provider, action: SetGroupCallAction) {
        action.fail("This app does not merge calls. It should say so with supports_grouping.");
    }

    /// Turn video on or off. Default: it fails; only apps that register `supports_video` are asked.
    fn perform_set_video(&mut self, _provider: &Provider, action: SetVideoCallAction) {
        action.fail("This app has no video. It should say so with supports_video.");
    }

    /// Translate the call, or stop it. Default: it fails; only apps that register `supports_audio_translation` are asked.
    fn perform_set_translating(&mut self, _provider: &Provider, action: SetTranslatingCallAction) {
        action
            .fail("This app does not translate. It should say so with supports_audio_translation.");
    }

    /// Everything that follows for this app from one transaction, before any of it is performed; only for apps that
    /// register `executes_transactions`. True: the app carries it out itself, takes the actions out of the transaction
    /// and completes each; one it leaves in there counts as failed. False (the default): nothing of it counts, and each
    /// is performed by itself, with an id of its own. CallKit: `provider(_:execute:)`.
    fn execute_transaction(
        &mut self,
        _provider: &Provider,
        _transaction: &mut OfferedTransaction,
    ) -> bool {
        false
    }

    /// The service rang for the app while it did not run, because a push said so: this call is the app's from now on. What
    /// the user did meanwhile comes as performs after it. Report it as well if that is how the app learned of it: it is
    /// the same call. No service sends it yet.
    fn did_attach_call(&mut self, _provider: &Provider, _call: AttachedCall) {}

    /// Send tones. Default: it fails; say so beforehand with `supports_dtmf`.
    fn perform_play_dtmf(&mut self, _provider: &Provider, action: PlayDtmfCallAction) {
        action.fail("This app sends no tones. It should say so with supports_dtmf.");
    }

    /// An action ran out of time: it counts as failed, and the call may be over too. Completing it now does nothing.
    fn timed_out_performing(&mut self, _provider: &Provider, _action: TimedOut) {}

    /// The audio session of a call that is new: configure and open what the call will need, but play and capture nothing
    /// yet. Comes before the action that starts the call, before an incoming call that was reported counts as admitted, and
    /// before [`did_attach_call`](Self::did_attach_call); again when a call is adopted. Does not come where the service has
    /// no audio. CallKit: the place to call `configureAudioSession`.
    fn prepare_audio_session(
        &mut self,
        _provider: &Provider,
        _call: CallUuid,
        _session: AudioSession,
    ) {
    }

    /// The call has the audio: start its media now, not before. May come again and means the same then: with another
    /// device, if that changed. [`Provider::audio_session`] has the session. CallKit: `provider(_:didActivate:)`.
    fn did_activate_audio_session(&mut self, _provider: &Provider, _call: CallUuid) {}

    /// The call lost the audio: stop its media. CallKit: `provider(_:didDeactivate:)`.
    fn did_deactivate_audio_session(&mut self, _provider: &Provider, _call: CallUuid) {}

    /// A transaction this app requested is over, with one outcome for each of its actions.
    fn transaction_finished(&mut self, _provider: &Provider, _finished: Finished) {}

    /// The connection to the bus is gone for good, or the service would not have the app back: every call has ended for
    /// it. The last method called; [`Provider::closed`] says why. Drop the calls, as in `did_reset`.
    fn did_lose_bus(&mut self, _provider: &Provider) {}
}

/// The service restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// How much time there is to adopt calls from before; `None`: the service remembers none, drop them all.
    pub adopt_within: Option<Duration>,
}

/// An action that ran out of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut {
    /// The action.
    pub action: ActionId,
    /// Its call.
    pub call: CallUuid,
    /// What it was; `None`: something of a later version of the service.
    pub kind: Option<ActionKind>,
}
