//! WAV files as source and sink.

use crate::audio::{AudioSink, AudioSource, FRAME_LEN, Frame, SAMPLE_RATE, SILENCE};
use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

/// Longest file that is read, in seconds; it is kept in memory.
pub const MAX_SECONDS: u32 = 3_600;

/// Why a WAV file cannot be used. The texts name no path: whoever asked knows it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WavError {
    /// It cannot be opened or made.
    #[error("the file cannot be opened: {0}. Check the path and its permissions.")]
    Open(#[source] std::io::Error),
    /// It is no WAV file, or cut short in its header.
    #[error("this is not a WAV file. Convert it, for example with `sox in.mp3 out.wav`.")]
    NotWav,
    /// Its audio cannot be read.
    #[error("the WAV file uses {0}. Convert it to 16-bit PCM.")]
    Unsupported(String),
    /// It has no audio.
    #[error("the WAV file has no audio in it. Use another file.")]
    Empty,
    /// Longer than [`MAX_SECONDS`].
    #[error("the WAV file is longer than {MAX_SECONDS} s. Cut it.")]
    TooLong,
    /// Writing failed.
    #[error("the WAV file cannot be written: {0}. Check the disk.")]
    Write(#[source] std::io::Error),
}

/// A WAV file as a source: PCM of 8 to 32 bits or float, any rate, any number of channels (mixed to one).
pub struct WavSource {
    samples: Vec<i16>,
    next: usize,
    repeat: bool,
}

impl WavSource {
    /// Reads the whole file and converts it to 48 kHz mono.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, WavError> {
        let file = File::open(path).map_err(WavError::Open)?;
        let reader = WavReader::new(BufReader::new(file)).map_err(|error| match error {
            hound::Error::Unsupported => {
                WavError::Unsupported("a format this version does not know".to_owned())
            }
            _ => WavError::NotWav,
        })?;
        let spec = reader.spec();
        if spec.channels == 0 || spec.sample_rate == 0 || spec.sample_rate > 768_000 {
            return Err(WavError::NotWav);
        }
        if reader.duration() / spec.sample_rate > MAX_SECONDS {
            return Err(WavError::TooLong);
        }
        let interleaved = read_samples(reader, spec)?;
        let channels = usize::from(spec.channels);
        let mono: Vec<f32> = interleaved
            .chunks_exact(channels)
            .map(|one| one.iter().sum::<f32>() / channels as f32)
            .collect();
        if mono.is_empty() {
            return Err(WavError::Empty);
        }
        let samples = resample(&mono, spec.sample_rate);
        Ok(Self { samples, next: 0, repeat: false })
    }

    /// Begins anew at the end instead of ending.
    pub fn repeated(mut self) -> Self {
        self.repeat = true;
        self
    }

    /// The audio, 48 kHz mono.
    pub fn samples(&self) -> &[i16] {
        &self.samples
    }
}

fn read_samples(reader: WavReader<BufReader<File>>, spec: WavSpec) -> Result<Vec<f32>, WavError> {
    let unsupported = || {
        WavError::Unsupported(format!(
            "{}-bit {:?} samples",
            spec.bits_per_sample, spec.sample_format
        ))
    };
    // A file that is cut short plays as far as it goes.
    match (spec.sample_format, spec.bits_per_sample) {
        (SampleFormat::Float, 32) => {
            Ok(reader.into_samples::<f32>().map_while(Result::ok).collect())
        }
        (SampleFormat::Int, bits @ 8..=32) => {
            let full = (1_u64 << (bits - 1)) as f32;
            Ok(reader
                .into_samples::<i32>()
                .map_while(Result::ok)
                .map(|s| s as f32 / full)
                .collect())
        }
        _ => Err(unsupported()),
    }
}

/// Converts the rate by linear interpolation, after a running mean where the rate goes down (against aliasing). Good
/// enough for speech; sound devices get a better one.
fn resample(mono: &[f32], rate: u32) -> Vec<i16> {
    let to_i16 = |sample: f32| (sample * 32_768.0).clamp(-32_768.0, 32_767.0) as i16;
    if rate == SAMPLE_RATE {
        return mono.iter().map(|sample| to_i16(*sample)).collect();
    }
    let ratio = f64::from(rate) / f64::from(SAMPLE_RATE);
    let smoothed: Vec<f32> = if ratio > 1.0 {
        let width = ratio.ceil() as usize;
        (0..mono.len())
            .map(|at| {
                let window =
                    &mono[at.saturating_sub(width / 2)..(at + width.div_ceil(2)).min(mono.len())];
                window.iter().sum::<f32>() / window.len() as f32
            })
            .collect()
    } else {
        mono.to_vec()
    };
    let len = (mono.len() as f64 / ratio).floor() as usize;
    let last = smoothed.len() - 1;
    (0..len)
        .map(|at| {
            let position = at as f64 * ratio;
            let (before, part) = (position.floor() as usize, position.fract() as f32);
            let (a, b) = (smoothed[before.min(last)], smoothed[(before + 1).min(last)]);
            to_i16(a + (b - a) * part)
        })
        .collect()
}

impl AudioSource for WavSource {
    fn read(&mut self, frame: &mut Frame) -> bool {
        *frame = SILENCE;
        for sample in frame.iter_mut() {
            if self.next == self.samples.len() {
                if !self.repeat {
                    return false;
                }
                self.next = 0;
            }
            *sample = self.samples[self.next];
            self.next += 1;
        }
        self.repeat || self.next < self.samples.len()
    }
}

/// Records into a WAV file: 48 kHz, mono, 16 bits. The header is brought up to date every second, so that a recording
/// is whole even if the program is killed.
pub struct WavSink {
    writer: Option<WavWriter<BufWriter<File>>>,
    path: PathBuf,
    unflushed: u32,
}

impl WavSink {
    /// Makes or replaces the file.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, WavError> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: SAMPLE_RATE,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let writer = WavWriter::create(path.as_ref(), spec).map_err(|error| match error {
            hound::Error::IoError(error) => WavError::Open(error),
            other => WavError::Write(std::io::Error::other(other)),
        })?;
        Ok(Self { writer: Some(writer), path: path.as_ref().to_owned(), unflushed: 0 })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn append(&mut self, frame: &Frame) {
        let Some(writer) = &mut self.writer else { return };
        let mut samples = writer.get_i16_writer(FRAME_LEN as u32);
        for sample in frame {
            samples.write_sample(*sample);
        }
        let mut result = samples.flush();
        self.unflushed += 1;
        if result.is_ok() && self.unflushed >= 100 {
            self.unflushed = 0;
            result = writer.flush();
        }
        if let Err(error) = result {
            tracing::warn!(%error, "the recording stops here: the file cannot be written. Check the disk.");
            self.writer = None;
        }
    }
}

impl AudioSink for WavSink {
    fn write(&mut self, frame: &Frame) {
        self.append(frame);
    }

    fn skip(&mut self) {
        self.append(&SILENCE);
    }
}
