//! Plays every flow in `flows/`. With `FLOWS=record` it writes what is really said into them instead: read the diff.

use hookswitch_core::flow;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
    let entries = fs::read_dir(folder).expect("the folder of flows is there");
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("it can be read").path()).collect();
    files.sort();
    files
}

#[test]
fn every_flow_goes_as_written() {
    let record = std::env::var("FLOWS").is_ok_and(|what| what == "record");
    let (mut failed, mut count) = (Vec::new(), 0);
    for file in files() {
        let text = fs::read_to_string(&file).expect("a flow file is text");
        let flows =
            flow::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut recorded = Vec::new();
        for flow in &flows {
            count += 1;
            match if record { flow.record() } else { flow.run().map(|()| String::new()) } {
                Ok(text) => recorded.push(text),
                Err(error) => failed.push(format!("{}: {error}", file.display())),
            }
        }
        if record && failed.is_empty() {
            fs::write(&file, recorded.join("\n")).expect("the flow file can be written");
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    assert!(count >= 50, "only {count} flows were found");
    println!("{count} flows went as written");
}

/// The rules this part of the project promises, each with at least one flow that names it.
#[test]
fn every_promised_rule_has_a_flow() {
    let mut promised: Vec<String> = Vec::new();
    let mut promise = |of: &str, numbers: &[u32]| {
        promised.extend(numbers.iter().map(|number| format!("{of}-{number}")));
    };
    promise("IN", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    promise("OUT", &[1, 2, 3, 4, 5, 6, 7, 10]);
    promise("TX", &[2, 3, 4, 5, 6, 7]);
    promise("MC", &[1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 15, 18]);
    promise("TO", &[1, 2, 3, 4, 5, 6, 7, 9]);
    let mut shown = BTreeSet::new();
    for file in files() {
        let text = fs::read_to_string(&file).expect("a flow file is text");
        for flow in flow::parse(&text).expect("flows can be read") {
            let words = flow.comments.join(" ");
            let ids = words.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            shown.extend(ids.map(str::to_owned));
        }
    }
    let missing: Vec<_> = promised.iter().filter(|id| !shown.contains(*id)).collect();
    println!("{} of {} promised rules have flows", promised.len() - missing.len(), promised.len());
    assert!(missing.is_empty(), "rules without a flow: {missing:?}");
}
