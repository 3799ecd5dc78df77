//! Apps and call screens in other languages, with nothing but the contract or the C library: the programs in `examples`.
//!
//! `scripts/examples.sh`, a stage of `make test`, builds them and runs this; without it they are not there to run.

use hookswitch::{CallState, EndedReason};
use hookswitch_journeys::{Phone, program, soon};
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A program that runs, and what it says.
struct Example {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    said: Vec<String>,
}

impl Example {
    async fn start(phone: &Phone, program: &Path) -> Self {
        let mut child = Command::new(program)
            .env("DBUS_SESSION_BUS_ADDRESS", phone.address())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{}: {error}; run scripts/examples.sh", program.display())
            });
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut example = Self { input: child.stdin.take(), child, output, said: Vec::new() };
        example.says("registered").await;
        example
    }

    /// Wait until it says something that begins like this.
    async fn says(&mut self, beginning: &str) {
        while let Some(line) = soon(beginning, self.output.next_line()).await.unwrap() {
            self.said.push(line);
            if self.said.last().is_some_and(|line| line.starts_with(beginning)) {
                return;
            }
        }
        panic!("it ended and did not say {beginning:?}, but {:#?}", self.said);
    }

    fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(pid.expect("it runs"), signal).expect("it can be signalled");
    }

    /// A line of the user's.
    async fn wish(&mut self, line: &str) {
        let input = self.input.as_mut().expect("its input is open");
        input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// Wait until it ends by itself, and return what it was asked and told.
    async fn ends(mut self) -> Vec<String> {
        self.input = None;
        while let Some(line) = soon("its last line", self.output.next_line()).await.unwrap() {
            self.said.push(line);
        }
        let status = soon("its end", self.child.wait()).await.unwrap();
        assert!(status.success(), "{status}: {:#?}", self.said);
        let words = self.said.iter().filter_map(|line| line.split_whitespace().next());
        words
            .filter(|word| word.starts_with("Perform") || word.starts_with("Did"))
            .map(str::to_owned)
            .collect()
    }
}

fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(path)
}

/// An example that is compiled.
fn built(name: &str) -> PathBuf {
    let programs = program("hookswitchd");
    programs.parent().and_then(Path::parent).unwrap().join("examples/build").join(name)
}

/// A call of an app from ring to end, with a hold in between; the second is ended by the far side, and the app leaves.
async fn takes_calls(program: &Path) {
    let phone = Phone::new();
    let mut screen = phone.screen().await;
    let mut app = Example::start(&phone, program).await;
    app.signal(Signal::USR1);
    let call = screen.one(CallState::Ringing).await;
    assert_eq!((call.who(), call.verified), ("Anna", false), "no desktop entry starts it");
    screen.surface.answer(call.number, None).await.unwrap();
    screen.is(call.number, CallState::Active).await;
    screen.surface.set_held(call.number, true, None).await.unwrap();
    screen.is(call.number, CallState::Held).await;
    screen.surface.set_held(call.number, false, None).await.unwrap();
    screen.is(call.number, CallState::Active).await;
    app.signal(Signal::USR1);
    let second = screen.one(CallState::Ringing).await;
    app.signal(Signal::USR2);
    assert_eq!(screen.over(second.number).await, EndedReason::RemoteEnded);
    screen.surface.end(call.number, None).await.unwrap();
    assert_eq!(screen.over(call.number).await, EndedReason::HungUp);
    app.says("PerformEndCall").await;
    app.says("DidDeactivateAudioSession").await;
    app.signal(Signal::TERM);
    assert_eq!(
        app.ends().await,
        [
            "PerformAnswerCall",
            "DidActivateAudioSession",
            "PerformSetHeld",
            "DidDeactivateAudioSession",
            "PerformSetHeld",
            "DidActivateAudioSession",
            "PerformEndCall",
            "DidDeactivateAudioSession",
        ]
    );
}

/// A call of another app on a call screen: answered there, and ended there; and one that is declined.
async fn shows_calls(program: &Path) {
    let phone = Phone::new();
    // The service goes by the program that runs, which is the interpreter of a script.
    phone.install("org.example.Screen", &interpreter(program), true);
    let chat = phone.willing_app("org.example.Chat").await;
    let mut screen = phone.screen().await;
    let mut shown = Example::start(&phone, program).await;
    chat.rings("anna@example.org").await;
    let call = screen.one(CallState::Ringing).await.number;
    shown.says(&format!("call {call} ringing")).await;
    shown.wish("answer").await;
    screen.is(call, CallState::Active).await;
    shown.says(&format!("call {call} active")).await;
    shown.wish("end").await;
    assert_eq!(screen.over(call).await, EndedReason::HungUp);
    chat.rings("bob@example.org").await;
    let call = screen.one(CallState::Ringing).await.number;
    shown.says(&format!("call {call} ringing")).await;
    shown.wish("choose decline").await;
    assert_eq!(screen.over(call).await, EndedReason::Declined);
    shown.says(&format!("call {call} ended")).await;
    shown.ends().await;
}

/// The program that runs when this is started: itself, or what its first line names.
fn interpreter(program: &Path) -> PathBuf {
    let text = std::fs::read(program).expect("the example is there: run scripts/examples.sh");
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let Some(words) = first.strip_prefix(b"#!") else { return program.to_owned() };
    let words = String::from_utf8_lossy(words).into_owned();
    let named = words.split_whitespace().rfind(|word| !word.is_empty()).expect("an interpreter");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(named));
    found
        .map(|file| file.canonicalize())
        .find_map(Result::ok)
        .expect("the interpreter is installed")
}

#[tokio::test]
#[ignore = "scripts/examples.sh builds what it needs, and runs it"]
async fn python_answers_at_once() {
    takes_calls(&example("python/provider.py")).await;
}

#[tokio::test]
#[ignore = "scripts/examples.sh builds what it needs, and runs it"]
async fn python_answers_deferred() {
    takes_calls(&example("python/provider_blocking.py")).await;
}

#[tokio::test]
#[ignore = "scripts/examples.sh builds what it needs, and runs it"]
async fn javascript_takes_calls() {
    takes_calls(&example("javascript/provider.mjs")).await;
}

#[tokio::test]
#[ignore = "scripts/examples.sh builds what it needs, and runs it"]
async fn c_takes_calls() {
    takes_calls(&built("c-provider")).await;
}

#[tokio::test]
#[ignore = "scripts/examples.sh builds what it needs, and runs it"]
async fn c_with_the_library_takes_calls() {
    takes_calls(&built("c-with-library")).await;
}

#[tokio::test]
#[ignore = "scripts/examples.sh builds what it needs, and runs it"]
async fn cpp_takes_calls() {
    takes_calls(&built("cpp-provider")).await;
}

#[tokio::test]
#[ignore = "scripts/examples.sh builds what it needs, and runs it"]
async fn python_shows_calls() {
    shows_calls(&example("python/surface.py")).await;
}

#[tokio::test]
#[ignore = "scripts/examples.sh builds what it needs, and runs it"]
async fn javascript_shows_calls() {
    shows_calls(&example("javascript/surface.mjs")).await;
}

#[tokio::test]
#[ignore = "scripts/examples.sh builds what it needs, and runs it"]
async fn c_shows_calls() {
    shows_calls(&built("c-surface")).await;
}

#[tokio::test]
#[ignore = "scripts/examples.sh builds what it needs, and runs it"]
async fn cpp_shows_calls() {
    shows_calls(&built("cpp-surface")).await;
}

#[tokio::test]
#[ignore = "scripts/examples.sh builds what it needs, and runs it"]
async fn mistakes_end_at_the_border_of_the_c_library() {
    let phone = Phone::new();
    let mut program = Command::new(built("border"));
    program.env("DBUS_SESSION_BUS_ADDRESS", phone.address()).kill_on_drop(true);
    let output = soon("the end of it", program.output()).await.expect("it is built");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "as expected\n");
}
