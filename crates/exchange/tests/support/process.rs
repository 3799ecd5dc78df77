//! The exchange as a process of its own, to be killed, stopped and started again.

use super::SECRET;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub struct Process {
    child: Child,
    pub http: SocketAddr,
    listen: SocketAddr,
    udp: SocketAddr,
    arguments: Vec<String>,
}

impl Process {
    /// Starts the binary on ports that stay the same when it is started again.
    pub fn start(arguments: &[&str]) -> Self {
        let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        let (child, http) = spawn(listen, udp, &arguments, None);
        Self { child, http, listen, udp, arguments }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// `kill -9`
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn start_again(&mut self) {
        let (child, _) = spawn(self.listen, self.udp, &self.arguments, None);
        self.child = child;
    }

    /// The process is there and does nothing, or goes on.
    pub fn set_stopped(&self, stopped: bool) {
        let signal = if stopped { "-STOP" } else { "-CONT" };
        let done =
            Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
    }

    /// Starts the binary with everything it logs going to a file.
    pub fn logging_to(path: &Path) -> Self {
        let listen = "127.0.0.1:0".parse().unwrap();
        let (child, http) = spawn(listen, listen, &[], Some(path));
        Self { child, http, listen, udp: listen, arguments: Vec::new() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(
    listen: SocketAddr,
    udp: SocketAddr,
    arguments: &[String],
    log: Option<&Path>,
) -> (Child, SocketAddr) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hookswitch-exchange"));
    command
        .args(["--listen", &listen.to_string(), "--udp", &udp.to_string()])
        .args(arguments)
        .env("HOOKSWITCH_API_KEY", "test")
        .env("HOOKSWITCH_API_SECRET", SECRET)
        .env("RUST_LOG", "warn")
        .stdout(Stdio::piped());
    if let Some(path) = log {
        command.env("RUST_LOG", "hookswitch_exchange=trace,hookswitch_platform=trace,info");
        command.stderr(std::fs::File::create(path).unwrap());
    }
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let started: serde_json::Value = serde_json::from_str(&line).expect("one line of JSON");
    let http = started["http"].as_str().unwrap().parse().unwrap();
    (child, http)
}
