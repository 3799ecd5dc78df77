//! A provider that keeps to the rules but for one, which is named on its command line:
//!
//!     bad_provider APP [FAULT]
//!
//! Without the library, which would not let it: the messages are the contract's own. The rows each fault must fail are in
//! `tests/conformance.rs`.

use futures_util::{FutureExt, StreamExt};
use hookswitch_bus::names::{DELEGATE_PATH, PATH, PROVIDER, SERVICE};
use serde::Serialize;
use std::collections::HashMap;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep_until};
use zbus::fdo::{RequestNameFlags, RequestNameReply};
use zbus::message::Type;
use zbus::wire::DynamicType;
use zbus::{Connection, Message, MessageStream, OwnedVariant, Variant};

/// What a network takes.
const LATER: Duration = Duration::from_millis(300);

type Record<'a> = HashMap<&'a str, Variant<'a>>;

struct App {
    bus: Connection,
    id: String,
    fault: String,
    calls: Vec<Line>,
    service: Option<String>,
    /// What it does by and by, and when.
    later: Option<(Instant, Later)>,
}

/// What some faults do too late.
enum Later {
    /// Complete an action.
    Fulfill(u64),
    /// Say how far a call has come.
    Report(String, Vec<&'static str>),
}

#[derive(Clone)]
struct Line {
    call: String,
    state: &'static str,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let id = arguments.next().unwrap_or_default();
    let fault = arguments.next().unwrap_or_default();
    let mut incoming = signal(SignalKind::user_defined1())?;
    let mut far_end = signal(SignalKind::user_defined2())?;
    let mut leave = signal(SignalKind::terminate())?;
    let bus = Connection::session().await?;
    let mut messages = MessageStream::from(&bus);
    let rule = format!("type='signal',member='NameOwnerChanged',arg0='{SERVICE}'");
    ask_bus(&bus, "AddMatch", &rule).await?;
    let mut flags = RequestNameFlags::DO_NOT_QUEUE;
    if fault == "gives_its_name_away" {
        flags = RequestNameFlags::ALLOW_REPLACEMENT | RequestNameFlags::REPLACE_EXISTING;
    }
    match bus.request_name_with_flags(id.as_str(), flags).await {
        Ok(RequestNameReply::PrimaryOwner) => {}
        _ => return Ok(()),
    }
    ask_bus(&bus, "StartServiceByName", &(SERVICE, 0u32)).await?;
    let owner = ask_bus(&bus, "GetNameOwner", &SERVICE).await?.body().deserialize::<String>()?;
    let mut app = App { bus, id, fault, calls: Vec::new(), service: Some(owner), later: None };
    app.register().await;
    loop {
        tokio::select! {
            _ = incoming.recv() => app.comes_in().await,
            _ = far_end.recv() => app.far_side_ends().await,
            _ = leave.recv(), if !app.is("ignores_sigterm") => return Ok(()),
            message = messages.next() => match message {
                Some(Ok(message)) => app.take(&message).await?,
                _ => return Ok(()),
            },
            () = app.is_due() => {
                // What it was told before counts first, however little of the processor it had.
                ask_bus(&app.bus, "GetId", &()).await?;
                while let Some(Some(Ok(message))) = messages.next().now_or_never() {
                    app.take(&message).await?;
                }
                app.comes_late().await;
            }
        }
    }
}

async fn ask_bus<B>(bus: &Connection, member: &str, body: &B) -> zbus::Result<Message>
where
    B: Serialize + DynamicType,
{
    let name = "org.freedesktop.DBus";
    bus.call_method(Some(name), "/org/freedesktop/DBus", Some(name), member, body).await
}

impl App {
    fn is(&self, fault: &str) -> bool {
        self.fault == fault
    }

    /// Ask the service. What it refuses is not done.
    async fn ask<B: Serialize + DynamicType>(&self, member: &str, body: &B) -> Option<Message> {
        self.bus.call_method(Some(SERVICE), PATH, Some(PROVIDER), member, body).await.ok()
    }

    async fn register(&mut self) {
        let configuration = Record::from([
            ("app_id", Variant::from(self.id.as_str())),
            ("supported_handle_kinds", Variant::from(vec!["generic"])),
        ]);
        let Some(reply) = self.ask("Register", &configuration).await else { return };
        let body = reply.body();
        let adopt = body
            .deserialize::<HashMap<String, OwnedVariant>>()
            .is_ok_and(|registered| registered.contains_key("adopt_within_ms"));
        for line in std::mem::take(&mut self.calls) {
            if self.is("reports_anew") {
                self.comes_in().await;
            } else if adopt {
                let record = Record::from([("state", Variant::from(line.state))]);
                if self.ask("AdoptCall", &(&line.call, record)).await.is_some() {
                    self.calls.push(line);
                }
            }
        }
    }

    async fn comes_in(&mut self) {
        let call = hookswitch::new_call().to_string();
        self.calls.push(Line { call: call.clone(), state: "ringing" });
        let mut update = Record::from([("handle", Variant::from("anna"))]);
        if self.is("hides_the_caller") {
            update.clear();
        }
        if self.ask("ReportNewIncomingCall", &(&call, update)).await.is_none() {
            self.calls.retain(|line| line.call != call);
        }
    }

    async fn far_side_ends(&mut self) {
        let Some(line) = self.calls.pop() else { return };
        let reason = if self.is("calls_every_end_a_failure") { "failed" } else { "remote_ended" };
        let ended = Record::from([("reason", Variant::from(reason))]);
        self.ask("ReportCallEnded", &(&line.call, ended)).await;
    }

    async fn take(&mut self, message: &Message) -> zbus::Result<()> {
        let header = message.header();
        let member = header.member().map_or("", |member| member.as_str());
        if message.message_type() == Type::Signal && member == "NameOwnerChanged" {
            let body = message.body();
            let (_, _, new) = body.deserialize::<(&str, &str, &str)>()?;
            self.service = (!new.is_empty()).then(|| new.to_owned());
            if self.service.is_some() && !self.is("stays_away") {
                self.register().await;
            }
            return Ok(());
        }
        let ours = header.path().is_some_and(|path| path.as_str() == DELEGATE_PATH);
        if message.message_type() != Type::MethodCall || !ours || !member.starts_with("Perform") {
            return Ok(());
        }
        let body = message.body();
        let (action, call, details) =
            body.deserialize::<(u64, String, HashMap<String, OwnedVariant>)>()?;
        let sender = header.sender().map(|sender| sender.as_str());
        if sender != self.service.as_deref() && !self.is("believes_anybody") {
            if self.is("dies_of_a_stranger") {
                std::process::exit(1);
            }
            let text = "Only the call service may.";
            return self.refuse(message, "org.freedesktop.DBus.Error.AccessDenied", text).await;
        }
        let yes = |key: &str| details.get(key).and_then(|value| bool::try_from(value.clone()).ok());
        match member {
            "PerformStartCall" => self.start(message, call).await,
            "PerformAnswerCall" => self.answer(message, action, &call).await,
            "PerformEndCall" => {
                self.calls.retain(|line| line.call != call);
                match self.is("ignores_the_end") {
                    true => Ok(()),
                    false => self.fulfill(message).await,
                }
            }
            "PerformSetHeld" if self.is("refuses_to_hold") => {
                self.refuse(message, "org.hookswitch.Error.Failed", "Not now.").await
            }
            "PerformSetHeld" => {
                let held = yes("held") == Some(true);
                self.set(&call, if held { "held" } else { "active" });
                self.fulfill(message).await?;
                if self.is("fights_for_the_audio") && yes("handing_over") == Some(true) {
                    self.request(&call, "set_held", "held", false).await;
                }
                Ok(())
            }
            "PerformSetMuted" => {
                self.fulfill(message).await?;
                if self.is("echoes_mute") {
                    let other = yes("muted") != Some(true);
                    self.request(&call, "set_muted", "muted", other).await;
                }
                Ok(())
            }
            _ => self.fulfill(message).await,
        }
    }

    async fn start(&mut self, message: &Message, call: String) -> zbus::Result<()> {
        self.calls.push(Line { call: call.clone(), state: "active" });
        let reports = ["ReportOutgoingCallStartedConnecting", "ReportOutgoingCallConnected"];
        let reports = if self.is("never_connects") { vec![reports[0]] } else { reports.to_vec() };
        if self.is("connects_before_it_starts") {
            self.ask("ReportOutgoingCallConnected", &(&call, Record::new())).await;
        }
        self.fulfill(message).await?;
        if !self.is("never_gives_up") {
            for report in reports {
                self.ask(report, &(&call, Record::new())).await;
            }
            return Ok(());
        }
        self.later = Some((Instant::now() + LATER, Later::Report(call, reports)));
        Ok(())
    }

    async fn is_due(&self) {
        match &self.later {
            Some((at, _)) => sleep_until(*at).await,
            None => std::future::pending().await,
        }
    }

    async fn comes_late(&mut self) {
        match self.later.take() {
            Some((_, Later::Fulfill(action))) => {
                self.ask("Fulfill", &(action, Record::new())).await;
            }
            Some((_, Later::Report(call, reports))) => {
                for report in reports {
                    self.ask(report, &(&call, Record::new())).await;
                }
            }
            None => {}
        }
    }

    async fn answer(&mut self, message: &Message, action: u64, call: &str) -> zbus::Result<()> {
        if self.is("never_answers") {
            return Ok(());
        }
        self.set(call, "active");
        let later = self.is("completes_too_late");
        if !later && !self.is("completes_twice") {
            return self.fulfill(message).await;
        }
        let deferred = Record::from([("deferred", Variant::from(true))]);
        self.bus.reply(&message.header(), &deferred).await?;
        if later {
            self.later = Some((Instant::now() + LATER, Later::Fulfill(action)));
            return Ok(());
        }
        for _ in 0..2 {
            self.ask("Fulfill", &(action, Record::new())).await;
        }
        Ok(())
    }

    fn set(&mut self, call: &str, state: &'static str) {
        if let Some(line) = self.calls.iter_mut().find(|line| line.call == call) {
            line.state = state;
        }
    }

    async fn fulfill(&self, message: &Message) -> zbus::Result<()> {
        self.bus.reply(&message.header(), &Record::new()).await
    }

    async fn refuse(&self, message: &Message, name: &str, text: &str) -> zbus::Result<()> {
        self.bus.reply_error(&message.header(), name, &text).await
    }

    /// As if the user had asked for it in the app's own window.
    async fn request(&self, call: &str, action: &str, what: &str, value: bool) {
        let action = Record::from([
            ("action", Variant::from(action)),
            ("call", Variant::from(call)),
            (what, Variant::from(value)),
        ]);
        self.ask("RequestTransaction", &(vec![action], Record::new())).await;
    }
}
