use super::place::Place;
use crate::failure::Failure;
use crate::tether::tied;
use futures_util::StreamExt;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsStr;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use zbus::fdo::DBusProxy;
use zbus::names::BusName;

const SERVICE: &str = "org.hookswitch.Hookswitch";
/// How long the service may take to end by itself.
const GRACE: Duration = Duration::from_secs(5);

/// A private bus, and the service on it.
pub struct Bus {
    pub address: String,
    daemon: Child,
}

impl Bus {
    pub async fn start(place: &Place) -> Result<Self, Failure> {
        let failed = |what: String| {
            Failure::new(format!(
                "dbus-daemon does not run: {what}. Install the package dbus-daemon."
            ))
        };
        let command = tied(OsStr::new("dbus-daemon")).map_err(|error| failed(error.to_string()))?;
        let mut command = Command::from(command);
        let configuration = place.configuration();
        command
            .arg(format!("--config-file={}", configuration.display()))
            .args(["--nofork", "--nopidfile", "--print-address=1"])
            .envs(place.environment())
            // What is started on this bus must not find the user's own.
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env_remove("DBUS_STARTER_ADDRESS")
            // Ctrl-C is for the command; the bus ends after it.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut daemon = command.spawn().map_err(|error| failed(error.to_string()))?;
        let Some(stdout) = daemon.stdout.take() else {
            return Err(failed("it has no output".to_owned()));
        };
        let mut address = String::new();
        let read = BufReader::new(stdout).read_line(&mut address).await;
        match read {
            Ok(0) => return Err(failed("it ended at once".to_owned())),
            Ok(_) => {}
            Err(error) => return Err(failed(error.to_string())),
        }
        Ok(Self { address: address.trim().to_owned(), daemon })
    }

    /// Have the bus start the service, and wait until it is there.
    pub async fn start_service(&self) -> Result<(), Failure> {
        let start = async {
            let connection = self.connect().await?;
            let bus = DBusProxy::new(&connection).await?;
            bus.start_service_by_name(SERVICE.try_into()?, 0).await?;
            zbus::Result::Ok(())
        };
        start.await.map_err(|error| {
            Failure::new(format!(
                "the service does not start: {error}. Run hookswitchd by hand to see why."
            ))
        })
    }

    /// End the service, then the bus.
    pub async fn end(mut self) {
        let _ = timeout(GRACE, self.end_service()).await;
        let pid = self.daemon.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process(pid, Signal::TERM);
        }
        if timeout(GRACE, self.daemon.wait()).await.is_err() {
            let _ = self.daemon.kill().await;
        }
    }

    /// It writes down what there is to write, and leaves.
    async fn end_service(&self) -> zbus::Result<()> {
        let connection = self.connect().await?;
        let bus = DBusProxy::new(&connection).await?;
        let mut owners = bus.receive_name_owner_changed_with_args(&[(0, SERVICE)]).await?;
        let name = BusName::try_from(SERVICE)?;
        let Ok(id) = bus.get_connection_unix_process_id(name).await else { return Ok(()) };
        if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
            owners.next().await;
        }
        Ok(())
    }

    async fn connect(&self) -> zbus::Result<zbus::Connection> {
        zbus::connection::Builder::address(self.address.as_str()).build().await
    }
}
