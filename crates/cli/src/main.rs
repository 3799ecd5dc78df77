//! The command line of the Hookswitch call service: see calls and act on them, try an app out, run a private service.
//!
//! Exit codes: 0 done, 1 refused or failed (the text says why and what to do), 2 wrong usage.

mod act;
mod args;
mod audio;
mod conformance;
mod dial;
mod doctor;
mod failure;
mod journal;
mod json;
mod ladder;
mod pick;
mod private;
mod replay;
mod ringtone;
mod show;
mod simulate;
mod table;
mod takeover;
mod tether;
mod watch;
mod wish;
mod words;

use args::{Args, Command};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let args = Args::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let json = args.json;
    let done = match args.command {
        // Before there is a runtime: it becomes the other program.
        Command::Tether { command } => Err(tether::exec(&command)),
        command => run(command, json),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            if json {
                eprintln!("{}", json::failure(&failure));
            } else {
                eprintln!("hookswitch: {failure}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, json: bool) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Failure::new(format!("no runtime: {error}. Try again.")))?;
    runtime.block_on(async {
        match command {
            Command::Status => show::status(json).await?,
            Command::Apps { handle } => dial::apps(handle, json).await?,
            Command::Calls => show::calls(json).await?,
            Command::Doctor { no_sound } => return doctor::doctor(no_sound, json).await,
            Command::Audio => audio::show(json).await?,
            Command::Route { endpoint } => audio::route(&endpoint, json).await?,
            Command::Recents { missed, limit } => show::recents(missed, limit, json).await?,
            Command::Journal(wanted) => journal::journal(wanted, json).await?,
            Command::Replay(wanted) => replay::replay(&wanted, json)?,
            Command::Ringtone { what } => ringtone::ringtone(what, json)?,
            Command::Watch => watch::watch(json).await?,
            Command::Act(act) => act::act(act, json).await?,
            Command::Would { act } => act::would(act, json).await?,
            Command::Simulate { what: args::Simulate::Incoming(incoming) } => {
                simulate::incoming(incoming, json).await?;
            }
            Command::Takeover { of: args::Other::GnomeCalls { undo } } => {
                takeover::gnome_calls(undo, json).await?;
            }
            Command::Private(private) => return private::run(private).await,
            Command::Conformance(options) => return conformance::run(options, json).await,
            Command::Tether { .. } => {}
        }
        Ok(ExitCode::SUCCESS)
    })
}
