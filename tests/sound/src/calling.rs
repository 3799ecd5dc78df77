use crate::ear::Ear;
use crate::orders::{Grant, Order, Plan, Told, What};
use crate::session::Session;
use crate::stream::Stream;
use hookswitch::{CallNumber, CallState, CallUuid, new_call};
use hookswitch_journeys::{Phone, Screen, program};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

/// A calling app that runs as a process of its own, with streams of its own. It does what it is asked at once, but its
/// streams know nothing of it: they go on through mute and hold.
pub struct CallingApp {
    orders: ChildStdin,
    told: Lines<BufReader<ChildStdout>>,
    passed: VecDeque<Told>,
    process: Child,
}

impl CallingApp {
    /// Install it as this app, and start it.
    ///
    /// # Panics
    /// It was not built, or is not registered.
    pub async fn start(session: &Session, phone: &Phone, app: &str) -> Self {
        let path = program("calling_app");
        phone.install(app, &path, false);
        let bus = Some(phone.address().to_owned());
        let plan = Plan { app: app.to_owned(), bus, ..Plan::default() };
        let file = plan_file(session, &plan);
        let mut command = session.command(&path.display().to_string());
        command.arg(file).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("setpriv starts");
        let orders = process.stdin.take().expect("it listens");
        let told = BufReader::new(process.stdout.take().expect("it tells")).lines();
        let mut app = Self { orders, told, passed: VecDeque::new(), process };
        app.until("the registration", |what| matches!(what, What::Began).then_some(())).await;
        app
    }

    async fn order(&mut self, order: &Order) {
        let line = serde_json::to_string(order).expect("it can be written") + "\n";
        self.orders.write_all(line.as_bytes()).await.expect("the app listens");
    }

    async fn does(&mut self, order: &Order) {
        self.order(order).await;
        self.until(&format!("{order:?}"), |what| match what {
            What::Done => Some(()),
            What::Refused(why) => panic!("{order:?}: {why}"),
            _ => None,
        })
        .await;
    }

    /// The next thing it tells that `pick` takes, and when that was; others stay for later.
    pub async fn until<T>(
        &mut self,
        what: &str,
        pick: impl Fn(&What) -> Option<T>,
    ) -> (T, crate::Moment) {
        let mut looked = 0;
        loop {
            while let Some(told) = self.passed.get(looked) {
                if let Some(found) = pick(&told.what) {
                    let at = crate::Moment(told.at);
                    self.passed.remove(looked);
                    return (found, at);
                }
                looked += 1;
            }
            let line = crate::soon(what, self.told.next_line()).await.expect("the app tells");
            let line = line.unwrap_or_else(|| panic!("the app ended; {what} did not come"));
            self.passed.push_back(serde_json::from_str(&line).expect("it tells what it may"));
        }
    }

    /// Report an incoming call, and return its id.
    pub async fn rings(&mut self, who: &str) -> CallUuid {
        let call = new_call();
        let order = Order::Ring { call: call.to_string(), who: who.to_owned() };
        self.order(&order).await;
        self.until("the admission", |what| match what {
            What::Admitted { .. } => Some(()),
            What::Refused(why) => panic!("{order:?}: {why}"),
            _ => None,
        })
        .await;
        call
    }

    /// Report an incoming call, and wait until this screen shows it.
    pub async fn rings_on(&mut self, screen: &mut Screen) -> (CallUuid, CallNumber) {
        // The screen may still show an earlier call as ringing: this one has a caller of its own.
        let who = new_call().to_string();
        let call = self.rings(&who).await;
        let shown = screen.until("the call to ring", |shown| {
            let mut calls = shown.calls.values();
            calls.find(|call| call.state == CallState::Ringing && call.who() == who).cloned()
        });
        (call, shown.await.number)
    }

    /// The far side ends the call.
    pub async fn ended(&mut self, call: CallUuid) {
        self.does(&Order::Ended { call: call.to_string() }).await;
    }

    /// Report a call again after a reset.
    pub async fn adopts(&mut self, call: CallUuid, held: bool, muted: bool) {
        self.does(&Order::Adopt { call: call.to_string(), held, muted }).await;
    }

    /// Whether it completes what it is asked from now on.
    pub async fn willing(&mut self, yes: bool) {
        self.does(&Order::Willing(yes)).await;
    }

    /// Play a tone.
    pub async fn plays(&mut self, session: &Session, stream: &Stream, frequency: u32) {
        let command = stream.plays(&session.tone(frequency));
        self.does(&Order::Run { name: stream.name.clone(), command }).await;
    }

    /// Record, and return the ear that hears what the app hears.
    pub async fn records(&mut self, session: &Session, stream: &Stream) -> Ear {
        let file = session.folder().join(format!("{}.recorded.wav", stream.name));
        // What an earlier stream of this name recorded is over.
        let _ = std::fs::remove_file(&file);
        let command = stream.records(&file);
        self.does(&Order::Run { name: stream.name.clone(), command }).await;
        Ear::file(&format!("what {} records", stream.name), file)
    }

    /// Run any program as a part of it.
    pub async fn runs(&mut self, name: &str, command: Vec<String>) {
        self.does(&Order::Run { name: name.to_owned(), command }).await;
    }

    /// End a stream, or another part.
    pub async fn stops(&mut self, name: &str) {
        self.does(&Order::Stop { name: name.to_owned() }).await;
    }

    /// The call's audio may be prepared.
    pub async fn prepared(&mut self, of: CallUuid) -> Grant {
        let id = of.to_string();
        self.until("what its audio will be", |what| match what {
            What::Prepared { call, grant } if *call == id => Some(grant.clone()),
            _ => None,
        })
        .await
        .0
    }

    /// Ask, as the app's own button does, that the call be heard there.
    pub async fn wants(&mut self, call: CallUuid, endpoint: &str) {
        self.does(&Order::Endpoint { call: call.to_string(), endpoint: endpoint.to_owned() }).await;
    }

    /// The call has the audio: with what grant, and since when.
    pub async fn audio_on(&mut self, of: CallUuid) -> (Grant, crate::Moment) {
        let id = of.to_string();
        self.until("the audio", |what| match what {
            What::AudioOn { call, grant } if *call == id => Some(grant.clone()),
            _ => None,
        })
        .await
    }

    /// The call lost the audio.
    pub async fn audio_off(&mut self, of: CallUuid) -> crate::Moment {
        let id = of.to_string();
        let off =
            |what: &What| matches!(what, What::AudioOff { call } if *call == id).then_some(());
        self.until("the end of the audio", off).await.1
    }

    /// It was asked for this: `answer`, `end`, `hold` or `mute`.
    pub async fn asked(&mut self, wanted: &str, of: CallUuid) -> crate::Moment {
        let id = of.to_string();
        self.until(wanted, |what| match what {
            What::Asked { action, call, .. } => (action == wanted && *call == id).then_some(()),
            _ => None,
        })
        .await
        .1
    }

    /// The service came back after a restart, and it is registered again.
    pub async fn reset(&mut self) {
        self.until("the reset", |what| matches!(what, What::Reset).then_some(())).await;
    }

    /// Its process.
    pub fn pid(&self) -> Option<u32> {
        self.process.id()
    }
}

/// Write down who an app is and what it does by itself, for its start.
///
/// # Panics
/// There is no room.
pub fn plan_file(session: &Session, plan: &Plan) -> PathBuf {
    let file = session.folder().join(format!("{}.plan", plan.app));
    let text = serde_json::to_string(plan).expect("it can be written");
    std::fs::write(&file, text).expect("room for the plan");
    file
}
