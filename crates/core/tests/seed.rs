//! Every row of `docs/seed.md` names what shows it: a flow or test that exists, or the part that will bring it.

mod named;

use hookswitch_core::flow;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROWS: usize = 118;
const LATER_PARTS: std::ops::RangeInclusive<u32> = 5..=8;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn flows() -> BTreeSet<String> {
    let folder = fs::read_dir(root().join("crates/core/flows")).expect("the flows are there");
    let texts = folder
        .map(|file| fs::read_to_string(file.expect("a file").path()).expect("a flow file is text"));
    texts
        .flat_map(|text| flow::parse(&text).expect("flows can be read"))
        .map(|flow| flow.name)
        .collect()
}

/// What is wrong with one proof, if anything.
fn wrong(proof: &str, flows: &BTreeSet<String>, root: &Path) -> Option<String> {
    if let Some(part) = proof.strip_prefix("part ") {
        let known = part.parse().is_ok_and(|part: u32| LATER_PARTS.contains(&part));
        return (!known).then(|| format!("`{proof}` is no later part"));
    }
    let quoted = proof.strip_prefix('`').and_then(|proof| proof.strip_suffix('`'));
    if let Some(name) = quoted.and_then(|proof| proof.strip_prefix("flow: ")) {
        return (!flows.contains(name)).then(|| format!("there is no flow `{name}`"));
    }
    if let Some(test) = quoted.and_then(|proof| proof.strip_prefix("test: ")) {
        let (path, name) = match test.split_once("::") {
            Some((path, name)) => (path, Some(name)),
            None => (test, None),
        };
        let Ok(text) = fs::read_to_string(root.join(path)) else {
            return Some(format!("there is no file {path}"));
        };
        return name.and_then(|name| named::wrong(path, &text, name));
    }
    Some(format!("`{proof}` is none of: part N, `flow: name`, `test: path::name`"))
}

/// Every mistake in the table, by row.
fn mistakes(text: &str, flows: &BTreeSet<String>, root: &Path) -> Vec<String> {
    let mut rows = BTreeSet::new();
    let mut mistakes = Vec::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", number, capability, proofs, ""] = cells.as_slice() else { continue };
        let Ok(number) = number.parse::<usize>() else { continue };
        if !(1..=ROWS).contains(&number) {
            mistakes.push(format!("row {number}: rows go from 1 to {ROWS}"));
        } else if !rows.insert(number) {
            mistakes.push(format!("row {number}: it is there twice"));
        }
        if capability.is_empty() {
            mistakes.push(format!("row {number}: it says nothing"));
        }
        let what = proofs.split(';').filter_map(|proof| wrong(proof.trim(), flows, root));
        mistakes.extend(what.map(|what| format!("row {number}: {what}")));
    }
    let missing = (1..=ROWS).filter(|row| !rows.contains(row));
    mistakes.extend(missing.map(|row| format!("row {row}: it is missing")));
    mistakes
}

#[test]
fn every_row_is_shown_or_promised() {
    let text = fs::read_to_string(root().join("docs/seed.md")).expect("docs/seed.md is there");
    let mistakes = mistakes(&text, &flows(), &root());
    assert!(mistakes.is_empty(), "docs/seed.md:\n{}", mistakes.join("\n"));
}

#[test]
fn each_kind_of_mistake_is_found() {
    let flows = BTreeSet::from(["known".to_owned()]);
    let good: Vec<String> = (1..=ROWS).map(|row| format!("| {row} | words | part 5 |")).collect();
    let table = |row: usize, line: &str| {
        let mut lines = good.clone();
        line.clone_into(&mut lines[row - 1]);
        mistakes(&lines.join("\n"), &flows, &root())
    };
    for line in [
        "| 7 | words | `flow: known` |",
        "| 7 | words | `flow: known`; part 8 |",
        "| 7 | words | `test: crates/core/tests/seed.rs::each_kind_of_mistake_is_found` |",
        "| 7 | words | `test: Makefile` |",
    ] {
        assert_eq!(table(7, line), Vec::<String>::new());
    }
    for (line, expected) in [
        ("", "row 7: it is missing"),
        ("| 8 | words | part 5 |", "row 8: it is there twice"),
        ("| 119 | words | part 5 |", "row 119: rows go from 1 to 118"),
        ("| 7 | | part 4 |", "row 7: it says nothing"),
        ("| 7 | words | |", "row 7: `` is none of"),
        ("| 7 | words | part 3 |", "row 7: `part 3` is no later part"),
        ("| 7 | words | part 9 |", "row 7: `part 9` is no later part"),
        ("| 7 | words | soon |", "row 7: `soon` is none of"),
        ("| 7 | words | `flow: unknown` |", "row 7: there is no flow `unknown`"),
        ("| 7 | words | `test: nowhere.rs::x` |", "row 7: there is no file nowhere.rs"),
        ("| 7 | words | `test: crates/core/tests/seed.rs::x` |", "has no test `x`"),
    ] {
        let found = table(7, line);
        assert!(found.iter().any(|what| what.contains(expected)), "{line}: {found:?}");
    }
}
