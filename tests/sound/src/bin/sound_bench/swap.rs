//! How long it takes from a wish until it is heard, and who is heard at a swap.

use crate::figure::{Figure, median};
use hookswitch::{CallNumber, CallUuid};
use hookswitch_journeys::{Screen, soon};
use hookswitch_sound::device::{HANDSET_MIC, PHONE, SPEAKER};
use hookswitch_sound::stream::{Door, Stream};
use hookswitch_sound::tone::RATE;
use hookswitch_sound::{Block, CallingApp, Ear, Moment, QUANTUM, Rig, first};

/// What music plays, and what the far sides of two calls say.
const MUSIC: u32 = 600;
const FAR: [u32; 2] = [1000, 1800];
const APPS: [&str; 2] = ["org.example.Chat", "org.example.Talk"];

/// Longer than this nobody may be without sound at a swap.
const GAP_BAR: f64 = 60.0;

/// All rounds, in milliseconds.
#[derive(Default)]
pub struct Measured {
    ring_to_duck: Vec<f64>,
    fulfil_to_audible: Vec<f64>,
    end_to_restore: Vec<f64>,
    gap: Vec<f64>,
    both: Vec<f64>,
}

/// What is told of it.
pub fn figures(measured: Measured) -> Vec<Figure> {
    let quantum = f64::from(QUANTUM) * 1000.0 / f64::from(RATE);
    let report = |name: &str, values: Vec<f64>| Figure::reported(name, median(values), "ms");
    vec![
        Figure::reported("sound: one quantum of PipeWire", quantum, "ms"),
        report("sound: reported to music ducked", measured.ring_to_duck),
        report("sound: answer fulfilled to far side heard", measured.fulfil_to_audible),
        report("sound: end requested to music as before", measured.end_to_restore),
        report("sound: both heard at a swap", measured.both),
        Figure::at_most("sound: neither heard at a swap", median(measured.gap), "ms", GAP_BAR),
    ]
}

struct Talk {
    call: CallUuid,
    number: CallNumber,
}

/// Two calls that are swapped, so many times.
pub async fn measure(rounds: usize) -> Measured {
    let mut measured = Measured::default();
    let mut rig = Rig::with("audio_release=300", PHONE).await;
    rig.speaks(HANDSET_MIC, 2600).await;
    // All of them from the beginning: a meter that comes late misses what it is for.
    let mut ears = Vec::new();
    for sink in PHONE.iter().filter(|device| !device.is_microphone()) {
        ears.push((sink.name, rig.sink(*sink).await));
    }
    let speaker = ear(&ears, SPEAKER.name);
    let _music = rig.plays(&Stream::music("music", Door::Native), MUSIC).await;
    speaker.becomes(MUSIC, -7.0..-5.0).await;
    let mut chat = rig.app(APPS[0]).await;
    let mut other = rig.app(APPS[1]).await;
    let mut screen = rig.screen().await;
    for _ in 0..rounds {
        let began = Moment::now();
        let (one, ear) = talk(&rig, &ears, &mut chat, &mut screen, 0, &mut measured).await;
        speaker.becomes(MUSIC, -22.0..-18.0).await;
        let music = speaker.blocks(began, Moment::now(), MUSIC);
        measured.ring_to_duck.extend(first(&music, ..-18.0, 2).map(|at| at.since(began)));

        let (two, _) = talk(&rig, &ears, &mut other, &mut screen, 1, &mut measured).await;
        for (back, up, down) in [(&one, FAR[0], FAR[1]), (&two, FAR[1], FAR[0])] {
            let since = Moment::now();
            let swapped = screen.surface.swap(back.number, None).outcome();
            soon("the swap", swapped).await.expect("they can be swapped");
            ear.becomes(up, -7.0..-5.0).await;
            ear.becomes(down, ..-60.0).await;
            let gap = hand_over(
                &ear.blocks(since, Moment::now(), down),
                &ear.blocks(since, Moment::now(), up),
            );
            measured.gap.extend(gap.map(|gap| gap.max(0.0)));
            measured.both.extend(gap.map(|gap| (-gap).max(0.0)));
        }
        // The held one first, so that the end of the other ends the audio.
        for (app, call) in [(&mut chat, &one), (&mut other, &two)] {
            let since = Moment::now();
            let ended = screen.surface.end(call.number, None).outcome();
            soon("the end", ended).await.expect("it can be ended");
            screen.over(call.number).await;
            if call.call == two.call {
                app.audio_off(call.call).await;
                speaker.becomes(MUSIC, -7.0..-5.0).await;
                let music = speaker.blocks(since, Moment::now(), MUSIC);
                measured.end_to_restore.extend(first(&music, -8.0.., 2).map(|at| at.since(since)));
            }
            app.stops("far").await;
        }
    }
    measured
}

/// A call whose app plays already while it rings, so that only the grant is measured.
async fn talk<'a>(
    rig: &Rig,
    ears: &'a [(&str, Ear)],
    app: &mut CallingApp,
    screen: &mut Screen,
    which: usize,
    measured: &mut Measured,
) -> (Talk, &'a Ear) {
    let (call, number) = app.rings_on(screen).await;
    let name = format!("call-{which}");
    let stream = Stream::new(&name, Door::Native).role("Communication");
    app.runs("far", stream.plays(&rig.session.tone(FAR[which]))).await;
    rig.until("its stream to be cut", |dump| {
        dump.node(&name).is_some_and(|node| node.volume == 0.0)
    })
    .await;
    let answered = screen.surface.answer(number, None).outcome();
    soon("the answer", answered).await.expect("it can be answered");
    let fulfilled = app.asked("answer", call).await;
    let (grant, _) = app.audio_on(call).await;
    let sink = grant.sink.expect("the grant names a sink");
    let ear = ear(ears, &sink);
    ear.becomes(FAR[which], -7.0..-5.0).await;
    let blocks = ear.blocks(fulfilled, Moment::now(), FAR[which]);
    measured.fulfil_to_audible.extend(first(&blocks, -8.0.., 2).map(|at| at.since(fulfilled)));
    (Talk { call, number }, ear)
}

fn ear<'a>(ears: &'a [(&str, Ear)], sink: &str) -> &'a Ear {
    let found = ears.iter().find(|(name, _)| *name == sink);
    found.map(|(_, ear)| ear).expect("the sink is one of the phone's")
}

/// From the end of one tone to the beginning of the other, in milliseconds; negative if both were heard.
fn hand_over(down: &[Block], up: &[Block]) -> Option<f64> {
    Some(first(up, -40.0.., 2)?.since(first(down, ..-40.0, 2)?))
}
