use crate::delegate::APP_ID;
use crate::diary::Diary;
use crate::media::MediaPlan;
use crate::recording::Recording;
use crate::sound::AudioDevices;
use crate::speech::Speech;
use clap::Parser;
use hookswitch_platform::call_server::ConnectOptions;
use hookswitch_rtc::wav::WavError;
use hookswitch_rtc::{Impairment, Options};
use std::path::PathBuf;
use std::time::Duration;

/// Of what `--impairment` loses.
const SEED: u64 = 1;

/// A VoIP app that calls through the Hookswitch call service.
///
/// It has no window: dial, answer and end with any surface, for example
/// `hookswitch dial org.hookswitch.Speakerbox bob`. It runs until it is interrupted.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Arguments {
    /// The exchange, `http://host:port`.
    #[arg(long)]
    pub exchange: String,
    /// Whose phone this is: the address others call.
    #[arg(long)]
    pub user: String,
    /// What others see; default is the address.
    #[arg(long)]
    pub name: Option<String>,
    /// Which of the user's devices this is; as in the token.
    #[arg(long, default_value = "speakerbox")]
    pub device: String,
    /// File with the device token, instead of the environment.
    #[arg(long)]
    pub token_file: Option<PathBuf>,
    /// The device token. Only in the environment: others can see arguments.
    #[arg(skip = std::env::var("HOOKSWITCH_DEVICE_TOKEN").ok())]
    pub token: Option<String>,
    /// What the user says, in each call from the beginning: a WAV file, instead of the microphone.
    #[arg(long)]
    pub audio_in: Option<PathBuf>,
    /// Where to record what is heard, as a WAV file. Frame `n` was played `n` times 10 ms after the event `recording`.
    #[arg(long)]
    pub audio_out: Option<PathBuf>,
    /// When microphone and loudspeaker are used, through PipeWire.
    #[arg(long, value_enum, default_value_t)]
    pub audio_devices: AudioDevices,
    /// Where to write what happens, one line of JSON each.
    #[arg(long)]
    pub events: Option<PathBuf>,
    /// Write that on standard output, too, instead of sentences.
    #[arg(long)]
    pub json: bool,
    /// Dial this address at the start.
    #[arg(long)]
    pub call: Option<String>,
    /// The app's id, where several run on one bus.
    #[arg(long, default_value = APP_ID)]
    pub app_id: String,
    /// Seconds for which the exchange may take to reply.
    #[arg(long, value_parser = seconds, default_value = "10")]
    pub reply_timeout: Duration,
    /// Seconds for which a lost room is tried again before the call fails.
    #[arg(long, value_parser = seconds, default_value = "15")]
    pub resume_within: Duration,
    /// For tests: what arrives goes through a bad network first, `LOSS` or `LOSS,JITTER`: the share that is lost, in percent, and
    /// by how many milliseconds at most the rest is late. The same each time.
    #[arg(long, hide = true, value_parser = impairment)]
    pub impairment: Option<Impairment>,
}

fn impairment(text: &str) -> Result<Impairment, String> {
    let (loss, jitter) = text.split_once(',').unwrap_or((text, "0"));
    let number = |text: &str| text.parse::<u32>().map_err(|_| format!("\"{text}\" is no number"));
    let loss =
        Some(number(loss)?).filter(|loss| *loss <= 100).ok_or("more than 100 % cannot be lost")?;
    Ok(Impairment::new(SEED, loss, Duration::from_millis(number(jitter)?.into())))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let secs: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(secs).map_err(|_| "not a possible number of seconds".to_owned())
}

/// Why the program does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no token.
    #[error("no device token. Name its file with --token-file, or set HOOKSWITCH_DEVICE_TOKEN.")]
    NoToken,
    /// The token cannot be read.
    #[error("the token file cannot be read: {0}. Check --token-file.")]
    Token(#[source] std::io::Error),
    /// What is to be said cannot be read.
    #[error("--audio-in: {0}")]
    AudioIn(#[source] WavError),
    /// What is heard cannot be recorded.
    #[error("--audio-out: {0}")]
    AudioOut(#[source] WavError),
    /// The diary cannot be written.
    #[error("--events: the file cannot be made: {0}. Check the path and its permissions.")]
    Events(#[source] std::io::Error),
    /// The exchange's address is none.
    #[error("--exchange: {0}")]
    Exchange(#[from] hookswitch_platform::call_server::DeviceError),
    /// The call service cannot be reached or refused.
    #[error(transparent)]
    Register(#[from] hookswitch::Error<hookswitch::RegisterError>),
    /// The system gave no event loop or no signals.
    #[error("the system gives no {0}: {1}. Close other programs and start again.")]
    System(&'static str, #[source] std::io::Error),
}

/// The arguments, read and opened.
pub struct Settings {
    /// How the exchange is reached.
    pub connect: ConnectOptions,
    /// What each call's media needs.
    pub media: MediaPlan,
    /// Whom to dial at the start.
    pub call: Option<String>,
}

impl Arguments {
    /// Opens the files; everything that is wrong with them is told before anybody is called. It may take as long as the
    /// files do.
    ///
    /// # Errors
    /// A file is not there, or not what it is said to be.
    pub fn open(self) -> Result<Settings, StartError> {
        let token = match (&self.token_file, self.token) {
            (Some(path), _) => std::fs::read_to_string(path).map_err(StartError::Token)?,
            (None, Some(token)) => token,
            (None, None) => return Err(StartError::NoToken),
        };
        let speech =
            self.audio_in.as_deref().map(Speech::open).transpose().map_err(StartError::AudioIn)?;
        let recording = self
            .audio_out
            .as_deref()
            .map(Recording::create)
            .transpose()
            .map_err(StartError::AudioOut)?;
        let diary = Diary::open(self.events.as_deref(), self.json).map_err(StartError::Events)?;
        let mut connect =
            ConnectOptions::new(&self.exchange, token.trim(), &self.user, &self.device);
        connect.display_name = self.name.unwrap_or(self.user);
        connect.reply_timeout = self.reply_timeout;
        let devices = self.audio_devices.are_used(speech.is_some() || recording.is_some());
        let mut options = Options::default();
        options.resume_within = self.resume_within;
        options.impairment = self.impairment;
        Ok(Settings {
            connect,
            media: MediaPlan {
                url: self.exchange,
                options,
                speech,
                recording,
                devices,
                latency_ms: None,
                diary,
            },
            call: self.call,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_network_is_loss_and_jitter() {
        let made = |loss, ms| Ok(Impairment::new(SEED, loss, Duration::from_millis(ms)));
        assert_eq!(impairment("20"), made(20, 0));
        assert_eq!(impairment("5,100"), made(5, 100));
        for wrong in ["", "101", "-1", "5,", "5,x", "5,1,2"] {
            assert!(impairment(wrong).is_err(), "{wrong}");
        }
    }
}
