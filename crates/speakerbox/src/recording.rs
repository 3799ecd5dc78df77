use crate::clock::now_us;
use hookswitch_rtc::wav::{WavError, WavSink};
use hookswitch_rtc::{AudioSink, Frame, level_dbfs};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Above this a frame counts as heard, in dB of full scale.
const AUDIBLE_DBFS: f32 = -60.0;
/// Most silence that is put in at once, in frames of 10 ms: an hour.
const LONGEST_GAP: u64 = 360_000;

/// Everything this phone plays, as one WAV file.
///
/// Its clock: frame `n` was played `n` times 10 ms after [`Recording::began_us`]. What is not played is silence: before
/// a call, between calls, while a call is held. Within a call the media clock counts; at the start of a call's track the
/// recording is brought up to the machine's clock. The header is renewed every second, so the file is whole, less that
/// second, if the program is killed.
#[derive(Clone)]
pub struct Recording {
    shared: Arc<Mutex<Shared>>,
    began_us: u64,
}

struct Shared {
    sink: WavSink,
    /// Frames written.
    written: u64,
    /// The track that writes.
    owner: u64,
    next_track: u64,
}

impl Recording {
    /// Makes or replaces the file; its clock starts.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path) -> Result<Self, WavError> {
        let sink = WavSink::create(path)?;
        let shared = Shared { sink, written: 0, owner: 0, next_track: 1 };
        Ok(Self { shared: Arc::new(Mutex::new(shared)), began_us: now_us() })
    }

    /// The moment of its first sample, on the monotonic clock.
    pub fn began_us(&self) -> u64 {
        self.began_us
    }

    /// The recording of one call. `heard` is told when something is heard first, and first after each pause.
    pub fn track(&self, heard: impl Fn() + Send + 'static) -> Track {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let id = shared.next_track;
        shared.next_track += 1;
        Track { recording: self.clone(), id, heard: Box::new(heard), silent: true }
    }

    fn append(&self, track: u64, frame: Option<&Frame>) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.owner != track {
            // Of two calls only the one that plays writes.
            if frame.is_none() && shared.owner != 0 {
                return;
            }
            shared.owner = track;
            let due = now_us().saturating_sub(self.began_us) / 10_000;
            for _ in 0..due.saturating_sub(shared.written).min(LONGEST_GAP) {
                shared.sink.skip();
                shared.written += 1;
            }
        }
        match frame {
            Some(frame) => shared.sink.write(frame),
            None => shared.sink.skip(),
        }
        shared.written += 1;
    }

    fn release(&self, track: u64) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.owner == track {
            shared.owner = 0;
        }
    }
}

/// One call's part of the recording.
pub struct Track {
    recording: Recording,
    id: u64,
    heard: Box<dyn Fn() + Send>,
    silent: bool,
}

impl AudioSink for Track {
    fn write(&mut self, frame: &Frame) {
        if self.silent && level_dbfs(frame) > AUDIBLE_DBFS {
            self.silent = false;
            (self.heard)();
        }
        self.recording.append(self.id, Some(frame));
    }

    fn skip(&mut self) {
        self.silent = true;
        self.recording.append(self.id, None);
    }
}

impl Drop for Track {
    fn drop(&mut self) {
        self.recording.release(self.id);
    }
}

/// Tells of what is heard where nothing is recorded.
pub(crate) struct Listener {
    heard: Box<dyn Fn() + Send>,
    silent: bool,
}

impl Listener {
    pub fn new(heard: impl Fn() + Send + 'static) -> Self {
        Self { heard: Box::new(heard), silent: true }
    }
}

impl AudioSink for Listener {
    fn write(&mut self, frame: &Frame) {
        if self.silent && level_dbfs(frame) > AUDIBLE_DBFS {
            self.silent = false;
            (self.heard)();
        }
    }

    fn skip(&mut self) {
        self.silent = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch_rtc::wav::WavSource;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn pauses_are_in_it_and_only_one_call_writes() {
        let path = std::env::temp_dir().join(format!("speakerbox-{}.wav", std::process::id()));
        let recording = Recording::create(&path).unwrap();
        let heard = Arc::new(AtomicU32::new(0));
        let count = |heard: &Arc<AtomicU32>| {
            let heard = heard.clone();
            move || {
                heard.fetch_add(1, Ordering::Relaxed);
            }
        };
        let mut first = recording.track(count(&heard));
        let mut second = recording.track(|| {});
        first.write(&[8_000; 480]);
        first.write(&[8_000; 480]);
        let before = recording.shared.lock().unwrap().written;
        first.skip();
        second.skip();
        first.write(&[8_000; 480]);
        assert_eq!(recording.shared.lock().unwrap().written, before + 2);
        assert_eq!(heard.load(Ordering::Relaxed), 2);
        drop((first, second, recording));
        let read = WavSource::open(&path).unwrap();
        assert_eq!(read.samples().len() as u64, (before + 2) * 480);
        std::fs::remove_file(path).unwrap();
    }
}
