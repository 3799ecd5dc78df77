use super::{Does, Line, Step};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What is worth a word in a title, the rarest first; and how many of them a title has.
const THEMES: [&str; 7] = ["restart", "timeout", "refusal", "hold", "decline", "tones", "mute"];
const MANY: usize = 3;
const NUMBERS: [&str; 9] = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/// A sentence of what these steps are about.
pub(super) fn title(steps: &[Step]) -> String {
    let mut calls: BTreeSet<&str> = BTreeSet::new();
    let mut apps: BTreeSet<&str> = BTreeSet::new();
    let mut themes: BTreeSet<&str> = BTreeSet::new();
    for (at, step) in steps.iter().enumerate() {
        if at > 0 && matches!(step.does, Does::Restart(_)) {
            themes.insert("restart");
        }
        for line in &step.expected {
            themes.extend(theme(line));
            let words: Vec<&str> = line.words.split(' ').collect();
            match words[..] {
                ["perform", ..] => drop(apps.insert(&line.party)),
                ["ringing" | "starting" | "active" | "held", call] if line.party == "ui" => {
                    calls.insert(call);
                }
                _ => {}
            }
        }
    }
    let calls = match calls.len() {
        1 => "a_call".to_string(),
        count => match NUMBERS.get(count.wrapping_sub(2)) {
            Some(word) => format!("{word}_calls"),
            None => format!("{count}_calls"),
        },
    };
    let apps: Vec<&str> = apps.into_iter().collect();
    let apps = match apps.len() {
        0 => String::new(),
        1..=3 => format!("_of_{}", apps.join("_and_")),
        count => format!("_of_{count}_apps"),
    };
    let themes: Vec<&str> = THEMES.into_iter().filter(|theme| themes.contains(theme)).collect();
    let themes = match themes.is_empty() {
        true => String::new(),
        false => format!("_with_{}", themes[..themes.len().min(MANY)].join("_and_")),
    };
    let title = format!("{calls}{apps}{themes}");
    title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn theme(line: &Line) -> Option<&'static str> {
    let mut words = line.words.split(' ');
    Some(match (words.next()?, words.next()?) {
        ("perform", "hold") => "hold",
        ("perform", "mute") => "mute",
        ("perform", "dtmf") => "tones",
        ("perform", "end") if line.words.ends_with(" decline") => "decline",
        ("timed", "out") => "timeout",
        ("refused", _) => "refusal",
        _ => return None,
    })
}
