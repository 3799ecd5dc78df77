//! A flow as a ladder: one line down for each party, one arrow for each thing said. SVG that stands alone and fits a
//! light and a dark page.

mod drawing;

use drawing::Drawing;
use hookswitch_core::flow::{Does, Flow, Step};
use std::collections::BTreeMap;

/// Parties that are the service's own parts.
const PARTS: [&str; 5] = ["ring", "audio", "recents", "choices", "screen"];
/// The heads of the service's own column, and of that of all surfaces together.
const CORE: &str = "hookswitchd";
const SURFACES: &str = "surfaces";
/// A wait that is worth drawing, in milliseconds.
const WAIT: u64 = 200;
/// Colours for calls; what is more begins again.
const COLOURS: usize = 5;
/// Letters of a label at most; the whole is in its title.
const LABEL: usize = 34;

/// Draw the flow as it is written. Its comments go below the drawing.
pub fn draw(flow: &Flow) -> String {
    let ladder = Ladder::of(flow);
    let mut drawing = Drawing::of(&ladder);
    ladder.rows.iter().for_each(|row| drawing.row(row));
    drawing.svg(&flow.name.replace('_', " "), &flow.comments)
}

/// Something that is drawn below the rest.
enum Row {
    /// Somebody tells somebody something.
    Arrow(Arrow),
    /// Time passes.
    Wait(String),
    /// The service dies.
    Restart,
    /// This column's app has the audio for a call of this class, or does not have it any more.
    Talks(usize, Option<String>),
}

struct Arrow {
    /// The column of the party that is not the service.
    party: usize,
    /// Whether that party speaks.
    speaks: bool,
    label: String,
    /// The line of the flow.
    full: String,
    class: String,
}

/// What is drawn, from left to right and from top to bottom.
struct Ladder {
    columns: Vec<String>,
    /// Which of the columns is the service's.
    core: usize,
    rows: Vec<Row>,
    calls: BTreeMap<String, usize>,
}

impl Ladder {
    fn of(flow: &Flow) -> Self {
        let mut apps: Vec<&str> = Vec::new();
        let mut others: Vec<&str> = Vec::new();
        for step in &flow.steps {
            let speaker = match &step.does {
                Does::Input(party, _) => Some(party.as_str()),
                _ => None,
            };
            let told = step.expected.iter().map(|line| line.party.as_str());
            for party in speaker.into_iter().chain(told).filter(|party| !PARTS.contains(party)) {
                let list = if is_app(party) { &mut apps } else { &mut others };
                if !list.contains(&head(party)) {
                    list.push(head(party));
                }
            }
        }
        others.sort_unstable_by_key(|name| *name != SURFACES);
        let columns = apps.iter().chain([&CORE]).chain(&others).map(|&name| name.to_owned());
        let (columns, core) = (columns.collect(), apps.len());
        let mut ladder = Self { columns, core, rows: Vec::new(), calls: BTreeMap::new() };
        flow.steps.iter().for_each(|step| ladder.step(step));
        ladder
    }

    fn step(&mut self, step: &Step) {
        match &step.does {
            Does::Policy(..) | Does::AudioByHand => {}
            Does::After(ms) if *ms < WAIT => {}
            Does::After(ms) => self.rows.push(Row::Wait(format!("{} later", time(*ms)))),
            Does::Asleep(ms) => self.rows.push(Row::Wait(format!("asleep for {}", time(*ms)))),
            Does::Restart(_) => self.rows.push(Row::Restart),
            Does::Given(party, words) => {
                self.rows.push(Row::Wait(format!("given: {party} {}", words.join(" "))));
            }
            Does::Input(party, words) => self.arrow(party, &words.join(" "), true),
        }
        for line in &step.expected {
            self.arrow(&line.party, &line.words, false);
        }
    }

    fn arrow(&mut self, name: &str, words: &str, speaks: bool) {
        // The service's own column is not looked at: an app may have its name.
        let mut columns = self.columns.iter().enumerate().filter(|(at, _)| *at != self.core);
        let Some((party, _)) = columns.find(|(_, column)| *column == head(name)) else { return };
        let class = self.class(words);
        if let Some(call) = words.strip_prefix("audio ").filter(|_| !speaks) {
            let talks = call.starts_with("on ").then(|| class.clone());
            self.rows.push(Row::Talks(party, talks));
        }
        let full = match speaks {
            true => format!("{name} -> core : {words}"),
            false => format!("core -> {name} : {words}"),
        };
        let label = shortened(words);
        self.rows.push(Row::Arrow(Arrow { party, speaks, label, full, class }));
    }

    /// The colour of the first call that is named, or that of what went wrong.
    fn class(&mut self, words: &str) -> String {
        match words.split(' ').next() {
            Some("refused") => return "bad refused".to_owned(),
            Some("timed" | "failed" | "lost") => return "bad".to_owned(),
            _ => {}
        }
        let Some(call) = call_of(words) else { return "n".to_owned() };
        let next = self.calls.len();
        let number = self.calls.entry(call.to_owned()).or_insert(next);
        format!("c{}", *number % COLOURS)
    }
}

fn is_app(party: &str) -> bool {
    party != "headset" && party != "device" && !party.starts_with("ui")
}

/// What is above the party's column.
fn head(party: &str) -> &str {
    if party.starts_with("ui") { SURFACES } else { party }
}

/// The first word that is no verb, kind or reason: by the form of each line.
fn call_of(words: &str) -> Option<&str> {
    let words: Vec<&str> = words.split(' ').collect();
    match words[..] {
        ["request", "choose", call, ..]
        | ["request" | "report" | "perform" | "fulfill" | "fail" | "audio", _, call, ..]
        | ["ended" | "silence" | "presented" | "notpresented" | "muted" | "unmuted", call, ..] => {
            Some(call)
        }
        ["register" | "configure" | "invalidate" | "press", ..] => None,
        [_, call] => Some(call),
        _ => None,
    }
}

/// Without what a picture need not say, and not longer than fits.
fn shortened(words: &str) -> String {
    let facts: &[&str] = match words.starts_with("report ") {
        true => &["holding", "dtmf", "named", "account=default"],
        false => &[],
    };
    let said = |word: &&str| !facts.contains(word) && !word.starts_with("revision=");
    let text = words.split(' ').filter(said).collect::<Vec<_>>().join(" ");
    match text.chars().count() > LABEL {
        true => format!("{}…", text.chars().take(LABEL - 1).collect::<String>().trim_end()),
        false => text,
    }
}

fn time(ms: u64) -> String {
    match ms {
        ..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{:.1} s", ms as f64 / 1000.0).replace(".0 s", " s"),
        _ => format!("{} min {} s", ms / 60_000, ms / 1000 % 60).replace(" 0 s", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch_core::flow::parse;

    fn drawn(text: &str) -> String {
        draw(&parse(text).unwrap()[0])
    }

    #[test]
    fn each_thing_said_is_an_arrow_with_its_label() {
        let svg = drawn(
            "# said once
            two_apps:
                chat -> core : report incoming anna holding named account=default
                core -> ui   : ringing anna
                core -> ring : loud
                ui1  -> core : request answer anna
                core -> ui1  : refused ChoicesChanged
                after 6500ms
                core restarts with chat anna incoming
                talk -> core : register
            "
            .replace("\n            ", "\n")
            .as_str(),
        );
        assert_eq!(svg.matches("<path").count(), 5, "{svg}");
        for text in [
            ">report incoming anna</text>",
            ">ringing anna</text>",
            "<title>ui1 -&gt; core : request answer anna</title>",
            "class=\"arrow bad refused\"",
            ">6.5 s later</text>",
            ">hookswitchd dies and comes back</text>",
            "<title>two apps</title>",
            ">said once</text>",
            "prefers-color-scheme: dark",
        ] {
            assert!(svg.contains(text), "no {text} in {svg}");
        }
        let heads: Vec<_> = svg.lines().filter(|line| line.contains("class=\"head\"")).collect();
        let names = ["chat", "talk", "hookswitchd", "surfaces"];
        assert_eq!(heads.len(), names.len());
        assert!(heads.iter().zip(names).all(|(head, name)| head.contains(name)), "{heads:?}");
    }

    #[test]
    fn an_app_that_has_the_audio_has_a_thick_line() {
        let svg = drawn(
            "audio:\n  chat -> core : fulfill answer anna\n  core -> chat : audio on anna\n  \
             chat -> core : report ended anna failed\n  core -> chat : audio off anna\n",
        );
        assert_eq!(svg.matches("class=\"talks c0\"").count(), 1, "{svg}");
    }

    #[test]
    fn the_picture_in_the_docs_is_the_journal_of_the_demo() {
        let read = |path: &str| {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
            std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        };
        assert!(
            drawn(&read("crates/core/flows/demo.flow")) == read("docs/call.svg"),
            "draw it again: hookswitch replay crates/core/flows/demo.flow --svg docs/call.svg"
        );
    }

    #[test]
    fn text_cannot_become_markup() {
        let svg = drawn("# </text><script>\na:\n  a<b -> core : report incoming x&y\n");
        assert!(!svg.contains("<script") && !svg.contains("a<b") && !svg.contains("x&y"), "{svg}");
        assert!(svg.contains("a&lt;b") && svg.contains("x&amp;y"), "{svg}");
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let long = format!("register accounts={}", "account1,".repeat(50));
        let svg = drawn(&format!("a:\n  chat -> core : {long}\n"));
        assert!(svg.contains("…</text>"), "{svg}");
        let width = svg.split("width=\"").nth(1).and_then(|rest| rest.split('"').next());
        assert!(width.unwrap().parse::<usize>().unwrap() < 500, "{svg}");
    }
}
