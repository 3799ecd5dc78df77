//! Call flows: one text language for tests, docs, the journal and failing properties.
//!
//! A flow has a name, then lines. `party -> core : words` is an input; the `core -> party : words` lines behind it are
//! everything that follows from it, in order for each party. `after 30s` lets time pass. `#` begins a comment; rule ids
//! in a comment say which rules the flow shows.
//!
//! Parties: surfaces have names that begin with `ui`; `headset` is the call button; any other name that sends is a
//! provider, registered with defaults when it first speaks. What goes to `ring`, `audio`, `recents` and `choices` is
//! compared only in flows that name that party. Granted requests are not written down, refused ones are.
//!
//! Before the first input, `policy ring=3000` sets a knob of [`Policy`](crate::Policy) and `audio by hand` lets the
//! flow itself say when audio is up. `core restarts` is the service dying and coming back.

mod names;
mod parse;
mod print;
mod run;
mod speak;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
pub use names::Names;
pub use parse::parse;
pub use print::{ShownCalls, effect_lines, input_line};

/// One call flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Its name: a sentence in snake case.
    pub name: String,
    /// Comment lines, without the `#`.
    pub comments: Vec<String>,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    /// The line in the source, counted from 1.
    line: usize,
    /// A comment inside of the flow goes with the step behind it.
    comments: Vec<String>,
    does: Does,
    expected: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Does {
    Policy(String, String),
    AudioByHand,
    After(u64),
    Restart,
    Input(String, Vec<String>),
}

/// What one party is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// Who.
    pub party: String,
    /// What.
    pub words: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "core -> {:<4} : {}", self.party, self.words)
    }
}

/// Why a flow cannot be read, or did not go as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowError {
    /// The flow, if the error is inside of one.
    pub flow: Option<String>,
    /// The line in the source, counted from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl fmt::Display for FlowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flow = self.flow.as_deref().unwrap_or("before the first flow");
        write!(f, "{flow}, line {}: {}", self.line, self.what)
    }
}

impl core::error::Error for FlowError {}
