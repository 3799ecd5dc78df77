//! What other programs play and record: real players, from the command line, for PipeWire itself and for its PulseAudio
//! door.

use std::path::Path;

/// Through which door a program speaks to PipeWire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// PipeWire's own.
    Native,
    /// PulseAudio's.
    Pulse,
}

impl Door {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Native, Self::Pulse];
}

/// A stream that a program shall make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// What it is called on the graph.
    pub name: String,
    door: Door,
    role: Option<&'static str>,
    token: Option<String>,
}

/// In a command for an app: it puts the token of its newest grant here.
pub const TOKEN: &str = "@TOKEN@";

impl Stream {
    /// A stream of this name that says nothing of its role. Through PipeWire's own door it is Music all the same: this
    /// player says so by default.
    pub fn new(name: &str, door: Door) -> Self {
        Self { name: name.to_owned(), door, role: None, token: None }
    }

    /// Music, as a music player plays it.
    pub fn music(name: &str, door: Door) -> Self {
        Self::new(name, door).role("Music")
    }

    /// The same with this role, in PipeWire's words.
    pub fn role(self, role: &'static str) -> Self {
        Self { role: Some(role), ..self }
    }

    /// The same as part of the app's newest granted call.
    pub fn granted(self) -> Self {
        Self { token: Some(TOKEN.to_owned()), role: Some("Communication"), ..self }
    }

    /// The same as part of the call with this token.
    pub fn of_token(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), role: Some("Communication"), ..self }
    }

    /// The command that plays this file.
    pub fn plays(&self, file: &Path) -> Vec<String> {
        let mut command = match self.door {
            Door::Native => self.native("pw-cat", "Playback", &["--playback", "--latency=10ms"]),
            Door::Pulse => self.pulse("paplay", &["--latency-msec=20"]),
        };
        command.push(file.display().to_string());
        command
    }

    /// The command that records into this file: mono, 16 bits.
    pub fn records(&self, file: &Path) -> Vec<String> {
        let mut command = match self.door {
            Door::Native => {
                let more = ["--record", "--rate=48000", "--channels=1", "--format=s16"];
                self.native("pw-cat", "Capture", &[&more[..], &["--latency=10ms"]].concat())
            }
            Door::Pulse => {
                let more = ["--raw", "--rate=48000", "--channels=1", "--format=s16le"];
                self.pulse("parec", &[&more[..], &["--latency-msec=20"]].concat())
            }
        };
        command.push(file.display().to_string());
        command
    }

    fn native(&self, program: &str, category: &str, more: &[&str]) -> Vec<String> {
        let token = self.token.iter().map(|token| format!("hookswitch.session = \"{token}\" "));
        let token: String = token.collect();
        let name = &self.name;
        let properties =
            format!("{{ {token}node.name = \"{name}\" application.name = \"{name}\" }}");
        let mut command = vec![program.to_owned()];
        command.extend(more.iter().map(|&word| word.to_owned()));
        command.push(format!("--media-category={category}"));
        if let Some(role) = self.role {
            command.push(format!("--media-role={role}"));
        }
        command.push(format!("--properties={properties}"));
        command
    }

    fn pulse(&self, program: &str, more: &[&str]) -> Vec<String> {
        let mut command = vec![program.to_owned()];
        command.extend(more.iter().map(|&word| word.to_owned()));
        command.push(format!("--client-name={}", self.name));
        command.push(format!("--stream-name={}", self.name));
        command.push(format!("--property=node.name={}", self.name));
        if let Some(role) = self.role {
            // PulseAudio's word; its door translates it.
            let role = match role {
                "Communication" => "phone",
                "Music" => "music",
                "Notification" => "event",
                "Accessibility" => "a11y",
                other => other,
            };
            command.push(format!("--property=media.role={role}"));
        }
        if let Some(token) = &self.token {
            command.push(format!("--property=hookswitch.session={token}"));
        }
        command
    }
}
