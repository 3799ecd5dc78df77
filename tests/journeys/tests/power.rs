//! What calls need of the device: logind, the screen and the user's systemd are played by python-dbusmock.

use futures_util::StreamExt;
use hookswitch::CallState;
use hookswitch_journeys::{Mock, Phone, Record, Screen, SystemBus, soon};
use std::collections::HashMap;
use std::ffi::OsString;
use zbus::{Connection, MessageStream, OwnedVariant, Variant};

const SAVER: &str = "org.freedesktop.ScreenSaver";
const SYSTEMD: &str = "org.freedesktop.systemd1";
const UNIT: &str = "/org/freedesktop/systemd1/unit/chat";
const UNIT_NAME: &str = "app-org.example.Chat-1.scope";
const SLEEP: &str = "Hookswitch blocks sleep";
const IDLE: &str = "Hookswitch blocks idle";

/// A phone whose service knows that system bus.
fn phone(system: &SystemBus) -> Phone {
    let environment: [(&str, OsString); 2] =
        [("HOOKSWITCH_POWER", "on".into()), ("DBUS_SYSTEM_BUS_ADDRESS", system.address().into())];
    Phone::with_environment("", &environment)
}

async fn saver(phone: &Phone) -> Mock {
    let saver = Mock::on(phone, SAVER, "/org/freedesktop/ScreenSaver", SAVER).await;
    saver.has("Inhibit", "ss", "u", "ret = 17").await;
    saver.has("UnInhibit", "u", "", "").await;
    saver.has("SimulateUserActivity", "", "", "").await;
    saver
}

/// The user's systemd, which has one unit, in which everybody is.
async fn systemd(phone: &Phone) -> Mock {
    let path = "/org/freedesktop/systemd1";
    let systemd = Mock::on(phone, SYSTEMD, path, "org.freedesktop.systemd1.Manager").await;
    systemd.has("GetUnitByPID", "u", "o", &format!("ret = '{UNIT}'")).await;
    systemd.has("GetUnit", "s", "o", &format!("ret = '{UNIT}'")).await;
    let set = format!(
        "objects['{UNIT}'].UpdateProperties('org.freedesktop.systemd1.Scope', dict(args[2]))"
    );
    systemd.has("SetUnitProperties", "sba(sv)", "", &set).await;
    let of = |name, value: &'static str| HashMap::from([(name, Variant::from(value))]);
    let limits = ("org.freedesktop.systemd1.Scope", of("ManagedOOMPreference", "none"));
    systemd.has_object(UNIT, ("org.freedesktop.systemd1.Unit", of("Id", UNIT_NAME)), limits).await;
    systemd
}

async fn preference(systemd: &Mock) -> String {
    systemd.property(UNIT, "org.freedesktop.systemd1.Scope", "ManagedOOMPreference").await
}

async fn is_preferred(systemd: &Mock, wanted: &str) {
    soon(&format!("the preference {wanted}"), async {
        while preference(systemd).await != wanted {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn answers_one(screen: &mut Screen) -> hookswitch::CallNumber {
    let call = screen.one(CallState::Ringing).await;
    screen.surface.answer(call.number, None).await.expect("it rings");
    screen.is(call.number, CallState::Active).await;
    call.number
}

async fn ends(screen: &mut Screen, call: hookswitch::CallNumber) {
    screen.surface.end(call, None).await.expect("it is active");
    screen.over(call).await;
}

#[tokio::test]
async fn a_call_that_rings_turns_the_screen_on_and_keeps_the_device_awake() {
    let system = SystemBus::start();
    let logind = Mock::logind(&system).await;
    let phone = phone(&system);
    let saver = saver(&phone).await;
    let app = phone.willing_app("org.example.Chat").await;
    let mut screen = phone.screen().await;
    assert_eq!(logind.inhibited().await, Vec::<String>::new(), "nobody calls");

    app.rings("Anna").await;
    logind.inhibits(&[IDLE, SLEEP]).await;
    saver.is_asked("SimulateUserActivity", 1).await;
    saver.is_asked("Inhibit", 1).await;

    // Who only talks needs no screen.
    let anna = answers_one(&mut screen).await;
    logind.inhibits(&[SLEEP]).await;
    saver.is_asked("UnInhibit", 1).await;
    let calls = saver.calls().await;
    let (_, cookie) = calls.iter().find(|(method, _)| method == "UnInhibit").expect("it was asked");
    assert_eq!(*cookie, [OwnedVariant::from(17u32)]);

    // A second call comes while the screen is dark.
    app.rings("Bob").await;
    logind.inhibits(&[IDLE, SLEEP]).await;
    saver.is_asked("SimulateUserActivity", 2).await;
    let bob = screen.one(CallState::Ringing).await;
    screen.surface.end(bob.number, None).await.expect("it rings");
    screen.over(bob.number).await;
    logind.inhibits(&[SLEEP]).await;

    ends(&mut screen, anna).await;
    logind.inhibits(&[]).await;
    let wakes = saver.calls().await.into_iter().filter(|(of, _)| of == "SimulateUserActivity");
    assert_eq!(wakes.count(), 2, "once for each call");
    let status = screen.surface.status().await.expect("it answers");
    assert_eq!(status.degraded, Vec::<String>::new());
}

#[tokio::test]
async fn the_app_of_a_call_is_the_last_to_end_when_memory_gets_short() {
    let system = SystemBus::start();
    let phone = phone(&system);
    let systemd = systemd(&phone).await;
    let app = phone.willing_app("org.example.Chat").await;
    let mut screen = phone.screen().await;

    app.rings("Anna").await;
    is_preferred(&systemd, "avoid").await;
    let calls = systemd.calls().await;
    let asked = |wanted: &str| {
        let found = calls.iter().find(|(method, _)| method == wanted);
        found.unwrap_or_else(|| panic!("{wanted}: {calls:?}")).1.clone()
    };
    assert_eq!(asked("GetUnitByPID"), [OwnedVariant::from(std::process::id())]);
    let set = asked("SetUnitProperties");
    assert_eq!(String::try_from(set[0].clone()).expect("a name"), UNIT_NAME);
    assert_eq!(set[1], OwnedVariant::from(true), "only until the next boot");

    let anna = answers_one(&mut screen).await;
    assert_eq!(preference(&systemd).await, "avoid");
    ends(&mut screen, anna).await;
    is_preferred(&systemd, "none").await;

    // What somebody else wants of it meanwhile, counts.
    app.rings("Bob").await;
    is_preferred(&systemd, "avoid").await;
    let omit = (UNIT_NAME, true, vec![("ManagedOOMPreference", Variant::from("omit"))]);
    let manager = "org.freedesktop.systemd1.Manager";
    systemd.tell("/org/freedesktop/systemd1", manager, "SetUnitProperties", &omit).await;
    let bob = answers_one(&mut screen).await;
    ends(&mut screen, bob).await;
    systemd.is_asked("GetUnit", 2).await;
    // The ledger is empty when everything is done.
    soon("the ledger to go", async {
        while phone.state().join("power.units").exists() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(preference(&systemd).await, "omit");
}

#[tokio::test]
async fn a_service_that_is_killed_leaves_nothing_inhibited() {
    let system = SystemBus::start();
    let logind = Mock::logind(&system).await;
    let phone = phone(&system);
    let systemd = systemd(&phone).await;
    // It does not come back by itself when the service is gone.
    let mut app = phone.peer().await;
    app.register("org.example.Chat", Record::new()).await;
    app.rings().await;
    logind.inhibits(&[IDLE, SLEEP]).await;
    is_preferred(&systemd, "avoid").await;

    phone.kill_service().await;
    logind.inhibits(&[]).await;
    assert_eq!(preference(&systemd).await, "avoid", "nobody runs who could give it back");

    // The next one gives back what outlived it.
    let _screen = phone.screen().await;
    is_preferred(&systemd, "none").await;
}

/// Somebody who has this name and answers nothing.
async fn mute(address: &str, name: &str) -> Connection {
    let builder = zbus::connection::Builder::address(address);
    let connection = builder.build().await.expect("the bus takes connections");
    connection.request_name(name).await.expect("nobody has it");
    connection
}

#[tokio::test]
async fn nobody_waits_for_who_does_not_answer() {
    let system = SystemBus::start();
    let phone = phone(&system);
    let logind = mute(system.address(), "org.freedesktop.login1").await;
    let others = [mute(phone.address(), SAVER).await, mute(phone.address(), SYSTEMD).await];
    let mut asked = MessageStream::from(&logind);
    let app = phone.willing_app("org.example.Chat").await;
    let mut screen = phone.screen().await;
    app.rings("Anna").await;
    soon("a wish", async {
        while let Some(message) = asked.next().await {
            let message = message.expect("a message");
            if message.header().member().is_some_and(|member| member.as_str() == "Inhibit") {
                return;
            }
        }
        panic!("the bus is gone");
    })
    .await;
    let anna = answers_one(&mut screen).await;
    ends(&mut screen, anna).await;
    drop(others);
}

#[tokio::test]
async fn where_nobody_is_there_is_nothing_to_say() {
    let system = SystemBus::start();
    let phone = phone(&system);
    let app = phone.willing_app("org.example.Chat").await;
    let mut screen = phone.screen().await;
    app.rings("Anna").await;
    let anna = answers_one(&mut screen).await;
    ends(&mut screen, anna).await;
    let status = screen.surface.status().await.expect("it answers");
    assert_eq!(status.degraded, Vec::<String>::new());
}

#[tokio::test]
async fn a_device_that_may_fall_asleep_in_calls_says_so() {
    let system = SystemBus::start();
    let logind = Mock::logind(&system).await;
    let refuse = "raise dbus.exceptions.DBusException('not you', \
                  name='org.freedesktop.DBus.Error.AccessDenied')";
    let manager = "org.freedesktop.login1.Manager";
    let body = (manager, "Inhibit", "ssss", "h", refuse);
    let path = "/org/freedesktop/login1";
    logind.tell(path, "org.freedesktop.DBus.Mock", "AddMethod", &body).await;
    let phone = phone(&system);
    let app = phone.willing_app("org.example.Chat").await;
    let mut screen = phone.screen().await;
    app.rings("Anna").await;
    soon("the status to say so", async {
        loop {
            let status = screen.surface.status().await.expect("it answers");
            if let [line] = status.degraded.as_slice() {
                assert!(line.contains("may fall asleep in a call: logind says not you"), "{line}");
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let anna = answers_one(&mut screen).await;
    ends(&mut screen, anna).await;
}
