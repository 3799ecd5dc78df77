//! A call takes the audio, everything else steps back, and comes back exactly as it was.

use crate::story::{
    CHAT, DUCKED, FAR, MUSIC, NEAR, NEW, PLAIN, SILENT, answered, desk_with_music, hangs_up,
    streams,
};
use hookswitch_journeys::soon;
use hookswitch_sound::device::{DESK, HANDSET_MIC, HEADSET_MIC};
use hookswitch_sound::stream::{Door, Stream};

#[tokio::test]
async fn music_is_ducked_for_a_call_and_comes_back() {
    for door in Door::BOTH {
        let (rig, speaker, _music) = desk_with_music(door, DESK, HEADSET_MIC).await;
        let mut app = rig.app(CHAT).await;
        let mut screen = rig.screen().await;
        let before = rig.others();
        let both = streams(CHAT, door);
        let talk = answered(&rig, &mut app, &mut screen, &both, [FAR, NEAR]).await;
        println!("{door:?}: ducked to {:.1} dB", speaker.becomes(MUSIC, DUCKED).await);
        speaker.stays(MUSIC, DUCKED, 500).await;

        // Whoever begins to play meanwhile is ducked, too.
        let mut news = rig.plays(&Stream::music("news", door), NEW).await;
        speaker.becomes(NEW, DUCKED).await;

        hangs_up(&mut app, &mut screen, &talk, &both).await;
        speaker.becomes(MUSIC, PLAIN).await;
        speaker.becomes(NEW, PLAIN).await;
        talk.heard.becomes(FAR, SILENT).await;
        news.kill().await.unwrap();
        rig.is_as_before(&before).await;

        // And nobody who comes later is soft.
        let mut later = rig.plays(&Stream::music("later", door), NEW).await;
        speaker.becomes(NEW, PLAIN).await;
        later.kill().await.unwrap();
    }
}

#[tokio::test]
async fn a_call_that_is_declined_gives_everything_back() {
    let (rig, speaker, _music) = desk_with_music(Door::Native, DESK, HEADSET_MIC).await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let before = rig.others();
    let (_, number) = app.rings_on(&mut screen).await;
    speaker.becomes(MUSIC, DUCKED).await;
    soon("the end", screen.surface.decline(number, None).outcome()).await.unwrap();
    speaker.becomes(MUSIC, PLAIN).await;
    rig.is_as_before(&before).await;
}

#[tokio::test]
async fn the_users_own_mixer_stands() {
    for door in Door::BOTH {
        let (rig, speaker, _music) = desk_with_music(door, DESK, HEADSET_MIC).await;
        let mut app = rig.app(CHAT).await;
        let mut screen = rig.screen().await;
        let before = rig.others();
        let both = streams(CHAT, door);
        let talk = answered(&rig, &mut app, &mut screen, &both, [FAR, NEAR]).await;
        speaker.becomes(MUSIC, DUCKED).await;

        // The user halves it (6 dB) in a mixer, during the call.
        let id = rig.session.dump().node("music").expect("it plays").id.to_string();
        let half = "{ channelVolumes: [ 0.5 ] }";
        rig.session.tool("pw-cli", &["set-param", &id, "Props", half]).await.unwrap();
        speaker.becomes(MUSIC, -27.5..-24.5).await;
        hangs_up(&mut app, &mut screen, &talk, &both).await;
        speaker.becomes(MUSIC, -13.0..-11.0).await;
        let whole = "{ channelVolumes: [ 1.0 ] }";
        rig.session.tool("pw-cli", &["set-param", &id, "Props", whole]).await.unwrap();
        speaker.becomes(MUSIC, PLAIN).await;
        rig.is_as_before(&before).await;
    }
}

#[tokio::test]
async fn another_program_does_not_lift_the_duck() {
    let (rig, speaker, _music) = desk_with_music(Door::Native, DESK, HEADSET_MIC).await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let before = rig.others();
    let both = streams(CHAT, Door::Native);
    let talk = answered(&rig, &mut app, &mut screen, &both, [FAR, NEAR]).await;
    speaker.becomes(MUSIC, DUCKED).await;
    let id = rig.session.dump().node("music").expect("it plays").id.to_string();
    rig.session.tool("pw-cli", &["set-param", &id, "Props", "{ volume: 1.0 }"]).await.unwrap();
    speaker.becomes(MUSIC, DUCKED).await;
    speaker.stays(MUSIC, DUCKED, 500).await;
    hangs_up(&mut app, &mut screen, &talk, &both).await;
    speaker.becomes(MUSIC, PLAIN).await;
    rig.is_as_before(&before).await;
}

#[tokio::test]
async fn an_app_is_silent_until_its_grant() {
    for (door, with_token) in Door::BOTH.into_iter().flat_map(|door| [(door, false), (door, true)])
    {
        let (rig, speaker, _music) = desk_with_music(door, DESK, HANDSET_MIC).await;
        let mut app = rig.app(CHAT).await;
        let mut screen = rig.screen().await;
        let before = rig.others();
        let (call, number) = app.rings_on(&mut screen).await;

        // It cannot wait: it plays and records while it still with what it was told to prepare or with nothing.
        let prepared = app.prepared(call).await;
        let [plays, records] = ["call-early-far", "call-early-near"].map(|name| {
            let stream = Stream::new(name, door);
            match with_token {
                true => stream.of_token(prepared.token.as_deref().expect("a token")),
                false => stream.role("Communication"),
            }
        });
        app.plays(&rig.session, &plays, FAR).await;
        let said = app.records(&rig.session, &records).await;
        said.becomes(NEAR, SILENT).await;
        rig.until("its stream to be cut", |dump| {
            dump.node(&plays.name).is_some_and(|node| node.volume == 0.0)
        })
        .await;
        speaker.becomes(FAR, SILENT).await;
        speaker.stays(FAR, SILENT, 500).await;
        said.stays(NEAR, SILENT, 500).await;

        // With the grant the same streams are heard.
        soon("the answer", screen.surface.answer(number, None).outcome()).await.unwrap();
        let (grant, _) = app.audio_on(call).await;
        let heard = rig.meter.sink(&grant.sink.expect("a sink")).await;
        heard.becomes(FAR, PLAIN).await;

        // After the end it does not stop: the microphone is cut at once, the rest a little later.
        soon("the end", screen.surface.end(number, None).outcome()).await.unwrap();
        app.audio_off(call).await;
        said.becomes(NEAR, SILENT).await;
        heard.becomes(FAR, SILENT).await;
        heard.stays(FAR, SILENT, 500).await;
        said.stays(NEAR, SILENT, 500).await;
        app.stops(&plays.name).await;
        app.stops(&records.name).await;
        speaker.becomes(MUSIC, PLAIN).await;
        rig.is_as_before(&before).await;
    }
}
