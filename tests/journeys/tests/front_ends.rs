//! Every front end shows the same: screens, the command line and observers, whatever happens and whoever presses what at
//! the same time.

use futures_util::FutureExt;
use hookswitch::{
    Call, CallNumber, CallObserver, CallState, ObservedCall, ObserverEvent, Surface, SurfaceEvent,
    SurfaceEvents, SurfaceState,
};
use hookswitch_journeys::{Chaos, Phone, program, soon};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A screen that keeps what it shows by itself, out of what it is told.
struct Screen {
    surface: Surface,
    events: SurfaceEvents,
    shown: SurfaceState,
}

impl Screen {
    async fn new(phone: &Phone, name: &str) -> Self {
        let connected = Surface::connect_at(Some(phone.address()), name);
        let (surface, events) = soon("a screen", connected).await.expect("it may be one");
        Self { surface, events, shown: SurfaceState::default() }
    }

    /// What it shows, by its own count and by the library's.
    fn shows(&mut self) -> Vec<Call> {
        while let Some(Some(event)) = self.events.next().now_or_never() {
            if let SurfaceEvent::Changed(change) = &event {
                for call in change.calls.iter().filter(|call| !call.has_ended()) {
                    let before = self.shown.calls.get(&call.number);
                    let earlier =
                        before.is_some_and(|b| b.choices_revision > call.choices_revision);
                    assert!(!earlier, "a revision was taken back: {call:?}");
                }
            }
            self.shown.apply(&event);
        }
        let calls: Vec<Call> = self.shown.calls.values().cloned().collect();
        assert_eq!(calls, self.surface.calls(), "the screen and its library agree");
        calls
    }
}

/// `hookswitch --json watch`, and what somebody who reads it makes of it.
struct CommandLine {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    shown: BTreeMap<u64, Value>,
}

fn hookswitch(phone: &Phone, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("hookswitch"));
    command.args(arguments).env("DBUS_SESSION_BUS_ADDRESS", phone.address()).kill_on_drop(true);
    command
}

impl CommandLine {
    fn watch(phone: &Phone) -> Self {
        let mut command = hookswitch(phone, &["--json", "watch"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it is started");
        let lines = BufReader::new(child.stdout.take().expect("it has an output")).lines();
        Self { _child: child, lines, shown: BTreeMap::new() }
    }

    /// Read on until it shows this.
    async fn until_it_shows(&mut self, calls: &BTreeMap<u64, Value>) {
        while self.shown != *calls {
            let line = soon("the command line to show what there is", self.lines.next_line()).await;
            let line = line.expect("it can be read").expect("it goes on");
            let event: Value = serde_json::from_str(&line).expect("it prints JSON");
            match event["event"].as_str().expect("each line is an event") {
                "reset" | "service_lost" => self.shown.clear(),
                _ => {}
            }
            for call in event["calls"].as_array().into_iter().flatten() {
                let number = call["number"].as_u64().expect("a number");
                match call["state"].as_str() {
                    Some("ended") => drop(self.shown.remove(&number)),
                    _ => drop(self.shown.insert(number, call.clone())),
                }
            }
        }
    }

    /// What `hookswitch --json calls` prints.
    async fn calls(phone: &Phone) -> BTreeMap<u64, Value> {
        let output = hookswitch(phone, &["--json", "calls"]).output();
        let output = soon("the end of a command", output).await.expect("it runs");
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).expect("it prints text");
        let call = |line: &str| serde_json::from_str::<Value>(line).expect("it prints JSON");
        let numbered = |call: Value| (call["number"].as_u64().expect("a number"), call);
        text.lines().map(call).map(numbered).collect()
    }
}

/// A light that knows whether somebody talks.
struct Light {
    observer: CallObserver,
    shown: BTreeMap<CallNumber, ObservedCall>,
}

impl Light {
    async fn new(phone: &Phone) -> Self {
        let connected = CallObserver::connect_at(Some(phone.address()));
        let observer = soon("an observer", connected).await.expect("anybody may be one");
        Self { observer, shown: BTreeMap::new() }
    }

    fn shows(&mut self) -> Vec<ObservedCall> {
        while let Some(Some(event)) = self.observer.next().now_or_never() {
            match event {
                ObserverEvent::Reset(calls) => {
                    self.shown = calls.into_iter().map(|call| (call.number, call)).collect();
                }
                ObserverEvent::CallChanged(call) if call.has_ended => {
                    self.shown.remove(&call.number);
                }
                ObserverEvent::CallChanged(call) => drop(self.shown.insert(call.number, call)),
                ObserverEvent::ServiceLost => self.shown.clear(),
                ObserverEvent::Closed(why) => panic!("{why}"),
            }
        }
        let calls: Vec<_> = self.shown.values().copied().collect();
        assert_eq!(calls, self.observer.calls(), "the light and its library agree");
        calls
    }
}

fn observed(calls: &[Call]) -> Vec<ObservedCall> {
    let of = |call: &Call| ObservedCall {
        number: call.number,
        is_outgoing: call.direction == hookswitch::Direction::Outgoing,
        is_on_hold: call.state == CallState::Held,
        has_connected: call.connected.is_some(),
        has_ended: false,
    };
    calls.iter().map(of).collect()
}

/// Everybody who looks at calls.
struct FrontEnds {
    screens: Vec<Screen>,
    light: Light,
    command_line: CommandLine,
}

impl FrontEnds {
    /// Wait until all of them show what the service has.
    async fn agree(&mut self, chaos: &mut Chaos) -> Vec<Call> {
        chaos.quiet().await;
        let truth = soon("all front ends to show the same", async {
            loop {
                let truth = chaos.truth().await;
                for screen in &self.screens {
                    // An answer comes after everything that was sent before it.
                    let _ = screen.surface.status().await;
                }
                let _ = self.light.observer.status().await;
                // The hands on the screens see no more than who only looks.
                let pressed = chaos.screens.iter().map(Surface::calls);
                let watched = self.screens.iter_mut().map(Screen::shows);
                let same = pressed.chain(watched).all(|calls| calls == truth)
                    && self.light.shows() == observed(&truth);
                if same && truth == chaos.truth().await {
                    return truth;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
        let printed = CommandLine::calls(&chaos.phone).await;
        let numbers: Vec<u64> = truth.iter().map(|call| call.number.0).collect();
        assert_eq!(printed.keys().copied().collect::<Vec<_>>(), numbers);
        for call in &truth {
            let line = &printed[&call.number.0];
            assert_eq!(line["state"], call.state.name());
            assert_eq!(line["choices_revision"], call.choices_revision);
            let words = line["choices"].as_array().into_iter().flatten();
            let words: Vec<_> = words.filter_map(|choice| choice["choice"].as_str()).collect();
            let kinds: Vec<_> = call.choices.iter().map(|choice| choice.kind.name()).collect();
            assert_eq!(words, kinds);
        }
        self.command_line.until_it_shows(&printed).await;
        truth
    }
}

#[tokio::test]
async fn all_front_ends_agree_on_every_call() {
    let steps = std::env::var("STEPS").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let mut chaos = Chaos::begin("all front ends").await;
    chaos.phone.install("org.hookswitch.Cli", &program("hookswitch"), true);
    let mut all = FrontEnds {
        screens: vec![
            Screen::new(&chaos.phone, "one").await,
            Screen::new(&chaos.phone, "two").await,
        ],
        light: Light::new(&chaos.phone).await,
        command_line: CommandLine::watch(&chaos.phone),
    };
    let (mut quiet, mut kills, mut calls) = (0, 0, 0);
    for _ in 0..steps {
        chaos.step();
        match chaos.below(60) {
            0 => kills += u32::from(chaos.kill_service().await),
            1..=9 => {
                calls += all.agree(&mut chaos).await.len();
                quiet += 1;
            }
            10..=30 => tokio::task::yield_now().await,
            _ => {}
        }
    }
    chaos.over().await;
    all.agree(&mut chaos).await;
    println!("{steps} steps, {kills} kills, {quiet} quiet points with {calls} calls to show");
    assert!(calls > 0, "nothing happened");
}

/// Both press at the same moment, on the same choices: one gets what it saw, and the other is told that they changed, or
/// that it is done already. Nobody gets something else.
#[tokio::test]
async fn of_two_that_press_at_the_same_time_one_is_told_so() {
    use hookswitch::{ChoiceKind, EndedReason, Error, RequestError};
    let phone = Phone::new();
    let chat = phone.willing_app("org.example.Chat").await;
    let mut one = phone.screen().await;
    let other = phone.screen().await;
    for turn in 0..20 {
        chat.rings("anna").await;
        let call = one.one(CallState::Ringing).await;
        let seen = Some(call.choices_revision);
        let number = call.number;
        let (accept, decline) = match turn % 2 {
            0 => (&one.surface, &other.surface),
            _ => (&other.surface, &one.surface),
        };
        let status = other.surface.status();
        soon("the other screen to show it too", status).await.unwrap();
        let accepted = accept.choose(number, ChoiceKind::Answer, seen);
        let declined = decline.choose(number, ChoiceKind::Decline, seen);
        let (accepted, declined) = tokio::join!(accepted.outcome(), declined.outcome());
        let late = match (&accepted, &declined) {
            (Ok(_), Err(late)) | (Err(late), Ok(_)) => late,
            both => panic!("one of them was first: {both:?}"),
        };
        let told = matches!(
            late,
            Error::Refused {
                reason: RequestError::ChoicesChanged
                    | RequestError::UnknownCallUuid
                    | RequestError::TransactionInProgress,
                ..
            }
        );
        assert!(told, "{late:?}");
        if accepted.is_ok() {
            one.surface.end(number, None).outcome().await.unwrap();
        }
        let how = if accepted.is_ok() { EndedReason::HungUp } else { EndedReason::Declined };
        assert_eq!(one.over(number).await, how);
    }
}
