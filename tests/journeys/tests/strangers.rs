//! The interface of Phosh's lock screen says who calls, and has no word for who may ask: strangers find nothing there.

use futures_util::{FutureExt, StreamExt};
use hookswitch::CallState;
use hookswitch_journeys::{Phone, soon};
use std::collections::HashMap;
use zbus::message::Type;
use zbus::{Connection, MessageStream, OwnedObjectPath, OwnedVariant, fdo};

const CHAT: &str = "org.example.Chat";
const NAME: Option<&str> = Some("org.gnome.Calls");
const ROOT: &str = "/org/gnome/Calls";
const CALL: &str = "/org/gnome/Calls/Call/1";

fn phone(setting: &str) -> Phone {
    Phone::with_environment("", &[("HOOKSWITCH_PHOSH", setting.into())])
}

/// It is as if there were no such object.
async fn finds_nothing(
    stranger: &Connection,
    interface: &str,
    member: &str,
    body: &(impl serde::Serialize + zbus::DynamicType),
) {
    let asked = stranger.call_method(NAME, CALL, Some(interface), member, body);
    let answer = soon(member, asked).await;
    let unknown = matches!(&answer, Err(zbus::Error::FDO(error)) if matches!(**error, fdo::Error::UnknownObject(_)));
    assert!(unknown, "{member} of a stranger: {answer:?}");
}

#[tokio::test]
async fn a_stranger_finds_no_call_where_the_lock_screen_looks() {
    let phone = phone("always");
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    let stranger = phone.stranger().await;
    let mut heard = MessageStream::from(&stranger);
    for rule in [
        "type='signal',path_namespace='/org/gnome/Calls'",
        "type='signal',sender='org.gnome.Calls'",
    ] {
        let bus = Some("org.freedesktop.DBus");
        let added = stranger.call_method(bus, "/org/freedesktop/DBus", bus, "AddMatch", &rule);
        soon("the rule", added).await.expect("it is added");
    }
    chat.rings("anna@example.org").await;
    let call = screen.one(CallState::Ringing).await;

    let manager = Some("org.freedesktop.DBus.ObjectManager");
    let asked = stranger.call_method(NAME, ROOT, manager, "GetManagedObjects", &());
    let objects = soon("the objects", asked).await.expect("it is answered");
    type Objects = HashMap<OwnedObjectPath, HashMap<String, HashMap<String, OwnedVariant>>>;
    let objects: Objects = objects.body().deserialize().expect("objects");
    assert!(objects.is_empty(), "{objects:?}");
    let properties = "org.freedesktop.DBus.Properties";
    let calls = "org.gnome.Calls.Call";
    finds_nothing(&stranger, properties, "GetAll", &calls).await;
    for member in ["Accept", "Hangup", "Silence"] {
        finds_nothing(&stranger, calls, member, &()).await;
    }
    finds_nothing(&stranger, calls, "SendDtmf", &"5").await;

    // Nothing of it happened, and the end of the call is not told to it either.
    screen.surface.end(call.number, None).await.expect("it can be declined");
    chat.end().await.fulfill();
    screen.over(call.number).await;
    let asked = stranger.call_method(NAME, ROOT, manager, "GetManagedObjects", &());
    soon("the objects", asked).await.expect("it is answered");
    while let Some(Some(message)) = heard.next().now_or_never() {
        let message = message.expect("a message");
        let path = message.header().path().map(ToString::to_string).unwrap_or_default();
        let is_signal = message.message_type() == Type::Signal;
        assert!(!(is_signal && path.starts_with(ROOT)), "a stranger heard {message:?}");
    }
}

#[tokio::test]
async fn the_name_is_left_alone_where_the_user_says_so() {
    let phone = phone("never");
    let _chat = phone.app(CHAT).await;
    let stranger = phone.stranger().await;
    let bus = zbus::fdo::DBusProxy::new(&stranger).await.expect("the bus can be asked");
    let name = "org.gnome.Calls".try_into().expect("a name");
    assert!(!soon("the bus", bus.name_has_owner(name)).await.expect("it answers"));
}
