use crate::failure::Failure;
use rustix::process::{Signal, set_parent_process_death_signal};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Become this program, and end when the parent does, even if it is killed. Returns only if that did not work.
pub fn exec(command: &[OsString]) -> Failure {
    let Some((program, arguments)) = command.split_first() else {
        return Failure::new("nothing to run. Name a program.");
    };
    let parent = rustix::process::getppid();
    // It outlives becoming another program.
    if let Err(error) = set_parent_process_death_signal(Some(Signal::TERM)) {
        return Failure::new(format!("cannot tie a program to this one: {error}."));
    }
    if rustix::process::getppid() != parent {
        return Failure::new("whoever started this is gone.");
    }
    let error = Command::new(program).args(arguments).exec();
    Failure::new(format!("cannot run {}: {error}. Check its path.", program.display()))
}

/// The command line that runs this program tied to its parent.
pub fn tied(program: &std::ffi::OsStr) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("tether").arg("--").arg(program);
    Ok(command)
}
