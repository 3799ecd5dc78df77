use crate::diary::Diary;
use crate::note::Note;
use hookswitch::{CallController, CallList, Provider};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// What a window of this app does with the phone that runs: from [`Phone::remote`](crate::Phone::remote). It says nothing if
/// the phone has ended.
#[derive(Clone, Debug)]
pub struct Remote {
    provider: Provider,
    notes: UnboundedSender<Note>,
    diary: Diary,
}

impl Remote {
    pub(crate) fn new(provider: Provider, notes: UnboundedSender<Note>, diary: Diary) -> Self {
        Self { provider, notes, diary }
    }

    /// What the user does in the app itself goes the same way as from a call screen.
    pub fn controller(&self) -> CallController {
        self.provider.controller()
    }

    /// The app's own calls, as the service has them.
    pub fn calls(&self) -> CallList {
        self.provider.call_list()
    }

    /// What the phone says for the screen from now on, one sentence each.
    pub fn sentences(&self) -> UnboundedReceiver<String> {
        self.diary.sentences()
    }

    /// Let somebody who is made up call, so much later: to try the phone, also a locked one. There is nobody to talk to.
    pub fn simulate_incoming(&self, after: Duration) {
        let _ = self.notes.send(Note::Simulate(after));
    }

    /// End all calls and the phone.
    pub fn terminate(&self) {
        let _ = self.notes.send(Note::Terminate);
    }
}
