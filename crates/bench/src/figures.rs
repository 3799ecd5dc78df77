//! Figures, the bars they are held to, and how they are told.

use crate::Outcome;
use serde::Serialize;
use std::path::Path;

/// One measured figure.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Which bar it belongs to, and what it is.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
    /// What it may be at most, or at least where the name says so; none if it is only reported.
    pub bar: Option<f64>,
    /// Whether it is; true where there is no bar.
    pub met: bool,
}

/// All figures of a run.
#[derive(Debug, Default)]
pub struct Figures(Vec<Figure>);

impl Figures {
    /// A figure without a bar.
    pub fn report(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        let name = format!("{} (reported)", name.into());
        self.0.push(Figure { name, value: rounded(value), unit, bar: None, met: true });
    }

    /// A figure with a bar, measured once.
    pub fn hold(&mut self, name: impl Into<String>, value: f64, unit: &'static str, bar: f64) {
        self.0.push(Figure {
            name: name.into(),
            value: rounded(value),
            unit,
            bar: Some(bar),
            met: value <= bar,
        });
    }

    /// A figure with a bar, measured often: the median is told, and it is missed if most repeats miss it.
    pub fn hold_most(
        &mut self,
        name: impl Into<String>,
        repeats: &[f64],
        unit: &'static str,
        bar: f64,
    ) {
        self.most(name.into(), repeats, unit, bar, |value| value <= bar);
    }

    /// The same for what must not be less than its bar.
    pub fn hold_most_at_least(
        &mut self,
        name: impl Into<String>,
        repeats: &[f64],
        unit: &'static str,
        bar: f64,
    ) {
        self.most(name.into() + ", at least", repeats, unit, bar, |value| value >= bar);
    }

    fn most(
        &mut self,
        name: String,
        repeats: &[f64],
        unit: &'static str,
        bar: f64,
        meets: impl Fn(f64) -> bool,
    ) {
        let missed = repeats.iter().filter(|value| !meets(**value)).count();
        self.0.push(Figure {
            name,
            value: rounded(median(repeats)),
            unit,
            bar: Some(bar),
            met: !repeats.is_empty() && missed * 2 <= repeats.len(),
        });
    }

    /// The names of the bars that were missed.
    pub fn missed(&self) -> Vec<&str> {
        self.0.iter().filter(|figure| !figure.met).map(|figure| figure.name.as_str()).collect()
    }

    /// For people.
    pub fn print(&self) {
        let width = self.0.iter().map(|figure| figure.name.chars().count()).max().unwrap_or(0);
        println!("{:width$}  {:>10}  {:<10}  {:>8}", "", "value", "unit", "bar");
        for Figure { name, value, unit, bar, met } in &self.0 {
            let bar = bar.map(|bar| bar.to_string()).unwrap_or_default();
            let verdict = if *met { "" } else { "  MISSED" };
            println!("{name:width$}  {value:>10}  {unit:<10}  {bar:>8}{verdict}");
        }
    }

    /// For programs: a list of name, value, unit, bar, met.
    pub fn write(&self, file: &Path) -> Outcome {
        if let Some(directory) = file.parent() {
            std::fs::create_dir_all(directory)?;
        }
        std::fs::write(file, serde_json::to_string_pretty(&self.0)? + "\n")?;
        Ok(())
    }
}

/// Three digits are more than any of this is worth.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The middle one.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len() / 2, sorted.len() % 2) {
        (0, 0) => 0.0,
        (half, 0) => (sorted[half - 1] + sorted[half]) / 2.0,
        (half, _) => sorted[half],
    }
}

/// The sample below which this many of a hundred lie, in nanoseconds; 0 of none.
pub fn percentile(samples: &[u64], percent: usize) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len().saturating_sub(1)) * percent / 100;
    sorted.get(at).copied().unwrap_or(0) as f64
}

/// Repeat by repeat, one divided by the other.
pub fn ratios(these: &[f64], those: &[f64]) -> Vec<f64> {
    these.iter().zip(those).map(|(this, that)| this / that).collect()
}
