//! Two calls of two apps: one is heard, never both, and music does not come up between them.

use crate::story::{
    CHAT, DUCKED, FAR, MUSIC, NEAR, OTHER_FAR, PLAIN, SILENT, TALK, answered, desk_with_music,
    hangs_up, streams,
};
use hookswitch::CallState;
use hookswitch_journeys::soon;
use hookswitch_sound::device::{DESK, HEADSET_MIC};
use hookswitch_sound::stream::Door;
use hookswitch_sound::{Block, Moment, first};

#[tokio::test]
async fn two_apps_are_swapped_without_music_between() {
    for door in Door::BOTH {
        let (rig, speaker, _music) = desk_with_music(door, DESK, HEADSET_MIC).await;
        let mut chat = rig.app(CHAT).await;
        let mut other = rig.app(TALK).await;
        let mut screen = rig.screen().await;
        let before = rig.others();
        let (ours, theirs) = (streams(CHAT, door), streams(TALK, door));
        let one = answered(&rig, &mut chat, &mut screen, &ours, [FAR, NEAR]).await;
        let began = Moment::now();
        let two = answered(&rig, &mut other, &mut screen, &theirs, [OTHER_FAR, NEAR]).await;
        one.heard.becomes(FAR, SILENT).await;
        one.said.becomes(NEAR, SILENT).await;

        for round in 0..4 {
            let (up, down, back) = match round % 2 {
                0 => (FAR, OTHER_FAR, &one),
                _ => (OTHER_FAR, FAR, &two),
            };
            let since = Moment::now();
            let swapped = screen.surface.swap(back.number, None).outcome();
            soon("the swap", swapped).await.expect("they can be swapped");
            screen.is(back.number, CallState::Active).await;
            back.heard.becomes(up, PLAIN).await;
            back.heard.becomes(down, SILENT).await;
            back.said.becomes(NEAR, PLAIN).await;
            let blocks = |tone| back.heard.blocks(since, Moment::now(), tone);
            let (gap, both) = hand_over(&blocks(down), &blocks(up));
            println!("{door:?}: neither was heard for {gap:.0} ms, both for {both:.0} ms");
        }
        let music = speaker.blocks(began, Moment::now(), MUSIC);
        assert_eq!(first(&music, -16.0.., 4), None, "music came up between two calls");
        speaker.becomes(MUSIC, DUCKED).await;

        hangs_up(&mut other, &mut screen, &two, &theirs).await;
        hangs_up(&mut chat, &mut screen, &one, &ours).await;
        speaker.becomes(MUSIC, PLAIN).await;
        rig.is_as_before(&before).await;
    }
}

/// How long neither was heard while one call gave way to another, and how long both were, in milliseconds.
fn hand_over(down: &[Block], up: &[Block]) -> (f64, f64) {
    let quiet = first(down, ..-40.0, 2).expect("one went");
    let heard = first(up, -40.0.., 2).expect("the other came");
    let gap = heard.since(quiet);
    (gap.max(0.0), (-gap).max(0.0))
}
