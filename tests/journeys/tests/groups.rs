//! Several calls of one app as one conversation, over a real bus, with two screens that have to show the same.

use hookswitch::{
    Call, CallNumber, CallState, CallUuid, ChoiceKind, Configuration, EndKind, EndedReason,
    Outcome, RequestError, Wish, new_call,
};
use hookswitch_journeys::{App, Phone, Screen, soon};

const CHAT: &str = "org.example.Chat";

/// Anna on hold, Bob talking: both of one app.
async fn two_calls(
    chat: &mut App,
    screen: &mut Screen,
) -> ((CallUuid, CallNumber), (CallUuid, CallNumber)) {
    let anna = chat.rings("anna").await;
    let first = screen.one(CallState::Ringing).await.number;
    screen.surface.answer(first, None).await.unwrap();
    chat.answer().await.fulfill();
    chat.audio_on(anna).await;
    screen.is(first, CallState::Active).await;
    let bob = chat.rings("bob").await;
    let second = screen.one(CallState::Ringing).await;
    let hold = ChoiceKind::HoldAndAccept;
    screen.surface.choose(second.number, hold, Some(second.choices_revision)).await.unwrap();
    chat.held().await.fulfill();
    chat.answer().await.fulfill();
    chat.audio_on(bob).await;
    screen.is(second.number, CallState::Active).await;
    ((anna, first), (bob, second.number))
}

/// Wait until both calls are in that state, in one group or each by itself.
async fn both(
    screen: &mut Screen,
    [one, other]: [CallNumber; 2],
    state: CallState,
    together: bool,
) -> [Call; 2] {
    let what = format!("both calls {}, together: {together}", state.name());
    screen
        .until(&what, |shown| {
            let calls = [shown.calls.get(&one)?.clone(), shown.calls.get(&other)?.clone()];
            let grouped = calls[0].group.is_some() && calls[0].group == calls[1].group;
            let fits = calls.iter().all(|call| call.state == state) && grouped == together;
            fits.then_some(calls)
        })
        .await
}

#[tokio::test]
async fn a_conversation_of_two_is_merged_held_split_and_ended_on_all_screens() {
    let phone = Phone::new();
    let mut chat = phone.app(CHAT).await;
    let (mut screen, mut other) = (phone.screen().await, phone.screen().await);
    let ((anna, first), (bob, second)) = two_calls(&mut chat, &mut screen).await;
    let offered = screen.is(second, CallState::Active).await;
    let merge = offered.choices.iter().find(|choice| choice.kind == ChoiceKind::Merge);
    assert_eq!(merge.expect("merging is offered").merges, Some(first));
    let alone = screen.is(first, CallState::Held).await;
    assert_eq!((alone.group, alone.group_connected), (None, None));

    // Merge: one perform, and both talk.
    let merged = screen.surface.set_group(second, Some(first), Some(offered.choices_revision));
    let action = chat.group().await;
    assert_eq!((action.call, action.with), (bob, Some(anna)));
    assert!(action.part_of().is_some());
    action.fulfill();
    assert_eq!(soon("the outcome", merged.outcome()).await.unwrap(), [Outcome::Fulfilled(None)]);
    let here = both(&mut screen, [first, second], CallState::Active, true).await;
    let there = both(&mut other, [first, second], CallState::Active, true).await;
    assert_eq!(here, there, "two screens show the same");
    assert_eq!(here[0].group_connected, here[0].connected, "the timer is the first one's");
    assert_eq!(here[1].group_connected, here[0].connected);
    let words: Vec<_> = here[1].choices.iter().map(|choice| choice.kind).collect();
    assert!(words.contains(&ChoiceKind::Split) && words.contains(&ChoiceKind::EndGroup));

    // Hold and resume: with everybody.
    let held = screen.surface.set_held(first, true, None);
    for call in [anna, bob] {
        let action = chat.held().await;
        assert_eq!((action.call, action.on_hold), (call, true));
        action.fulfill();
    }
    soon("the outcome", held.outcome()).await.unwrap();
    both(&mut screen, [first, second], CallState::Held, true).await;
    both(&mut other, [first, second], CallState::Held, true).await;
    let resumed = other.surface.set_held(second, false, None);
    for _ in 0..2 {
        let action = chat.held().await;
        assert!(!action.on_hold);
        action.fulfill();
    }
    soon("the outcome", resumed.outcome()).await.unwrap();
    both(&mut screen, [first, second], CallState::Active, true).await;

    // Split: Anna alone; Bob waits.
    let split = screen.surface.set_group(first, None, None);
    let action = chat.held().await;
    assert_eq!((action.call, action.on_hold), (bob, true));
    action.fulfill();
    let action = chat.group().await;
    assert_eq!((action.call, action.with), (anna, None));
    action.fulfill();
    soon("the outcome", split.outcome()).await.unwrap();
    for screen in [&mut screen, &mut other] {
        let alone = |shown: &hookswitch::SurfaceState| {
            let (one, two) = (shown.calls.get(&first)?, shown.calls.get(&second)?);
            let states = (one.state, two.state) == (CallState::Active, CallState::Held);
            let groups = [one, two].map(|call| (call.group, call.group_connected));
            (states && groups == [(None, None); 2]).then_some(())
        };
        screen.until("one alone, one waiting", alone).await;
    }

    // Merge again, from the app's own window, and end all.
    let merged = chat.provider.controller().set_group(anna, Some(bob));
    let action = chat.group().await;
    assert!(action.transaction().is_some(), "its own wish");
    action.fulfill();
    soon("the outcome", merged.outcome()).await.unwrap();
    both(&mut screen, [first, second], CallState::Active, true).await;
    let ended = screen.surface.end_group(second, None);
    for _ in 0..2 {
        let action = chat.end().await;
        assert_eq!(action.kind, EndKind::HangUp);
        action.fulfill();
    }
    soon("the outcome", ended.outcome()).await.unwrap();
    assert_eq!(screen.over(first).await, EndedReason::HungUp);
    assert_eq!(other.over(second).await, EndedReason::HungUp);
}

#[tokio::test]
async fn what_cannot_be_merged_is_refused_and_changes_nothing() {
    let phone = Phone::new();
    let configuration =
        Configuration { maximum_calls_per_call_group: 1, ..Configuration::default() };
    let mut chat = phone.app_with(CHAT, configuration).await;
    let mut screen = phone.screen().await;
    let ((anna, first), (bob, second)) = two_calls(&mut chat, &mut screen).await;
    let shown = screen.is(second, CallState::Active).await;
    assert!(!shown.capabilities.grouping, "its app has no groups");
    assert!(!shown.offers(ChoiceKind::Merge));
    let refused = screen.surface.set_group(second, Some(first), None).await.unwrap_err();
    assert_eq!(refused.reason(), Some(RequestError::MaximumCallsPerCallGroupReached));
    let asked =
        chat.provider.controller().preflight(hookswitch::CallAction::SetGroup(bob, Some(anna)));
    let refused = soon("the answer", asked).await.unwrap_err();
    assert_eq!(refused.reason(), Some(RequestError::MaximumCallsPerCallGroupReached));
    let unknown = chat.provider.controller().set_group(bob, Some(new_call())).await.unwrap_err();
    assert_eq!(unknown.reason(), Some(RequestError::UnknownCallUuid));
    let asked = screen.surface.preflight([Wish::EndGroup(CallNumber(4711))]).await.unwrap_err();
    assert_eq!(asked.reason(), Some(RequestError::UnknownCallUuid));

    // More is allowed while they go on: the screens hear of it.
    let wider = Configuration::default();
    soon("the new configuration", chat.provider.set_configuration(wider)).await.unwrap();
    let now = screen
        .until("merging to be offered", |shown| {
            shown.calls.get(&second).filter(|call| call.offers(ChoiceKind::Merge)).cloned()
        })
        .await;
    assert!(now.capabilities.grouping);
    assert_eq!(chat.provider.configuration().maximum_calls_per_call_group, 5);
    screen.surface.choose(second, ChoiceKind::Merge, Some(now.choices_revision)).await.unwrap();
    chat.group().await.fulfill();
    both(&mut screen, [first, second], CallState::Active, true).await;
}
