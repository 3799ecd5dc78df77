//! The rig itself: what is played is measured, what is set is seen, and nothing is left.

use crate::story::{FAR, MUSIC, NEAR, PLAIN, SILENT};
use hookswitch_sound::device::{BLUETOOTH, EARPIECE, HANDSET_MIC, PHONE, SPEAKER};
use hookswitch_sound::stream::{Door, Stream};
use hookswitch_sound::{Ear, Rig, first, longest_gap};

#[tokio::test]
async fn what_is_played_is_heard_and_what_is_set_is_seen() {
    for door in Door::BOTH {
        let mut rig = Rig::with("", PHONE).await;
        let speaker = rig.sink(SPEAKER).await;
        let before = rig.session.dump();
        let stream = Stream::music("music", door);
        let mut music = rig.plays(&stream, MUSIC).await;
        speaker.becomes(MUSIC, PLAIN).await;
        speaker.becomes(FAR, SILENT).await;
        let since = hookswitch_sound::Moment::now();
        speaker.stays(MUSIC, PLAIN, 300).await;
        let blocks = speaker.blocks(since, hookswitch_sound::Moment::now(), MUSIC);
        assert!(first(&blocks, PLAIN, 10).is_some(), "{blocks:?}");
        println!("{door:?}: the longest gap was {} ms", longest_gap(&blocks, -40.0));

        let node = rig.until("its node", |dump| dump.node("music").is_some()).await;
        let node = node.node("music").expect("it is there");
        assert_eq!((node.class.as_str(), node.volume), ("Stream/Output/Audio", 1.0));
        let id = node.id.to_string();
        rig.session.tool("pw-cli", &["set-param", &id, "Props", "{ volume: 0.2 }"]).await.unwrap();
        speaker.becomes(MUSIC, crate::story::DUCKED).await;
        let now = rig.session.dump();
        assert!(before.difference(&now).contains("music"), "{}", before.difference(&now));
        music.kill().await.unwrap();
        rig.is_as_before(&before).await;

        rig.speaks(HANDSET_MIC, NEAR).await;
        let file = rig.session.folder().join("said.wav");
        let mut recorder = rig.runs(&Stream::new("recorder", door).records(&file));
        Ear::file("what is recorded", file).becomes(NEAR, PLAIN).await;
        recorder.kill().await.unwrap();
    }
}

#[tokio::test]
async fn devices_come_and_go() {
    let rig = Rig::with("", PHONE).await;
    let before = rig.session.dump();
    assert_eq!(before.default_device("default.audio.sink").as_deref(), Some(SPEAKER.name));
    assert!(before.node(BLUETOOTH.name).is_none());
    rig.session.plug(BLUETOOTH).await;
    rig.session.unplug(BLUETOOTH).await;
    rig.is_as_before(&before).await;
    rig.session.unplug(SPEAKER).await;
    let fallen = rig.until("another default", |dump| {
        dump.default_device("default.audio.sink").as_deref() == Some(EARPIECE.name)
    });
    fallen.await;
}
