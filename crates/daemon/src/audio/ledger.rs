use super::graph::Server;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Two volumes are the same that differ by less: they are stored as text.
const NEAR: f32 = 1e-4;
/// A file larger than this is none of ours.
const LARGEST: u64 = 4 << 20;

/// What was changed in the sound server, written down before it is changed: whoever comes after a crash can undo it,
/// and only it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entries {
    /// The server that it is about.
    #[serde(default)]
    pub server: Server,
    /// The run of the server that all of this is about.
    pub cookie: u32,
    /// Streams whose volume was set, by serial number.
    pub volumes: BTreeMap<u64, Volume>,
    /// Streams that were sent to a device, by serial number.
    pub moved: BTreeMap<u64, Moved>,
    /// Routes that were opened, by the name of the sink.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub opened: BTreeMap<String, Opened>,
    /// What the session manager may have kept of that, by its key, with the volume it should have: that outlives a run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kept: BTreeMap<String, f32>,
}

/// A stream whose volume was set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// What it was.
    pub old: f32,
    /// What it was set to.
    pub set: f32,
    /// What it was set to before that. A crash in between leaves the one or the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<f32>,
    /// Whether it is silent because of a call of its own app: no crash makes it heard again.
    pub of_call: bool,
}

/// A stream that was sent to a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Where it was told to go before, with the type of that.
    pub old: Option<(Option<String>, String)>,
    /// Where it was sent.
    pub set: String,
}

/// A route that was opened, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// What was open before.
    pub old: String,
    /// What was opened.
    pub set: String,
}

/// Players that were paused, by their name on the bus: each with the connection that had the name then.
pub type Paused = BTreeMap<String, String>;

impl Volume {
    /// Whether a volume is what this entry set it to.
    pub fn is_set(&self, volume: f32) -> bool {
        same(volume, self.set) || self.before.is_some_and(|before| same(volume, before))
    }
}

/// Whether two volumes are the same.
pub fn same(one: f32, other: f32) -> bool {
    (one - other).abs() < NEAR
}

impl Entries {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.volumes.is_empty()
            && self.moved.is_empty()
            && self.opened.is_empty()
            && self.kept.is_empty()
    }

    /// Whether something is changed that is not a call's own, and has to be undone if the service dies.
    pub fn touches_others(&self) -> bool {
        self.volumes.values().any(|volume| !volume.of_call) || !self.opened.is_empty()
    }
}

/// The file that something is written down in, and what it says.
#[derive(Debug)]
pub struct Ledger<T> {
    path: Option<PathBuf>,
    saved: T,
}

impl<T: Clone + Default + PartialEq + Serialize + DeserializeOwned> Ledger<T> {
    /// The ledger at this path; without one, it is not kept.
    pub fn open(path: Option<PathBuf>) -> Self {
        let saved = path.as_deref().map(read).unwrap_or_default();
        Self { path, saved }
    }

    /// What it says.
    pub fn saved(&self) -> &T {
        &self.saved
    }

    /// Let it say this. To be called before it is so.
    ///
    /// # Errors
    /// The disk is full or gone: what is not written down could not be undone after a crash.
    pub fn save(&mut self, entries: &T, is_empty: bool) -> io::Result<()> {
        if *entries == self.saved {
            return Ok(());
        }
        if let Some(path) = &self.path {
            write(path, (!is_empty).then_some(entries))?;
        }
        self.saved = entries.clone();
        Ok(())
    }
}

/// Where it is written down in this folder what was changed in the sound server.
pub fn entries_in(folder: &Path) -> PathBuf {
    folder.join("audio.ledger")
}

/// Where it is written down in this folder which players were paused.
pub fn paused_in(folder: &Path) -> PathBuf {
    folder.join("audio.players")
}

/// Where it is written down in this folder what callaudiod was told.
pub fn voice_in(folder: &Path) -> PathBuf {
    folder.join("audio.voice")
}

/// What a ledger says. A file that cannot be read as one says nothing: it is replaced whole, so none is half written.
pub fn read<T: Default + DeserializeOwned>(path: &Path) -> T {
    if fs::metadata(path).is_ok_and(|file| !file.is_file() || file.len() > LARGEST) {
        return T::default();
    }
    let Ok(bytes) = fs::read(path) else { return T::default() };
    serde_json::from_slice(&bytes).unwrap_or_else(|error| {
        tracing::warn!("what was changed for calls cannot be read: {error}");
        T::default()
    })
}

/// Replace the file in one step; `None`: there shall be none.
///
/// # Errors
/// It cannot be written.
pub fn write<T: Serialize>(path: &Path, entries: Option<&T>) -> io::Result<()> {
    let Some(entries) = entries else {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    };
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let new = path.with_added_extension("new");
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(&serde_json::to_vec(entries)?)?;
    // Not synced: after a loss of power there is another run of the sound server, and nothing to undo.
    fs::rename(&new, path)
}

/// The right to change what the ledger says: of the service as long as it runs, and after a crash of who undoes it.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Take the lock of this folder's ledger. `None`: somebody has it.
    ///
    /// # Errors
    /// The lock file cannot be made.
    pub fn take(folder: &Path) -> io::Result<Option<Self>> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let path = folder.join("audio.lock");
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).mode(0o600).open(path)?;
        match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn opened() -> Opened {
        Opened { old: "[Out] Speaker".to_owned(), set: "[Out] Earpiece".to_owned() }
    }

    fn some() -> Entries {
        let volume = |old, set, of_call| Volume { old, set, before: None, of_call };
        let old = Some((Some("Spa:Id".to_owned()), "44".to_owned()));
        Entries {
            server: Server::PulseAudio,
            cookie: 7,
            volumes: BTreeMap::from([(41, volume(0.7, 0.2, false)), (42, volume(1.0, 0.0, true))]),
            moved: BTreeMap::from([(42, Moved { old, set: "51".to_owned() })]),
            opened: BTreeMap::from([("speaker".to_owned(), opened())]),
            kept: BTreeMap::from([("Output/Audio:media.role:Music".to_owned(), 0.7)]),
        }
    }

    #[test]
    fn what_is_written_is_read_and_is_the_users_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = entries_in(folder.path());
        let mut ledger: Ledger<Entries> = Ledger::open(Some(path.clone()));
        assert!(ledger.saved().is_empty());
        ledger.save(&some(), false).unwrap();
        assert_eq!(read::<Entries>(&path), some());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(*Ledger::<Entries>::open(Some(path.clone())).saved(), some());
        ledger.save(&Entries::default(), true).unwrap();
        assert!(!path.exists(), "what is undone leaves no file");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let mut nowhere: Ledger<Entries> = Ledger::open(None);
        nowhere.save(&some(), false).unwrap();
        assert_eq!(*nowhere.saved(), some());
    }

    #[test]
    fn a_write_that_was_cut_short_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = entries_in(folder.path());
        write(&path, Some(&some())).unwrap();
        fs::write(folder.path().join("audio.ledger.new"), b"{\"cookie\":9,\"vol").unwrap();
        assert_eq!(read::<Entries>(&path), some());
        for torn in ["", "{", "null", "{\"cookie\":-1}", "\u{0}\u{0}"] {
            fs::write(&path, torn).unwrap();
            assert_eq!(read::<Entries>(&path), Entries::default());
        }
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_eq!(read::<Entries>(&path), Entries::default());
    }

    #[test]
    fn one_at_a_time_may_undo() {
        let folder = tempfile::tempdir().unwrap();
        let lock = Lock::take(folder.path()).unwrap();
        assert!(lock.is_some());
        assert!(Lock::take(folder.path()).unwrap().is_none());
        drop(lock);
        assert!(Lock::take(folder.path()).unwrap().is_some());
    }

    #[test]
    fn only_what_is_others_has_to_be_undone_at_once() {
        assert!(some().touches_others());
        let mut entries = Entries::default();
        entries.volumes.insert(1, Volume { old: 1.0, set: 0.0, before: None, of_call: true });
        assert!(!entries.touches_others() && !entries.is_empty());
    }

    #[test]
    fn a_volume_is_ours_while_it_is_what_one_of_two_changes_made_it() {
        let volume = Volume { old: 1.0, set: 0.2, before: Some(0.0), of_call: false };
        assert!(volume.is_set(0.2) && volume.is_set(0.0) && volume.is_set(0.200_01));
        assert!(!volume.is_set(1.0) && !volume.is_set(0.3));
    }
}
