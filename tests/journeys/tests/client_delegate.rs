//! What the client promises an app: only the service is listened to, each action ends once, one reset for each restart.

use hookswitch::{
    Configuration, Error, FailReason, Outcome, Provider, ProviderDelegate, Reset, ServiceError,
    new_call,
};
use hookswitch_bus::names::{DELEGATE, DELEGATE_PATH};
use hookswitch_journeys::{App, Event, Phone, soon};

#[tokio::test]
async fn only_the_service_tells_an_app_what_to_do() {
    let phone = Phone::new();
    let mut app = phone.app("org.example.Chat").await;
    assert!(matches!(app.next().await, Event::Began));
    let stranger = phone.stranger().await;
    let call = new_call().to_string();
    let details = std::collections::HashMap::<String, u32>::new();
    for member in ["PerformAnswerCall", "PerformEndCall"] {
        let body = (1u64, call.as_str(), &details);
        let asked = stranger.call_method(
            Some("org.example.Chat"),
            DELEGATE_PATH,
            Some(DELEGATE),
            member,
            &body,
        );
        let error = soon("a refusal", asked).await.expect_err("a stranger is refused");
        assert!(error.to_string().contains("Only the call service"), "{error}");
    }
    // Nothing of it reached the app: what comes next is what comes of its own call.
    let mut screen = phone.screen().await;
    app.rings("+49301").await;
    let shown = screen.one(hookswitch::CallState::Ringing).await;
    screen.surface.answer(shown.number, None).forget();
    assert!(matches!(app.next().await, Event::Answer(_)));
}

#[tokio::test]
async fn an_action_that_is_dropped_counts_as_failed() {
    let phone = Phone::new();
    let mut app = phone.app("org.example.Chat").await;
    let mut screen = phone.screen().await;
    app.rings("+49301").await;
    let shown = screen.one(hookswitch::CallState::Ringing).await;
    let answered = screen.surface.answer(shown.number, None);
    drop(app.answer().await);
    let outcome = soon("the outcome", answered.outcome()).await.expect("it was accepted");
    assert_eq!(outcome, [Outcome::Failed(FailReason::Failed)]);
}

#[tokio::test]
async fn a_transaction_of_its_own_is_known_by_its_id() {
    let phone = Phone::new();
    let mut app = phone.app("org.example.Chat").await;
    let mut screen = phone.screen().await;
    let call = app.rings("+49301").await;
    let shown = screen.one(hookswitch::CallState::Ringing).await;
    screen.surface.answer(shown.number, None).forget();
    let action = app.answer().await;
    assert_eq!(action.transaction(), None);
    assert_eq!(app.provider.pending_actions().len(), 1);
    action.fulfill();
    assert!(app.provider.pending_actions().is_empty());
    let ended = app.provider.controller().end_call(call);
    let action = app.end().await;
    assert!(action.transaction().is_some());
    action.fulfill();
    let outcome = soon("the outcome", ended.outcome()).await.expect("it was accepted");
    assert!(matches!(outcome[..], [Outcome::Fulfilled(_)]), "{outcome:?}");
}

#[tokio::test]
async fn each_restart_is_one_reset_and_actions_from_before_are_over() {
    let phone = Phone::new();
    let mut app = phone.app("org.example.Chat").await;
    assert!(matches!(app.next().await, Event::Began));
    for _ in 0..3 {
        let call = app.rings("+49301").await;
        let asked = app.provider.controller().end_call(call);
        let action = app.end().await;
        phone.kill_service().await;
        let lost = soon("the outcome", asked.outcome()).await;
        assert!(matches!(lost, Err(Error::Service(ServiceError::Restarting))), "{lost:?}");
        assert!(matches!(app.next().await, Event::Reset(_)));
        assert!(matches!(app.next().await, Event::Began));
        assert!(action.is_over());
        action.fulfill();
    }
    assert!(app.rings("+49302").await != new_call());
}

struct Nothing;

impl ProviderDelegate for Nothing {
    fn did_reset(&mut self, _: &Provider, _: Reset) {}
}

#[tokio::test]
async fn what_stands_in_the_way_of_registering_is_a_typed_error() {
    let nowhere = Provider::builder("org.example.Chat").address("unix:path=/nowhere/at/all");
    let error = soon("an error", nowhere.register(Nothing)).await.expect_err("there is no bus");
    assert!(matches!(error, Error::Service(ServiceError::NoBus(_))), "{error:?}");
    let phone = Phone::new();
    let _first = phone.app("org.example.Chat").await;
    let again = Provider::builder("org.example.Chat").address(phone.address());
    let error = soon("an error", again.register(Nothing)).await.expect_err("the app runs");
    assert_eq!(error, Error::Service(ServiceError::NameTaken));
}

#[tokio::test]
async fn a_provider_that_is_let_go_can_come_again() {
    let phone = Phone::new();
    let app = phone.app("org.example.Chat").await;
    soon("the goodbye", app.provider.invalidate()).await.expect("the service hears it");
    let why = soon("the end", app.provider.closed()).await;
    assert_eq!(why, Error::Service(ServiceError::LetGo));
    let refused = app.report(new_call(), "+49301").await.expect_err("it is no provider");
    assert!(matches!(refused, Error::Service(ServiceError::LetGo)), "{refused:?}");
    App::start(phone.address(), "org.example.Chat", Configuration::default(), true).await;
}
