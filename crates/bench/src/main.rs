//! What a call costs, against the floor of the same machine in the same run.
//!
//! `hookswitch-bench all` starts private buses, runs the same load in turn against a relay that decides nothing (the
//! floor) and against the service, holds the ratios to the project's bars and says which are missed. Absolute figures
//! are told, never held to anything: they move by half with the machine's mood.
//!
//! A ratio is that of one round, floor and service one after the other; the median of the rounds is told, and a bar is
//! missed if most rounds miss it. How the rounds are made so that a shared machine does not decide: see `turns`.

mod bus;
mod callers;
mod chain;
mod core_time;
mod crash;
mod disturbance;
mod figures;
mod flood;
mod floor;
mod idle;
mod journal_time;
mod load;
mod many_apps;
mod memory;
mod monitor;
mod proc;
mod service;
mod throughput;
mod tied;
mod turns;
mod wire;

use clap::{Parser, Subcommand};
use figures::Figures;
use load::Size;
use service::{RAISED, Service};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// A result; errors are told in words, once, at the end.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
#[command(version, about = "What a call costs, against the floor of the same run")]
struct Options {
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Measure everything; exit with 1 if a bar is missed.
    All(All),
    #[command(hide = true)]
    Tied {
        parent: u32,
        #[arg(last = true)]
        program: Vec<OsString>,
    },
    #[command(hide = true)]
    WithJournal {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        program: Vec<OsString>,
    },
    #[command(hide = true)]
    Floor,
    #[command(hide = true)]
    Surface(Size),
    #[command(hide = true)]
    Provider(load::ProviderOptions),
    #[command(hide = true)]
    Monitor(monitor::Window),
    #[command(hide = true)]
    Apps(idle::Apps),
    #[command(hide = true)]
    Callers {
        #[command(flatten)]
        callers: callers::Callers,
        #[arg(long)]
        service: u32,
    },
    #[command(hide = true)]
    Watcher {
        #[arg(long)]
        calls: u64,
    },
    #[command(hide = true)]
    Listeners {
        #[arg(long)]
        count: u64,
    },
    #[command(hide = true)]
    Flood,
    #[command(hide = true)]
    Rules,
    #[command(hide = true)]
    Crowd {
        #[arg(long)]
        calls: u64,
    },
}

#[derive(clap::Args)]
struct All {
    /// One short repeat of everything: shows that it works, says nothing about speed.
    #[arg(long)]
    quick: bool,
    /// Only on this bus; default all that run here.
    #[arg(long)]
    bus: Option<bus::Kind>,
    /// The service; default the one beside this program.
    #[arg(long)]
    daemon: Option<PathBuf>,
    /// Another build of the service in the place of the floor: what a change costs or saves.
    #[arg(long)]
    against: Option<PathBuf>,
    /// How often; default 5, with --quick 1.
    #[arg(long)]
    repeats: Option<usize>,
    /// Only these parts; may be repeated.
    #[arg(long)]
    only: Vec<Part>,
    /// Where the figures go.
    #[arg(long, default_value = "target/bench.json")]
    output: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// P1, P2, P3, P5.
    Chain,
    /// P14.
    Surfaces,
    /// P4.
    Throughput,
    /// P8.
    Apps,
    /// P12.
    Memory,
    /// One app floods while another has calls.
    Flood,
    /// P7.
    Core,
    /// P10: what it takes.
    Journal,
    /// P6.
    Messages,
    /// P10: what a crash loses.
    Kill,
    /// P13.
    Idle,
}

fn main() -> ExitCode {
    let work = Options::parse().work;
    let done = match work {
        Work::All(options) => return all(&options),
        Work::Tied { parent, program } => tied::become_program(parent, &program),
        Work::WithJournal { program } => bus::with_journal(&program),
        Work::Floor => wire::block_on(floor::run()),
        Work::Surface(size) => wire::block_on(load::surface(size)),
        Work::Provider(options) => wire::block_on(load::provider(options)),
        Work::Monitor(window) => wire::block_on(monitor::run(window)),
        Work::Apps(apps) => wire::block_on(idle::apps(apps)),
        Work::Callers { callers, service } => wire::block_on(callers::callers(callers, service)),
        Work::Watcher { calls } => wire::block_on(callers::watcher(calls)),
        Work::Listeners { count } => wire::block_on(callers::listeners(count)),
        Work::Flood => wire::block_on(flood::flood()),
        Work::Rules => wire::block_on(many_apps::watch_rules()),
        Work::Crowd { calls } => wire::block_on(memory::crowd(calls)),
    };
    told(done)
}

fn told(done: Outcome) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hookswitch-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn all(options: &All) -> ExitCode {
    let mut figures = Figures::default();
    let done = measure(options, &mut figures);
    figures.print();
    if let Err(error) = done.and_then(|()| figures.write(&options.output)) {
        return told(Err(error));
    }
    match figures.missed()[..] {
        [] => ExitCode::SUCCESS,
        ref missed => {
            eprintln!("\nmissed: {}", missed.join("; "));
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &All, figures: &mut Figures) -> Outcome {
    let program = options.daemon.clone().map_or_else(service::beside, Ok)?;
    if !program.is_file() {
        let build = "build it first: cargo build --release --bin hookswitchd";
        return Err(format!("{}: there is no such file; {build}", program.display()).into());
    }
    let of = |program: &PathBuf, policy| Service::Daemon {
        program: program.clone(),
        journal: true,
        policy,
    };
    let pair = |policy| {
        let other = options.against.as_ref().map_or(Service::Floor, |other| of(other, policy));
        [other, of(&program, policy)]
    };
    let (services, raised) = (pair(""), pair(RAISED));
    let repeats = options.repeats.unwrap_or(if options.quick { 1 } else { 5 });
    let size = match options.quick {
        true => Size { calls: 200, warm: 50 },
        false => Size { calls: 1500, warm: 300 },
    };
    // So short that the machine does not change meanwhile.
    let turn = Size { calls: 100, warm: 300 };
    let asked = bus::Kind::ALL.into_iter().filter(|kind| options.bus.is_none_or(|b| b == *kind));
    let mut kinds = Vec::new();
    for kind in asked {
        match kind.missing() {
            None => kinds.push(kind),
            Some(why) => eprintln!("{} is left out: {why}", kind.name()),
        }
    }
    let first = *kinds.first().ok_or("there is no bus to run on")?;

    let wanted = |part| options.only.is_empty() || options.only.contains(&part);
    figures.report("load average before", proc::load_average(), "");
    for kind in kinds {
        let on = kind.name();
        if wanted(Part::Chain) {
            eprintln!("the chain on {on}, {repeats} times started anew, on one core, then on all");
            chain::one_core(figures, kind, &services, repeats, turn, kind == first)?;
            chain::all_cores(figures, kind, &services, repeats, turn)?;
        }
        if wanted(Part::Surfaces) {
            eprintln!("the chain on {on} with more surfaces");
            chain::many_surfaces(figures, kind, &services, repeats, turn)?;
        }
        if wanted(Part::Throughput) {
            eprintln!("many calls at once on {on}");
            throughput::measure(figures, kind, &raised, repeats, options.quick)?;
            throughput::burst(figures, kind, &raised[1], repeats)?;
        }
        if wanted(Part::Apps) {
            eprintln!("many apps on {on}");
            many_apps::rules(figures, kind, &services[1])?;
            many_apps::measure(figures, kind, &services, repeats, options.quick)?;
        }
        if wanted(Part::Flood) {
            eprintln!("the chain on {on} beside a flood, {repeats} x 4 runs");
            flood::measure(figures, kind, &services, repeats, size.half())?;
        }
        if wanted(Part::Memory) {
            eprintln!("memory on {on}");
            memory::measure(figures, kind, &program)?;
        }
    }
    if wanted(Part::Core) {
        eprintln!("the core, without a bus");
        core_time::measure(figures, repeats, options.quick)?;
    }
    if wanted(Part::Journal) {
        eprintln!("the journal");
        journal_time::append(figures, repeats, options.quick)?;
        journal_time::on_and_off(figures, first, &program, repeats, turn)?;
    }
    let bus = bus::Bus::start(first)?;
    if wanted(Part::Messages) {
        eprintln!("messages, counted from outside");
        chain::messages(figures, &bus, &services)?;
    }
    if wanted(Part::Kill) {
        let kills = if options.quick { 3 } else { 50 };
        eprintln!("{kills} times kill -9 in the middle of calls");
        crash::measure(figures, &bus, &program, kills)?;
    }
    if wanted(Part::Idle) {
        let watch = Duration::from_secs(if options.quick { 3 } else { 60 });
        eprintln!("{} s of nothing", watch.as_secs());
        idle::bus_path(figures, &bus, &program)?;
        idle::measure(figures, &bus, &program, watch)?;
    }
    figures.report("load average after", proc::load_average(), "");
    Ok(())
}
