//! Each number and choice of the rules, with its default and reason. Every knob has a flow showing both sides.

use crate::words::{DtmfType, Verb};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
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
    pub group: Duration,
    /// 5 s; as `hold`.
    pub video: Duration,
    /// 5 s; as `hold`.
    pub translation: Duration,
    /// 5 s, as `hold`, for one digit.
    pub dtmf: Duration,
    /// 300 ms more for each further digit, Android's gap between tones.
    pub dtmf_digit: Duration,
    /// 3 s more for each pause: what a comma means in most dialers is two to three.
    pub dtmf_pause: Duration,
    /// 5 s; the call ends for everybody else at the latest then.
    pub end: Duration,
    /// 60 s: a safety net for apps that never say the ring is over; a platform's own limit is shorter, usually 45 s.
    pub ring: Duration,
    /// 120 s since the last sign of life of a call being dialed: longer than any network rings.
    pub stuck: Duration,
    /// 10 s: what an app needs to see that the service is back and report its calls again.
    pub adopt: Duration,
    /// 30 s: what an app that was woken for a call has to come up.
    pub attach: Duration,
    /// 1 s: a call screen that runs draws in a tenth of that; who waits longer misses the first ring.
    pub presented_within: Duration,
    /// 120 s: how long a late invitation of a call that ended, or was cancelled before it came, does not ring.
    pub tombstone: Duration,
    /// 300 s, Android's emergency callback window: calls on the account of an emergency call pass every filter after it.
    pub emergency_callback: Duration,
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
    /// 64: how many ended calls of each app are remembered so that ending them again succeeds.
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
            group: Duration::from_secs(5),
            video: Duration::from_secs(5),
            translation: Duration::from_secs(5),
            dtmf: Duration::from_secs(5),
            dtmf_digit: Duration::from_millis(300),
            dtmf_pause: Duration::from_secs(3),
            end: Duration::from_secs(5),
            ring: Duration::from_secs(60),
            stuck: Duration::from_secs(120),
            adopt: Duration::from_secs(10),
            attach: Duration::from_secs(30),
            presented_within: Duration::from_secs(1),
            tombstone: Duration::from_secs(120),
            emergency_callback: Duration::from_secs(300),
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
            Verb::SetGroup(_) => self.group,
            Verb::SetVideo(_) => self.video,
            Verb::SetTranslating(_) => self.translation,
            Verb::PlayDtmf(digits, kind) => {
                let times = |of: Duration, n: usize| of * u32::try_from(n).unwrap_or(u32::MAX);
                let pauses = digits.pauses() + usize::from(*kind == DtmfType::SoftPause);
                self.dtmf
                    + times(self.dtmf_digit, digits.count().saturating_sub(1))
                    + times(self.dtmf_pause, pauses)
            }
        }
    }

    /// The knobs that are not as by default, with their values in the words that [`set`](Self::set) takes.
    pub fn changed_knobs(&self) -> Vec<(&'static str, String)> {
        let default = Self::default().knobs();
        self.knobs().into_iter().filter(|knob| !default.contains(knob)).collect()
    }

    /// All of them. Taken apart field by field, so that a new one cannot be forgotten.
    fn knobs(&self) -> Vec<(&'static str, String)> {
        let Self {
            answer,
            start,
            hold,
            mute,
            group,
            video,
            translation,
            dtmf,
            dtmf_digit,
            dtmf_pause,
            end,
            ring,
            stuck,
            adopt,
            attach,
            presented_within,
            tombstone,
            emergency_callback,
            ringing,
            ringing_per_account,
            calls_per_account,
            held,
            accounts,
            auto_resume,
            ended_remembered,
            pending_requests,
        } = self;
        let resume = match auto_resume {
            AutoResume::Any => "any",
            AutoResume::SameProvider => "same_provider",
            AutoResume::Never => "never",
        };
        let durations = [
            ("answer", answer),
            ("start", start),
            ("hold", hold),
            ("mute", mute),
            ("group", group),
            ("video", video),
            ("translation", translation),
            ("dtmf", dtmf),
            ("dtmf_digit", dtmf_digit),
            ("dtmf_pause", dtmf_pause),
            ("end", end),
            ("ring", ring),
            ("stuck", stuck),
            ("adopt", adopt),
            ("attach", attach),
            ("presented_within", presented_within),
            ("tombstone", tombstone),
            ("emergency_callback", emergency_callback),
        ];
        let counts = [
            ("ringing", ringing),
            ("ringing_per_account", ringing_per_account),
            ("calls_per_account", calls_per_account),
            ("held", held),
            ("accounts", accounts),
            ("ended_remembered", ended_remembered),
            ("pending_requests", pending_requests),
        ];
        let durations = durations.map(|(name, time)| (name, time.as_millis().to_string()));
        let counts = counts.map(|(name, count)| (name, count.to_string()));
        let all = durations.into_iter().chain(counts);
        all.chain([("auto_resume", resume.to_owned())]).collect()
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
            "group" => self.group = duration,
            "video" => self.video = duration,
            "translation" => self.translation = duration,
            "dtmf" => self.dtmf = duration,
            "dtmf_digit" => self.dtmf_digit = duration,
            "dtmf_pause" => self.dtmf_pause = duration,
            "end" => self.end = duration,
            "ring" => self.ring = duration,
            "stuck" => self.stuck = duration,
            "adopt" => self.adopt = duration,
            "attach" => self.attach = duration,
            "presented_within" => self.presented_within = duration,
            "tombstone" => self.tombstone = duration,
            "emergency_callback" => self.emergency_callback = duration,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_knob_can_be_set_to_what_is_said_of_it() {
        assert!(Policy::default().changed_knobs().is_empty());
        for (name, value) in Policy::default().knobs() {
            let other = if name == "auto_resume" { "never" } else { "7" };
            let mut policy = Policy::default();
            policy.set(name, other).unwrap_or_else(|| panic!("{name} cannot be set"));
            assert_eq!(policy.changed_knobs(), [(name, other.to_owned())]);
            policy.set(name, &value).unwrap_or_else(|| panic!("{name} does not take {value}"));
            assert_eq!(policy, Policy::default());
        }
    }
}
