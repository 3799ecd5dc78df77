//! AUD-05: the end of a call that the user did not end is heard where the call was, and everybody else is quiet until then.

use crate::story::{
    CHAT, DUCKED, FAR, MUSIC, NEAR, PLAIN, QUICK, TALK, Talk, answered, hangs_up, streams,
};
use hookswitch_journeys::{Screen, soon};
use hookswitch_sound::device::{HANDSET_MIC, PHONE, SPEAKER};
use hookswitch_sound::stream::{Door, Stream};
use hookswitch_sound::{CallingApp, Ear, Rig};
use std::ops::Range;
use tokio::process::Child;

/// A tone, in decibels of everything together.
const TONE: Range<f64> = -40.0..0.0;
/// Nothing.
const NOTHING: Range<f64> = -200.0..-70.0;
/// What a call that broke off sounds like where no country is set.
const FAILURE: u32 = 425;

struct Scene {
    rig: Rig,
    speaker: Ear,
    _music: Child,
    app: CallingApp,
    screen: Screen,
    streams: [Stream; 2],
}

/// A phone at which music plays, with these settings of the user.
async fn scene(settings: &str) -> Scene {
    let mut rig = Rig::with_ring(QUICK, PHONE).await;
    rig.sets("ringtones.json", settings);
    rig.speaks(HANDSET_MIC, NEAR).await;
    let speaker = rig.sink(SPEAKER).await;
    let music = rig.plays(&Stream::music("music", Door::Native), MUSIC).await;
    speaker.becomes(MUSIC, PLAIN).await;
    let app = rig.app(CHAT).await;
    let screen = rig.screen().await;
    let streams = streams(CHAT, Door::Native);
    Scene { rig, speaker, _music: music, app, screen, streams }
}

impl Scene {
    /// A call in which the far side says nothing any more: what is heard then is the service.
    async fn talks(&mut self) -> Talk {
        let Self { rig, app, screen, streams, .. } = self;
        let talk = answered(rig, app, screen, streams, [FAR, NEAR]).await;
        app.stops(&streams[0].name).await;
        talk.heard.sounds(NOTHING).await;
        self.speaker.becomes(MUSIC, DUCKED).await;
        talk
    }
}

/// Everything that is heard until this tone of music is back, at the loudest.
async fn loudest_until_music(ear: &Ear, speaker: &Ear) -> f64 {
    let mut most = f64::NEG_INFINITY;
    let back = speaker.becomes(MUSIC, PLAIN);
    tokio::pin!(back);
    loop {
        tokio::select! {
            _ = &mut back => return most,
            now = ear.loudness() => most = most.max(now),
        }
    }
}

#[tokio::test]
async fn others_come_back_when_the_tone_of_the_end_is_over() {
    let mut scene = scene("{}").await;
    let before = scene.rig.others();

    // The far side hangs up: two short notes, where the call was.
    let talk = scene.talks().await;
    scene.app.ended(talk.call).await;
    scene.app.audio_off(talk.call).await;
    println!("the end sounds with {:.1} dB", talk.heard.sounds(TONE).await);
    talk.heard.sounds(NOTHING).await;
    scene.speaker.becomes(MUSIC, PLAIN).await;
    scene.app.stops(&scene.streams[1].name).await;
    scene.rig.is_as_before(&before).await;

    // The user hangs up, and knows it.
    let talk = scene.talks().await;
    hangs_up(&mut scene.app, &mut scene.screen, &talk, &scene.streams).await;
    let most = loudest_until_music(&talk.heard, &scene.speaker).await;
    assert!(most < NOTHING.end, "{most} dB after the user hung up");
    scene.rig.is_as_before(&before).await;

    // The app breaks down: for three seconds, and so long nobody else is loud.
    let talk = scene.talks().await;
    let Scene { rig, speaker, app, .. } = scene;
    drop(app);
    talk.heard.becomes(FAILURE, -30.0..-10.0).await;
    speaker.stays(MUSIC, DUCKED, 1000).await;
    talk.heard.becomes(FAILURE, -30.0..-10.0).await;
    speaker.becomes(MUSIC, PLAIN).await;
    talk.heard.sounds(NOTHING).await;
    rig.is_as_before(&before).await;
}

#[tokio::test]
async fn who_wants_no_tone_at_the_end_hears_none() {
    let mut scene = scene(r#"{ "end_tones": false }"#).await;
    let before = scene.rig.others();
    let talk = scene.talks().await;
    scene.app.ended(talk.call).await;
    let most = loudest_until_music(&talk.heard, &scene.speaker).await;
    assert!(most < NOTHING.end, "{most} dB, though there should be no tone");
    scene.app.stops(&scene.streams[1].name).await;
    scene.rig.is_as_before(&before).await;
}

#[tokio::test]
async fn a_call_that_begins_cuts_the_tone_of_the_end() {
    let mut scene = scene(r#"{ "ramp_ms": 0 }"#).await;
    let mut other = scene.rig.app(TALK).await;
    let talk = scene.talks().await;
    drop(scene.app);
    talk.heard.becomes(FAILURE, -30.0..-10.0).await;
    let (_, number) = other.rings_on(&mut scene.screen).await;
    // It rings at the speaker now, and nothing is left at the ear. The tone would have gone on for seconds.
    scene.speaker.sounds(-15.0..3.0).await;
    talk.heard.sounds(NOTHING).await;
    let outcome = scene.screen.surface.decline(number, None).outcome();
    soon("the end", outcome).await.expect("it can be declined");
    scene.speaker.becomes(MUSIC, PLAIN).await;
}
