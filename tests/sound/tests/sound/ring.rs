//! The service's own sounds: it rings aloud, waits softly beside a call, and is silent at once when it is told to.

use crate::story::{
    CHAT, FAR, MUSIC, NEAR, PLAIN, QUICK, SILENT, TALK, answered, hangs_up, streams,
};
use hookswitch::{CallState, RequestError};
use hookswitch_journeys::{program, soon};
use hookswitch_sound::device::{BLUETOOTH, HANDSET_MIC, PHONE, SPEAKER};
use hookswitch_sound::stream::{Door, Stream};
use hookswitch_sound::{Ear, Rig};
use serde_json::Value;
use std::ops::Range;

/// Loud enough to be heard in the next room, in decibels of everything together.
const ALOUD: Range<f64> = -30.0..3.0;
/// Nothing.
const NOTHING: Range<f64> = -200.0..-70.0;

/// Hear it for two seconds, and say how loud it was at most.
async fn loudest(ear: &Ear) -> f64 {
    let mut most = f64::NEG_INFINITY;
    for _ in 0..20 {
        most = most.max(ear.loudness().await);
    }
    most
}

#[tokio::test]
async fn it_rings_aloud_until_it_is_answered_silenced_or_declined() {
    let rig = Rig::with_ring(QUICK, PHONE).await;
    let speaker = rig.sink(SPEAKER).await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let before = rig.others();
    speaker.sounds(NOTHING).await;
    for end in ["answer", "silence", "decline"] {
        let (call, number) = app.rings_on(&mut screen).await;
        println!("{end}: rings with {:.1} dB", speaker.sounds(ALOUD).await);
        match end {
            "answer" => {
                soon("the answer", screen.surface.answer(number, None).outcome()).await.unwrap();
                app.audio_on(call).await;
            }
            "silence" => soon("the silence", screen.surface.silence(number)).await.unwrap(),
            _ => drop(soon("the end", screen.surface.decline(number, None).outcome()).await),
        }
        speaker.sounds(NOTHING).await;
        assert!(loudest(&speaker).await < NOTHING.end, "it rang on after {end}");
        if end == "silence" {
            screen.is(number, CallState::Ringing).await;
        }
        let _ = soon("the end", screen.surface.end(number, None).outcome()).await;
        screen.over(number).await;
    }
    rig.is_as_before(&before).await;
}

#[tokio::test]
async fn a_second_call_waits_softly_beside_the_first() {
    let mut rig = Rig::with_ring(QUICK, PHONE).await;
    // At once as loud as it gets, so that the two can be compared.
    rig.sets("ringtones.json", r#"{"ramp_ms": 0}"#);
    rig.speaks(HANDSET_MIC, NEAR).await;
    let speaker = rig.sink(SPEAKER).await;
    let mut chat = rig.app(CHAT).await;
    let mut other = rig.app(TALK).await;
    let mut screen = rig.screen().await;
    let before = rig.others();
    let _ = chat.rings_on(&mut screen).await;
    speaker.sounds(ALOUD).await;
    let aloud = loudest(&speaker).await;
    let ringing = screen.one(CallState::Ringing).await.number;
    soon("the end", screen.surface.decline(ringing, None).outcome()).await.unwrap();
    screen.over(ringing).await;

    let both = streams(CHAT, Door::Native);
    let talk = answered(&rig, &mut chat, &mut screen, &both, [FAR, NEAR]).await;
    // The far side says nothing now: what is heard is the service.
    chat.stops(&both[0].name).await;
    talk.heard.sounds(NOTHING).await;
    let (_, number) = other.rings_on(&mut screen).await;
    talk.heard.sounds(-50.0..0.0).await;
    let softly = loudest(&talk.heard).await;
    println!("{aloud:.1} dB alone, {softly:.1} dB beside a call");
    assert!(softly < aloud - 6.0, "{softly} dB is not soft beside {aloud} dB");
    assert!(speaker.loudness().await < NOTHING.end, "the speaker rings beside a call");
    soon("the end", screen.surface.decline(number, None).outcome()).await.unwrap();
    talk.heard.sounds(NOTHING).await;
    hangs_up(&mut chat, &mut screen, &talk, &both).await;
    rig.is_as_before(&before).await;
}

#[tokio::test]
async fn music_is_ducked_while_it_rings() {
    let rig = Rig::with_ring(QUICK, PHONE).await;
    let speaker = rig.sink(SPEAKER).await;
    let _music = rig.plays(&Stream::music("music", Door::Native), MUSIC).await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    speaker.becomes(MUSIC, PLAIN).await;
    let before = rig.others();
    let (_, number) = app.rings_on(&mut screen).await;
    rig.until("the duck", |dump| dump.node("music").is_some_and(|node| node.volume < 0.3)).await;
    soon("the silence", screen.surface.silence(number)).await.unwrap();
    soon("the end", screen.surface.decline(number, None).outcome()).await.unwrap();
    speaker.becomes(MUSIC, PLAIN).await;
    speaker.becomes(FAR, SILENT).await;
    rig.is_as_before(&before).await;
}

/// AUD-12. The speaker rings at once; nobody has to wait for a headset to hear that somebody calls.
#[tokio::test]
async fn a_headset_rings_as_soon_as_its_link_is_there() {
    let rig = Rig::with_ring(QUICK, PHONE).await;
    rig.sets("ringtones.json", r#"{ "ramp_ms": 0 }"#);
    let speaker = rig.sink(SPEAKER).await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let (_, number) = app.rings_on(&mut screen).await;
    speaker.sounds(ALOUD).await;
    rig.session.plug(BLUETOOTH).await;
    let headset = rig.sink(BLUETOOTH).await;
    headset.sounds(ALOUD).await;
    assert!(loudest(&speaker).await > ALOUD.start, "the speaker is silent beside a headset");
    // The link breaks off: the speaker rings on.
    rig.session.unplug(BLUETOOTH).await;
    assert!(loudest(&speaker).await > ALOUD.start, "the speaker went with the headset");
    soon("the end", screen.surface.decline(number, None).outcome()).await.expect("it is declined");
    speaker.sounds(NOTHING).await;
}

/// `hookswitch doctor` with these words behind it: its findings.
async fn doctor(rig: &Rig, more: &[&str]) -> Vec<Value> {
    let command = program("hookswitch").display().to_string();
    let mut command = rig.session.command(&command);
    let output = command.args(["doctor", "--json"]).args(more).output();
    let output = soon("the doctor", output).await.expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

fn finding<'a>(findings: &'a [Value], check: &str) -> Option<&'a Value> {
    findings.iter().find(|finding| finding["check"] == check)
}

#[tokio::test]
async fn the_doctor_rings_and_says_where() {
    let rig = Rig::with_ring(QUICK, PHONE).await;
    rig.phone.install("org.hookswitch.Doctor", &program("hookswitch"), true);
    let speaker = rig.sink(SPEAKER).await;
    assert_eq!(finding(&doctor(&rig, &["--no-sound"]).await, "ring"), None);
    assert!(speaker.loudness().await < NOTHING.end, "it was to be silent");

    let (findings, level) = tokio::join!(doctor(&rig, &[]), speaker.sounds(ALOUD));
    println!("the doctor rings with {level:.1} dB");
    let ring = finding(&findings, "ring").expect("it says so");
    assert_eq!(ring["verdict"], "good", "{ring}");
    assert!(ring["text"].as_str().is_some_and(|text| text.contains("speaker")), "{ring}");
    // It ends by itself.
    speaker.sounds(NOTHING).await;

    // A file that is set and cannot be played is said, with what to do, and another sound is heard.
    rig.sets("ringtones.json", r#"{ "default": "/nowhere/at/all.ogg" }"#);
    let screen = rig.screen().await;
    let ringing = soon("the test ring", screen.surface.test_ring()).await.expect("it rings");
    assert_eq!(ringing.outputs, [SPEAKER.name]);
    let again = soon("the second", screen.surface.test_ring()).await.expect_err("one at a time");
    assert_eq!(again.reason(), Some(RequestError::TooManyRequests));
    let status = soon("the status", screen.surface.status()).await.expect("it says");
    let said = status.degraded.iter().find(|line| line.contains("ringtone"));
    assert!(said.is_some_and(|line| line.contains("See that")), "{:?}", status.degraded);

    // A call goes before it.
    let mut app = rig.app(CHAT).await;
    let mut screen = screen;
    let (_, number) = app.rings_on(&mut screen).await;
    let in_call = soon("the third", screen.surface.test_ring()).await.expect_err("there is a call");
    assert_eq!(in_call.reason(), Some(RequestError::CallInProgress));
    speaker.sounds(ALOUD).await;
    soon("the end", screen.surface.decline(number, None).outcome()).await.expect("it is declined");
    speaker.sounds(NOTHING).await;
}

#[tokio::test]
async fn why_nothing_rings_is_in_the_status() {
    // Nothing but a microphone.
    let rig = Rig::with_ring(QUICK, &[HANDSET_MIC]).await;
    let screen = rig.screen().await;
    let refused = soon("the test ring", screen.surface.test_ring()).await.expect_err("no output");
    assert_eq!(refused.reason(), Some(RequestError::RingUnavailable));
    assert!(refused.to_string().contains("no output"), "{refused}");
    let status = soon("the status", screen.surface.status()).await.expect("it says");
    let said = status.degraded.iter().find(|line| line.contains("no output"));
    assert!(said.is_some_and(|line| line.contains("wpctl")), "{:?}", status.degraded);

    rig.session.plug(SPEAKER).await;
    soon("the test ring", screen.surface.test_ring()).await.expect("it rings now");
    let status = soon("the status", screen.surface.status()).await.expect("it says");
    assert_eq!(status.degraded, [""; 0]);
}
