//! What the service wrote down of a real session is a test that passes, a picture, and can be played step by step.

use hookswitch::{
    Account, Adoption, Call, CallNumber, CallState, CallUpdate, ChoiceKind, Configuration,
    DtmfDigits, EndedReason, Handle, HandleKind, RequestError, new_call,
};
use hookswitch_core::flow;
use hookswitch_journeys::{App, Event, Phone, Screen, program, soon};
use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

const CHAT: &str = "org.example.Chat";
const TALK: &str = "org.example.Talk";
const HANDLE: &str = "+49 30 55501234";
const NAME: &str = "Wilhelmina Secret";
/// The user's own number, which an app may take for the id of an account.
const ACCOUNT: &str = "+49 30 55509876";

/// Run the command line to its end: exit code, output, errors.
async fn run(phone: &Phone, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(program("hookswitch"))
        .args(arguments)
        .env("DBUS_SESSION_BUS_ADDRESS", phone.address())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("it has an input");
    let written = stdin.write_all(input.as_bytes()).await;
    drop((written, stdin));
    let output = soon("the end of a command", child.wait_with_output()).await;
    let Output { status, stdout, stderr } = output.expect("it can be waited for");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints text");
    (status.code().expect("it ends by itself"), text(stdout), text(stderr))
}

async fn done(phone: &Phone, arguments: &[&str]) -> String {
    let (code, out, err) = run(phone, arguments, "").await;
    assert_eq!(code, 0, "{arguments:?}: {out}{err}");
    out
}

fn phone() -> Phone {
    let phone = Phone::with_policy("dtmf=200,adopt=60000");
    phone.install("org.hookswitch.Cli", &program("hookswitch"), true);
    phone
}

/// An app that is called on an account with a telling id.
async fn chat(phone: &Phone) -> App {
    let own = std::env::current_exe().and_then(fs::canonicalize).expect("this program");
    phone.install(CHAT, &own, false);
    let account = Account { id: ACCOUNT.into(), label: "home".into() };
    let configuration = Configuration { accounts: vec![account], ..Configuration::default() };
    App::start(phone.address(), CHAT, configuration, false).await
}

fn somebody() -> CallUpdate {
    CallUpdate {
        remote_handle: Some(Handle::new(HandleKind::PhoneNumber, HANDLE)),
        localized_caller_name: Some(NAME.into()),
        ..CallUpdate::default()
    }
}

/// The call that rings and is younger than this one.
async fn rings_behind(screen: &mut Screen, call: CallNumber) -> Call {
    let rings = |other: &&Call| other.state == CallState::Ringing && other.number > call;
    screen.until("another call", |shown| shown.calls.values().find(rings).cloned()).await
}

/// Two apps with hold and accept, tones that nobody sends, a refusal, a decline, and a service that dies in a call.
async fn session(phone: &Phone) {
    let mut chat = chat(phone).await;
    let mut talk = phone.app(TALK).await;
    let mut screen = phone.screen().await;
    let anna = new_call();
    let reported =
        chat.provider.report_new_incoming_call_on(&ACCOUNT.into(), anna, somebody()).await;
    let first = reported.unwrap();
    screen.is(first, CallState::Ringing).await;
    screen.surface.answer(first, None).await.unwrap();
    chat.answer().await.fulfill();
    chat.audio_on(anna).await;

    let digits = DtmfDigits::new("*7#D").unwrap();
    screen.surface.play_dtmf(first, &digits, None).await.unwrap();
    chat.until("that the tones took too long", |event| match event {
        Event::TimedOut(_) => Ok(()),
        other => Err(other),
    })
    .await;

    let bob = talk.rings(HANDLE).await;
    let second = rings_behind(&mut screen, first).await.number;
    screen.surface.choose(second, ChoiceKind::HoldAndAccept, None).await.unwrap();
    chat.held().await.fulfill();
    talk.answer().await.fulfill();
    talk.audio_on(bob).await;
    screen.surface.end(second, None).await.unwrap();
    talk.end().await.fulfill();
    chat.held().await.fulfill();
    screen.is(first, CallState::Active).await;

    talk.rings(HANDLE).await;
    let third = rings_behind(&mut screen, second).await;
    let old = Some(third.choices_revision + 1);
    let refused = screen.surface.answer(third.number, old).await.unwrap_err();
    assert_eq!(refused.reason(), Some(RequestError::ChoicesChanged));
    screen.surface.decline(third.number, None).await.unwrap();
    talk.end().await.fulfill();
    assert_eq!(screen.over(third.number).await, EndedReason::Declined);

    // Whoever reads the log makes it be written; else a death takes the last third of a second with it.
    screen.surface.journal(1).await.unwrap();
    phone.kill_service().await;
    chat.reset().await;
    let active = Adoption {
        state: CallState::Active,
        muted: false,
        group_with: None,
        update: CallUpdate::default(),
    };
    chat.provider.adopt_call(anna, active).await.unwrap();
    chat.audio_on(anna).await;
    screen.is(first, CallState::Active).await;
    screen.surface.end(first, None).await.unwrap();
    chat.end().await.fulfill();
    assert_eq!(screen.over(first).await, EndedReason::HungUp);
}

#[tokio::test]
async fn a_session_printed_as_a_test_passes() {
    let phone = phone();
    session(&phone).await;
    for arguments in [&["journal", "--test"][..], &["journal", "--test", "--limit", "10000"]] {
        let text = done(&phone, arguments).await;
        let flows = flow::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(flows.len(), 1, "{text}");
        flows[0].run().unwrap_or_else(|error| panic!("{error}\n{text}"));
        for line in [
            "policy dtmf=200",
            "core restarts with chat call1 incoming connected audio",
            "core -> chat : timed out dtmf call1",
            "request choose call2 hold_and_accept",
            "refused ChoicesChanged",
            "ended call3 declined",
            "report adopt call1 active",
            "ended call1 hung_up",
        ] {
            assert!(text.contains(line), "no `{line}` in\n{text}");
        }
        // Older than the first call are only registrations, which it begins with.
        let all = arguments.contains(&"--limit");
        assert_eq!(text.contains("older lines are left out"), !all, "{text}");
    }
}

#[tokio::test]
async fn a_journal_is_played_step_by_step() {
    let phone = phone();
    session(&phone).await;
    let raw = done(&phone, &["journal", "--limit", "10000"]).await;
    let (code, out, err) = run(&phone, &["replay", "-"], &raw).await;
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("call1 held; call2 answering · nothing rings"), "{out}");
    assert!(out.ends_with("It went as written.\n"), "{out}");

    let test = done(&phone, &["journal", "--test"]).await;
    let file = phone.state().join("session.flow");
    fs::write(&file, &test).unwrap();
    let name = file.to_str().unwrap();
    let json = done(&phone, &["--json", "replay", name]).await;
    assert!(json.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "{json}");
    assert!(json.contains(r#""audio":"call1""#), "{json}");

    // Somebody claims that it went otherwise.
    let place = test.lines().position(|line| line.contains("ringing call2")).unwrap() + 1;
    fs::write(&file, test.replace("ringing call2", "ringing call1")).unwrap();
    let (code, _, err) = run(&phone, &["replay", name], "").await;
    assert_eq!(code, 1);
    assert!(err.contains("`ui` is told otherwise"), "{err}");
    let said: usize =
        err.split("line ").nth(1).unwrap().split(':').next().unwrap().parse().unwrap();
    assert!(said <= place && place - said < 5, "{err}");

    let (code, _, err) = run(&phone, &["replay", "-"], "").await;
    assert_eq!((code, err.contains("there is no flow in it")), (1, true), "{err}");
    let (code, _, err) = run(&phone, &["replay", "/nowhere/at/all"], "").await;
    assert_eq!((code, err.contains("cannot be read")), (1, true), "{err}");
}

#[tokio::test]
async fn a_journal_says_who_called_only_when_it_is_asked_to() {
    let phone = phone();
    session(&phone).await;
    let svg = phone.state().join("session.svg");
    let svg = svg.to_str().unwrap();
    done(&phone, &["journal", "--svg", svg]).await;
    let drawn = fs::read_to_string(svg).unwrap();
    assert!(drawn.starts_with("<svg ") && drawn.contains("answering call2"), "{drawn}");
    let mut printed = vec![drawn];
    for arguments in [
        &["journal", "--limit", "10000"][..],
        &["journal", "--json", "--limit", "10000"],
        &["journal", "--test"],
        &["journal", "--svg"],
    ] {
        printed.push(done(&phone, arguments).await);
        let revealed = done(&phone, &[arguments, &["--reveal"]].concat()).await;
        assert!(revealed.contains(HANDLE), "{arguments:?}: {revealed}");
        assert!(revealed.contains(NAME), "{arguments:?}: {revealed}");
        if arguments.contains(&"--test") {
            let flows = flow::parse(&revealed).unwrap();
            flows[0].run().unwrap();
            assert!(revealed.contains(&format!("# call1: {HANDLE} ({NAME})")), "{revealed}");
        }
    }
    for file in ["flow"].map(|name| phone.state().join(name)) {
        printed.push(read(&file));
    }
    for text in printed {
        assert!(text.contains("call1"), "{text}");
        for secret in [HANDLE, NAME, ACCOUNT, "+49", "Wilhelmina", "*7#D"] {
            assert!(!text.contains(secret), "{secret} is in\n{text}");
        }
        let id = |word: &str| word.len() == 36 && word.matches('-').count() == 4;
        assert!(!text.split([' ', '\n', '"']).any(id), "an id of a call is in\n{text}");
    }
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
