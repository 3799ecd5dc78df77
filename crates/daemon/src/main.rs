//! The program `hookswitchd`. People give it no arguments but `--version` and `--help`; see `Settings` for its environment.

use hookswitchd::ring::apart;
use hookswitchd::{Settings, guard, serve};
use std::path::Path;
use std::process::ExitCode;
use tokio::runtime::{Builder, LocalOptions};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

const HELP: &str =
    "hookswitchd: the Hookswitch call service. D-Bus starts it; it needs no arguments.

  DBUS_SESSION_BUS_ADDRESS  the bus to serve
  HOOKSWITCH_STATE_DIR      where the journal and the list of recents are kept
  HOOKSWITCH_DATA_DIR       one more folder whose applications/*.desktop say who is who
  HOOKSWITCH_POLICY         knobs of the rules: knob=value,knob=value
  HOOKSWITCH_EMERGENCY_APPS ids of apps that may make emergency calls, with commas between;
                            each must be verified, unless HOOKSWITCH_PRIVATE=1, which `hookswitch private` sets
  HOOKSWITCH_REGION         whose tones are played, as de or us; default: as LC_TELEPHONE or LANG say
  HOOKSWITCH_RING=off       make no sound
  HOOKSWITCH_PHOSH          calls on Phosh's lock screen: auto (default: unless GNOME Calls is installed and was
                            not taken over from), always, never
  HOOKSWITCH_GNOME_CALLS=off
                            leave GNOME Calls and its calls alone, where it runs
  HOOKSWITCH_JOURNAL=off    keep nothing on disk (for measuring)
  HOOKSWITCH_AUDIO=off      leave the sound server, players and callaudiod alone
  HOOKSWITCH_POWER=off      let the machine sleep, its screen go dark and apps be stopped in a call, as if there were none
  HOOKSWITCH_CONFIG_DIR     where the user's settings are, ringtones.json among them
  HOOKSWITCH_SCREEN         the bus name of the call screen that is started if no other shows a call;
                            default: org.hookswitch.Phone; `off`: none
  RUST_LOG                  what to log, for example info or hookswitchd=debug";

/// The service starts this itself: see `hookswitchd::guard`.
fn undo() -> ExitCode {
    let Some(ledger) = std::env::args_os().nth(2) else {
        eprintln!(
            "hookswitchd: {} needs the ledger. The service starts it by itself.",
            guard::ARGUMENT
        );
        return ExitCode::from(2);
    };
    match guard::run(Path::new(&ledger)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!(
                "hookswitchd: what a call changed in the audio stays so: {error}. Restart the service."
            );
            ExitCode::FAILURE
        }
    }
}

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("--version") => {
            println!("hookswitchd {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Some("--help" | "-h") => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Some(guard::ARGUMENT) => return undo(),
        // What it does with files of others, it does in a process of its own; see `ring::apart`.
        Some(apart::ARGUMENT) => return apart::decode_standard_input(),
        Some(other) => {
            eprintln!("hookswitchd takes no argument `{other}`. Try --help.");
            return ExitCode::from(2);
        }
        None => {}
    }
    // Levels for targets are all that is promised; a filter that knows more brings an engine of regular expressions along.
    let asked = std::env::var("RUST_LOG").ok().and_then(|levels| levels.parse::<Targets>().ok());
    let filter = asked.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(filter).with(lines).init();
    let settings = match Settings::from_env() {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("hookswitchd: {error}");
            return ExitCode::from(2);
        }
    };
    let built = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    let runtime = match built {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!(
                "hookswitchd: no event loop: {error}. Is the system out of file descriptors?"
            );
            return ExitCode::FAILURE;
        }
    };
    // As a task, beside zbus's reader: before it polls what it blocks on itself, the loop asks the kernel once more.
    let serving = runtime.spawn_local(serve(settings));
    match runtime.block_on(serving) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            eprintln!("hookswitchd: {error}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("hookswitchd: {error}. This is a defect; please report it.");
            ExitCode::FAILURE
        }
    }
}
