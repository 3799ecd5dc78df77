//! A contact's card: which apps can call each of its addresses, and a tap that calls, on a screen and on the command line.

use hookswitch::{
    CallState, Configuration, Dial, EndKind, Handle, HandleKind, RequestError, Surface,
};
use hookswitch_journeys::{App, Phone, program, soon};
use tokio::process::Command;

const PHONE: &str = "org.example.Phone";
const CHAT: &str = "org.example.Chat";

fn dials(kinds: &[HandleKind]) -> Configuration {
    Configuration { supported_handle_kinds: kinds.to_vec(), ..Configuration::default() }
}

/// One app that dials numbers, one that dials addresses, and one that only takes calls.
async fn apps(phone: &Phone) -> (App, App, App) {
    let number = phone.app_with(PHONE, dials(&[HandleKind::PhoneNumber])).await;
    let kinds = [HandleKind::EmailAddress, HandleKind::Generic];
    let chat = phone.app_with(CHAT, dials(&kinds)).await;
    (number, chat, phone.app("org.example.Doorbell").await)
}

/// The apps that a card lists beside an address.
async fn listed(surface: &Surface, handle: &Handle) -> Vec<String> {
    let apps = soon("the apps", surface.apps_that_dial(handle.kind)).await.expect("it may ask");
    assert!(apps.iter().all(|app| app.verified), "{apps:?}");
    apps.into_iter().map(|app| app.app_id).collect()
}

#[tokio::test]
async fn a_card_lists_the_apps_of_each_address_and_a_tap_calls() {
    let phone = Phone::new();
    let (mut number, mut chat, doorbell) = apps(&phone).await;
    let mut screen = phone.screen().await;
    let card = [
        (HandleKind::PhoneNumber, "+49 30 1234", PHONE),
        (HandleKind::EmailAddress, "anna@example.org", CHAT),
        (HandleKind::Generic, "anna", CHAT),
    ];
    for (kind, value, app) in card {
        let mut anna = Handle::new(kind, value);
        anna.display_name = Some("Anna".to_owned());
        assert_eq!(listed(&screen.surface, &anna).await, [app]);
        let tapped = screen.surface.start_call(Dial::new(app, anna.clone()));
        let asked = if app == PHONE { &mut number } else { &mut chat };
        let start = asked.start_call().await;
        assert_eq!(start.handle, anna, "the app is asked for what the card has");
        start.fulfill();
        soon("the outcome", tapped.outcome()).await.expect("it was accepted");
        let shown = screen.one(CallState::Dialing).await;
        assert_eq!((shown.app.as_str(), shown.who()), (app, "Anna"));
        screen.surface.end(shown.number, None).forget();
        let end = asked.end().await;
        assert_eq!(end.kind, EndKind::Cancel);
        end.fulfill();
        screen.over(shown.number).await;
    }

    // What an app can dial may change while it runs, and the app may go.
    let call = Handle::new(HandleKind::PhoneNumber, "+49 30 1234");
    let more = dials(&[HandleKind::PhoneNumber, HandleKind::Generic]);
    soon("the new configuration", chat.provider.set_configuration(more)).await.unwrap();
    assert_eq!(listed(&screen.surface, &call).await, [PHONE, CHAT]);
    let mail = Handle::new(HandleKind::EmailAddress, "anna@example.org");
    assert!(listed(&screen.surface, &mail).await.is_empty());
    soon("the goodbye", number.provider.invalidate()).await.unwrap();
    assert_eq!(listed(&screen.surface, &call).await, [CHAT]);
    let gone = screen.surface.start_call(Dial::new(PHONE, call)).await.unwrap_err();
    assert_eq!(gone.reason(), Some(RequestError::UnknownCallProvider));
    drop(doorbell);
}

/// Run the command line: whether it could do it, and what it said.
async fn hookswitch(phone: &Phone, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(program("hookswitch"));
    command.args(arguments).env("DBUS_SESSION_BUS_ADDRESS", phone.address()).kill_on_drop(true);
    let output = soon("the end of a command", command.output()).await.expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("it prints text");
    (output.status.success(), text(output.stdout) + &text(output.stderr))
}

#[tokio::test]
async fn the_command_line_shows_who_dials_what_and_dials() {
    let phone = Phone::new();
    phone.install("org.hookswitch.Cli", &program("hookswitch"), true);
    let nobody = hookswitch(&phone, &["apps"]).await;
    assert_eq!(nobody, (true, "No app that runs dials anything.\n".to_owned()));
    let (mut number, mut chat, doorbell) = apps(&phone).await;
    let (_, status) = hookswitch(&phone, &["status"]).await;
    for line in [
        "App: Phone (org.example.Phone), dials phone_number\n",
        "App: Chat (org.example.Chat), dials email_address, generic\n",
        "App: Doorbell (org.example.Doorbell), dials nothing\n",
    ] {
        assert!(status.contains(line), "{status}");
    }
    let (_, all) = hookswitch(&phone, &["apps"]).await;
    assert!(all.contains("org.example.Phone") && all.contains("org.example.Chat"), "{all}");
    assert!(!all.contains("Doorbell"), "{all}");
    let (_, mail) = hookswitch(&phone, &["apps", "anna@example.org"]).await;
    assert!(mail.contains("org.example.Chat") && !mail.contains("org.example.Phone"), "{mail}");
    let (_, lines) = hookswitch(&phone, &["--json", "apps", "+49 30 1"]).await;
    let app: serde_json::Value = serde_json::from_str(&lines).expect("one app on one line");
    assert_eq!((&app["app_id"], &app["handle_kinds"][0]), (&PHONE.into(), &"phone_number".into()));

    // Only one app can be meant.
    let (asked, dialed) = (number.start_call(), hookswitch(&phone, &["dial", "+49 30 1"]));
    let dialing = async {
        let start = asked.await;
        let (call, handle) = (start.call, start.handle.clone());
        start.fulfill();
        (call, handle)
    };
    let ((call, handle), (done, said)) = tokio::join!(dialing, dialed);
    assert!(done && said.contains("Dialing"), "{said}");
    assert_eq!(handle, Handle::new(HandleKind::PhoneNumber, "+49 30 1"));
    let ended = number.provider.report_call_ended(call, None, hookswitch::EndedReason::Unanswered);
    ended.await.unwrap();

    // None, or several.
    let all = dials(&HandleKind::ALL);
    chat.provider.set_configuration(all).await.unwrap();
    let (done, said) = hookswitch(&phone, &["dial", "+49 30 1"]).await;
    let which =
        "which app to dial with? Say its id. There is: org.example.Phone, org.example.Chat.";
    assert!(!done && said.contains(which), "{said}");
    let dialed = hookswitch(&phone, &["dial", CHAT, "+49 30 1"]);
    let ((), (done, said)) = tokio::join!(async { chat.start_call().await.fulfill() }, dialed);
    assert!(done, "{said}");
    chat.provider.set_configuration(dials(&[])).await.unwrap();
    let (done, said) = hookswitch(&phone, &["dial", "anna@example.org"]).await;
    assert!(!done && said.contains("No app that runs dials email_address."), "{said}");
    drop(doorbell);
}
