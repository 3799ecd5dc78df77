//! A whole provider without a network: every call connects by itself. It passes `hookswitch conformance`, and takes that
//! kit's signals: SIGUSR1, one call comes in; SIGUSR2, the far side ends the newest call; SIGTERM, leave.
//!
//! ```sh
//! cargo build -p hookswitch --example provider
//! hookswitch conformance --app org.example.Provider --start target/debug/examples/provider
//! ```

use hookswitch::*;
use tokio::signal::unix::{SignalKind, signal};

/// It has no list of calls but the library's.
struct Delegate;

/// False: there is no such call any more.
fn has(provider: &Provider, call: CallUuid) -> bool {
    provider.call_list().call(call).is_some()
}

const NO_CALL: &str = "There is no such call any more.";

impl ProviderDelegate for Delegate {
    fn did_reset(&mut self, provider: &Provider, _: Reset) {
        for (call, adoption) in provider.call_list().adoptions() {
            provider.adopt_call(call, adoption).forget();
        }
    }

    fn perform_start_call(&mut self, provider: &Provider, action: StartCallAction) {
        let call = action.call;
        // The invitation has left; here they answer at once.
        action.fulfill();
        provider.report_outgoing_call_started_connecting(call, None).forget();
        provider.report_outgoing_call_connected(call, None).forget();
    }

    fn perform_answer_call(&mut self, provider: &Provider, action: AnswerCallAction) {
        match has(provider, action.call) {
            true => action.fulfill(),
            false => action.fail(NO_CALL),
        }
    }

    fn perform_end_call(&mut self, _: &Provider, action: EndCallAction) {
        action.fulfill();
    }

    fn perform_set_held(&mut self, provider: &Provider, action: SetHeldCallAction) {
        match has(provider, action.call) {
            true => action.fulfill(),
            false => action.fail(NO_CALL),
        }
    }

    fn perform_set_muted(&mut self, provider: &Provider, action: SetMutedCallAction) {
        match has(provider, action.call) {
            true => action.fulfill(),
            false => action.fail(NO_CALL),
        }
    }

    fn perform_play_dtmf(&mut self, _: &Provider, action: PlayDtmfCallAction) {
        action.fulfill();
    }
}

/// Somebody calls.
async fn comes_in(provider: &Provider) {
    let update = CallUpdate {
        remote_handle: Some(Handle::new(HandleKind::EmailAddress, "anna@example.org")),
        localized_caller_name: Some("Anna".into()),
        ..CallUpdate::default()
    };
    if let Err(error) = provider.report_new_incoming_call(new_call(), update).await {
        println!("It does not ring: {error}");
    }
}

/// They hang up.
async fn far_side_ends(provider: &Provider) {
    let Some(newest) = provider.call_list().calls().pop() else { return };
    // Refused: it was ended here in the same moment.
    let _ = provider.report_call_ended(newest.call, None, EndedReason::RemoteEnded).await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = std::env::args().nth(1).unwrap_or_else(|| "org.example.Provider".into());
    let mut calls_us = signal(SignalKind::user_defined1())?;
    let mut hangs_up = signal(SignalKind::user_defined2())?;
    let mut leave = signal(SignalKind::terminate())?;
    let configuration = Configuration {
        supported_handle_kinds: vec![HandleKind::EmailAddress],
        ..Configuration::default()
    };
    let provider = Provider::builder(app).configuration(configuration).register(Delegate).await?;
    // Kept from here on.
    provider.call_list();
    loop {
        tokio::select! {
            _ = calls_us.recv() => comes_in(&provider).await,
            _ = hangs_up.recv() => far_side_ends(&provider).await,
            _ = leave.recv() => return Ok(provider.invalidate().await?),
            why = provider.closed() => return Err(why.into()),
        }
    }
}
