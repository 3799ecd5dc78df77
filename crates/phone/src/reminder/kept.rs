//! `reminders.json` in the user's folder of states.

use super::Reminder;
use crate::place;
use crate::tongue::tr;
use hookswitch::Date;
use serde_json::Value;
use std::path::{Path, PathBuf};

const FILE: &str = "reminders.json";
/// More than anybody calls back. Whoever writes more into the file has another thing in mind.
const MOST: usize = 100;

/// All that are waiting.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    path: Option<PathBuf>,
    all: Vec<Reminder>,
    /// Why the file is left alone.
    broken: Option<String>,
}

impl Kept {
    /// Read them from this folder. A file that is not understood is not written to, and says why.
    pub fn read(folder: Option<&Path>) -> Self {
        let Some(path) = folder.map(|folder| folder.join(FILE)) else {
            let broken = Some(tr("Reminders cannot be kept: HOME is not set. Set it."));
            return Self { broken, ..Self::default() };
        };
        let (all, broken) = match place::read(&path, parse) {
            Ok(all) => (all, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        Self { path: Some(path), all, broken }
    }

    /// Why none can be kept, if the file is the reason; with what to do.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// The one that is due first.
    pub fn first(&self) -> Option<&Reminder> {
        self.all.iter().min_by_key(|reminder| reminder.due)
    }

    /// The one that is to be shown now, if one is. One whose time has passed long ago is still one.
    pub fn due(&self, now: Date) -> Option<&Reminder> {
        self.first().filter(|reminder| reminder.due <= now)
    }

    /// Keep it, in the place of one about the same person.
    ///
    /// # Errors
    /// In words, with what to do: it cannot be written. It is known until the program ends all the same.
    pub fn add(&mut self, reminder: Reminder) -> Result<(), String> {
        self.all.retain(|one| !one.is_of(&reminder));
        self.all.push(reminder);
        self.write()
    }

    /// It was shown, and is done.
    ///
    /// # Errors
    /// In words, with what to do: it cannot be written.
    pub fn remove(&mut self, reminder: &Reminder) -> Result<(), String> {
        self.all.retain(|one| one != reminder);
        self.write()
    }

    fn write(&self) -> Result<(), String> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        let Some(path) = &self.path else { return Ok(()) };
        let list: Vec<Value> = self.all.iter().map(Reminder::to_json).collect();
        place::replace(path, &format!("{:#}\n", Value::Array(list)))
    }
}

/// All or nothing: whoever wrote a line that is not understood meant something by it.
fn parse(text: &str) -> Option<Vec<Reminder>> {
    let list: Value = serde_json::from_str(text).ok()?;
    let list = list.as_array().filter(|list| list.len() <= MOST)?;
    list.iter().map(Reminder::from_json).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch::{Dial, Handle, HandleKind};
    use std::fs;

    fn reminder(handle: &str, due: i64) -> Reminder {
        let mut handle = Handle::new(HandleKind::PhoneNumber, handle);
        handle.display_name = Some("Anna".to_owned());
        let mut dial = Dial::new("org.example.Chat", handle);
        dial.account = Some("work".into());
        dial.video = true;
        Reminder { dial, app_name: "Chat".into(), name: "Anna".into(), due: Date(due) }
    }

    #[test]
    fn what_was_to_be_remembered_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let read = || Kept::read(Some(folder.path()));
        read().add(reminder("1", 5)).unwrap();
        read().add(reminder("2", 3)).unwrap();
        assert_eq!(read().first(), Some(&reminder("2", 3)));
        assert_eq!(read().due(Date(2)), None);
        assert_eq!(read().due(Date(1_000_000)), Some(&reminder("2", 3)), "however late it is");
        read().remove(&reminder("2", 3)).unwrap();
        assert_eq!(read().first(), Some(&reminder("1", 5)));
        read().add(reminder("1", 9)).unwrap();
        let mut last = read();
        last.remove(&reminder("1", 9)).unwrap();
        assert_eq!(last.first(), None, "of one person there is one");
    }

    #[test]
    fn a_broken_file_says_so_and_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        for broken in ["[{", "{}", r#"[{"app": "a"}]"#] {
            fs::write(folder.path().join(FILE), broken).unwrap();
            let mut read = Kept::read(Some(folder.path()));
            assert!(read.broken().unwrap().contains("is not understood"));
            assert!(read.add(reminder("1", 1)).is_err());
            assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), broken);
        }
    }

    #[test]
    fn what_cannot_be_written_is_known_until_the_end() {
        let mut kept = Kept::read(None);
        assert!(kept.add(reminder("1", 1)).is_err());
        assert!(kept.due(Date(1)).is_some());
    }
}
