//! Rooms with real participants over real UDP on loopback.

mod support;

use hookswitch_exchange::Policy;
use hookswitch_platform::token::RoomGrant;
use hookswitch_rtc::{DisconnectReason, JoinError, Options, Session, SessionError, SessionEvent};
use support::process::Process;
use support::proxy::Proxy;
use support::{Ear, Tone, exchange, join, room_token, room_token_with, soon, until};

#[tokio::test]
async fn two_participants_hear_each_other() {
    let exchange = exchange(Policy::default()).await;
    let (anna, _anna_events) = join(&exchange, "r", "anna").await;
    let (bert, _bert_events) = join(&exchange, "r", "bert").await;
    let (anna_ear, bert_ear) = (Ear::default(), Ear::default());
    soon("play", anna.play(anna_ear.clone())).await.unwrap();
    soon("play", bert.play(bert_ear.clone())).await.unwrap();
    let level = Tone::new(440.0).level();
    soon("publish", anna.publish(Tone::new(440.0))).await.unwrap();
    soon("publish", bert.publish(Tone::new(660.0))).await.unwrap();

    bert_ear.hears(level).await;
    anna_ear.hears(level).await;
    assert!(
        bert_ear.level_at(440.0) > -30.0,
        "bert hears anna's tone: {}",
        bert_ear.level_at(440.0)
    );
    assert!(bert_ear.level_at(660.0) < -40.0, "and not his own: {}", bert_ear.level_at(660.0));
    assert!(anna_ear.level_at(660.0) > -30.0);

    let numbers = bert.statistics().await.unwrap();
    println!("connect {:?}, {:?}", numbers.connect_time, numbers.received);
    assert_eq!(numbers.received.len(), 1);
    assert_eq!(numbers.received[0].identity, "anna");
    assert!(numbers.received[0].packets > 10 && numbers.packets_sent > 0);
    assert!(numbers.first_audible().is_some());
}

#[tokio::test]
async fn three_hear_the_other_two_and_a_newcomer_hears_who_was_there() {
    let exchange = exchange(Policy::default()).await;
    let (anna, _a) = join(&exchange, "r", "anna").await;
    let (bert, _b) = join(&exchange, "r", "bert").await;
    soon("publish", anna.publish(Tone::new(440.0))).await.unwrap();
    soon("publish", bert.publish(Tone::new(880.0))).await.unwrap();
    let (carl, _c) = join(&exchange, "r", "carl").await;
    let ear = Ear::default();
    carl.play(ear.clone()).await.unwrap();
    until("both tones", async || {
        (ear.level_at(440.0) > -30.0 && ear.level_at(880.0) > -30.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn nothing_is_sent_before_it_is_published_nor_while_muted_or_held() {
    let exchange = exchange(Policy::default()).await;
    let (anna, _a) = join(&exchange, "r", "anna").await;
    let (bert, mut events) = join(&exchange, "r", "bert").await;
    let (ear, own) = (Ear::default(), Ear::default());
    bert.play(ear.clone()).await.unwrap();
    anna.play(own.clone()).await.unwrap();
    ear.hears_nothing().await;
    assert_eq!(anna.statistics().await.unwrap().packets_sent, 0, "joined is not published");

    let level = Tone::new(440.0).level();
    anna.publish(Tone::new(440.0)).await.unwrap();
    ear.hears(level).await;
    for _ in 0..2 {
        anna.set_muted(true).await.unwrap();
        ear.hears_nothing().await;
        anna.set_muted(false).await.unwrap();
        ear.hears(level).await;
    }
    anna.set_held(true).await.unwrap();
    ear.hears_nothing().await;
    let played = own.len();
    until("held time", async || (*own.skipped.lock().unwrap() > 20).then_some(())).await;
    assert_eq!(own.len(), played, "nothing is played while held");
    anna.set_held(false).await.unwrap();
    ear.hears(level).await;
    until("playing again", async || (own.len() > played).then_some(())).await;

    let mut muted = Vec::new();
    while muted.len() < 6 {
        if let Some(SessionEvent::TrackMuted { muted: now, .. }) =
            soon("events", events.next()).await
        {
            muted.push(now);
        }
    }
    assert_eq!(muted, [true, false, true, false, true, false]);
}

#[tokio::test]
async fn a_track_can_be_published_again() {
    let exchange = exchange(Policy::default()).await;
    let (anna, _a) = join(&exchange, "r", "anna").await;
    let (bert, mut events) = join(&exchange, "r", "bert").await;
    let ear = Ear::default();
    bert.play(ear.clone()).await.unwrap();
    for round in 0..3 {
        soon("publish", anna.publish(Tone::new(440.0))).await.unwrap();
        ear.hears(Tone::new(440.0).level()).await;
        soon("unpublish", anna.unpublish()).await.unwrap();
        loop {
            if let SessionEvent::TrackUnsubscribed { .. } =
                soon("events", events.next()).await.unwrap()
            {
                break;
            }
        }
        assert!(bert.statistics().await.unwrap().received.is_empty(), "round {round}");
    }
}

#[tokio::test]
async fn leaving_is_told_and_an_identity_is_in_a_room_once() {
    let exchange = exchange(Policy::default()).await;
    let (anna, mut anna_events) = join(&exchange, "r", "anna").await;
    let (bert, _b) = join(&exchange, "r", "bert").await;
    let joined = SessionEvent::ParticipantJoined { identity: "bert".to_owned() };
    assert_eq!(soon("joined", anna_events.next()).await, Some(joined));
    soon("leave", bert.leave()).await;
    let left = SessionEvent::ParticipantLeft { identity: "bert".to_owned() };
    assert_eq!(soon("left", anna_events.next()).await, Some(left));

    let (_second, _events) = join(&exchange, "r", "anna").await;
    let reason = DisconnectReason::DuplicateIdentity;
    assert_eq!(
        soon("replaced", anna_events.next()).await,
        Some(SessionEvent::Disconnected { reason })
    );
    assert_eq!(soon("end", anna_events.next()).await, None);
    assert_eq!(anna.set_muted(true).await, Err(SessionError::Ended));
}

#[tokio::test]
async fn rooms_are_apart() {
    let exchange = exchange(Policy::default()).await;
    let (anna, _a) = join(&exchange, "r1", "anna").await;
    let (bert, _b) = join(&exchange, "r2", "bert").await;
    let ear = Ear::default();
    bert.play(ear.clone()).await.unwrap();
    anna.publish(Tone::new(440.0)).await.unwrap();
    ear.hears_nothing().await;
    assert!(bert.statistics().await.unwrap().received.is_empty());
}

#[tokio::test]
async fn wrong_tokens_and_full_rooms_are_typed_refusals() {
    let policy = Policy { room_participants: 1, ..Policy::default() };
    let exchange = exchange(policy).await;
    let join = |token: String| {
        let url = exchange.url();
        async move { soon("join", Session::join(&url, &token, Options::default())).await.map(|_| ()) }
    };
    for token in [String::new(), "noise".to_owned(), room_token_with(RoomGrant::admin(), "anna")] {
        match join(token).await {
            Err(JoinError::TokenRefused(text)) => {
                assert!(text.contains("Ask") || text.contains("Send"), "{text}")
            }
            other => panic!("{other:?}"),
        }
    }
    let (_anna, _a) = support::join(&exchange, "r", "anna").await;
    assert_eq!(join(room_token("r", "bert")).await, Err(JoinError::RoomRefused));
    assert!(matches!(
        Session::join("https://example.invalid", "t", Options::default()).await.map(|_| ()),
        Err(JoinError::BadUrl(_))
    ));
}

#[tokio::test]
async fn who_may_not_publish_is_told_so_and_can_listen() {
    let exchange = exchange(Policy::default()).await;
    let grant = RoomGrant { can_publish: Some(false), ..RoomGrant::join("r") };
    let (listener, _l) =
        Session::join(&exchange.url(), &room_token_with(grant, "listener"), Options::default())
            .await
            .unwrap();
    assert_eq!(
        soon("publish", listener.publish(Tone::new(440.0))).await,
        Err(SessionError::NotAllowed)
    );
    let ear = Ear::default();
    listener.play(ear.clone()).await.unwrap();
    let (anna, _a) = join(&exchange, "r", "anna").await;
    anna.publish(Tone::new(440.0)).await.unwrap();
    ear.hears(Tone::new(440.0).level()).await;
}

#[tokio::test]
async fn lost_signalling_is_resumed_and_audio_goes_on() {
    let exchange = exchange(Policy::default()).await;
    let proxy = Proxy::to(exchange.http_address()).await;
    let (anna, mut events) =
        soon("join", Session::join(&proxy.url(), &room_token("r", "anna"), Options::default()))
            .await
            .unwrap();
    let (bert, mut bert_events) = join(&exchange, "r", "bert").await;
    let ear = Ear::default();
    bert.play(ear.clone()).await.unwrap();
    let level = Tone::new(440.0).level();
    anna.publish(Tone::new(440.0)).await.unwrap();
    ear.hears(level).await;
    for _ in 0..2 {
        proxy.cut(true);
        wait_for(&mut events, SessionEvent::Reconnecting).await;
        wait_for(&mut events, SessionEvent::Reconnected).await;
        ear.hears(level).await;
    }
    anna.set_muted(true).await.unwrap();
    loop {
        match soon("muted", bert_events.next()).await.unwrap() {
            SessionEvent::TrackMuted { muted: true, .. } => break,
            SessionEvent::ParticipantLeft { .. } => panic!("it kept its place"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_killed_exchange_ends_the_session_by_name() {
    let mut process = Process::start(&[]);
    let mut options = Options::default();
    options.resume_within = std::time::Duration::from_millis(500);
    let (anna, mut events) =
        soon("join", Session::join(&process.url(), &room_token("r", "anna"), options))
            .await
            .unwrap();
    anna.publish(Tone::new(440.0)).await.unwrap();
    process.kill();
    wait_for(&mut events, SessionEvent::Reconnecting).await;
    match soon("end", events.next()).await {
        Some(SessionEvent::Disconnected {
            reason: DisconnectReason::ExchangeUnreachable { .. },
        }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(soon("ended", anna.statistics()).await.unwrap_err(), SessionError::Ended);
}

#[tokio::test]
async fn after_a_restart_of_the_exchange_participants_are_back_and_heard() {
    let mut process = Process::start(&[]);
    let join = |name: &'static str| {
        let (url, token) = (process.url(), room_token("r", name));
        async move { soon("join", Session::join(&url, &token, Options::default())).await.unwrap() }
    };
    let (anna, mut anna_events) = join("anna").await;
    let (bert, mut bert_events) = join("bert").await;
    let ear = Ear::default();
    bert.play(ear.clone()).await.unwrap();
    anna.publish(Tone::new(440.0)).await.unwrap();
    ear.hears(Tone::new(440.0).level()).await;
    process.kill();
    process.start_again();
    for events in [&mut anna_events, &mut bert_events] {
        wait_for(events, SessionEvent::Reconnecting).await;
        wait_for(events, SessionEvent::Reconnected).await;
    }
    until("the tone again", async || {
        let from = ear.len();
        until("half a second", async || (ear.len() >= from + 50).then_some(())).await;
        (ear.level(50) > -20.0).then_some(())
    })
    .await;
}

async fn wait_for(events: &mut hookswitch_rtc::Events, wanted: SessionEvent) {
    loop {
        match soon(&format!("{wanted:?}"), events.next()).await {
            Some(event) if event == wanted => return,
            Some(SessionEvent::Disconnected { reason }) => panic!("{reason} instead of {wanted:?}"),
            Some(_) => {}
            None => panic!("no more events"),
        }
    }
}
