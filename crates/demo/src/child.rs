use crate::error::DemoError;
use rustix::process::{Pid, Signal, getppid, kill_process, set_parent_process_death_signal};
use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{ChildStdout, Command};

/// How long a program may take to end when asked to.
const ENDING: Duration = Duration::from_secs(5);

/// Becomes another program that is killed when whoever started it dies. Arguments: the program and its arguments, after
/// the id of who starts it. Returns only if that fails.
pub fn become_child(mut arguments: impl Iterator<Item = OsString>) -> String {
    let parent = arguments.next().and_then(|id| id.to_str()?.parse::<i32>().ok());
    let Some(program) = arguments.next() else {
        return "no program to start was named".to_owned();
    };
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        return format!("the end of the demo cannot be watched: {error}");
    }
    // It may have died before it was watched.
    if getppid().map(|pid| pid.as_raw_nonzero().get()) != parent {
        return "the demo is gone".to_owned();
    }
    let error = std::process::Command::new(&program).args(arguments).exec();
    format!("{}: {error}", program.display())
}

/// A program that this one started, and that does not outlive it.
#[derive(Debug)]
pub struct Child {
    name: String,
    process: tokio::process::Child,
    log: PathBuf,
}

impl Child {
    /// Starts a program through `watcher`, this crate's own program. What it says on standard error goes to a file.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(
        watcher: &Path,
        program: &Path,
        name: &str,
        log: &Path,
        with: impl FnOnce(&mut Command),
    ) -> Result<Self, DemoError> {
        let stderr = File::create(log).map_err(DemoError::file(format!("the log of {name}")))?;
        let mut command = Command::new(watcher);
        command.arg("child").arg(std::process::id().to_string()).arg(program);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).kill_on_drop(true);
        with(&mut command);
        let process =
            command.spawn().map_err(|error| DemoError::NotStarted(name.to_owned(), error))?;
        Ok(Self { name: name.to_owned(), process, log: log.to_owned() })
    }

    /// What it prints, if that was asked for.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.process.stdout.take()
    }

    /// Its process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// It ended when it should not have.
    pub fn died(&self) -> DemoError {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let said = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("nothing.");
        DemoError::Died { program: self.name.clone(), said: said.to_owned(), log: self.log.clone() }
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> bool {
        self.process.wait().await.is_ok_and(|status| status.success())
    }

    /// Asks it to end, and ends it if it does not.
    pub async fn end(&mut self) {
        self.signal(Signal::TERM);
        if tokio::time::timeout(ENDING, self.process.wait()).await.is_err() {
            self.kill().await;
        }
    }

    /// Ends it without asking.
    pub async fn kill(&mut self) {
        // An error means that it has ended.
        let _ = self.process.kill().await;
    }

    /// Stops it (true), or lets it go on.
    pub fn set_stopped(&self, stopped: bool) {
        self.signal(if stopped { Signal::STOP } else { Signal::CONT });
    }

    fn signal(&self, signal: Signal) {
        let pid = self.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process(pid, signal);
        }
    }
}
