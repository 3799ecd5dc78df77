//! Calls between devices over the wire, and what a phone hears when the exchange is in trouble.

mod support;

use futures_util::{SinkExt, StreamExt};
use hookswitch_exchange::{Config, Exchange, Policy};
use hookswitch_platform::call_server::{
    CallError, CallEvents, CallSnapshot, CallState, ConnectOptions, DeclineScope, Device,
    DeviceError, DeviceEvent, EndedReason, PATH, Verb,
};
use hookswitch_platform::token::{ApiKey, ApiKeys, Claims};
use hookswitch_rtc::{Options, Session};
use std::time::{Duration, SystemTime};
use support::process::Process;
use support::proxy::Proxy;
use support::{device_token, exchange, key, soon};
use tokio_tungstenite::tungstenite::Message as WsMessage;

fn options(url: &str, name: &str) -> ConnectOptions {
    let address = name.split('/').next().unwrap();
    let mut options = ConnectOptions::new(url, device_token(address, name), address, name);
    options.longest_pause = Duration::from_millis(500);
    options
}

async fn device(url: &str, name: &str) -> (Device, CallEvents) {
    let (device, mut events) = soon("connect", Device::connect(options(url, name))).await.unwrap();
    assert!(matches!(soon("connected", events.next()).await, Some(DeviceEvent::Connected { .. })));
    (device, events)
}

async fn rings(events: &mut CallEvents) -> CallSnapshot {
    loop {
        match soon("ring", events.next()).await {
            Some(DeviceEvent::Ring(call)) => return call,
            Some(_) => {}
            None => panic!("no more events"),
        }
    }
}

async fn state(events: &mut CallEvents, wanted: CallState) -> CallSnapshot {
    loop {
        match soon(&format!("{wanted:?}"), events.next()).await {
            Some(DeviceEvent::Call(call)) if call.state == wanted => return call,
            Some(_) => {}
            None => panic!("no more events"),
        }
    }
}

fn ended(reason: EndedReason) -> CallState {
    CallState::Ended { reason }
}

async fn exchange_with_store(path: &std::path::Path) -> Exchange {
    let config = Config { store: Some(path.to_owned()), ..Config::new(ApiKeys::from(key())) };
    Exchange::start(config).await.unwrap()
}

fn scratch(name: &str) -> std::path::PathBuf {
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

#[tokio::test]
async fn a_call_from_dialing_to_hanging_up_with_media() {
    let exchange = exchange(Policy::default()).await;
    let url = exchange.url();
    let (anna, mut anna_events) = device(&url, "anna/1").await;
    let (bert, mut bert_events) = device(&url, "bert/1").await;
    let (placed, anna_token) = soon("create", anna.create("bert")).await.unwrap();
    assert!(placed.outgoing && placed.here && placed.state == CallState::Created);
    let incoming = rings(&mut bert_events).await;
    assert_eq!((incoming.call, incoming.outgoing, incoming.here), (placed.call, false, false));
    assert_eq!(incoming.caller.address, "anna");
    soon("ack", bert.ring_ack(incoming.call)).await.unwrap();
    state(&mut anna_events, CallState::Ringing).await;
    let (answered, bert_token) = soon("answer", bert.answer(incoming.call)).await.unwrap();
    assert!(answered.here && answered.session == placed.session);
    state(&mut anna_events, CallState::Connecting).await;
    let (anna_media, _a) =
        soon("join", Session::join(&url, &anna_token, Options::default())).await.unwrap();
    let (_bert_media, mut bert_room) =
        soon("join", Session::join(&url, &bert_token, Options::default())).await.unwrap();
    state(&mut anna_events, CallState::Active).await;
    state(&mut bert_events, CallState::Active).await;

    let over = soon("end", anna.end(placed.call)).await.unwrap();
    assert_eq!(over.state, ended(EndedReason::LocalEnded));
    state(&mut bert_events, ended(EndedReason::RemoteEnded)).await;
    while soon("room", bert_room.next()).await.is_some() {}
    drop(anna_media);
    let again = soon("end again", anna.end(placed.call)).await;
    assert_eq!(again, Err(CallError::CallGone { reason: EndedReason::LocalEnded }.into()));
}

#[tokio::test]
async fn three_devices_ring_and_two_hear_that_it_was_answered_elsewhere() {
    let exchange = exchange(Policy::default()).await;
    let url = exchange.url();
    let (anna, _a) = device(&url, "anna/1").await;
    let mut phones = Vec::new();
    for name in ["bert/1", "bert/2", "bert/3"] {
        phones.push(device(&url, name).await);
    }
    let (call, _) = anna.create("bert").await.unwrap();
    for (_, events) in &mut phones {
        assert_eq!(rings(events).await.call, call.call);
    }
    let (first, second) =
        tokio::join!(phones[0].0.answer(call.call), phones[1].0.answer(call.call));
    assert!(first.is_ok() ^ second.is_ok(), "one winner: {first:?} {second:?}");
    let loser = usize::from(first.is_ok());
    let refused = [first, second].into_iter().find_map(Result::err).unwrap();
    assert_eq!(refused, CallError::CallGone { reason: EndedReason::AnsweredElsewhere }.into());
    assert_eq!(refused.screen_text(), "Answered on another device.");
    for index in [loser, 2] {
        state(&mut phones[index].1, ended(EndedReason::AnsweredElsewhere)).await;
    }
}

#[tokio::test]
async fn who_cannot_be_called_is_said_on_the_callers_screen() {
    let exchange = exchange(Policy::default()).await;
    let url = exchange.url();
    let (anna, _a) = device(&url, "anna/1").await;
    let unknown = soon("create", anna.create("nobody")).await.unwrap_err();
    assert_eq!(unknown, CallError::CalleeUnknown.into());
    assert_eq!(unknown.screen_text(), "Nobody has this address. Check it and try again.");
    let (bert, _b) = device(&url, "bert/1").await;
    drop(bert);
    support::until("bert is offline", async || match anna.create("bert").await {
        Err(error) => {
            assert_eq!(error, CallError::CalleeOffline.into());
            assert_eq!(error.screen_text(), "Not reachable right now. Try again later.");
            Some(())
        }
        Ok((call, _)) => {
            anna.cancel(call.call).await.unwrap();
            None
        }
    })
    .await;
}

#[tokio::test]
async fn ringing_ends_by_itself_and_a_late_answer_is_refused() {
    let policy = Policy { ring_timeout: Duration::from_millis(300), ..Policy::default() };
    let exchange = exchange(policy).await;
    let (anna, mut anna_events) = device(&exchange.url(), "anna/1").await;
    let (bert, mut bert_events) = device(&exchange.url(), "bert/1").await;
    let (call, _) = anna.create("bert").await.unwrap();
    state(&mut anna_events, ended(EndedReason::Unanswered)).await;
    state(&mut bert_events, ended(EndedReason::Unanswered)).await;
    let late = soon("answer", bert.answer(call.call)).await.unwrap_err();
    assert_eq!(late, CallError::CallGone { reason: EndedReason::Unanswered }.into());
}

#[tokio::test]
async fn a_callers_crash_while_it_rings_cancels() {
    let policy = Policy { caller_grace: Duration::from_millis(200), ..Policy::default() };
    let exchange = exchange(policy).await;
    let proxy = Proxy::to(exchange.http_address()).await;
    let (anna, _a) = device(&proxy.url(), "anna/1").await;
    let (_bert, mut bert_events) = device(&exchange.url(), "bert/1").await;
    anna.create("bert").await.unwrap();
    rings(&mut bert_events).await;
    proxy.cut(false);
    state(&mut bert_events, ended(EndedReason::Cancelled)).await;
}

#[tokio::test]
async fn a_participants_crash_ends_the_call_for_the_other() {
    let policy = Policy { resume_window: Duration::from_millis(200), ..Policy::default() };
    let exchange = exchange(policy).await;
    let proxy = Proxy::to(exchange.http_address()).await;
    let (anna, mut anna_events) = device(&exchange.url(), "anna/1").await;
    let (bert, mut bert_events) = device(&exchange.url(), "bert/1").await;
    let (call, anna_token) = anna.create("bert").await.unwrap();
    rings(&mut bert_events).await;
    let (_, bert_token) = bert.answer(call.call).await.unwrap();
    let (_anna_media, _a) =
        soon("join", Session::join(&exchange.url(), &anna_token, Options::default()))
            .await
            .unwrap();
    let (_bert_media, _b) =
        soon("join", Session::join(&proxy.url(), &bert_token, Options::default())).await.unwrap();
    state(&mut anna_events, CallState::Active).await;
    proxy.cut(false);
    state(&mut anna_events, ended(EndedReason::RemoteEnded)).await;
}

#[tokio::test]
async fn tokens_that_do_not_open_the_call_server() {
    let exchange = exchange(Policy::default()).await;
    let url = exchange.url();
    let hour = Duration::from_secs(3600);
    let past = SystemTime::now() - 2 * hour;
    let other = ApiKey::new("test", "another secret of more than 32 characters").unwrap();
    let sign = |key: &ApiKey, at| key.sign(&Claims::device("anna", "anna/1", at, hour)).unwrap();
    let with_token = |token: String| {
        let mut options = options(&url, "anna/1");
        options.token = token;
        async move { soon("connect", Device::connect(options)).await.map(|_| ()) }
    };
    let expired = with_token(sign(&key(), past)).await.unwrap_err();
    assert_eq!(expired, CallError::TokenExpired.into());
    assert_eq!(expired.screen_text(), "You were signed out. Sign in again.");
    let wrong =
        [sign(&other, SystemTime::now()), "noise".to_owned(), support::room_token("r", "anna")];
    for token in wrong {
        let refused = with_token(token).await.unwrap_err();
        assert!(
            matches!(refused, DeviceError::Refused(CallError::TokenWrong { .. })),
            "{refused:?}"
        );
    }
    let foreign = with_token(device_token("bert", "anna/1")).await.unwrap_err();
    assert_eq!(foreign, CallError::TokenForeign.into());
}

#[tokio::test]
async fn a_lost_connection_comes_back_and_a_request_is_not_done_twice() {
    let exchange = exchange(Policy::default()).await;
    let proxy = Proxy::to(exchange.http_address()).await;
    let (anna, mut anna_events) = device(&proxy.url(), "anna/1").await;
    let (bert, mut bert_events) = device(&exchange.url(), "bert/1").await;
    let create = Verb::Create { callee: "bert".to_owned(), ring: true };
    let first = anna.verb_with_key(create.clone(), "key-1".to_owned()).await.unwrap();
    let call = rings(&mut bert_events).await;
    proxy.cut(true);
    loop {
        match soon("back", anna_events.next()).await.unwrap() {
            DeviceEvent::Connected { calls } => {
                assert_eq!(calls.len(), 1);
                assert_eq!(calls[0].call, call.call);
                break;
            }
            DeviceEvent::Disconnected { error } => {
                assert!(matches!(error, DeviceError::ExchangeUnreachable { .. }))
            }
            _ => {}
        }
    }
    let again = anna.verb_with_key(create, "key-1".to_owned()).await.unwrap();
    let id = |outcome| match outcome {
        hookswitch_platform::call_server::Outcome::Call { call, token, .. } => {
            (call.call, token.is_some())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(id(first), id(again));
    soon("decline", bert.decline(call.call, DeclineScope::Everywhere)).await.unwrap();
    state(&mut anna_events, ended(EndedReason::Declined)).await;
}

#[tokio::test]
async fn nobody_there() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = soon("connect", Device::connect(options(&format!("http://{free}"), "anna/1")))
        .await
        .unwrap_err();
    assert!(matches!(error, DeviceError::ExchangeUnreachable { .. }), "{error}");
    let (device, _events) = Device::start(options(&format!("http://{free}"), "anna/1")).unwrap();
    let error = soon("create", device.create("bert")).await.unwrap_err();
    assert!(matches!(error, DeviceError::ExchangeUnreachable { .. }), "{error}");
    assert_eq!(
        error.screen_text(),
        "No connection to the call service. Check the network and try again."
    );
    for url in ["example.org", "ftp://example.org", "https://example.org", "http://"] {
        assert!(matches!(Device::start(options(url, "a/1")), Err(DeviceError::BadUrl(_))), "{url}");
    }
}

#[tokio::test]
async fn an_exchange_that_hangs_is_a_typed_error_everywhere() {
    let process = Process::start(&[]);
    let mut quick = options(&process.url(), "anna/1");
    quick.reply_timeout = Duration::from_millis(300);
    quick.connect_timeout = Duration::from_millis(300);
    quick.silence_timeout = Duration::from_millis(1_500);
    let (anna, mut events) = soon("connect", Device::connect(quick.clone())).await.unwrap();
    process.set_stopped(true);
    let error = soon("create", anna.create("bert")).await.unwrap_err();
    assert_eq!(error, DeviceError::NoReply(Duration::from_millis(300)));
    loop {
        if let DeviceEvent::Disconnected { error } = soon("silence", events.next()).await.unwrap() {
            assert!(matches!(error, DeviceError::ExchangeUnreachable { .. }));
            break;
        }
    }
    let error = soon("connect", Device::connect(quick)).await.unwrap_err();
    assert!(matches!(error, DeviceError::ExchangeUnreachable { .. }), "{error}");
    let short = {
        let mut short = Options::default();
        short.join_timeout = Duration::from_millis(300);
        short
    };
    let error =
        soon("join", Session::join(&process.url(), "t", short)).await.map(|_| ()).unwrap_err();
    assert!(matches!(error, hookswitch_rtc::JoinError::ExchangeUnreachable { .. }), "{error}");
    process.set_stopped(false);
    loop {
        if let DeviceEvent::Connected { .. } = soon("back", events.next()).await.unwrap() {
            break;
        }
    }
}

#[tokio::test]
async fn an_exchange_that_is_killed_and_started_again() {
    let directory = scratch("killed");
    let store = directory.join("exchange.db");
    let mut process = Process::start(&["--store", store.to_str().unwrap()]);
    let (anna, mut anna_events) = device(&process.url(), "anna/1").await;
    let (bert, mut bert_events) = device(&process.url(), "bert/1").await;
    let create = Verb::Create { callee: "bert".to_owned(), ring: true };
    anna.verb_with_key(create.clone(), "key-1".to_owned()).await.unwrap();
    let call = rings(&mut bert_events).await;
    bert.answer(call.call).await.unwrap();
    state(&mut anna_events, CallState::Connecting).await;
    // Until what was said is on the disk: the store answers in order.
    let session = || async {
        let answer = reqwest::Client::new()
            .post(format!("{}/v1/sessions", process.url()))
            .basic_auth("test", Some(support::SECRET))
            .header("content-type", "application/json")
            .body(r#"{"idempotency_key":"one"}"#)
            .send()
            .await
            .unwrap();
        answer.text().await.unwrap()
    };
    let before = session().await;
    process.kill();
    loop {
        if let DeviceEvent::Disconnected { .. } = soon("lost", anna_events.next()).await.unwrap() {
            break;
        }
    }
    process.start_again();
    state(&mut anna_events, ended(EndedReason::Failed)).await;
    state(&mut bert_events, ended(EndedReason::Failed)).await;
    let gone = CallError::CallGone { reason: EndedReason::Failed };
    let retried = soon("retry", anna.verb_with_key(create, "key-1".to_owned())).await;
    assert_eq!(retried, Err(gone.into()), "not placed a second time");
    let after = reqwest::Client::new()
        .post(format!("{}/v1/sessions", process.url()))
        .basic_auth("test", Some(support::SECRET))
        .header("content-type", "application/json")
        .body(r#"{"idempotency_key":"one"}"#)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(before, after, "the same key gives the same session");
    drop(bert);
    drop(bert_events);
    support::until("bert is known, but gone", async || match anna.create("bert").await {
        Err(DeviceError::Refused(CallError::CalleeOffline)) => Some(()),
        Ok((call, _)) => {
            anna.cancel(call.call).await.unwrap();
            None
        }
        Err(other) => panic!("{other}"),
    })
    .await;
}

#[tokio::test]
async fn a_damaged_store_is_set_aside_and_not_deleted() {
    let directory = scratch("damaged");
    let store = directory.join("exchange.db");
    std::fs::write(
        &store,
        b"this is no database, but it is long enough to be looked at as one".repeat(100),
    )
    .unwrap();
    drop(exchange_with_store(&store).await);
    let names: Vec<String> = directory
        .read_dir()
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    let aside = names.iter().find(|name| name.contains("damaged")).expect("set aside");
    assert!(std::fs::read(directory.join(aside)).unwrap().starts_with(b"this is no database"));
}

#[tokio::test]
async fn what_is_not_of_the_wire_is_refused_by_name_and_hurts_nobody() {
    let exchange = exchange(Policy::default()).await;
    let (anna, _a) = device(&exchange.url(), "anna/1").await;
    let url = format!(
        "ws://{}{PATH}?access_token={}",
        exchange.http_address(),
        device_token("eve", "eve/1")
    );
    let (mut eve, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let long = format!(
        r#"{{"id":6,"idempotency_key":"k","verb":"create","callee":"{}"}}"#,
        "x".repeat(20_000)
    );
    let rows = [
        ("noise", WsMessage::text("noise"), "malformed", 0),
        ("binary", WsMessage::binary(vec![1, 2, 3]), "malformed", 0),
        (
            "unknown verb",
            WsMessage::text(r#"{"id":3,"idempotency_key":"k","verb":"teleport"}"#),
            "malformed",
            3,
        ),
        ("no key", WsMessage::text(r#"{"id":4,"verb":"end","call":"x"}"#), "malformed", 4),
        (
            "not registered",
            WsMessage::text(r#"{"id":5,"idempotency_key":"k","verb":"create","callee":"anna"}"#),
            "not_registered",
            5,
        ),
        ("too large", WsMessage::text(long), "too_large", 0),
    ];
    for (name, message, code, id) in rows {
        eve.send(message).await.unwrap();
        let reply = soon(name, eve.next()).await.unwrap().unwrap().into_text().unwrap();
        let reply: serde_json::Value = serde_json::from_str(&reply).unwrap();
        assert_eq!(reply["error"]["code"], code, "{name}: {reply}");
        assert_eq!(reply["id"], id, "{name}");
    }
    let (mut rude, _) = tokio_tungstenite::connect_async(format!(
        "ws://{}/rtc/v1?access_token={}",
        exchange.http_address(),
        support::room_token("r", "rude")
    ))
    .await
    .unwrap();
    rude.send(WsMessage::binary(vec![0xff; 100])).await.unwrap();
    while let Some(Ok(message)) = soon("closed", rude.next()).await {
        assert!(message.is_binary() || message.is_close());
    }
    assert_eq!(
        soon("still there", anna.create("nobody")).await.unwrap_err(),
        CallError::CalleeUnknown.into()
    );
}

#[tokio::test]
async fn no_name_and_no_token_is_logged() {
    let log = scratch("log").join("exchange.log");
    let process = Process::logging_to(&log);
    let (anna, mut anna_events) = device(&process.url(), "anna-secretname/1").await;
    let (bert, mut bert_events) = device(&process.url(), "bert-secretname/1").await;
    let (call, token) = anna.create("bert-secretname").await.unwrap();
    rings(&mut bert_events).await;
    bert.answer(call.call).await.unwrap();
    let (media, _events) =
        soon("join", Session::join(&process.url(), &token, Options::default())).await.unwrap();
    soon("publish", media.publish(support::Tone::new(440.0))).await.unwrap();
    let _ = anna.create("nobody-secretname").await;
    media.leave().await;
    anna.end(call.call).await.unwrap();
    state(&mut bert_events, ended(EndedReason::RemoteEnded)).await;
    drop((anna, bert));
    while soon("closed", anna_events.next()).await.is_some() {}
    drop(process);
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(
        text.contains("a call changed") && text.contains("a participant joined"),
        "the log is one: {text}"
    );
    assert!(!text.contains("secretname"), "{text}");
    assert!(
        !text.contains(token.as_str()) && !text.contains("eyJ") && !text.contains(support::SECRET),
        "{text}"
    );
}
