//! What apps are asked to do beyond answering and holding, and whole transactions.

use hookswitch::{
    ActionKind, CallAction, CallState, CallUpdate, ChoiceKind, Configuration, DtmfType, FailReason,
    Handle, HandleKind, Languages, Member, OfferedAction, Outcome, RequestError, StartCall,
    Transaction, TranslationEngine, new_call,
};
use hookswitch_journeys::{App, Event, Phone, Screen, soon};

const CHAT: &str = "org.example.Chat";
const TALK: &str = "org.example.Talk";

/// A call that talks.
async fn talking(
    app: &mut App,
    screen: &mut Screen,
    who: &str,
) -> (hookswitch::CallUuid, hookswitch::CallNumber) {
    let call = app.rings(who).await;
    let shown = screen.one(CallState::Ringing).await;
    screen.surface.answer(shown.number, None).await.unwrap();
    app.answer().await.fulfill();
    app.audio_on(call).await;
    screen.is(shown.number, CallState::Active).await;
    (call, shown.number)
}

fn able() -> Configuration {
    Configuration {
        supports_video: true,
        supports_audio_translation: true,
        supported_handle_kinds: HandleKind::ALL.to_vec(),
        ..Configuration::default()
    }
}

#[tokio::test]
async fn video_is_turned_on_by_a_screen_and_off_by_the_app() {
    let phone = Phone::new();
    let mut chat = phone.app_with(CHAT, able()).await;
    let mut screen = phone.screen().await;
    let (call, number) = talking(&mut chat, &mut screen, "anna").await;
    let shown = screen.is(number, CallState::Active).await;
    assert!(shown.capabilities.video && !shown.video);
    let asked = screen.surface.set_video(number, true, Some(shown.choices_revision));
    let action = chat.video().await;
    assert_eq!((action.call, action.video, action.transaction()), (call, true, None));
    action.fulfill();
    soon("the outcome", asked.outcome()).await.unwrap();
    screen
        .until("video", |shown| shown.calls.get(&number).filter(|call| call.video).cloned())
        .await;
    let asked = chat.provider.controller().set_video(call, false);
    let action = chat.video().await;
    assert!(!action.video && action.transaction().is_some());
    action.fail("The camera is stuck.");
    let outcome = soon("the outcome", asked.outcome()).await.unwrap();
    assert_eq!(outcome, [Outcome::Failed(FailReason::Failed)]);
    assert!(screen.is(number, CallState::Active).await.video, "it failed, so nothing changed");

    // An app without video has none, whatever its calls say.
    let plain = Configuration { supports_video: false, ..able() };
    soon("the new configuration", chat.provider.set_configuration(plain)).await.unwrap();
    let gone = screen
        .until("no more video", |shown| {
            shown.calls.get(&number).filter(|call| !call.capabilities.video).cloned()
        })
        .await;
    assert_eq!(gone.state, CallState::Active);
    chat.provider.controller().set_video(call, false).forget();
    chat.video().await.fulfill();
    screen
        .until("no video", |shown| shown.calls.get(&number).filter(|call| !call.video).cloned())
        .await;
    let refused = screen.surface.set_video(number, true, None).await.unwrap_err();
    assert_eq!(refused.reason(), Some(RequestError::InvalidAction));
}

#[tokio::test]
async fn a_call_is_translated_by_the_app_and_by_nobody_else() {
    let phone = Phone::new();
    let mut chat = phone.app_with(CHAT, able()).await;
    let mut screen = phone.screen().await;
    let (call, number) = talking(&mut chat, &mut screen, "anna").await;
    let languages = Languages::new("de", "pt-BR");
    // There is no translator of the system: said in the reply, or later.
    for later in [false, true] {
        let asked = screen.surface.set_translating(number, languages.clone(), None);
        let action = chat.translating().await;
        assert_eq!((action.call, &action.languages), (call, &languages));
        let end = async {
            match later {
                true => action.fulfill_using(TranslationEngine::Default),
                false => action.fulfill(),
            }
            asked.outcome().await
        };
        let outcome = soon("the outcome", end).await.unwrap();
        assert_eq!(outcome, [Outcome::Failed(FailReason::Failed)]);
    }
    let asked = screen.surface.set_translating(number, languages.clone(), None);
    chat.translating().await.fulfill_using(TranslationEngine::Custom);
    soon("the outcome", asked.outcome()).await.unwrap();
    let shown = screen
        .until("a translated call", |shown| {
            shown.calls.get(&number).filter(|call| call.translating.is_some()).cloned()
        })
        .await;
    assert_eq!(shown.translating, languages.map(|both| (both, TranslationEngine::Custom)));

    // A mute must not stop the translation.
    screen.surface.set_muted(number, true, None).forget();
    let action = chat.muted().await;
    assert!(action.muted && action.keep_capturing);
    action.fulfill();
    let asked = screen.surface.set_translating(number, None, None);
    let action = chat.translating().await;
    assert_eq!(action.languages, None);
    action.fulfill();
    soon("the outcome", asked.outcome()).await.unwrap();
    screen.surface.set_muted(number, false, None).forget();
    assert!(!chat.muted().await.keep_capturing);
    screen
        .until("no translation", |shown| {
            shown.calls.get(&number).filter(|call| call.translating.is_none()).cloned()
        })
        .await;
    assert!(Languages::new("de", "not a tag").is_none());
}

#[tokio::test]
async fn an_app_takes_a_transaction_as_a_whole_or_one_by_one() {
    let phone = Phone::new();
    let configuration = Configuration { executes_transactions: true, ..able() };
    let mut chat = phone.app_with(CHAT, configuration).await;
    let mut screen = phone.screen().await;
    let anna = chat.rings("anna").await;
    let first = screen.one(CallState::Ringing).await.number;
    chat.executes(true);
    // As a whole, of one action.
    let answered = screen.surface.answer(first, None);
    let mut whole = chat.took().await;
    assert_eq!(whole.actions.len(), 1);
    let action = whole.actions.remove(0);
    assert_eq!((action.call(), action.kind()), (anna, ActionKind::Answer));
    action.fulfill();
    assert_eq!(soon("the outcome", answered.outcome()).await.unwrap(), [Outcome::Fulfilled(None)]);
    chat.audio_on(anna).await;
    screen.is(first, CallState::Active).await;

    // As a whole, of two, completed in the other order.
    let bob = chat.rings("bob").await;
    let second = screen.one(CallState::Ringing).await.number;
    let answered = screen.surface.choose(second, ChoiceKind::HoldAndAccept, None);
    let whole = chat.took().await;
    let kinds: Vec<_> = whole.actions.iter().map(|action| (action.kind(), action.call())).collect();
    assert_eq!(kinds, [(ActionKind::SetHeld, anna), (ActionKind::Answer, bob)]);
    let pending = chat.provider.pending_transactions();
    assert_eq!(pending.len(), 1);
    assert_eq!((pending[0].id, pending[0].actions.len()), (whole.id, 2));
    assert_eq!(chat.provider.pending_call_actions(ActionKind::Answer, bob).len(), 1);
    whole.actions.into_iter().rev().for_each(OfferedAction::fulfill);
    soon("the outcome", answered.outcome()).await.unwrap();
    chat.audio_on(bob).await;
    screen.is(second, CallState::Active).await;
    screen.is(first, CallState::Held).await;
    assert!(chat.provider.pending_transactions().is_empty());

    // One by one.
    chat.executes(false);
    let swapped = screen.surface.swap(first, None);
    let count = chat
        .until("the offer", |event| match event {
            Event::Declined(count) => Ok(count),
            other => Err(other),
        })
        .await;
    assert_eq!(count, 2);
    let hold = chat.held().await;
    assert_eq!((hold.call, hold.on_hold), (bob, true));
    let pending = chat.provider.pending_actions();
    assert_eq!(pending.len(), 1, "what was offered is not pending any more: {pending:?}");
    hold.fulfill();
    let resume = chat.held().await;
    assert_eq!((resume.call, resume.on_hold), (anna, false));
    resume.fulfill();
    soon("the outcome", swapped.outcome()).await.unwrap();
    screen.is(first, CallState::Active).await;

    // What is taken and dropped has failed.
    chat.executes(true);
    let swapped = screen.surface.swap(second, None);
    drop(chat.took().await);
    let outcome = soon("the outcome", swapped.outcome()).await.unwrap();
    assert_eq!(outcome, [Outcome::Failed(FailReason::CannotHold)]);
}

#[tokio::test]
async fn what_is_pending_is_listed_by_transaction_kind_and_call() {
    let phone = Phone::new();
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    let (call, _) = talking(&mut chat, &mut screen, "anna").await;
    assert!(chat.provider.pending_transactions().is_empty());
    let both =
        Transaction::from(CallAction::SetMuted(call, true)).and(CallAction::SetHeld(call, true));
    let asked = chat.provider.controller().request(both);
    let mute = chat.muted().await;
    let pending = chat.provider.pending_transactions();
    assert_eq!(pending.len(), 1);
    assert_eq!((pending[0].id, Some(pending[0].id)), (mute.part_of().unwrap(), mute.transaction()));
    assert_eq!(pending[0].actions[0].kind, ActionKind::SetMuted);
    assert_eq!(chat.provider.pending_call_actions(ActionKind::SetMuted, call).len(), 1);
    assert!(chat.provider.pending_call_actions(ActionKind::SetHeld, call).is_empty());
    assert!(chat.provider.pending_call_actions(ActionKind::SetMuted, new_call()).is_empty());
    mute.fulfill();
    let hold = chat.held().await;
    assert_eq!(chat.provider.pending_transactions()[0].actions[0].id, hold.id());
    hold.fulfill();
    let outcomes = soon("the outcome", asked.outcome()).await.unwrap();
    assert_eq!(outcomes.len(), 2);
    assert!(chat.provider.pending_transactions().is_empty());
}

#[tokio::test]
async fn an_app_learns_whether_it_would_hold_and_a_screen_whom() {
    let phone = Phone::new();
    let mut chat = phone.app(CHAT).await;
    let mut talk = phone.app_with(TALK, able()).await;
    let mut screen = phone.screen().await;
    let dial =
        |call| CallAction::StartCall(StartCall::new(call, Handle::new(HandleKind::Generic, "bob")));
    let ask = talk.provider.controller().preflight(dial(new_call()));
    assert!(!soon("the answer", ask).await.unwrap().would_hold, "nobody talks");
    let (_, anna) = talking(&mut chat, &mut screen, "anna").await;
    let ask = talk.provider.controller().preflight(dial(new_call()));
    assert!(soon("the answer", ask).await.unwrap().would_hold);
    let bob = talk.rings("bob").await;
    let ringing = screen.one(CallState::Ringing).await.number;
    let ask = talk.provider.controller().preflight(CallAction::AnswerCall(bob));
    assert!(soon("the answer", ask).await.unwrap().would_hold);
    let would = |wish| soon("the answer", screen.surface.preflight([wish]));
    use hookswitch::Wish;
    let follows = would(Wish::Answer(ringing)).await.unwrap();
    assert_eq!((follows.holds, follows.ends), (vec![anna], vec![]));
    let follows = would(Wish::Choose(ringing, ChoiceKind::EndAndAccept)).await.unwrap();
    assert_eq!((follows.holds, follows.ends), (vec![], vec![anna]));
    let follows = would(Wish::End(anna)).await.unwrap();
    assert_eq!(
        (follows.holds, follows.ends),
        (vec![], vec![]),
        "the end that is asked for is no loss"
    );
    let refused = would(Wish::Choose(ringing, ChoiceKind::Swap)).await.unwrap_err();
    assert_eq!(refused.reason(), Some(RequestError::InvalidAction));
    let dial = hookswitch::Dial::new(TALK, Handle::new(HandleKind::Generic, "carol"));
    let follows = would(Wish::StartCall(dial)).await;
    assert_eq!(follows.unwrap().holds, [anna]);
    // Nothing of it was done, and nobody was asked.
    assert!(screen.surface.call(anna).is_some_and(|call| call.state == CallState::Active));
    assert_eq!(chat.count(|event| matches!(event, Event::Held(_) | Event::End(_))), 0);
    assert_eq!(talk.count(|event| matches!(event, Event::Answer(_) | Event::Start(_))), 0);
}

#[tokio::test]
async fn digits_behind_a_number_are_sent_by_themselves_or_when_the_user_says_so() {
    let phone = Phone::new();
    let mut chat = phone.app_with(CHAT, able()).await;
    let mut screen = phone.screen().await;
    let callee = Handle::new(HandleKind::PhoneNumber, "+49301234,12;3#");
    let call = new_call();
    chat.provider.controller().start_call(StartCall::new(call, callee)).await.unwrap();
    let start = chat.start_call().await;
    assert_eq!(start.handle.value, "+49301234", "the app dials the number only");
    start.fulfill();
    chat.provider.report_outgoing_call_connected(call, None).await.unwrap();
    let tones = |event| match event {
        Event::Dtmf(action) => Ok(action),
        other => Err(other),
    };
    let soft = chat.until("the digits behind the comma", tones).await;
    assert_eq!((soft.digits.as_str(), soft.kind), ("12", DtmfType::SoftPause));
    soft.fulfill();
    let shown = screen
        .until("the digits to be offered", |shown| {
            shown.calls.values().find(|call| call.offers(ChoiceKind::SendDigits)).cloned()
        })
        .await;
    let revision = Some(shown.choices_revision);
    screen.surface.choose(shown.number, ChoiceKind::SendDigits, revision).await.unwrap();
    let hard = chat.until("the digits behind the semicolon", tones).await;
    assert_eq!((hard.digits.as_str(), hard.kind), ("3#", DtmfType::HardPause));
    hard.fulfill();
}

#[tokio::test]
async fn who_takes_part_at_the_other_end_is_shown() {
    let phone = Phone::new();
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    let (call, number) = talking(&mut chat, &mut screen, "the choir").await;
    assert!(screen.is(number, CallState::Active).await.members.is_empty());
    let member = |name: &str, active| Member {
        handle: Handle {
            display_name: Some(name.to_owned()),
            ..Handle::new(HandleKind::EmailAddress, format!("{name}@example.org"))
        },
        active,
    };
    let choir = vec![member("anna", true), member("bob", false)];
    let update = CallUpdate { members: Some(choir.clone()), ..CallUpdate::default() };
    soon("the update", chat.provider.report_call_updated(call, update)).await.unwrap();
    let shown = screen
        .until("the members", |shown| {
            shown.calls.get(&number).filter(|call| !call.members.is_empty()).cloned()
        })
        .await;
    assert_eq!(shown.members, choir);
    let crowd = vec![member("x", true); 101];
    let update = CallUpdate { members: Some(crowd), ..CallUpdate::default() };
    let refused =
        soon("a refusal", chat.provider.report_call_updated(call, update)).await.unwrap_err();
    assert_eq!(refused.reason(), Some(hookswitch::ReportError::InvalidArgument));
}
