use hookswitch_sound::orders::Grant;
use hookswitch_sound::stream::TOKEN;
use std::collections::BTreeMap;
use std::io;
use std::process::Stdio;
use tokio::process::{Child, Command};

/// The programs that play and record for the app. They end with it.
#[derive(Default)]
pub struct Parts {
    running: BTreeMap<String, Child>,
    token: String,
}

impl Parts {
    /// What starts from now on belongs to this call.
    pub fn granted(&mut self, grant: &Grant) {
        self.token = grant.token.clone().unwrap_or_default();
    }

    /// Run one under this name, instead of what ran under it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn run(&mut self, name: &str, command: &[String]) -> io::Result<()> {
        let mut child = Command::new("setpriv");
        child.args(["--pdeathsig", "KILL"]);
        child.args(command.iter().map(|word| word.replace(TOKEN, &self.token)));
        child.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        self.running.insert(name.to_owned(), child.spawn()?);
        Ok(())
    }

    /// End what runs under this name.
    pub async fn stop(&mut self, name: &str) {
        if let Some(mut child) = self.running.remove(name) {
            // An error means that it has ended.
            let _ = child.kill().await;
        }
    }
}
