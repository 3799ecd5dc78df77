//! A screen leaves what rings to a notification with buttons; where there is none, it is told to show the call.

use hookswitch::{CallNumber, CallState, CallUpdate, RingLevel, SurfaceEvent};
use hookswitch_journeys::{Mock, Phone, Screen, program, soon};
use std::ffi::OsString;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const CALL_SCREEN: &str = "org.hookswitch.Phone";
/// Longer than any story: what comes, comes because it was left to others.
const PATIENT: &str = "presented_within=600000";

/// A notification server of this name, that shows everything as number 7.
async fn server(phone: &Phone, name: &str) -> Mock {
    let mock = Mock::on(phone, NAME, PATH, NAME).await;
    mock.has("GetCapabilities", "", "as", "ret = ['actions', 'body']").await;
    let information = format!("ret = ('{name}', 'somebody', '1', '1.2')");
    mock.has("GetServerInformation", "", "ssss", &information).await;
    mock.has("Notify", "susssasa{sv}i", "u", "ret = 7").await;
    mock.has("CloseNotification", "u", "", "").await;
    let told = "self.EmitSignal('', 'NotificationClosed', 'uu', [args[0], args[1]])";
    mock.has("Closes", "uu", "", told).await;
    mock
}

/// A call that this screen leaves to others.
async fn left(screen: &mut Screen) -> CallNumber {
    let call = screen.one(CallState::Ringing).await.number;
    soon("a reply", screen.surface.not_presented(call)).await.expect("it is a screen");
    call
}

/// Wait until the screen is told to show a call: which.
async fn present_call(screen: &mut Screen) -> CallNumber {
    loop {
        if let SurfaceEvent::PresentCall(call) = screen.step("that it is up to the screen").await {
            return call;
        }
    }
}

async fn notified(mock: &Mock) -> usize {
    mock.calls().await.iter().filter(|(method, _)| method == "Notify").count()
}

#[tokio::test]
async fn a_notification_shows_at_once_what_was_left_to_it_and_the_screen_when_it_is_gone() {
    let phone = Phone::with_policy(PATIENT);
    let mock = server(&phone, "Banners").await;
    let app = phone.willing_app("org.example.Chat").await;
    let mut screen = phone.screen().await;
    app.rings("Anna").await;
    let call = left(&mut screen).await;
    mock.is_asked("Notify", 1).await;
    // What was said before has come when this is answered.
    soon("a reply", screen.surface.status()).await.expect("the service answers");
    while let Some(event) = screen.step_now() {
        assert!(!matches!(event, SurfaceEvent::PresentCall(_)), "the notification shows it");
    }
    mock.tell(PATH, NAME, "Closes", &(7_u32, 1_u32)).await;
    assert_eq!(present_call(&mut screen).await, call);
    screen.surface.presented(call).await.expect("it is a screen");
    screen.surface.answer(call, None).outcome().await.expect("it rings on");
    screen.is(call, CallState::Active).await;
    assert_eq!(notified(&mock).await, 1, "what is on the screen needs no notification");
}

#[tokio::test]
async fn where_no_notification_can_show_it_the_screen_is_told_to() {
    for name in [None, Some("mako"), Some("dunst")] {
        let phone = Phone::with_policy(PATIENT);
        let mock = match name {
            Some(name) => Some(server(&phone, name).await),
            None => None,
        };
        let app = phone.willing_app("org.example.Chat").await;
        let mut screen = phone.screen().await;
        app.rings("Anna").await;
        let call = left(&mut screen).await;
        assert_eq!(present_call(&mut screen).await, call, "{name:?}");
        screen.surface.presented(call).await.expect("it is a screen");
        screen.surface.decline(call, None).outcome().await.expect("it rings");
        screen.over(call).await;
        if let Some(mock) = mock {
            // Not even for the moment before the screen is there.
            assert_eq!(notified(&mock).await, 0, "{name:?}");
        }
    }
}

#[tokio::test]
async fn a_screen_that_was_told_and_shows_nothing_leaves_the_call_to_what_has_no_buttons() {
    let phone = Phone::with_policy(PATIENT);
    let mock = server(&phone, "mako").await;
    let app = phone.willing_app("org.example.Chat").await;
    let mut screen = phone.screen().await;
    app.rings("Anna").await;
    let call = left(&mut screen).await;
    assert_eq!(present_call(&mut screen).await, call);
    mock.is_asked("Notify", 1).await;
}

#[tokio::test]
async fn a_server_that_refuses_or_says_nothing_shows_nothing() {
    for refuses in [true, false] {
        let phone = Phone::with_policy(PATIENT);
        let stranger = phone.stranger().await;
        let mock = if refuses {
            let mock = server(&phone, "Banners").await;
            let full = "raise dbus.exceptions.DBusException('full', name='org.example.Full')";
            mock.has("Notify", "susssasa{sv}i", "u", full).await;
            Some(mock)
        } else {
            // It reads nothing of what it is asked.
            stranger.request_name(NAME).await.expect("nobody has it");
            None
        };
        let app = phone.willing_app("org.example.Chat").await;
        let mut screen = phone.screen().await;
        app.rings("Anna").await;
        let call = left(&mut screen).await;
        assert_eq!(present_call(&mut screen).await, call, "refuses: {refuses}");
        drop(mock);
    }
}

#[tokio::test]
async fn who_wants_no_notifications_has_the_screen() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("notifications.json"), r#"{"show": "never"}"#).expect("room");
    let environment: [(&str, OsString); 1] = [("HOOKSWITCH_CONFIG_DIR", folder.path().into())];
    let phone = Phone::with_environment(PATIENT, &environment);
    let mock = server(&phone, "Banners").await;
    let app = phone.willing_app("org.example.Chat").await;
    let mut screen = phone.screen().await;
    app.rings("Anna").await;
    let call = left(&mut screen).await;
    assert_eq!(present_call(&mut screen).await, call);
    assert_eq!(notified(&mock).await, 0);
}

#[tokio::test]
async fn a_screen_that_comes_for_the_call_is_told_as_well_and_one_server_after_another() {
    let phone = Phone::with_policy(PATIENT);
    let app = phone.willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    let mut screen = phone.screen().await;
    let call = left(&mut screen).await;
    assert_eq!(present_call(&mut screen).await, call);
    // It is slow, and a server comes meanwhile; and goes.
    let mock = server(&phone, "Banners").await;
    mock.is_asked("Notify", 1).await;
    drop(mock);
    assert_eq!(present_call(&mut screen).await, call);
}

#[tokio::test]
async fn a_screen_that_leaves_it_again_is_not_told_for_ever_and_a_call_screen_is_started() {
    let phone = Phone::with_policy(PATIENT);
    let mut screen = phone.screen().await;
    let app = phone.willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    let call = left(&mut screen).await;
    assert_eq!(present_call(&mut screen).await, call);
    // Now there is a call screen; nobody needed it before.
    let little = program("little_screen");
    phone.install(CALL_SCREEN, &little, true);
    phone.activatable(CALL_SCREEN, &format!("{} {CALL_SCREEN}", little.display())).await;
    soon("a reply", screen.surface.not_presented(call)).await.expect("it is a screen");
    soon("the call screen", async {
        loop {
            let status = screen.surface.status().await.expect("the service answers");
            if status.surfaces.len() == 2 {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    while let Some(event) = screen.step_now() {
        assert!(!matches!(event, SurfaceEvent::PresentCall(_)), "it was told already");
    }
}

#[tokio::test]
async fn a_screen_that_left_the_call_and_dies_is_started_again() {
    let phone = Phone::with_policy(PATIENT);
    let mock = server(&phone, "Banners").await;
    let app = phone.willing_app("org.example.Chat").await;
    let mut screen = phone.screen().await;
    app.rings("Anna").await;
    left(&mut screen).await;
    mock.is_asked("Notify", 1).await;
    let little = program("little_screen");
    phone.install(CALL_SCREEN, &little, true);
    phone.activatable(CALL_SCREEN, &format!("{} {CALL_SCREEN}", little.display())).await;
    drop(screen);
    // It shows the call, and the notification is not needed any more.
    mock.is_asked("CloseNotification", 1).await;
}

#[tokio::test]
async fn who_closes_the_banner_wants_quiet_and_no_window() {
    let phone = Phone::with_policy(PATIENT);
    let mock = server(&phone, "Banners").await;
    let app = phone.willing_app("org.example.Chat").await;
    let mut screen = phone.screen().await;
    app.rings("Anna").await;
    left(&mut screen).await;
    mock.is_asked("Notify", 1).await;
    mock.tell(PATH, NAME, "Closes", &(7_u32, 2_u32)).await;
    screen.until("quiet", |all| (all.ring == RingLevel::Silent).then_some(())).await;
    // Nor when the server goes: who asks the bus hears of it after the service.
    drop(mock);
    let stranger = phone.stranger().await;
    let bus = zbus::fdo::DBusProxy::new(&stranger).await.expect("the bus can be asked");
    let name = zbus::names::BusName::try_from(NAME).expect("a name");
    soon("the end of the server", async {
        while bus.name_has_owner(name.clone()).await.expect("the bus answers") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    soon("a reply", screen.surface.status()).await.expect("the service answers");
    while let Some(event) = screen.step_now() {
        assert!(!matches!(event, SurfaceEvent::PresentCall(_)), "the user closed it");
    }
}

#[tokio::test]
async fn a_banner_that_cannot_be_changed_is_closed_and_the_screen_told() {
    let phone = Phone::with_policy(PATIENT);
    let mock = server(&phone, "Banners").await;
    let app = phone.willing_app("org.example.Chat").await;
    let mut screen = phone.screen().await;
    let id = app.rings("Anna").await;
    let call = left(&mut screen).await;
    mock.is_asked("Notify", 1).await;
    // What the server was asked last was answered when it is asked again.
    let full = "raise dbus.exceptions.DBusException('full', name='org.example.Full')";
    mock.has("Notify", "susssasa{sv}i", "u", full).await;
    let named = CallUpdate { localized_caller_name: Some("Anna B.".into()), ..Default::default() };
    app.provider.report_call_updated(id, named).await.expect("it rings");
    assert_eq!(present_call(&mut screen).await, call);
    mock.is_asked("CloseNotification", 1).await;
}
