//! What a story and a calling app say to each other, one line of JSON each.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What a story tells the app to do.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum Order {
    /// Report an incoming call.
    Ring {
        /// Its id.
        call: String,
        /// Who calls.
        who: String,
    },
    /// The far side ended this call.
    Ended {
        /// Its id.
        call: String,
    },
    /// Report this call again after a reset.
    Adopt {
        /// Its id.
        call: String,
        /// It was on hold.
        held: bool,
        /// It was muted.
        muted: bool,
    },
    /// Ask that this call be heard and spoken at this endpoint.
    Endpoint {
        /// Its id.
        call: String,
        /// Where.
        endpoint: String,
    },
    /// Run a program, as a part of the app.
    Run {
        /// What the story calls it.
        name: String,
        /// The program and its arguments.
        command: Vec<String>,
    },
    /// End a program that runs under this name.
    Stop {
        /// What the story calls it.
        name: String,
    },
    /// Do not complete actions from now on, or (true) complete all at once again.
    Willing(bool),
}

/// What the app tells the story.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Told {
    /// When, in nanoseconds of the machine's monotonic clock.
    pub at: i64,
    /// What.
    pub what: What,
}

/// What happened in the app.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum What {
    /// It is registered.
    Began,
    /// The service is back after a restart.
    Reset,
    /// What was reported is admitted.
    Admitted {
        /// The call's id.
        call: String,
    },
    /// What was asked is done.
    Done,
    /// What was reported or asked is refused.
    Refused(String),
    /// It was asked for something, and fulfilled it if it is willing: answer, end, hold, mute.
    Asked {
        /// What.
        action: String,
        /// Of which call.
        call: String,
        /// Whether it was fulfilled.
        fulfilled: bool,
    },
    /// A call's audio may be prepared.
    Prepared {
        /// The call's id.
        call: String,
        /// What it will be granted.
        grant: Grant,
    },
    /// A call has the audio.
    AudioOn {
        /// The call's id.
        call: String,
        /// What it was granted.
        grant: Grant,
    },
    /// A call lost the audio.
    AudioOff {
        /// The call's id.
        call: String,
    },
}

/// What an app is granted with the audio, as far as the stories look at it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Grant {
    /// What marks its streams.
    pub token: Option<String>,
    /// The sink to play into.
    pub sink: Option<String>,
    /// The microphone to record.
    pub source: Option<String>,
    /// Where the call is heard.
    pub endpoint: Option<String>,
}

/// Who the app is, and what it does by itself: a file that it is started with.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Plan {
    /// The app's id.
    pub app: String,
    /// The bus; none: the session's.
    pub bus: Option<String>,
    /// A call to report as soon as it is registered, and who calls.
    pub rings: Option<(String, String)>,
    /// Programs to run when a call gets the audio.
    pub at_grant: Vec<(String, Vec<String>)>,
    /// Where to write what it would tell; none: standard output.
    pub told: Option<PathBuf>,
}
