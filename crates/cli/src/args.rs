use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// See and take the calls of all apps, through the Hookswitch call service.
#[derive(Debug, Parser)]
#[command(name = "hookswitch", version, max_term_width = 100)]
pub struct Args {
    /// Print JSON: one object, or one on each line of what goes on
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// How the service is, and which apps and screens it knows
    Status,
    /// The apps that run and can dial, as a contact's card shows them
    Apps {
        /// Only those that can dial this
        handle: Option<String>,
    },
    /// The calls there are now
    Calls,
    /// Everything that changes, until Ctrl-C
    Watch,
    #[command(flatten)]
    Act(Act),
    /// What something would do to other calls, without doing it, as `would answer 2`
    Would {
        #[command(subcommand)]
        act: Act,
    },
    /// Whether everything is here that a call needs, and what to do about what is not; rings for a few seconds
    Doctor {
        /// Do not ring
        #[arg(long)]
        no_sound: bool,
    },
    /// Where calls can be heard: headsets, loudspeakers, and what is used now
    Audio,
    /// Let calls be heard there
    Route {
        /// An endpoint as `hookswitch audio` prints it, or earpiece, speaker, wired or bluetooth
        endpoint: String,
    },
    /// The calls there were, newest first
    Recents {
        /// Only missed calls
        #[arg(long)]
        missed: bool,
        /// At most this many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// The sounds that calls ring with
    Ringtone {
        #[command(subcommand)]
        what: Ringtone,
    },
    /// The service's newest decisions, as a call flow; handles, names and digits are not in it
    Journal(Journal),
    /// Play a call flow or a journal through the rules, and show each state
    Replay(Replay),
    /// Try it out: an app that is built in
    Simulate {
        #[command(subcommand)]
        what: Simulate,
    },
    /// Let calls of this service be shown where another phone program is installed that would be shown there
    Takeover {
        #[command(subcommand)]
        of: Other,
    },
    /// Run a command on a bus of its own, with a call service on it
    Private(Private),
    /// Try an app, or a call screen, against the rules, and say row by row what it handles
    Conformance(Conformance),
    /// Become a program that ends when its parent does
    #[command(hide = true)]
    Tether {
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
}

/// Another phone program.
#[derive(Debug, Subcommand)]
pub enum Other {
    /// GNOME Calls: Phosh's lock screen shows only what has its name. Two files of the user's own are written, and GNOME
    /// Calls is not started any more, so that telephone calls of a modem do not ring
    GnomeCalls {
        /// Put everything back as it was
        #[arg(long)]
        undo: bool,
    },
}

/// What is done with a call. CALL is its number, as `hookswitch calls` prints it; it can be left out where only one call
/// can be meant.
#[derive(Debug, Subcommand)]
pub enum Act {
    /// Answer the call that rings; if need be the active one is held
    Answer { call: Option<u64> },
    /// Refuse the call that rings
    Decline { call: Option<u64> },
    /// Hang up, or give up dialing
    End { call: Option<u64> },
    /// Hang up on everybody in the call's group
    EndGroup { call: Option<u64> },
    /// Put the active call on hold
    Hold { call: Option<u64> },
    /// Take a call from hold; the active one is held
    Resume { call: Option<u64> },
    /// Exchange the active and the held call
    Swap,
    /// Make two calls of one app one conversation
    Merge {
        call: u64,
        /// The call it is merged with
        with: u64,
    },
    /// Talk with one of a group alone; the others are held
    Split { call: Option<u64> },
    /// Turn the video of a call on
    Video {
        call: Option<u64>,
        /// Turn it off
        #[arg(long)]
        off: bool,
    },
    /// Mute the microphone for a call
    Mute {
        call: Option<u64>,
        /// Unmute it
        #[arg(long)]
        off: bool,
    },
    /// Send tones in the active call: 1 to 64 of 0-9 * # A-D
    Dtmf {
        digits: String,
        /// In this call
        #[arg(long)]
        call: Option<u64>,
    },
    /// Call somebody with an app that runs
    #[command(allow_missing_positional = true)]
    Dial {
        /// The app's id, as `hookswitch apps` prints it; it can be left out where only one app can dial this
        app: Option<String>,
        /// Whom to call; +, digits and spaces are a telephone number, with an @ it is mail-shaped. Digits behind a comma
        /// are sent once both can talk, digits behind a semicolon with `choose CALL send-digits`
        handle: String,
        /// With video
        #[arg(long)]
        video: bool,
        /// An emergency call: everything else makes room at once. Only some apps may
        #[arg(long)]
        emergency: bool,
    },
    /// Do one of the choices `hookswitch calls` prints for a call
    Choose { call: u64, choice: String },
    /// Stop the ringing without refusing the call
    Silence { call: Option<u64> },
}

/// A ringtone is Ogg Vorbis, FLAC, WAV or MP3, 0.2 to 60 seconds, at most 5 MiB. What is set for a caller counts before
/// what is set for an app, that before the app's own sound, and that before what is set for every call.
#[derive(Debug, Subcommand)]
pub enum Ringtone {
    /// Print what is set
    Show,
    /// Ring with this file from now on; it is copied
    Set {
        file: PathBuf,
        #[command(flatten)]
        whose: Whose,
        /// The service that decodes it; default: hookswitchd beside this program
        #[arg(long, value_name = "PATH")]
        daemon: Option<PathBuf>,
    },
    /// Ring as if nothing had been set
    Unset {
        #[command(flatten)]
        whose: Whose,
    },
    /// Whether the end of a call is heard that you did not end; on, if nothing is set
    EndTones { switch: Switch },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

/// Without either: every call.
#[derive(Debug, ClapArgs)]
pub struct Whose {
    /// Only for calls of this app
    #[arg(long, value_name = "ID", conflicts_with = "caller")]
    pub app: Option<String>,
    /// Only for calls from this handle
    #[arg(long, value_name = "HANDLE")]
    pub caller: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Simulate {
    /// Somebody calls; do with it what you like, from another terminal
    Incoming(Incoming),
}

#[derive(Debug, ClapArgs)]
pub struct Incoming {
    /// Call after this time, as 500ms, 3s or 2m
    #[arg(long, value_parser = duration, default_value = "0s")]
    pub after: Duration,
    /// Who calls
    #[arg(long, default_value = "Ada Lovelace")]
    pub name: String,
    /// From where
    #[arg(long, default_value = "ada@example.org")]
    pub handle: String,
    /// With video
    #[arg(long)]
    pub video: bool,
    /// The call cannot be held
    #[arg(long)]
    pub no_holding: bool,
    /// No tones can be sent
    #[arg(long)]
    pub no_dtmf: bool,
    /// Answering takes this long
    #[arg(long, value_parser = duration)]
    pub answer_takes: Option<Duration>,
    /// Answering does not work
    #[arg(long)]
    pub answer_fails: bool,
    /// The caller gives up, or hangs up, after this time
    #[arg(long, value_parser = duration)]
    pub caller_hangs_up_after: Option<Duration>,
    /// The app that is called
    #[arg(long, default_value = "org.hookswitch.Simulator")]
    pub app: String,
}

#[derive(Debug, ClapArgs)]
pub struct Private {
    /// Keep journal and recents here; default: nowhere, they are gone afterwards
    #[arg(long)]
    pub state: Option<PathBuf>,
    /// Set knobs of the rules: knob=value,knob=value
    #[arg(long)]
    pub policy: Option<String>,
    /// Let this program be a surface, too: see all calls and act on them
    #[arg(long, value_name = "PATH")]
    pub surface: Vec<PathBuf>,
    /// The service to run; default: hookswitchd beside this program
    #[arg(long, value_name = "PATH")]
    pub daemon: Option<PathBuf>,
    /// What to run
    #[arg(last = true, required = true)]
    pub command: Vec<OsString>,
}

#[derive(Debug, ClapArgs)]
pub struct Journal {
    /// At most this many lines; default 50. With --test or --svg: as much of them as can be played; default: from the
    /// last moment without a call that something followed
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: Option<u32>,
    /// Also say who the calls are with
    #[arg(long)]
    pub reveal: bool,
    /// Print a test that passes when it is pasted into a file of flows
    #[arg(long, conflicts_with = "svg")]
    pub test: bool,
    /// Draw it, into this file or to the standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub svg: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub struct Replay {
    /// A file of flows, or what `hookswitch journal` printed; - for the standard input
    pub file: PathBuf,
    /// Draw it instead, into this file or to the standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub svg: Option<PathBuf>,
}

/// For apps: the kit calls and is called, on a bus of its own with a call service on it, and looks at what the app makes
/// of it. For surfaces: it has calls for them to show.
#[derive(Clone, Debug, ClapArgs)]
#[command(after_help = CONVENTIONS)]
pub struct Conformance {
    /// The id of the app to try
    #[arg(long, value_name = "ID", required_unless_present_any = ["surface", "rows"])]
    pub app: Option<String>,
    /// Try a surface instead of an app
    #[arg(long, conflicts_with = "app")]
    pub surface: bool,
    /// How to start it
    #[arg(long, value_name = "COMMAND", required_unless_present_any = ["here", "rows"])]
    pub start: Option<String>,
    /// What has one call come in; default: SIGUSR1 to the app
    #[arg(long, value_name = "COMMAND")]
    pub incoming: Option<String>,
    /// What has the far side end the app's newest call; default: SIGUSR2 to the app
    #[arg(long, value_name = "COMMAND")]
    pub remote_end: Option<String>,
    /// Whom to dial; default: conformance@example.org, or +1 555 0100
    #[arg(long, value_name = "HANDLE")]
    pub dial: Option<String>,
    /// Only this row; may be given several times
    #[arg(long, value_name = "ROW")]
    pub only: Vec<String>,
    /// List the rows and try nothing
    #[arg(long)]
    pub rows: bool,
    /// How long to wait for what the service sets no deadline for
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10s")]
    pub wait: Duration,
    /// Set knobs of the rules; the kit's deadlines are answer, start and adopt 5 s, all others 2 s
    #[arg(long, conflicts_with = "here")]
    pub policy: Option<String>,
    /// Use the session's bus and the service on it; rows that kill the service are left out
    #[arg(long)]
    pub here: bool,
    /// The program of a surface, if it is not the first word of --start
    #[arg(long, value_name = "PATH")]
    pub program: Option<PathBuf>,
    /// The service to run; default: hookswitchd beside this program
    #[arg(long, value_name = "PATH", conflicts_with = "here")]
    pub daemon: Option<PathBuf>,
}

const CONVENTIONS: &str = "\
An app that is tried owns its id on the bus, and takes signals: SIGUSR1, one call comes in; SIGUSR2, the far side ends the
newest call; SIGTERM, leave. What is dialed with it connects by itself. --incoming and --remote-end are for other ways.
A surface reads lines: answer, decline, end, choose KIND.

Exit code 0: no row failed. docs/conformance.md says what each row means.";

/// A time: a number with ms, s or m; without a unit, seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let value: f64 = number.parse().map_err(|_| "use a number and ms, s or m, as 3s".to_owned())?;
    let seconds = match &text[number.len()..] {
        "ms" => value / 1000.0,
        "s" | "" => value,
        "m" | "min" => value * 60.0,
        unit => return Err(format!("`{unit}` is no unit; use ms, s or m, as 3s")),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| "not a time".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_make_sense() {
        Args::command().debug_assert();
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("3s"), Ok(Duration::from_secs(3)));
        assert_eq!(duration("3"), Ok(Duration::from_secs(3)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert!(duration("-1s").is_err());
        assert!(duration("3 parsecs").is_err());
        assert!(duration("soon").is_err());
    }
}
