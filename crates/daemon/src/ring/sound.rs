//! What is played: a sound in memory, and which files may become one.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;
use thiserror::Error;

/// Frames in a second of every sound here.
pub const RATE: u32 = 48_000;
/// A file larger than this is no ringtone: 5 MiB.
pub const MAX_BYTES: u64 = 5 << 20;
/// What is shorter than this is not noticed: 200 ms.
pub const SHORTEST: Duration = Duration::from_millis(200);
/// A ring is over after a minute, so nobody hears the rest.
pub const LONGEST: Duration = Duration::from_secs(60);

/// A sound in memory: stereo, 48 kHz, 16 bits; a minute of it is 11.5 MB.
#[derive(Clone, PartialEq, Eq)]
pub struct Sound {
    frames: Vec<[i16; 2]>,
}

impl std::fmt::Debug for Sound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sound({:?})", self.length())
    }
}

impl Sound {
    /// A sound of these frames.
    pub fn new(frames: Vec<[i16; 2]>) -> Self {
        Self { frames }
    }

    /// Left and right, 48,000 in a second.
    pub fn frames(&self) -> &[[i16; 2]] {
        &self.frames
    }

    /// How long it is.
    pub fn length(&self) -> Duration {
        Duration::from_micros(self.frames.len() as u64 * 1_000_000 / u64::from(RATE))
    }

    /// As it goes through a pipe: little-endian samples, left before right.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.frames.iter().flatten().flat_map(|sample| sample.to_le_bytes()).collect()
    }

    /// What [`to_bytes`](Self::to_bytes) made; the rest of a frame that is not whole is left out.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let frame = |four: &[u8; 4]| {
            let [a, b, c, d] = *four;
            [i16::from_le_bytes([a, b]), i16::from_le_bytes([c, d])]
        };
        Self { frames: bytes.as_chunks().0.iter().map(frame).collect() }
    }
}

/// Why a file is no ringtone. The numbers are the exit codes of the process that decodes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SoundError {
    /// It cannot be opened or read.
    #[error("The file cannot be read: {0}. See that it is there and that you may read it.")]
    Unreadable(String),
    /// A folder, a pipe or a device.
    #[error("This is no file, but a folder, pipe or device. Give a sound file.")]
    NotAFile,
    /// Over [`MAX_BYTES`].
    #[error("The file is larger than 5 MiB. Take a shorter piece, or encode it as Ogg Vorbis.")]
    TooLarge,
    /// Of no kind that is known.
    #[error("The file is no Ogg Vorbis, FLAC, WAV or MP3. Convert it to one of them.")]
    UnknownKind,
    /// It begins as one of those, and goes on as something else.
    #[error("The file is damaged. Make it anew, or take another.")]
    Damaged,
    /// Under [`SHORTEST`].
    #[error("The sound is shorter than 0.2 seconds. Take a longer one.")]
    TooShort,
    /// Over [`LONGEST`].
    #[error("The sound is longer than 60 seconds. Cut it to a minute.")]
    TooLong,
    /// A sample rate below 8 or above 192 kHz.
    #[error("The sample rate is not within 8 and 192 kHz. Convert the file to 48 kHz.")]
    Rate,
    /// Neither one channel nor two.
    #[error("The sound has more than two channels. Mix it down to stereo.")]
    Channels,
    /// It took too much time or memory, or the process that decoded it fell over.
    #[error("The file could not be decoded in good time. Make it anew, or take another.")]
    GaveUp,
}

impl SoundError {
    /// Its exit code; see `hookswitchd --decode-sound`.
    pub fn code(&self) -> u8 {
        match self {
            Self::Unreadable(_) => 10,
            Self::NotAFile => 11,
            Self::TooLarge => 12,
            Self::UnknownKind => 13,
            Self::Damaged => 14,
            Self::TooShort => 15,
            Self::TooLong => 16,
            Self::Rate => 17,
            Self::Channels => 18,
            Self::GaveUp => 19,
        }
    }

    /// The error with this exit code; any other means that it gave up.
    pub fn from_code(code: Option<i32>) -> Self {
        match code {
            Some(10) => Self::Unreadable("it ends early".to_owned()),
            Some(11) => Self::NotAFile,
            Some(12) => Self::TooLarge,
            Some(13) => Self::UnknownKind,
            Some(14) => Self::Damaged,
            Some(15) => Self::TooShort,
            Some(16) => Self::TooLong,
            Some(17) => Self::Rate,
            Some(18) => Self::Channels,
            _ => Self::GaveUp,
        }
    }
}

impl From<io::Error> for SoundError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error.kind().to_string())
    }
}

/// Open what may be a sound, without ever waiting: of a pipe there might be no other end.
///
/// # Errors
/// It cannot be opened, is no file, or is too large.
pub fn open(path: &Path) -> Result<File, SoundError> {
    let flags = (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY).bits();
    let flags = i32::try_from(flags).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    check(&file)?;
    Ok(file)
}

/// Whether an open file may be a sound, by what the system says of it.
///
/// # Errors
/// It is no file, or too large.
pub fn check(file: &File) -> Result<(), SoundError> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(SoundError::NotAFile);
    }
    match metadata.len() > MAX_BYTES {
        true => Err(SoundError::TooLarge),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_back() {
        let sound = Sound::new(vec![[0, 1], [-1, i16::MAX], [i16::MIN, 258]]);
        let bytes = sound.to_bytes();
        assert_eq!(bytes.len(), 12);
        assert_eq!(bytes[10..], [2, 1]);
        assert_eq!(Sound::from_bytes(&bytes), sound);
        assert_eq!(Sound::from_bytes(&bytes[..11]).frames().len(), 2);
    }

    #[test]
    fn every_error_has_a_code_of_its_own_and_two_sentences() {
        for code in 10..=19 {
            let error = SoundError::from_code(Some(code));
            assert_eq!(i32::from(error.code()), code);
            let text = error.to_string();
            assert!(text.ends_with('.') && text.matches(". ").count() == 1, "{text}");
        }
        assert_eq!(SoundError::from_code(None), SoundError::GaveUp);
    }

    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(open(folder.path()).unwrap_err(), SoundError::NotAFile);
        let pipe = folder.path().join("pipe");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        let made = rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0);
        made.unwrap();
        assert_eq!(open(&pipe).unwrap_err(), SoundError::NotAFile);
        assert_eq!(open(Path::new("/dev/zero")).unwrap_err(), SoundError::NotAFile);
        let none = open(&folder.path().join("none")).unwrap_err();
        assert!(matches!(none, SoundError::Unreadable(_)), "{none}");
        let large = folder.path().join("large");
        File::create(&large).unwrap().set_len(MAX_BYTES + 1).unwrap();
        assert_eq!(open(&large).unwrap_err(), SoundError::TooLarge);
    }
}
