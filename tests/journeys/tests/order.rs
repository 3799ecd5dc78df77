//! Everything a provider is told comes in the order in which the service decided it: under load, across calls, whether the
//! app uses the library or speaks D-Bus itself. What the service decided is read from its journal.

use futures_util::StreamExt;
use hookswitch::{
    AnswerCallAction, CallNumber, CallState, CallUpdate, CallUuid, Configuration, DtmfDigits,
    EndCallAction, Handle, HandleKind, Outcome, PlayDtmfCallAction, Provider, ProviderDelegate,
    Reset, SetHeldCallAction, SetMutedCallAction, new_call,
};
use hookswitch_bus::names::{DELEGATE_PATH, PROVIDER};
use hookswitch_journeys::{Phone, Record, Screen, soon};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use zbus::message::Type;
use zbus::{MessageStream, OwnedVariant};

const CHAT: &str = "org.example.Chat";
const TALK: &str = "org.example.Talk";

/// Swaps of the two calls, with everything else that happens in between.
const ROUNDS: usize = 120;

/// What an app was told, in order: the words of the journal, with its own id of the call.
type Told = Arc<Mutex<Vec<(String, String)>>>;

/// An app that uses the library, and does at once what it is asked.
struct Delegate(Told);

impl Delegate {
    fn tell(&self, words: &str, call: CallUuid) {
        self.0.lock().unwrap().push((words.to_owned(), call.to_string()));
    }
}

impl ProviderDelegate for Delegate {
    fn did_reset(&mut self, _: &Provider, _: Reset) {}

    fn perform_answer_call(&mut self, _: &Provider, action: AnswerCallAction) {
        self.tell("perform answer", action.call);
        action.fulfill();
    }

    fn perform_end_call(&mut self, _: &Provider, action: EndCallAction) {
        self.tell("perform end", action.call);
        action.fulfill();
    }

    fn perform_set_held(&mut self, _: &Provider, action: SetHeldCallAction) {
        let words = if action.on_hold { "perform hold" } else { "perform resume" };
        self.tell(words, action.call);
        action.fulfill();
    }

    fn perform_set_muted(&mut self, _: &Provider, action: SetMutedCallAction) {
        let words = if action.muted { "perform mute" } else { "perform unmute" };
        self.tell(words, action.call);
        action.fulfill();
    }

    fn perform_play_dtmf(&mut self, _: &Provider, action: PlayDtmfCallAction) {
        self.tell("perform dtmf", action.call);
        action.fulfill();
    }

    fn did_activate_audio_session(&mut self, _: &Provider, call: CallUuid) {
        self.tell("audio on", call);
    }

    fn did_deactivate_audio_session(&mut self, _: &Provider, call: CallUuid) {
        self.tell("audio off", call);
    }
}

/// The same without the library, on a connection of its own.
async fn performs(mut messages: MessageStream, bus: zbus::Connection, told: Told) {
    while let Some(Ok(message)) = messages.next().await {
        let header = message.header();
        let ours = header.path().is_some_and(|path| path.as_str() == DELEGATE_PATH);
        if message.message_type() != Type::MethodCall || !ours {
            continue;
        }
        let body = message.body();
        let member = header.member().map_or("", |member| member.as_str());
        if let Some(words) = match member {
            "DidActivateAudioSession" => Some("audio on"),
            "DidDeactivateAudioSession" => Some("audio off"),
            _ => None,
        } {
            let (call, _): (String, HashMap<String, OwnedVariant>) = body.deserialize().unwrap();
            told.lock().unwrap().push((words.to_owned(), call));
        }
        let Ok((_, call, details)) =
            body.deserialize::<(u64, String, HashMap<String, OwnedVariant>)>()
        else {
            continue;
        };
        let yes = |key: &str| details.get(key) == Some(&OwnedVariant::from(true));
        let words = match member {
            "PerformAnswerCall" => "perform answer",
            "PerformEndCall" => "perform end",
            "PerformSetHeld" if yes("held") => "perform hold",
            "PerformSetHeld" => "perform resume",
            "PerformSetMuted" if yes("muted") => "perform mute",
            "PerformSetMuted" => "perform unmute",
            "PerformPlayDtmf" => "perform dtmf",
            other => panic!("{other} was not to be expected"),
        };
        told.lock().unwrap().push((words.to_owned(), call));
        bus.reply(&header, &Record::new()).await.unwrap();
    }
}

/// What the journal says an app was told, with the app's own ids of its calls, which it reported in this order.
fn decided(journal: &[String], party: &str, calls: &[String]) -> Vec<(String, String)> {
    let mut aliases: HashMap<&str, &String> = HashMap::new();
    let mut reported = calls.iter();
    let mut told = Vec::new();
    for line in journal {
        let Some((parties, words)) = line.trim().split_once(" : ") else { continue };
        let Some((from, to)) = parties.split_once("->") else { continue };
        let words: Vec<&str> = words.trim().split(' ').collect();
        match (from.trim(), to.trim(), &words[..]) {
            (from, _, ["report", "incoming", call, ..]) if from == party => {
                aliases.insert(call, reported.next().expect("it reported so many"));
            }
            (_, to, ["perform" | "audio", verb, call, ..]) if to == party => {
                told.push((format!("{} {verb}", words[0]), aliases[call].clone()));
            }
            _ => {}
        }
    }
    assert!(reported.next().is_none(), "the journal has all calls of {party}");
    told
}

fn update(name: &str) -> CallUpdate {
    CallUpdate {
        remote_handle: Some(Handle::new(HandleKind::Generic, "anna@example.org")),
        localized_caller_name: Some(name.to_owned()),
        ..CallUpdate::default()
    }
}

async fn fulfilled(request: hookswitch::Request, what: &str) {
    let outcome = soon(what, request.outcome()).await.unwrap();
    assert!(outcome.iter().all(|one| matches!(one, Outcome::Fulfilled(_))), "{what}: {outcome:?}");
}

async fn answered(screen: &mut Screen, number: CallNumber) {
    screen.is(number, CallState::Ringing).await;
    fulfilled(screen.surface.answer(number, None), "an answer").await;
    screen.is(number, CallState::Active).await;
}

#[tokio::test]
async fn everything_a_provider_is_told_comes_in_order() {
    let phone = Phone::with_policy(
        "answer=60000,hold=60000,mute=60000,dtmf=60000,end=60000,calls_per_account=1000",
    );
    let chat_told = Told::default();
    let builder = Provider::builder(CHAT).address(phone.address());
    let builder = builder.configuration(Configuration::default());
    let chat = soon("the app", builder.register(Delegate(chat_told.clone()))).await.unwrap();
    let mut talk = phone.peer().await;
    talk.register(TALK, Record::new()).await;
    let talk_told = Told::default();
    let messages = MessageStream::from(&talk.bus);
    let performing = tokio::spawn(performs(messages, talk.bus.clone(), talk_told.clone()));
    let mut screen = phone.screen().await;

    let first = new_call();
    let number = chat.report_new_incoming_call(first, update("anna")).await.unwrap();
    answered(&mut screen, number).await;
    let (other, other_number) = talk.rings().await;
    let other_number = CallNumber(other_number);
    answered(&mut screen, other_number).await;
    let mut chat_calls = vec![first.to_string()];
    let mut asked = Vec::new();
    let one = DtmfDigits::new("1".to_owned()).unwrap();
    for round in 0..ROUNDS {
        // Nobody waits for these: they are under way while the calls are swapped.
        for app in [number, other_number] {
            asked.push(screen.surface.set_muted(app, round % 2 == 0, None));
        }
        chat.report_call_updated(first, update(&format!("anna {round}"))).forget();
        let news = Record::from([("name", format!("carl {round}").into())]);
        let body = vec![other.clone().into(), news.into()];
        talk.calls(PROVIDER, "ReportCallUpdated", &body).await;
        if round % 3 == 0 {
            // One more call, that ends before anybody answers.
            let more = new_call();
            chat_calls.push(more.to_string());
            let rung = soon("a call", chat.report_new_incoming_call(more, update("bob"))).await;
            asked.push(screen.surface.decline(rung.unwrap(), None));
        }
        let (resumed, held) = match round % 2 {
            0 => (number, other_number),
            _ => (other_number, number),
        };
        fulfilled(screen.surface.swap(resumed, None), "a swap").await;
        screen.is(held, CallState::Held).await;
        if resumed == number {
            asked.push(chat.controller().play_dtmf(first, one.clone()));
            asked.push(screen.surface.play_dtmf(number, &one, None));
        } else {
            asked.push(screen.surface.play_dtmf(other_number, &one, None));
        }
    }
    for request in asked {
        // Tones that a swap overtook fail; they are told, or not, in order all the same.
        soon("the outcome", request.outcome()).await.ok();
    }
    for number in [number, other_number] {
        fulfilled(screen.surface.end(number, None), "an end").await;
        screen.over(number).await;
    }
    let journal = soon("the journal", screen.surface.journal(10_000)).await.unwrap();
    // What the service sent before an answer has arrived with it.
    chat.set_configuration(Configuration::default()).await.unwrap();
    talk.calls(PROVIDER, "Invalidate", &Vec::new()).await;
    performing.abort();

    for (party, told, calls) in
        [("chat", &chat_told, &chat_calls), ("talk", &talk_told, &vec![other])]
    {
        let told = told.lock().unwrap().clone();
        let decided = decided(&journal, party, calls);
        let apart = told.iter().zip(&decided).position(|(told, decided)| told != decided);
        assert_eq!(
            apart,
            None,
            "{party} was told {:?}, at",
            apart.map(|at| (&told[at], &decided[at]))
        );
        assert_eq!(told.len(), decided.len(), "{party}");
        assert!(told.len() >= 3 * ROUNDS, "{party} was told only {} things", told.len());
    }
}
