use super::apart::Decoder;
use super::choice::{Choice, Ringtones, our_file};
use super::feedback::{Buzz, Feedback};
use super::news::{RingNews, Unavailable};
use super::region::Region;
use super::score::Order;
use super::sound::{Sound, SoundError, open};
use super::synth;
use super::tone::Tone;
use super::voice::Voice;
use hookswitch_core::EndTone;
use hookswitch_core::words::{CallNumber, RingLevel};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How long a test ring takes to get loud at most.
const TEST_RAMP: Duration = Duration::from_millis(500);

/// Where the ringer finds things.
#[derive(Clone, Debug, Default)]
pub struct RingSettings {
    /// Whether it makes any sound at all.
    pub off: bool,
    /// The user's settings, with `ringtones.json`.
    pub config: Option<PathBuf>,
    /// Where our own sound may be; the first that has it counts.
    pub data: Vec<PathBuf>,
    /// Whose tones.
    pub region: Region,
    /// The socket of PipeWire; none: as the environment says.
    pub server: Option<PathBuf>,
    /// What decodes files.
    pub decoder: Decoder,
    /// The way to feedbackd.
    pub feedback: Feedback,
}

/// Whose call rings, as far as its ringtone depends on it.
#[derive(Debug)]
pub struct Caller {
    /// The app's id.
    pub app: String,
    /// Who calls.
    pub handle: String,
    /// The sound the app brought.
    pub ringtone: Option<Arc<File>>,
}

/// Rings, and plays the tones of calls. Everything is ordered and nothing is waited for: reading files, asking feedbackd
/// and playing happen on threads that are there only meanwhile.
#[derive(Debug)]
pub struct Ringer {
    settings: Arc<RingSettings>,
    voice: Voice,
    level: RingLevel,
    /// Which ring this is, from silence to silence.
    number: u64,
    /// Whether the ringtone of this ring was looked for.
    chosen: bool,
    ramp: Duration,
    buzz: Option<Buzz>,
    /// The call that an app plays a tone in.
    tone_of: Option<(CallNumber, Tone)>,
    /// The tone of an end that is heard.
    end: Option<u64>,
    /// How many ends were heard.
    ends: u64,
    news: UnboundedSender<RingNews>,
}

impl Ringer {
    /// A ringer, and what comes of it.
    pub fn new(settings: RingSettings) -> (Self, UnboundedReceiver<RingNews>) {
        let (news, inbox) = unbounded_channel();
        let voice = Voice::new(settings.server.clone(), settings.region, news.clone());
        let ringer = Self {
            settings: Arc::new(settings),
            voice,
            level: RingLevel::Silent,
            number: 0,
            chosen: false,
            ramp: Duration::ZERO,
            buzz: None,
            tone_of: None,
            end: None,
            ends: 0,
            news,
        };
        (ringer, inbox)
    }

    /// Whether it makes any sound at all.
    pub fn makes_sound(&self) -> bool {
        !self.settings.off
    }

    /// It rings like this from now on; `caller` says for whom, and is asked when a ring gets loud.
    pub fn ring(&mut self, level: RingLevel, caller: impl FnOnce() -> Option<Caller>) {
        if self.settings.off || level == self.level {
            return;
        }
        if self.level == RingLevel::Silent {
            self.number += 1;
            self.chosen = false;
        }
        self.level = level;
        let loud = level == RingLevel::Loud;
        // Where nothing can be heard, no file is read for it.
        let first = loud && !self.chosen && self.voice.is_possible();
        let ringtones = first.then(|| self.choose());
        if let Some(ringtones) = &ringtones {
            self.chosen = true;
            self.ramp = ringtones.ramp();
        }
        let (number, ramp) = (self.number, self.ramp);
        self.voice.order(Order::Ring { level, number, ramp });
        // After it: what belongs to a ring that has not begun is lost.
        if let Some(ringtones) = ringtones {
            self.decode(ringtones, caller());
        }
        self.buzz = loud.then(|| self.feel()).flatten();
    }

    /// Ring without a call, until [`ring`](Self::ring) says otherwise.
    ///
    /// # Errors
    /// Nothing can be heard; why, and what to do.
    pub fn test(&mut self) -> Result<(), String> {
        if self.settings.off {
            let off = "The service was started so that it makes no sound. Start it without HOOKSWITCH_RING=off and \
                       HOOKSWITCH_AUDIO=off.";
            return Err(off.to_owned());
        }
        if !self.voice.is_possible() {
            return Err(Unavailable::NoServer.to_string());
        }
        let ringtones = self.choose();
        self.number += 1;
        (self.level, self.chosen) = (RingLevel::Loud, true);
        // It is short: there is no time to begin softly.
        self.ramp = ringtones.ramp().min(TEST_RAMP);
        let (number, ramp) = (self.number, self.ramp);
        self.voice.order(Order::Ring { level: RingLevel::Loud, number, ramp });
        self.voice.order(Order::Audible(number, true));
        self.decode(ringtones, None);
        Ok(())
    }

    /// Vibrate, and hear what the user's profile is.
    fn feel(&self) -> Option<Buzz> {
        let (voice, number) = (self.voice.clone(), self.number);
        let tell = voice.clone();
        let buzz = self.settings.feedback.begin(move |profile| {
            tell.order(Order::Audible(number, profile.is_audible()));
        });
        if buzz.is_none() {
            voice.order(Order::Audible(number, true));
        }
        buzz
    }

    /// What the user wants of a ring that begins.
    fn choose(&self) -> Ringtones {
        let _ = self.news.send(RingNews::Choosing);
        self.ringtones()
    }

    /// What the user wants at this moment.
    fn ringtones(&self) -> Ringtones {
        let Some(folder) = &self.settings.config else { return Ringtones::default() };
        Ringtones::read(folder).unwrap_or_else(|error| {
            let _ = self.news.send(RingNews::Ringtone(error.to_string()));
            Ringtones::default()
        })
    }

    /// The sound of a ring comes when it is decoded.
    fn decode(&self, ringtones: Ringtones, caller: Option<Caller>) {
        let (voice, number) = (self.voice.clone(), self.number);
        let (settings, news) = (self.settings.clone(), self.news.clone());
        let thread = thread::Builder::new().name("hookswitch-ringtone".to_owned());
        let spawned = thread.spawn(move || {
            let sound = settings.ringtone(&ringtones, caller, &news);
            voice.order(Order::Ringtone(number, sound.map(Arc::new)));
        });
        if spawned.is_err() {
            self.voice.order(Order::Ringtone(self.number, None));
        }
    }

    /// Let a notice be heard.
    pub fn notice(&self, tone: Tone) {
        if !self.settings.off {
            self.voice.order(Order::Once(tone));
        }
    }

    /// AUD-05: let it be heard that this call ended. How long that takes at most; `None`: nothing will be heard, because the
    /// user wants none, there is nothing to hear it with, or the app has said it already.
    pub fn end_tone(&mut self, call: CallNumber, tone: EndTone) -> Option<Duration> {
        let said = matches!(self.tone_of, Some((of, Tone::Busy | Tone::Failure)) if of == call);
        let wanted = !self.settings.off && !said && self.voice.is_possible();
        if !wanted || self.ringtones().end_tones == Some(false) {
            return None;
        }
        let tone = Tone::of_end(tone);
        self.ends += 1;
        self.end = Some(self.ends);
        self.voice.order(Order::End(self.ends, tone));
        Some(synth::end(self.settings.region, tone).length())
    }

    /// Something else is to be heard now. Whether the tone of an end was.
    pub fn stop_end_tone(&mut self) -> bool {
        let was = self.end.take().is_some();
        if was {
            self.voice.order(Order::NoEnd);
        }
        was
    }

    /// This tone of an end is over. Whether it is the last.
    pub fn end_is_over(&mut self, number: u64) -> bool {
        self.end.take_if(|last| *last == number).is_some()
    }

    /// The output that the active call uses; none: whichever is the default one.
    pub fn set_endpoint(&self, sink: Option<String>) {
        self.voice.order(Order::Endpoint(sink));
    }

    /// Play a tone in a call until it is stopped, or the call is without the audio.
    pub fn play_tone(&mut self, call: CallNumber, tone: Tone) {
        self.tone_of = Some((call, tone));
        if !self.settings.off {
            self.voice.order(Order::Tone(Some(tone)));
        }
    }

    /// No tone in this call any more.
    pub fn stop_tone(&mut self, call: CallNumber) {
        if self.tone_of.take_if(|(of, _)| *of == call).is_some() {
            self.voice.order(Order::Tone(None));
        }
    }

    /// The call that a tone is played in, and the tone.
    pub fn tone_of(&self) -> Option<(CallNumber, Tone)> {
        self.tone_of
    }

    /// Look at a sound that an app brought, and say what is wrong with it. Nothing waits for it.
    pub fn try_ringtone(&self, app_name: &str, file: Arc<File>) {
        let (settings, news, app) = (self.settings.clone(), self.news.clone(), app_name.to_owned());
        let thread = thread::Builder::new().name("hookswitch-ringtone".to_owned());
        // Without a thread it is looked at when it rings.
        let _ = thread.spawn(move || {
            if let Err(error) = settings.decoder.decode(&file) {
                let _ = news.send(RingNews::Ringtone(format!("the ringtone of {app}: {error}")));
            }
        });
    }
}

impl RingSettings {
    /// The sound that is chosen, or the next best. `None`: the one that needs no file.
    fn ringtone(
        &self,
        ringtones: &Ringtones,
        caller: Option<Caller>,
        news: &UnboundedSender<RingNews>,
    ) -> Option<Sound> {
        let (app, handle, own) = match caller {
            Some(Caller { app, handle, ringtone }) => (app, handle, ringtone),
            None => Default::default(),
        };
        let at = |path: PathBuf| open(&path).and_then(|file| self.decoder.decode(&file));
        let (what, decoded) = match (ringtones.choose(&app, &handle, own.is_some()), own) {
            (Choice::Caller(path), _) => ("the ringtone of a caller", at(path)),
            (Choice::App(path), _) => ("the ringtone that is set for an app", at(path)),
            (Choice::Default(path), _) => ("the ringtone that is set", at(path)),
            (Choice::Provider, Some(file)) => ("an app's ringtone", self.decoder.decode(&file)),
            (Choice::Provider, None) | (Choice::Ours, _) => return self.ours(news),
        };
        match decoded {
            Ok(sound) => Some(sound),
            Err(error) => {
                let _ = news.send(RingNews::Ringtone(format!("{what}: {error}")));
                self.ours(news)
            }
        }
    }

    fn ours(&self, news: &UnboundedSender<RingNews>) -> Option<Sound> {
        let path = our_file(&self.data)?;
        match open(&path).and_then(|file| self.decoder.decode(&file)) {
            Ok(sound) => Some(sound),
            // A program of which no process can be made, as under some debuggers.
            Err(SoundError::GaveUp) => None,
            Err(error) => {
                let _ = news.send(RingNews::Ringtone(format!("our own ringtone: {error}")));
                None
            }
        }
    }
}
