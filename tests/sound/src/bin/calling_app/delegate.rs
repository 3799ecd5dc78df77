use crate::Tell;
use hookswitch::{
    AnswerCallAction, AudioSession, CallUuid, EndCallAction, Provider, ProviderDelegate, Reset,
    SetHeldCallAction, SetMutedCallAction,
};
use hookswitch_sound::orders::{Grant, What};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc::UnboundedSender;

/// How far a call's audio is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Streams may be opened, and are not heard.
    Prepared,
    /// They are heard.
    Granted,
}

/// Does at once what it is asked, if it is willing, and tells.
pub struct Delegate {
    tell: Tell,
    granted: UnboundedSender<(Stage, Grant)>,
    willing: Arc<AtomicBool>,
}

impl Delegate {
    /// A willing one.
    pub fn new(tell: Tell, granted: UnboundedSender<(Stage, Grant)>) -> Self {
        Self { tell, granted, willing: Arc::new(AtomicBool::new(true)) }
    }

    /// Whether it is; may be changed at any time.
    pub fn willing(&self) -> Arc<AtomicBool> {
        self.willing.clone()
    }

    fn asked(&self, action: &str, call: CallUuid) -> bool {
        let fulfilled = self.willing.load(Ordering::SeqCst);
        self.tell.say(What::Asked { action: action.to_owned(), call: call.to_string(), fulfilled });
        fulfilled
    }
}

macro_rules! performs {
    ($($method:ident($action:ty) => $word:literal,)+) => {$(
        fn $method(&mut self, _: &Provider, action: $action) {
            if self.asked($word, action.call) {
                action.fulfill();
            } else {
                // Nobody completes it: it runs out of time.
                std::mem::forget(action);
            }
        }
    )+};
}

impl ProviderDelegate for Delegate {
    fn did_begin(&mut self, _: &Provider) {
        self.tell.say(What::Began);
    }

    fn did_reset(&mut self, _: &Provider, _: Reset) {
        self.tell.say(What::Reset);
    }

    performs! {
        perform_answer_call(AnswerCallAction) => "answer",
        perform_end_call(EndCallAction) => "end",
        perform_set_held(SetHeldCallAction) => "hold",
        perform_set_muted(SetMutedCallAction) => "mute",
    }

    fn prepare_audio_session(&mut self, _: &Provider, call: CallUuid, session: AudioSession) {
        let grant = grant(session);
        let _ = self.granted.send((Stage::Prepared, grant.clone()));
        self.tell.say(What::Prepared { call: call.to_string(), grant });
    }

    fn did_activate_audio_session(&mut self, provider: &Provider, call: CallUuid) {
        let grant = provider.audio_session(call).map(grant).unwrap_or_default();
        let _ = self.granted.send((Stage::Granted, grant.clone()));
        self.tell.say(What::AudioOn { call: call.to_string(), grant });
    }

    fn did_deactivate_audio_session(&mut self, _: &Provider, call: CallUuid) {
        self.tell.say(What::AudioOff { call: call.to_string() });
    }
}

fn grant(session: AudioSession) -> Grant {
    let AudioSession { token, sink, source, endpoint, .. } = session;
    Grant { token, sink, source, endpoint }
}
