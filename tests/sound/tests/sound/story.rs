//! What the stories have in common: tones, how loud they are to be, and a call that is talked in.

use hookswitch::{CallNumber, CallUuid};
use hookswitch_journeys::{Screen, soon};
use hookswitch_sound::device::Device;
use hookswitch_sound::orders::Grant;
use hookswitch_sound::stream::{Door, Stream};
use hookswitch_sound::{CallingApp, Ear, OF_CALL, Rig};
use std::ops::Range;
use tokio::process::Child;

/// What music plays.
pub const MUSIC: u32 = 600;
/// What the far side of a call says.
pub const FAR: u32 = 1000;
/// What the far side of another call says.
pub const OTHER_FAR: u32 = 1800;
/// What something new plays.
pub const NEW: u32 = 1400;
/// What is said into the first microphone.
pub const NEAR: u32 = 2600;
/// What is said into the second microphone.
pub const OTHER_NEAR: u32 = 3400;

/// As loud as it is made, in decibels.
pub const PLAIN: Range<f64> = -7.0..-5.0;
/// Ducked: 14 dB less.
pub const DUCKED: Range<f64> = -21.5..-18.5;
/// As loud as mpv plays a tone: it makes one channel two, and louder by 3 dB.
pub const PLAYER: Range<f64> = -4.5..-2.0;
/// The same, ducked.
pub const PLAYER_DUCKED: Range<f64> = -18.5..-15.5;
/// Not there.
pub const SILENT: Range<f64> = -200.0..-60.0;

/// The rules of these stories: what takes seconds otherwise.
pub const QUICK: &str = "audio_release=300";

pub const CHAT: &str = "org.example.Chat";
pub const TALK: &str = "org.example.Talk";

/// A call in which both sides are heard.
pub struct Talk {
    pub call: CallUuid,
    pub number: CallNumber,
    pub grant: Grant,
    /// What the device plays that the call was granted.
    pub heard: Ear,
    /// What the app records.
    pub said: Ear,
}

/// The names of an app's streams.
pub fn streams(app: &str, door: Door) -> [Stream; 2] {
    let name = app.rsplit('.').next().unwrap_or(app).to_lowercase();
    ["far", "near"].map(|side| Stream::new(&format!("{OF_CALL}{name}-{side}"), door).granted())
}

/// Start the app's streams with its grant, and hear that they are heard: `far` on the granted sink, `near` by the app.
pub async fn talks(
    rig: &Rig,
    app: &mut CallingApp,
    [plays, records]: &[Stream; 2],
    grant: &Grant,
    [far, near]: [u32; 2],
) -> [Ear; 2] {
    let sink = grant.sink.clone().expect("the grant names a sink");
    let heard = rig.meter.sink(&sink).await;
    app.plays(&rig.session, plays, far).await;
    let said = app.records(&rig.session, records).await;
    heard.becomes(far, PLAIN).await;
    said.becomes(near, PLAIN).await;
    [heard, said]
}

/// Somebody calls, the user answers, and both are heard.
pub async fn answered(
    rig: &Rig,
    app: &mut CallingApp,
    screen: &mut Screen,
    streams: &[Stream; 2],
    tones: [u32; 2],
) -> Talk {
    let (call, number) = app.rings_on(screen).await;
    let outcome = screen.surface.answer(number, None).outcome();
    soon("the answer", outcome).await.expect("it can be answered");
    let (grant, _) = app.audio_on(call).await;
    let [heard, said] = talks(rig, app, streams, &grant, tones).await;
    Talk { call, number, grant, heard, said }
}

/// The user hangs up, and the app's streams end.
pub async fn hangs_up(
    app: &mut CallingApp,
    screen: &mut Screen,
    talk: &Talk,
    streams: &[Stream; 2],
) {
    let outcome = screen.surface.end(talk.number, None).outcome();
    soon("the end", outcome).await.expect("it can be ended");
    app.audio_off(talk.call).await;
    for stream in streams {
        app.stops(&stream.name).await;
    }
}

/// A desk on which music plays, as long as the last of these lives, and somebody speaks.
pub async fn desk_with_music(
    door: Door,
    devices: &[Device],
    microphone: Device,
) -> (Rig, Ear, Child) {
    let mut rig = Rig::with(QUICK, devices).await;
    rig.speaks(microphone, NEAR).await;
    let music = rig.plays(&Stream::music("music", door), MUSIC).await;
    let speaker = rig.sink(hookswitch_sound::device::SPEAKER).await;
    speaker.becomes(MUSIC, PLAIN).await;
    (rig, speaker, music)
}
