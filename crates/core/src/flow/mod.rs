//! Call flows: one text language for tests, docs, the journal and failing properties.
//!
//! A flow has a name, then lines. `party -> core : words` is an input; the `core -> party : words` lines behind it are
//! everything that follows from it, in order for each party. `after 30s` lets time pass. `#` begins a comment; rule ids
//! in a comment say which rules the flow shows.
//!
//! Parties: surfaces have names that begin with `ui`; `headset` is the call button, `device` the machine; any other name that sends is a
//! provider, registered with defaults when it first speaks. What goes to `ring`, `audio`, `recents` and `choices` is
//! compared only in flows that name that party. Granted requests are not written down, refused ones are.
//!
//! `device -> core : needs` asks what the calls need of the device, `audio -> core : end tone`
//! whether the tone of an end goes on; they change nothing.
//!
//! `given chat active anna` plays what usually brings a call there, with every app fulfilling at once, and compares nothing:
//! `ringing`, `active`, `held` or `dialing` and a call, or `merged` and two calls.
//!
//! Before the first input, `policy ring=3000` sets a knob of [`Policy`](crate::Policy) and `audio by hand` lets the
//! flow itself say when audio is up: `audio -> core : activated anna`. `core restarts` is the service dying and coming
//! back with the calls it wrote down; `core restarts with chat anna incoming connected audio ; talk bob incoming` says
//! itself which those were, `with nothing` that there were none. `after 1h asleep` lets time pass in which nobody looks,
//! as in suspend: what is due happens together, afterwards. `fulfill hold anna back=1` completes the hold before the
//! newest.
//!
//! What happens is put into this language by a [`Recorder`], played step by step by a [`Player`], and a [`Story`] is
//! what can be played of a journal that begins anywhere.

mod aliases;
mod asked;
mod given;
mod input_line;
mod names;
mod parse;
mod player;
mod print;
mod recorder;
mod restart;
mod run;
mod speak;
mod standing;
mod story;
mod text;
mod tidy;
mod title;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
pub use input_line::input_line;
pub use names::Names;
pub use parse::parse;
pub use player::{Pending, Played, Player};
pub use print::{ShownCalls, effect_lines};
pub use recorder::Recorder;
pub use story::{Extent, Story, StoryError};

/// One call flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Its name: a sentence in snake case.
    pub name: String,
    /// Comment lines, without the `#`.
    pub comments: Vec<String>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// One thing that happens, and everything that follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The line in the source, counted from 1.
    pub line: usize,
    /// A comment inside of the flow goes with the step behind it.
    pub comments: Vec<String>,
    /// What happens.
    pub does: Does,
    /// What is said then, as it is written.
    pub expected: Vec<Line>,
}

/// What happens in one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    /// A knob of the rules is set: its name and value.
    Policy(String, String),
    /// From here on the flow says when audio is up.
    AudioByHand,
    /// Milliseconds pass.
    After(u64),
    /// `given`: what usually brings a call into a state is played, and compared with nothing.
    Given(String, Vec<String>),
    /// Milliseconds pass in which nobody looks: what is due happens together, afterwards.
    Asleep(u64),
    /// The service dies and comes back: with the calls it wrote down, or with those that these words say.
    Restart(Option<Vec<String>>),
    /// A party says these words.
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
