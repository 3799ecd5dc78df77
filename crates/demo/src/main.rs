//! The program behind `make demo`.

use clap::{Parser, Subcommand};
use hookswitch_demo::{DemoError, Programs, Stage, become_child, print_summary, story};
use std::ffi::OsString;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// One phone calls another through the call service, on this machine, without sound or display.
#[derive(Debug, Parser)]
struct Arguments {
    /// Also check that each figure is there and plausible.
    #[arg(long)]
    check: bool,
    /// Keep the folder with recordings and logs.
    #[arg(long)]
    keep: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Become a program that ends with the demo.
    #[command(hide = true)]
    Child {
        /// The demo's process id, the program, its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(Command::Child { arguments }) = arguments.command {
        eprintln!("{}", become_child(arguments.into_iter()));
        return ExitCode::FAILURE;
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("demo: no event loop: {error}. Close other programs and try again.");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments.check, arguments.keep)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(check: bool, keep: bool) -> Result<bool, DemoError> {
    let own = std::env::current_exe()
        .map_err(|error| DemoError::File { what: "this program".to_owned(), error })?;
    let mut stage = Stage::set(Programs::beside(&own), &[]).await?;
    let told = tokio::select! {
        told = story::tell(&stage) => told,
        () = interrupted() => {
            eprintln!("demo: interrupted.");
            return Ok(false);
        }
    };
    stage.exchange.end().await;
    if keep || told.is_err() {
        stage.keep();
        println!("recordings and logs: {}", stage.folder().display());
    }
    let summary = told?;
    print_summary(&summary);
    let mut wrong = summary.failures(check);
    if check {
        wrong.extend(summary.oddities());
    }
    for text in &wrong {
        eprintln!("demo: {text}.");
    }
    if check && wrong.is_empty() {
        println!("every figure is there and plausible");
    }
    Ok(wrong.is_empty())
}

async fn interrupted() {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}
