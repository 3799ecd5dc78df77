//! Without PipeWire: the real PulseAudio by itself, and no sound server at all.

use crate::story::Talk;
use crate::story::{CHAT, DUCKED, FAR, MUSIC, NEAR, PLAIN, QUICK, SILENT, hangs_up, streams};
use hookswitch::{CallState, SoundServer};
use hookswitch_journeys::soon;
use hookswitch_sound::CallingApp;
use hookswitch_sound::pulse::{PulseDevice, PulseRig};
use hookswitch_sound::stream::{Door, Stream};

const SPEAKER: PulseDevice = PulseDevice::sink("speaker", "internal");
const EARPIECE: PulseDevice = PulseDevice::sink("earpiece", "handset");
const MIC: PulseDevice = PulseDevice::microphone("mic", "handset", NEAR);
const PHONE: &[PulseDevice] = &[SPEAKER, EARPIECE, MIC];

/// Somebody calls, the user answers, and both are heard: the far side at the earpiece.
async fn answered(
    rig: &PulseRig,
    app: &mut CallingApp,
    screen: &mut hookswitch_journeys::Screen,
    both: &[Stream; 2],
) -> (Talk, tokio::process::Child) {
    let (call, number) = app.rings_on(screen).await;
    soon("the answer", screen.surface.answer(number, None).outcome()).await.unwrap();
    let (grant, _) = app.audio_on(call).await;
    assert_eq!(grant.sink.as_deref(), Some("earpiece"));
    let (heard, ear) = rig.sink("earpiece");
    app.plays(&rig.session, &both[0], FAR).await;
    let said = app.records(&rig.session, &both[1]).await;
    heard.becomes(FAR, PLAIN).await;
    said.becomes(NEAR, PLAIN).await;
    (Talk { call, number, grant, heard, said }, ear)
}

#[tokio::test]
async fn with_pulseaudio_alone_others_are_quieter_and_everything_is_as_it_was() {
    let rig = PulseRig::with(QUICK, PHONE, false).await;
    let _music = rig.plays(&Stream::music("music", Door::Pulse), MUSIC);
    let (speaker, _ear) = rig.sink("speaker");
    speaker.becomes(MUSIC, PLAIN).await;
    let music = rig.until("music", |_| true).await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let both = streams(CHAT, Door::Pulse);
    let (talk, _ears) = answered(&rig, &mut app, &mut screen, &both).await;
    speaker.becomes(MUSIC, DUCKED).await;
    let audio = screen.surface.audio().await.unwrap();
    assert_eq!(audio.server, Some(SoundServer::PulseAudio));
    assert_eq!(audio.endpoints.len(), 2);

    // What the app ignores is done all the same.
    soon("the mute", screen.surface.set_muted(talk.number, true, None).outcome()).await.unwrap();
    talk.said.becomes(NEAR, SILENT).await;
    talk.heard.becomes(FAR, PLAIN).await;
    soon("the unmute", screen.surface.set_muted(talk.number, false, None).outcome()).await.unwrap();
    talk.said.becomes(NEAR, PLAIN).await;
    soon("the hold", screen.surface.set_held(talk.number, true, None).outcome()).await.unwrap();
    talk.heard.becomes(FAR, SILENT).await;
    talk.said.becomes(NEAR, SILENT).await;
    speaker.becomes(MUSIC, PLAIN).await;
    soon("the resume", screen.surface.set_held(talk.number, false, None).outcome()).await.unwrap();
    screen.is(talk.number, CallState::Active).await;
    talk.heard.becomes(FAR, PLAIN).await;
    talk.said.becomes(NEAR, PLAIN).await;

    // The user wants it in the room, and the call alone goes there.
    screen.surface.select_endpoint("speaker").await.unwrap();
    speaker.becomes(FAR, PLAIN).await;
    talk.heard.becomes(FAR, SILENT).await;

    hangs_up(&mut app, &mut screen, &talk, &both).await;
    speaker.becomes(MUSIC, PLAIN).await;
    assert_eq!(rig.until("music", |of| of.volumes == music.volumes).await, music);
}

/// In the server's own numbers, which are cubic: 14 dB less than as it was made.
const DUCKED_VOLUME: u64 = 38_326;

#[tokio::test]
async fn what_the_user_moves_in_a_call_stays_and_what_differs_comes_back() {
    let rig = PulseRig::with(QUICK, PHONE, false).await;
    let _players = ["radio", "game"].map(|name| {
        let stream =
            Stream::new(name, Door::Pulse).role(if name == "game" { "Game" } else { "Music" });
        rig.plays(&stream, MUSIC)
    });
    let radio = rig.until("radio", |_| true).await.index.to_string();
    let game = rig.until("game", |_| true).await.index.to_string();
    rig.pactl(&["set-sink-input-volume", &radio, "50001"]).await;
    rig.pactl(&["set-sink-input-mute", &game, "1"]).await;
    let own = rig.until("radio", |of| of.volumes == [50_001]).await;
    let muted = rig.until("game", |of| of.muted).await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let both = streams(CHAT, Door::Pulse);
    for moves in [false, true] {
        let (talk, _ears) = answered(&rig, &mut app, &mut screen, &both).await;
        let ducked = rig.until("radio", |of| of.volumes != own.volumes).await.volumes[0];
        let expected = own.volumes[0] * DUCKED_VOLUME / 65_536;
        assert!(ducked.abs_diff(expected) <= 1, "{ducked} instead of {expected}");
        if moves {
            rig.pactl(&["set-sink-input-volume", &radio, "60000"]).await;
        }
        hangs_up(&mut app, &mut screen, &talk, &both).await;
        let expected = if moves { [60_000] } else { [50_001] };
        rig.until("radio", |of| of.volumes == expected).await;
        // What the user had silenced was never touched.
        assert_eq!(rig.until("game", |_| true).await, muted);
    }
}

#[tokio::test]
async fn with_pulseaudio_alone_nothing_of_a_call_is_kept_for_the_next_streams() {
    let rig = PulseRig::with(QUICK, PHONE, false).await;
    let (speaker, _ear) = rig.sink("speaker");
    let mut music = rig.plays(&Stream::music("music", Door::Pulse), MUSIC);
    speaker.becomes(MUSIC, PLAIN).await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let both = streams(CHAT, Door::Pulse);
    for _ in 0..2 {
        // The second time the app records anew, after a call whose microphone was cut to its end.
        let (talk, _ears) = answered(&rig, &mut app, &mut screen, &both).await;
        speaker.becomes(MUSIC, DUCKED).await;
        soon("the mute", screen.surface.set_muted(talk.number, true, None).outcome())
            .await
            .unwrap();
        talk.said.becomes(NEAR, SILENT).await;
        // Music that ends while it is ducked.
        music.kill().await.unwrap();
        hangs_up(&mut app, &mut screen, &talk, &both).await;
        music = rig.plays(&Stream::music("music", Door::Pulse), MUSIC);
        speaker.becomes(MUSIC, PLAIN).await;
    }
}

#[tokio::test]
async fn killed_with_pulseaudio_alone_it_leaves_others_as_they_were_and_a_mute_as_it_is() {
    let rig = PulseRig::with(QUICK, PHONE, false).await;
    let (speaker, _ear) = rig.sink("speaker");
    let _music = rig.plays(&Stream::music("music", Door::Pulse), MUSIC);
    let music = rig.until("music", |_| true).await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let both = streams(CHAT, Door::Pulse);
    let (talk, _ears) = answered(&rig, &mut app, &mut screen, &both).await;
    soon("the mute", screen.surface.set_muted(talk.number, true, None).outcome()).await.unwrap();
    talk.said.becomes(NEAR, SILENT).await;
    speaker.becomes(MUSIC, DUCKED).await;
    rig.phone.kill_service().await;
    speaker.becomes(MUSIC, PLAIN).await;
    rig.until("music", |of| *of == music).await;
    talk.said.stays(NEAR, SILENT, 500).await;
    app.reset().await;
    app.adopts(talk.call, false, true).await;
    speaker.becomes(MUSIC, DUCKED).await;
    talk.said.stays(NEAR, SILENT, 500).await;
}

#[tokio::test]
async fn with_pulseaudio_alone_it_rings_at_the_speaker_until_it_is_declined() {
    let rig = PulseRig::with(QUICK, PHONE, true).await;
    let (speaker, _ear) = rig.sink("speaker");
    let (earpiece, _other) = rig.sink("earpiece");
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    for _ in 0..2 {
        let (_, number) = app.rings_on(&mut screen).await;
        println!("it rings with {:.1} dB", speaker.sounds(-30.0..3.0).await);
        assert!(earpiece.loudness().await < -70.0);
        soon("the end", screen.surface.decline(number, None).outcome()).await.unwrap();
        speaker.sounds(-200.0..-70.0).await;
        screen.over(number).await;
    }
}

#[tokio::test]
async fn without_any_sound_server_calls_go_on_and_the_service_says_so() {
    let rig = PulseRig::with(QUICK, &[], true).await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let (call, number) = app.rings_on(&mut screen).await;
    soon("the answer", screen.surface.answer(number, None).outcome()).await.unwrap();
    let (grant, _) = app.audio_on(call).await;
    assert_eq!(grant.sink, None);
    let audio = screen.surface.audio().await.unwrap();
    assert_eq!(audio.server, Some(SoundServer::None));
    assert!(audio.endpoints.is_empty());
    assert!(screen.surface.select_endpoint("speaker").await.is_err());
    soon("the mute", screen.surface.set_muted(number, true, None).outcome()).await.unwrap();
    app.asked("mute", call).await;
    soon("the end", screen.surface.end(number, None).outcome()).await.unwrap();
    app.audio_off(call).await;
    let log = rig.phone.log();
    assert!(log.contains("neither PipeWire nor PulseAudio"), "{log}");
}
