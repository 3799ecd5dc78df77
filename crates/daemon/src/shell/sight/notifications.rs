//! What the desktop's notification server shows of calls, by the Desktop Notifications Specification.
//!
//! It is asked what it can do when the first call needs it, never waited for, and told again when it is another one.
//! What it says the user did counts only if it comes from the owner of its name.

use super::BUS;
use super::note::{About, CALL_BACK, Kind, Note};
use super::unseen::Reach;
use crate::outbox::{Foreign, Outbox};
use hookswitch_core::words::{CallNumber, ChoiceKind};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use zbus::message::Type;
use zbus::{DynamicType, Message, Variant};

/// Its name, and its interface.
pub const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// A click on the notification itself.
const DEFAULT: &str = "default";
/// Servers that have actions but draw no button for them: seen with mako 1.7 and dunst 1.9.
const DRAW_NO_BUTTONS: [&str; 2] = ["mako", "dunst"];
/// Why one was closed: the user did.
const DISMISSED: u32 = 2;
/// It stays until it is closed.
const NEVER: i32 = 0;

/// What the user did to a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Took one of the choices that were shown, of that revision.
    Choose(CallNumber, ChoiceKind, u64),
    /// Wants to see the call.
    Open(Option<String>),
    /// Wants quiet.
    Silence(CallNumber),
    /// Wants to call back who was missed.
    CallBack(CallNumber),
    /// Has read of a missed call.
    Forget(CallNumber),
    /// Has seen it and closed it; it does not ring.
    Dismiss(CallNumber),
    /// Nothing: the server closed what showed the call.
    Close(CallNumber),
}

/// What a server can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Can {
    actions: bool,
    body: bool,
    markup: bool,
    /// The user sees a button for each action; `None`: it is being asked what it is called.
    buttons: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Server {
    /// Nobody asked yet.
    Unknown,
    /// The bus starts it, if it does not run.
    Starting(u32),
    /// The bus is asked who it is: only the bus knows.
    Owner(u32),
    /// It is being asked what it can do.
    Asked { owner: String, serial: u32 },
    /// It is there. `name`: the question what it is called.
    There { owner: String, can: Can, name: Option<u32> },
    /// There is none.
    Absent,
}

/// A notification that the server has, or is about to have.
#[derive(Debug)]
struct Shown {
    note: Note,
    /// Its number, once the server said so.
    id: Option<u32>,
    /// The revision of what the user certainly sees.
    seen: u64,
    /// What the server was sent last and has not answered: the call, and the revision.
    asked: Option<(u32, u64)>,
    /// It is to go as soon as it has a number.
    closing: bool,
    /// The user took an action on it: that it closes then is no wish.
    used: bool,
    /// With which the window may come up.
    token: Option<String>,
}

/// See the head of this module.
#[derive(Debug)]
pub(crate) struct Notifications {
    server: Server,
    /// The desktop entry they are of.
    entry: String,
    listens: bool,
    shown: BTreeMap<About, Shown>,
    /// Closed before their time: not shown again while they are of this kind.
    gone: BTreeMap<About, Kind>,
    lost: Vec<CallNumber>,
}

impl Notifications {
    pub fn new(entry: String) -> Self {
        Self {
            server: Server::Unknown,
            entry,
            listens: false,
            shown: BTreeMap::new(),
            gone: BTreeMap::new(),
            lost: Vec::new(),
        }
    }

    /// Whether any is shown, or there is somebody to show one.
    pub fn is_of_use(&self) -> bool {
        !self.shown.is_empty() || self.server != Server::Absent
    }

    /// From now on these are shown, and no others.
    pub fn show(&mut self, mut wanted: BTreeMap<About, Note>, out: &mut Outbox) {
        self.gone.retain(|about, kind| wanted.get(about).is_some_and(|note| note.kind == *kind));
        wanted.retain(|about, _| !self.gone.contains_key(about));
        if wanted.is_empty() && self.shown.is_empty() {
            return;
        }
        match self.server {
            Server::Unknown => return self.ask(out),
            Server::There { .. } => {}
            _ => return,
        }
        let over: Vec<About> =
            self.shown.keys().filter(|about| !wanted.contains_key(about)).copied().collect();
        over.into_iter().for_each(|about| self.close(about, out));
        for (about, note) in wanted {
            self.put(about, note, out);
        }
    }

    /// Call the server itself, whoever may have its name by then.
    fn call<B: Serialize + DynamicType>(
        &self,
        member: &str,
        body: &B,
        out: &mut Outbox,
    ) -> Option<u32> {
        let Server::There { owner: to, .. } = &self.server else { return None };
        out.call_foreign(&Foreign { to, path: PATH, interface: NAME, member, starts: false }, body)
    }

    fn ask(&mut self, out: &mut Outbox) {
        if !self.listens {
            self.listens = true;
            // Of the bus: who has the name. Of whoever has it: what the user did.
            let owners = format!(
                "type='signal',sender='{BUS}',interface='{BUS}',member='NameOwnerChanged',arg0='{NAME}'"
            );
            let acts = format!("type='signal',sender='{NAME}',interface='{NAME}',path='{PATH}'");
            out.ask_bus("AddMatch", &owners);
            out.ask_bus("AddMatch", &acts);
        }
        let asked = out.start(NAME);
        self.server = asked.map_or(Server::Absent, Server::Starting);
    }

    fn question(to: &str, member: &str, out: &mut Outbox) -> Option<u32> {
        let question = Foreign { to, path: PATH, interface: NAME, member, starts: false };
        out.call_foreign(&question, &())
    }

    fn asked(owner: String, out: &mut Outbox) -> Option<Server> {
        let serial = Self::question(&owner, "GetCapabilities", out)?;
        Some(Server::Asked { owner, serial })
    }

    /// Whether there is a server whose actions have no buttons that the user sees, as far as is known.
    pub fn has_no_buttons(&self) -> bool {
        matches!(&self.server, Server::There { can, .. } if can.buttons != Some(true))
    }

    /// The calls whose notification the server refused to change. Each once.
    pub fn lost(&mut self) -> Vec<CallNumber> {
        std::mem::take(&mut self.lost)
    }

    /// What it does for the user to learn of this.
    pub fn reach(&self, about: About) -> Reach {
        match &self.server {
            Server::Absent => Reach::Not,
            Server::There { can, .. } if can.buttons == Some(false) => Reach::Not,
            Server::There { .. } if self.gone.contains_key(&about) => Reach::Not,
            Server::There { can, .. } => match self.shown.get(&about) {
                Some(shown) if shown.id.is_some() && can.buttons.is_some() => Reach::Shown,
                _ => Reach::Pending,
            },
            _ => Reach::Pending,
        }
    }

    fn close(&mut self, about: About, out: &mut Outbox) {
        let Some(shown) = self.shown.get_mut(&about) else { return };
        match shown.id {
            Some(id) => {
                self.call("CloseNotification", &id, out);
                self.shown.remove(&about);
            }
            // One that is not known to be there cannot be closed.
            None if shown.asked.is_some() => shown.closing = true,
            None => {
                self.shown.remove(&about);
            }
        }
    }

    fn put(&mut self, about: About, note: Note, out: &mut Outbox) {
        if let Some(shown) = self.shown.get_mut(&about) {
            shown.closing = false;
            if shown.note.looks_like(&note) {
                // The user sees what they would see.
                shown.note.revision = note.revision;
                match &mut shown.asked {
                    Some((_, revision)) => *revision = note.revision,
                    None => shown.seen = note.revision,
                }
                return;
            }
            // One after the other: it is replaced by its number.
            if shown.asked.is_some() {
                return;
            }
        }
        let id = self.shown.get(&about).and_then(|shown| shown.id);
        let asked = self.send(&note, id, out).map(|serial| (serial, note.revision));
        let shown = self.shown.entry(about).or_insert_with(|| Shown {
            note: note.clone(),
            id: None,
            seen: note.revision,
            asked: None,
            closing: false,
            used: false,
            token: None,
        });
        shown.asked = asked;
        shown.used = false;
        shown.note = note;
    }

    fn send(&self, note: &Note, replaces: Option<u32>, out: &mut Outbox) -> Option<u32> {
        let Server::There { can: Can { actions, body, markup, .. }, .. } = self.server else {
            return None;
        };
        let open = (DEFAULT, super::sentences::open());
        let all = note.actions.iter().chain([&open]).filter(|_| actions);
        let buttons: Vec<&str> = all.flat_map(|(word, text)| [*word, text]).collect();
        let text = match (body, markup) {
            (false, _) => String::new(),
            (true, false) => note.body.clone(),
            (true, true) => escaped(&note.body),
        };
        let mut hints = HashMap::from([
            ("urgency", Variant::from(note.kind.urgency())),
            ("category", Variant::from(note.kind.category())),
            // The ring is the service's.
            ("suppress-sound", Variant::from(true)),
            ("desktop-entry", Variant::from(self.entry.as_str())),
        ]);
        if note.kind != Kind::Unanswered {
            hints.insert("resident", Variant::from(true));
        }
        let icon = match note.kind {
            Kind::Unanswered => "call-missed",
            _ => "call-start",
        };
        let body = (
            "Hookswitch",
            replaces.unwrap_or(0),
            icon,
            note.summary.as_str(),
            text,
            buttons,
            hints,
            NEVER,
        );
        self.call("Notify", &body, out)
    }

    /// Whether this answers something that it was asked. Then what is wanted has to be looked at again.
    pub fn answered(&mut self, message: &Message, serial: u32, out: &mut Outbox) -> bool {
        let header = message.header();
        let fine = message.message_type() == Type::MethodReturn;
        let sender = header.sender().map_or("", |sender| sender.as_str());
        match &self.server {
            Server::Starting(of) if *of == serial && sender == BUS => {
                // The bus does not start one that it has no file of, also if it runs.
                let asked = out.ask_bus("GetNameOwner", &NAME);
                self.server = asked.map_or(Server::Absent, Server::Owner);
                return false;
            }
            Server::Owner(of) if *of == serial && sender == BUS => {
                let owner = message.body().deserialize::<String>().ok().filter(|_| fine);
                self.server =
                    owner.and_then(|owner| Self::asked(owner, out)).unwrap_or(Server::Absent);
                // Where there is none, that is to be known at once.
                return self.server == Server::Absent;
            }
            // Who is gone says nothing; then the bus says that.
            Server::Asked { owner, serial: of }
                if *of == serial && (sender == owner || sender == BUS) =>
            {
                let words: Vec<String> = message.body().deserialize().unwrap_or_default();
                let has = |word: &str| words.iter().any(|of| of == word);
                let (actions, body, markup) = (has("actions"), has("body"), has("body-markup"));
                let (owner, asks) = (owner.clone(), fine && actions);
                let name =
                    if asks { Self::question(&owner, "GetServerInformation", out) } else { None };
                let buttons = if name.is_some() { None } else { Some(false) };
                let can = Can { actions, body, markup, buttons };
                self.server = match fine {
                    false => Server::Absent,
                    true => Server::There { owner, can, name },
                };
                return true;
            }
            Server::There { owner, can, name: Some(of) }
                if *of == serial && (sender == owner || sender == BUS) =>
            {
                let said = message.body().deserialize::<(String, String, String, String)>();
                let name = said.ok().filter(|_| fine).map(|(name, ..)| name.to_lowercase());
                let buttons = name.is_some_and(|name| !DRAW_NO_BUTTONS.contains(&name.as_str()));
                let can = Can { buttons: Some(buttons), ..*can };
                self.server = Server::There { owner: owner.clone(), can, name: None };
                return true;
            }
            Server::There { owner, .. } if sender == owner || sender == BUS => {}
            _ => return false,
        }
        let asked = |shown: &Shown| shown.asked.is_some_and(|(of, _)| of == serial);
        let Some(about) = self.shown.iter().find(|(_, of)| asked(of)).map(|(about, _)| *about)
        else {
            return false;
        };
        let id = message.body().deserialize::<u32>().ok().filter(|_| fine);
        if let Some(shown) = self.shown.get_mut(&about) {
            let (_, revision) = shown.asked.take().unwrap_or_default();
            match id {
                Some(id) => (shown.id, shown.seen) = (Some(id), revision),
                // It does not want it. It is not asked again for the same.
                None => {
                    self.gone.insert(about, shown.note.kind);
                    // What it shows is not true any more.
                    if shown.id.is_some()
                        && let About::Call(call) = about
                    {
                        self.lost.push(call);
                    }
                    self.close(about, out);
                    return true;
                }
            }
            if shown.closing {
                self.close(about, out);
            }
        }
        true
    }

    /// The name has another owner, or none. Then what is wanted has to be looked at again.
    pub fn owner_changed(&mut self, new: &str) {
        // Whatever the old one showed is gone with it.
        self.shown.clear();
        self.server = match new {
            "" => Server::Absent,
            _ => Server::Unknown,
        };
    }

    /// What the user did, by a signal of the server.
    pub fn told(&mut self, message: &Message) -> Option<Act> {
        let header = message.header();
        let sender = header.sender()?;
        let Server::There { owner, .. } = &self.server else { return None };
        if owner != sender.as_str() {
            tracing::warn!("dropped a notification's answer that did not come from its server");
            return None;
        }
        let body = message.body();
        match header.member()?.as_str() {
            "ActionInvoked" => {
                let (id, word): (u32, &str) = body.deserialize().ok()?;
                self.invoked(id, word)
            }
            "ActivationToken" => {
                let (id, token): (u32, String) = body.deserialize().ok()?;
                let shown = self.shown.values_mut().find(|shown| shown.id == Some(id))?;
                shown.token = Some(token);
                None
            }
            "NotificationClosed" => {
                let (id, reason): (u32, u32) = body.deserialize().ok()?;
                self.closed(id, reason)
            }
            _ => None,
        }
    }

    fn invoked(&mut self, id: u32, word: &str) -> Option<Act> {
        let (about, shown) = self.shown.iter_mut().find(|(_, shown)| shown.id == Some(id))?;
        shown.used = true;
        if word == DEFAULT {
            return Some(Act::Open(shown.token.take()));
        }
        match *about {
            About::Missed(call) => (word == CALL_BACK).then_some(Act::CallBack(call)),
            About::Call(call) => {
                // What was not offered is not taken; what is offered no more, the core refuses.
                let kind = ChoiceKind::from_name(word)?;
                Some(Act::Choose(call, kind, shown.seen))
            }
        }
    }

    fn closed(&mut self, id: u32, reason: u32) -> Option<Act> {
        let shown = self.shown.iter().find(|(_, shown)| shown.id == Some(id));
        let about = shown.map(|(about, _)| *about)?;
        let shown = self.shown.remove(&about)?;
        let by_user = reason == DISMISSED && !shown.used;
        match about {
            About::Missed(call) => Some(Act::Forget(call)),
            // A server that closes it with every action has not been told to.
            About::Call(_) if shown.used => None,
            About::Call(call) => {
                self.gone.insert(about, shown.note.kind);
                Some(match shown.note.kind {
                    _ if !by_user => Act::Close(call),
                    Kind::Incoming => Act::Silence(call),
                    _ => Act::Dismiss(call),
                })
            }
        }
    }
}

/// As text in the markup of bodies.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
