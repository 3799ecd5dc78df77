//! How long it takes until it is heard: `sound_bench FILE [ROUNDS]` measures, prints a table and adds its figures to the
//! list of `hookswitch-bench` in FILE. It exits with 1 if a bar is missed.

use hookswitch::{CallNumber, CallUuid};
use hookswitch_journeys::{Screen, soon};
use hookswitch_sound::device::{HANDSET_MIC, PHONE, SPEAKER};
use hookswitch_sound::stream::{Door, Stream};
use hookswitch_sound::tone::RATE;
use hookswitch_sound::{Block, CallingApp, Ear, Moment, QUANTUM, Rig, first};
use serde::Serialize;
use serde_json::Value;
use std::path::Path;
use std::process::ExitCode;

/// What music plays, and what the far sides of two calls say.
const MUSIC: u32 = 600;
const FAR: [u32; 2] = [1000, 1800];
const APPS: [&str; 2] = ["org.example.Chat", "org.example.Talk"];

/// Longer than this nobody may be without sound at a swap.
const GAP_BAR: f64 = 60.0;

#[derive(Serialize)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    bar: Option<f64>,
    met: bool,
}

#[derive(Default)]
struct Measured {
    ring_to_duck: Vec<f64>,
    fulfil_to_audible: Vec<f64>,
    end_to_restore: Vec<f64>,
    gap: Vec<f64>,
    both: Vec<f64>,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(file) = arguments.next() else {
        eprintln!("sound_bench: say the file for the figures.");
        return ExitCode::from(2);
    };
    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(9);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("an event loop");
    let figures = figures(runtime.block_on(measure(rounds)));
    for figure in &figures {
        let missed = if figure.met { "" } else { "  MISSED" };
        let bar = figure.bar.map(|bar| format!("  bar {bar}")).unwrap_or_default();
        println!("{:60} {:>8.1} {}{bar}{missed}", figure.name, figure.value, figure.unit);
    }
    if let Err(error) = add(Path::new(&file), &figures) {
        eprintln!("sound_bench: {file}: {error}");
        return ExitCode::FAILURE;
    }
    if figures.iter().all(|figure| figure.met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Behind what is in the file already.
fn add(file: &Path, figures: &[Figure]) -> Result<(), Box<dyn std::error::Error>> {
    let mut all: Vec<Value> = match std::fs::read(file) {
        Ok(text) => serde_json::from_slice(&text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    for figure in figures {
        all.push(serde_json::to_value(figure)?);
    }
    Ok(std::fs::write(file, serde_json::to_string_pretty(&all)? + "\n")?)
}

fn figures(measured: Measured) -> Vec<Figure> {
    let quantum = f64::from(QUANTUM) * 1000.0 / f64::from(RATE);
    let report = |name: &str, value: f64| Figure {
        name: format!("{name} (reported)"),
        value: (value * 10.0).round() / 10.0,
        unit: "ms",
        bar: None,
        met: true,
    };
    let gap = median(&measured.gap);
    vec![
        report("sound: one quantum of PipeWire", quantum),
        report("sound: reported to music ducked", median(&measured.ring_to_duck)),
        report("sound: answer fulfilled to far side heard", median(&measured.fulfil_to_audible)),
        report("sound: end requested to music as before", median(&measured.end_to_restore)),
        report("sound: both heard at a swap", median(&measured.both)),
        Figure {
            name: "sound: neither heard at a swap".to_owned(),
            value: (gap * 10.0).round() / 10.0,
            unit: "ms",
            bar: Some(GAP_BAR),
            met: gap <= GAP_BAR,
        },
    ]
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

struct Talk {
    call: CallUuid,
    number: CallNumber,
}

async fn measure(rounds: usize) -> Measured {
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
