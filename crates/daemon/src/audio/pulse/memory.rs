use super::level::scaled;
use crate::pulse::Wire;
use pulseaudio::protocol::{
    ChannelVolume, Command, ExtensionParams, MAX_VERSION, TagStructReader, TagStructWrite,
    TagStructWriter,
};
use std::collections::BTreeMap;
use std::ffi::CStr;

/// The module that keeps what streams were set to, and sets the next ones to it. Its messages have no documents:
/// `module-stream-restore.c`, `extension_cb`.
const MODULE: &CStr = c"module-stream-restore";
const READ: u32 = 1;
const WRITE: u32 = 2;
/// Other entries stay.
const REPLACE: u32 = 2;
/// The value that says no.
const NO: u8 = b'0';

/// What the server is to keep for streams to come. It can only be told an entry whole, so that is asked for first.
#[derive(Debug, Default)]
pub struct Memory {
    wanted: BTreeMap<String, f32>,
}

impl Memory {
    /// Streams of this key are to have this volume, and be heard.
    pub fn keep(&mut self, key: String, volume: f32) {
        self.wanted.insert(key, volume);
    }

    /// The server keeps nothing.
    pub fn is_none(&mut self) {
        self.wanted.clear();
    }

    /// Ask what it keeps. The number of the question.
    pub fn ask(&self, wire: &mut Wire) -> u32 {
        wire.send_more(&to_module(), |message| message.write_u32(READ), &[])
    }

    /// Have it keep something else than it answered, where that is wanted. The numbers of what it is told.
    pub fn answered(&mut self, mut answer: &[u8], wire: &mut Wire) -> Vec<u32> {
        let mut told = Vec::new();
        // Where it cannot be read any further, the rest stays as it is.
        while let Some(entry) = Entry::read(&mut answer) {
            let wanted = entry.key().and_then(|key| self.wanted.get(key));
            if let Some(bytes) = wanted.and_then(|volume| entry.with(*volume)) {
                let head = |message: &mut TagStructWriter<'_>| {
                    message.write_u32(WRITE)?;
                    message.write_u32(REPLACE)?;
                    // Streams that are there are not its business.
                    message.write_bool(false)
                };
                told.push(wire.send_more(&to_module(), head, &bytes));
            }
        }
        self.wanted.clear();
        told
    }
}

fn to_module() -> Command {
    Command::Extension(ExtensionParams { index: None, name: Some(MODULE.to_owned()) })
}

/// What is kept by one key, as the bytes of the message. The crate does not read a volume without channels, which is what
/// an entry has that keeps a device only.
#[derive(Debug, PartialEq, Eq)]
struct Entry<'a> {
    name: &'a [u8],
    channels: &'a [u8],
    volume: &'a [u8],
    device: &'a [u8],
}

impl<'a> Entry<'a> {
    /// The next one, if there is one more.
    fn read(bytes: &mut &'a [u8]) -> Option<Self> {
        let entry = Self {
            name: value(bytes)?,
            channels: value(bytes)?,
            volume: value(bytes)?,
            device: value(bytes)?,
        };
        // Whether it is muted: it will not be.
        value(bytes)?;
        Some(entry)
    }

    fn key(&self) -> Option<&str> {
        std::str::from_utf8(self.name.strip_prefix(b"t")?.strip_suffix(&[0])?).ok()
    }

    /// The same, heard, with another volume if it has one.
    fn with(&self, volume: f32) -> Option<Vec<u8>> {
        let mut bytes = [self.name, self.channels].concat();
        let mut own = self.volume;
        match TagStructReader::new(&mut own, MAX_VERSION).read::<ChannelVolume>() {
            Ok(own) => scaled(&own, volume)
                .write(&mut TagStructWriter::new(&mut bytes, MAX_VERSION), MAX_VERSION)
                .ok()?,
            Err(_) => bytes.extend_from_slice(self.volume),
        }
        bytes.extend_from_slice(self.device);
        bytes.push(NO);
        Some(bytes)
    }
}

/// The next value, with what says what it is.
fn value<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let count = || bytes.get(1).map(|count| usize::from(*count));
    let length = match bytes.first()? {
        b't' => bytes.iter().position(|byte| *byte == 0)? + 1,
        b'm' => 2 + count()?,
        b'v' => 2 + 4 * count()?,
        b'N' | b'0' | b'1' => 1,
        _ => return None,
    };
    let (value, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITHOUT: &[u8] = b"tsource-output-by-media-role:phone\0m\0v\0talsa_input\x000";
    const WITH: &[u8] = b"tsink-input-by-media-role:music\0m\x01\x00v\x01\0\0\x80\0N1";

    #[test]
    fn an_entry_is_written_as_it_was_but_heard_and_with_another_volume() {
        let both = [WITHOUT, WITH].concat();
        let mut bytes = both.as_slice();
        let one = Entry::read(&mut bytes).unwrap();
        assert_eq!(one.key(), Some("source-output-by-media-role:phone"));
        assert_eq!(one.with(1.0).as_deref(), Some(WITHOUT));
        let other = Entry::read(&mut bytes).unwrap();
        assert_eq!(other.key(), Some("sink-input-by-media-role:music"));
        let wanted = b"tsink-input-by-media-role:music\0m\x01\x00v\x01\0\x01\0\0N0";
        assert_eq!(other.with(1.0).as_deref(), Some(&wanted[..]));
        assert_eq!(Entry::read(&mut bytes), None);
        for end in 1..WITH.len() {
            assert_eq!(Entry::read(&mut &WITH[..end]), None, "{end}");
        }
    }
}
