use crate::Round;
use crate::watch::{Watch, round};
use hookswitch::{CallUpdate, EndedReason, Handle, HandleKind, new_call};
use hookswitch_journeys::Phone;
use hookswitch_phosh::{Lock, Screen, soon};

/// An app reports a call, and takes it back.
pub async fn measure(calls: usize) -> Vec<Round> {
    let phone = Phone::with_environment("", &[("HOOKSWITCH_PHOSH", "always".into())]);
    let app = phone.app("org.example.Chat").await;
    let screen = Screen::start(phone.address(), Lock::Locked).await;
    let mut watch = Watch::start(phone.address()).await;
    let mut rounds = Vec::new();
    for _ in 0..calls {
        let call = new_call();
        let update = CallUpdate {
            remote_handle: Some(Handle::new(HandleKind::Generic, "anna@example.org")),
            ..CallUpdate::default()
        };
        let (took, _) = round(&screen, &mut watch, async || {
            let reported = app.provider.report_new_incoming_call(call, update).await;
            reported.expect("it rings");
        })
        .await;
        rounds.push(took);
        let ended = app.provider.report_call_ended(call, None, EndedReason::RemoteEnded);
        soon("the end", ended).await.expect("it ends");
        watch.next("InterfacesRemoved").await;
    }
    rounds
}
