use std::path::PathBuf;

/// Why the demo stops, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// A program is not built.
    #[error("{} is not there. Build everything first: cargo build --workspace --bins", .0.display())]
    NotBuilt(PathBuf),
    /// A program of the system cannot be started.
    #[error("{0} cannot be started: {1}. Run scripts/setup.sh demo, then try again.")]
    NotStarted(String, #[source] std::io::Error),
    /// A program ended that should not have.
    #[error("{program} ended early. The last it said: {said} See {} for the rest.", log.display())]
    Died {
        /// Which.
        program: String,
        /// The end of its log.
        said: String,
        /// Its log.
        log: PathBuf,
    },
    /// There is no session bus.
    #[error(
        "there is no session bus to call on ({0}). Run this inside a desktop session, or `make demo` without DESKTOP=1."
    )]
    NoBus(String),
    /// There is no microphone and no loudspeaker.
    #[error(transparent)]
    NoSound(hookswitch_rtc::devices::DevicesError),
    /// The call did not come about, with the reason of the screen.
    #[error("the call did not come about: {0} Look into the logs with --keep.")]
    NoCall(String),
    /// Something that should happen did not.
    #[error("waited {seconds} s in vain: {what}. Look into the logs in {}.", logs.display())]
    Waited {
        /// For what.
        what: String,
        /// How long.
        seconds: u64,
        /// Where the logs are.
        logs: PathBuf,
    },
    /// A file of the demo.
    #[error("{what}: {error}. Check the disk and its permissions.")]
    File {
        /// Which and what for.
        what: String,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// A recording cannot be read.
    #[error("{what} cannot be read: {error}")]
    Wave {
        /// Which.
        what: String,
        /// Why.
        #[source]
        error: hookswitch_rtc::wav::WavError,
    },
    /// espeak-ng failed.
    #[error("espeak-ng made no speech: {0}. Install espeak-ng with its voices, then try again.")]
    Speech(String),
    /// The command line failed.
    #[error("`hookswitch {command}` failed: {said}")]
    Command {
        /// What was asked.
        command: String,
        /// What it said.
        said: String,
    },
    /// The call service refused.
    #[error("the call service refused: {0}")]
    Request(#[from] hookswitch::Error<hookswitch::RequestError>),
    /// The key of the exchange.
    #[error(transparent)]
    Key(#[from] hookswitch_platform::token::KeyError),
}

impl DemoError {
    pub(crate) fn file(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |error| Self::File { what, error }
    }
}
