//! What can go wrong with devices, at the start and later.

use std::time::Duration;
use tokio::sync::mpsc;

/// Why devices cannot be opened or started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DevicesError {
    /// PipeWire is not there.
    #[error(
        "the sound server PipeWire cannot be reached ({0}). Start it, for example with `systemctl --user start pipewire wireplumber`, then try again."
    )]
    NoPipeWire(String),
    /// PipeWire is there and says nothing.
    #[error(
        "the sound server PipeWire did not reply within {} s. Start it anew, for example with `systemctl --user restart pipewire wireplumber`.",
        .0.as_secs()
    )]
    NoReply(Duration),
    /// A name that cannot be one.
    #[error("the {0} has a zero byte in it. Pass it on as it came.")]
    BadName(&'static str),
    /// The streams cannot be made.
    #[error("the sound server refused a stream ({0}). Try again, and look into its log.")]
    Refused(String),
    /// The machine has no more of something.
    #[error("this machine gave no {0}. Close other programs and try again.")]
    Resources(&'static str),
    /// The thread that speaks with PipeWire is gone.
    #[error("the devices are closed. Open them again.")]
    Closed,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// What is said.
    Microphone,
    /// What is heard.
    Loudspeaker,
}

impl Side {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Microphone => "microphone",
            Self::Loudspeaker => "loudspeaker",
        }
    }
}

/// What happens to devices while they are open. Nothing has to be done about any of it: the call goes on with what there
/// is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceEvent {
    /// This side's stream runs: what is said is captured, or what is written is heard.
    Running(Side),
    /// The device that was asked for is not there, or not any more. The default device is used, until it comes back.
    DeviceGone(Side),
    /// The sound server would not give this side samples as calls need them (48 kHz, one channel). It stays silent.
    FormatRefused(Side),
    /// This side's stream broke, with the server's words for it. It is made anew.
    StreamBroke(Side, String),
    /// The sound server is gone: nothing is heard or said until [`DeviceEvent::ServerBack`]. It is tried again and again.
    ServerLost,
    /// It is back, and if the devices were started, so are the streams.
    ServerBack,
}

/// The events of open devices, in order.
#[derive(Debug)]
pub struct DeviceEvents {
    pub(crate) rx: mpsc::UnboundedReceiver<DeviceEvent>,
}

impl DeviceEvents {
    /// The next event; `None` when the devices are closed. May be dropped and called again.
    pub async fn next(&mut self) -> Option<DeviceEvent> {
        self.rx.recv().await
    }
}
