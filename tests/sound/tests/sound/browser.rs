//! A browser as a calling app: its streams go through the PulseAudio door, from a process below the app's, and carry no
//! token.

use crate::story::{CHAT, DUCKED, FAR, MUSIC, NEAR, PLAIN, SILENT, desk_with_music};
use hookswitch_journeys::soon;
use hookswitch_sound::Rig;
use hookswitch_sound::device::{DESK, HEADSET_MIC};
use hookswitch_sound::stream::Door;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sound/call.html");

/// What a calling app runs to have this page in a browser.
fn chromium(rig: &Rig) -> Vec<String> {
    let profile = rig.session.folder().join("chromium");
    let profile = format!("--user-data-dir={}", profile.display());
    let page = format!("file://{PAGE}");
    let words = [
        "chromium",
        "--headless=new",
        // It may run as root, in a test.
        "--no-sandbox",
        "--no-first-run",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--autoplay-policy=no-user-gesture-required",
        "--use-fake-ui-for-media-stream",
        &profile,
        &page,
    ];
    words.map(str::to_owned).to_vec()
}

#[tokio::test]
async fn a_browser_is_heard_in_its_call_and_only_then() {
    let (rig, speaker, _music) = desk_with_music(Door::Pulse, DESK, HEADSET_MIC).await;
    let mut app = rig.app(CHAT).await;
    let mut screen = rig.screen().await;
    let before = rig.others();
    let (call, number) = app.rings_on(&mut screen).await;

    // It comes up while it and is not heard yet.
    app.runs("browser", chromium(&rig)).await;
    rig.until("its streams to be cut", |dump| {
        let streams = dump.nodes().iter().filter(|node| node.name.to_lowercase().contains("chrom"));
        streams.clone().count() == 2 && streams.clone().all(|node| node.volume == 0.0)
    })
    .await;
    speaker.becomes(FAR, SILENT).await;
    speaker.stays(FAR, SILENT, 500).await;

    soon("the answer", screen.surface.answer(number, None).outcome()).await.unwrap();
    let (grant, _) = app.audio_on(call).await;
    let heard = rig.meter.sink(&grant.sink.expect("a sink")).await;
    heard.becomes(FAR, PLAIN).await;
    heard.becomes(NEAR, PLAIN).await;
    speaker.becomes(MUSIC, DUCKED).await;

    // A browser knows nothing of mute.
    soon("the mute", screen.surface.set_muted(number, true, None).outcome()).await.unwrap();
    heard.becomes(NEAR, SILENT).await;
    heard.stays(NEAR, SILENT, 500).await;
    heard.becomes(FAR, PLAIN).await;
    soon("the unmute", screen.surface.set_muted(number, false, None).outcome()).await.unwrap();
    heard.becomes(NEAR, PLAIN).await;

    // Nor of the end.
    soon("the end", screen.surface.end(number, None).outcome()).await.unwrap();
    app.audio_off(call).await;
    heard.becomes(NEAR, SILENT).await;
    heard.becomes(FAR, SILENT).await;
    speaker.becomes(MUSIC, PLAIN).await;
    app.stops("browser").await;
    rig.is_as_before(&before).await;
}
