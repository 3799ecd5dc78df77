use crate::note::{Ask, Note};
use hookswitch::{
    AnswerCallAction, CallUuid, EndCallAction, Provider, ProviderDelegate, Reset,
    SetHeldCallAction, SetMutedCallAction, StartCallAction,
};
use tokio::sync::mpsc::UnboundedSender;

/// The id of this app.
pub const APP_ID: &str = "org.hookswitch.Speakerbox";

/// Hears what the call service wants, and hands it to the phone's task at once: an action goes with it and is completed
/// there.
#[derive(Debug)]
pub struct Delegate {
    notes: UnboundedSender<Note>,
}

impl Delegate {
    /// A delegate that hands on to this channel.
    pub fn new(notes: UnboundedSender<Note>) -> Self {
        Self { notes }
    }

    /// If nobody reads any more the program ends, and an action that is dropped counts as failed.
    fn hand_on(&self, ask: Ask) {
        let _ = self.notes.send(Note::Asked(ask));
    }
}

impl ProviderDelegate for Delegate {
    fn did_begin(&mut self, _: &Provider) {
        self.hand_on(Ask::Begin);
    }

    fn did_reset(&mut self, _: &Provider, reset: Reset) {
        self.hand_on(Ask::Reset(reset));
    }

    fn perform_start_call(&mut self, _: &Provider, action: StartCallAction) {
        self.hand_on(Ask::Start(action));
    }

    fn perform_answer_call(&mut self, _: &Provider, action: AnswerCallAction) {
        self.hand_on(Ask::Answer(action));
    }

    fn perform_end_call(&mut self, _: &Provider, action: EndCallAction) {
        self.hand_on(Ask::End(action));
    }

    fn perform_set_held(&mut self, _: &Provider, action: SetHeldCallAction) {
        self.hand_on(Ask::SetHeld(action));
    }

    fn perform_set_muted(&mut self, _: &Provider, action: SetMutedCallAction) {
        self.hand_on(Ask::SetMuted(action));
    }

    fn did_activate_audio_session(&mut self, _: &Provider, call: CallUuid) {
        self.hand_on(Ask::Audio(call, true));
    }

    fn did_deactivate_audio_session(&mut self, _: &Provider, call: CallUuid) {
        self.hand_on(Ask::Audio(call, false));
    }

    fn did_lose_bus(&mut self, _: &Provider) {
        self.hand_on(Ask::BusLost);
    }
}
