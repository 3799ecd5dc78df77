use crate::child::Child;
use crate::error::DemoError;
use crate::stage::Programs;
use hookswitch_platform::token::{ApiKey, Claims};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncBufReadExt, BufReader};

/// The demo's own key; it opens nothing but this exchange, which only this machine reaches.
const KEY: &str = "demo";
const SECRET: &str = "the demo's secret opens nothing but the demo";

#[derive(Deserialize)]
struct Addresses {
    http: String,
    udp: String,
    url: String,
}

/// The platform server as a process of its own.
#[derive(Debug)]
pub struct Exchange {
    child: Child,
    programs: Programs,
    log: PathBuf,
    arguments: Vec<String>,
    listen: String,
    udp: String,
    url: String,
}

impl Exchange {
    /// Starts one on any free ports of loopback; `policy` is further arguments.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start(
        programs: &Programs,
        folder: &Path,
        policy: &[&str],
    ) -> Result<Self, DemoError> {
        let log = folder.join("exchange.log");
        let arguments: Vec<String> = policy.iter().map(|text| (*text).to_owned()).collect();
        let any = "127.0.0.1:0";
        let (child, addresses) = run(programs, &log, &arguments, any, any).await?;
        let Addresses { http, udp, url } = addresses;
        let programs = programs.clone();
        Ok(Self { child, programs, log, arguments, listen: http, udp, url })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A token for a device of a user, good for this long.
    ///
    /// # Errors
    /// It cannot be signed.
    pub fn token(&self, user: &str, device: &str, good_for: Duration) -> Result<String, DemoError> {
        let claims = Claims::device(user, device, SystemTime::now(), good_for);
        Ok(ApiKey::new(KEY, SECRET)?.sign(&claims)?)
    }

    /// `kill -9`
    pub async fn kill(&mut self) {
        self.child.kill().await;
    }

    /// The process is there and does nothing (true), or goes on.
    pub fn set_stopped(&self, stopped: bool) {
        self.child.set_stopped(stopped);
    }

    /// Starts it again on the same ports.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_again(&mut self) -> Result<(), DemoError> {
        let (child, _) =
            run(&self.programs, &self.log, &self.arguments, &self.listen, &self.udp).await?;
        self.child = child;
        Ok(())
    }

    /// Ends it.
    pub async fn end(&mut self) {
        self.child.end().await;
    }
}

async fn run(
    programs: &Programs,
    log: &Path,
    arguments: &[String],
    listen: &str,
    udp: &str,
) -> Result<(Child, Addresses), DemoError> {
    let program = programs.find("hookswitch-exchange")?;
    let mut child =
        Child::start(programs.watcher(), &program, "hookswitch-exchange", log, |command| {
            command.args(["--listen", listen, "--udp", udp]).args(arguments);
            command.env("HOOKSWITCH_API_KEY", KEY).env("HOOKSWITCH_API_SECRET", SECRET);
            command.stdout(Stdio::piped());
        })?;
    let mut line = String::new();
    if let Some(stdout) = child.take_stdout() {
        // An error reads as an empty line, and that as an early end.
        let _ = BufReader::new(stdout).read_line(&mut line).await;
    }
    let addresses = serde_json::from_str(&line).map_err(|_| child.died())?;
    Ok((child, addresses))
}
