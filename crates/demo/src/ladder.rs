use crate::log::now_us;
use std::io::Write;

/// Width of one phone's column.
const LANE: usize = 38;

/// What happens, as it happens: one line each, one column for each phone.
#[derive(Clone, Debug)]
pub struct Ladder {
    began_us: u64,
    shown: bool,
}

impl Ladder {
    /// Its clock starts now. Prints the heads of the columns.
    pub fn begin(lanes: &[&str]) -> Self {
        let ladder = Self { began_us: now_us(), shown: true };
        let heads: Vec<String> = lanes.iter().map(|lane| format!("{lane:<LANE$}")).collect();
        println!("{:>9}  {}", "time", heads.join("").trim_end());
        let rule = format!("{:<LANE$}", "-".repeat(LANE - 3)).repeat(lanes.len());
        println!("{:>9}  {}", "-".repeat(9), rule.trim_end());
        ladder
    }

    /// One that shows nothing, for tests.
    pub fn hidden() -> Self {
        Self { began_us: now_us(), shown: false }
    }

    /// It happened now, on this phone.
    pub fn say(&self, lane: usize, text: &str) {
        if !self.shown {
            return;
        }
        let at = now_us().saturating_sub(self.began_us) as f64 / 1_000_000.0;
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{at:>7.3} s  {:indent$}{text}", "", indent = lane * LANE);
        let _ = out.flush();
    }
}
