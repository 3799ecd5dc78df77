use super::{Does, Step};
use crate::words::CallState;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// How things stand somewhere in a journal, as far as its lines say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Whether it is known at all: not before the first mark, or the first start of the service.
    pub known: bool,
    /// Knobs that are not as by default.
    pub policy: Vec<(String, String)>,
    /// What each registered app said about itself.
    pub registered: BTreeMap<String, Vec<String>>,
    live: BTreeSet<String>,
    /// Calls that ended, and whose app was asked to end them.
    ending: BTreeSet<(String, String)>,
}

impl Standing {
    /// Whether no call lives, and no app has still to end one.
    pub fn is_idle(&self) -> bool {
        self.known && self.live.is_empty() && self.ending.is_empty()
    }

    /// What the comments above a step say; they are of a journal, not of a flow, and do not stay.
    pub fn mark(&mut self, step: &Step) {
        let mut lines = step.comments.iter().skip_while(|comment| *comment != MARK);
        if lines.next().is_none() {
            return;
        }
        let before = core::mem::take(self);
        self.known = true;
        for line in lines {
            let Some(line) = line.strip_prefix("| ") else { continue };
            let mut words = line.split_whitespace().map(ToString::to_string);
            match (words.next().as_deref(), line.split_once(" : register")) {
                (Some("policy"), _) => {
                    let knob = words.next().unwrap_or_default();
                    let (knob, value) = knob.split_once('=').unwrap_or((&knob, ""));
                    self.policy.push((knob.to_string(), value.to_string()));
                }
                (Some("live"), _) => self.live.extend(words),
                (Some(party), Some((_, words))) => {
                    let words = words.split_whitespace().map(ToString::to_string);
                    self.registered.insert(party.to_string(), words.collect());
                }
                _ => {}
            }
        }
        // A service that comes back says which calls it remembers; until then they are what they were.
        if matches!(step.does, Does::Restart(_)) {
            self.known = before.known;
            self.live = before.live;
            self.ending = before.ending;
            self.registered = before.registered;
        }
    }

    /// What a step changes.
    pub fn pass(&mut self, step: &Step) {
        match &step.does {
            Does::Restart(with) => {
                self.registered.clear();
                self.ending.clear();
                if let Some(words) = with {
                    self.known = true;
                    let calls = words.split(|word| word == ";").filter_map(|words| words.get(1));
                    self.live = calls.cloned().collect();
                }
            }
            Does::Input(party, words) => self.input(party, words, step),
            // A journal has none.
            Does::Given(..)
            | Does::Policy(..)
            | Does::AudioByHand
            | Does::After(_)
            | Does::Asleep(_) => {}
        }
        for line in &step.expected {
            let words: Vec<&str> = line.words.split(' ').collect();
            match (line.party.as_str(), &words[..]) {
                ("ui", ["ended", call, ..]) => drop(self.live.remove(*call)),
                ("ui", [state, call]) if CallState::from_name(state).is_some() => {
                    self.live.insert((*call).to_string());
                }
                ("recents", [call, _, reason, ..]) if *reason != "live" => {
                    self.live.remove(*call);
                }
                (party, ["perform", "end", call, ..]) => {
                    self.ending.insert((party.to_string(), (*call).to_string()));
                }
                (party, ["timed", "out", "end", call, ..]) => {
                    self.ending.remove(&(party.to_string(), (*call).to_string()));
                }
                _ => {}
            }
        }
    }

    fn input(&mut self, party: &str, words: &[String], step: &Step) {
        let refused = |line: &super::Line| line.party == party && line.words.starts_with("refused");
        let refused = step.expected.iter().any(refused);
        let [first, rest @ ..] = words else { return };
        match (first.as_str(), rest) {
            ("register" | "configure", rest) if !refused => {
                self.registered.insert(party.to_string(), rest.to_vec());
            }
            ("invalidate" | "lost", _) if !refused => {
                self.registered.remove(party);
                self.ending.retain(|(of, _)| of != party);
            }
            ("fulfill" | "fail", [verb, call, ..]) if verb == "end" && !refused => {
                self.ending.remove(&(party.to_string(), call.clone()));
            }
            _ => {}
        }
    }
}

/// The comment under which a journal says how things stand.
pub(super) const MARK: &str = "from here:";

/// The comments that are no part of a journal's marks.
pub(super) fn other_comments(comments: &[String]) -> Vec<String> {
    let ours = |comment: &&String| *comment == MARK || comment.starts_with("| ");
    comments.iter().filter(|comment| !ours(comment)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use alloc::format;

    /// How things stand after these lines.
    fn after(lines: &[&str]) -> Standing {
        let text = format!("a:\n    {}", lines.join("\n    "));
        let mut standing = Standing::default();
        for step in &parse(&text).expect("it is a flow").remove(0).steps {
            standing.mark(step);
            standing.pass(step);
        }
        standing
    }

    fn live(lines: &[&str]) -> Vec<String> {
        after(lines).live.into_iter().collect()
    }

    fn ending(lines: &[&str]) -> Vec<String> {
        after(lines).ending.into_iter().map(|(app, call)| format!("{app} {call}")).collect()
    }

    fn registered(lines: &[&str]) -> Vec<String> {
        let words = |(app, words): (String, Vec<String>)| format!("{app} {}", words.join(" "));
        after(lines).registered.into_iter().map(words).collect()
    }

    const NEW: &str = "core restarts with nothing";
    const IN: &str = "chat -> core : report incoming anna";

    #[test]
    fn nothing_is_known_before_a_mark_or_a_start() {
        assert!(!after(&["after 1s"]).known);
        assert!(!after(&["# something", "after 1s"]).known);
        assert!(after(&["# from here:", "after 1s"]).is_idle());
        assert!(after(&[NEW]).is_idle());
        assert!(!after(&["core restarts"]).known);
    }

    #[test]
    fn a_mark_says_all_that_counts() {
        let mark = [
            "# before it: | live zoe",
            "# from here:",
            "# | policy ring=3000",
            "# | chat -> core : register groups=1 executes",
            "# | live anna bob",
            "# live carl",
            "after 1s",
        ];
        let standing = after(&mark);
        assert!(standing.known && !standing.is_idle());
        assert_eq!(standing.policy, [("ring".to_string(), "3000".to_string())]);
        assert_eq!(registered(&mark), ["chat groups=1 executes"]);
        assert_eq!(live(&mark), ["anna", "bob"]);
        // Of a service that comes back it is no news who lives.
        let back = [
            "# from here:",
            "# | policy ring=1",
            "core restarts with chat anna incoming ; talk bob outgoing",
        ];
        assert_eq!(live(&back), ["anna", "bob"]);
        assert_eq!(after(&back).policy.len(), 1);
    }

    #[test]
    fn a_call_lives_from_the_first_word_of_it_to_the_last() {
        let rings = [NEW, IN, "core -> ui : ringing anna"];
        assert_eq!(live(&rings), ["anna"]);
        assert_eq!(live(&[&rings[..], &["core -> ui : ended anna failed"]].concat()), [""; 0]);
        let recents = |reason: &str| format!("core -> recents : anna incoming {reason}");
        assert_eq!(live(&[&rings[..], &[&*recents("live")]].concat()), ["anna"]);
        assert_eq!(live(&[&rings[..], &[&*recents("failed")]].concat()), [""; 0]);
        // Another word than a state says nothing of that.
        assert_eq!(live(&[NEW, IN, "core -> ui : muted anna"]), [""; 0]);
        assert_eq!(live(&[NEW, IN, "core -> talk : active anna"]), [""; 0]);
    }

    #[test]
    fn a_call_that_ended_counts_until_its_app_has_ended_it() {
        let asked = [NEW, "after 60s", "core -> chat : perform end anna failed"];
        let then = |lines: &[&'static str]| ending(&[&asked[..], lines].concat());
        assert_eq!(then(&[]), ["chat anna"]);
        assert!(!after(&asked).is_idle());
        assert_eq!(then(&["chat -> core : fulfill end anna"]), [""; 0]);
        assert_eq!(then(&["chat -> core : fail end anna"]), [""; 0]);
        assert_eq!(then(&["chat -> core : fulfill hold anna"]), ["chat anna"]);
        let refused = ["chat -> core : fulfill end anna", "core -> chat : refused UnknownAction"];
        assert_eq!(then(&refused), ["chat anna"]);
        assert_eq!(then(&["after 5s", "core -> chat : timed out end anna failed"]), [""; 0]);
        assert_eq!(then(&["chat -> core : lost"]), [""; 0]);
        assert_eq!(then(&["talk -> core : lost"]), ["chat anna"]);
        assert_eq!(then(&["core restarts"]), [""; 0]);
    }

    #[test]
    fn what_was_refused_did_not_happen() {
        let known = [NEW, "chat -> core : register groups=1"];
        let then = |lines: &[&'static str]| registered(&[&known[..], lines].concat());
        assert_eq!(then(&[]), ["chat groups=1"]);
        assert_eq!(then(&["chat -> core : configure groups=3"]), ["chat groups=3"]);
        let refused = "core -> chat : refused InvalidArgument";
        assert_eq!(then(&["chat -> core : configure groups=0", refused]), ["chat groups=1"]);
        assert_eq!(then(&["chat -> core : invalidate", refused]), ["chat groups=1"]);
        assert_eq!(then(&["chat -> core : invalidate"]), [""; 0]);
        // What somebody else is told is no refusal of this, and neither is anything else it is told.
        let others = "core -> ui : refused InvalidAction";
        assert_eq!(then(&["chat -> core : configure groups=3", others]), ["chat groups=3"]);
        let told = "core -> chat : audio off anna";
        assert_eq!(then(&["chat -> core : invalidate", told]), [""; 0]);
        assert_eq!(then(&["core restarts"]), [""; 0]);
    }

    #[test]
    fn marks_are_no_comments_of_the_flow() {
        let comments = ["one", MARK, "| live anna", "|two"].map(ToString::to_string);
        assert_eq!(other_comments(&comments), ["one", "|two"]);
    }
}
