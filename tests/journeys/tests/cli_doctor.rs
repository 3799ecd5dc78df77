//! `hookswitch doctor`: what is wrong is said with what to do about it, and by the exit code.

use hookswitch_journeys::{program, soon};
use serde_json::Value;
use std::process::Output;
use tokio::process::Command;

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

fn verdict<'a>(findings: &'a [Value], check: &str) -> &'a str {
    let finding = findings.iter().find(|finding| finding["check"] == check);
    finding.and_then(|finding| finding["verdict"].as_str()).unwrap_or("missing")
}

#[tokio::test]
async fn without_a_bus_it_says_so_and_fails() {
    let mut command = Command::new(program("hookswitch"));
    command.args(["doctor", "--json"]).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all");
    let output = soon("its end", command.output()).await.expect("it runs");
    let findings = lines(&output);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(verdict(&findings, "bus"), "wrong");
    assert_eq!(verdict(&findings, "service"), "missing", "nothing can be said of it");
}

#[tokio::test]
async fn a_service_without_sound_is_told_from_one_that_is_not_there() {
    let mut command = Command::new(program("hookswitch"));
    command.args(["private", "--"]).arg(program("hookswitch")).args(["doctor", "--json"]);
    command.env_remove("DBUS_SESSION_BUS_ADDRESS");
    let output = soon("its end", command.output()).await.expect("it runs");
    let findings = lines(&output);
    assert_eq!(verdict(&findings, "bus"), "good");
    assert_eq!(verdict(&findings, "service"), "good");
    // A private service leaves the sound of the session alone.
    assert_eq!(verdict(&findings, "sound"), "wrong");
    assert_eq!(output.status.code(), Some(1));
    for finding in findings.iter().filter(|finding| finding["verdict"] != "good") {
        assert!(finding["mend"].is_string() || finding["check"] == "service", "{finding}");
    }
}
