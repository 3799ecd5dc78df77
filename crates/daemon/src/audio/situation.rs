use crate::identity::{Process, Sandbox};
use hookswitch_core::words::{CallNumber, RingLevel};

/// Everything that the audio has to know of the calls. Whole: it replaces what was known, and said again it changes
/// nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// All live calls.
    pub calls: Vec<CallAudio>,
    /// How loud it rings.
    pub ring: RingLevel,
    /// Whether the end of a call is being heard.
    pub ending: bool,
}

/// A live call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallAudio {
    /// Which.
    pub number: CallNumber,
    /// The app that has it.
    pub app: App,
    /// What its streams say to be known as its own.
    pub token: String,
    /// Whether it has the audio.
    pub standing: Standing,
    /// Whether its microphone is cut.
    pub muted: bool,
    /// Whether it carries video.
    pub video: bool,
    /// The endpoint it was answered with.
    pub answered_with: Option<String>,
}

/// Whether a call has the audio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// No: its streams are silent.
    #[default]
    Without,
    /// It is about to get it: its streams are silent, and everybody else keeps quiet.
    Expected,
    /// Yes.
    Up,
}

/// A program that has calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its id.
    pub id: String,
    /// Its process, with when it started; `None`: not known, or it does not run.
    pub process: Option<(u32, u64)>,
    /// The sandbox it is in.
    pub sandbox: Option<Sandbox>,
}

impl App {
    /// The app of this id that this process is.
    pub fn of(id: &str, process: Option<&Process>) -> Self {
        Self {
            id: id.to_owned(),
            process: process.map(|process| (process.pid, process.started)),
            sandbox: process.and_then(|process| process.sandbox.clone()),
        }
    }
}

impl Situation {
    /// Whether everybody else keeps quiet.
    pub fn quiets_others(&self) -> bool {
        self.ring == RingLevel::Loud
            || self.ending
            || self.calls.iter().any(|call| call.standing != Standing::Without)
    }

    /// Whether the last call is over, and was heard to be.
    pub fn is_over(&self) -> bool {
        self.calls.is_empty() && !self.ending
    }

    /// Whether there is nothing that the audio has to do with.
    pub fn is_idle(&self) -> bool {
        self.is_over() && self.ring == RingLevel::Silent
    }

    /// The calls that have the audio.
    pub fn up(&self) -> impl Iterator<Item = &CallAudio> {
        self.calls.iter().filter(|call| call.standing == Standing::Up)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A call of the app `org.example.NAME`, whose process has this number.
    pub fn call(number: u64, name: &str, pid: u32, standing: Standing) -> CallAudio {
        let app = App { id: format!("org.example.{name}"), process: Some((pid, 1)), sandbox: None };
        let token = format!("token{number}");
        let (muted, video, answered_with) = (false, false, None);
        let number = CallNumber(number);
        CallAudio { number, app, token, standing, muted, video, answered_with }
    }

    pub fn calls(calls: &[CallAudio]) -> Situation {
        Situation { calls: calls.to_vec(), ..Situation::default() }
    }

    #[test]
    fn others_keep_quiet_while_somebody_talks_or_it_rings_loud() {
        assert!(!calls(&[call(1, "Chat", 1, Standing::Without)]).quiets_others());
        assert!(calls(&[call(1, "Chat", 1, Standing::Expected)]).quiets_others());
        assert!(calls(&[call(1, "Chat", 1, Standing::Up)]).quiets_others());
        let of = |ring| Situation { ring, ..Situation::default() }.quiets_others();
        assert_eq!(
            [RingLevel::Silent, RingLevel::Waiting, RingLevel::Loud].map(of),
            [false, false, true]
        );
        // AUD-05: until the end was heard.
        let ends = Situation { ending: true, ..Situation::default() };
        assert!(ends.quiets_others() && !ends.is_idle() && !ends.is_over());
    }
}
