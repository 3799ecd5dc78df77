//! A process of its own that undoes what the service has changed of others, if the service is killed before it can.

use super::callaudiod::{self, Told};
use super::connection::{Connection, wait};
use super::desk::Desk;
use super::ledger::{Entries, Lock, Paused, entries_in, paused_in, read, voice_in, write};
use super::levels::Levels;
use super::others::is_left;
use super::owner::System;
use super::players;
use pipewire::loop_::Timeout;
use pipewire::main_loop::MainLoopRc;
use std::fs;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long undoing may take before it is given up.
const LONGEST: Duration = Duration::from_secs(3);

/// How long a process that was killed may take to be gone.
const DYING: Duration = Duration::from_secs(1);

/// The argument that makes the program a guard.
pub const ARGUMENT: &str = "--audio-guard";

/// A guard that runs, as the service has it: it goes when this is dropped, and there is nothing to undo then.
#[derive(Debug)]
pub struct Guard {
    child: Child,
}

impl Guard {
    /// Start one for this ledger. `None`: it does not start, and a crash is undone by the service's next life.
    pub fn start(ledger: &Path) -> Option<Self> {
        // By what runs, not by its name: that may be another version by now.
        let child = Command::new("/proc/self/exe")
            .arg0("hookswitchd")
            .arg(ARGUMENT)
            .arg(ledger)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn();
        match child {
            Ok(child) => Some(Self { child }),
            Err(error) => {
                tracing::warn!("no guard for the audio: {error}");
                None
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It reads one file and goes.
        let _ = self.child.wait();
    }
}

/// Be a guard: wait until the service is gone, and undo what it has left. For the program `hookswitchd` only.
///
/// # Errors
/// The ledger cannot be read or written.
pub fn run(ledger: &Path) -> io::Result<()> {
    ignore_signals();
    let mut input = io::stdin().lock();
    let mut nothing = [0; 64];
    while input.read(&mut nothing)? > 0 {}
    let Some(folder) = ledger.parent() else { return Ok(()) };
    if !entries_in(folder).exists() && !is_left(folder) {
        return Ok(());
    }
    // If somebody else has it, the service's next life is there and undoes it itself.
    let Some(_lock) = lock(folder)? else { return Ok(()) };
    let entries: Entries = read(&entries_in(folder));
    if entries.touches_others() || !entries.kept.is_empty() {
        let left = undo(entries);
        write(&entries_in(folder), (!left.is_empty()).then_some(&left))?;
    }
    let paused: Paused = read(&paused_in(folder));
    if !paused.is_empty() {
        players::play_again(paused);
        fs::remove_file(paused_in(folder))?;
    }
    let told: Told = read(&voice_in(folder));
    if told != Told::default() {
        callaudiod::undo_now(told);
        fs::remove_file(voice_in(folder))?;
    }
    Ok(())
}

/// The files of a process that is killed are closed one after the other: this may be awake before the lock is free.
fn lock(folder: &Path) -> io::Result<Option<Lock>> {
    let until = Instant::now() + DYING;
    loop {
        let lock = Lock::take(folder)?;
        if lock.is_some() || Instant::now() > until {
            return Ok(lock);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Give others their volume back. What is still changed then: a call's own streams stay silent, and the session manager
/// has to be told once more what to keep, for which nobody waits here.
fn undo(entries: Entries) -> Entries {
    pipewire::init();
    let levels = Levels { duck: 1.0, release: 0 };
    let mut desk = Desk::new(levels, 0, Box::new(System::default()));
    let server = entries.server;
    let connected = MainLoopRc::new(None).ok().and_then(|main_loop| {
        let connection = Connection::open(&main_loop, server).ok()?;
        Some((connection, main_loop))
    });
    // Without this run of the server there is nothing to undo; what is kept outlives it.
    let without = Entries { kept: entries.kept.clone(), ..Entries::default() };
    let Some((mut connection, main_loop)) = connected else { return without };
    desk.inherit(entries);
    let began = Instant::now();
    let mut asked = connection.ask();
    let (mut rounds, mut last) = (0, None);
    // The last question is answered when all that was asked for before it is done.
    while began.elapsed() < LONGEST && (desk.touches_others() || last.is_none() || last == asked) {
        wait(&main_loop, Some(&connection), Timeout::Finite(Duration::from_millis(50)));
        let round = connection.listen(&mut desk.graph);
        if round.lost.is_some() {
            return without;
        }
        if round.done.is_some() && round.done == asked {
            rounds += 1;
            desk.settled = rounds > 1;
            asked = connection.ask().filter(|_| !desk.settled);
        }
        if desk.settled {
            let now = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            desk.look(now).iter().for_each(|step| connection.take(step));
            if last.is_none() {
                asked = connection.ask();
                last = asked;
            }
        }
    }
    desk.entries
}

/// Whoever ends the service, or all that belongs to it, does not end this: it goes by itself, and soon.
fn ignore_signals() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
        #[expect(unsafe_code, reason = "there is no other way to ignore a signal")]
        // SAFETY: ignoring a signal runs no code of ours, and this is the process's only thread yet.
        unsafe {
            libc::signal(signal, libc::SIG_IGN);
        }
    }
}
