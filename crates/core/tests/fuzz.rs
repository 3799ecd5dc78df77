//! Bytes as what happens, and text as flows: nothing panics, and everything in `world` holds.

mod dice;
mod fuzzing;
mod turn;
mod world;

use fuzzing::{Target, Verdict};
use hookswitch_core::flow::{self, Extent, Flow, Story};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use world::{Rules, least, play};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Four bytes choose the rules, each six are a step.
fn handle(input: &[u8]) -> Verdict {
    let (rules, steps) = input.split_at_checked(4).unwrap_or((&[0; 4], input));
    let (steps, _) = steps.as_chunks::<6>();
    let rules = Rules::try_from(rules).expect("four bytes");
    match play(rules, &steps[..steps.len().min(400)]) {
        (world, Ok(())) => Ok(world.behaviours()),
        (..) => {
            let (rules, steps) = least(rules, steps, |rules, steps| play(rules, steps).1.is_err());
            let (world, played) = play(rules, &steps);
            let what = played.expect_err("it failed before");
            Err(format!("{what}\n\n# {what}\n{}", world.flow("found_by_fuzzing")))
        }
    }
}

#[test]
fn whatever_comes_is_handled() {
    let corpus = folder("tests/corpus/handle");
    Target { name: "handle", corpus, seeds: Vec::new(), dictionary: &[], one: &handle }.run();
}

const WORDS: [&[u8]; 40] = [
    b"chat",
    b"talk",
    b"ui",
    b"headset",
    b"push",
    b"audio",
    b" -> core : ",
    b"core -> ui   : ",
    b"request ",
    b"report ",
    b"fulfill ",
    b"fail ",
    b"answer ",
    b"end ",
    b"hold ",
    b"resume ",
    b"mute ",
    b"merge ",
    b"split ",
    b"start ",
    b"incoming ",
    b"connected ",
    b"ended ",
    b"adopt ",
    b"anna",
    b"bob",
    b"remote_ended",
    b"press long",
    b"after 5s",
    b"after 1h asleep",
    b"core restarts",
    b"given ",
    b"policy ",
    b"register",
    b"lost",
    b"executes",
    b"one-by-one",
    b"emergency",
    b"dial=1,2;3",
    b"\n    ",
];

fn text(input: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(input);
    let mut shows = Vec::new();
    let mut show = |of: &str| {
        // Which error it is, but not what it quotes.
        let mut parts = of.splitn(3, '`');
        let (first, rest) = (parts.next().unwrap_or_default(), parts.nth(1).unwrap_or_default());
        let said = if first.is_empty() { rest } else { first };
        let said = said.split([':', '`', '=']).next().unwrap_or_default();
        let said = said.split(" takes ").next().unwrap_or_default();
        let words = said.split(|c: char| !c.is_ascii_lowercase()).filter(|word| word.len() > 2);
        let mut hash = DefaultHasher::new();
        words.take(8).for_each(|word| word.hash(&mut hash));
        shows.push(hash.finish());
    };
    match flow::parse(&text) {
        Err(error) => show(&error.what),
        Ok(flows) => {
            for flow in flows.iter().take(4) {
                match flow.run() {
                    Ok(()) => show("it goes as written"),
                    Err(error) => show(&error.what),
                }
                // What is printed says the same.
                let printed = flow.to_string();
                let again = flow::parse(&printed).map_err(|error| format!("{error}: {printed}"))?;
                let same = |flow: &Flow| {
                    flow.steps.iter().map(|step| step.does.clone()).collect::<Vec<_>>()
                };
                if again.len() != 1 || same(&again[0]) != same(flow) {
                    return Err(format!("it is printed as another flow:\n{printed}"));
                }
            }
        }
    }
    match Story::of(&text, Extent::Newest) {
        Ok(story) => show(if story.fault.is_some() { "a story with a fault" } else { "a story" }),
        Err(error) => show(&error.to_string()),
    }
    Ok(shows)
}

/// Every flow there is, by itself.
fn flows() -> Vec<Vec<u8>> {
    let files = fs::read_dir(folder("flows")).expect("the folder of flows is there");
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    let texts = files.iter().map(|file| fs::read_to_string(file).expect("a flow file is text"));
    let flows = texts.flat_map(|text| {
        text.split("\n\n").map(|flow| flow.as_bytes().to_vec()).collect::<Vec<_>>()
    });
    flows.collect()
}

#[test]
fn whatever_is_written_is_read() {
    let corpus = folder("tests/corpus/flow");
    Target { name: "flow", corpus, seeds: flows(), dictionary: &WORDS, one: &text }.run();
}
