//! Whom the user starred: `favourites.json` in the user's folder of settings.

use crate::place;
use crate::tongue::tr;
use hookswitch::{AppId, Dial, Handle, HandleKind};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const FILE: &str = "favourites.json";

/// Somebody, through one app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Favourite {
    /// The app it is called with.
    pub app: AppId,
    /// The other end.
    pub handle: Handle,
    /// What to call it.
    pub name: String,
}

impl Favourite {
    /// Whether it is that one, whatever it is called.
    pub fn is(&self, app: &AppId, handle: &Handle) -> bool {
        self.app == *app && self.handle.kind == handle.kind && self.handle.value == handle.value
    }

    /// Call it.
    pub fn dial(&self) -> Dial {
        let handle = Handle { display_name: Some(self.name.clone()), ..self.handle.clone() };
        Dial::new(self.app.clone(), handle)
    }

    fn to_json(&self) -> Value {
        json!({
            "app": self.app.to_string(),
            "handle_kind": self.handle.kind.name(),
            "handle": self.handle.value,
            "name": self.name,
        })
    }

    fn from_json(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        let kind = HandleKind::from_name(&text("handle_kind")?)?;
        let handle = Handle::new(kind, text("handle")?);
        Some(Self { app: text("app")?.into(), handle, name: text("name")? })
    }
}

/// All of them, in the order in which they were starred.
#[derive(Clone, Debug, Default)]
pub struct Favourites {
    path: Option<PathBuf>,
    all: Vec<Favourite>,
    /// Why the file is left alone.
    broken: Option<String>,
}

impl Favourites {
    /// Read them from this folder. A file that is not understood is not written to, and says why.
    pub fn read(folder: Option<&Path>) -> Self {
        let Some(path) = folder.map(|folder| folder.join(FILE)) else {
            let broken = Some(tr("Favourites cannot be kept: HOME is not set. Set it."));
            return Self { broken, ..Self::default() };
        };
        let (all, broken) = match place::read(&path, parse) {
            Ok(all) => (all, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        Self { path: Some(path), all, broken }
    }

    /// They.
    pub fn all(&self) -> &[Favourite] {
        &self.all
    }

    /// Why there are none, if the file is the reason; with what to do.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Whether that one is among them.
    pub fn has(&self, app: &AppId, handle: &Handle) -> bool {
        self.all.iter().any(|one| one.is(app, handle))
    }

    /// Star it, or not any more.
    ///
    /// # Errors
    /// In words, with what to do: the file is broken, or cannot be written. Nothing changed then.
    pub fn turn(&mut self, favourite: Favourite) -> Result<(), String> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        let mut all = self.all.clone();
        let before = all.len();
        all.retain(|one| !one.is(&favourite.app, &favourite.handle));
        if all.len() == before {
            all.push(favourite);
        }
        let Some(path) = &self.path else { return Ok(()) };
        let list: Vec<Value> = all.iter().map(Favourite::to_json).collect();
        let text = format!("{:#}\n", Value::Array(list));
        place::replace(path, &text)?;
        self.all = all;
        Ok(())
    }
}

/// All or nothing: whoever wrote a line that is not understood meant something by it.
fn parse(text: &str) -> Option<Vec<Favourite>> {
    let list: Value = serde_json::from_str(text).ok()?;
    list.as_array()?.iter().map(Favourite::from_json).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn anna() -> Favourite {
        let handle = Handle::new(HandleKind::PhoneNumber, "+49301234567");
        Favourite { app: "org.example.Chat".into(), handle, name: "Anna".to_owned() }
    }

    #[test]
    fn what_was_starred_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let read = || Favourites::read(Some(folder.path()));
        read().turn(anna()).unwrap();
        assert_eq!(read().all(), [anna()]);
        assert!(read().has(&anna().app, &anna().handle));
        assert!(!read().has(&"org.example.Talk".into(), &anna().handle));
        read().turn(anna()).unwrap();
        assert!(read().all().is_empty());
    }

    #[test]
    fn a_broken_file_says_so_and_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        for broken in ["[{", "{}", r#"[{"app": "a"}]"#] {
            fs::write(folder.path().join(FILE), broken).unwrap();
            let mut read = Favourites::read(Some(folder.path()));
            assert!(read.broken().unwrap().contains("is not understood"));
            assert!(read.turn(anna()).is_err());
            assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), broken);
        }
    }

    #[test]
    fn without_a_place_nothing_is_promised() {
        assert!(Favourites::read(None).turn(anna()).is_err());
    }
}
