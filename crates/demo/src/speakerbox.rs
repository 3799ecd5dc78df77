use crate::child::Child;
use crate::error::DemoError;
use crate::log::Log;
use crate::stage::Programs;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};

/// A line of a Speakerbox's diary.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Happening {
    /// When, on the clock that all programs of the machine share.
    pub at_us: u64,
    /// Which call, in the app's own words.
    #[serde(default)]
    pub call: Option<String>,
    /// What.
    pub event: String,
    /// How much of the speech was said.
    #[serde(default)]
    pub spoken_ms: u64,
    /// Which device.
    #[serde(default)]
    pub side: String,
    /// How the call ended.
    #[serde(default)]
    pub reason: String,
    /// What the screen says.
    #[serde(default)]
    pub text: String,
}

/// A running Speakerbox.
#[derive(Debug)]
pub struct Speakerbox {
    child: Child,
    diary: Log<Happening>,
    heard: PathBuf,
}

impl Speakerbox {
    /// Starts one on the bus at `bus`, with these arguments besides those for its files.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(
        programs: &Programs,
        folder: &Path,
        bus: &str,
        arguments: &[String],
        heard_by: impl Fn(&Happening) + Send + 'static,
    ) -> Result<Self, DemoError> {
        let log = folder.join("speakerbox.log");
        let heard = folder.join("heard.wav");
        let program = programs.find("speakerbox")?;
        let mut child =
            Child::start(programs.watcher(), &program, "speakerbox", &log, |command| {
                command.args(arguments).arg("--json").arg("--audio-out").arg(&heard);
                command.env("DBUS_SESSION_BUS_ADDRESS", bus).stdout(Stdio::piped());
            })?;
        let diary = Log::new(folder.to_owned());
        if let Some(stdout) = child.take_stdout() {
            let diary = diary.clone();
            tokio::spawn(async move {
                let mut lines = BufReader::new(stdout).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    if let Ok(happening) = serde_json::from_str(&line) {
                        heard_by(&happening);
                        diary.push(happening);
                    }
                }
            });
        }
        Ok(Self { child, diary, heard })
    }

    /// What happened on it.
    pub fn diary(&self) -> &Log<Happening> {
        &self.diary
    }

    /// Where it records what it hears.
    pub fn heard(&self) -> &Path {
        &self.heard
    }

    /// Waits for the first line of this kind.
    ///
    /// # Errors
    /// It never comes, or the program has ended.
    pub async fn wait(&mut self, event: &str) -> Result<Happening, DemoError> {
        self.wait_for(event, |line| line.event == event).await
    }

    /// Waits for the first line that fits.
    ///
    /// # Errors
    /// It never comes, or the program has ended.
    pub async fn wait_for(
        &mut self,
        what: &str,
        fits: impl Fn(&Happening) -> bool,
    ) -> Result<Happening, DemoError> {
        let diary = self.diary.clone();
        let waiting = diary.wait(what, |lines| lines.iter().find(|line| fits(line)).cloned());
        tokio::select! {
            biased;
            found = waiting => found,
            _ = self.child.ended() => Err(self.child.died()),
        }
    }

    /// The last it wrote to its log, once it has ended; and whether it ended well.
    pub async fn last_words(&mut self) -> (bool, String) {
        let well = self.child.ended().await;
        (well, self.child.died().to_string())
    }

    /// Asks it to end; its recording is whole then.
    pub async fn end(&mut self) {
        self.child.end().await;
    }

    /// `kill -9`
    pub async fn kill(&mut self) {
        self.child.kill().await;
    }
}
