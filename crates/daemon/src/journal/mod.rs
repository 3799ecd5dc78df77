//! What must not be lost, appended before anybody is told.
//!
//! `kill -9` does not lose what `write` handed to the kernel, so nothing is flushed here; only a power cut can lose the
//! last second. Each entry replaces the one with its number. What is live when the journal is read was live when the
//! service went away.

mod frame;
mod stored;

use frame::{Frames, HEAD};
use hookswitch_core::words::{CallNumber, RecentsEntry};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use stored::Stored;

/// A journal file begins anew when it is larger than this and everything in it is in the list of recents.
const BOUND: u64 = 2 << 20;

/// The journal, open for appending.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
    buffer: Vec<u8>,
    /// Where the last entry of each live call is: what it says is kept on disk alone.
    live: BTreeMap<CallNumber, Place>,
    /// The entry with the highest number stays in the file: numbers go on behind it.
    newest: Option<(CallNumber, Place)>,
}

/// Where a record is, its head included.
#[derive(Clone, Copy, Debug)]
struct Place {
    begin: u64,
    length: usize,
}

/// What a journal remembered.
#[derive(Debug, Default)]
pub struct Remembered {
    /// Every entry as it stood last, by number.
    pub entries: BTreeMap<CallNumber, RecentsEntry>,
    /// Bytes at the end that were no whole record: a write that was cut short.
    pub torn: u64,
}

impl Journal {
    /// Open the journal in this folder, which is made if it is not there, and read what it remembers.
    ///
    /// # Errors
    /// The folder or file cannot be made or read.
    pub fn open(folder: &Path) -> io::Result<(Self, Remembered)> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let path = folder.join("journal");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut remembered = Remembered::default();
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).mode(0o600).open(&path)?;
        let (buffer, live) = (Vec::new(), BTreeMap::new());
        let mut journal = Self { path, file, length: 0, buffer, live, newest: None };
        let mut frames = Frames::new(&bytes);
        while let Some(payload) = frames.next() {
            let place = Place { begin: journal.length, length: HEAD + payload.len() };
            journal.length = frames.whole();
            // A record of a later version that cannot be read is left alone.
            if let Ok(stored) = serde_json::from_slice::<Stored>(payload) {
                let entry = RecentsEntry::from(stored);
                journal.mark(&entry, place);
                remembered.entries.insert(entry.number, entry);
            }
        }
        remembered.torn = bytes.len() as u64 - journal.length;
        // The torn tail is cut, or what is appended now could not be read.
        journal.file.set_len(journal.length)?;
        Ok((journal, remembered))
    }

    /// Of this entry, what stands in that place counts.
    fn mark(&mut self, entry: &RecentsEntry, place: Place) {
        match entry.ended {
            Some(_) => self.live.remove(&entry.number),
            None => self.live.insert(entry.number, place),
        };
        if self.newest.is_none_or(|(newest, _)| newest <= entry.number) {
            self.newest = Some((entry.number, place));
        }
    }

    /// The folder it is in.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Take an entry; [`write`](Self::write) puts it on disk.
    pub fn append(&mut self, entry: &RecentsEntry) {
        let before = self.buffer.len();
        frame::put(&mut self.buffer, |payload| {
            serde_json::to_writer(payload, &Stored::from(entry)).unwrap_or_default();
        });
        let begin = self.length + before as u64;
        self.mark(entry, Place { begin, length: self.buffer.len() - before });
    }

    /// Hand everything taken to the kernel, in one write.
    ///
    /// # Errors
    /// The disk is full or gone. What was taken is kept and tried again with the next write.
    pub fn write(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let result = self.file.write_all(&self.buffer);
        match result {
            Ok(()) => {
                self.length += self.buffer.len() as u64;
                self.buffer.clear();
            }
            // Part of a record may be there: cut it, so that the next one can be read.
            Err(_) => self.file.set_len(self.length).unwrap_or_default(),
        }
        result
    }

    /// Begin a new file with only what is live. To be called when everything taken is in the list of recents.
    ///
    /// # Errors
    /// The new file cannot be made; the old one goes on.
    pub fn shorten(&mut self) -> io::Result<()> {
        // What could not be written yet has its place behind what is there.
        if self.length < BOUND || !self.buffer.is_empty() {
            return Ok(());
        }
        let next = self.path.with_extension("new");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&next)?;
        let mut bytes = Vec::new();
        let mut take = |place: &Place| {
            let begin = bytes.len();
            bytes.resize(begin + place.length, 0);
            self.file.read_exact_at(&mut bytes[begin..], place.begin)?;
            io::Result::Ok(Place { begin: begin as u64, length: place.length })
        };
        let live: BTreeMap<CallNumber, Place> = self
            .live
            .iter()
            .map(|(number, place)| Ok((*number, take(place)?)))
            .collect::<io::Result<_>>()?;
        let newest = match self.newest {
            Some((number, place)) => match live.get(&number) {
                Some(place) => Some((number, *place)),
                None => Some((number, take(&place)?)),
            },
            None => None,
        };
        file.write_all(&bytes)?;
        fs::rename(&next, &self.path)?;
        self.file = OpenOptions::new().read(true).append(true).open(&self.path)?;
        (self.length, self.live, self.newest) = (bytes.len() as u64, live, newest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch_core::words::{
        CallUuid, Date, Direction, EndedReason, Handle, HandleKind, MissedReason,
    };
    use std::sync::Arc;

    fn entry(number: u64) -> RecentsEntry {
        RecentsEntry {
            number: CallNumber(number),
            app: "org.example.Chat".into(),
            account: "default".into(),
            uuid: CallUuid(u128::from(number)),
            direction: Direction::Incoming,
            handle: Arc::new(Handle::new(HandleKind::PhoneNumber, "+4930123456")),
            name: Some(Arc::new("Anna".to_owned())),
            video: false,
            started: Date(1),
            connected: None,
            ended: None,
            reason: None,
            missed: None,
            listed: true,
            emergency: false,
            has_audio: false,
        }
    }

    #[test]
    fn what_was_written_is_remembered_and_the_last_entry_counts() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, remembered) = Journal::open(folder.path()).unwrap();
        assert!(remembered.entries.is_empty());
        journal.append(&entry(1));
        journal.append(&entry(2));
        journal.append(&RecentsEntry { has_audio: true, ..entry(1) });
        journal.write().unwrap();
        let (_, remembered) = Journal::open(folder.path()).unwrap();
        assert_eq!(remembered.entries.len(), 2);
        assert_eq!(
            remembered.entries[&CallNumber(1)],
            RecentsEntry { has_audio: true, ..entry(1) }
        );
        assert_eq!(remembered.torn, 0);
    }

    /// As the service wrote it before there were emergency calls; and as a later one might, with more keys and words.
    #[test]
    fn journals_of_other_versions_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let before = r#"{"n":1,"app":"org.example.Chat","acc":"default","uuid":1,"out":false,"h":"+4930123456",
            "hk":"phone_number","name":"Anna","t0":1,"miss":"blocked"}"#;
        let after = r#"{"n":2,"app":"org.example.Chat","acc":"default","uuid":2,"out":true,"t0":1,"sos":true,
            "why":"bored","miss":"asleep","mood":"fine"}"#;
        let mut bytes = Vec::new();
        for record in [before, after] {
            frame::put(&mut bytes, |payload| payload.extend(record.as_bytes()));
        }
        fs::write(folder.path().join("journal"), bytes).unwrap();
        let (mut journal, remembered) = Journal::open(folder.path()).unwrap();
        let first = &remembered.entries[&CallNumber(1)];
        assert_eq!((first.emergency, first.missed), (false, Some(MissedReason::Blocked)));
        let second = &remembered.entries[&CallNumber(2)];
        assert_eq!((second.emergency, second.missed), (true, None));
        assert_eq!(second.reason, Some(EndedReason::Failed));
        journal.append(&RecentsEntry { missed: Some(MissedReason::NeverRang), ..second.clone() });
        journal.write().unwrap();
        let (_, remembered) = Journal::open(folder.path()).unwrap();
        let second = &remembered.entries[&CallNumber(2)];
        assert_eq!((second.emergency, second.missed), (true, Some(MissedReason::NeverRang)));
    }

    #[test]
    fn a_torn_tail_is_cut_at_every_length() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(folder.path()).unwrap();
        journal.append(&entry(1));
        journal.append(&entry(2));
        journal.write().unwrap();
        let path = folder.path().join("journal");
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let (mut journal, remembered) = Journal::open(folder.path()).unwrap();
            assert!(remembered.entries.len() < 2);
            let before = remembered.entries.len();
            journal.append(&entry(3));
            journal.write().unwrap();
            let (_, remembered) = Journal::open(folder.path()).unwrap();
            assert_eq!(remembered.entries.len(), before + 1, "cut at {length}");
        }
    }

    #[test]
    fn a_flipped_bit_loses_that_record_and_what_is_behind_it_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(folder.path()).unwrap();
        journal.append(&entry(1));
        journal.write().unwrap();
        let path = folder.path().join("journal");
        let first = fs::read(&path).unwrap().len();
        journal.append(&entry(2));
        journal.write().unwrap();
        let whole = fs::read(&path).unwrap();
        for at in first..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x40;
            fs::write(&path, &bytes).unwrap();
            let (_, remembered) = Journal::open(folder.path()).unwrap();
            assert!(remembered.entries.contains_key(&CallNumber(1)));
            assert!(!remembered.entries.contains_key(&CallNumber(2)), "bit at {at}");
        }
    }

    #[test]
    fn a_call_in_no_list_leaves_neither_handle_nor_name() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(folder.path()).unwrap();
        journal.append(&RecentsEntry { listed: false, ..entry(1) });
        journal.write().unwrap();
        let bytes = fs::read(folder.path().join("journal")).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("Anna") && !text.contains("123456"), "{text}");
    }

    #[test]
    fn shortening_keeps_what_is_live_and_the_last_number() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(folder.path()).unwrap();
        journal.append(&entry(1));
        for number in 2..16_000 {
            journal.append(&RecentsEntry { ended: Some(Date(5)), ..entry(number) });
        }
        journal.write().unwrap();
        journal.shorten().unwrap();
        journal.append(&entry(20_000));
        journal.write().unwrap();
        let (_, remembered) = Journal::open(folder.path()).unwrap();
        let numbers: Vec<u64> = remembered.entries.keys().map(|number| number.0).collect();
        assert!(numbers == [1, 15_999, 20_000], "{} entries are left", numbers.len());
        assert_eq!(remembered.entries[&CallNumber(1)], entry(1));
        let (mut journal, _) = Journal::open(folder.path()).unwrap();
        for number in 20_001..36_000 {
            journal.append(&RecentsEntry { ended: Some(Date(5)), ..entry(number) });
        }
        journal.write().unwrap();
        journal.shorten().unwrap();
        let (_, remembered) = Journal::open(folder.path()).unwrap();
        let numbers: Vec<u64> = remembered.entries.keys().map(|number| number.0).collect();
        assert!(numbers == [1, 20_000, 35_999], "{} entries are left", numbers.len());
    }
}
