//! Calling back later whom one declined: kept in a file ([`kept`]), and brought to the user when it is time ([`alarm`]).

pub mod alarm;
pub mod card;
pub mod kept;
mod window;

pub use alarm::Alarm;
pub use window::ReminderWindow;

use hookswitch::{AppId, Call, Date, Dial, Handle, HandleKind};
use serde_json::{Value, json};

/// Somebody who is to be called back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// As it was called: through the same app and account.
    pub dial: Dial,
    /// What the app is called.
    pub app_name: String,
    /// What to call the other end.
    pub name: String,
    /// When to say so.
    pub due: Date,
}

impl Reminder {
    /// To call that one back, then.
    pub fn of(call: &Call, due: Date) -> Self {
        let name = call.who().to_owned();
        let handle = Handle { display_name: Some(name.clone()), ..call.handle.clone() };
        let mut dial = Dial::new(call.app.clone(), handle);
        dial.account = Some(call.account.clone());
        dial.video = call.video;
        Self { dial, app_name: call.app_name.clone(), name, due }
    }

    /// Whether it is about the same one, whenever that is.
    pub fn is_of(&self, other: &Self) -> bool {
        let of = |it: &Self| (it.dial.app.clone(), it.dial.handle.kind);
        of(self) == of(other) && self.dial.handle.value == other.dial.handle.value
    }

    fn to_json(&self) -> Value {
        json!({
            "app": self.dial.app.to_string(),
            "app_name": self.app_name,
            "account": self.dial.account.as_ref().map(ToString::to_string),
            "handle_kind": self.dial.handle.kind.name(),
            "handle": self.dial.handle.value,
            "name": self.name,
            "video": self.dial.video,
            "due_ms": self.due.0,
        })
    }

    fn from_json(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        let kind = HandleKind::from_name(&text("handle_kind")?)?;
        let (name, app) = (text("name")?, AppId::from(text("app")?));
        let mut handle = Handle::new(kind, text("handle")?);
        handle.display_name = Some(name.clone());
        let mut dial = Dial::new(app, handle);
        dial.account = text("account").map(Into::into);
        dial.video = value.get("video")?.as_bool()?;
        let due = Date(value.get("due_ms")?.as_i64()?);
        Some(Self { dial, app_name: text("app_name")?, name, due })
    }
}
