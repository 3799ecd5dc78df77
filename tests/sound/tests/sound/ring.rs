//! The service's own sounds: it rings aloud, waits softly beside a call, and is silent at once when it is told to.

use crate::story::{
    CHAT, FAR, MUSIC, NEAR, PLAIN, QUICK, SILENT, TALK, answered, hangs_up, streams,
};
use hookswitch::CallState;
use hookswitch_journeys::soon;
use hookswitch_sound::device::{HANDSET_MIC, PHONE, SPEAKER};
use hookswitch_sound::stream::{Door, Stream};
use hookswitch_sound::{Ear, Rig};
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
