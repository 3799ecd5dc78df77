//! What is done so that the user sees a call: the call screen is started, and the desktop's notifications show it meanwhile.
//!
//! Everything goes over the connection there is, in messages whose answers come when they come: nobody is waited for.

mod note;
mod notifications;
mod screen;
mod sentences;
mod taste;

use crate::outbox::Foreign;
use crate::service::Service;
use hookswitch_core::words::{
    CallNumber, CallState, CallUuid, ProviderId, RecentsEntry, RequestId, SurfaceId, Timestamp,
};
use hookswitch_core::{Effect, Input, Requested, Requester, StartDetails};
use note::{About, Note};
use notifications::{Act, Notifications};
use screen::Screen;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::env;
use std::path::PathBuf;
use taste::{Taste, When};
use uuid::Uuid;
use zbus::message::Type;
use zbus::{Message, Variant};

/// The call screen that comes with Hookswitch.
const SCREEN: &str = "org.hookswitch.Phone";
const BUS: &str = "org.freedesktop.DBus";
/// The surface that notifications are; others are counted up from 1.
const NOTIFICATIONS: SurfaceId = SurfaceId(u64::MAX);
/// Missed calls that are told of at once; the list has all.
const MISSED: usize = 20;

/// How calls come to be seen.
#[derive(Clone, Debug)]
pub struct ShellSettings {
    /// The bus name of the call screen to start; `None`: none is started.
    pub screen: Option<String>,
    /// Where `notifications.json` is.
    pub config: Option<PathBuf>,
}

impl ShellSettings {
    /// What the environment says.
    pub fn from_env(config: Option<PathBuf>) -> Self {
        let screen = env::var("HOOKSWITCH_SCREEN").unwrap_or_else(|_| SCREEN.to_owned());
        Self { screen: Some(screen).filter(|name| name != "off" && !name.is_empty()), config }
    }
}

/// See the head of this module.
#[derive(Debug)]
pub(crate) struct Shell {
    screen: Screen,
    notifications: Notifications,
    /// What the call screen is called.
    name: String,
    config: Option<PathBuf>,
    taste: Taste,
    /// Calls that no surface shows.
    unseen: BTreeSet<CallNumber>,
    /// Calls that were missed and nobody has read of, with the name of their app.
    missed: BTreeMap<CallNumber, (RecentsEntry, String)>,
    /// What is shown may have to be something else.
    changed: bool,
}

impl Shell {
    pub fn new(settings: ShellSettings) -> Self {
        let name = settings.screen.clone().unwrap_or_else(|| SCREEN.to_owned());
        Self {
            screen: Screen::new(settings.screen),
            notifications: Notifications::new(name.clone()),
            name,
            config: settings.config,
            taste: Taste::default(),
            unseen: BTreeSet::new(),
            missed: BTreeMap::new(),
            changed: false,
        }
    }

    /// When [`Service::tend_shell`] has something to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.screen.next_deadline(!self.unseen.is_empty())
    }

    /// The user looks at another desktop, or at none: the setting may be another one by the next call.
    fn read_taste(&mut self) {
        if self.unseen.is_empty() && self.missed.is_empty() {
            self.taste = Taste::read(self.config.as_deref());
        }
    }
}

impl Service {
    /// Which calls are seen changed, or what there is to see of them.
    pub fn follow_sight(&mut self, now: Timestamp, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Unseen(call) => {
                    self.shell.read_taste();
                    self.shell.unseen.insert(*call);
                }
                Effect::Seen(call) => {
                    self.shell.unseen.remove(call);
                }
                Effect::Change(change) => {
                    let ended = change.calls.iter().filter(|view| view.state == CallState::Ended);
                    for view in ended {
                        self.shell.unseen.remove(&view.number);
                    }
                }
                Effect::Record(entry) if entry.ended.is_some() && entry.listed => self.miss(entry),
                _ => continue,
            }
            self.shell.changed = true;
        }
        self.start_screen(now);
    }

    fn miss(&mut self, entry: &RecentsEntry) {
        if !entry.is_missed() {
            return;
        }
        self.shell.read_taste();
        let app = self.app_name(entry);
        self.shell.missed.insert(entry.number, (entry.clone(), app));
        if self.shell.missed.len() > MISSED {
            self.shell.missed.pop_first();
        }
    }

    /// What the app of that call is called.
    fn app_name(&self, entry: &RecentsEntry) -> String {
        let mut all = self.core.providers();
        let running = all.find(|(_, app, _)| **app == entry.app).map(|(id, ..)| id);
        let name = running.and_then(|id| self.name_of(id));
        name.unwrap_or_else(|| entry.app.to_string())
    }

    fn name_of(&self, provider: ProviderId) -> Option<String> {
        let peer = self.peers.provider(provider)?;
        Some(sentences::plain(&peer.app_name)).filter(|name| !name.is_empty())
    }

    fn start_screen(&mut self, now: Timestamp) {
        let wanted = !self.shell.unseen.is_empty();
        self.shell.screen.start(now, wanted, &mut self.out);
    }

    /// What is due of it.
    pub fn tend_shell(&mut self, now: Timestamp) {
        self.start_screen(now);
    }

    /// Show what there is to show now, if anything of it changed.
    pub fn show_notifications(&mut self) {
        if !std::mem::take(&mut self.shell.changed) || !self.shell.notifications.is_of_use() {
            return;
        }
        let Taste { show, hide_details } = self.shell.taste;
        let mut wanted = BTreeMap::new();
        let live = show == When::Always || !self.shell.unseen.is_empty();
        let calls = if live { self.core.calls() } else { Vec::new() };
        for call in &calls {
            if show != When::Always && !self.shell.unseen.contains(&call.number) {
                continue;
            }
            let app = self.name_of(call.provider).unwrap_or_else(|| call.app().to_string());
            let note = Note::of(call, &app, &calls, hide_details);
            wanted.extend(note.map(|note| (About::Call(call.number), note)));
        }
        let missed = self.shell.missed.iter().map(|(number, (entry, app))| {
            (About::Missed(*number), Note::missed(entry, app, hide_details))
        });
        wanted.extend(missed);
        if show == When::Never {
            wanted.clear();
        }
        self.shell.notifications.show(wanted, &mut self.out);
    }

    /// Whether this answers a question of the shell's.
    pub fn shell_answered(&mut self, message: &Message, serial: u32, sender: &str) -> bool {
        if sender == BUS {
            let header = message.header();
            let error = (message.message_type() == Type::Error).then(|| header.error_name());
            let error = error.map(|name| name.map_or("", |name| name.as_str()));
            if self.shell.screen.answered(self.clock.now().at, serial, error) {
                return true;
            }
        }
        // The bus answers for a server that there is not.
        let answered = self.shell.notifications.answered(message, serial, &mut self.out);
        if answered {
            self.shell.changed = true;
            self.show_notifications();
        }
        answered
    }

    /// A signal of the notification server.
    pub fn notifications_told(&mut self, message: &Message) {
        if let Some(act) = self.shell.notifications.told(message) {
            self.act(act);
        }
        self.shell.changed = true;
        self.show_notifications();
    }

    /// A name has another owner, or none.
    pub fn name_changed(&mut self, name: &str, new: &str) {
        if name == notifications::NAME {
            self.shell.notifications.owner_changed(new);
            self.shell.changed = true;
            self.show_notifications();
        }
    }

    /// The user did that on a notification.
    fn act(&mut self, act: Act) {
        match act {
            Act::Choose(call, kind, revision) => {
                self.wish(Requested::Choose(call, kind), Some(revision));
            }
            Act::Silence(call) => {
                let request = RequestId(self.fresh());
                self.decide(Input::Silence { surface: NOTIFICATIONS, request, call }, None);
            }
            Act::Open(token) => self.open_screen(token),
            Act::CallBack(call) => {
                let Some((entry, _)) = self.shell.missed.remove(&call) else { return };
                self.wish(
                    Requested::Start(StartDetails {
                        app: Some(entry.app),
                        account: Some(entry.account),
                        uuid: CallUuid(Uuid::new_v4().as_u128()),
                        handle: (*entry.handle).clone(),
                        video: entry.video,
                        emergency: false,
                    }),
                    None,
                );
            }
            Act::Forget(call) => {
                self.shell.missed.remove(&call);
            }
        }
    }

    fn wish(&mut self, wish: Requested, revision: Option<u64>) {
        let request = RequestId(self.fresh());
        let requester = Requester::Surface(NOTIFICATIONS);
        let input = Input::Request { requester, request, actions: vec![wish], revision };
        self.decide(input, None);
    }

    /// Bring the call screen's window up. Never anything else: a click on a notification answers nothing.
    fn open_screen(&mut self, token: Option<String>) {
        let path = format!("/{}", self.shell.name.replace('.', "/").replace('-', "_"));
        let activate = Foreign {
            to: &self.shell.name,
            path: &path,
            interface: "org.freedesktop.Application",
            member: "Activate",
            starts: true,
        };
        let token = token.as_deref().map(|token| ("activation-token", Variant::from(token)));
        let data: HashMap<&str, Variant<'_>> = token.into_iter().collect();
        self.out.call(&activate, &(data,));
    }
}
