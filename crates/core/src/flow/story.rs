use super::standing::{Standing, other_comments};
use super::title::title;
use super::{Does, Flow, FlowError, Step, parse};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// Beginnings that are tried at most.
const TRIES: usize = 20;

/// How much of a journal is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// From the last moment without a call that something followed.
    Newest,
    /// Everything that can be played.
    All,
}

/// What can be played of a journal that begins anywhere: the lines of a [`Recorder`](super::Recorder), the oldest of
/// which may be lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// The flow.
    pub flow: Flow,
    /// How many lines of the journal came before it and were left out.
    pub left_out: usize,
    /// Where the flow does not go as the journal says, if it does not.
    pub fault: Option<FlowError>,
}

/// Why a journal cannot be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoryError {
    /// Nothing that has to do with a call.
    NothingHappened,
    /// It has no moment at which it is known how things stood.
    NoBeginning,
}

impl fmt::Display for StoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingHappened => "No call is in these lines. Take more of the journal.",
            Self::NoBeginning => {
                "These lines have no moment without a call, from which they could be played. Take more of the journal."
            }
        })
    }
}

impl core::error::Error for StoryError {}

impl Story {
    /// The story that these lines tell. Lines that are none of this version's flows are left out with everything before
    /// them.
    ///
    /// # Errors
    /// There is none, or it has no beginning.
    pub fn of(journal: &str, extent: Extent) -> Result<Self, StoryError> {
        let steps = steps(journal);
        let last = steps.iter().rposition(tells_of_a_call).ok_or(StoryError::NothingHappened)?;
        let beginnings = beginnings(&steps[..=last]);
        let oldest = beginnings.iter().take(TRIES);
        // What lives at the beginning is told of only if nothing else is left.
        let newest = beginnings.iter().rev().filter(|beginning| beginning.idle).take(TRIES);
        let order: Vec<&Beginning> = match extent {
            Extent::All => oldest.chain(newest).collect(),
            Extent::Newest => newest.chain(oldest).collect(),
        };
        let mut first = None;
        for beginning in order {
            let mut story = Self::from(&steps, beginning);
            match story.fault {
                None => {
                    story.flow = as_printed(story.flow.tidied());
                    return Ok(story);
                }
                Some(_) => first = first.or(Some(story)),
            }
        }
        first.ok_or(StoryError::NoBeginning)
    }

    fn from(steps: &[Step], beginning: &Beginning) -> Self {
        let first = &steps[beginning.at];
        // Its comments belong to it.
        let left_out = first.line.saturating_sub(HEAD_LINES + 1 + first.comments.len());
        let mut flow = flow(steps, beginning);
        let live =
            if beginning.idle { "a moment without a call" } else { "a start of the service" };
        let older = match left_out {
            0 => String::new(),
            1 => " One older line is left out.".to_string(),
            count => format!(" {count} older lines are left out."),
        };
        flow.comments.push(format!("From a journal of the call service, from {live} on.{older}"));
        let flow = as_printed(flow);
        let fault = flow.run().err();
        Self { flow, left_out, fault }
    }
}

/// With the lines counted as they will be printed.
fn as_printed(flow: Flow) -> Flow {
    let read = parse(&flow.to_string()).ok().and_then(|mut flows| flows.pop());
    read.unwrap_or(flow)
}

/// Something to play from.
struct Beginning {
    at: usize,
    idle: bool,
}

const HEAD_LINES: usize = 1;

/// The steps behind the last line that cannot be read.
fn steps(journal: &str) -> Vec<Step> {
    let mut lines: Vec<&str> = journal.lines().collect();
    let mut skipped = 0;
    loop {
        let mut text = String::from("journal:");
        for line in &lines {
            text.push_str("\n    ");
            text.push_str(line.trim());
        }
        match parse(&text) {
            Ok(flows) => {
                let mut steps = flows.into_iter().next_back().map_or(Vec::new(), |flow| flow.steps);
                steps.iter_mut().for_each(|step| step.line += skipped);
                return steps;
            }
            Err(error) => {
                let bad = error.line.saturating_sub(HEAD_LINES).clamp(1, lines.len());
                lines.drain(..bad);
                skipped += bad;
            }
        }
    }
}

/// Every step before which it is known how things stand, and no call lives; and every start of the service.
fn beginnings(steps: &[Step]) -> Vec<Beginning> {
    let mut beginnings: Vec<Beginning> = Vec::new();
    let mut standing = Standing::default();
    for (at, step) in steps.iter().enumerate() {
        let policy = standing.policy.clone();
        standing.mark(step);
        if standing.policy != policy {
            // The rules of a flow are the same from its beginning to its end.
            beginnings.clear();
        }
        let restart = matches!(step.does, Does::Restart(Some(_)));
        if (standing.is_idle() || restart) && !matches!(step.does, Does::After(_)) {
            beginnings.push(Beginning { at, idle: standing.is_idle() });
        }
        standing.pass(step);
    }
    beginnings
}

/// How things stand before this step.
fn standing(steps: &[Step], at: usize) -> Standing {
    let mut standing = Standing::default();
    for step in &steps[..at] {
        standing.mark(step);
        standing.pass(step);
    }
    standing.mark(&steps[at]);
    standing
}

fn tells_of_a_call(step: &Step) -> bool {
    step.expected.iter().any(|line| matches!(line.party.as_str(), "ui" | "recents"))
}

fn flow(steps: &[Step], beginning: &Beginning) -> Flow {
    let told = &steps[beginning.at..];
    let standing = standing(steps, beginning.at);
    let mut flow = Flow { name: title(told), comments: Vec::new(), steps: Vec::new() };
    let mut begin = |does: Does| {
        let line = told.first().map_or(0, |step| step.line);
        flow.steps.push(Step { line, comments: Vec::new(), does, expected: Vec::new() });
    };
    for (knob, value) in &standing.policy {
        begin(Does::Policy(knob.clone(), value.clone()));
    }
    begin(Does::AudioByHand);
    let restarts = told.first().is_some_and(|step| matches!(step.does, Does::Restart(_)));
    if !restarts {
        let parties = parties(told);
        for (party, words) in standing.registered.iter().filter(|(p, _)| parties.contains(*p)) {
            let mut register = Vec::from(["register".to_string()]);
            register.extend(words.iter().cloned());
            begin(Does::Input(party.clone(), register));
        }
    }
    let nothing = |step: &Step| {
        matches!(&step.does, Does::Restart(Some(with)) if with == &["nothing"])
            && step.expected.is_empty()
    };
    let begins_anew = told.first().is_some_and(nothing);
    for step in &told[usize::from(begins_anew)..] {
        flow.steps.push(Step { comments: other_comments(&step.comments), ..step.clone() });
    }
    flow
}

/// Every app that says something or is told something.
fn parties(steps: &[Step]) -> BTreeSet<String> {
    let mut parties = BTreeSet::new();
    for step in steps {
        if let Does::Input(party, words) = &step.does {
            parties.insert(party.clone());
            let apps = words.iter().filter_map(|word| word.strip_prefix("app="));
            parties.extend(apps.map(ToString::to_string));
        }
        parties.extend(step.expected.iter().map(|line| line.party.clone()));
    }
    parties
}
