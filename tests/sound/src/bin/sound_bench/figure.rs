//! What was measured, as `hookswitch-bench` writes it.

use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::path::Path;

/// One figure.
#[derive(Serialize)]
pub struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    bar: Option<f64>,
    /// Whether it keeps its bar.
    pub met: bool,
}

impl Figure {
    /// One without a bar.
    pub fn reported(name: &str, value: f64, unit: &'static str) -> Self {
        let name = format!("{name} (reported)");
        // What was not measured is a failure of the bench.
        Self { name, value: rounded(value, unit), unit, bar: None, met: value.is_finite() }
    }

    /// One that may be so much at most.
    pub fn at_most(name: &str, value: f64, unit: &'static str, bar: f64) -> Self {
        let name = name.to_owned();
        Self { name, value: rounded(value, unit), unit, bar: Some(bar), met: value <= bar }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value, unit, bar, met } = self;
        let digits = if *unit == "ms" { 1 } else { 3 };
        let bar = bar.map(|bar| format!("  bar {bar}")).unwrap_or_default();
        write!(f, "{name:60} {value:>8.digits$} {unit}{bar}{}", if *met { "" } else { "  MISSED" })
    }
}

fn rounded(value: f64, unit: &str) -> f64 {
    let parts = if unit == "ms" { 10.0 } else { 1_000.0 };
    (value * parts).round() / parts
}

/// The middle one; what cannot be told is none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Behind what is in the file already.
pub fn add(file: &Path, figures: &[Figure]) -> Result<(), Box<dyn std::error::Error>> {
    let mut all: Vec<Value> = match std::fs::read(file) {
        Ok(text) => serde_json::from_slice(&text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    for figure in figures {
        all.push(serde_json::to_value(figure)?);
    }
    Ok(std::fs::write(file, serde_json::to_string_pretty(&all)? + "\n")?)
}
