//! GNOME Calls itself, with its dummy provider, which is called when it gets a signal. It is not installed where the tests
//! run: another one of them wants the name to be nobody's.

use hookswitch::{CallState, Dial, EndedReason, Handle, HandleKind, RingLevel};
use hookswitch_journeys::{GNOME_CALLS, Mock, Phone, soon};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use zbus::OwnedVariant;

const PROGRAM: &str = "/usr/bin/gnome-calls";
const FEEDBACK: &str = "org.sigxcpu.Feedback";
const CHAT: &str = "org.example.Chat";
/// Who calls, by the dummy provider.
const CALLER: &str = "0987654321";

/// An action: whether it can be done, what it takes, and its state.
type Described = ((bool, zbus::wire::Signature, Vec<OwnedVariant>),);

/// Ends with the story.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.spawn().expect("it starts; it is a Debian package of that name"))
    }

    fn gets(&self, signal: Signal) {
        let process = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw).expect("a process");
        kill_process(process, signal).expect("it runs");
    }
}

fn tied(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", program]);
    command
}

/// A display that nobody looks at, and its name.
fn display() -> (Running, String) {
    let mut xvfb = Running::start(
        tied("Xvfb").args(["-displayfd", "1"]).stdout(Stdio::piped()).stderr(Stdio::null()),
    );
    let mut number = String::new();
    let output = xvfb.0.stdout.as_mut().expect("it has an output");
    BufReader::new(output).read_line(&mut number).expect("it says its number");
    (xvfb, format!(":{}", number.trim()))
}

/// feedbackd, as far as GNOME Calls rings with it.
async fn feedback(phone: &Phone) -> Mock {
    let feedback = Mock::on(phone, FEEDBACK, "/org/sigxcpu/Feedback", FEEDBACK).await;
    feedback.has("TriggerFeedback", "ssa{sv}i", "u", "ret = 5").await;
    let ended = "self.EmitSignal('org.sigxcpu.Feedback', 'FeedbackEnded', 'uu', [args[0], 2])";
    feedback.has("EndFeedback", "u", "", ended).await;
    feedback
}

async fn rang(feedback: &Mock) -> usize {
    feedback.calls().await.iter().filter(|(method, _)| method == "TriggerFeedback").count()
}

/// Its provider of calls is there a moment after its name: until then the signal that has it called would end it.
async fn takes_calls(phone: &Phone) {
    let bus = phone.stranger().await;
    let to = Some(GNOME_CALLS);
    let (path, interface) = ("/org/gnome/Calls", Some("org.gtk.Actions"));
    soon("GNOME Calls", async {
        loop {
            let asked = bus.call_method(to, path, interface, "Describe", &"dial").await.ok();
            let body = asked.map(|reply| reply.body());
            let described = body.as_ref().and_then(|body| body.deserialize::<Described>().ok());
            if described.is_some_and(|((is_enabled, ..),)| is_enabled) {
                break;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs the Debian packages gnome-calls and xvfb; the first must not stay installed for other tests"]
async fn gnome_calls_and_an_app_meet() {
    assert!(Path::new(PROGRAM).exists(), "{PROGRAM} is not there: install gnome-calls for this");
    let folder = tempfile::tempdir().expect("a folder");
    let nowhere: OsString = folder.path().into();
    let environment = [
        ("HOOKSWITCH_AUDIO", "on".into()),
        ("XDG_RUNTIME_DIR", nowhere.clone()),
        ("PIPEWIRE_RUNTIME_DIR", nowhere.clone()),
        ("PULSE_SERVER", "unix:/nonexistent".into()),
    ];
    let phone = Phone::with_environment("", &environment);
    let feedback = feedback(&phone).await;
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    let (_xvfb, display) = display();
    let gnome = Running::start(
        tied(PROGRAM)
            .args(["--provider", "dummy", "--daemon"])
            .env("DBUS_SESSION_BUS_ADDRESS", phone.address())
            .env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent")
            .env("DISPLAY", display)
            .env_remove("WAYLAND_DISPLAY")
            .env("HOME", &nowhere)
            .env("XDG_RUNTIME_DIR", &nowhere)
            .env("GSETTINGS_BACKEND", "memory")
            .env("NO_AT_BRIDGE", "1")
            .stderr(Stdio::null()),
    );
    takes_calls(&phone).await;

    // Alone it rings by itself.
    gnome.gets(Signal::USR1);
    let first = screen.one(CallState::Ringing).await;
    assert_eq!((first.app.as_str(), first.who()), (GNOME_CALLS, CALLER));
    feedback.is_asked("TriggerFeedback", 1).await;
    let answered = screen.surface.answer(first.number, None);
    soon("the answer", answered.outcome()).await.expect("it is answered");
    let ended = screen.surface.end(first.number, None);
    soon("the end", ended.outcome()).await.expect("it ends");
    assert_eq!(screen.over(first.number).await, EndedReason::HungUp);

    // In a call that it knows nothing of it does not.
    chat.rings("bob").await;
    let bob = screen.one(CallState::Ringing).await;
    screen.surface.answer(bob.number, None).await.expect("it rings");
    chat.answer().await.fulfill();
    screen.is(bob.number, CallState::Active).await;
    gnome.gets(Signal::USR1);
    let second = screen.one(CallState::Ringing).await;
    assert_eq!(screen.surface.ring(), RingLevel::Waiting);
    let answered = screen.surface.answer(second.number, None);
    chat.held().await.fulfill();
    soon("the answer", answered.outcome()).await.expect("it is answered");
    screen.is(bob.number, CallState::Held).await;
    assert_eq!(rang(&feedback).await, 1, "it rang into a call");
    screen.surface.end(second.number, None).await.expect("it is active");
    screen.over(second.number).await;
    // Who was held for it takes his place again.
    chat.held().await.fulfill();
    screen.is(bob.number, CallState::Active).await;
    screen.surface.end(bob.number, None).await.expect("it is active");
    chat.end().await.fulfill();
    screen.over(bob.number).await;

    // It dials for us.
    let handle = Handle::new(HandleKind::PhoneNumber, "+49301234");
    let started = screen.surface.start_call(Dial::new(GNOME_CALLS, handle));
    soon("the start", started.outcome()).await.expect("it dials");
    let third = screen.one(CallState::Active).await;
    assert_eq!(third.who(), "+49301234");

    // And is killed in the call.
    drop(gnome);
    assert_eq!(screen.over(third.number).await, EndedReason::Failed);
}
