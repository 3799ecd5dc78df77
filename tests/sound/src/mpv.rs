use crate::rig::Rig;
use hookswitch_journeys::soon;
use tokio::process::Child;
use zbus::{Connection, Message, OwnedVariant};

const NAME: &str = "org.mpris.MediaPlayer2.mpv";
const PATH: &str = "/org/mpris/MediaPlayer2";
const PLAYER: &str = "org.mpris.MediaPlayer2.Player";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// The player mpv, with its door to MPRIS.
pub struct Mpv {
    bus: Connection,
    _process: Child,
}

impl Mpv {
    /// Have it play this tone for ever. Returns when it says that it plays.
    ///
    /// # Panics
    /// It or its MPRIS plugin is not installed.
    pub async fn start(rig: &Rig, frequency: u32) -> Self {
        let tone = rig.session.tone(frequency).display().to_string();
        let command = ["mpv", "--no-video", "--ao=pipewire", "--loop=inf", "--really-quiet", &tone];
        let process = rig.runs(&command.map(str::to_owned));
        let mpv = Self { bus: rig.phone.stranger().await, _process: process };
        // Until it is there, the bus says that nobody has its name.
        mpv.is("Playing").await;
        mpv
    }

    /// What it does: `Playing`, `Paused`, `Stopped`; `None` if it is not there.
    pub async fn status(&self) -> Option<String> {
        let property = (PLAYER, "PlaybackStatus");
        let asked = self.bus.call_method(Some(NAME), PATH, Some(PROPERTIES), "Get", &property);
        let answer: Message = soon("mpv's answer", asked).await.ok()?;
        let status: OwnedVariant = answer.body().deserialize().ok()?;
        String::try_from(status).ok()
    }

    /// Wait until it does this.
    pub async fn is(&self, wanted: &str) {
        let what = format!("mpv (packages mpv and mpv-mpris) to be {wanted}");
        soon(&what, async {
            while self.status().await.as_deref() != Some(wanted) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// The user presses one of its buttons: `Play`, `Pause`.
    ///
    /// # Panics
    /// It has no such button.
    pub async fn press(&self, button: &str) {
        let pressed = self.bus.call_method(Some(NAME), PATH, Some(PLAYER), button, &());
        soon(button, pressed).await.expect("it has that button");
    }
}
