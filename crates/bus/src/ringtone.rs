use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use zbus::{Fd, OwnedFd, Signature, Type};

/// An open file that goes over the bus: how an app in a sandbox gives the service a sound.
#[derive(Clone, Debug)]
pub struct RingtoneFile(Arc<File>);

impl RingtoneFile {
    /// The file.
    pub fn file(&self) -> &Arc<File> {
        &self.0
    }
}

impl From<File> for RingtoneFile {
    fn from(file: File) -> Self {
        Self(Arc::new(file))
    }
}

/// The same descriptor.
impl PartialEq for RingtoneFile {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_raw_fd() == other.0.as_raw_fd()
    }
}

impl Eq for RingtoneFile {}

impl Type for RingtoneFile {
    const SIGNATURE: &'static Signature = &Signature::Fd;
}

impl Serialize for RingtoneFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Fd::from(self.0.as_fd()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RingtoneFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fd = std::os::fd::OwnedFd::from(OwnedFd::deserialize(deserializer)?);
        Ok(Self(Arc::new(File::from(fd))))
    }
}

#[cfg(test)]
mod tests {
    use crate::{ConfigurationRecord, RingtoneFile};
    use std::io::{Read, Seek, Write};
    use zbus::Message;

    #[test]
    fn a_file_goes_over_the_bus_in_the_configuration() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"a sound").unwrap();
        let ringtone = Some(RingtoneFile::from(file));
        let record = ConfigurationRecord { ringtone, ..ConfigurationRecord::default() };
        let sent = Message::method_call("/a", "Register").build(&(record,)).unwrap();
        let body = sent.body();
        let (read,): (ConfigurationRecord,) = body.deserialize().unwrap();
        let mut file = read.ringtone.unwrap().file().try_clone().unwrap();
        file.rewind().unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "a sound");
    }
}
