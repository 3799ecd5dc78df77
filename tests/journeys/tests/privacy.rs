//! Who learns what: nothing with identity reaches anybody but surfaces and the app itself, and no log has it.

use futures_util::StreamExt;
use hookswitch::{CallState, CallUpdate, Handle, HandleKind, new_call};
use hookswitch_bus::names::{OBSERVER, PATH, SERVICE};
use hookswitch_journeys::{Phone, soon};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use zbus::{Connection, MessageStream};

const CHAT: &str = "org.example.Chat";
const TALK: &str = "org.example.Talk";
const HANDLE: &str = "+49 30 55501234";
const NAME: &str = "Wilhelmina Secret";

/// Everything that this connection received so far, as text. A last call makes sure that all of it came.
async fn received(connection: &Connection, stream: &mut MessageStream) -> String {
    let interface = Some("org.freedesktop.DBus.Peer");
    let asked = connection.call_method(Some(SERVICE), PATH, interface, "Ping", &()).await.unwrap();
    let last = asked.header().reply_serial();
    let mut text = String::new();
    loop {
        let message = soon("the reply", stream.next()).await.unwrap().unwrap();
        text.push_str(&String::from_utf8_lossy(message.data().bytes()));
        if message.header().reply_serial() == last {
            return text;
        }
    }
}

#[tokio::test]
async fn only_surfaces_and_the_app_itself_learn_who_calls() {
    let phone = Phone::new();
    let mut chat = phone.willing_app(CHAT).await;
    let talk = phone.willing_app(TALK).await;
    let mut screen = phone.screen().await;
    let stranger = phone.stranger().await;
    let observer = phone.stranger().await;
    let (mut strange, mut observed) =
        (MessageStream::from(&stranger), MessageStream::from(&observer));
    // The stranger asks for everything the service might broadcast.
    let rule = format!("type='signal',sender='{SERVICE}'");
    let bus = Some("org.freedesktop.DBus");
    stranger.call_method(bus, "/org/freedesktop/DBus", bus, "AddMatch", &rule).await.unwrap();
    observer.call_method(Some(SERVICE), PATH, Some(OBSERVER), "Observe", &()).await.unwrap();

    let call = new_call();
    let update = CallUpdate {
        remote_handle: Some(Handle::new(HandleKind::PhoneNumber, HANDLE)),
        localized_caller_name: Some(NAME.into()),
        ..CallUpdate::default()
    };
    chat.provider.report_new_incoming_call(call, update).await.unwrap();
    let shown = screen.one(CallState::Ringing).await;
    assert_eq!((shown.handle.value.as_str(), shown.name.as_deref()), (HANDLE, Some(NAME)));
    screen.surface.answer(shown.number, None).await.unwrap();
    chat.audio_on(call).await;
    screen.surface.end(shown.number, None).await.unwrap();
    screen.over(shown.number).await;

    let secrets = [HANDLE, NAME, CHAT, &call.to_string()];
    let to_stranger = received(&stranger, &mut strange).await;
    let to_observer = received(&observer, &mut observed).await;
    assert!(to_observer.contains("has_connected"), "the observer was told that there was a call");
    assert!(!to_stranger.contains("Changed"), "nothing was broadcast");
    for secret in secrets {
        assert!(!to_stranger.contains(secret), "a stranger learnt {secret}");
        assert!(!to_observer.contains(secret), "an observer learnt {secret}");
    }
    drop(talk);
}

#[tokio::test]
async fn what_is_on_disk_is_the_users_own_and_the_flow_log_names_nobody() {
    let phone = Phone::new();
    let mut chat = phone.willing_app(CHAT).await;
    let mut screen = phone.screen().await;
    let call = new_call();
    chat.report(call, HANDLE).await.unwrap();
    let shown = screen.one(CallState::Ringing).await;
    screen.surface.answer(shown.number, None).await.unwrap();
    chat.audio_on(call).await;
    assert_eq!(screen.recents().await.len(), 1);
    let lines = screen.surface.journal(1000).await.unwrap().join("\n");
    assert!(lines.contains("report incoming"), "{lines}");
    assert!(!lines.contains(HANDLE) && !lines.contains("5550"), "{lines}");
    for file in fs::read_dir(phone.state()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        let name = file.file_name();
        assert_eq!(mode, 0o600, "{name:?} can be read by others");
        if name == "flow" {
            assert!(!fs::read_to_string(file.path()).unwrap().contains("5550"));
        }
    }
}

#[tokio::test]
async fn no_log_line_has_a_handle_or_a_name() {
    let phone = Phone::with_log("trace");
    let mut chat = phone.willing_app(CHAT).await;
    let mut screen = phone.screen().await;
    let call = new_call();
    chat.report(call, HANDLE).await.unwrap();
    let shown = screen.one(CallState::Ringing).await;
    screen.surface.answer(shown.number, None).await.unwrap();
    chat.audio_on(call).await;
    screen.surface.end(shown.number, None).await.unwrap();
    screen.over(shown.number).await;
    let log = phone.log();
    assert!(log.contains("hookswitchd"), "the service logged nothing at all");
    assert!(!log.contains(HANDLE) && !log.contains("55501234"), "a handle is in the log");
}
