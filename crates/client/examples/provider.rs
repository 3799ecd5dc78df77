//! A whole provider without a network: every call connects by itself. It passes `hookswitch conformance`, and takes that
//! kit's signals: SIGUSR1, one call comes in; SIGUSR2, the far side ends the newest call; SIGTERM, leave.
//!
//! ```sh
//! cargo build -p hookswitch --example provider
//! hookswitch conformance --app org.example.Provider --start target/debug/examples/provider
//! ```

use hookswitch::*;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::signal::unix::{SignalKind, signal};

/// The calls as the app has them, oldest first.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<Line>>>);

#[derive(Clone)]
struct Line {
    call: CallUuid,
    state: CallState,
    muted: bool,
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, Vec<Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, call: CallUuid, state: CallState) {
        self.lock().push(Line { call, state, muted: false });
    }

    fn remove(&self, call: CallUuid) {
        self.lock().retain(|line| line.call != call);
    }

    /// False: there is no such call any more.
    fn change(&self, call: CallUuid, change: impl FnOnce(&mut Line)) -> bool {
        self.lock().iter_mut().find(|line| line.call == call).map(change).is_some()
    }
}

struct Delegate {
    calls: Calls,
}

const NO_CALL: &str = "There is no such call any more.";

impl ProviderDelegate for Delegate {
    fn did_reset(&mut self, provider: &Provider, reset: Reset) {
        let lines = self.calls.lock().clone();
        for Line { call, state, muted } in lines {
            if reset.adopt_within.is_none() {
                self.calls.remove(call);
                continue;
            }
            let update = CallUpdate::default();
            let adopted =
                provider.adopt_call(call, Adoption { state, muted, group_with: None, update });
            let calls = self.calls.clone();
            tokio::spawn(async move {
                if adopted.await.is_err() {
                    calls.remove(call);
                }
            });
        }
    }

    fn perform_start_call(&mut self, provider: &Provider, action: StartCallAction) {
        let call = action.call;
        self.calls.add(call, CallState::Active);
        // The invitation has left; here they answer at once.
        action.fulfill();
        provider.report_outgoing_call_started_connecting(call, None).forget();
        provider.report_outgoing_call_connected(call, None).forget();
    }

    fn perform_answer_call(&mut self, _: &Provider, action: AnswerCallAction) {
        match self.calls.change(action.call, |line| line.state = CallState::Active) {
            true => action.fulfill(),
            false => action.fail(NO_CALL),
        }
    }

    fn perform_end_call(&mut self, _: &Provider, action: EndCallAction) {
        self.calls.remove(action.call);
        action.fulfill();
    }

    fn perform_set_held(&mut self, _: &Provider, action: SetHeldCallAction) {
        let state = if action.on_hold { CallState::Held } else { CallState::Active };
        match self.calls.change(action.call, |line| line.state = state) {
            true => action.fulfill(),
            false => action.fail(NO_CALL),
        }
    }

    fn perform_set_muted(&mut self, _: &Provider, action: SetMutedCallAction) {
        match self.calls.change(action.call, |line| line.muted = action.muted) {
            true => action.fulfill(),
            false => action.fail(NO_CALL),
        }
    }

    fn perform_play_dtmf(&mut self, _: &Provider, action: PlayDtmfCallAction) {
        action.fulfill();
    }

    fn did_lose_bus(&mut self, _: &Provider) {
        self.calls.lock().clear();
    }
}

/// Somebody calls.
async fn comes_in(provider: &Provider, calls: &Calls) {
    let call = new_call();
    calls.add(call, CallState::Ringing);
    let update = CallUpdate {
        remote_handle: Some(Handle::new(HandleKind::EmailAddress, "anna@example.org")),
        localized_caller_name: Some("Anna".into()),
        ..CallUpdate::default()
    };
    if let Err(error) = provider.report_new_incoming_call(call, update).await {
        println!("It does not ring: {error}");
        calls.remove(call);
    }
}

/// They hang up.
async fn far_side_ends(provider: &Provider, calls: &Calls) {
    let Some(Line { call, .. }) = calls.lock().pop() else { return };
    // Refused: it was ended here in the same moment.
    let _ = provider.report_call_ended(call, None, EndedReason::RemoteEnded).await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = std::env::args().nth(1).unwrap_or_else(|| "org.example.Provider".into());
    let mut calls_us = signal(SignalKind::user_defined1())?;
    let mut hangs_up = signal(SignalKind::user_defined2())?;
    let mut leave = signal(SignalKind::terminate())?;
    let calls = Calls::default();
    let configuration = Configuration {
        supported_handle_kinds: vec![HandleKind::EmailAddress],
        ..Configuration::default()
    };
    let delegate = Delegate { calls: calls.clone() };
    let provider = Provider::builder(app).configuration(configuration).register(delegate).await?;
    loop {
        tokio::select! {
            _ = calls_us.recv() => comes_in(&provider, &calls).await,
            _ = hangs_up.recv() => far_side_ends(&provider, &calls).await,
            _ = leave.recv() => return Ok(provider.invalidate().await?),
            why = provider.closed() => return Err(why.into()),
        }
    }
}
