//! A real player with MPRIS: it pauses for a call, and plays again exactly if it was the call that paused it.

use crate::story::{
    CHAT, FAR, MUSIC, NEAR, PLAYER, PLAYER_DUCKED, QUICK, SILENT, answered, hangs_up, streams,
};
use hookswitch_journeys::soon;
use hookswitch_sound::device::{DESK, HEADSET_MIC, SPEAKER};
use hookswitch_sound::stream::Door;
use hookswitch_sound::{Ear, Mpv, Rig};

async fn desk_with_mpv() -> (Rig, Ear, Mpv) {
    let mut rig = Rig::with(QUICK, DESK).await;
    rig.speaks(HEADSET_MIC, NEAR).await;
    let speaker = rig.sink(SPEAKER).await;
    let mpv = Mpv::start(&rig, MUSIC).await;
    speaker.becomes(MUSIC, PLAYER).await;
    (rig, speaker, mpv)
}

#[tokio::test]
async fn a_player_pauses_for_a_call_and_plays_again() {
    let (rig, speaker, mpv) = desk_with_mpv().await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let before = rig.others();
    let both = streams(CHAT, Door::Native);
    let talk = answered(&rig, &mut app, &mut screen, &both, [FAR, NEAR]).await;
    mpv.is("Paused").await;
    speaker.becomes(MUSIC, SILENT).await;
    hangs_up(&mut app, &mut screen, &talk, &both).await;
    mpv.is("Playing").await;
    speaker.becomes(MUSIC, PLAYER).await;
    rig.is_as_before(&before).await;
}

#[tokio::test]
async fn a_player_that_did_not_play_does_not_begin() {
    let (rig, speaker, mpv) = desk_with_mpv().await;
    mpv.press("Pause").await;
    mpv.is("Paused").await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let before = rig.others();
    let both = streams(CHAT, Door::Native);
    let talk = answered(&rig, &mut app, &mut screen, &both, [FAR, NEAR]).await;
    hangs_up(&mut app, &mut screen, &talk, &both).await;
    rig.is_as_before(&before).await;
    speaker.stays(MUSIC, SILENT, 500).await;
    assert_eq!(mpv.status().await.as_deref(), Some("Paused"));
}

#[tokio::test]
async fn what_the_user_does_with_a_player_during_a_call_stands() {
    let (rig, speaker, mpv) = desk_with_mpv().await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let before = rig.others();
    let both = streams(CHAT, Door::Native);
    let talk = answered(&rig, &mut app, &mut screen, &both, [FAR, NEAR]).await;
    mpv.is("Paused").await;
    // The user wants to hear it, softly beside the call; then not any more.
    mpv.press("Play").await;
    mpv.is("Playing").await;
    speaker.becomes(MUSIC, PLAYER_DUCKED).await;
    mpv.press("Pause").await;
    mpv.is("Paused").await;
    speaker.becomes(MUSIC, SILENT).await;
    hangs_up(&mut app, &mut screen, &talk, &both).await;
    rig.is_as_before(&before).await;
    speaker.stays(MUSIC, SILENT, 500).await;
    assert_eq!(mpv.status().await.as_deref(), Some("Paused"), "the user had paused it");
    // It is not left soft.
    soon("the music", async {
        mpv.press("Play").await;
        speaker.becomes(MUSIC, PLAYER).await;
    })
    .await;
}
