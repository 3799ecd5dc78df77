use crate::diary::{Diary, Event};
use crate::grant::AudioGrant;
use hookswitch::CallUuid;
use hookswitch_rtc::devices::{
    DeviceEvent, DeviceEvents, DeviceOptions, Devices, DevicesError, Loudspeaker, Microphone,
    Opened,
};
use hookswitch_rtc::{AudioSink, Frame};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How long a call that is otherwise ready waits for its devices to be opened. Usually they are there long before.
const OPENING: Duration = Duration::from_secs(1);

/// When microphone and loudspeaker are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum AudioDevices {
    /// Where no files are named instead.
    #[default]
    Auto,
    /// Also beside files: what is heard is played and recorded, and `--audio-in` is said instead of the microphone.
    Always,
    /// Not at all.
    Never,
}

impl AudioDevices {
    /// Whether they are used, where files are named or not.
    pub fn are_used(self, files: bool) -> bool {
        match self {
            Self::Auto => !files,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// Microphone and loudspeaker of one call, from before it is connected until after it was.
///
/// Opening only connects to PipeWire. There are streams exactly while the call has the audio.
pub(crate) struct Sound {
    call: CallUuid,
    diary: Diary,
    devices: Devices,
    events: DeviceEvents,
}

/// Devices that are being opened while the room is joined. It ends with this.
pub(crate) struct Opening(JoinHandle<Result<Opened, DevicesError>>);

impl Opening {
    pub fn begin(latency_ms: Option<u32>) -> Self {
        let usual = DeviceOptions::default();
        Self(tokio::spawn(Devices::open(DeviceOptions {
            name: "Speakerbox".to_owned(),
            latency_ms: latency_ms.unwrap_or(usual.latency_ms),
            ..usual
        })))
    }

    /// The devices, if there are any by now. The call goes on without.
    pub async fn finish(
        mut self,
        call: CallUuid,
        diary: &Diary,
    ) -> Option<(Sound, Microphone, Loudspeaker)> {
        let text = match tokio::time::timeout(OPENING, &mut self.0).await {
            Ok(Ok(Ok(Opened { devices, microphone, loudspeaker, events, .. }))) => {
                let sound = Sound { call, diary: diary.clone(), devices, events };
                return Some((sound, microphone, loudspeaker));
            }
            Ok(Ok(Err(error))) => error.to_string(),
            Ok(Err(_)) => DevicesError::Closed.to_string(),
            Err(_) => DevicesError::NoReply(OPENING).to_string(),
        };
        diary.note(Some(call), &Event::NoSound { text: format!("No sound: {text}") });
        None
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Sound {
    /// The call has the audio as granted, or has it no more. When it returns the streams are made, or gone.
    pub async fn turn(&self, grant: Option<AudioGrant>) {
        let Some(AudioGrant { token, sink, source }) = grant else {
            // It fails only if they are closed, and then nothing listens.
            let _ = self.devices.stop().await;
            tracing::debug!(numbers = ?self.devices.statistics(), "the devices stopped");
            return;
        };
        let prepared =
            self.devices.set_token(token).and_then(|()| self.devices.set_targets(sink, source));
        let started = match prepared {
            Ok(()) => self.devices.start().await,
            Err(error) => Err(error),
        };
        if let Err(error) = started {
            let text = format!("No sound: {error}");
            self.diary.note(Some(self.call), &Event::NoSound { text });
        }
    }

    /// Writes down what happens to the devices. Never returns but when they are closed; may be dropped and called again.
    pub async fn watch(&mut self) {
        while let Some(event) = self.events.next().await {
            let event = match event {
                DeviceEvent::Running(side) => Event::DeviceRunning { side: side.name() },
                DeviceEvent::DeviceGone(side) => Event::DeviceGone { side: side.name() },
                DeviceEvent::ServerLost => Event::SoundLost,
                DeviceEvent::ServerBack => Event::SoundBack,
                DeviceEvent::FormatRefused(side) => Event::NoSound {
                    text: format!(
                        "The sound server refuses the format of calls for the {}. Choose another device.",
                        side.name()
                    ),
                },
                DeviceEvent::StreamBroke(side, cause) => {
                    tracing::warn!(side = side.name(), %cause, "a stream broke and is made anew");
                    continue;
                }
                _ => continue,
            };
            self.diary.note(Some(self.call), &event);
        }
    }
}

/// Where what is heard goes: to whoever notes or records it, and to the loudspeaker if there is one.
pub(crate) struct Heard {
    pub first: Box<dyn AudioSink>,
    pub loudspeaker: Option<Loudspeaker>,
}

impl AudioSink for Heard {
    fn write(&mut self, frame: &Frame) {
        // The loudspeaker is waited for; a file is not.
        if let Some(loudspeaker) = &mut self.loudspeaker {
            loudspeaker.write(frame);
        }
        self.first.write(frame);
    }

    fn skip(&mut self) {
        if let Some(loudspeaker) = &mut self.loudspeaker {
            loudspeaker.skip();
        }
        self.first.skip();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stand_in_for_devices_unless_both_are_wanted() {
        for (choice, without, with) in [
            (AudioDevices::Auto, true, false),
            (AudioDevices::Always, true, true),
            (AudioDevices::Never, false, false),
        ] {
            assert_eq!((choice.are_used(false), choice.are_used(true)), (without, with));
        }
    }
}
