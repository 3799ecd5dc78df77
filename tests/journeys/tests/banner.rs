//! A screen leaves what rings to a notification with buttons; where there is none, it is told to show the call.

use hookswitch::{CallNumber, CallState, CallUpdate, CallUuid, RingLevel, SurfaceEvent};
use hookswitch_journeys::{App, Mock, Phone, Screen, program, soon};
use std::ffi::OsString;
use std::process::Stdio;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const CALL_SCREEN: &str = "org.hookswitch.Phone";
/// What says that there is no room.
const FULL: &str = "raise dbus.exceptions.DBusException('full', name='org.example.Full')";
const NOTIFY: (&str, &str) = ("susssasa{sv}i", "u");
/// Longer than any story: what comes, comes because it was left to others.
const PATIENT: &str = "presented_within=600000";

/// A notification server of this name, that shows everything as number 7.
async fn server(phone: &Phone, name: &str) -> Mock {
    let mock = Mock::on(phone, NAME, PATH, NAME).await;
    mock.has("GetCapabilities", "", "as", "ret = ['actions', 'body']").await;
    let information = format!("ret = ('{name}', 'somebody', '1', '1.2')");
    mock.has("GetServerInformation", "", "ssss", &information).await;
    mock.has("Notify", NOTIFY.0, NOTIFY.1, "ret = 7").await;
    mock.has("CloseNotification", "u", "", "").await;
    let told = "self.EmitSignal('', 'NotificationClosed', 'uu', [args[0], args[1]])";
    mock.has("Closes", "uu", "", told).await;
    mock
}

/// A phone that nobody has a call on.
fn patient() -> Phone {
    Phone::with_policy(PATIENT)
}

/// The call screen, to be started by the bus when the service wants it.
async fn has_call_screen(phone: &Phone) {
    let little = program("little_screen");
    phone.install(CALL_SCREEN, &little, true);
    phone.activatable(CALL_SCREEN, &format!("{} {CALL_SCREEN}", little.display())).await;
}

/// A call that rings, and a screen that leaves it to others.
struct Scene {
    phone: Phone,
    app: App,
    screen: Screen,
    id: CallUuid,
    call: CallNumber,
}

impl Scene {
    async fn on(phone: Phone) -> Self {
        let app = phone.willing_app("org.example.Chat").await;
        let mut screen = phone.screen().await;
        let id = app.rings("Anna").await;
        let call = screen.one(CallState::Ringing).await.number;
        let mut scene = Self { phone, app, screen, id, call };
        scene.leaves().await;
        scene
    }

    async fn leaves(&mut self) {
        let left = self.screen.surface.not_presented(self.call);
        soon("a reply", left).await.expect("it is a screen");
    }

    /// Wait until the screen is told to show the call.
    async fn is_up_to_screen(&mut self) {
        let what = "that it is up to the screen";
        loop {
            if let SurfaceEvent::PresentCall(call) = self.screen.step(what).await {
                return assert_eq!(call, self.call);
            }
        }
    }

    /// So far the screen was not told to show it, or not again.
    async fn is_not_up_to_screen(&mut self, why: &str) {
        // What was said before has come when this is answered.
        soon("a reply", self.screen.surface.status()).await.expect("the service answers");
        while let Some(event) = self.screen.step_now() {
            assert!(!matches!(event, SurfaceEvent::PresentCall(_)), "{why}");
        }
    }

    /// Wait until there are so many surfaces.
    async fn has_surfaces(&self, many: usize) {
        soon("another surface", async {
            while self.screen.surface.status().await.expect("it answers").surfaces.len() != many {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

async fn notified(mock: &Mock) -> usize {
    mock.calls().await.iter().filter(|(method, _)| method == "Notify").count()
}

#[tokio::test]
async fn a_notification_shows_at_once_what_was_left_to_it_and_the_screen_when_it_is_gone() {
    let phone = patient();
    let mock = server(&phone, "Banners").await;
    let mut scene = Scene::on(phone).await;
    mock.is_asked("Notify", 1).await;
    scene.is_not_up_to_screen("the notification shows it").await;
    mock.tell(PATH, NAME, "Closes", &(7_u32, 1_u32)).await;
    scene.is_up_to_screen().await;
    let (surface, call) = (&scene.screen.surface, scene.call);
    surface.presented(call).await.expect("it is a screen");
    surface.answer(call, None).outcome().await.expect("it rings on");
    scene.screen.is(call, CallState::Active).await;
    assert_eq!(notified(&mock).await, 1, "what is on the screen needs no notification");
}

#[tokio::test]
async fn where_no_notification_can_show_it_the_screen_is_told_to() {
    for name in [None, Some("mako"), Some("dunst")] {
        let phone = patient();
        let mock = match name {
            Some(name) => Some(server(&phone, name).await),
            None => None,
        };
        let mut scene = Scene::on(phone).await;
        scene.is_up_to_screen().await;
        let (surface, call) = (&scene.screen.surface, scene.call);
        surface.presented(call).await.expect("it is a screen");
        surface.decline(call, None).outcome().await.expect("it rings");
        scene.screen.over(call).await;
        if let Some(mock) = mock {
            // Not even for the moment before the screen is there.
            assert_eq!(notified(&mock).await, 0, "{name:?}");
        }
    }
}

#[tokio::test]
async fn a_screen_that_was_told_and_shows_nothing_leaves_the_call_to_what_has_no_buttons() {
    let phone = patient();
    let mock = server(&phone, "mako").await;
    let mut scene = Scene::on(phone).await;
    scene.is_up_to_screen().await;
    mock.is_asked("Notify", 1).await;
}

#[tokio::test]
async fn a_server_that_refuses_shows_nothing() {
    let phone = patient();
    let mock = server(&phone, "Banners").await;
    mock.has("Notify", NOTIFY.0, NOTIFY.1, FULL).await;
    Scene::on(phone).await.is_up_to_screen().await;
}

#[tokio::test]
async fn a_server_that_says_nothing_shows_nothing() {
    let phone = patient();
    // It reads nothing of what it is asked.
    let stranger = phone.stranger().await;
    stranger.request_name(NAME).await.expect("nobody has it");
    Scene::on(phone).await.is_up_to_screen().await;
}

#[tokio::test]
async fn who_wants_no_notifications_has_the_screen() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("notifications.json"), r#"{"show": "never"}"#).expect("room");
    let environment: [(&str, OsString); 1] = [("HOOKSWITCH_CONFIG_DIR", folder.path().into())];
    let phone = Phone::with_environment(PATIENT, &environment);
    let mock = server(&phone, "Banners").await;
    let mut scene = Scene::on(phone).await;
    scene.is_up_to_screen().await;
    assert_eq!(notified(&mock).await, 0);
}

#[tokio::test]
async fn one_server_comes_after_another() {
    let mut scene = Scene::on(patient()).await;
    scene.is_up_to_screen().await;
    // The screen is slow, and a server comes meanwhile; and goes.
    let mock = server(&scene.phone, "Banners").await;
    mock.is_asked("Notify", 1).await;
    drop(mock);
    scene.is_up_to_screen().await;
}

#[tokio::test]
async fn a_screen_that_comes_for_the_call_is_told_as_well() {
    let phone = patient();
    let app = phone.willing_app("org.example.Chat").await;
    let id = app.rings("Anna").await;
    let mut screen = phone.screen().await;
    let call = screen.one(CallState::Ringing).await.number;
    let mut scene = Scene { phone, app, screen, id, call };
    scene.leaves().await;
    scene.is_up_to_screen().await;
}

#[tokio::test]
async fn a_screen_that_leaves_it_again_is_not_told_for_ever_and_a_call_screen_is_started() {
    let phone = patient();
    has_call_screen(&phone).await;
    let mut scene = Scene::on(phone).await;
    scene.is_up_to_screen().await;
    scene.leaves().await;
    scene.has_surfaces(2).await;
    scene.is_not_up_to_screen("it was told already").await;
}

#[tokio::test]
async fn a_screen_that_left_the_call_and_dies_is_started_again() {
    let phone = patient();
    has_call_screen(&phone).await;
    let mock = server(&phone, "Banners").await;
    let scene = Scene::on(phone).await;
    mock.is_asked("Notify", 1).await;
    scene.has_surfaces(1).await;
    drop(scene.screen);
    // It shows the call, and the notification is not needed any more.
    mock.is_asked("CloseNotification", 1).await;
}

#[tokio::test]
async fn who_closes_the_banner_wants_quiet_and_no_window() {
    let phone = patient();
    let mock = server(&phone, "Banners").await;
    let mut scene = Scene::on(phone).await;
    mock.is_asked("Notify", 1).await;
    mock.tell(PATH, NAME, "Closes", &(7_u32, 2_u32)).await;
    scene.screen.until("quiet", |all| (all.ring == RingLevel::Silent).then_some(())).await;
    // Nor when the server goes: who asks the bus hears of it after the service.
    drop(mock);
    let stranger = scene.phone.stranger().await;
    let bus = zbus::fdo::DBusProxy::new(&stranger).await.expect("the bus can be asked");
    let name = zbus::names::BusName::try_from(NAME).expect("a name");
    soon("the end of the server", async {
        while bus.name_has_owner(name.clone()).await.expect("the bus answers") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    scene.is_not_up_to_screen("the user closed it").await;
}

#[tokio::test]
async fn a_banner_that_cannot_be_changed_is_closed_and_the_screen_told() {
    let phone = patient();
    let mock = server(&phone, "Banners").await;
    let mut scene = Scene::on(phone).await;
    mock.is_asked("Notify", 1).await;
    mock.has("Notify", NOTIFY.0, NOTIFY.1, FULL).await;
    let named = CallUpdate { localized_caller_name: Some("Anna B.".into()), ..Default::default() };
    scene.app.provider.report_call_updated(scene.id, named).await.expect("it rings");
    scene.is_up_to_screen().await;
    mock.is_asked("CloseNotification", 1).await;
}

#[tokio::test]
async fn nobody_waits_for_a_terminal_that_prints_calls() {
    let phone = patient();
    let mock = server(&phone, "Banners").await;
    phone.install("org.hookswitch.Cli", &program("hookswitch"), true);
    let mut watch = tokio::process::Command::new(program("hookswitch"));
    watch.arg("watch").env("DBUS_SESSION_BUS_ADDRESS", phone.address()).kill_on_drop(true);
    let _watch = watch.stdout(Stdio::null()).spawn().expect("it is started");
    let screen = phone.screen().await;
    soon("the terminal", async {
        while screen.surface.status().await.expect("it answers").surfaces.len() != 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(screen);
    let _scene = Scene::on(phone).await;
    mock.is_asked("Notify", 1).await;
}
