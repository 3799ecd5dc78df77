use crate::clock::now_us;
use hookswitch::CallUuid;
use serde::Serialize;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What happened on this phone. No handle, name or token is in any of them.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The call service has this app.
    Registered {
        /// Whether it could make sure that it is this app.
        verified: bool,
    },
    /// The recording's first sample is of this moment.
    Recording,
    /// The exchange has this device.
    SignedIn,
    /// The exchange is away; the device keeps trying.
    ConnectionLost {
        /// For the screen.
        text: String,
    },
    /// The exchange does not want this device.
    SignedOut {
        /// For the screen.
        text: String,
    },
    /// The user dialed.
    Dialing,
    /// The far side rings.
    Ringing,
    /// Somebody calls.
    Incoming,
    /// An incoming call was refused before it rang.
    Refused {
        /// For the screen.
        text: String,
    },
    /// The user answered.
    Answering,
    /// The room is joined, and what is said can leave as soon as there is audio.
    Joined,
    /// Both sides can talk.
    Connected,
    /// The call has the audio.
    AudioActivated,
    /// The call has it no more.
    AudioDeactivated,
    /// From now on the speech is said and what comes is played.
    Talking {
        /// How much of the speech was said before.
        spoken_ms: u64,
    },
    /// From now on nothing is sent and nothing played.
    Quiet {
        /// How much of the speech was said so far.
        spoken_ms: u64,
    },
    /// The first audible 10 ms were played, since the call began or since it was quiet.
    Audible,
    /// Nothing can be heard or said, or not both; the call goes on all the same.
    NoSound {
        /// For the screen.
        text: String,
    },
    /// The microphone listens, or the loudspeaker plays.
    DeviceRunning {
        /// Which: `microphone` or `loudspeaker`.
        side: &'static str,
    },
    /// The device that the call used is gone; the default one is used.
    DeviceGone {
        /// Which: `microphone` or `loudspeaker`.
        side: &'static str,
    },
    /// The sound server is gone; it is tried again.
    SoundLost,
    /// It is back.
    SoundBack,
    /// On hold.
    Held,
    /// Not on hold any more.
    Resumed,
    /// The microphone was muted or unmuted.
    Muted {
        /// Now.
        muted: bool,
    },
    /// The room is lost; trying to get it back.
    Reconnecting,
    /// It is back.
    Reconnected,
    /// The call service restarted and has this call again.
    Adopted,
    /// Over.
    Ended {
        /// The call service's word for it.
        reason: String,
        /// For the screen.
        text: String,
    },
}

impl Event {
    /// What the screen says, if anything.
    pub fn words(&self) -> Option<&str> {
        Some(match self {
            Self::Registered { verified: true } => "Ready to call.",
            Self::Registered { verified: false } => {
                "Ready to call. The call service shows this app as unverified: install its desktop entry."
            }
            Self::SignedIn => "Signed in.",
            Self::ConnectionLost { text }
            | Self::SignedOut { text }
            | Self::Refused { text }
            | Self::NoSound { text }
            | Self::Ended { text, .. } => text,
            Self::Dialing => "Calling.",
            Self::Ringing => "It rings there.",
            Self::Incoming => "Somebody calls.",
            Self::Answering => "Connecting.",
            Self::Connected => "Connected.",
            Self::DeviceGone { side: "microphone" } => {
                "The microphone is gone. Using the default one."
            }
            Self::DeviceGone { .. } => "The loudspeaker is gone. Using the default one.",
            Self::SoundLost => "The sound server is gone. Trying again.",
            Self::SoundBack => "The sound is back.",
            Self::Held => "On hold.",
            Self::Resumed => "Not on hold any more.",
            Self::Muted { muted: true } => "Muted.",
            Self::Muted { muted: false } => "Not muted any more.",
            Self::Reconnecting => "The connection is lost. Trying again.",
            Self::Reconnected => "The connection is back.",
            Self::Adopted => "The call service restarted; the call goes on.",
            Self::Recording
            | Self::Joined
            | Self::AudioActivated
            | Self::AudioDeactivated
            | Self::Talking { .. }
            | Self::Quiet { .. }
            | Self::DeviceRunning { .. }
            | Self::Audible => return None,
        })
    }
}

#[derive(Serialize)]
struct Line<'a> {
    /// On the machine's monotonic clock, in microseconds.
    at_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<String>,
    #[serde(flatten)]
    event: &'a Event,
}

/// Writes what happens: for people on standard output, one line of JSON each in a file, or JSON on standard output.
#[derive(Clone, Debug)]
pub struct Diary {
    shared: Arc<Mutex<Shared>>,
    json: bool,
}

#[derive(Debug)]
struct Shared {
    file: Option<File>,
    /// Who shows the sentences.
    screens: Vec<UnboundedSender<String>>,
}

impl Diary {
    /// A diary on standard output, and in a file if one is given.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn open(file: Option<&Path>, json: bool) -> std::io::Result<Self> {
        let file = file.map(File::create).transpose()?;
        let shared = Shared { file, screens: Vec::new() };
        Ok(Self { shared: Arc::new(Mutex::new(shared)), json })
    }

    /// What is for the screen from now on.
    pub(crate) fn sentences(&self) -> UnboundedReceiver<String> {
        let (sender, receiver) = unbounded_channel();
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.screens.push(sender);
        receiver
    }

    /// It happened now, to this call if to any.
    pub fn note(&self, call: Option<CallUuid>, event: &Event) {
        self.note_at(now_us(), call, event);
    }

    /// It happened then.
    pub fn note_at(&self, at_us: u64, call: Option<CallUuid>, event: &Event) {
        let call = call.map(|call| call.to_string());
        let short = call.as_deref().map(|call| format!("{}: ", &call[..8])).unwrap_or_default();
        let mut line = serde_json::to_string(&Line { at_us, call, event }).unwrap_or_default();
        line.push('\n');
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(words) = event.words() {
            shared.screens.retain(|screen| screen.send(words.to_owned()).is_ok());
        }
        if let Some(file) = shared.file.as_mut() {
            // In one write, so that a reader never sees half a line. A full disk ends no call.
            let _ = file.write_all(line.as_bytes());
        }
        let mut out = std::io::stdout().lock();
        if self.json {
            let _ = out.write_all(line.as_bytes());
        } else if let Some(words) = event.words() {
            let _ = writeln!(out, "{short}{words}");
        }
        let _ = out.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_when_which_call_and_what() {
        let event = Event::Ended { reason: "failed".into(), text: "The call failed.".into() };
        let call = Some(CallUuid(7).to_string());
        let line = serde_json::to_value(Line { at_us: 5, call, event: &event }).unwrap();
        let expected = serde_json::json!({
            "at_us": 5, "call": "00000000-0000-0000-0000-000000000007", "event": "ended",
            "reason": "failed", "text": "The call failed.",
        });
        assert_eq!(line, expected);
    }
}
