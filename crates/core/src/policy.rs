//! Each number and choice of the rules, with its default and reason. Every knob has a flow showing both sides.

use crate::words::Verb;
use core::time::Duration;

/// Whether a held call resumes by itself when the user ends the active one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AutoResume {
    /// Whichever app it belongs to.
    Any,
    /// Only if the ended call was of the same app.
    SameProvider,
    /// Never; surfaces offer "Resume".
    Never,
}

/// The numbers and choices behind the rules.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// 30 s: an app may have to bring its signalling up before it can answer.
    pub answer: Duration,
    /// 15 s, Android's time for a provider to come up with a call; dialing itself is not in it.
    pub start: Duration,
    /// 5 s, Android's time for an app's acknowledgement.
    pub hold: Duration,
    /// 5 s; as `hold`.
    pub mute: Duration,
    /// 5 s; as `hold`.
    pub dtmf: Duration,
    /// 5 s; the call ends for everybody else at the latest then.
    pub end: Duration,
    /// 60 s: a safety net for apps that never say the ring is over; a platform's own limit is shorter, usually 45 s.
    pub ring: Duration,
    /// 120 s since the last sign of life of a call being dialed: longer than any network rings.
    pub stuck: Duration,
    /// 10 s: what an app needs to see that the service is back and report its calls again.
    pub adopt: Duration,
    /// 3: more at once is noise, not calls.
    pub ringing: usize,
    /// 1: an app that lets two callers ring on one account has no line for the second.
    pub ringing_per_account: usize,
    /// 10, Android's limit for calls of one account in any state.
    pub calls_per_account: usize,
    /// 1: nobody can keep two held callers apart on one button. More only when the far side ends the active call.
    pub held: usize,
    /// 10, Android's limit.
    pub accounts: usize,
    /// [`AutoResume::Any`]: to the user it is one phone, whatever apps the calls came from.
    pub auto_resume: AutoResume,
    /// 64: how many ended calls of all apps are remembered so that ending them again succeeds.
    pub ended_remembered: usize,
    /// 32: transactions one requester may have pending.
    pub pending_requests: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(30),
            start: Duration::from_secs(15),
            hold: Duration::from_secs(5),
            mute: Duration::from_secs(5),
            dtmf: Duration::from_secs(5),
            end: Duration::from_secs(5),
            ring: Duration::from_secs(60),
            stuck: Duration::from_secs(120),
            adopt: Duration::from_secs(10),
            ringing: 3,
            ringing_per_account: 1,
            calls_per_account: 10,
            held: 1,
            accounts: 10,
            auto_resume: AutoResume::Any,
            ended_remembered: 64,
            pending_requests: 32,
        }
    }
}

impl Policy {
    /// How long a provider has for an action.
    pub fn deadline(&self, verb: &Verb) -> Duration {
        match verb {
            Verb::Start => self.start,
            Verb::Answer => self.answer,
            Verb::End(_) => self.end,
            Verb::SetHeld(_) => self.hold,
            Verb::SetMuted(_) => self.mute,
            Verb::PlayDtmf(..) => self.dtmf,
        }
    }

    /// Set a knob by its name: durations in milliseconds, counts as they are, `auto_resume` by word.
    /// `None` if there is no such knob or the value is not of its kind.
    pub fn set(&mut self, knob: &str, value: &str) -> Option<()> {
        if knob == "auto_resume" {
            self.auto_resume = match value {
                "any" => AutoResume::Any,
                "same_provider" => AutoResume::SameProvider,
                "never" => AutoResume::Never,
                _ => return None,
            };
            return Some(());
        }
        let number: u64 = value.parse().ok()?;
        let count = usize::try_from(number).ok()?;
        let duration = Duration::from_millis(number);
        match knob {
            "answer" => self.answer = duration,
            "start" => self.start = duration,
            "hold" => self.hold = duration,
            "mute" => self.mute = duration,
            "dtmf" => self.dtmf = duration,
            "end" => self.end = duration,
            "ring" => self.ring = duration,
            "stuck" => self.stuck = duration,
            "adopt" => self.adopt = duration,
            "ringing" => self.ringing = count,
            "ringing_per_account" => self.ringing_per_account = count,
            "calls_per_account" => self.calls_per_account = count,
            "held" => self.held = count,
            "accounts" => self.accounts = count,
            "ended_remembered" => self.ended_remembered = count,
            "pending_requests" => self.pending_requests = count,
            _ => return None,
        }
        Some(())
    }
}
