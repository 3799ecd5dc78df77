use crate::GUARD;
use crate::clock::Moment;
use crate::tone::{RATE, level, loudness};
use crate::track::{Block, Track};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::RangeBounds;
use std::path::PathBuf;
use std::time::Duration;

/// Samples in a window of a level check: 100 ms.
const WINDOW: usize = RATE as usize / 10;

/// The header of a WAV file and more: no sample before it is looked at.
const HEADER: u64 = 256;

/// How often a file is looked at again: nobody tells when a program has written to it.
const LOOK: Duration = Duration::from_millis(5);

/// Hears one thing: what a sink plays, what a microphone gives, or what an app has recorded.
pub struct Ear {
    what: String,
    source: Source,
}

enum Source {
    Track(Track),
    File(PathBuf),
}

impl Ear {
    pub(crate) fn track(what: String, track: Track) -> Self {
        Self { what, source: Source::Track(track) }
    }

    /// What a program writes into this file: 16 bits, mono, [`RATE`], as WAV or without a header.
    pub fn file(what: &str, path: PathBuf) -> Self {
        Self { what: what.to_owned(), source: Source::File(path) }
    }

    /// How many samples it has heard.
    fn heard(&self) -> usize {
        match &self.source {
            Source::Track(track) => track.length(),
            Source::File(path) => {
                let bytes = path.metadata().map_or(0, |file| file.len());
                usize::try_from(bytes.saturating_sub(HEADER) / 2).unwrap_or(0)
            }
        }
    }

    /// These samples, once it has heard them.
    async fn samples(&self, from: usize, to: usize) -> Vec<f32> {
        match &self.source {
            Source::Track(track) => {
                track.reaches(to).await;
                track.samples(from, to)
            }
            Source::File(path) => {
                while self.heard() < to {
                    tokio::time::sleep(LOOK).await;
                }
                read(path, from, to).unwrap_or_default()
            }
        }
    }

    /// How loud this tone is in the next 100 ms.
    pub async fn level(&self, frequency: u32) -> f64 {
        let from = self.heard();
        let samples = crate::soon(&self.what, self.samples(from, from + WINDOW)).await;
        level(&samples, frequency)
    }

    /// How loud everything together is in the next 100 ms: a tone of 0 dB has 0 dB.
    pub async fn loudness(&self) -> f64 {
        let from = self.heard();
        let samples = crate::soon(&self.what, self.samples(from, from + WINDOW)).await;
        loudness(&samples)
    }

    /// Wait until everything together is this loud, once. The rest is as in [`becomes`](Self::becomes).
    pub async fn sounds(&self, levels: impl RangeBounds<f64>) -> f64 {
        let what = format!("{} as loud as {} dB", self.what, range(&levels));
        crate::soon(&what, async {
            loop {
                let now = self.loudness().await;
                if levels.contains(&now) {
                    return now;
                }
            }
        })
        .await
    }

    /// Wait until the tone keeps within these levels, and say how loud it is.
    ///
    /// One window of 100 ms may be wrong: on a busy machine the graph drops samples. It has to be two in a row.
    ///
    /// # Panics
    /// It does not come to that within [`GUARD`].
    pub async fn becomes(&self, frequency: u32, levels: impl RangeBounds<f64>) -> f64 {
        let mut heard = Vec::new();
        let listen = async {
            let mut from = self.heard();
            let mut good = 0;
            loop {
                let now = level(&self.samples(from, from + WINDOW).await, frequency);
                from += WINDOW;
                heard.push(now.round());
                good = if levels.contains(&now) { good + 1 } else { 0 };
                if good == 2 {
                    return now;
                }
            }
        };
        match tokio::time::timeout(GUARD, listen).await {
            Ok(level) => level,
            Err(_) => panic!(
                "{}: {frequency} Hz did not come to {} dB, but was {:?}",
                self.what,
                range(&levels),
                &heard[heard.len().saturating_sub(20)..]
            ),
        }
    }

    /// Hear that the tone keeps within these levels for so long, and say how loud it was at most.
    ///
    /// Here as well one window may be wrong, not two in a row: a sample that the graph drops is a click, and has all tones
    /// in it.
    ///
    /// # Panics
    /// It does not.
    pub async fn stays(
        &self,
        frequency: u32,
        levels: impl RangeBounds<f64>,
        milliseconds: usize,
    ) -> f64 {
        let mut from = self.heard();
        let end = from + milliseconds * RATE as usize / 1000;
        let mut most = f64::NEG_INFINITY;
        let mut heard = Vec::new();
        let mut bad = 0;
        while from < end || bad > 0 {
            let samples = crate::soon(&self.what, self.samples(from, from + WINDOW)).await;
            let now = level(&samples, frequency);
            heard.push(now.round());
            if levels.contains(&now) {
                bad = 0;
                most = most.max(now);
            } else {
                bad += 1;
            }
            assert!(
                bad < 2,
                "{}: {frequency} Hz did not stay at {} dB, but was {heard:?}",
                self.what,
                range(&levels)
            );
            from += WINDOW;
        }
        most
    }

    /// What was heard from this moment on for so many milliseconds, as 16 bits, once it was. Of a meter only.
    ///
    /// # Panics
    /// This hears a file, which does not say when what was recorded; or it does not come.
    pub async fn since(&self, from: Moment, milliseconds: usize) -> Vec<i16> {
        let Source::Track(track) = &self.source else {
            panic!("{}: a file has no times", self.what)
        };
        let length = milliseconds * RATE as usize / 1000;
        let samples = crate::soon(&self.what, track.since(from, length)).await;
        samples.into_iter().map(|sample| (sample * 32_767.0).round() as i16).collect()
    }

    /// How loud the tone was in each 5 ms of this time. Of a meter only.
    ///
    /// # Panics
    /// This hears a file, which does not say when what was recorded.
    pub fn blocks(&self, from: Moment, to: Moment, frequency: u32) -> Vec<Block> {
        match &self.source {
            Source::Track(track) => track.blocks(from, to, frequency),
            Source::File(_) => panic!("{}: a file has no times", self.what),
        }
    }
}

fn range(levels: &impl RangeBounds<f64>) -> String {
    format!("{:?} to {:?}", levels.start_bound(), levels.end_bound())
}

fn read(path: &PathBuf, from: usize, to: usize) -> std::io::Result<Vec<f32>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(HEADER + from as u64 * 2))?;
    let mut bytes = vec![0; (to - from) * 2];
    file.read_exact(&mut bytes)?;
    let values = bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
    Ok(values.map(|value| f32::from(value) / 32_768.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::{MADE, write_wav};

    #[tokio::test]
    async fn a_growing_file_is_heard_from_now_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("said.wav");
        let ear = Ear::file("a file", path.clone());
        let writes = async {
            tokio::task::yield_now().await;
            write_wav(&path, 1000, 1).unwrap();
        };
        let (level, ()) = tokio::join!(ear.becomes(1000, -7.0..-5.0), writes);
        assert!((level - MADE).abs() < 0.1, "{level}");
    }
}
