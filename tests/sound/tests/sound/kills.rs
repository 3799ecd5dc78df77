//! The service is killed somewhere between the ring and the end: what others play is as before, a player that paused
//! plays again only if it played, and a muted microphone stays silent.

use crate::story::{CHAT, FAR, MUSIC, NEAR, NEW, PLAIN, PLAYER, SILENT, streams};
use hookswitch_sound::device::{DESK, HEADSET_MIC, SPEAKER};
use hookswitch_sound::stream::{Door, Stream};
use hookswitch_sound::{Mpv, Rig};
use std::time::Duration;

/// Where in a call the service is killed: so long after this was begun.
const STEPS: [&str; 6] = ["ring", "answer", "audio", "mute", "end", "ended"];

/// No step takes longer until everything is applied: a point behind it would show nothing more.
const WITHIN_MICROSECONDS: u64 = 40_000;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|value| value.parse().ok())
}

#[tokio::test]
async fn nothing_is_left_wherever_the_service_is_killed() {
    let kills = number("SOUND_KILLS").unwrap_or(6);
    let mut seed = number("SEED").unwrap_or_else(|| u64::from(std::process::id()));
    println!("{kills} kills, SEED={seed}");
    let mut rig = Rig::with("audio_release=300,adopt=300", DESK).await;
    rig.speaks(HEADSET_MIC, NEAR).await;
    let speaker = rig.sink(SPEAKER).await;
    let mpv = Mpv::start(&rig, MUSIC).await;
    let _radio = rig.plays(&Stream::music("radio", Door::Native), NEW).await;
    speaker.becomes(MUSIC, PLAYER).await;
    speaker.becomes(NEW, PLAIN).await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    for kill in 0..kills {
        let mut draw = |below: u64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        // Each step in turn, so that few kills see all of them.
        let step = STEPS[(kill % STEPS.len() as u64) as usize];
        let (after, plays) = (draw(WITHIN_MICROSECONDS), draw(3) > 0);
        println!(
            "kill {kill}: {after} us after {step}, the player {}",
            if plays { "plays" } else { "is paused" }
        );
        mpv.press(if plays { "Play" } else { "Pause" }).await;
        mpv.is(if plays { "Playing" } else { "Paused" }).await;
        speaker.becomes(MUSIC, if plays { PLAYER } else { SILENT }).await;
        let before = rig.others();

        let both = streams(CHAT, if kill % 2 == 0 { Door::Native } else { Door::Pulse });
        let (call, shown) = app.rings_on(&mut screen).await;
        let mut said = None;
        if step != "ring" {
            screen.surface.answer(shown, None).forget();
            if step != "answer" {
                app.audio_on(call).await;
                app.plays(&rig.session, &both[0], FAR).await;
                let ear = app.records(&rig.session, &both[1]).await;
                ear.becomes(NEAR, PLAIN).await;
                said = Some(ear);
            }
            if step == "mute" {
                screen.surface.set_muted(shown, true, None).forget();
                said.as_ref().expect("it records").becomes(NEAR, SILENT).await;
            }
            if step == "end" || step == "ended" {
                screen.surface.end(shown, None).forget();
            }
            if step == "ended" {
                app.audio_off(call).await;
            }
        }
        // Not for something to happen: this chooses where in it the service dies.
        tokio::time::sleep(Duration::from_micros(after)).await;
        rig.phone.kill_service_if_any().await;

        if step == "mute" {
            said.as_ref().expect("it records").stays(NEAR, SILENT, 1000).await;
        }
        rig.is_as_before(&before).await;
        // The app is told, and drops the call.
        app.reset().await;
        mpv.is(if plays { "Playing" } else { "Paused" }).await;
        speaker.becomes(MUSIC, if plays { PLAYER } else { SILENT }).await;
        speaker.becomes(NEW, PLAIN).await;
        if step == "mute" {
            said.as_ref().expect("it records").stays(NEAR, SILENT, 500).await;
        }
        for stream in &both {
            app.stops(&stream.name).await;
        }
        gone(&screen).await;
        rig.is_as_before(&before).await;
    }
}

/// Wait until the service is back and has no call any more.
async fn gone(screen: &hookswitch_journeys::Screen) {
    hookswitch_journeys::soon("the end of the calls", async {
        loop {
            let list = screen
                .surface
                .recents(hookswitch::RecentsQuery { limit: Some(1), ..Default::default() });
            match list.await {
                Ok(lines) if lines.iter().all(|line| line.ended.is_some()) => return,
                _ => tokio::task::yield_now().await,
            }
        }
    })
    .await;
}
