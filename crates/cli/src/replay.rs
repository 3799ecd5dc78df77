//! Play flows, and journals, step by step.

use crate::args::Replay;
use crate::failure::Failure;
use crate::journal;
use crate::{ladder, words};
use hookswitch_core::flow::{self, Extent, Flow, Played, Player, Story};
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// Play what is in the file, and show each state.
pub fn replay(wanted: &Replay, json: bool) -> Result<(), Failure> {
    let text = read(&wanted.file)?;
    let name = wanted.file.display().to_string();
    let flows = flows(&text).map_err(|error| Failure::new(format!("{name}: {error}")))?;
    if let Some(svg) = &wanted.svg {
        let [flow] = &flows[..] else {
            let count = flows.len();
            return Err(Failure::new(format!("{name} has {count} flows; one can be drawn.")));
        };
        return journal::write(svg, &ladder::draw(flow));
    }
    for flow in &flows {
        play(flow, json).map_err(|what| Failure::new(format!("{name}: {what}")))?;
    }
    if !json {
        match flows.len() {
            1 => println!("It went as written."),
            count => println!("{count} flows went as written."),
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = match file == Path::new("-") {
        true => io::stdin().read_to_string(&mut text).map(drop),
        false => fs::read_to_string(file).map(|read| text = read),
    };
    let name = file.display();
    read.map_err(|error| {
        Failure::new(format!("{name} cannot be read: {error}. Name a text file."))
    })?;
    Ok(text)
}

/// Flows as they are written, or what can be played of a journal.
fn flows(text: &str) -> Result<Vec<Flow>, String> {
    let first = text.lines().find(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#')
    });
    let Some(first) = first else {
        return Err("there is no flow in it. `hookswitch journal --test` prints one.".to_owned());
    };
    if first.starts_with([' ', '\t']) {
        let story = Story::of(text, Extent::All).map_err(|error| error.to_string())?;
        return Ok(vec![story.flow]);
    }
    flow::parse(text).map_err(|error| error.to_string())
}

fn play(flow: &Flow, json: bool) -> Result<(), String> {
    if !json {
        println!("{}:", flow.name);
    }
    let mut player = flow.player();
    let mut shown = String::new();
    while let Some(played) = player.next() {
        let played = played.map_err(|error| error.to_string())?;
        if json {
            println!("{}", step(flow, &played, &player));
        } else {
            println!("    {}", played.step.does);
            played.said.iter().for_each(|line| println!("    {line}"));
            let state = state(&player);
            if state != shown {
                println!("        {state}");
                shown = state;
            }
        }
        if let Some(what) = played.otherwise {
            return Err(format!("{}, line {}: {what}", flow.name, played.step.line));
        }
    }
    Ok(())
}

/// How things stand, in one line.
fn state(player: &Player<'_>) -> String {
    let (core, names) = (player.arbiter(), player.names());
    let calls: Vec<String> = core
        .calls()
        .iter()
        .map(|call| {
            let muted = if call.muted { ", muted" } else { "" };
            format!("{} {}{muted}", names.number(call.number), call.state.name())
        })
        .collect();
    let mut parts = vec![match calls.is_empty() {
        true => "no calls".to_owned(),
        false => calls.join("; "),
    }];
    parts.extend(core.audio_owner().map(|call| format!("audio: {}", names.number(call))));
    parts.push(words::ring(core.ring_level()).to_owned());
    parts.extend(player.pending().iter().map(|pending| {
        let seconds = pending.left_ms as f64 / 1000.0;
        format!("{} is to {} within {seconds} s", pending.party, pending.words)
    }));
    parts.join(" · ")
}

fn step(flow: &Flow, played: &Played<'_>, player: &Player<'_>) -> Value {
    let (core, names) = (player.arbiter(), player.names());
    let said: Vec<Value> = played
        .said
        .iter()
        .map(|line| json!({ "party": line.party, "words": line.words }))
        .collect();
    let calls: Vec<Value> = core
        .calls()
        .iter()
        .map(|call| {
            let choices: Vec<Value> = call
                .choices
                .iter()
                .map(|choice| {
                    json!({
                        "choice": choice.kind.name(),
                        "ends": choice.ends.map(|call| names.number(call).to_string()),
                        "holds": choice.holds.map(|call| names.number(call).to_string()),
                    })
                })
                .collect();
            json!({
                "call": &*names.number(call.number),
                "app": &*names.provider(call.provider),
                "state": call.state.name(),
                "muted": call.muted,
                "choices": choices,
                "choices_revision": call.choices_revision,
            })
        })
        .collect();
    let pending: Vec<Value> = player
        .pending()
        .iter()
        .map(|pending| {
            json!({ "app": pending.party, "action": pending.words, "left_ms": pending.left_ms })
        })
        .collect();
    json!({
        "flow": flow.name,
        "line": played.step.line,
        "at_ms": player.elapsed_ms(),
        "step": played.step.does.to_string(),
        "said": said,
        "otherwise": played.otherwise,
        "calls": calls,
        "audio": core.audio_owner().map(|call| names.number(call).to_string()),
        "ring": core.ring_level().name(),
        "pending": pending,
    })
}
