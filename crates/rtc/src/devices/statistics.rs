//! How the devices do, in numbers.

/// Numbers of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct LineStatistics {
    /// A stream moves samples.
    pub running: bool,
    /// What the device moves at a time, in milliseconds.
    pub period_ms: f32,
    /// Audio that waits between the device and the media clock, in milliseconds.
    pub waiting_ms: f32,
    /// How much should wait on average. It grows when the line ran dry, and shrinks again.
    pub wanted_ms: f32,
    /// What the sound server and the device add, as they say, in milliseconds.
    pub device_latency_ms: f32,
    /// How much faster the device's clock goes than ours, in millionths; negative: slower.
    pub drift_ppm: i32,
    /// How often there was nothing where something was due: a gap was heard.
    pub dry: u64,
    /// Samples thrown away because one side stood still. What came before both were ready is not counted.
    pub dropped_samples: u64,
}

/// What echo cancellation says of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct VoiceStatistics {
    /// How much weaker the echo comes back than it was played, in dB.
    pub echo_return_loss_db: Option<f32>,
    /// How much of it the canceller takes away, in dB.
    pub echo_return_loss_enhancement_db: Option<f32>,
    /// How long the echo takes, in milliseconds.
    pub delay_ms: Option<i32>,
}

/// Numbers of microphone and loudspeaker.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct DeviceStatistics {
    /// The microphone's direction.
    pub microphone: LineStatistics,
    /// The loudspeaker's direction.
    pub loudspeaker: LineStatistics,
    /// Echo cancellation, if it is on.
    pub voice: VoiceStatistics,
}
