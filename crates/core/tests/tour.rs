//! Plays every flow that `docs/tour.md` shows.

use hookswitch_core::flow;
use std::fs;
use std::path::Path;

/// The content of each ```` ```flow ```` block, with the line it begins on.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        if line.trim_end() == "```flow" {
            let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            blocks.push((at + 2, inside.collect::<Vec<_>>().join("\n")));
        }
    }
    blocks
}

#[test]
fn every_flow_of_the_tour_goes_as_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tour.md");
    let text = fs::read_to_string(path).expect("docs/tour.md is there");
    let mut count = 0;
    for (begins, block) in blocks(&text) {
        let told =
            |error| format!("docs/tour.md, in the block that begins on line {begins}: {error}");
        let flows = flow::parse(&block).unwrap_or_else(|error| panic!("{}", told(error)));
        assert!(!flows.is_empty(), "docs/tour.md, line {begins}: a block without a flow");
        for flow in flows {
            flow.run().unwrap_or_else(|error| panic!("{}", told(error)));
            count += 1;
        }
    }
    assert!(count >= 5, "only {count} flows were found in docs/tour.md");
}
