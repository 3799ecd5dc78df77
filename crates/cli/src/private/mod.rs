mod bus;
mod place;

use crate::args::Private;
use crate::failure::Failure;
use crate::tether::tied;
use bus::Bus;
use place::Place;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitCode;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// A bus of its own with a call service on it. Whatever was started for it ends with [`end`](Self::end), or with this
/// program.
pub struct PrivateBus {
    place: Place,
    bus: Bus,
}

impl PrivateBus {
    pub async fn start(private: &Private) -> Result<Self, Failure> {
        let place = Place::make(private)?;
        let bus = Bus::start(&place).await?;
        match bus.start_service(&place).await {
            Ok(()) => Ok(Self { place, bus }),
            Err(failure) => {
                bus.end().await;
                Err(failure)
            }
        }
    }

    pub fn address(&self) -> &str {
        &self.bus.address
    }

    /// What a program on this bus finds in its environment.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut environment = self.place.environment();
        environment.push(("DBUS_SESSION_BUS_ADDRESS", self.address().into()));
        environment
    }

    pub async fn end(self) {
        self.bus.end().await;
    }
}

/// Run a command on a bus of its own with a call service on it, and pass on its exit code.
pub async fn run(private: Private) -> Result<ExitCode, Failure> {
    let bus = PrivateBus::start(&private).await?;
    let done = command(&private, &bus).await;
    bus.end().await;
    done
}

async fn command(private: &Private, bus: &PrivateBus) -> Result<ExitCode, Failure> {
    let Some((program, arguments)) = private.command.split_first() else {
        return Err(Failure::new("nothing to run. Name a command after --."));
    };
    let tied =
        tied(program).map_err(|error| Failure::new(format!("cannot run myself: {error}.")))?;
    let mut command = Command::from(tied);
    command.args(arguments).envs(bus.environment());
    let child = command.spawn();
    let child = child.map_err(|error| {
        Failure::new(format!("cannot run {}: {error}. Check its path.", program.display()))
    })?;
    let status = wait(child).await?;
    let code = status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// Wait for the command. Ctrl-C reaches it by itself, from the terminal; other ends are passed on.
async fn wait(mut child: Child) -> Result<std::process::ExitStatus, Failure> {
    let cannot = |error: std::io::Error| Failure::new(format!("cannot wait: {error}."));
    let mut terminated = signal(SignalKind::terminate()).map_err(cannot)?;
    let mut hung_up = signal(SignalKind::hangup()).map_err(cannot)?;
    let mut interrupted = signal(SignalKind::interrupt()).map_err(cannot)?;
    loop {
        tokio::select! {
            status = child.wait() => return status.map_err(cannot),
            _ = terminated.recv() => pass_on(&child, Signal::TERM),
            _ = hung_up.recv() => pass_on(&child, Signal::HUP),
            _ = interrupted.recv() => {}
        }
    }
}

/// It may have ended just now: then there is nobody to tell.
fn pass_on(child: &Child, signal: Signal) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        let _ = kill_process(pid, signal);
    }
}
