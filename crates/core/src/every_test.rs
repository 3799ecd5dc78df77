//! The unit tests and all others that say what should happen in one program: `make mutants` builds and runs nothing else
//! for each of its mutants. Properties and explorer would notice more, and hide what has no flow.

#[path = "../tests/canonical.rs"]
mod canonical;
#[path = "../tests/flows.rs"]
mod flows;
#[path = "../tests/journal.rs"]
mod journal;
#[path = "../tests/language.rs"]
mod language;
#[path = "../tests/recorder.rs"]
mod recorder;
#[path = "../tests/story.rs"]
mod story;
#[path = "../tests/tour.rs"]
mod tour;
#[path = "../tests/view.rs"]
mod view;
#[path = "../tests/words.rs"]
mod words;
