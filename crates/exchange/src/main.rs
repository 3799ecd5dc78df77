//! `hookswitch-exchange`: the platform server.

use clap::Parser;
use hookswitch_exchange::{Config, Exchange, Policy};
use hookswitch_platform::token::{ApiKey, ApiKeys};
use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// The Hookswitch platform server: sessions and tokens, rooms for the media, calls for the ringing.
///
/// Prints one line of JSON with its addresses when clients can connect, and runs until it is interrupted.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where HTTP and WebSockets are served; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:7880")]
    listen: SocketAddr,
    /// Where media is received; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:7882")]
    udp: SocketAddr,
    /// The address that clients are told for media, if it is not the one of --udp.
    #[arg(long)]
    advertise: Option<std::net::IpAddr>,
    /// Id of the API key.
    #[arg(long, env = "HOOKSWITCH_API_KEY")]
    key: Option<String>,
    /// Secret of the API key, at least 32 characters. Better in the environment: others can see arguments.
    #[arg(long, env = "HOOKSWITCH_API_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// File with one `key: secret` per line, instead of or besides --key and --secret.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// Database file. Without it nothing outlives the process.
    #[arg(long)]
    store: Option<PathBuf>,
    /// Directory with the browser library for the peer page, for example `node_modules`.
    #[arg(long)]
    assets: Option<PathBuf>,
    /// Seconds for which a call may ring.
    #[arg(long, value_parser = seconds, default_value = "45")]
    ring_timeout: Duration,
    /// Seconds for which a caller's lost connection is forgiven while its call rings.
    #[arg(long, value_parser = seconds, default_value = "10")]
    caller_grace: Duration,
    /// Seconds for which all devices of a callee may be gone while they ring.
    #[arg(long, value_parser = seconds, default_value = "10")]
    callee_grace: Duration,
    /// Seconds that an answered call may take until both are in the room.
    #[arg(long, value_parser = seconds, default_value = "30")]
    connecting_timeout: Duration,
    /// Seconds for which a participant whose signalling is lost keeps its place.
    #[arg(long, value_parser = seconds, default_value = "15")]
    resume_window: Duration,
    /// Seconds for which a call survives that a party left its room.
    #[arg(long, value_parser = seconds, default_value = "5")]
    rejoin_grace: Duration,
    /// Seconds of silence after which a connection counts as lost.
    #[arg(long, value_parser = seconds, default_value = "15")]
    silence_timeout: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let secs: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(secs).map_err(|_| "not a possible number of seconds".to_owned())
}

impl Arguments {
    fn config(self) -> Result<Config, Box<dyn Error>> {
        let mut keys = ApiKeys::default();
        if let Some(path) = &self.keys {
            read_keys(path, &mut keys)?;
        }
        match (self.key, self.secret) {
            (Some(key), Some(secret)) => keys.add(ApiKey::new(key, secret)?),
            (None, None) => {}
            _ => return Err("only one of API key and API secret is set. Set both.".into()),
        }
        let policy = Policy {
            ring_timeout: self.ring_timeout,
            caller_grace: self.caller_grace,
            callee_grace: self.callee_grace,
            connecting_timeout: self.connecting_timeout,
            resume_window: self.resume_window,
            rejoin_grace: self.rejoin_grace,
            silence_timeout: self.silence_timeout,
            ping_interval: (self.silence_timeout / 3).min(Policy::default().ping_interval),
            ..Policy::default()
        };
        Ok(Config {
            listen: self.listen,
            udp: self.udp,
            advertise: self.advertise.map(|ip| SocketAddr::new(ip, 0)),
            keys,
            store: self.store,
            assets: self.assets,
            policy,
        })
    }
}

fn read_keys(path: &Path, keys: &mut ApiKeys) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        format!("cannot read the keys file {}: {error}. Check the path.", path.display())
    })?;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, secret) = line.split_once(':').ok_or_else(|| {
            format!("line {} of the keys file is not `key: secret`. Correct it.", index + 1)
        })?;
        keys.add(ApiKey::new(key.trim(), secret.trim())?);
    }
    Ok(())
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| "info,str0m=error".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hookswitch-exchange: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let config = arguments.config()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut exchange = Exchange::start(config).await?;
        println!(
            "{}",
            serde_json::json!({
                "http": exchange.http_address(), "udp": exchange.udp_address(), "url": exchange.url()
            })
        );
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            () = exchange.ended() => return Err("the HTTP server ended; see the log.".into()),
            _ = terminate.recv() => {}
            result = tokio::signal::ctrl_c() => result?,
        }
        Ok(())
    })
}
