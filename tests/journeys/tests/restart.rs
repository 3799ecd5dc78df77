//! The service dies and comes back: apps get one reset, calls go on or are closed, and no line of recents is lost or
//! doubled.

use hookswitch::{Adoption, CallState, CallUpdate, EndedReason, ReportError, new_call};
use hookswitch_bus::names::PROVIDER;
use hookswitch_journeys::{Event, Peer, Phone, Record, message, soon};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;

const CHAT: &str = "org.example.Chat";

#[tokio::test]
async fn a_call_goes_on_after_the_service_was_killed() {
    let phone = Phone::new();
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    let call = chat.rings("anna").await;
    let shown = screen.one(CallState::Ringing).await;
    screen.surface.answer(shown.number, None).await.unwrap();
    chat.answer().await.fulfill();
    chat.audio_on(call).await;
    phone.kill_service().await;
    let reset = chat.reset().await;
    assert!(reset.adopt_within.is_some(), "the service remembers the call");
    let active = Adoption {
        state: CallState::Active,
        muted: false,
        group_with: None,
        update: CallUpdate::default(),
    };
    chat.provider.adopt_call(call, active).await.unwrap();
    chat.audio_on(call).await;
    // The screen came back by itself, with the call under its number.
    let again = screen.is(shown.number, CallState::Active).await;
    assert_eq!(again.who(), "anna");
    screen.surface.end(again.number, None).await.unwrap();
    chat.end().await.fulfill();
    assert_eq!(screen.over(again.number).await, EndedReason::HungUp);
    let recents = screen.recents().await;
    assert_eq!(recents.len(), 1, "one call, one line");
    assert_eq!(recents[0].reason, Some(EndedReason::HungUp));
    assert_eq!(chat.count(|event| matches!(event, Event::Reset(_))), 0, "there was one reset");
}

#[tokio::test]
async fn a_conversation_of_two_goes_on_as_one_after_the_service_was_killed() {
    let phone = Phone::new();
    let mut chat = phone.willing_app(CHAT).await;
    let mut screen = phone.screen().await;
    let mut calls = Vec::new();
    for who in ["anna", "bob"] {
        let call = chat.rings(who).await;
        let shown = screen
            .until(who, |shown| shown.calls.values().find(|call| call.who() == who).cloned())
            .await;
        screen.surface.answer(shown.number, None).outcome().await.unwrap();
        calls.push((call, shown.number));
    }
    let [(anna, first), (bob, second)] = calls[..] else { panic!("two calls") };
    screen.surface.set_group(second, Some(first), None).outcome().await.unwrap();
    phone.kill_service().await;
    chat.reset().await;
    let adoption = |group_with| Adoption {
        state: CallState::Active,
        muted: false,
        group_with,
        update: CallUpdate::default(),
    };
    let early = chat.provider.adopt_call(bob, adoption(Some(anna))).await.unwrap_err();
    assert_eq!(early.reason(), Some(ReportError::UnknownCallUuid), "the other one comes first");
    chat.provider.adopt_call(anna, adoption(None)).await.unwrap();
    chat.provider.adopt_call(bob, adoption(Some(anna))).await.unwrap();
    screen
        .until("both in one group again", |shown| {
            let (one, other) = (shown.calls.get(&first)?, shown.calls.get(&second)?);
            let active = one.state == CallState::Active && other.state == CallState::Active;
            (active && one.group.is_some() && one.group == other.group).then_some(())
        })
        .await;
}

#[tokio::test]
async fn a_call_that_nobody_adopts_is_closed_as_failed() {
    let phone = Phone::with_policy("adopt=300");
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    let call = chat.rings("anna").await;
    let shown = screen.one(CallState::Ringing).await;
    screen.surface.answer(shown.number, None).await.unwrap();
    chat.answer().await.fulfill();
    chat.audio_on(call).await;
    phone.kill_service().await;
    chat.reset().await;
    let lines = loop {
        let lines = screen.recents().await;
        if lines.first().is_some_and(|line| line.ended.is_some()) {
            break lines;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].reason, Some(EndedReason::Failed));
    assert!(lines[0].connected.is_some());
}

#[tokio::test]
async fn a_damaged_list_is_set_aside_and_calls_go_on() {
    let phone = Phone::new();
    std::fs::write(phone.state().join("recents.db"), "no database at all, just text").unwrap();
    let mut chat = phone.willing_app(CHAT).await;
    let mut screen = phone.screen().await;
    chat.rings("anna").await;
    let shown = screen.one(CallState::Ringing).await;
    screen.surface.answer(shown.number, None).await.unwrap();
    screen.is(shown.number, CallState::Active).await;
    assert_eq!(screen.recents().await.len(), 1);
    let status = screen.surface.status().await.unwrap();
    assert!(status.degraded.iter().any(|text| text.contains("damaged")), "{:?}", status.degraded);
    let aside = phone.state().join("recents.db.damaged-1");
    assert_eq!(std::fs::read(aside).unwrap(), b"no database at all, just text");
    let _ = chat.next().await;
}

/// The service has the report and the end of its bus at once, and nobody hears what it decided.
#[tokio::test]
async fn a_call_that_is_reported_as_the_bus_goes_away_is_remembered() {
    let mut phone = Phone::new();
    let mut service = phone.starts_service_by_hand().await;
    let bus = phone.stranger().await;
    let mut app = Peer::new(bus.clone());
    app.register(CHAT, Record::new()).await;
    let process = Pid::from_child(&service);
    kill_process(process, Signal::STOP).expect("it runs");
    let update = Record::from([("handle", "anna@example.org".into())]);
    let body = vec![new_call().to_string().into(), update.into()];
    bus.send(&message(PROVIDER, "ReportNewIncomingCall", &body)).await.expect("the bus is there");
    // Whatever it was sent before, it has handed on when it answers.
    let itself = zbus::fdo::DBusProxy::new(&bus).await.expect("the bus can be asked");
    for _ in 0..2 {
        itself.get_id().await.expect("it answers");
    }
    phone.kill_bus();
    kill_process(process, Signal::CONT).expect("it is stopped");
    let ended = tokio::task::spawn_blocking(move || service.wait());
    soon("the end of the service", ended).await.unwrap().expect("it can be waited for");
    let journal = std::fs::read(phone.state().join("journal")).expect("there is a journal");
    assert!(String::from_utf8_lossy(&journal).contains("anna@example.org"));
}

/// `kill -9` at many points of a call's life, chosen by a printed seed.
#[tokio::test]
async fn no_line_is_lost_or_doubled_wherever_the_service_is_killed() {
    let points: u64 = std::env::var("KILL_POINTS").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    let mut seed = std::env::var("SEED")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or_else(|| u64::from(std::process::id()));
    println!("{points} kill points, SEED={seed}");
    let phone = Phone::with_policy("adopt=200");
    let mut chat = phone.willing_app(CHAT).await;
    let mut screen = phone.screen().await;
    let mut admitted = BTreeMap::new();
    for point in 0..points {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let step = (seed >> 33) % 5;
        let who = format!("caller{point}");
        let call = chat.rings(&who).await;
        *admitted.entry(who.clone()).or_insert(0) += 1;
        if step >= 1 {
            let shown = screen
                .until("the call", |shown| shown.calls.values().find(|c| c.who() == who).cloned())
                .await;
            let number = shown.number;
            if step >= 2 {
                screen.surface.answer(number, None).forget();
            }
            if step >= 3 {
                chat.audio_on(call).await;
            }
            if step >= 4 {
                screen.surface.end(number, None).forget();
            }
        }
        phone.kill_service().await;
        chat.reset().await;
        chat.until("the new beginning", |event| match event {
            Event::Began => Ok(()),
            other => Err(other),
        })
        .await;
    }
    // Nobody adopts: every line closes when the time for it is over.
    let lines = loop {
        let lines = screen
            .surface
            .recents(hookswitch::RecentsQuery { limit: Some(1000), ..Default::default() });
        match lines.await {
            Ok(lines) if lines.iter().all(|line| line.ended.is_some()) => break lines,
            _ => tokio::task::yield_now().await,
        }
    };
    let mut listed = BTreeMap::new();
    for line in &lines {
        *listed.entry(line.who().to_owned()).or_insert(0) += 1;
    }
    assert_eq!(listed, admitted);
}
