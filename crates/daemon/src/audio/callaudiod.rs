//! callaudiod, which phones have: it switches their sound hardware to a call, and shells ask it for the speaker and for
//! mute: <https://gitlab.com/mobian1/callaudiod>.
//!
//! It has no owner: shells tell it the same as we do, and whoever asks last has it. So it is told of a call as a whole;
//! what others change of speaker and mute meanwhile is the user's choice, and becomes the call's.

use super::ledger::Ledger;
use super::others::ask_within;
use super::players::{BUS, PROPERTIES};
use super::thread::Event;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use zbus::wire::DynamicType;
use zbus::{Connection, Message, MessageStream, OwnedVariant};

const NAME: &str = "org.mobian_project.CallAudio";
const PATH: &str = "/org/mobian_project/CallAudio";
/// Switching a card's profile takes its time. Without a card, 0.1.7 never answers.
const PATIENCE: Duration = Duration::from_secs(2);
/// So often it is told again that somebody talks, if others say that nobody does. Then they are let.
const TIMES: u32 = 3;

/// The sound of a call, as far as callaudiod has to do with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Voice {
    /// Whether it is heard in the room. `None`: that is for the sound server alone, where the earpiece is an endpoint.
    pub speaker: Option<bool>,
    /// Whether its microphone is cut.
    pub muted: bool,
}

/// What callaudiod was told, and has to be taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// That somebody talks.
    pub voice: bool,
    /// That nobody shall be heard.
    pub muted: bool,
}

/// What it says of itself; `None`: it does not know, or nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    voice: Option<bool>,
    speaker: Option<bool>,
    microphone: Option<bool>,
}

impl State {
    /// It says this now. Other keys than its own count for nothing.
    fn take(&mut self, properties: &HashMap<String, OwnedVariant>) {
        let of = |name: &str| {
            let value = properties.get(name)?;
            // Whatever is neither is unknown, and so it is documented.
            match u32::try_from(value.clone()) {
                Ok(0) => Some(Some(false)),
                Ok(1) => Some(Some(true)),
                _ => Some(None),
            }
        };
        self.voice = of("AudioMode").unwrap_or(self.voice);
        self.speaker = of("SpeakerState").unwrap_or(self.speaker);
        self.microphone = of("MicState").unwrap_or(self.microphone);
    }
}

/// Follow the calls, until the service goes. Where the bus has no callaudiod it is asked for once.
pub async fn follow(
    mut voice: watch::Receiver<Option<Voice>>,
    path: Option<PathBuf>,
    events: &UnboundedSender<Event>,
) {
    let mut ledger: Ledger<Told> = Ledger::open(path);
    if *ledger.saved() != Told::default() {
        undo(*ledger.saved()).await;
        keep(&mut ledger, Told::default());
    }
    while voice.wait_for(Option::is_some).await.is_ok() {
        if let Ok(bus) = Connection::session().await {
            if !is_there(&bus).await {
                return;
            }
            talk(&bus, &mut voice, &mut ledger, events).await;
        }
        if voice.wait_for(Option::is_none).await.is_err() {
            return;
        }
    }
}

/// Somebody talks, until nobody does.
async fn talk(
    bus: &Connection,
    voice: &mut watch::Receiver<Option<Voice>>,
    ledger: &mut Ledger<Told>,
    events: &UnboundedSender<Event>,
) {
    let mut news = MessageStream::from(bus);
    let rule = format!(
        "type='signal',sender='{NAME}',interface='{PROPERTIES}',member='PropertiesChanged',path='{PATH}'"
    );
    if ask_within(PATIENCE, bus, BUS, "/org/freedesktop/DBus", BUS, "AddMatch", &rule)
        .await
        .is_none()
    {
        tracing::warn!("what is asked of callaudiod during a call is not seen");
    }
    keep(ledger, Told { voice: true, muted: false });
    tell(bus, "SelectMode", &1_u32).await;
    let owner =
        ask_within(PATIENCE, bus, BUS, "/org/freedesktop/DBus", BUS, "GetNameOwner", &NAME).await;
    let owner: Option<String> = owner.and_then(|reply| reply.body().deserialize().ok());
    // What it has changed by itself for the call is nobody's choice.
    let mut state = state(bus).await;
    let (mut muted, mut speaker, mut times) = (false, None, 0);
    loop {
        let Some(wanted) = *voice.borrow_and_update() else { break };
        if wanted.muted != muted {
            muted = wanted.muted;
            keep(ledger, Told { voice: true, muted: muted || ledger.saved().muted });
            tell(bus, "MuteMic", &muted).await;
            state.microphone = Some(!muted);
        }
        if wanted.speaker != speaker {
            speaker = wanted.speaker;
            if let Some(on) = speaker {
                tell(bus, "EnableSpeaker", &on).await;
                state.speaker = Some(on);
            }
        }
        loop {
            tokio::select! {
                changed = voice.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return,
                },
                message = news.next() => {
                    // The bus is gone, and so is the service soon.
                    let Some(message) = message else { return };
                    let before = state;
                    let Some(said) = message.ok().and_then(|message| told(&message, owner.as_deref())) else {
                        continue;
                    };
                    state.take(&said);
                    if let Some(on) = state.speaker.filter(|on| before.speaker != Some(*on)) {
                        let _ = events.send(Event::Speaker(on));
                    }
                    if let Some(on) = state.microphone.filter(|on| before.microphone != Some(*on)) {
                        muted = !on;
                        keep(ledger, Told { voice: true, muted: muted || ledger.saved().muted });
                        let _ = events.send(Event::Muted(muted));
                    }
                    // Some end the mode with any one of several calls.
                    if state.voice == Some(false) && before.voice != Some(false) && times < TIMES {
                        times += 1;
                        tell(bus, "SelectMode", &1_u32).await;
                    }
                }
            }
        }
    }
    take_back(bus, Told { voice: true, muted }).await;
    keep(ledger, Told::default());
}

/// Take back what was told. For who undoes what a killed service has left, too.
pub fn undo_now(told: Told) {
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(undo(told));
}

async fn undo(told: Told) {
    if let Ok(bus) = Connection::session().await {
        take_back(&bus, told).await;
    }
}

async fn take_back(bus: &Connection, told: Told) {
    if told.muted {
        tell(bus, "MuteMic", &false).await;
    }
    if told.voice {
        tell(bus, "SelectMode", &0_u32).await;
    }
}

fn keep(ledger: &mut Ledger<Told>, told: Told) {
    if let Err(error) = ledger.save(&told, told == Told::default()) {
        tracing::warn!("what callaudiod was told cannot be written down: {error}");
    }
}

/// Whether it runs, or would be started.
async fn is_there(bus: &Connection) -> bool {
    let runs =
        ask_within(PATIENCE, bus, BUS, "/org/freedesktop/DBus", BUS, "NameHasOwner", &NAME).await;
    if runs.and_then(|reply| reply.body().deserialize().ok()) == Some(true) {
        return true;
    }
    let names =
        ask_within(PATIENCE, bus, BUS, "/org/freedesktop/DBus", BUS, "ListActivatableNames", &())
            .await;
    let names: Vec<String> =
        names.and_then(|reply| reply.body().deserialize().ok()).unwrap_or_default();
    names.iter().any(|name| name == NAME)
}

async fn state(bus: &Connection) -> State {
    let mut state = State::default();
    let said = ask_within(PATIENCE, bus, NAME, PATH, PROPERTIES, "GetAll", &NAME).await;
    if let Some(said) = said.and_then(|reply| reply.body().deserialize().ok()) {
        state.take(&said);
    }
    state
}

/// What it says has changed, if it is it.
fn told(message: &Message, owner: Option<&str>) -> Option<HashMap<String, OwnedVariant>> {
    let header = message.header();
    if header.member()?.as_str() != "PropertiesChanged"
        || header.path()?.as_str() != PATH
        || header.sender()?.as_str() != owner?
    {
        return None;
    }
    let body = message.body();
    let (interface, changed, _): (String, HashMap<String, OwnedVariant>, Vec<String>) =
        body.deserialize().ok()?;
    (interface == NAME).then_some(changed)
}

async fn tell<B: Serialize + DynamicType>(bus: &Connection, member: &str, body: &B) {
    if ask_within(PATIENCE, bus, NAME, PATH, NAME, member, body).await.is_none() {
        tracing::debug!("callaudiod does not answer to {member}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_neither_on_nor_off_is_unknown() {
        let said =
            |name: &str, value: u32| HashMap::from([(name.to_owned(), OwnedVariant::from(value))]);
        let mut state = State::default();
        state.take(&said("SpeakerState", 1));
        state.take(&said("MicState", 0));
        state.take(&said("Other", 1));
        let is = State { voice: None, speaker: Some(true), microphone: Some(false) };
        assert_eq!(state, is);
        state.take(&said("SpeakerState", 255));
        assert_eq!(state, State { speaker: None, ..is });
    }
}
