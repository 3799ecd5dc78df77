//! What may be said at the interface of GNOME Calls, by it or by others, that is no call: nothing of it counts, and nothing of it
//! harms. And when its calls are not taken at all.

use hookswitch::{CallState, EndedReason, FailReason, Outcome};
use hookswitch_journeys::telephone::{added, changed};
use hookswitch_journeys::{GNOME_CALLS, Mock, Peer, Phone, Record, Stage, Telephone, soon};
use std::collections::HashMap;
use std::ffi::OsString;
use zbus::{Connection, Variant};

const CHAT: &str = "org.example.Chat";
const NOTIFICATIONS: &str = "org.freedesktop.Notifications";
const ANNA: &str = "+49301234567";

fn incoming(id: &'static str) -> HashMap<&'static str, Variant<'static>> {
    HashMap::from([
        ("State", Variant::from(5_u32)),
        ("Inbound", Variant::from(true)),
        ("Id", Variant::from(id)),
        ("DisplayName", Variant::from("")),
        ("CanDtmf", Variant::from(true)),
    ])
}

/// The service has read everything that this connection said to it or to all.
async fn is_read(bus: &Connection) {
    let ping = bus.call_method(
        Some("org.hookswitch.Hookswitch"),
        "/org/hookswitch",
        Some("org.freedesktop.DBus.Peer"),
        "Ping",
        &(),
    );
    soon("the service", ping).await.expect("it lives");
}

#[tokio::test]
async fn nobody_else_speaks_for_it() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut screen = phone.screen().await;
    let path = telephone.rings(ANNA, "Anna").await;
    let anna = screen.one(CallState::Ringing).await;

    let service = Peer::new(phone.stranger().await);
    let bus = zbus::fdo::DBusProxy::new(&service.bus).await.expect("the bus can be asked");
    let name = zbus::names::BusName::try_from("org.hookswitch.Hookswitch").expect("a name");
    let service = bus.get_name_owner(name).await.expect("it runs").to_string();
    let stranger = phone.stranger().await;
    for to in [None, Some(service.as_str())] {
        added(&stranger, to, "/org/gnome/Calls/Call/7", incoming("666")).await;
        changed(&stranger, to, &path, HashMap::from([("State", Variant::from(7_u32))])).await;
    }
    is_read(&stranger).await;
    assert_eq!(screen.surface.calls().len(), 1);
    assert_eq!(screen.is(anna.number, CallState::Ringing).await.who(), "Anna");
}

#[tokio::test]
async fn no_app_may_have_its_id() {
    let phone = Phone::new();
    // Whoever has the name would be that app, but for the rule.
    let mut peer = phone.peer().await;
    peer.bus.request_name(GNOME_CALLS).await.expect("nobody has the name");
    let body = vec![Record::from([("app_id", Variant::from(GNOME_CALLS))]).into()];
    let answer = peer.calls("org.hookswitch.Provider1", "Register", &body).await;
    assert_eq!(answer.word(), "Unentitled");
}

#[tokio::test]
async fn nonsense_of_it_is_no_call() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut screen = phone.screen().await;
    let path = telephone.rings(ANNA, "Anna").await;
    let anna = screen.one(CallState::Ringing).await;
    let odd = || {
        [
            Variant::from(7.5_f64),
            Variant::from(-1_i64),
            Variant::from(vec![1_u8]),
            Variant::from("7"),
            Variant::from(HashMap::from([("ui-active", Variant::from(3_u8))])),
            Variant::from(99_u32),
        ]
    };
    let names =
        ["Inbound", "Id", "DisplayName", "Protocol", "CanDtmf", "Hints", "Encrypted", "Else"];
    for value in odd() {
        // Not its name: that may be any text.
        for name in names.into_iter().filter(|name| *name != "Id" && *name != "DisplayName") {
            let value = value.try_clone().expect("no descriptor");
            telephone.says(&path, HashMap::from([(name, value)])).await;
        }
        let state = value.try_clone().expect("no descriptor");
        telephone.says(&path, HashMap::from([("State", state)])).await;
    }
    let calls = "/org/gnome/Calls/Call/";
    for number in 100..200 {
        added(&telephone.bus, None, &format!("{calls}{number}"), HashMap::new()).await;
    }
    added(&telephone.bus, None, "/org/gnome/Calls/Other/1", incoming("1")).await;
    added(&telephone.bus, None, "/org/gnome/Else/Call/1", incoming("1")).await;
    // Bodies of other types.
    for member in ["InterfacesAdded", "InterfacesRemoved"] {
        let manager = "org.freedesktop.DBus.ObjectManager";
        let bus = &telephone.bus;
        bus.emit_signal(None::<&str>, "/org/gnome/Calls", manager, member, &"no")
            .await
            .expect("a signal");
        bus.emit_signal(None::<&str>, "/org/gnome/Calls", manager, member, &())
            .await
            .expect("a signal");
    }
    is_read(&telephone.bus).await;
    assert_eq!(screen.surface.calls().len(), 1);

    // What it says in earnest counts still.
    telephone.is(&path, Stage::Active).await;
    screen.is(anna.number, CallState::Active).await;
    telephone.is(&path, Stage::Disconnected).await;
    assert_eq!(screen.over(anna.number).await, EndedReason::RemoteEnded);
}

#[tokio::test]
async fn what_it_refuses_is_not_done() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut screen = phone.screen().await;
    telephone.refuses = true;
    let path = telephone.rings(ANNA, "Anna").await;
    let anna = screen.one(CallState::Ringing).await;
    screen.surface.answer(anna.number, None).await.expect("it rings");
    assert_eq!(telephone.told().await, "Accept 1");
    // The call failed here, and nobody hung up: the user can take it in the window of GNOME Calls.
    assert_eq!(screen.over(anna.number).await, EndedReason::Failed);
    telephone.is(&path, Stage::Active).await;
    let again = screen.one(CallState::Active).await;
    // Nor is a call over that goes on.
    screen.surface.end(again.number, None).await.expect("it is active");
    assert_eq!(telephone.told().await, "Hangup 1");
    screen.over(again.number).await;
    let third = screen.one(CallState::Active).await;
    assert_ne!(third.number, again.number);
}

#[tokio::test]
async fn what_nobody_can_do_is_not_said_to_be_done() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut screen = phone.screen().await;
    let path = telephone.rings(ANNA, "Anna").await;
    telephone.is(&path, Stage::Active).await;
    let anna = screen.one(CallState::Active).await;
    // The service has no audio here, and GNOME Calls no word for muting.
    let muted = screen.surface.set_muted(anna.number, true, None);
    let outcome = soon("the outcome", muted.outcome()).await.expect("it may be asked for");
    assert_eq!(outcome, [Outcome::Failed(FailReason::Failed)]);
    // Nor for video.
    let video = screen.surface.set_video(anna.number, true, None).await;
    assert!(video.is_err());
}

#[tokio::test]
async fn a_ring_that_took_too_long_for_the_service_is_not_hung_up() {
    let phone = Phone::with_policy("ring=50");
    let mut telephone = Telephone::on(&phone).await;
    let mut screen = phone.screen().await;
    let path = telephone.rings(ANNA, "Anna").await;
    let first = screen.until("the call", |shown| shown.calls.values().next().cloned()).await;
    assert_eq!(screen.over(first.number).await, EndedReason::Unanswered);
    telephone.is(&path, Stage::Active).await;
    let again = screen.one(CallState::Active).await;
    screen.surface.end(again.number, None).await.expect("it is active");
    assert_eq!(telephone.told().await, "Hangup 1", "and nothing before");
}

#[tokio::test]
async fn nobody_waits_for_it() {
    let phone = Phone::with_policy("answer=50,end=50");
    let mut telephone = Telephone::on(&phone).await;
    let mut screen = phone.screen().await;
    telephone.obeys = false;
    telephone.rings(ANNA, "Anna").await;
    let anna = screen.one(CallState::Ringing).await;
    screen.surface.answer(anna.number, None).await.expect("it rings");
    assert_eq!(screen.over(anna.number).await, EndedReason::Failed);
}

#[tokio::test]
async fn a_call_that_gnome_calls_does_not_show_is_not_shown() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut screen = phone.screen().await;
    telephone.hides = true;
    let path = telephone.rings("spam", "").await;
    telephone.is(&path, Stage::Disconnected).await;
    telephone.hides = false;
    telephone.rings(ANNA, "").await;
    assert_eq!(screen.one(CallState::Ringing).await.who(), ANNA);
    assert_eq!(screen.recents().await.iter().filter(|line| line.ended.is_some()).count(), 0);
}

#[tokio::test]
async fn its_calls_are_shown_by_its_own_window_only() {
    let phone = Phone::new();
    let server =
        Mock::on(&phone, NOTIFICATIONS, "/org/freedesktop/Notifications", NOTIFICATIONS).await;
    server.has("GetCapabilities", "", "as", "ret = ['actions', 'body']").await;
    server.has("Notify", "susssasa{sv}i", "u", "ret = 1").await;
    server.has("CloseNotification", "u", "", "").await;
    let mut telephone = Telephone::on(&phone).await;
    let chat = phone.app(CHAT).await;
    // Another app's call has nobody else; and then the server is known: whatever is to be shown is sent at once.
    let carl = chat.rings("carl").await;
    server.is_asked("Notify", 1).await;
    let ended = chat.provider.report_call_ended(carl, None, EndedReason::AnsweredElsewhere);
    ended.await.expect("it rings");
    server.is_asked("CloseNotification", 1).await;
    let path = telephone.rings("666", "").await;
    is_read(&telephone.bus).await;
    telephone.is(&path, Stage::Active).await;
    telephone.is(&path, Stage::Disconnected).await;
    telephone.rings("667", "").await;
    telephone.is("/org/gnome/Calls/Call/2", Stage::Disconnected).await;
    is_read(&telephone.bus).await;
    // What is sent last comes last.
    chat.rings("bob").await;
    server.is_asked("Notify", 2).await;
    let notified = server.calls().await;
    let notified: Vec<_> = notified.iter().filter(|(method, _)| method == "Notify").collect();
    let text = format!("{notified:?}");
    assert!(text.contains("bob") && !text.contains("666") && !text.contains("667"), "{text}");
}

async fn providers(phone: &Phone) -> Vec<String> {
    let screen = phone.screen().await;
    let status = screen.surface.status().await.expect("it answers");
    status.providers.into_iter().map(|provider| provider.app_id).collect()
}

#[tokio::test]
async fn the_service_never_takes_its_own_calls() {
    let environment: [(&str, OsString); 1] = [("HOOKSWITCH_PHOSH", "always".into())];
    let phone = Phone::with_environment("", &environment);
    let screen = phone.screen().await;
    let chat = phone.app(CHAT).await;
    chat.rings("bob").await;
    is_read(&phone.stranger().await).await;
    assert_eq!(screen.surface.calls().len(), 1);
    assert_eq!(providers(&phone).await, [CHAT]);
}

#[tokio::test]
async fn the_name_passes_to_the_service_and_its_calls_are_no_app() {
    let environment: [(&str, OsString); 1] = [("HOOKSWITCH_PHOSH", "always".into())];
    let phone = Phone::with_environment("", &environment);
    let mut telephone = Telephone::on(&phone).await;
    let mut screen = phone.screen().await;
    telephone.rings(ANNA, "").await;
    let anna = screen.one(CallState::Ringing).await;
    // The service stands in line for the name, and has it next.
    telephone.dies();
    assert_eq!(screen.over(anna.number).await, EndedReason::Failed);
    assert_eq!(providers(&phone).await, Vec::<String>::new());
    assert!(screen.surface.calls().is_empty());
}

#[tokio::test]
async fn it_is_left_alone_if_the_user_wants_that() {
    let environment: [(&str, OsString); 1] = [("HOOKSWITCH_GNOME_CALLS", "off".into())];
    let phone = Phone::with_environment("", &environment);
    let mut telephone = Telephone::on(&phone).await;
    let screen = phone.screen().await;
    telephone.rings(ANNA, "").await;
    is_read(&telephone.bus).await;
    assert!(screen.surface.calls().is_empty());
    assert_eq!(providers(&phone).await, Vec::<String>::new());
}
