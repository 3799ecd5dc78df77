use crate::failure::Failure;
use crate::tether::tied;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::ffi::{OsStr, OsString};
use std::fs::{read_dir, read_to_string};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{sleep, timeout};

/// Between two looks at something that does not say when it changes.
pub const GLANCE: Duration = Duration::from_millis(20);

/// A command of the user's, with everything it started. It ends with this.
pub struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Program {
    /// Start it. What it prints goes to the errors of this program: its output is the report.
    pub fn start(command: &str, environment: &[(&str, OsString)]) -> Result<Self, Failure> {
        let cannot = |error: std::io::Error| {
            Failure::new(format!("cannot run a shell: {error}. Is there a /bin/sh?"))
        };
        let mut shell = Command::from(tied(OsStr::new("sh")).map_err(cannot)?);
        shell.arg("-c").arg(command).envs(environment.iter().cloned());
        shell.process_group(0).kill_on_drop(true);
        shell.stdin(Stdio::piped()).stdout(std::io::stderr());
        let mut child = shell.spawn().map_err(cannot)?;
        let stdin = child.stdin.take();
        Ok(Self { child, stdin })
    }

    /// How it ended, if it did.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Wait until it ends.
    pub async fn end_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        timeout(limit, self.child.wait()).await.ok()?.ok()
    }

    /// `kill -9` it, with everything it started.
    pub async fn kill(mut self) {
        self.kill_group();
        let _ = self.child.wait().await;
    }

    /// Say a line to it. A program that is gone does not hear it.
    pub async fn say(&mut self, line: &str) {
        if let Some(stdin) = &mut self.stdin {
            let _ = stdin.write_all(format!("{line}\n").as_bytes()).await;
            let _ = stdin.flush().await;
        }
    }

    /// Say nothing any more.
    pub fn hush(&mut self) {
        self.stdin = None;
    }

    /// Its process: the shell, or what took the shell's place.
    pub fn pid(&self) -> Option<Pid> {
        pid(self.child.id()?)
    }

    fn kill_group(&self) {
        if let Some(group) = self.pid() {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill_group();
    }
}

/// A process by its number on the bus.
pub fn pid(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw)
}

/// Whether the process does something with this signal: one that does not would be ended by it.
pub fn takes(pid: Pid, signal: Signal) -> bool {
    let path = format!("/proc/{}/status", pid.as_raw_nonzero());
    let status = read_to_string(path).unwrap_or_default();
    let bit = 1u64 << (signal.as_raw() - 1);
    // Blocked: it waits for the signal, as with signalfd.
    ["SigCgt:", "SigBlk:"].iter().any(|field| {
        let value = status.lines().find_map(|line| line.strip_prefix(field));
        let mask = value.and_then(|value| u64::from_str_radix(value.trim(), 16).ok());
        mask.is_some_and(|mask| mask & bit != 0)
    })
}

/// A process that is stopped, until this is dropped.
pub struct Paused(Pid);

impl Paused {
    /// Stop it, and wait until it stands still.
    pub async fn stop(pid: Pid) -> Result<Self, Failure> {
        kill_process(pid, Signal::STOP)
            .map_err(|error| Failure::new(format!("cannot stop the process: {error}.")))?;
        let paused = Self(pid);
        while !stands_still(pid) {
            sleep(Duration::from_millis(1)).await;
        }
        Ok(paused)
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        let _ = kill_process(self.0, Signal::CONT);
    }
}

/// Whether all its threads are stopped, or it is gone.
fn stands_still(pid: Pid) -> bool {
    let tasks = format!("/proc/{}/task", pid.as_raw_nonzero());
    let Ok(tasks) = read_dir(tasks) else { return true };
    tasks.flatten().all(|task| {
        let stat = read_to_string(task.path().join("stat")).unwrap_or_default();
        // The name in brackets may contain anything.
        let state = stat.rsplit_once(')').map(|(_, rest)| rest.trim_start());
        state.is_none_or(|rest| rest.starts_with(['T', 't', 'Z', 'X']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(command: &str) -> std::process::Child {
        std::process::Command::new("sh")
            .args(["-c", command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    #[tokio::test]
    async fn a_process_stands_still_until_it_may_go_on() {
        let mut child = sh("read line");
        let it = pid(child.id()).unwrap();
        let paused = Paused::stop(it).await.unwrap();
        assert!(stands_still(it));
        drop(paused);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn it_can_be_seen_what_a_process_does_with_a_signal() {
        use std::io::Read;
        // It starts nothing: a shell blocks every signal for that moment.
        let mut child = sh("trap : USR1; echo ready; read line");
        let it = pid(child.id()).unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0; 6]).unwrap();
        assert!(takes(it, Signal::USR1));
        assert!(!takes(it, Signal::USR2));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
