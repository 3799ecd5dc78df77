use crate::{Dice, Phone, soon};
use hookswitch::{
    AnswerCallAction, CallList, Configuration, EndCallAction, Error, OfferedAction,
    PlayDtmfCallAction, Provider, ProviderDelegate, Reset, SetGroupCallAction, SetHeldCallAction,
    SetMutedCallAction, SetVideoCallAction, StartCallAction, new_call,
};
use std::sync::{Arc, Mutex, PoisonError};

type Waiting = Arc<Mutex<Vec<OfferedAction>>>;

/// An app that does what it is asked, fails it or lets it wait, as the dice fall. It has no list of calls but the
/// library's, and adopts from that what was live when the service was gone.
pub struct Moody {
    /// Its line to the service.
    pub provider: Provider,
    /// Its calls.
    pub calls: CallList,
    waiting: Waiting,
}

impl Moody {
    /// Start one on this phone.
    ///
    /// # Panics
    /// It cannot be registered.
    pub async fn start(phone: &Phone, id: &str, dice: Dice) -> Self {
        phone.install_here(id);
        let waiting = Waiting::default();
        let configuration = Configuration { supports_video: true, ..Configuration::default() };
        let builder = Provider::builder(id).configuration(configuration).address(phone.address());
        let registered = builder.register(Delegate { waiting: waiting.clone(), dice });
        let provider = soon("the registration", registered).await.expect("the app is registered");
        let calls = provider.call_list();
        Self { provider, calls, waiting }
    }

    /// Do now what waits.
    pub fn go_on(&self) {
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        waiting.into_iter().for_each(OfferedAction::fulfill);
    }

    /// Fail what waits and is for a call that has ended.
    pub fn give_up_what_is_over(&self) {
        let mut waiting = lock(&self.waiting);
        let over = |action: &mut OfferedAction| self.calls.call(action.call()).is_none();
        let over: Vec<_> = waiting.extract_if(.., over).collect();
        drop(waiting);
        over.into_iter().for_each(|action| action.fail("The call is over."));
    }

    /// Wait until it is registered, and everything it was told so far has been taken in.
    pub async fn is_up_to_date(&self) {
        soon("the app to be up to date", async {
            loop {
                // An answer comes after everything that was sent before it.
                let nobody = self.provider.report_call_updated(new_call(), Default::default());
                match nobody.await {
                    Err(Error::Service(_)) => tokio::task::yield_now().await,
                    _ => return,
                }
            }
        })
        .await;
    }
}

struct Delegate {
    waiting: Waiting,
    dice: Dice,
}

impl Delegate {
    fn take(&mut self, action: OfferedAction) {
        match self.dice.below(14) {
            0 => action.fail("Not in the mood."),
            1 | 2 => lock(&self.waiting).push(action),
            _ => action.fulfill(),
        }
    }
}

impl ProviderDelegate for Delegate {
    fn did_reset(&mut self, provider: &Provider, _: Reset) {
        // Nobody waits for these any more.
        lock(&self.waiting).clear();
        for (call, adoption) in provider.call_list().adoptions() {
            // Now and then the media did not survive.
            if self.dice.below(5) > 0 {
                provider.adopt_call(call, adoption).forget();
            }
        }
    }

    fn perform_start_call(&mut self, _: &Provider, action: StartCallAction) {
        self.take(OfferedAction::Start(action));
    }

    fn perform_answer_call(&mut self, _: &Provider, action: AnswerCallAction) {
        self.take(OfferedAction::Answer(action));
    }

    fn perform_end_call(&mut self, _: &Provider, action: EndCallAction) {
        self.take(OfferedAction::End(action));
    }

    fn perform_set_held(&mut self, _: &Provider, action: SetHeldCallAction) {
        self.take(OfferedAction::SetHeld(action));
    }

    fn perform_set_muted(&mut self, _: &Provider, action: SetMutedCallAction) {
        self.take(OfferedAction::SetMuted(action));
    }

    fn perform_set_group_call(&mut self, _: &Provider, action: SetGroupCallAction) {
        self.take(OfferedAction::SetGroup(action));
    }

    fn perform_set_video(&mut self, _: &Provider, action: SetVideoCallAction) {
        self.take(OfferedAction::SetVideo(action));
    }

    fn perform_play_dtmf(&mut self, _: &Provider, action: PlayDtmfCallAction) {
        self.take(OfferedAction::PlayDtmf(action));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
