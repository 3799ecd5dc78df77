//! Journals are exact to the millisecond and say when audio was up. A test reads better without, where it goes the same.

use super::{Does, Flow, Step};
use alloc::vec::Vec;

/// Time that passes unsaid, in milliseconds, if nothing depends on it.
const INSTANT: u64 = 50;

impl Flow {
    /// The shortest of its forms that goes as written; itself if none does.
    pub(super) fn tidied(self) -> Self {
        let mut best = self;
        for shorter in [without_instants, without_audio_by_hand] {
            let candidate = shorter(&best);
            if candidate.run().is_ok() {
                best = candidate;
            }
        }
        best
    }
}

/// Short waits are added to the next long one.
fn without_instants(flow: &Flow) -> Flow {
    let mut steps: Vec<Step> = Vec::new();
    let mut saved = 0;
    for step in &flow.steps {
        let mut step = step.clone();
        match &mut step.does {
            Does::After(ms) if step.expected.is_empty() && *ms < INSTANT => {
                saved += *ms;
                continue;
            }
            Does::After(ms) | Does::Asleep(ms) => *ms += core::mem::take(&mut saved),
            _ => {}
        }
        steps.push(step);
    }
    Flow { steps, ..flow.clone() }
}

/// Where audio is up as soon as it is asked for, nobody has to say so.
fn without_audio_by_hand(flow: &Flow) -> Flow {
    let mut steps: Vec<Step> = Vec::new();
    for step in &flow.steps {
        match &step.does {
            Does::AudioByHand => continue,
            Does::Input(party, words) if party == "audio" => {
                let call = words.last().map_or("", |call| call.as_str());
                let asks = |last: &Step| {
                    let mut lines = last.expected.iter().filter(|line| line.party == "audio");
                    lines.any(|line| line.words.strip_prefix("activate ") == Some(call))
                };
                if let Some(last) = steps.last_mut().filter(|last| asks(last)) {
                    last.expected.extend(step.expected.iter().cloned());
                    continue;
                }
            }
            _ => {}
        }
        steps.push(step.clone());
    }
    Flow { steps, ..flow.clone() }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use alloc::format;
    use alloc::string::{String, ToString};

    fn flow(lines: &[&str]) -> Flow {
        parse(&format!("a:\n    {}", lines.join("\n    "))).expect("it is a flow").remove(0)
    }

    fn lines(flow: &Flow) -> Vec<String> {
        flow.to_string().lines().skip(1).map(|line| line.trim().to_string()).collect()
    }

    #[test]
    fn short_waits_are_added_to_the_next_long_one() {
        let before = [
            "after 49ms",
            "after 3ms",
            "chat -> core : report incoming anna",
            "core -> ui   : ringing anna",
            "after 5s",
            "after 2ms",
            "core -> ui   : muted anna",
            "after 50ms",
            "after 10ms",
            "after 1s asleep",
            "after 1s",
        ];
        let after = [
            "chat -> core : report incoming anna",
            "core -> ui   : ringing anna",
            "after 5052ms",
            // Something follows from it.
            "after 2ms",
            "core -> ui   : muted anna",
            "after 50ms",
            "after 1010ms asleep",
            "after 1s",
        ];
        assert_eq!(lines(&without_instants(&flow(&before))), after);
    }

    #[test]
    fn audio_that_is_up_at_once_is_not_said() {
        let before = [
            "audio by hand",
            "chat -> core : fulfill answer anna",
            "core -> audio : activate anna",
            "audio -> core : activated anna",
            "core -> chat : audio on anna",
            "talk -> core : fulfill answer bob",
            "core -> audio : deactivate bob",
            "chat -> core : activated bob",
            "audio -> core : activated bob",
        ];
        let after = [
            "chat -> core : fulfill answer anna",
            "core -> audio : activate anna",
            "core -> chat : audio on anna",
            "talk -> core : fulfill answer bob",
            "core -> audio : deactivate bob",
            "chat -> core : activated bob",
            "audio -> core : activated bob",
        ];
        assert_eq!(lines(&without_audio_by_hand(&flow(&before))), after);
        // Another party that says the same is no audio.
        let other =
            ["x -> core : y", "core -> audio : activate anna", "chat -> core : activated anna"];
        assert_eq!(
            lines(&without_audio_by_hand(&flow(&other))),
            other.map(|line| line.replace("x ->", "x    ->"))
        );
    }
}
