//! The program behind `make demo`.

use clap::{Parser, Subcommand};
use hookswitch_demo::desktop::{self, Desktop};
use hookswitch_demo::{DemoError, Programs, Stage, become_child, print_summary, story};
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;
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
    /// Call from the desktop's own bus, with its microphone and loudspeakers, somebody who answers.
    #[arg(long)]
    desktop: bool,
    /// Seconds after which that call ends.
    #[arg(long, default_value_t = 60, requires = "desktop")]
    talk: u64,
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
    let told = if arguments.desktop {
        runtime.block_on(run_desktop(Duration::from_secs(arguments.talk), arguments.keep))
    } else {
        runtime.block_on(run(arguments.check, arguments.keep))
    };
    match told {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("demo: {error}");
            // Not a failure of the demo: there is nothing here to show it on.
            let nowhere = matches!(error, DemoError::NoBus(_) | DemoError::NoSound(_));
            if nowhere { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

async fn run_desktop(talk: Duration, keep: bool) -> Result<bool, DemoError> {
    let desktop = Desktop::find().await?;
    let mut stage = Stage::set(own_programs()?, &[]).await?;
    let told = desktop::talk(&desktop, &stage, talk, interrupted()).await;
    stage.exchange.end().await;
    if keep {
        stage.keep();
        println!("recordings and logs: {}", stage.folder().display());
    }
    told.map(|()| true)
}

fn own_programs() -> Result<Programs, DemoError> {
    let own = std::env::current_exe()
        .map_err(|error| DemoError::File { what: "this program".to_owned(), error })?;
    Ok(Programs::beside(&own))
}

async fn run(check: bool, keep: bool) -> Result<bool, DemoError> {
    let mut stage = Stage::set(own_programs()?, &[]).await?;
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
