/// What the call service granted to a call that has the audio: how its streams are marked, and where they go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AudioGrant {
    /// The mark by which the service knows the call's streams.
    pub token: Option<String>,
    /// The loudspeaker, as PipeWire calls it; `None`: the default one.
    pub sink: Option<String>,
    /// The microphone, as PipeWire calls it; `None`: the default one.
    pub source: Option<String>,
}
