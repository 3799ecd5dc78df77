//! A display that nobody looks at.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// See the head of this file.
pub struct Display {
    server: Child,
    /// What programs call it.
    pub name: String,
}

impl Display {
    /// One of a phone's size.
    pub fn start() -> Self {
        let mut server = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "Xvfb", "-displayfd", "1", "-nolisten", "tcp"])
            .args(["-screen", "0", "360x720x24"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("setpriv starts");
        let mut number = String::new();
        let mut said = BufReader::new(server.stdout.take().expect("it is piped"));
        said.read_line(&mut number)
            .expect("Xvfb says which display it is: run scripts/setup.sh test");
        Self { server, name: format!(":{}", number.trim()) }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // An error means that it has ended.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
