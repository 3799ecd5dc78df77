//! The program `hookswitchd`. It takes no arguments but `--version` and `--help`; see `Settings` for its environment.

use hookswitchd::{Settings, serve};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

const HELP: &str =
    "hookswitchd: the Hookswitch call service. D-Bus starts it; it needs no arguments.

  DBUS_SESSION_BUS_ADDRESS  the bus to serve
  HOOKSWITCH_STATE_DIR      where the journal and the list of recents are kept
  HOOKSWITCH_DATA_DIR       one more folder whose applications/*.desktop say who is who
  HOOKSWITCH_POLICY         knobs of the rules: knob=value,knob=value
  HOOKSWITCH_JOURNAL=off    keep nothing on disk (for measuring)
  RUST_LOG                  what to log, for example info or hookswitchd=debug";

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
        Some(other) => {
            eprintln!("hookswitchd takes no argument `{other}`. Try --help.");
            return ExitCode::from(2);
        }
        None => {}
    }
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let settings = match Settings::from_env() {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("hookswitchd: {error}");
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!(
                "hookswitchd: no event loop: {error}. Is the system out of file descriptors?"
            );
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(serve(settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hookswitchd: {error}");
            ExitCode::FAILURE
        }
    }
}
