//! Files of others are decoded in a process of their own, with little memory and little time: whatever such a file does
//! to the decoder, the service goes on and plays another sound.

use super::decode::decode;
use super::sound::{LONGEST, RATE, Sound, SoundError, check};
use rustix::fs::OFlags;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The argument that makes the service's program a decoder.
pub const ARGUMENT: &str = "--decode-sound";

/// Address space of the decoder, which its libraries are in as well: 1 GiB.
const MEMORY: u64 = 1 << 30;
/// Seconds of computing; a minute of music takes less than one.
const SECONDS: u64 = 10;
/// How long to wait for it, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of the longest sound, and a little.
const MOST: u64 = (LONGEST.as_secs() + 1) * RATE as u64 * 4;

/// Where the decoder is.
#[derive(Clone, Debug)]
pub struct Decoder {
    program: PathBuf,
}

impl Default for Decoder {
    /// This very program, also when its file was replaced since it was started.
    fn default() -> Self {
        Self { program: "/proc/self/exe".into() }
    }
}

impl Decoder {
    /// The `hookswitchd` at this place.
    pub fn at(program: &Path) -> Self {
        Self { program: program.to_owned() }
    }

    /// Decode a file in a process of its own. It takes as long as it takes; call it where that does no harm.
    ///
    /// # Errors
    /// It is no ringtone, or no process could be started.
    pub fn decode(&self, file: &File) -> Result<Sound, SoundError> {
        check(file)?;
        // Its own place in the file: an app's descriptor may stand anywhere.
        let own = reopened(file)?;
        let mut child = Command::new(&self.program)
            .arg(ARGUMENT)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(own))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| SoundError::Unreadable(error.kind().to_string()))?;
        let bytes = read_in_time(&mut child);
        if bytes.is_none() {
            // Gone already is as good.
            let _ = child.kill();
        }
        let status = child.wait()?;
        match (status.success(), bytes) {
            (true, Some(bytes)) => Ok(Sound::from_bytes(&bytes)),
            _ => Err(SoundError::from_code(status.code())),
        }
    }
}

/// The same file from its beginning, without moving the place of whoever gave it to us.
fn reopened(file: &File) -> Result<File, SoundError> {
    let fd = file.as_fd().try_clone_to_owned()?;
    // Nobody gets to read through us what they could not read themselves.
    let flags = rustix::fs::fcntl_getfl(&fd).map_err(std::io::Error::from)?;
    if flags.contains(OFlags::PATH) || flags & OFlags::RWMODE == OFlags::WRONLY {
        return Err(SoundError::Unreadable("it was not opened for reading".to_owned()));
    }
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&fd));
    // What was opened for reading by somebody who might is read, also where this user might not open it again.
    match super::sound::open(Path::new(&path)) {
        Ok(file) => Ok(file),
        Err(SoundError::Unreadable(_)) => {
            let mut file = File::from(fd);
            std::io::Seek::rewind(&mut file)?;
            Ok(file)
        }
        Err(other) => Err(other),
    }
}

/// Everything it says, unless it says nothing for too long.
fn read_in_time(child: &mut Child) -> Option<Vec<u8>> {
    let out = child.stdout.take()?;
    let (tell, told) = mpsc::channel();
    let reading = thread::Builder::new().name("hookswitch-decoded".to_owned()).spawn(move || {
        let mut bytes = Vec::new();
        let whole = out.take(MOST).read_to_end(&mut bytes).is_ok();
        // Nobody may wait any more.
        let _ = tell.send(whole.then_some(bytes));
    });
    reading.ok()?;
    told.recv_timeout(PATIENCE).ok().flatten()
}

/// What `hookswitchd --decode-sound` does: the file is its standard input, the samples its standard output.
pub fn decode_standard_input() -> ExitCode {
    let limit = |resource, most| {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        // It may be lower already, which is as well.
        let _ = setrlimit(resource, limit);
    };
    limit(Resource::As, MEMORY);
    limit(Resource::Cpu, SECONDS);
    limit(Resource::Core, 0);
    limit(Resource::Fsize, MOST);
    let decoded = std::io::stdin().as_fd().try_clone_to_owned();
    let decoded = decoded.map_err(SoundError::from).and_then(|fd| decode(File::from(fd)));
    let written = decoded.and_then(|sound| {
        let mut out = std::io::stdout().lock();
        Ok(out.write_all(&sound.to_bytes()).and_then(|()| out.flush())?)
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(error.code())
        }
    }
}
