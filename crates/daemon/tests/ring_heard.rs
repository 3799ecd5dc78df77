//! What is heard of a ring, recorded at the outputs of a PipeWire without devices.

mod support;

use hookswitch_core::words::RingLevel;
use hookswitchd::ring::apart::Decoder;
use hookswitchd::ring::choice::FILE;
use hookswitchd::ring::region::Region;
use hookswitchd::ring::score::Order;
use hookswitchd::ring::sound::Sound;
use hookswitchd::ring::tone::Tone;
use hookswitchd::ring::voice::Voice;
use hookswitchd::ring::{Caller, RingNews, RingSettings, Ringer, Unavailable};
use std::fs::{File, write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use support::ear::{Ear, amplitude, peak};
use support::graph::Graph;
use support::{HANGS, wav};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Each graph wants a core for itself: one after the other.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

const PHONE: [(&str, &str); 3] =
    [("speaker", "internal"), ("earpiece", "handset"), ("headset", "headset")];
/// The waiting tone in Germany.
const WAITING: f32 = 425.0;

fn voice(graph: &Graph) -> (Voice, UnboundedReceiver<RingNews>) {
    let (tell, told) = unbounded_channel();
    (Voice::new(Some(graph.socket()), Region::of_country("de"), tell), told)
}

/// The next news.
fn next(news: &mut UnboundedReceiver<RingNews>) -> RingNews {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let next = runtime.block_on(async { tokio::time::timeout(HANGS, news.recv()).await });
    next.expect("news in time").expect("a voice that lives")
}

fn loud(voice: &Voice, number: u64, sound: &Sound, ramp: Duration) {
    voice.order(Order::Ring { level: RingLevel::Loud, number, ramp });
    voice.order(Order::Ringtone(number, Some(Arc::new(sound.clone()))));
    voice.order(Order::Audible(number, true));
}

fn level(voice: &Voice, number: u64, level: RingLevel) {
    voice.order(Order::Ring { level, number, ramp: Duration::ZERO });
}

fn sounding(names: &[&str]) -> RingNews {
    let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    names.sort();
    RingNews::Sounding(names)
}

/// The longest time of silence in it, in pieces of 10 ms.
fn longest_gap(pieces: &[Vec<f32>]) -> usize {
    let gaps = pieces.split(|piece| peak(piece) > 0.002);
    gaps.map(<[_]>::len).max().unwrap_or_default()
}

#[test]
fn a_ring_gets_louder_turns_into_the_waiting_tone_and_ends() {
    let _alone = alone();
    let graph = Graph::start(&PHONE);
    let mut speaker = Ear::at(&graph.socket(), "speaker");
    let mut headset = Ear::at(&graph.socket(), "headset");
    let mut earpiece = Ear::at(&graph.socket(), "earpiece");
    let (voice, mut news) = voice(&graph);

    loud(&voice, 1, &wav::sines(&[(1000.0, 60_000)]), Duration::from_secs(2));
    assert_eq!(next(&mut news), sounding(&["speaker", "headset"]));
    let rings = |piece: &[f32]| amplitude(piece, 1000.0) > 0.03;
    speaker.until("the ring at the speaker", rings);
    let first = amplitude(&speaker.pieces(10).concat(), 1000.0);
    assert!((0.03..0.15).contains(&first), "it begins softly: {first}");
    speaker.until("a loud ring", |piece| amplitude(piece, 1000.0) > 0.48);
    let full = amplitude(&speaker.pieces(20).concat(), 1000.0);
    assert!((0.45..0.52).contains(&full), "as loud as the file: {full}");
    headset.until("the ring at the headset", |piece| amplitude(piece, 1000.0) > 0.48);

    // It turns into the tone without a gap, and only where the call is heard.
    level(&voice, 1, RingLevel::Waiting);
    assert_eq!(next(&mut news), sounding(&["speaker"]));
    let tone = |piece: &[f32]| amplitude(piece, WAITING) > 0.1;
    let between = speaker.until("the waiting tone", tone);
    assert!(longest_gap(&between) <= 3, "a gap of {}0 ms", longest_gap(&between));
    let soft = speaker.pieces(5).concat();
    assert!((0.1..0.14).contains(&amplitude(&soft, WAITING)), "{}", amplitude(&soft, WAITING));
    assert!(amplitude(&soft, 1000.0) < 0.01, "{}", amplitude(&soft, 1000.0));
    headset.until("silence at the headset", |piece| peak(piece) == 0.0);
    assert!(headset.pieces(50).iter().all(|piece| peak(piece) == 0.0));

    // Loud again, with the sound it had; then nothing at all.
    voice.order(Order::Ring { level: RingLevel::Loud, number: 1, ramp: Duration::ZERO });
    speaker.until("the ring again", |piece| amplitude(piece, 1000.0) > 0.45);
    assert_eq!(next(&mut news), sounding(&["speaker", "headset"]));
    level(&voice, 1, RingLevel::Silent);
    assert_eq!(next(&mut news), RingNews::Quiet);
    speaker.until("silence", |piece| peak(piece) == 0.0);
    assert!(speaker.pieces(50).iter().all(|piece| peak(piece) == 0.0));
    // Everything that the earpiece gave out since the beginning.
    assert!(earpiece.pieces(300).iter().all(|piece| peak(piece) == 0.0));
}

#[test]
fn a_headset_that_appears_joins_in_and_the_ring_goes_on() {
    let _alone = alone();
    let graph = Graph::start(&PHONE[..2]);
    let mut speaker = Ear::at(&graph.socket(), "speaker");
    let (voice, mut news) = voice(&graph);
    loud(&voice, 1, &wav::sines(&[(600.0, 1000), (1500.0, 59_000)]), Duration::ZERO);
    assert_eq!(next(&mut news), sounding(&["speaker"]));
    let second = |piece: &[f32]| amplitude(piece, 1500.0) > 0.4;
    speaker.until("the second part", second);

    graph.plug_in("buds", "headset");
    assert_eq!(next(&mut news), sounding(&["speaker", "buds"]));
    let mut buds = Ear::at(&graph.socket(), "buds");
    let before = buds.until("the ring at the headset", second);
    let heard = before.iter().chain(&buds.pieces(50)).cloned().collect::<Vec<_>>().concat();
    assert!(amplitude(&heard, 600.0) < 0.01, "it began again: {}", amplitude(&heard, 600.0));
    let meanwhile = speaker.pieces(100);
    assert!(longest_gap(&meanwhile) <= 3, "a gap of {}0 ms", longest_gap(&meanwhile));
    assert!(amplitude(&meanwhile.concat(), 600.0) < 0.01);
}

#[test]
fn without_pipewire_it_is_said_once_and_a_ring_sounds_when_it_comes_back() {
    let _alone = alone();
    let mut graph = Graph::start(&PHONE[..1]);
    let (voice, mut news) = voice(&graph);
    loud(&voice, 1, &wav::sines(&[(1000.0, 60_000)]), Duration::ZERO);
    assert_eq!(next(&mut news), sounding(&["speaker"]));
    graph.kill();
    assert_eq!(next(&mut news), RingNews::Unavailable(Unavailable::Lost));
    graph.run();
    let mut speaker = Ear::at(&graph.socket(), "speaker");
    speaker.until("the ring", |piece| amplitude(piece, 1000.0) > 0.4);
    level(&voice, 1, RingLevel::Silent);
    speaker.until("silence", |piece| peak(piece) == 0.0);

    let (tell, mut told) = unbounded_channel();
    let nowhere = Voice::new(Some("/nonexistent".into()), Region::default(), tell);
    for number in 1..=3 {
        level(&nowhere, number, RingLevel::Loud);
        level(&nowhere, number, RingLevel::Silent);
    }
    assert_eq!(told.try_recv(), Ok(RingNews::Unavailable(Unavailable::NoServer)));
    assert!(told.try_recv().is_err(), "it is said once");
}

#[test]
fn tones_of_apps_go_on_and_notices_are_heard_once() {
    let _alone = alone();
    let graph = Graph::start(&PHONE);
    let mut earpiece = Ear::at(&graph.socket(), "earpiece");
    let (voice, mut news) = voice(&graph);
    voice.order(Order::Endpoint(Some("earpiece".to_owned())));
    voice.order(Order::Tone(Some(Tone::Busy)));
    assert_eq!(next(&mut news), sounding(&["earpiece"]));
    // 480 ms on and off, in Germany.
    for _ in 0..3 {
        earpiece.until("the busy tone", |piece| amplitude(piece, 425.0) > 0.2);
        let on = earpiece.until("a pause", |piece| peak(piece) == 0.0).len();
        assert!((40..=56).contains(&on), "{on}0 ms");
    }
    voice.order(Order::Tone(None));
    assert_eq!(next(&mut news), RingNews::Quiet);
    voice.order(Order::Once(Tone::Refusal));
    assert_eq!(next(&mut news), sounding(&["earpiece"]));
    earpiece.until("the refusal", |piece| amplitude(piece, 300.0) > 0.2);
    assert_eq!(next(&mut news), RingNews::Quiet);
    // What is on its way is heard a little later; then there is nothing more.
    let silent = |pieces: &[Vec<f32>]| pieces.iter().all(|piece| peak(piece) == 0.0);
    assert!((0..20).any(|_| silent(&earpiece.pieces(60))), "it does not end");
    assert!(silent(&earpiece.pieces(60)), "it was heard again");
}

/// A ringer with files of its own, in this folder.
fn ringer(graph: &Graph, folder: &Path, ringtones: &str) -> (Ringer, UnboundedReceiver<RingNews>) {
    write(folder.join(FILE), ringtones).unwrap();
    let settings = RingSettings {
        config: Some(folder.to_owned()),
        data: vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data")],
        region: Region::of_country("de"),
        server: Some(graph.socket()),
        decoder: Decoder::at(Path::new(env!("CARGO_BIN_EXE_hookswitchd"))),
        ..RingSettings::default()
    };
    // No bus: whoever is asked there does not answer, and it rings.
    let feedback = hookswitchd::ring::feedback::Feedback::at("unix:path=/nonexistent");
    Ringer::new(RingSettings { feedback, ..settings })
}

fn caller(handle: &str, ringtone: Option<File>) -> Option<Caller> {
    let (app, handle) = ("org.example.Chat".to_owned(), handle.to_owned());
    Some(Caller { app, handle, ringtone: ringtone.map(Arc::new) })
}

#[test]
fn the_ringtone_is_the_users_then_the_apps_and_ours_where_that_is_none() {
    let _alone = alone();
    let graph = Graph::start(&PHONE[..1]);
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        write(&path, bytes).unwrap();
        path
    };
    let ada = put("ada.wav", &wav::file(&wav::sines(&[(700.0, 2000)])));
    let app = put("app.wav", &wav::file(&wav::sines(&[(1900.0, 2000)])));
    let broken = put("broken.wav", b"RIFF and nothing behind it");
    let ringtones = format!(
        r#"{{"ramp_ms": 0, "callers": {{"ada@example.org": {ada:?}, "eve": {broken:?}}}}}"#
    );
    let (mut ringer, mut news) = ringer(&graph, folder.path(), &ringtones);
    let mut speaker = Ear::at(&graph.socket(), "speaker");
    let mut rings = |handle: &str, file: Option<&Path>, what: &str, so: &dyn Fn(&[f32]) -> bool| {
        let file = file.map(|path| File::open(path).unwrap());
        ringer.ring(RingLevel::Loud, || caller(handle, file));
        let mut said = Vec::new();
        loop {
            match next(&mut news) {
                RingNews::Ringtone(text) => said.push(text),
                RingNews::Sounding(_) => break,
                _ => {}
            }
        }
        speaker.until(what, so);
        ringer.ring(RingLevel::Silent, || None);
        speaker.until("silence", |piece| peak(piece) == 0.0);
        said
    };
    let ours = |piece: &[f32]| peak(piece) > 0.1 && amplitude(piece, 700.0) < 0.3;
    let none: [String; 0] = [];
    let hears = |hertz: f32| move |piece: &[f32]| amplitude(piece, hertz) > 0.45;
    assert_eq!(rings("Ada@Example.org", Some(&app), "Ada's", &hears(700.0)), none);
    assert_eq!(rings("bob", Some(&app), "the app's", &hears(1900.0)), none);
    assert_eq!(rings("bob", None, "ours", &ours), none);
    let said = rings("eve", Some(&app), "ours instead", &ours);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(!said[0].contains("eve"), "{said:?}");
    let said = rings("bob", Some(&broken), "ours instead of the app's", &ours);
    assert_eq!(said.len(), 1, "{said:?}");
}
