use super::{Does, Flow, FlowError, Line, Step};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Read flows.
///
/// # Errors
/// The first line that is no line of a flow.
pub fn parse(text: &str) -> Result<Vec<Flow>, FlowError> {
    let mut flows: Vec<Flow> = Vec::new();
    let mut comments: Vec<String> = Vec::new();
    for (at, raw) in text.lines().enumerate() {
        let line = at + 1;
        let (indented, trimmed) = (raw.starts_with([' ', '\t']), raw.trim());
        let current = flows.last().map(|flow| flow.name.clone());
        let wrong = |what: String| FlowError { flow: current.clone(), line, what };
        if trimmed.is_empty() {
            continue;
        }
        if let Some(comment) = trimmed.strip_prefix('#') {
            comments.push(comment.trim().to_owned());
            continue;
        }
        if !indented {
            let name = trimmed
                .strip_suffix(':')
                .ok_or_else(|| wrong(format!("a flow begins with its name and a colon: {raw}")))?;
            flows.push(Flow {
                name: name.to_owned(),
                comments: core::mem::take(&mut comments),
                steps: Vec::new(),
            });
            continue;
        }
        let step = step(trimmed).map_err(wrong)?;
        let Some(flow) = flows.last_mut() else {
            return Err(wrong("a flow begins with its name, at the left margin".to_owned()));
        };
        match step {
            Parsed::Does(does) => {
                let comments = core::mem::take(&mut comments);
                flow.steps.push(Step { line, comments, does, expected: Vec::new() });
            }
            Parsed::Expects(expected) => match flow.steps.last_mut() {
                Some(step) => step.expected.push(expected),
                None => {
                    let what = "nothing happened yet that this could follow from".to_owned();
                    return Err(FlowError { flow: Some(flow.name.clone()), line, what });
                }
            },
        }
    }
    Ok(flows)
}

/// What begins another line than one of a party.
pub(super) const NO_PARTIES: [&str; 4] = ["core", "policy", "given", "after"];

enum Parsed {
    Does(Does),
    Expects(Line),
}

fn step(text: &str) -> Result<Parsed, String> {
    if let Some(time) = text.strip_prefix("after ") {
        return Ok(Parsed::Does(match time.strip_suffix(" asleep") {
            Some(time) => Does::Asleep(milliseconds(time)?),
            None => Does::After(milliseconds(time)?),
        }));
    }
    if let Some(orphans) = text.strip_prefix("core restarts with ") {
        let words = orphans.split_whitespace().map(ToString::to_string).collect();
        return Ok(Parsed::Does(Does::Restart(Some(words))));
    }
    if let Some(knob) = text.strip_prefix("policy ") {
        let (knob, value) =
            knob.split_once('=').ok_or_else(|| format!("`policy knob=value`, not: {text}"))?;
        return Ok(Parsed::Does(Does::Policy(knob.trim().to_owned(), value.trim().to_owned())));
    }
    if let Some(words) = text.strip_prefix("given ") {
        let mut words = words.split_whitespace().map(ToString::to_string);
        let party = words.next().ok_or("`given app state call`: the app is missing")?;
        return Ok(Parsed::Does(Does::Given(party, words.collect())));
    }
    match text {
        "core restarts" => return Ok(Parsed::Does(Does::Restart(None))),
        "audio by hand" => return Ok(Parsed::Does(Does::AudioByHand)),
        _ => {}
    }
    let (parties, words) = text
        .split_once(" : ")
        .ok_or_else(|| format!("`party -> party : words`, `after 5s` or a comment, not: {text}"))?;
    let (from, to) =
        parties.split_once("->").ok_or_else(|| format!("who tells whom? `{parties}`"))?;
    let (from, to) = (from.trim(), to.trim());
    let words: Vec<String> = words.split_whitespace().map(ToString::to_string).collect();
    match (from, to) {
        ("core", party) if party != "core" => {
            Ok(Parsed::Expects(Line { party: party.to_owned(), words: words.join(" ") }))
        }
        (party, "core") if is_party(party) => {
            Ok(Parsed::Does(Does::Input(party.to_owned(), words)))
        }
        _ => Err(format!("one of the two parties is `core`, the other an app or such: {parties}")),
    }
}

/// One word that begins no other line.
fn is_party(word: &str) -> bool {
    let one = !word.is_empty() && !word.contains(char::is_whitespace);
    one && !NO_PARTIES.contains(&word)
}

/// `500ms`, `5s`, `2m`, `1h`.
pub(super) fn milliseconds(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(0));
    let factor = match unit {
        "ms" => Some(1),
        "s" => Some(1000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let value = number.parse::<u64>().ok();
    let product = value.zip(factor).and_then(|(value, factor)| value.checked_mul(factor));
    product.ok_or_else(|| format!("a time is like 500ms, 5s, 2m or 1h, not: {text}"))
}
