//! callaudiod by a stand-in at its interface: the real one needs a phone's sound card.

use crate::desktop::{Desktop, soon};
use crate::{Call, told};
use hookswitch::Surface;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zbus::Connection;

const NAME: &str = "org.mobian_project.CallAudio";
const PATH: &str = "/org/mobian_project/CallAudio";

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Mode(u32),
    Speaker(bool),
    Mute(bool),
}

struct Stand {
    asked: UnboundedSender<Asked>,
    mode: u32,
    speaker: u32,
    microphone: u32,
}

#[zbus::interface(name = "org.mobian_project.CallAudio")]
impl Stand {
    fn select_mode(&mut self, mode: u32) -> bool {
        self.mode = mode;
        self.asked.send(Asked::Mode(mode)).is_ok()
    }

    fn enable_speaker(&mut self, enable: bool) -> bool {
        self.speaker = u32::from(enable);
        self.asked.send(Asked::Speaker(enable)).is_ok()
    }

    fn mute_mic(&mut self, mute: bool) -> bool {
        self.microphone = u32::from(!mute);
        self.asked.send(Asked::Mute(mute)).is_ok()
    }

    #[zbus(property)]
    fn audio_mode(&self) -> u32 {
        self.mode
    }

    #[zbus(property)]
    fn speaker_state(&self) -> u32 {
        self.speaker
    }

    #[zbus(property)]
    fn mic_state(&self) -> u32 {
        self.microphone
    }
}

/// callaudiod, as whoever watches it sees it.
struct Phone {
    asked: UnboundedReceiver<Asked>,
    connection: Connection,
}

impl Phone {
    async fn on(desktop: &Desktop) -> Self {
        let (tell, asked) = unbounded_channel();
        let connection = desktop.stranger().await;
        let stand = Stand { asked: tell, mode: 0, speaker: 0, microphone: 1 };
        connection.object_server().at(PATH, stand).await.unwrap();
        connection.request_name(NAME).await.unwrap();
        Self { asked, connection }
    }

    async fn asked(&mut self) -> Asked {
        soon("callaudiod to be asked", self.asked.recv()).await.unwrap()
    }

    /// Somebody else has asked for this, as a shell does.
    async fn is_asked_elsewhere(&self, what: Asked) {
        let server = self.connection.object_server();
        let stand = server.interface::<_, Stand>(PATH).await.unwrap();
        let mut inner = stand.get_mut().await;
        let to = stand.signal_emitter();
        match what {
            Asked::Mode(mode) => {
                inner.mode = mode;
                inner.audio_mode_changed(to).await.unwrap();
            }
            Asked::Speaker(on) => {
                inner.speaker = u32::from(on);
                inner.speaker_state_changed(to).await.unwrap();
            }
            Asked::Mute(muted) => {
                inner.microphone = u32::from(!muted);
                inner.mic_state_changed(to).await.unwrap();
            }
        }
    }
}

async fn until_muted(surface: &mut Surface, wanted: bool) {
    soon("the call to be muted, or not", async {
        while surface.calls()[0].muted != wanted {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_phone_is_switched_for_a_call_and_what_its_shell_changes_is_the_calls() {
    let Some(desktop) = Desktop::start().await else { return };
    let mut phone = Phone::on(&desktop).await;
    let mut call = Call::ringing(desktop).await;
    let number = call.number();
    call.surface.answer_with(number, "earpiece", None).await.unwrap();
    assert_eq!(phone.asked().await, Asked::Mode(1));
    told(&mut call.app.news, "activated").await;

    call.surface.set_muted(number, true, None).outcome().await.unwrap();
    assert_eq!(phone.asked().await, Asked::Mute(true));
    phone.is_asked_elsewhere(Asked::Mute(false)).await;
    until_muted(&mut call.surface, false).await;
    phone.is_asked_elsewhere(Asked::Speaker(true)).await;
    soon("the speaker to be shown", async {
        loop {
            let audio = call.surface.audio().await.unwrap();
            let current = audio.endpoints.iter().find(|endpoint| endpoint.current);
            if current.is_some_and(|endpoint| endpoint.id == "speaker") {
                return;
            }
        }
    })
    .await;
    // Another call's end, for a program that knows of no second one.
    phone.is_asked_elsewhere(Asked::Mode(0)).await;
    assert_eq!(phone.asked().await, Asked::Mode(1), "nothing of the rest was told again");
    phone.is_asked_elsewhere(Asked::Mute(true)).await;
    until_muted(&mut call.surface, true).await;

    call.surface.end(number, None).outcome().await.unwrap();
    assert_eq!(phone.asked().await, Asked::Mute(false));
    assert_eq!(phone.asked().await, Asked::Mode(0));
    call.desktop.nothing_is_left().await;
}

#[tokio::test]
async fn a_speaker_is_turned_on_where_the_earpiece_is_no_device_of_its_own() {
    let devices = [
        ("speaker", "Audio/Sink", "internal"),
        ("headset", "Audio/Sink", "headset"),
        ("microphone", "Audio/Source/Virtual", "internal"),
    ];
    let Some(desktop) = Desktop::with(&devices).await else { return };
    let mut phone = Phone::on(&desktop).await;
    let mut call = Call::ringing(desktop).await;
    // What there is is known then.
    assert_eq!(call.surface.audio().await.unwrap().endpoints.len(), 2);
    call.surface.answer_with(call.number(), "speaker", None).await.unwrap();
    assert_eq!(phone.asked().await, Asked::Mode(1));
    told(&mut call.app.news, "activated").await;
    // It goes to the headset at first, if that is known sooner than what it is answered with.
    while phone.asked().await != Asked::Speaker(true) {}
    call.surface.select_endpoint("headset").await.unwrap();
    assert_eq!(phone.asked().await, Asked::Speaker(false));
}

#[tokio::test]
async fn a_phone_is_switched_back_if_the_service_is_killed() {
    let Some(desktop) = Desktop::start().await else { return };
    let mut phone = Phone::on(&desktop).await;
    let mut call = Call::ringing(desktop).await;
    call.surface.answer(call.number(), None).await.unwrap();
    assert_eq!(phone.asked().await, Asked::Mode(1));
    told(&mut call.app.news, "activated").await;
    call.surface.set_muted(call.number(), true, None).outcome().await.unwrap();
    assert_eq!(phone.asked().await, Asked::Mute(true));
    // The guard is alone with it.
    call.desktop.uninstall_service().await;
    call.desktop.kill_service().await;
    assert_eq!(phone.asked().await, Asked::Mute(false));
    assert_eq!(phone.asked().await, Asked::Mode(0));
}
