//! Plays every flow in `flows/`. With `FLOWS=record` it writes what is really said into them instead: read the diff.

use hookswitch_core::flow;
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
