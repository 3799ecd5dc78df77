//! Whether a call is seen: what is done so that the user sees a call: the call screen is started, and the desktop's notifications show it meanwhile.
//!
//! Everything goes over the connection there is, in messages whose answers come when they come: nobody is waited for.

mod note;
mod notifications;
mod screen;
mod sentences;
mod taste;
mod unseen;

use crate::outbox::Foreign;
use crate::service::Service;
use hookswitch_bus::names;
use hookswitch_core::words::{
    CallNumber, CallState, CallUuid, ProviderId, RecentsEntry, RequestId, SurfaceId, Timestamp,
};
use hookswitch_core::{Effect, Input, Requested, StartDetails};
use note::{About, Note};
use notifications::{Act, Notifications};
use screen::Screen;
use std::collections::{BTreeMap, HashMap};
use std::env;
use std::path::PathBuf;
use taste::{Taste, When};
use unseen::{Reach, Unseen};
use uuid::Uuid;
use zbus::message::Type;
use zbus::{Message, Variant};

/// The call screen that comes with Hookswitch.
const SCREEN: &str = "org.hookswitch.Phone";
const BUS: &str = "org.freedesktop.DBus";
/// The surface that notifications are; others are counted up from 1.
const NOTIFICATIONS: SurfaceId = SurfaceId(u64::MAX - 1);
/// Missed calls that are told of at once; the list has all.
const MISSED: usize = 20;

/// How calls come to be seen.
#[derive(Clone, Debug)]
pub struct SightSettings {
    /// The bus name of the call screen to start; `None`: none is started.
    pub screen: Option<String>,
    /// Where `notifications.json` is.
    pub config: Option<PathBuf>,
}

impl SightSettings {
    /// What the environment says.
    pub fn from_env(config: Option<PathBuf>) -> Self {
        let screen = env::var("HOOKSWITCH_SCREEN").unwrap_or_else(|_| SCREEN.to_owned());
        Self { screen: Some(screen).filter(|name| name != "off" && !name.is_empty()), config }
    }
}

/// See the head of this module.
#[derive(Debug)]
pub(crate) struct Sight {
    screen: Screen,
    notifications: Notifications,
    /// What the call screen is called.
    name: String,
    config: Option<PathBuf>,
    taste: Taste,
    /// Calls that no surface shows.
    unseen: Unseen,
    /// For one of them at least a call screen has to be started.
    needs_screen: bool,
    /// Calls that were missed and nobody has read of, with the name of their app.
    missed: BTreeMap<CallNumber, (RecentsEntry, String)>,
    /// What is shown may have to be something else.
    changed: bool,
}

impl Sight {
    pub fn new(settings: SightSettings) -> Self {
        let name = settings.screen.clone().unwrap_or_else(|| SCREEN.to_owned());
        Self {
            screen: Screen::new(settings.screen),
            notifications: Notifications::new(name.clone()),
            name,
            config: settings.config,
            taste: Taste::default(),
            unseen: Unseen::default(),
            needs_screen: false,
            missed: BTreeMap::new(),
            changed: false,
        }
    }

    /// When [`Service::tend_sight`] has something to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let screen = self.screen.next_deadline(self.needs_screen);
        [screen, self.unseen.next_deadline()].into_iter().flatten().min()
    }

    /// That surface is about to leave this call to others.
    pub fn is_left(&mut self, surface: SurfaceId, call: CallNumber) {
        self.unseen.leaves(surface, call);
    }

    /// That surface shows it after all.
    pub fn is_taken(&mut self, surface: SurfaceId, call: CallNumber) {
        self.unseen.takes(surface, call);
    }

    /// What a notification does for this call.
    fn reach(&self, call: CallNumber) -> Reach {
        match self.taste.show {
            When::Never => Reach::Not,
            _ => self.notifications.reach(About::Call(call)),
        }
    }

    /// The setting may be another one by the next call.
    fn read_taste(&mut self) {
        if self.unseen.is_empty() {
            self.taste = Taste::read(self.config.as_deref());
        }
    }
}

impl Service {
    /// Which calls are seen changed, or what there is to see of them.
    pub fn follow_sight(&mut self, now: Timestamp, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Unseen(call) if self.has_own_window(*call) => continue,
                Effect::Unseen(call) => {
                    self.sight.read_taste();
                    self.sight.unseen.insert(now, *call);
                }
                Effect::Seen(call) => self.sight.unseen.remove(*call),
                Effect::Change(change) => {
                    for view in &change.calls {
                        if view.state != CallState::Ringing {
                            self.sight.unseen.rings_no_more(view.number);
                        }
                        // One that is over in a moment need not be shown any more.
                        if matches!(view.state, CallState::Ending | CallState::Ended) {
                            self.sight.unseen.remove(view.number);
                        }
                    }
                }
                Effect::Record(entry) if entry.ended.is_some() && entry.listed => self.miss(entry),
                _ => continue,
            }
            self.sight.changed = true;
        }
        self.start_screen(now);
    }

    fn miss(&mut self, entry: &RecentsEntry) {
        if !entry.is_missed() || self.is_told_of_by_gnome_app(entry) {
            return;
        }
        self.sight.read_taste();
        if self.sight.taste.show == When::Never {
            return;
        }
        let app = self.app_name(entry);
        self.sight.missed.insert(entry.number, (entry.clone(), app));
        if self.sight.missed.len() > MISSED {
            self.sight.missed.pop_first();
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
        let there = |surface| self.peers.surfaces().iter().any(|(of, _)| *of == surface);
        let needs = self.sight.unseen.needs_screen(there);
        self.sight.needs_screen = needs;
        self.sight.screen.start(now, needs, &mut self.out);
    }

    /// What is due of it.
    pub fn tend_sight(&mut self, now: Timestamp) {
        self.start_screen(now);
        if self.sight.unseen.next_deadline().is_some_and(|at| at <= now) {
            self.sight.changed = true;
            self.show_notifications();
        }
    }

    /// Show what there is to show now, if anything of it changed; and tell the surfaces of what can be shown by nobody but them.
    pub fn show_notifications(&mut self) {
        if !std::mem::take(&mut self.sight.changed) {
            return;
        }
        // First: what has waited for a surface waits no more when its time is up.
        let told = self.settle();
        self.show_wanted();
        for call in told.into_iter().chain(self.settle()) {
            for (_, connection) in self.peers.surfaces() {
                self.out.signal(connection, names::SURFACE, "PresentCall", &call.0);
            }
        }
    }

    fn settle(&mut self) -> Vec<CallNumber> {
        if self.sight.unseen.is_empty() {
            return Vec::new();
        }
        let now = self.clock.now().at;
        let mut unseen = std::mem::take(&mut self.sight.unseen);
        let calls = unseen.settle(now, |call| self.sight.reach(call));
        self.sight.unseen = unseen;
        calls
    }

    fn show_wanted(&mut self) {
        if !self.sight.notifications.is_of_use() {
            return;
        }
        let Taste { show, hide_details } = self.sight.taste;
        let mut wanted = BTreeMap::new();
        let live = show == When::Always || !self.sight.unseen.is_empty();
        let calls = if live { self.core.calls() } else { Vec::new() };
        for call in &calls {
            let unseen = &self.sight.unseen;
            let waits = unseen.waits(call.number) && self.sight.notifications.has_no_buttons();
            if show != When::Always && (waits || !unseen.contains(call.number)) {
                continue;
            }
            let app = self.name_of(call.provider).unwrap_or_else(|| call.app().to_string());
            let note = Note::of(call, &app, &calls, hide_details);
            wanted.extend(note.map(|note| (About::Call(call.number), note)));
        }
        let missed = self.sight.missed.iter().map(|(number, (entry, app))| {
            (About::Missed(*number), Note::missed(entry, app, hide_details))
        });
        wanted.extend(missed);
        if show == When::Never {
            wanted.clear();
        }
        self.sight.notifications.show(wanted, &mut self.out);
    }

    /// Whether this answers a question of ours.
    pub fn sight_answered(&mut self, message: &Message, serial: u32, sender: &str) -> bool {
        if sender == BUS {
            let header = message.header();
            let error = (message.message_type() == Type::Error).then(|| header.error_name());
            let error = error.map(|name| name.map_or("", |name| name.as_str()));
            if self.sight.screen.answered(self.clock.now().at, serial, error) {
                return true;
            }
        }
        // The bus answers for a server that there is not.
        let answered = self.sight.notifications.answered(message, serial, &mut self.out);
        if answered {
            for call in self.sight.notifications.lost() {
                self.sight.unseen.begin_again(self.clock.now().at, Some(call));
            }
            self.sight.changed = true;
            self.show_notifications();
        }
        answered
    }

    /// A signal of the notification server.
    pub fn notifications_told(&mut self, message: &Message) {
        if let Some(act) = self.sight.notifications.told(message) {
            self.follow(act);
        }
        self.sight.changed = true;
        self.show_notifications();
    }

    /// A name has another owner, or none.
    pub fn name_changed(&mut self, name: &str, new: &str) {
        if name == notifications::NAME {
            self.sight.notifications.owner_changed(new);
            self.sight.unseen.begin_again(self.clock.now().at, None);
            self.sight.changed = true;
            self.show_notifications();
        }
    }

    /// The user did that on a notification.
    fn follow(&mut self, act: Act) {
        match act {
            Act::Choose(call, kind, revision) => {
                self.act(NOTIFICATIONS, Requested::Choose(call, kind), Some(revision), None);
            }
            Act::Silence(call) => {
                self.sight.unseen.dismiss(call);
                let request = RequestId(self.fresh());
                self.decide(Input::Silence { surface: NOTIFICATIONS, request, call }, None);
            }
            Act::Open(token) => self.open_screen(token),
            Act::CallBack(call) => {
                let Some((entry, _)) = self.sight.missed.remove(&call) else { return };
                self.act(
                    NOTIFICATIONS,
                    Requested::Start(StartDetails {
                        app: Some(entry.app),
                        account: Some(entry.account),
                        uuid: CallUuid(Uuid::new_v4().as_u128()),
                        handle: (*entry.handle).clone(),
                        video: entry.video,
                        emergency: false,
                    }),
                    None,
                    None,
                );
            }
            Act::Dismiss(call) => self.sight.unseen.dismiss(call),
            Act::Close(call) => self.sight.unseen.begin_again(self.clock.now().at, Some(call)),
            Act::Forget(call) => {
                self.sight.missed.remove(&call);
            }
        }
    }

    /// Bring the call screen's window up. Never anything else: a click on a notification answers nothing.
    fn open_screen(&mut self, token: Option<String>) {
        let path = format!("/{}", self.sight.name.replace('.', "/").replace('-', "_"));
        let activate = Foreign {
            to: &self.sight.name,
            path: &path,
            interface: "org.freedesktop.Application",
            member: "Activate",
            starts: true,
        };
        let token = token.as_deref().map(|token| ("activation-token", Variant::from(token)));
        let data: HashMap<&str, Variant<'_>> = token.into_iter().collect();
        self.out.call_foreign(&activate, &(data,));
    }
}
