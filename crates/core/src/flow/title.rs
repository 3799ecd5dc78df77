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

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn titled(lines: &[&str]) -> String {
        let text = format!("a:\n    press -> core : it\n    {}", lines.join("\n    "));
        title(&parse(&text).expect("it is a flow").remove(0).steps)
    }

    #[test]
    fn a_title_counts_the_calls_that_surfaces_show() {
        assert_eq!(titled(&["core -> ui : ringing anna"]), "a_call");
        assert_eq!(titled(&["core -> ui : held anna", "core -> ui : active anna"]), "a_call");
        assert_eq!(
            titled(&["core -> ui : starting anna", "core -> ui : ringing bob"]),
            "two_calls"
        );
        let many: Vec<String> =
            (0..11).map(|at| format!("core -> ui : ringing call{at}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(titled(&many[..10]), "ten_calls");
        assert_eq!(titled(&many), "11_calls");
        // What else is said of a call, or in these words to somebody else, does not make one.
        let others = ["core -> ui : muted anna", "core -> talk : active bob"];
        assert_eq!(titled(&others), "0_calls");
    }

    #[test]
    fn a_title_names_the_apps_that_were_asked() {
        let asked = |app: &str| format!("core -> {app} : perform answer anna");
        let apps: Vec<String> = ["chat", "sip-2", "talk", "modem"].map(asked).into();
        let apps: Vec<&str> = apps.iter().map(String::as_str).collect();
        assert_eq!(titled(&apps[..1]), "0_calls_of_chat");
        assert_eq!(titled(&apps[..3]), "0_calls_of_chat_and_sip_2_and_talk");
        assert_eq!(titled(&apps), "0_calls_of_4_apps");
        assert_eq!(titled(&["core -> chat : audio on anna"]), "0_calls");
    }

    #[test]
    fn a_title_says_what_is_rare() {
        for (line, theme) in [
            ("core -> chat : perform hold anna", "_of_chat_with_hold"),
            ("core -> chat : perform mute anna", "_of_chat_with_mute"),
            ("core -> chat : perform dtmf anna 0", "_of_chat_with_tones"),
            ("core -> chat : perform end anna decline", "_of_chat_with_decline"),
            ("core -> chat : perform end anna hang_up", "_of_chat"),
            ("core -> chat : timed out hold anna", "_with_timeout"),
            ("core -> chat : refused InvalidAction", "_with_refusal"),
            ("core restarts", "_with_restart"),
        ] {
            assert_eq!(titled(&[line]), format!("0_calls{theme}"), "{line}");
        }
        let all = [
            "core -> chat : perform mute anna",
            "core -> chat : refused InvalidAction",
            "core -> chat : perform hold anna",
            "core -> chat : timed out hold anna",
        ];
        assert_eq!(titled(&all), "0_calls_of_chat_with_timeout_and_refusal_and_hold");
        // A story that begins with a restart is not about it.
        let begins = parse("a:\n    core restarts").expect("it is a flow").remove(0);
        assert_eq!(title(&begins.steps), "0_calls");
    }
}
