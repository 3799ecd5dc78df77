//! The floor: a service that decides nothing. It keeps who has which call, and relays.
//!
//! It sends the messages of the contract, with records as large as the service's, each batch in one write, over a raw
//! message stream on one thread. What the service costs above this is what deciding costs.
//!
//! One call, 15 messages: report; *changed, reply*; answer; *reply, perform answer*; its reply; *changed, audio on*;
//! end; *reply, perform end*; its reply; *changed, audio off*. Those in italics leave in one write each. A call that ends
//! elsewhere takes two more: report of the end; *changed, reply*. What it does not know it refuses, with a text as long as
//! the service's.

use crate::Outcome;
use crate::wire::{Line, reply};
use hookswitch_bus::names::{DELEGATE, DELEGATE_PATH, PATH, PROVIDER, SERVICE, SURFACE};
use hookswitch_bus::{
    AcceptedRecord, AdmittedRecord, CallRecord, ChangeRecord, ChoiceRecord, ConfigurationRecord,
    EndedRecord, FinishedRecord, PerformRecord, Refusal, RegisteredRecord, RequestOptions,
    ResultRecord, StateRecord, UpdateRecord, error_name,
};
use hookswitch_core::words::ReportError;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::{SystemTime, UNIX_EPOCH};
use zbus::export::serde::Serialize;
use zbus::message::{Flags, Type};
use zbus::{DynamicType, Message};

/// Be the floor until killed.
pub async fn run() -> Outcome {
    let mut line = Line::connect().await?;
    line.connection.request_name(SERVICE).await?;
    let mut relay = Relay::default();
    loop {
        let message = line.next().await?;
        let out = relay.take(&message)?;
        line.connection.send_all(&out).await?;
    }
}

struct Known {
    owner: String,
    uuid: String,
    record: CallRecord,
}

/// A perform that has no reply yet.
struct Asked {
    number: u64,
    surface: String,
    transaction: u64,
}

#[derive(Default)]
struct Relay {
    apps: HashMap<String, String>,
    surfaces: Vec<String>,
    calls: HashMap<u64, Known>,
    numbers: HashMap<(String, String), u64>,
    asked: HashMap<NonZeroU32, Asked>,
    last: u64,
}

impl Relay {
    fn take(&mut self, message: &Message) -> Outcome<Vec<Message>> {
        let header = message.header();
        if message.message_type() == Type::MethodReturn {
            let asked = header.reply_serial().and_then(|serial| self.asked.remove(&serial));
            return asked.map_or(Ok(Vec::new()), |asked| self.performed(&asked, message));
        }
        let (Type::MethodCall, Some(member)) = (message.message_type(), header.member()) else {
            return Ok(Vec::new());
        };
        let provider = header.interface().is_some_and(|name| name.as_str() == PROVIDER);
        match (provider, member.as_str()) {
            (true, "Register") => self.register(message),
            (false, "Register") => {
                self.surfaces.push(sender(message));
                Ok(vec![reply(message, &StateRecord::default())?])
            }
            (true, "ReportNewIncomingCall") => self.incoming(message),
            (true, "ReportCallEnded") => self.ended(message),
            (false, "Answer") => self.request(message, "answering", "PerformAnswerCall"),
            (false, "End") => self.request(message, "ending", "PerformEndCall"),
            _ => Ok(vec![refusal(message)?]),
        }
    }

    fn register(&mut self, message: &Message) -> Outcome<Vec<Message>> {
        let configuration: ConfigurationRecord = message.body().deserialize()?;
        self.apps.insert(sender(message), configuration.app_id.unwrap_or_default());
        Ok(vec![reply(message, &RegisteredRecord::default())?])
    }

    fn incoming(&mut self, message: &Message) -> Outcome<Vec<Message>> {
        let (uuid, update): (String, UpdateRecord) = message.body().deserialize()?;
        let owner = sender(message);
        self.last += 1;
        let app = self.apps.get(&owner).cloned().unwrap_or_default();
        let record = CallRecord {
            number: self.last,
            app_name: app.clone(),
            app_id: app,
            verified: true,
            account: "default".to_owned(),
            direction: "incoming".to_owned(),
            state: "ringing".to_owned(),
            handle: update.handle.unwrap_or_default(),
            handle_kind: update.handle_kind.unwrap_or_default(),
            handle_name: update.handle_name,
            name: update.name,
            has_video: update.has_video.unwrap_or(false),
            supports_holding: update.supports_holding.unwrap_or(true),
            supports_grouping: true,
            supports_ungrouping: true,
            supports_dtmf: true,
            choices: choices(&["answer", "decline"]),
            choices_revision: 1,
            started: Some(date()),
            ..CallRecord::default()
        };
        let change = ChangeRecord { ring: Some("loud".to_owned()), ..change_of(&record) };
        let mut out = self.changed(&change, None)?;
        out.push(reply(message, &AdmittedRecord { number: self.last, audio: None })?);
        self.numbers.insert((owner.clone(), uuid.clone()), self.last);
        self.calls.insert(self.last, Known { owner, uuid, record });
        Ok(out)
    }

    fn ended(&mut self, message: &Message) -> Outcome<Vec<Message>> {
        let (uuid, ended): (String, EndedRecord) = message.body().deserialize()?;
        let known = self.numbers.remove(&(sender(message), uuid));
        let Some(mut known) = known.and_then(|number| self.calls.remove(&number)) else {
            return Ok(vec![refusal(message)?]);
        };
        known.record.choices_revision += 1;
        known.record.choices = Vec::new();
        known.record.state = "ended".to_owned();
        known.record.ended_reason = ended.reason;
        let change = ChangeRecord { ring: Some("silent".to_owned()), ..change_of(&known.record) };
        let mut out = self.changed(&change, None)?;
        out.push(reply(message, &())?);
        Ok(out)
    }

    fn request(&mut self, message: &Message, state: &str, perform: &str) -> Outcome<Vec<Message>> {
        let (number, _options): (u64, RequestOptions) = message.body().deserialize()?;
        let known = self.calls.get_mut(&number).ok_or("no such call")?;
        let answering = perform == "PerformAnswerCall";
        known.record.state = state.to_owned();
        known.record.choices_revision += 1;
        known.record.choices = if answering { choices(&["end"]) } else { Vec::new() };
        known.record.ending_kind = (!answering).then(|| "hang_up".to_owned());
        let ring = answering.then(|| "silent".to_owned());
        let change = ChangeRecord { ring, ..change_of(&known.record) };
        let action = known.record.choices_revision + number * 4;
        let details = PerformRecord {
            deadline_ms: if answering { 30_000 } else { 5_000 },
            kind: (!answering).then(|| "hang_up".to_owned()),
            ..PerformRecord::default()
        };
        let body = (action, &known.uuid, details);
        let perform = to_provider(known, perform, Flags::NO_AUTO_START, &body)?;
        let asked = Asked { number, surface: sender(message), transaction: action };
        let mut out = self.changed(&change, Some(&asked.surface))?;
        let accepted = AcceptedRecord { transaction: action, change: Some(change) };
        out.push(reply(message, &accepted)?);
        self.asked.insert(perform.primary_header().serial_num(), asked);
        out.push(perform);
        Ok(out)
    }

    fn performed(&mut self, asked: &Asked, message: &Message) -> Outcome<Vec<Message>> {
        let _result: ResultRecord = message.body().deserialize()?;
        let known = self.calls.get_mut(&asked.number).ok_or("no such call")?;
        let record = &mut known.record;
        record.choices_revision += 1;
        let audio = if record.state == "answering" {
            record.state = "active".to_owned();
            record.choices = choices(&["end", "hold"]);
            record.connected = Some(date());
            "DidActivateAudioSession"
        } else {
            record.state = "ended".to_owned();
            record.ended_reason = Some("hung_up".to_owned());
            record.ending_kind = None;
            "DidDeactivateAudioSession"
        };
        let over = record.ended_reason.is_some();
        let change = change_of(record);
        let flags = Flags::NO_REPLY_EXPECTED | Flags::NO_AUTO_START;
        let body = (&known.uuid, ResultRecord::default());
        let audio = to_provider(known, audio, flags, &body)?;
        let mut out = self.changed(&change, Some(&asked.surface))?;
        let finished = FinishedRecord {
            transaction: asked.transaction,
            results: vec!["fulfilled".to_owned()],
        };
        let change = ChangeRecord { finished: Some(vec![finished]), ..change };
        out.push(signal(&asked.surface, &change)?);
        out.push(audio);
        if over && let Some(known) = self.calls.remove(&asked.number) {
            self.numbers.remove(&(known.owner, known.uuid));
        }
        Ok(out)
    }

    /// The change, for every surface but one.
    fn changed(&self, change: &ChangeRecord, but: Option<&str>) -> Outcome<Vec<Message>> {
        let others = self.surfaces.iter().filter(|surface| but != Some(surface.as_str()));
        others.map(|surface| signal(surface, change)).collect()
    }
}

fn refusal(message: &Message) -> Outcome<Message> {
    let Refusal { name, text } = ReportError::UnknownCallUuid.into();
    Ok(Message::error(&message.header(), error_name(name)).build(&text)?)
}

fn sender(message: &Message) -> String {
    message.header().sender().map(ToString::to_string).unwrap_or_default()
}

fn signal(surface: &str, change: &ChangeRecord) -> Outcome<Message> {
    Ok(Message::signal(PATH, SURFACE, "Changed").destination(surface).build(change)?)
}

fn to_provider<B: Serialize + DynamicType>(
    known: &Known,
    member: &str,
    flags: Flags,
    body: &B,
) -> Outcome<Message> {
    let call = Message::method_call(DELEGATE_PATH, member).interface(DELEGATE);
    Ok(call.destination(known.owner.as_str()).with_flags(flags).build(body)?)
}

fn change_of(record: &CallRecord) -> ChangeRecord {
    ChangeRecord { calls: Some(vec![record.clone()]), ..ChangeRecord::default() }
}

fn choices(words: &[&str]) -> Vec<ChoiceRecord> {
    let choice =
        |word: &&str| ChoiceRecord { choice: (*word).to_owned(), ..ChoiceRecord::default() };
    words.iter().map(choice).collect()
}

fn date() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
