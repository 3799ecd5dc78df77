//! Mute and hold are enforced on the graph: these apps say that they did it, and go on.

use crate::story::{
    CHAT, DUCKED, FAR, MUSIC, NEAR, PLAIN, SILENT, answered, desk_with_music, hangs_up, streams,
};
use hookswitch::CallState;
use hookswitch_journeys::soon;
use hookswitch_sound::device::{DESK, HEADSET_MIC};
use hookswitch_sound::stream::Door;

#[tokio::test]
async fn a_muted_microphone_is_silent_even_if_the_app_ignores_it() {
    for door in Door::BOTH {
        let (rig, speaker, _music) = desk_with_music(door, DESK, HEADSET_MIC).await;
        let mut app = rig.app(CHAT).await;
        let mut screen = rig.screen().await;
        let before = rig.others();
        let both = streams(CHAT, door);
        let talk = answered(&rig, &mut app, &mut screen, &both, [FAR, NEAR]).await;

        soon("the mute", screen.surface.set_muted(talk.number, true, None).outcome())
            .await
            .unwrap();
        app.asked("mute", talk.call).await;
        talk.said.becomes(NEAR, SILENT).await;
        talk.said.stays(NEAR, SILENT, 500).await;
        talk.heard.becomes(FAR, PLAIN).await;
        speaker.becomes(MUSIC, DUCKED).await;

        // A stream that the app makes anew is silent as well.
        app.stops(&both[1].name).await;
        let anew = app.records(&rig.session, &both[1]).await;
        anew.becomes(NEAR, SILENT).await;
        anew.stays(NEAR, SILENT, 500).await;

        soon("the unmute", screen.surface.set_muted(talk.number, false, None).outcome())
            .await
            .unwrap();
        anew.becomes(NEAR, PLAIN).await;
        hangs_up(&mut app, &mut screen, &talk, &both).await;
        rig.is_as_before(&before).await;
    }
}

#[tokio::test]
async fn a_held_call_is_silent_both_ways_even_if_the_app_ignores_it() {
    for door in Door::BOTH {
        let (rig, speaker, _music) = desk_with_music(door, DESK, HEADSET_MIC).await;
        let mut app = rig.app(CHAT).await;
        let mut screen = rig.screen().await;
        let before = rig.others();
        let both = streams(CHAT, door);
        let talk = answered(&rig, &mut app, &mut screen, &both, [FAR, NEAR]).await;

        soon("the hold", screen.surface.set_held(talk.number, true, None).outcome()).await.unwrap();
        app.asked("hold", talk.call).await;
        talk.heard.becomes(FAR, SILENT).await;
        talk.said.becomes(NEAR, SILENT).await;
        talk.heard.stays(FAR, SILENT, 500).await;
        talk.said.stays(NEAR, SILENT, 500).await;
        // Nobody talks: music may be heard.
        speaker.becomes(MUSIC, PLAIN).await;

        soon("the resume", screen.surface.set_held(talk.number, false, None).outcome())
            .await
            .unwrap();
        screen.is(talk.number, CallState::Active).await;
        talk.heard.becomes(FAR, PLAIN).await;
        talk.said.becomes(NEAR, PLAIN).await;
        speaker.becomes(MUSIC, DUCKED).await;
        hangs_up(&mut app, &mut screen, &talk, &both).await;
        speaker.becomes(MUSIC, PLAIN).await;
        rig.is_as_before(&before).await;
    }
}
