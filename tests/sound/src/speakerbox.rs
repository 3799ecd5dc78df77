use crate::rig::Rig;
use hookswitch_demo::{Happening, Programs, Stage};
use hookswitch_journeys::program;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

/// The app's id.
pub const SPEAKERBOX: &str = "org.hookswitch.Speakerbox";

/// How long a device token is good: longer than any story.
const TOKEN: Duration = Duration::from_secs(3_600);

/// An exchange of a story's own, on this machine only.
///
/// # Panics
/// It was not built, or does not start.
pub async fn exchange() -> Stage {
    let programs = Programs::beside(&program("hookswitch-demo"));
    crate::soon("the exchange", Stage::set(programs, &[])).await.expect("the exchange starts")
}

/// A Speakerbox with microphone and loudspeaker, as a process of its own on a phone of the story.
pub struct Speakerbox {
    told: Lines<BufReader<ChildStdout>>,
    passed: Vec<Happening>,
    process: Child,
    log: PathBuf,
}

impl Speakerbox {
    /// Install it, start it for this user, and wait until it can call and be called. `more` is further arguments.
    ///
    /// # Panics
    /// It was not built, or does not come up.
    pub async fn start(rig: &Rig, stage: &Stage, user: &str, more: &[&str]) -> Self {
        let path = program("speakerbox");
        rig.phone.install(SPEAKERBOX, &path, false);
        let folder = rig.session.folder();
        let token = folder.join("token");
        let signed = stage.exchange.token(user, "speakerbox", TOKEN).expect("a token");
        fs::write(&token, signed).expect("room for the token");
        let log = folder.join("speakerbox.log");
        let mut command = rig.session.command(&path.display().to_string());
        command.args(["--exchange", stage.exchange.url(), "--user", user, "--json"]);
        command.arg("--token-file").arg(token).args(more);
        command.stderr(fs::File::create(&log).expect("a file for what is logged"));
        let mut process = command.stdout(Stdio::piped()).spawn().expect("setpriv starts");
        let told = BufReader::new(process.stdout.take().expect("it tells")).lines();
        let mut app = Self { told, passed: Vec::new(), process, log };
        app.tells("registered").await;
        app.tells("signed_in").await;
        app
    }

    /// Wait until it tells this, of its devices or else; each time that it does so counts once.
    ///
    /// # Panics
    /// It ends before.
    pub async fn tells(&mut self, event: &str) -> Happening {
        self.tells_of(event, "").await
    }

    /// The same of one device, `microphone` or `loudspeaker`.
    ///
    /// # Panics
    /// It ends before.
    pub async fn tells_of(&mut self, event: &str, side: &str) -> Happening {
        let wanted = |told: &Happening| told.event == event && told.side == side;
        loop {
            if let Some(at) = self.passed.iter().position(wanted) {
                return self.passed.remove(at);
            }
            let line = crate::soon(event, self.told.next_line()).await.expect("it tells");
            let line = line.unwrap_or_else(|| panic!("Speakerbox ended; {event} did not come"));
            self.passed.push(serde_json::from_str(&line).expect("it tells what it may"));
        }
    }

    /// Whether it has told this, and nobody waited for it.
    pub fn has_told(&self, event: &str) -> Option<&Happening> {
        self.passed.iter().find(|told| told.event == event)
    }

    /// `kill -9`
    ///
    /// # Panics
    /// It cannot be waited for.
    pub async fn kill(&mut self) {
        crate::soon("its end", self.process.kill()).await.expect("it can be killed");
    }

    /// Ask it to end, and wait until it has; whether it did so well.
    ///
    /// # Panics
    /// It does not end.
    pub async fn end(&mut self) -> bool {
        let pid = self.process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // An error means that it has ended.
            let _ = kill_process(pid, Signal::TERM);
        }
        crate::soon("its end", self.process.wait()).await.expect("it can be waited for").success()
    }
}

impl Drop for Speakerbox {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            eprintln!("== a Speakerbox told {:#?}\nand logged\n{log}", self.passed);
        }
    }
}
