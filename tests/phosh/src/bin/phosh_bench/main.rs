//! How soon a phone shows a call, and what its call screens cost: `phosh_bench FILE [ROUNDS]` measures, beside GNOME Calls
//! with its dummy provider on the same Phosh, prints a table and adds its figures to the list of `hookswitch-bench` in FILE.
//! It exits with 1 if a bar is missed.

mod compared;
mod cores;
mod cost;
// One way to write a figure down for both benches that stand beside `hookswitch-bench`.
#[path = "../../../../sound/src/bin/sound_bench/figure.rs"]
mod figure;
mod gnome_calls;
mod ours;
mod process;
mod watch;

use cores::Cores;
use figure::{Figure, median};
use std::process::ExitCode;
use std::time::Duration;

/// Calls, if nobody says how many.
const CALLS: usize = 9;
/// Of what GNOME Calls needs until the shell is told.
const SHARE_BAR: f64 = 0.25;

/// How long one call took until the shell was told, and until the screen was another.
#[derive(Clone, Copy)]
struct Round {
    told: Duration,
    seen: Duration,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(file) = arguments.next() else {
        eprintln!("phosh_bench: say the file for the figures.");
        return ExitCode::from(2);
    };
    let calls = arguments.next().and_then(|calls| calls.parse().ok()).unwrap_or(CALLS);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("an event loop");
    let figures = runtime.block_on(measure(calls));
    for figure in &figures {
        println!("{figure}");
    }
    if let Err(error) = figure::add(file.as_ref(), &figures) {
        eprintln!("phosh_bench: {file}: {error}");
        return ExitCode::FAILURE;
    }
    if figures.iter().all(|figure| figure.met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn measure(calls: usize) -> Vec<Figure> {
    let ours = ours::measure(calls, &Cores::all()).await;
    let ours_on_one = told(&ours::measure(calls, &Cores::one()).await);
    let cost = ours::cost().await;
    let mut figures = vec![
        Figure::reported("Phosh: report to InterfacesAdded", told(&ours), "ms"),
        Figure::reported("Phosh: report to InterfacesAdded, one core", ours_on_one, "ms"),
        Figure::reported("Phosh: report to the first changed pixel", seen(&ours), "ms"),
    ];
    figures.extend(compared::own("Phone", &cost));
    let first_call = milliseconds(ours::first_call(calls.min(5)).await);
    figures.push(Figure::reported(
        "Phone: exec to the screen of a call that waits",
        first_call,
        "ms",
    ));
    if !gnome_calls::is_there() {
        eprintln!(
            "phosh_bench: GNOME Calls is not installed, so it is NOT compared with it. Install the package gnome-calls, \
             then run this again."
        );
        return figures;
    }
    let theirs = gnome_calls::measure(calls, &Cores::all()).await;
    let theirs_on_one = told(&gnome_calls::measure(calls, &Cores::one()).await);
    let their_cost = gnome_calls::cost().await;
    figures.extend([
        Figure::reported("Phosh: GNOME Calls, signal to InterfacesAdded", told(&theirs), "ms"),
        Figure::reported("Phosh: GNOME Calls, to the first changed pixel", seen(&theirs), "ms"),
        Figure::reported(
            "Phosh: GNOME Calls, signal to InterfacesAdded, one core",
            theirs_on_one,
            "ms",
        ),
        Figure::reported(
            "Phosh: InterfacesAdded, share of GNOME Calls, all cores",
            told(&ours) / told(&theirs),
            "share",
        ),
        Figure::at_most(
            "Phosh: InterfacesAdded, share of GNOME Calls, one core",
            ours_on_one / theirs_on_one,
            "share",
            SHARE_BAR,
        ),
    ]);
    figures.extend(compared::own("GNOME Calls", &their_cost));
    figures.extend(compared::with(&cost, &their_cost));
    figures
}

fn milliseconds(times: impl IntoIterator<Item = Duration>) -> f64 {
    median(times.into_iter().map(|time| time.as_secs_f64() * 1_000.0))
}

fn told(rounds: &[Round]) -> f64 {
    milliseconds(rounds.iter().map(|round| round.told))
}

fn seen(rounds: &[Round]) -> f64 {
    milliseconds(rounds.iter().map(|round| round.seen))
}
