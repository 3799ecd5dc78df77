//! The service's newest decisions: as lines, as a picture, or as a test.

mod legend;

use crate::act::SURFACE;
use crate::args::Journal;
use crate::failure::Failure;
use crate::ladder;
use crate::words;
use hookswitch::Surface;
use hookswitch_core::flow::{self, Extent, Flow, Story};
use legend::Legend;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Lines that are printed if nobody says how many.
const LINES: u32 = 50;
/// As many as the service gives at once.
const ALL: u32 = 10_000;

/// Print the journal as it is wanted.
pub async fn journal(wanted: Journal, json: bool) -> Result<(), Failure> {
    let drawn = wanted.test || wanted.svg.is_some();
    if json && drawn {
        return Err(Failure::new("a test and a picture are no JSON. Leave --json out."));
    }
    let (surface, _) = Surface::connect(SURFACE).await?;
    let limit = wanted.limit.unwrap_or(if drawn { ALL } else { LINES });
    let lines: Vec<String> = surface.journal(limit).await?;
    let lines: Vec<String> = lines.iter().map(|line| words::clean(line)).collect();
    if !drawn {
        let legend = match wanted.reveal {
            true => Legend::of(&lines, &surface).await?,
            false => Legend::default(),
        };
        print(&lines, &legend, json);
        return Ok(());
    }
    let extent = if wanted.limit.is_some() { Extent::All } else { Extent::Newest };
    let mut story = Story::of(&lines.join("\n"), extent)
        .map_err(|error| Failure::new(format!("there is nothing to show: {error}")))?;
    if wanted.reveal {
        let told: Vec<String> = story.flow.to_string().lines().map(str::to_owned).collect();
        story.flow.comments.extend(Legend::of(&told, &surface).await?.comments());
    }
    if let Some(file) = &wanted.svg {
        return write(file, &ladder::draw(&story.flow));
    }
    let test = story.flow.to_string();
    print!("{test}");
    let flows = flow::parse(&test);
    flows.and_then(|flows| flows.iter().try_for_each(Flow::run)).map_err(|fault| {
        let report =
            "this does not go as it is written. Please report it with what is printed here.";
        Failure::new(format!("{report} {fault}"))
    })
}

fn print(lines: &[String], legend: &Legend, json: bool) {
    if json {
        legend.json().for_each(|line| println!("{line}"));
        lines.iter().for_each(|line| println!("{}", serde_json::json!({ "line": line })));
    } else {
        legend.comments().for_each(|line| println!("    # {line}"));
        lines.iter().for_each(|line| println!("{line}"));
    }
}

/// Write a picture to a file, or to the standard output for `-`.
pub fn write(file: &Path, picture: &str) -> Result<(), Failure> {
    let written = match file == Path::new("-") {
        true => io::stdout().write_all(picture.as_bytes()),
        false => fs::write(file, picture),
    };
    written.map_err(|error| {
        let file = file.display();
        Failure::new(format!(
            "{file} cannot be written: {error}. Name another file, or - for none."
        ))
    })
}
