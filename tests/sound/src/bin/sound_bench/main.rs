//! How long it takes until it is heard, and how well: `sound_bench FILE [ROUNDS]` measures, prints a table and adds its
//! figures to the list of `hookswitch-bench` in FILE. It exits with 1 if a bar is missed.

mod baresip;
mod figure;
mod heard;
mod speakerboxes;
mod swap;

use figure::{Figure, median};
use heard::Heard;
use std::process::ExitCode;

/// A call, and how often it is measured.
const CALLS: usize = 5;
/// From mouth to ear nobody may wait longer, in milliseconds, on a network that adds nothing.
const MOUTH_TO_EAR_BAR: f64 = 120.0;
/// By so much less than another phone's speech ours may be understood.
const WORSE_BAR: f64 = 0.1;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(file) = arguments.next() else {
        eprintln!("sound_bench: say the file for the figures.");
        return ExitCode::from(2);
    };
    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("an event loop");
    let mut figures = swap::figures(runtime.block_on(swap::measure(rounds.unwrap_or(9))));
    figures.extend(runtime.block_on(speech(rounds.unwrap_or(CALLS))));
    for figure in &figures {
        println!("{figure}");
    }
    if let Err(error) = figure::add(file.as_ref(), &figures) {
        eprintln!("sound_bench: {file}: {error}");
        return ExitCode::FAILURE;
    }
    if figures.iter().all(|figure| figure.met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The same speech through two Speakerboxes, through a network that loses some of it, and through two baresips.
async fn speech(calls: usize) -> Vec<Figure> {
    let ours = speakerboxes::measure(calls, &[]).await;
    let torn = speakerboxes::measure(calls, &["--impairment=20"]).await;
    let mut figures = vec![
        Figure::at_most("sound: mouth to ear", delay(&ours), "ms", MOUTH_TO_EAR_BAR),
        Figure::at_most("sound: mouth to ear, 20 % lost", delay(&torn), "ms", MOUTH_TO_EAR_BAR),
        Figure::reported("sound: speech understood", stoi(&ours), "STOI"),
        Figure::reported("sound: speech understood, 20 % lost", stoi(&torn), "STOI"),
    ];
    match baresip::measure(calls).await {
        Some(theirs) => figures.extend([
            Figure::reported("sound: mouth to ear, baresip", delay(&theirs), "ms"),
            Figure::reported("sound: speech understood, baresip", stoi(&theirs), "STOI"),
            Figure::at_most(
                "sound: speech understood, worse than baresip",
                stoi(&theirs) - stoi(&ours),
                "STOI",
                WORSE_BAR,
            ),
        ]),
        None => eprintln!(
            "sound_bench: baresip is not installed, so speech is NOT compared with it. Install the packages baresip-core \
             and libasound2-plugins, then run this again."
        ),
    }
    figures
}

fn delay(calls: &[Heard]) -> f64 {
    median(calls.iter().map(|call| call.delay_ms))
}

fn stoi(calls: &[Heard]) -> f64 {
    median(calls.iter().map(|call| call.stoi))
}
