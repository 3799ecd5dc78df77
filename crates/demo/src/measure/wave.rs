use crate::error::DemoError;
use hookswitch_rtc::wav::WavSource;
use hookswitch_rtc::{SAMPLE_RATE, level_dbfs};
use std::path::Path;

/// Samples of a millisecond.
const MS: i64 = SAMPLE_RATE as i64 / 1000;

/// Audio in memory, 48 kHz, mono. Before and after it there is silence.
#[derive(Clone, Debug, Default)]
pub struct Wave {
    samples: Vec<i16>,
}

impl Wave {
    /// Reads a WAV file.
    ///
    /// # Errors
    /// It is none.
    pub fn read(path: &Path, what: &str) -> Result<Self, DemoError> {
        let source = WavSource::open(path)
            .map_err(|error| DemoError::Wave { what: what.to_owned(), error })?;
        Ok(Self { samples: source.samples().to_vec() })
    }

    /// Of these samples.
    pub fn of(samples: Vec<i16>) -> Self {
        Self { samples }
    }

    /// How long it is.
    pub fn len_ms(&self) -> i64 {
        self.samples.len() as i64 / MS
    }

    /// The level from `at_us` on, for `len_us`, in dB of full scale.
    pub fn level(&self, at_us: i64, len_us: i64) -> f32 {
        let index = |us: i64| (us * MS / 1000).clamp(0, self.samples.len() as i64) as usize;
        level_dbfs(&self.samples[index(at_us)..index(at_us + len_us)])
    }

    /// The amplitude from `at_us` on, for `len_us`.
    pub(super) fn amplitude(&self, at_us: i64, len_us: i64) -> f64 {
        let level = f64::from(self.level(at_us, len_us));
        if level <= -100.0 { 0.0 } else { 10_f64.powf(level / 20.0) }
    }
}
