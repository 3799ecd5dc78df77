//! UI-9: somebody has to show a call. The call screen is started for it, and again when it dies; nobody waits for it.

use futures_util::StreamExt;
use hookswitch::CallState;
use hookswitch_journeys::{Phone, program, soon};
use rustix::process::{Pid, Signal, kill_process};
use zbus::MessageStream;

/// The name that the service starts.
const PHONE: &str = "org.hookswitch.Phone";

/// What little screens say that they show: process, call, state.
struct Looks(MessageStream);

impl Looks {
    async fn at(phone: &Phone) -> Self {
        let rule = "type='signal',interface='org.hookswitch.LittleScreen'";
        let stranger = phone.stranger().await;
        Self(MessageStream::for_match_rule(rule, &stranger, None).await.expect("the bus takes it"))
    }

    /// The process that shows a call in this state, once one that is not `but` does.
    async fn shown(&mut self, state: CallState, but: Option<u32>) -> u32 {
        let what = format!("a screen that shows a call that is {}", state.name());
        soon(&what, async {
            loop {
                let message = self.0.next().await.expect("the bus lives").expect("a message");
                let body = message.body();
                let (process, _, word): (u32, u64, String) =
                    body.deserialize().expect("what a little screen says");
                if word == state.name() && but != Some(process) {
                    return process;
                }
            }
        })
        .await
    }
}

fn kill(process: u32) {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(process, Signal::KILL).expect("it can be killed");
}

#[tokio::test]
async fn a_call_screen_is_started_for_a_call_and_again_when_it_is_killed() {
    let phone = Phone::new();
    let little = program("little_screen");
    phone.install(PHONE, &little, true);
    phone.activatable(PHONE, &format!("{} {PHONE}", little.display())).await;
    let mut looks = Looks::at(&phone).await;
    let app = phone.willing_app("org.example.Chat").await;

    // No screen runs.
    app.rings("Anna").await;
    let first = looks.shown(CallState::Ringing, None).await;

    // It dies while it rings: the call rings on, on the next one.
    kill(first);
    let second = looks.shown(CallState::Ringing, Some(first)).await;

    let mut screen = phone.screen().await;
    let anna = screen.one(CallState::Ringing).await;
    screen.surface.answer(anna.number, None).await.expect("it rings");
    assert_eq!(looks.shown(CallState::Active, None).await, second);

    // It dies in the call, which goes on, though another surface is there: that one shows nothing.
    kill(second);
    let third = looks.shown(CallState::Active, Some(second)).await;
    assert_ne!(third, first);
    screen.is(anna.number, CallState::Active).await;
    screen.surface.end(anna.number, None).await.expect("it is active");
    screen.over(anna.number).await;
}

#[tokio::test]
async fn a_screen_that_runs_and_shows_nothing_is_not_enough() {
    let phone = Phone::with_policy("presented_within=100");
    let little = program("little_screen");
    phone.install(PHONE, &little, true);
    phone.activatable(PHONE, &format!("{} {PHONE}", little.display())).await;
    let mut looks = Looks::at(&phone).await;
    let mut idle = phone.screen().await;
    let app = phone.willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    idle.one(CallState::Ringing).await;
    looks.shown(CallState::Ringing, None).await;
}

#[tokio::test]
async fn nobody_waits_for_a_screen_that_never_comes_up() {
    let phone = Phone::new();
    // The bus waits for it for a long time.
    phone.activatable(PHONE, &program("little_screen").display().to_string()).await;
    let app = phone.willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    let mut screen = phone.screen().await;
    let anna = screen.one(CallState::Ringing).await;
    screen.surface.answer(anna.number, None).await.expect("it rings");
    screen.is(anna.number, CallState::Active).await;
    screen.surface.end(anna.number, None).await.expect("it is active");
    screen.over(anna.number).await;
}
