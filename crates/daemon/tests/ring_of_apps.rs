//! The whole way: an app, the service, and what is heard of it at an output.

mod support;

use hookswitch::{
    AnswerCallAction, CallTone, CallUpdate, CallUuid, EndCallAction, EndedReason, Error, Handle,
    HandleKind, Provider, ProviderDelegate, ReportError, Reset, StartCall, StartCallAction,
    new_call,
};
use std::fs::{File, read_to_string};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::ear::{Ear, amplitude, peak};
use support::graph::Graph;
use support::{HANGS, Tied, wav};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const APP: &str = "org.example.Chat";
const CALLER: &str = "ada-lovelace@example.org";

/// An app that does everything at once, and says when it has the audio.
struct App(UnboundedSender<CallUuid>);

impl ProviderDelegate for App {
    fn did_reset(&mut self, _: &Provider, _: Reset) {}

    fn perform_start_call(&mut self, _: &Provider, action: StartCallAction) {
        action.fulfill();
    }

    fn perform_answer_call(&mut self, _: &Provider, action: AnswerCallAction) {
        action.fulfill();
    }

    fn perform_end_call(&mut self, _: &Provider, action: EndCallAction) {
        action.fulfill();
    }

    fn did_activate_audio_session(&mut self, _: &Provider, call: CallUuid) {
        let _ = self.0.send(call);
    }
}

/// A service on a bus, with a PipeWire.
struct Phone {
    _service: Tied,
    graph: Graph,
    folder: tempfile::TempDir,
}

impl Phone {
    fn start() -> Self {
        let graph = Graph::start(&[("speaker", "internal")]);
        let folder = tempfile::tempdir().unwrap();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
        let service = Command::new(env!("CARGO_BIN_EXE_hookswitchd"))
            .env("DBUS_SESSION_BUS_ADDRESS", graph.bus())
            .env("XDG_RUNTIME_DIR", graph.socket().parent().unwrap())
            .env("HOOKSWITCH_STATE_DIR", folder.path().join("state"))
            .env("HOOKSWITCH_CONFIG_DIR", folder.path().join("config"))
            .env("HOOKSWITCH_DATA_DIR", data)
            .env("HOOKSWITCH_REGION", "de")
            .env("RUST_LOG", "info")
            .env_remove("PIPEWIRE_REMOTE")
            .stdin(Stdio::null())
            .stderr(File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let phone = Self { _service: Tied(service), graph, folder };
        support::until("the service", || phone.log().contains("serving calls"));
        phone
    }

    fn log(&self) -> String {
        read_to_string(self.folder.path().join("log")).unwrap()
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    async fn app(&self, ringtone: Option<&Path>) -> (Provider, UnboundedReceiver<CallUuid>) {
        let (tell, told) = unbounded_channel();
        let builder = Provider::builder(APP).address(self.graph.bus());
        let builder = match ringtone {
            Some(file) => builder.ringtone_sound(file),
            None => builder,
        };
        let registered = builder.register(App(tell)).await;
        (registered.unwrap_or_else(|error| panic!("{error}\n{}", self.log())), told)
    }
}

async fn rings(provider: &Provider) -> CallUuid {
    let call = new_call();
    let update = CallUpdate {
        remote_handle: Some(Handle::new(HandleKind::Generic, CALLER)),
        ..CallUpdate::default()
    };
    provider.report_new_incoming_call(call, update).await.unwrap();
    call
}

async fn ends(provider: &Provider, call: CallUuid) {
    provider.report_call_ended(call, None, EndedReason::RemoteEnded).await.unwrap();
}

/// Seed 34: what is heard is the app's file; where that is none, it is ours.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apps_ringtone_is_heard_and_a_broken_one_is_replaced_by_ours() {
    let phone = Phone::start();
    let mut speaker = Ear::at(&phone.graph.socket(), "speaker");
    let theirs = phone.put("ring.wav", &wav::file(&wav::sines(&[(1300.0, 3000)])));
    let (provider, _told) = phone.app(Some(&theirs)).await;
    let call = rings(&provider).await;
    // It begins softly.
    speaker.until("the app's ringtone", |piece| amplitude(piece, 1300.0) > 0.04);
    let heard = speaker.pieces(20).concat();
    let (level, most) = (amplitude(&heard, 1300.0), peak(&heard));
    assert!(level > most * 0.8, "nothing else is in it: {level} of {most}");
    ends(&provider, call).await;
    speaker.until("silence", |piece| peak(piece) == 0.0);
    provider.invalidate().await.unwrap();

    let broken = phone.put("broken.ogg", b"OggS, but what follows is no sound");
    let (provider, _told) = phone.app(Some(&broken)).await;
    let call = rings(&provider).await;
    speaker.until("our own ringtone", |piece| peak(piece) > 0.02);
    ends(&provider, call).await;
    speaker.until("silence again", |piece| peak(piece) == 0.0);
    let log = phone.log();
    assert!(log.contains("the ringtone of org.example.Chat: "), "{log}");
    assert!(!log.contains("lovelace"), "{log}");
}

/// AU-6 and pain 21: an app's own tones wait for the audio, and then they are heard.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_has_tones_played_once_its_call_has_the_audio() {
    let phone = Phone::start();
    let mut speaker = Ear::at(&phone.graph.socket(), "speaker");
    let (provider, mut told) = phone.app(None).await;
    let ringing = rings(&provider).await;
    let refused = provider.play_tone(ringing, CallTone::Ringback).await.unwrap_err();
    assert_eq!(refused.reason(), Some(ReportError::AudioNotActive), "{refused}");
    ends(&provider, ringing).await;
    let refused = provider.play_tone(ringing, CallTone::Ringback).await.unwrap_err();
    assert_eq!(refused.reason(), Some(ReportError::UnknownCallUuid), "{refused}");
    speaker.until("the ring's end", |piece| peak(piece) == 0.0);

    let call = new_call();
    let callee = Handle::new(HandleKind::Generic, "bob@example.org");
    provider.controller().start_call(StartCall::new(call, callee)).await.unwrap();
    let active = tokio::time::timeout(HANGS, told.recv()).await.unwrap();
    assert_eq!(active, Some(call));
    provider.play_tone(call, CallTone::Ringback).await.unwrap();
    let tone = |piece: &[f32]| amplitude(piece, 425.0) > 0.2;
    let on = |speaker: &mut Ear| {
        speaker.until("the tone", tone);
        speaker.until("its pause", |piece| peak(piece) == 0.0).len()
    };
    // A second, in Germany.
    let length = on(&mut speaker);
    assert!((92..=108).contains(&length), "{length}0 ms");
    // It is answered at the other end: no pause of four seconds ends in a tone any more.
    provider.report_outgoing_call_connected(call, None).await.unwrap();
    assert!(speaker.pieces(450).iter().all(|piece| peak(piece) == 0.0));

    provider.play_tone(call, CallTone::Busy).await.unwrap();
    let length = on(&mut speaker);
    assert!((40..=56).contains(&length), "{length}0 ms");
    provider.stop_tone(call).await.unwrap();
    // What is under way is a pause, or a piece of the tone.
    speaker.pieces(20);
    assert!(speaker.pieces(120).iter().all(|piece| peak(piece) == 0.0));
    provider.stop_tone(call).await.unwrap();

    // The end of the call is the end of its tone.
    provider.play_tone(call, CallTone::Failure).await.unwrap();
    speaker.until("the failure tone", tone);
    ends(&provider, call).await;
    speaker.pieces(20);
    assert!(speaker.pieces(120).iter().all(|piece| peak(piece) == 0.0));
    let refused: Error<ReportError> = provider.stop_tone(call).await.unwrap_err();
    assert_eq!(refused.reason(), Some(ReportError::UnknownCallUuid));
}
