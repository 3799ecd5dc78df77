use thiserror::Error;

/// What comes of ringing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RingNews {
    /// Nothing can be heard; why. Said once until it works again.
    Unavailable(Unavailable),
    /// Something is heard now, on the outputs of these names; of none by name, on the default one.
    Sounding(Vec<String>),
    /// Nothing is heard any more.
    Quiet,
    /// The tone of this end of a call was heard, or could not be: it is over.
    EndOver(u64),
    /// The user's ringtones do not count, or a file does not; why, in words.
    Ringtone(String),
    /// The sound of a ring is looked for: what was wrong with an earlier one is said again if it is still so.
    Choosing,
}

/// Why nothing can be heard.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unavailable {
    /// There is no sound server.
    #[error(
        "Neither PipeWire nor PulseAudio runs, so calls do not ring aloud. Start PipeWire in this session."
    )]
    NoServer,
    /// It does not let us in.
    #[error("The sound server cannot be reached: {0}. Calls do not ring aloud; see its own log.")]
    Refused(String),
    /// There is nothing to hear it on.
    #[error(
        "The sound server has no output, so calls do not ring aloud. With PipeWire, see that WirePlumber runs and that `wpctl status` lists a sink; with PulseAudio, that `pactl list sinks` lists one."
    )]
    NoOutput,
    /// It went away while something was heard.
    #[error("The sound server went away. What rings goes on as soon as it is back.")]
    Lost,
    /// No thread.
    #[error("No thread could be started: {0}. Calls do not ring aloud; end some programs.")]
    NoThread(String),
}
