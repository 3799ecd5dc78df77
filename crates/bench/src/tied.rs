//! Children that end when this program ends, however it ends.

use crate::Outcome;
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A command that ends with this process. Spawn it from the main thread: it ends with the thread that spawned it.
pub fn command(program: impl AsRef<Path>) -> Outcome<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    let program = program.as_ref();
    command.arg("tied").arg(std::process::id().to_string()).arg("--").arg(program);
    Ok(command)
}

/// Another process of this program, in one of its roles.
pub fn role(name: &str) -> Outcome<Command> {
    let mut command = command(std::env::current_exe()?)?;
    command.arg(name);
    Ok(command)
}

/// What `hookswitch-bench tied` does: be tied to the parent, then become the program.
pub fn become_program(parent: u32, program: &[OsString]) -> Outcome {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let still = getppid().map(Pid::as_raw_nonzero).map(|pid| pid.get().unsigned_abs());
    if still != Some(parent) {
        return Err("the parent is gone".into());
    }
    let (program, arguments) = program.split_first().ok_or("a program is needed")?;
    let error = Command::new(program).args(arguments).exec();
    Err(format!("{}: {error}", program.display()).into())
}

/// In a role: wait for a line of the parent. False if there will be none.
pub fn may_go_on() -> Outcome<bool> {
    let mut line = String::new();
    Ok(std::io::stdin().read_line(&mut line)? > 0)
}

/// A running child, killed when dropped.
pub struct Running {
    child: Child,
    lines: Option<BufReader<std::process::ChildStdout>>,
    what: String,
}

impl Running {
    /// Start it; its standard output is read by [`line`](Self::line).
    pub fn start(what: &str, command: &mut Command) -> Outcome<Self> {
        let spawned = command.stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| format!("{what}: {error}"))?;
        let lines = child.stdout.take().map(BufReader::new);
        Ok(Self { child, lines, what: what.to_owned() })
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line it prints. None of ours prints more than its parent reads.
    pub fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        if let Some(lines) = &mut self.lines {
            lines.read_line(&mut line)?;
        }
        match line.is_empty() {
            true => Err(format!("the {} ended without a result; see above", self.what).into()),
            false => Ok(line),
        }
    }

    /// Send it an empty line: what it was waiting for.
    pub fn go_on(&mut self) -> Outcome {
        let mut input = self.child.stdin.as_ref().ok_or("it does not listen")?;
        Ok(input.write_all(b"\n")?)
    }

    /// Wait until it ends by itself; it is sent no more lines.
    pub fn finish(&mut self) -> Outcome {
        self.child.wait()?;
        Ok(())
    }

    /// End it without a chance to clean up.
    pub fn kill(&mut self) -> Outcome {
        self.child.kill()?;
        self.finish()
    }

    /// Ask it to end, and insist after two seconds.
    pub fn stop(&mut self) -> Outcome {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        rustix::process::kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let until = Instant::now() + Duration::from_secs(2);
        while self.child.try_wait()?.is_none() {
            if Instant::now() > until {
                return self.kill();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be gone already, and nothing can be done about it here.
        let _ = self.stop();
    }
}

/// While this lives, the calling thread and every child it starts run on one core.
///
/// Across cores, waking an idle one costs more than what is measured, and hides it.
pub struct OneCore(CpuSet);

impl OneCore {
    /// Pin to the last core that is allowed: interrupts mostly go to the first.
    pub fn pin() -> Outcome<Self> {
        let before = sched_getaffinity(None)?;
        let last = (0..CpuSet::MAX_CPU).rev().find(|core| before.is_set(*core));
        let mut one = CpuSet::new();
        one.set(last.ok_or("no core to run on")?);
        sched_setaffinity(None, &one)?;
        Ok(Self(before))
    }
}

impl Drop for OneCore {
    fn drop(&mut self) {
        // Only the later figures would be worse for it.
        let _ = sched_setaffinity(None, &self.0);
    }
}
