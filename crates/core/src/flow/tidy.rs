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
