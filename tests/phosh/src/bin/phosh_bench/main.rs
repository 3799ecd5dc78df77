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
mod turns;
mod watch;

use cores::Cores;
use figure::{Figure, median};
use std::process::ExitCode;
use std::time::Duration;

/// Calls, if nobody says how many.
const CALLS: usize = 11;
/// Phones that are started for their first call.
const STARTS: usize = 7;

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
    if let Err(error) = figure::add(file.as_ref(), &figures) {
        eprintln!("phosh_bench: {file}: {error}");
        return ExitCode::FAILURE;
    }
    if figures.iter().all(|figure| figure.met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn measure(calls: usize) -> Vec<Figure> {
    let compare = gnome_calls::is_there();
    let mut figures = Vec::new();
    for cores in [Cores::all(), Cores::one()] {
        figures.extend(told(reports(calls, &cores, compare).await));
        cores.free();
    }
    let cost = ours::cost().await;
    figures.extend(told(compared::own("Phone", &cost)));
    let first_call = milliseconds(ours::first_call(calls.min(5)).await);
    let name = "Phone: exec to the screen of a call that waits";
    figures.extend(told(vec![Figure::reported(name, first_call, "ms")]));
    if !compare {
        eprintln!(
            "phosh_bench: GNOME Calls is not installed, so it is NOT compared with it. Install the package gnome-calls, \
             then run this again."
        );
        return figures;
    }
    let their_cost = gnome_calls::cost().await;
    figures.extend(told(compared::own("GNOME Calls", &their_cost)));
    figures.extend(told(compared::with(&cost, &their_cost)));
    figures.extend(told(first_calls().await.into()));
    figures
}

/// What is known so far, printed.
fn told(figures: Vec<Figure>) -> Vec<Figure> {
    for figure in &figures {
        println!("{figure}");
    }
    figures
}

/// From a report to what the shell is told and shows.
async fn reports(calls: usize, cores: &Cores, compare: bool) -> Vec<Figure> {
    let mut ours = ours::Reports::new(cores).await;
    if !compare {
        let ours = turns::alone(&mut ours, calls).await;
        return compared::reports("Phosh", &ours, cores).into();
    }
    let mut theirs = gnome_calls::CallsItself::new(cores).await;
    let pairs = turns::in_turn(&mut ours, &mut theirs, calls).await;
    let (ours, theirs): (Vec<Round>, Vec<Round>) = pairs.iter().copied().unzip();
    let mut figures: Vec<Figure> = compared::reports("Phosh", &ours, cores).into();
    figures.extend(compared::reports("Phosh: GNOME Calls", &theirs, cores));
    figures.push(compared::share(&pairs, cores));
    figures
}

/// The first call after a start, as on a phone that is called now and then: whose pages are not in memory, and whose files are
/// not read yet, reads them while somebody rings.
async fn first_calls() -> [Figure; 3] {
    let cores = Cores::all();
    let ours = async || ours::Reports::new(&cores).await;
    let theirs = async || gnome_calls::CallsItself::new(&cores).await;
    compared::first_calls(&turns::first(ours, theirs, STARTS).await)
}

fn milliseconds(times: impl IntoIterator<Item = Duration>) -> f64 {
    median(times.into_iter().map(|time| time.as_secs_f64() * 1_000.0))
}
