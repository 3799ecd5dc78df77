//! Where a call is heard, and with which microphone: the device that was used to answer, what the user chose or prefers,
//! what is plugged in, and what is left when it is pulled. Only the call moves, never what is the default.

use crate::story::{
    CHAT, DUCKED, FAR, MUSIC, NEAR, OTHER_NEAR, PLAIN, QUICK, SILENT, hangs_up, streams,
};
use hookswitch::RequestError;
use hookswitch_journeys::{Screen, soon};
use hookswitch_sound::device::{
    BLUETOOTH, BLUETOOTH_MIC, DESK, Device, EARPIECE, HANDSET_MIC, HEADSET, HEADSET_MIC, PHONE,
    SPEAKER,
};
use hookswitch_sound::stream::{Door, Stream};
use hookswitch_sound::{CallingApp, Ear, Rig};

/// A call that somebody answered, and where it may be heard.
struct Answered {
    talk: crate::story::Talk,
    ears: Vec<(Device, Ear)>,
    streams: [Stream; 2],
}

impl Answered {
    /// Answer, with this device if one is named; the app's streams do not say where they want to go.
    async fn new(
        rig: &Rig,
        app: &mut CallingApp,
        screen: &mut Screen,
        door: Door,
        with: Option<&str>,
        devices: &[Device],
    ) -> Self {
        let (call, number) = app.rings_on(screen).await;
        let outcome = match with {
            Some(endpoint) => screen.surface.answer_with(number, endpoint, None).outcome(),
            None => screen.surface.answer(number, None).outcome(),
        };
        soon("the answer", outcome).await.expect("it can be answered");
        let (grant, _) = app.audio_on(call).await;
        let mut ears = Vec::new();
        for device in devices.iter().filter(|device| !device.is_microphone()) {
            ears.push((*device, rig.sink(*device).await));
        }
        let streams = streams(CHAT, door);
        app.plays(&rig.session, &streams[0], FAR).await;
        let said = app.records(&rig.session, &streams[1]).await;
        let heard = rig.meter.sink(&grant.sink.clone().expect("a sink")).await;
        let talk = crate::story::Talk { call, number, grant, heard, said };
        Self { talk, ears, streams }
    }

    /// It is heard there and nowhere else, and this is what the far side hears.
    async fn is_heard(&self, there: Device, near: u32) {
        for (device, ear) in &self.ears {
            if *device == there {
                ear.becomes(FAR, PLAIN).await;
            }
        }
        for (device, ear) in &self.ears {
            if *device != there {
                ear.becomes(FAR, SILENT).await;
            }
        }
        self.talk.said.becomes(near, PLAIN).await;
        let other = if near == NEAR { OTHER_NEAR } else { NEAR };
        self.talk.said.becomes(other, SILENT).await;
    }
}

async fn start(devices: &[Device]) -> Rig {
    let mut rig = Rig::with(QUICK, devices).await;
    rig.speaks(HANDSET_MIC, NEAR).await;
    if devices.contains(&HEADSET_MIC) {
        rig.speaks(HEADSET_MIC, OTHER_NEAR).await;
    }
    rig
}

#[tokio::test]
async fn the_device_used_to_answer_is_used_for_the_call() {
    for door in Door::BOTH {
        let rig = start(DESK).await;
        let mut app = rig.app(CHAT).await;
        let mut screen = rig.screen().await;
        let before = rig.others();
        for (with, there, near) in [
            ("speaker", SPEAKER, NEAR),
            ("wired", HEADSET, OTHER_NEAR),
            ("earpiece", EARPIECE, NEAR),
            (HEADSET.name, HEADSET, OTHER_NEAR),
        ] {
            let with = Some(with);
            let answered = Answered::new(&rig, &mut app, &mut screen, door, with, DESK).await;
            assert_eq!(answered.talk.grant.endpoint.as_deref(), Some(there.name));
            answered.is_heard(there, near).await;
            hangs_up(&mut app, &mut screen, &answered.talk, &answered.streams).await;
            rig.is_as_before(&before).await;
        }
    }
}

/// WirePlumber gives a stream the device of the last one like it, and PipeWire tells nobody.
#[tokio::test]
async fn a_call_is_heard_where_it_should_be_although_pipewire_tells_nothing() {
    let rig = start(DESK).await;
    // Somebody talked at the headset, with no call of the service.
    let other = Stream::new("other-near", Door::Pulse).role("Communication");
    let mut last = rig.runs(&other.records(&rig.session.folder().join("other.raw")));
    let dump = rig.until("the stream", |dump| dump.node(&other.name).is_some()).await;
    let id = dump.node(&other.name).map(|node| node.id.to_string()).unwrap_or_default();
    let headset = dump.node(HEADSET_MIC.name).map(|node| node.serial.to_string());
    let moved = ["-n", "default", &id, "target.object", &headset.unwrap_or_default(), "Spa:Id"];
    rig.session.tool("pw-metadata", &moved).await.expect("it can be moved");
    let at_headset = format!("{} target.object", other.name);
    rig.until("the headset", |dump| dump.to_string().contains(&at_headset)).await;
    last.kill().await.expect("it runs");

    rig.session.deafen().await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let door = Door::Pulse;
    let answered = Answered::new(&rig, &mut app, &mut screen, door, Some("earpiece"), DESK).await;
    let given = format!("{} target.node", answered.streams[1].name);
    rig.until("WirePlumber's idea", |dump| dump.to_string().contains(&given)).await;
    answered.is_heard(EARPIECE, NEAR).await;
    hangs_up(&mut app, &mut screen, &answered.talk, &answered.streams).await;
}

#[tokio::test]
async fn a_headset_that_comes_takes_the_call_and_gives_it_back() {
    for door in Door::BOTH {
        let mut rig = start(PHONE).await;
        let mut app = rig.app(CHAT).await;
        let mut screen = rig.screen().await;
        let before = rig.others();
        let answered = Answered::new(&rig, &mut app, &mut screen, door, None, PHONE).await;
        answered.is_heard(EARPIECE, NEAR).await;

        rig.session.plug(BLUETOOTH).await;
        rig.session.plug(BLUETOOTH_MIC).await;
        rig.speaks(BLUETOOTH_MIC, OTHER_NEAR).await;
        let headset = rig.sink(BLUETOOTH).await;
        headset.becomes(FAR, PLAIN).await;
        answered.talk.heard.becomes(FAR, SILENT).await;
        answered.talk.said.becomes(OTHER_NEAR, PLAIN).await;

        drop(headset);
        rig.silence(BLUETOOTH_MIC).await;
        rig.session.unplug(BLUETOOTH).await;
        rig.session.unplug(BLUETOOTH_MIC).await;
        answered.is_heard(EARPIECE, NEAR).await;
        hangs_up(&mut app, &mut screen, &answered.talk, &answered.streams).await;
        rig.is_as_before(&before).await;
    }
}

#[tokio::test]
async fn the_user_and_the_app_choose_and_a_device_that_is_gone_is_refused() {
    let rig = start(DESK).await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let before = rig.others();
    let door = Door::Native;
    let answered = Answered::new(&rig, &mut app, &mut screen, door, None, DESK).await;
    answered.is_heard(HEADSET, OTHER_NEAR).await;
    soon("the choice", screen.surface.select_endpoint("speaker")).await.unwrap();
    answered.is_heard(SPEAKER, NEAR).await;
    app.wants(answered.talk.call, "earpiece").await;
    answered.is_heard(EARPIECE, NEAR).await;
    let gone = soon("the choice", screen.surface.select_endpoint("bluetooth")).await.unwrap_err();
    assert_eq!(gone.reason(), Some(RequestError::EndpointUnavailable));
    answered.is_heard(EARPIECE, NEAR).await;

    // What was chosen is pulled: the call is heard elsewhere.
    rig.session.unplug(EARPIECE).await;
    let left = &answered.ears;
    let headset = left.iter().find(|(device, _)| *device == HEADSET).expect("it is there");
    headset.1.becomes(FAR, PLAIN).await;
    hangs_up(&mut app, &mut screen, &answered.talk, &answered.streams).await;
    rig.session.plug(EARPIECE).await;
    let now = rig.others();
    let earpiece = |line: &&str| !line.contains(EARPIECE.name);
    let difference = before.difference(&now);
    assert_eq!(difference.lines().filter(earpiece).count(), 0, "{difference}");
}

#[tokio::test]
async fn who_cannot_hold_a_phone_hears_calls_on_the_speaker() {
    let rig = start(DESK).await;
    rig.sets("audio.json", r#"{"always":"speaker"}"#);
    let _music = rig.plays(&Stream::music("music", Door::Native), MUSIC).await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let door = Door::Native;
    let answered = Answered::new(&rig, &mut app, &mut screen, door, None, DESK).await;
    answered.is_heard(SPEAKER, NEAR).await;
    answered.talk.heard.becomes(MUSIC, DUCKED).await;
    hangs_up(&mut app, &mut screen, &answered.talk, &answered.streams).await;
}
