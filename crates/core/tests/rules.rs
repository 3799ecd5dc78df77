//! Every rule of `docs/rules.md` is shown by what its row says, and every flow names rules that are there.

mod named;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The part that the project is in: rows that name it or an earlier one have to name what shows them instead.
const PART: u32 = 4;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The ids that a comment names: `MC-9`, `ARB-01`, `pain 4`, `own 12`.
fn ids(comment: &str) -> Vec<String> {
    let words: Vec<&str> = comment
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty())
        .collect();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mut ids = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if let Some((of, number)) = word.split_once('-')
            && is_number(number)
            && (2..=3).contains(&of.len())
            && of.bytes().all(|byte| byte.is_ascii_uppercase())
        {
            ids.push((*word).to_owned());
        }
        if let ("pain" | "own", Some(number)) = (*word, words.get(at + 1).filter(|n| is_number(n)))
        {
            ids.push(format!("{word} {number}"));
        }
    }
    ids
}

/// Which files name each id in a comment.
fn shown() -> BTreeMap<String, BTreeSet<String>> {
    let mut shown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let folder = fs::read_dir(root().join("crates/core/flows")).expect("the flows are there");
    for file in folder {
        let path = file.expect("a file").path();
        let text = fs::read_to_string(&path).expect("a flow file is text");
        for comment in text.lines().filter_map(|line| line.trim().strip_prefix('#')) {
            for id in ids(comment) {
                shown.entry(id).or_default().insert(path.display().to_string());
            }
        }
    }
    shown
}

/// What is wrong with one row, if anything.
fn wrong(id: &str, by: &str, shown: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    if by == "flow" {
        return (!shown.contains_key(id)).then(|| "no flow names it".to_owned());
    }
    if let Some(part) = by.strip_prefix("part ") {
        return match part.parse::<u32>() {
            Ok(part) if part > PART && part <= 8 => None,
            Ok(part) => Some(format!("part {part} is there: what shows it?")),
            Err(_) => Some(format!("`{by}` is no part")),
        };
    }
    if let Some(reason) = by.strip_prefix("no: ") {
        return reason.is_empty().then(|| "it says no and not why".to_owned());
    }
    let test = by.trim_matches('`').strip_prefix("test: ").and_then(|test| test.split_once("::"));
    let Some((path, name)) = test else {
        return Some(format!("`{by}` is none of: flow, part N, no: why, `test: path::name`"));
    };
    let text = fs::read_to_string(root().join(path)).unwrap_or_default();
    named::wrong(path, &text, name)
}

fn rows(text: &str) -> Vec<(String, String)> {
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows = text.lines().filter(|line| line.starts_with("| ")).map(cells);
    let rows =
        rows.filter(|cells| cells.len() == 5 && cells[1] != "id" && !cells[1].starts_with("---"));
    rows.map(|cells| (cells[1].clone(), cells[3].clone())).collect()
}

#[test]
fn every_rule_is_shown() {
    let text = fs::read_to_string(root().join("docs/rules.md")).expect("docs/rules.md is there");
    let (rows, shown) = (rows(&text), shown());
    let mut seen = BTreeSet::new();
    let mut mistakes = Vec::new();
    for (id, by) in &rows {
        if !seen.insert(id.clone()) {
            mistakes.push(format!("{id}: it is there twice"));
        }
        mistakes.extend(wrong(id, by, &shown).map(|what| format!("{id}: {what}")));
    }
    let unknown = shown.keys().filter(|id| !seen.contains(*id));
    mistakes
        .extend(unknown.map(|id| format!("{id}: a flow names it and the table does not have it")));
    let of = |is: fn(&str) -> bool| rows.iter().filter(|(_, by)| is(by)).count();
    println!(
        "{} rules and scenarios: {} with flows, {} with other tests, {} of later parts, {} that do not apply; {} wrong",
        rows.len(),
        of(|by| by == "flow"),
        of(|by| by.starts_with("`test")),
        of(|by| by.starts_with("part")),
        of(|by| by.starts_with("no:")),
        mistakes.len(),
    );
    assert!(mistakes.is_empty(), "docs/rules.md:\n{}", mistakes.join("\n"));
    assert!(rows.len() >= 250, "only {} rows were read", rows.len());
}

#[test]
fn each_kind_of_mistake_is_found() {
    let shown = BTreeMap::from([("MC-1".to_owned(), BTreeSet::from(["a_flow".to_owned()]))]);
    for by in ["part 1", "part 4", "part 9", "part x", "no: ", "soon", "`test: nowhere.rs::x`"] {
        assert!(wrong("MC-1", by, &shown).is_some(), "{by}");
    }
    assert!(wrong("MC-2", "flow", &shown).is_some());
    for by in
        ["flow", "part 5", "no: why", "`test: crates/core/tests/rules.rs::every_rule_is_shown`"]
    {
        assert_eq!(wrong("MC-1", by, &shown), None);
    }
    assert_eq!(
        ids("MC-9, pain 4: as own 12 and x-ray; UI-8"),
        ["MC-9", "pain 4", "own 12", "UI-8"]
    );
}
