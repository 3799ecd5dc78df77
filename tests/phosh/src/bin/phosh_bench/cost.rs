//! What call screens cost: memory, processor, and the time until the first of them is seen.

use crate::process::{Idle, Memory, idle, is_quiet};
use hookswitch_phosh::{Screen, soon};
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// Starts of the program. The first fills the caches of fonts and icons, and does not count.
const STARTS: usize = 6;
/// How long it is watched while it has nothing to do.
const IDLE: Duration = Duration::from_secs(15);
/// How long a call is talked in before its memory is read: a timer has run, and everything was drawn more than once.
const TALK: Duration = Duration::from_secs(6);

/// A program with call screens, on a phone that is not locked.
pub trait Calling {
    /// Starts it with its own window.
    fn with_window(&self, screen: &Screen) -> Command;
    /// Starts it as a session does: it waits for calls without a window.
    fn waiting(&self, screen: &Screen) -> Command;
    /// Wait until it takes calls.
    async fn takes_calls(&mut self);
    /// A call rings in the program with this process id.
    async fn rings(&mut self, process: u32);
    /// That call is answered, and talked in.
    async fn is_answered(&mut self);
    /// That call ends.
    async fn ends(&mut self);
}

/// What one of them costs.
pub struct Cost {
    /// From the start of the program until another picture is on the screen: its window.
    pub first_frames: Vec<Duration>,
    /// Waiting for the first call.
    pub waiting: Memory,
    pub idle: Idle,
    /// In a call, with its window.
    pub talking: Memory,
    pub talk: Idle,
    /// Waiting for the second.
    pub waiting_again: Memory,
}

/// Take the measure of it.
pub async fn measure(screen: &Screen, calls: &mut impl Calling) -> Cost {
    let mut first_frames = Vec::new();
    for _ in 0..STARTS {
        let (took, program) = first_frame(screen, calls.with_window(screen)).await;
        first_frames.push(took);
        end(program).await;
    }
    first_frames.remove(0);

    let program = start(calls.waiting(screen));
    let process = program.id().expect("it runs");
    calls.takes_calls().await;
    is_quiet(process).await;
    let (waiting, idle_for) = (Memory::of(process), idle(process, IDLE).await);
    screen.is_still().await;
    let before = screen.buttons().await;
    calls.rings(process).await;
    differs(screen, &before).await;
    calls.is_answered().await;
    let talk = idle(process, TALK).await;
    screen.photograph("in a call").await;
    let talking = Memory::of(process);
    calls.ends().await;
    is_quiet(process).await;
    let waiting_again = Memory::of(process);
    end(program).await;
    Cost { first_frames, waiting, idle: idle_for, talking, talk, waiting_again }
}

/// How long it takes from the start of a program until another picture is on the screen.
pub async fn first_frame(screen: &Screen, command: Command) -> (Duration, Child) {
    screen.is_still().await;
    let before = screen.buttons().await;
    let began = Instant::now();
    let program = start(command);
    differs(screen, &before).await;
    (began.elapsed(), program)
}

async fn differs(screen: &Screen, before: &[u8]) {
    soon("another picture", async { while screen.buttons().await == before {} }).await;
}

fn start(mut command: Command) -> Child {
    command.stdout(std::process::Stdio::null()).spawn().expect("setpriv starts")
}

/// End it, and have its windows gone.
pub async fn end(mut program: Child) {
    program.kill().await.expect("it runs");
}
