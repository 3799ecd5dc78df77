use std::collections::BTreeMap;

/// What the service wrote down, as one app or the surfaces see it.
///
/// The lines are those of `hookswitch journal`: `chat -> core : fulfill answer call1`. A party is called by the last
/// word of its app id, in lower case; surfaces are `ui`, or `ui` and a number.
#[derive(Clone, Debug)]
pub struct Story {
    lines: Vec<String>,
    party: String,
}

/// One line between two parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step<'a> {
    from: &'a str,
    to: &'a str,
    words: &'a str,
}

/// What became of something the app was asked to perform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    Fulfilled,
    Failed,
    TimedOut,
    /// Nothing, so far.
    None,
}

/// How the journal calls an app.
pub fn party(app: &str) -> String {
    app.rsplit('.').next().unwrap_or_default().to_lowercase()
}

impl Story {
    pub fn new(lines: Vec<String>, party: impl Into<String>) -> Self {
        Self { lines, party: party.into() }
    }

    fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        self.lines.iter().filter_map(|line| step(line))
    }

    /// What the app said, in order.
    pub fn said(&self) -> impl Iterator<Item = &str> {
        self.steps().filter(|step| step.from == self.party).map(|step| step.words)
    }

    /// What the app was told, in order.
    pub fn told(&self) -> impl Iterator<Item = &str> {
        self.steps().filter(|step| step.to == self.party).map(|step| step.words)
    }

    /// Whether the app said something that begins so.
    pub fn has_said(&self, words: &str) -> bool {
        self.said().any(|said| begins(said, words))
    }

    /// Whether the app was told something that begins so.
    pub fn was_told(&self, words: &str) -> bool {
        self.told().any(|told| begins(told, words))
    }

    /// How often the app was asked to perform this.
    pub fn asked(&self, verb: &str) -> usize {
        self.told().filter(|told| begins(told, &format!("perform {verb}"))).count()
    }

    /// For each verb how often it was asked of the app, and how often completed.
    pub fn balance(&self) -> Vec<(String, usize, usize)> {
        let told = self.told().filter_map(|told| told.strip_prefix("perform "));
        let said = self.said().filter_map(|said| {
            said.strip_prefix("fulfill ").or_else(|| said.strip_prefix("fail "))
        });
        let verb = |words: &'_ str| words.split(' ').next().unwrap_or_default().to_owned();
        let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        told.for_each(|told| counts.entry(verb(told)).or_default().0 += 1);
        said.for_each(|said| counts.entry(verb(said)).or_default().1 += 1);
        counts.into_iter().map(|(verb, (asked, completed))| (verb, asked, completed)).collect()
    }

    /// What became of it the last time this was asked.
    pub fn completion(&self, verb: &str) -> Completion {
        let mut last = Completion::None;
        for step in self.steps() {
            if step.to == self.party && begins(step.words, &format!("perform {verb}")) {
                last = Completion::None;
            } else if step.to == self.party && begins(step.words, &format!("timed out {verb}")) {
                last = Completion::TimedOut;
            } else if step.from == self.party && last == Completion::None {
                last = match () {
                    () if begins(step.words, &format!("fulfill {verb}")) => Completion::Fulfilled,
                    () if begins(step.words, &format!("fail {verb}")) => Completion::Failed,
                    () => last,
                };
            }
        }
        last
    }

    /// Whether the app completed this once more after it completed that.
    pub fn completed_after(&self, verb: &str, that: &str) -> bool {
        let mut said = self.said().skip_while(|said| !completes(said, that));
        said.any(|said| completes(said, verb))
    }

    /// What the app asked for by itself.
    pub fn wishes(&self) -> Vec<&str> {
        self.said().filter_map(|said| said.strip_prefix("request ")).collect()
    }

    /// What the app was refused: what it said, and the error.
    pub fn refusals(&self) -> Vec<(&str, &str)> {
        let mut refusals = Vec::new();
        let mut said = "";
        for step in self.steps() {
            if step.from == self.party {
                said = step.words;
            } else if step.to == self.party
                && let Some(error) = step.words.strip_prefix("refused ")
            {
                refusals.push((said, error));
            }
        }
        refusals
    }

    /// Whether the service closed a call from before its restart that nobody adopted.
    pub fn was_closed(&self) -> bool {
        let failed = |step: &Step| step.words.split(' ').nth(2) == Some("failed");
        self.steps().any(|step| step.to == "recents" && failed(&step))
    }

    /// The first report of the app that was refused: what it said, and the error.
    pub fn refused_report(&self) -> Option<(&str, &str)> {
        self.refusals().into_iter().find(|(said, _)| said.starts_with("report "))
    }

    /// What surfaces asked for.
    pub fn taps(&self) -> Vec<&str> {
        let taps = self.steps().filter(|step| is_surface(step.from));
        taps.filter_map(|step| step.words.strip_prefix("request ")).collect()
    }

    /// What surfaces were refused.
    pub fn taps_refused(&self) -> usize {
        let refused = |step: &Step| is_surface(step.to) && step.words.starts_with("refused ");
        self.steps().filter(refused).count()
    }

    /// How many calls were presented.
    pub fn presented(&self) -> usize {
        let shown = |step: &Step| is_surface(step.from) && step.words.starts_with("presented ");
        self.steps().filter(shown).count()
    }
}

fn is_surface(party: &str) -> bool {
    party.strip_prefix("ui").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()))
}

fn step(line: &str) -> Option<Step<'_>> {
    let (parties, words) = line.trim().split_once(" : ")?;
    let (from, to) = parties.split_once("->")?;
    Some(Step { from: from.trim(), to: to.trim(), words: words.trim() })
}

/// Whether these words begin with those, as whole words.
fn begins(words: &str, with: &str) -> bool {
    words.strip_prefix(with).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn completes(said: &str, verb: &str) -> bool {
    begins(said, &format!("fulfill {verb}")) || begins(said, &format!("fail {verb}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(text: &str) -> Story {
        Story::new(text.lines().map(str::to_owned).collect(), "chat")
    }

    #[test]
    fn an_action_is_followed_to_its_end() {
        let story = story(
            "    core -> chat : perform answer call1
    after 20ms
    chat -> core : fulfill answer call1
    core -> ui   : active call1
    core -> chat : perform end call1 hang_up
    core -> chat : timed out end call1 hang_up
    # action 7 failed
    chat -> core : fulfill end call1
    core -> chat : refused ActionAlreadyCompleted
    core -> chat : perform hold call2
    chat -> core : fail hold call2
    core -> chat : perform resume call2",
        );
        assert_eq!(story.completion("answer"), Completion::Fulfilled);
        assert_eq!(story.completion("end"), Completion::TimedOut);
        assert_eq!(story.completion("hold"), Completion::Failed);
        assert_eq!(story.completion("resume"), Completion::None);
        assert_eq!(story.completion("mute"), Completion::None);
        assert_eq!(story.asked("answer"), 1);
        assert_eq!(
            story.balance(),
            [("answer", 1, 1), ("end", 1, 1), ("hold", 1, 1), ("resume", 1, 0)]
                .map(|(verb, asked, completed)| (verb.to_owned(), asked, completed))
        );
        assert_eq!(story.refusals(), [("fulfill end call1", "ActionAlreadyCompleted")]);
        assert!(!story.was_closed());
        assert!(self::story("core -> recents : call1 incoming failed connected").was_closed());
        assert!(story.completed_after("hold", "end"));
        assert!(!story.completed_after("answer", "end"));
    }

    #[test]
    fn others_are_not_mistaken_for_the_app() {
        let story = story(
            "talk -> core : request end call1
ui3  -> core : request answer call2 revision=4
core -> ui3  : refused ChoicesChanged
chat -> core : request mute call2
ui   -> core : presented call2
uiuc -> core : request end call2",
        );
        assert_eq!(story.wishes(), ["mute call2"]);
        assert_eq!(story.taps(), ["answer call2 revision=4"]);
        assert_eq!((story.taps_refused(), story.presented()), (1, 1));
        assert!(story.refusals().is_empty());
    }
}
