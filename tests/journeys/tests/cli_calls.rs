//! The command line as a person uses it: the simulator in one terminal, everything else in another.

use hookswitch_journeys::{Phone, program, soon};
use std::process::{Output, Stdio};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A phone with the command line on it.
fn phone() -> Phone {
    let phone = Phone::new();
    phone.install("org.hookswitch.Simulator", &program("hookswitch"), true);
    phone
}

fn hookswitch(phone: &Phone, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("hookswitch"));
    command.args(arguments).env("DBUS_SESSION_BUS_ADDRESS", phone.address()).kill_on_drop(true);
    command
}

/// Run it to its end: exit code, output, errors.
async fn run(phone: &Phone, arguments: &[&str]) -> (i32, String, String) {
    let output = hookswitch(phone, arguments).output();
    let Output { status, stdout, stderr } =
        soon("the end of a command", output).await.expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints text");
    (status.code().expect("it ends by itself"), text(stdout), text(stderr))
}

/// Run it, and what it says it did.
async fn done(phone: &Phone, arguments: &[&str]) -> String {
    let (code, out, err) = run(phone, arguments).await;
    assert_eq!(code, 0, "{arguments:?}: {out}{err}");
    out
}

/// The simulator, as it talks.
struct Simulator {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Simulator {
    fn start(phone: &Phone, arguments: &[&str]) -> Self {
        let mut command = hookswitch(phone, &["simulate", "incoming"]);
        let mut child =
            command.args(arguments).stdout(Stdio::piped()).spawn().expect("it is started");
        let lines = BufReader::new(child.stdout.take().expect("it has an output")).lines();
        Self { child, lines }
    }

    /// Wait until it says this.
    async fn says(&mut self, what: &str) {
        loop {
            let line = soon(what, self.lines.next_line()).await.expect("it can be read");
            let line = line.unwrap_or_else(|| panic!("it ended without saying {what:?}"));
            if line.contains(what) {
                return;
            }
        }
    }

    async fn ends(mut self) -> i32 {
        let status = soon("the end of the simulator", self.child.wait()).await;
        status.expect("it can be waited for").code().expect("it ends by itself")
    }
}

#[tokio::test]
async fn a_call_from_ring_to_recents_on_the_command_line() {
    let phone = phone();
    let mut simulator = Simulator::start(&phone, &["--name", "Grace", "--handle", "+49 30 1"]);
    simulator.says("rings: Grace.").await;
    let table = done(&phone, &["calls"]).await;
    assert!(table.contains("Simulator") && table.contains("Grace"), "{table}");
    assert!(!table.contains("unverified") && table.contains("answer, decline"), "{table}");
    assert!(done(&phone, &["silence"]).await.contains("silenced"));
    assert!(done(&phone, &["answer"]).await.contains("(Grace): answered."));
    simulator.says("Audio: on.").await;
    done(&phone, &["mute"]).await;
    simulator.says("Muted.").await;
    done(&phone, &["mute", "--off"]).await;
    simulator.says("Unmuted.").await;
    done(&phone, &["dtmf", "12#"]).await;
    simulator.says("3 tones.").await;
    done(&phone, &["hold"]).await;
    simulator.says("On hold.").await;
    done(&phone, &["resume"]).await;
    simulator.says("Resumed.").await;
    done(&phone, &["end"]).await;
    simulator.says("Ended: hang up.").await;
    assert_eq!(simulator.ends().await, 0);
    assert_eq!(done(&phone, &["calls"]).await, "There are no calls.\n");
    let recents = done(&phone, &["recents"]).await;
    assert!(recents.contains("Grace") && recents.contains("you hung up"), "{recents}");
    let journal = done(&phone, &["journal"]).await;
    assert!(!journal.is_empty() && !journal.contains("Grace"), "{journal}");
}

#[tokio::test]
async fn a_caller_who_gives_up_is_missed() {
    let phone = phone();
    let mut simulator = Simulator::start(&phone, &["--caller-hangs-up-after", "10ms"]);
    simulator.says("The caller hung up.").await;
    assert_eq!(simulator.ends().await, 0);
    let missed = done(&phone, &["recents", "--missed"]).await;
    assert!(missed.contains("Ada Lovelace") && missed.contains("missed"), "{missed}");
    let line = done(&phone, &["recents", "--json"]).await;
    assert!(line.contains(r#""missed":true"#), "{line}");
}

#[tokio::test]
async fn an_answer_that_fails_says_why() {
    let phone = phone();
    let mut simulator = Simulator::start(&phone, &["--answer-fails"]);
    simulator.says("rings").await;
    let (code, _, err) = run(&phone, &["answer"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("the app could not do it"), "{err}");
    assert_eq!(simulator.ends().await, 0);
}

#[tokio::test]
async fn a_slow_answer_is_waited_for() {
    let phone = phone();
    let mut simulator = Simulator::start(&phone, &["--answer-takes", "50ms"]);
    simulator.says("rings").await;
    assert!(done(&phone, &["answer"]).await.contains("answered."));
    done(&phone, &["end"]).await;
    assert_eq!(simulator.ends().await, 0);
}

#[tokio::test]
async fn two_calls_are_told_apart_and_swapped() {
    let phone = phone();
    let mut one = Simulator::start(&phone, &["--name", "One"]);
    one.says("rings").await;
    done(&phone, &["answer"]).await;
    let second = ["--name", "Two", "--app", "org.hookswitch.Simulator2"];
    let mut two = Simulator::start(&phone, &second);
    two.says("rings").await;
    let table = done(&phone, &["calls"]).await;
    assert!(table.contains("hold_and_accept"), "{table}");
    done(&phone, &["answer"]).await;
    one.says("On hold.").await;
    let swapped = done(&phone, &["swap"]).await;
    assert!(swapped.contains("(One): active"), "{swapped}");
    two.says("On hold.").await;
    let (code, _, err) = run(&phone, &["answer"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("there is no call to answer. There is: "), "{err}");
    done(&phone, &["end"]).await;
    assert_eq!(one.ends().await, 0);
    // Whoever was held comes back by itself.
    two.says("Resumed.").await;
    done(&phone, &["end"]).await;
    assert_eq!(two.ends().await, 0);
}

#[tokio::test]
async fn what_cannot_be_is_said_before_anything_is_asked() {
    let phone = phone();
    assert_eq!(run(&phone, &["explode"]).await.0, 2);
    let (code, _, err) = run(&phone, &["dtmf", "12x"]).await;
    assert_eq!((code, err.contains("no tones")), (1, true), "{err}");
    let (code, _, err) = run(&phone, &["dial", "org.example.None", "+49"]).await;
    assert_eq!((code, err.contains("No registered app")), (1, true), "{err}");
    let (code, _, err) = run(&phone, &["--json", "answer", "99"]).await;
    assert_eq!((code, err.contains(r#""text":"there is no call 99."#)), (1, true), "{err}");
    assert!(phone.service_pid().await.is_some());
}

#[tokio::test]
async fn status_says_who_is_there() {
    let phone = phone();
    let mut simulator = Simulator::start(&phone, &["--after", "10m"]);
    simulator.says("Registered as org.hookswitch.Simulator.").await;
    let status = done(&phone, &["status"]).await;
    assert!(status.contains("all works"), "{status}");
    assert!(status.contains("App: Simulator (org.hookswitch.Simulator), dials"), "{status}");
    let dialed = done(&phone, &["dial", "org.hookswitch.Simulator", "+49 30 1"]).await;
    assert!(dialed.contains("Dialing"), "{dialed}");
    simulator.says("Audio: on.").await;
}

#[tokio::test]
async fn two_calls_of_one_app_are_merged_and_split() {
    let phone = phone();
    let app = phone.willing_app("org.example.Chat").await;
    app.rings("anna").await;
    done(&phone, &["answer"]).await;
    app.rings("bob").await;
    let would = done(&phone, &["would", "answer"]).await;
    assert_eq!(would, "Call 1 (anna) would be held.\n");
    let would = done(&phone, &["--json", "would", "choose", "2", "end-and-accept"]).await;
    assert_eq!(would, "{\"ends\":[1],\"holds\":[]}\n");
    done(&phone, &["answer"]).await;
    let table = done(&phone, &["calls"]).await;
    assert!(table.contains("merge (with anna)"), "{table}");
    assert!(done(&phone, &["merge", "2", "1"]).await.contains("(bob): merged."));
    let table = done(&phone, &["calls"]).await;
    assert!(table.contains("active, together with bob"), "{table}");
    let line = done(&phone, &["--json", "calls"]).await;
    assert!(line.contains("\"group\":1") && line.contains("\"emergency\":false"), "{line}");
    assert!(done(&phone, &["split", "1"]).await.contains("(anna): by itself"));
    assert!(!done(&phone, &["calls"]).await.contains("together"));
    assert_eq!(done(&phone, &["would", "end", "1"]).await, "No other call would be touched.\n");
    done(&phone, &["merge", "1", "2"]).await;
    let (code, _, err) = run(&phone, &["video", "1"]).await;
    assert_eq!((code, err.contains("makes no sense")), (1, true), "{err}");
    assert!(done(&phone, &["end-group"]).await.contains("ended, with everybody"));
    assert_eq!(done(&phone, &["calls"]).await, "There are no calls.\n");
}

#[tokio::test]
async fn video_is_turned_on_and_off() {
    let phone = phone();
    let mut simulator = Simulator::start(&phone, &[]);
    simulator.says("rings").await;
    done(&phone, &["answer"]).await;
    done(&phone, &["video"]).await;
    simulator.says("Video: on.").await;
    assert!(done(&phone, &["--json", "calls"]).await.contains("\"has_video\":true"));
    done(&phone, &["video", "--off"]).await;
    simulator.says("Video: off.").await;
    done(&phone, &["end"]).await;
    assert_eq!(simulator.ends().await, 0);
}

#[tokio::test]
async fn without_a_sound_server_nothing_can_be_chosen_and_that_is_said() {
    let phone = phone();
    let shown = done(&phone, &["audio"]).await;
    assert!(shown.contains("no sound server"), "{shown}");
    let shown = done(&phone, &["--json", "audio"]).await;
    assert_eq!(shown.trim(), r#"{"endpoints":[],"server":"none"}"#);
    let (code, _, said) = run(&phone, &["route", "speaker"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("no such device"), "{said}");
}
