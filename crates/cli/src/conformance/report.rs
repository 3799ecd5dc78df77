use super::row::{Tried, Verdict};
use crate::words;
use serde_json::{Value, json};
use std::io::Write;

/// So many lines of a flow are printed.
const LINES: usize = 80;

/// What is printed: each row as it ends, then in sentences what failed; or a list for programs.
pub struct Report {
    json: bool,
    /// How wide the ids are.
    width: usize,
}

/// The rows there are.
pub fn list(rows: &[(&str, &str)], json: bool) {
    if json {
        let rows: Vec<_> =
            rows.iter().map(|(id, sentence)| json!({ "row": id, "sentence": sentence })).collect();
        return println!("{}", Value::from(rows));
    }
    let width = rows.iter().map(|(id, _)| id.len()).max().unwrap_or(0);
    rows.iter().for_each(|(id, sentence)| println!("{id:width$}  {sentence}"));
}

impl Report {
    pub fn new(json: bool, width: usize) -> Self {
        Self { json, width }
    }

    /// A row is over.
    pub fn row(&self, tried: &Tried) {
        if self.json {
            return;
        }
        let width = self.width;
        let (word, said, note) = match &tried.verdict {
            Verdict::Passed(note) => ("passed", tried.sentence, note.as_deref()),
            Verdict::Failed(_) => ("FAILED", tried.sentence, None),
            Verdict::NotRun(why) => ("not run", why.as_str(), None),
        };
        println!("{word:7}  {:width$}  {}", tried.id, words::clean(said));
        if let Some(note) = note {
            println!("{:7}  {:width$}  - {}", "", "", words::clean(note));
        }
        let _ = std::io::stdout().flush();
    }

    /// All rows are over.
    pub fn end(&self, tried: &[Tried]) {
        if self.json {
            return println!("{}", Value::from(tried.iter().map(value).collect::<Vec<_>>()));
        }
        for row in tried {
            let Verdict::Failed(miss) = &row.verdict else { continue };
            println!("\n{}: {}", row.id, row.sentence);
            println!("  Expected: {}", words::clean(&miss.expected));
            println!("  Instead:  {}.", words::clean(miss.did.trim_end_matches('.')));
            println!("  Do:       {}", words::clean(&miss.remedy));
            if !row.flow.is_empty() {
                println!("  What the service wrote down:");
                let shown = row.flow.iter().take(LINES);
                shown.for_each(|line| println!("    {}", words::clean(line.trim())));
                if let more @ 1.. = row.flow.len().saturating_sub(LINES) {
                    println!("    # and {more} lines more: --json has all of them");
                }
            }
        }
        let failed = tried.iter().filter(|row| row.failed()).count();
        let passed = tried.iter().filter(|row| row.passed()).count();
        let not_run = tried.len() - failed - passed;
        println!("\n{passed} passed, {failed} failed, {not_run} not run");
    }
}

fn value(tried: &Tried) -> Value {
    let mut value = json!({
        "row": tried.id,
        "sentence": tried.sentence,
        "took_ms": u64::try_from(tried.took.as_millis()).unwrap_or(u64::MAX),
        "flow": tried.flow.iter().map(|line| line.trim()).collect::<Vec<_>>(),
    });
    let more = match &tried.verdict {
        Verdict::Passed(note) => json!({ "verdict": "passed", "text": note }),
        Verdict::NotRun(why) => json!({ "verdict": "not_run", "text": why }),
        Verdict::Failed(miss) => json!({
            "verdict": "failed",
            "expected": miss.expected,
            "did": miss.did,
            "remedy": miss.remedy,
        }),
    };
    if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
        value.extend(more);
    }
    value
}
