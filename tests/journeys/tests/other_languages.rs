//! Programs in other languages, with nothing but the contract's XML.

use hookswitch::{CallState, EndedReason};
use hookswitch_journeys::{Phone, soon};
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// The call of a Python program from ring to end; what the program said meanwhile.
async fn python_takes_a_call(mode: &str) -> Vec<String> {
    let phone = Phone::new();
    let mut screen = phone.screen().await;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut program = Command::new("/usr/bin/python3")
        .arg(here.join("python/provider.py"))
        .arg(mode)
        .arg(here.join("../../data/dbus"))
        .env("DBUS_SESSION_BUS_ADDRESS", phone.address())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("python3 with gi is installed: scripts/setup.sh test");
    let ringing = screen.one(CallState::Ringing).await;
    assert_eq!(ringing.who(), "anna@example.org");
    assert!(!ringing.verified, "no desktop entry starts this script");
    screen.surface.answer(ringing.number, None).await.unwrap();
    screen.is(ringing.number, CallState::Active).await;
    screen.surface.end(ringing.number, None).await.unwrap();
    assert_eq!(screen.over(ringing.number).await, EndedReason::HungUp);
    let output = program.stdout.take().unwrap();
    let mut lines = BufReader::new(output).lines();
    let mut said = Vec::new();
    while let Some(line) = soon("a line of the program", lines.next_line()).await.unwrap() {
        said.push(line.trim().to_owned());
    }
    assert!(soon("its end", program.wait()).await.unwrap().success(), "{said:?}");
    said
}

#[tokio::test]
async fn python_answers_at_once() {
    assert_eq!(
        python_takes_a_call("at_once").await,
        [
            "registered",
            "rings",
            "PerformAnswerCall",
            "DidActivateAudioSession",
            "PerformEndCall hang_up",
            "DidDeactivateAudioSession",
            "over"
        ]
    );
}

#[tokio::test]
async fn python_answers_deferred() {
    let said = python_takes_a_call("deferred").await;
    let later = said.iter().filter(|line| *line == "fulfilled later").count();
    assert_eq!(later, 2, "{said:?}");
    assert!(said.contains(&"DidActivateAudioSession".to_owned()), "{said:?}");
}
