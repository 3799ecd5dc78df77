//! GNOME Calls as an app: where it runs and owns its name, its calls are calls of the service, so that they and those of
//! every other app meet in one arbiter.
//!
//! It knows nothing of us. Its objects on the bus say how its calls stand, and what the core wants done becomes a call of a
//! method there, which is taken for done when the object shows it. Nobody is waited for, and nobody is believed but who
//! owns the name. Where the service owns the name itself, which `gnome_calls` sees to, there is no such app.

mod agree;
mod line;
mod object;
mod perform;
mod ring;
mod tell;

use super::gnome_calls::{CALL, CALLS, MANAGER, NAME, PROPERTIES, ROOT};
use crate::identity::{Attribution, attribute};
use crate::outbox::Foreign;
use crate::peers::{ProviderPeer, Question};
use crate::service::Service;
use hookswitch_core::words::{CallNumber, HandleKind, ProviderId, RecentsEntry, RequestId};
use hookswitch_core::{Account, Configuration, Effect, Input, Reply};
use line::Line;
use object::{Object, Properties, Stage};
use std::collections::HashMap;
use std::time::Duration;
use zbus::message::{Header, Type};
use zbus::{Connection, Message, OwnedObjectPath};

const BUS: &str = "org.freedesktop.DBus";
/// A body larger than this is not read.
const MAX_BODY: usize = 256 << 10;
/// Its accounts: telephone calls, and those of SIP.
const TELEPHONE: &str = "tel";
const SIP: &str = "sip";
/// Groups that it may have: it is the modem that has no line for more.
const GROUPS: usize = 10;
/// How long it may dial: the network gives up before that, and an announcement before the callee answers is no fault.
const STUCK: Duration = Duration::from_secs(3600);

type Interfaces = HashMap<String, Properties>;

/// See the head of this module.
#[derive(Debug)]
pub(crate) struct GnomeApp {
    /// Whether its calls are taken at all.
    on: bool,
    /// Ourselves, and the bus, as the bus calls them.
    own: String,
    bus: String,
    /// The question who has the name.
    asked: Option<u32>,
    line: Option<Line>,
}

impl GnomeApp {
    /// One whose calls are taken, or not.
    pub fn new(on: bool) -> Self {
        Self { on, own: String::new(), bus: String::new(), asked: None, line: None }
    }

    /// The line, while there are calls on it.
    fn in_call(&self) -> Option<&Line> {
        self.line.as_ref().filter(|line| !line.calls.is_empty())
    }

    /// Whether this provider is it.
    pub fn is(&self, provider: ProviderId) -> bool {
        self.line.as_ref().is_some_and(|line| line.provider == Some(provider))
    }

    /// Whether its calls have this app id, so that nobody else may.
    pub fn speaks_for(&self, app: &str) -> bool {
        self.on && app == NAME
    }
}

/// Everything that it says.
fn rule(owner: &str) -> String {
    format!("type='signal',sender='{owner}',path_namespace='{ROOT}'")
}

impl Service {
    pub(super) fn begin_gnome_app(&mut self, connection: &Connection) {
        let app = &mut self.shell.gnome_app;
        if !app.on {
            return;
        }
        app.own = connection.unique_name().map(ToString::to_string).unwrap_or_default();
        app.bus = connection.server_guid().to_string();
        let owners = format!(
            "type='signal',sender='{BUS}',interface='{BUS}',member='NameOwnerChanged',arg0='{NAME}'"
        );
        self.out.ask_bus("AddMatch", &owners);
        app.asked = self.out.ask_bus("GetNameOwner", &NAME);
    }

    /// A signal of the bus, or of whoever has the name.
    pub(super) fn gnome_app_heard(&mut self, header: &Header<'_>, message: &Message) {
        if !self.shell.gnome_app.on {
            return;
        }
        let sender = header.sender().map_or("", |sender| sender.as_str());
        let interface = header.interface().map_or("", |interface| interface.as_str());
        let member = header.member().map_or("", |member| member.as_str());
        let body = message.body();
        if (sender, interface, member) == (BUS, BUS, "NameOwnerChanged") {
            if let Ok((NAME, _, new)) = body.deserialize::<(&str, &str, &str)>() {
                self.gnome_app_owned_by(new);
            }
            return;
        }
        let from_it = |line: &&mut Line| line.owner == sender && line.provider.is_some();
        let Some(line) = self.shell.gnome_app.line.as_mut().filter(from_it) else { return };
        if body.len() > MAX_BODY {
            return;
        }
        let path = header.path().map_or("", |path| path.as_str());
        match (interface, member) {
            (MANAGER, "InterfacesAdded") if path == ROOT => {
                let added = body.deserialize::<(OwnedObjectPath, Interfaces)>();
                let Ok((path, interfaces)) = added else { return };
                self.gnome_call_added(path.as_str(), interfaces);
            }
            (MANAGER, "InterfacesRemoved") if path == ROOT => {
                let removed = body.deserialize::<(OwnedObjectPath, Vec<String>)>();
                let Ok((path, interfaces)) = removed else { return };
                if interfaces.iter().any(|interface| interface == CALL) {
                    self.gnome_call_removed(path.as_str());
                }
            }
            (PROPERTIES, "PropertiesChanged") => {
                let changed = body.deserialize::<(String, Properties, Vec<String>)>();
                let changed = changed.ok().filter(|(of, ..)| of == CALL);
                let Some((_, properties, _)) = changed else { return };
                let Some(call) = line.calls.get_mut(path) else { return };
                let before = call.object.stage;
                call.is_news |= call.object.change(properties);
                if call.object.stage != before {
                    (call.tried, call.refused) = (None, false);
                }
                self.agree_with_gnome_app();
            }
            _ => {}
        }
    }

    /// An answer of the bus or of it. Whether it was one that is waited for here.
    pub(super) fn gnome_app_answered(
        &mut self,
        serial: u32,
        sender: &str,
        message: &Message,
    ) -> bool {
        let app = &mut self.shell.gnome_app;
        let body = message.body();
        if sender == BUS && app.asked == Some(serial) {
            app.asked = None;
            // An error: nobody has it.
            if let Ok(owner) = body.deserialize::<&str>()
                && message.message_type() == Type::MethodReturn
            {
                self.gnome_app_owned_by(owner);
            }
            return true;
        }
        let Some(line) = app.line.as_mut().filter(|line| line.owner == sender) else {
            return false;
        };
        if line.asked == Some(serial) {
            line.asked = None;
            let objects = body.deserialize::<HashMap<OwnedObjectPath, Interfaces>>();
            match objects.ok().filter(|_| body.len() <= MAX_BODY) {
                Some(objects) => {
                    for (path, interfaces) in objects {
                        self.gnome_call_added(path.as_str(), interfaces);
                    }
                }
                None => tracing::warn!(
                    "GNOME Calls does not say which calls it has; those that come are seen all the same"
                ),
            }
            return true;
        }
        self.gnome_app_replied(serial, message)
    }

    /// The name has this owner now, or (empty) none.
    fn gnome_app_owned_by(&mut self, new: &str) {
        let app = &self.shell.gnome_app;
        if app.line.as_ref().is_some_and(|line| line.owner == new) {
            return;
        }
        let is_own = new == app.own;
        let line = Line::to(new, &app.bus);
        self.lose_gnome_app();
        if new.is_empty() || is_own {
            return;
        }
        // Who it is, is asked before anything of it counts.
        if let Some(serial) = self.out.ask_bus("GetConnectionCredentials", &new) {
            self.peers.ask(new, serial, Question::Credentials);
        }
        self.shell.gnome_app.line = Some(line);
    }

    /// It is known who this is.
    pub(super) fn gnome_app_known(&mut self, connection: &str) {
        let line = self.shell.gnome_app.line.as_ref();
        if line.is_none_or(|line| line.owner != connection || line.provider.is_some()) {
            return;
        }
        let peer = self.peers.get(connection);
        let is_provider = peer.is_some_and(|peer| peer.provider.is_some());
        let identity = peer.map(|peer| peer.identity.clone()).unwrap_or_default();
        let attribution = attribute(NAME, &identity, true, false, &self.data);
        let Some(attribution) = attribution.ok().filter(|_| !is_provider) else {
            tracing::warn!(
                "{NAME} is owned by another app: its calls are not taken from there. End that app, or set HOOKSWITCH_GNOME_CALLS=off."
            );
            self.shell.gnome_app.line = None;
            return;
        };
        self.register_gnome_app(connection, attribution);
    }

    fn register_gnome_app(&mut self, owner: &str, attribution: Attribution) {
        let (provider, request) = (ProviderId(self.fresh()), RequestId(self.fresh()));
        self.peers.add_provider(ProviderPeer {
            id: provider,
            connection: owner.to_owned(),
            app_name: attribution.name,
            verified: attribution.verified,
            emergency: false,
        });
        let account = |id: &str, label: &str| Account { id: id.into(), label: label.to_owned() };
        let configuration = Configuration {
            accounts: vec![account(TELEPHONE, ""), account(SIP, "SIP")],
            maximum_call_groups: GROUPS,
            maximum_calls_per_call_group: 1,
            supported_handle_kinds: vec![HandleKind::PhoneNumber],
            stuck: Some(STUCK),
            ..Configuration::default()
        };
        let app = NAME.into();
        let input = Input::Register { provider, request, app, configuration };
        let Some(Reply::Registered { adopt_until }) = self.decide(input, None) else {
            tracing::warn!("the calls of GNOME Calls are not taken: another app has its id");
            self.peers.remove_provider(owner);
            self.shell.gnome_app.line = None;
            return;
        };
        self.out.ask_bus("AddMatch", &rule(owner));
        let objects = Foreign {
            to: owner,
            path: ROOT,
            interface: MANAGER,
            member: "GetManagedObjects",
            starts: false,
        };
        let asked = self.out.call_foreign(&objects, &());
        if let Some(line) = &mut self.shell.gnome_app.line {
            line.provider = Some(provider);
            line.adopts = adopt_until.is_some();
            line.asked = asked;
        }
        tracing::info!("calls of GNOME Calls are calls of the service");
    }

    /// It has the name no more, or left the bus.
    fn lose_gnome_app(&mut self) {
        let Some(line) = self.shell.gnome_app.line.take() else { return };
        if let Some(provider) = line.provider {
            self.out.ask_bus("RemoveMatch", &rule(&line.owner));
            self.peers.remove_provider(&line.owner);
            self.decide(Input::ProviderLost { provider }, None);
        }
    }

    pub(super) fn gnome_app_left(&mut self, connection: &str) {
        if self.shell.gnome_app.line.as_ref().is_some_and(|line| line.owner == connection) {
            self.lose_gnome_app();
        }
    }

    fn gnome_call_added(&mut self, path: &str, mut interfaces: Interfaces) {
        let Some(properties) = interfaces.remove(CALL) else { return };
        let Some(line) = self.shell.gnome_app.line.as_mut() else { return };
        if !path.starts_with(CALLS) {
            return;
        }
        if let Some(known) = line.calls.get_mut(path) {
            known.is_news |= known.object.change(properties);
        } else if line.add(path, Object::new(properties)).is_some() {
            self.begin_gnome_call(path);
        }
        self.agree_with_gnome_app();
    }

    fn gnome_call_removed(&mut self, path: &str) {
        let Some(line) = self.shell.gnome_app.line.as_mut() else { return };
        let Some(call) = line.calls.get_mut(path) else { return };
        call.object.stage = Stage::Over;
        call.tried = None;
        self.agree_with_gnome_app();
        if let Some(line) = &mut self.shell.gnome_app.line {
            line.calls.remove(path);
        }
    }

    /// Tell the core what is different, one thing after the other.
    fn agree_with_gnome_app(&mut self) {
        if let Some(input) = self.next_of_gnome_app() {
            // What follows, follows in there.
            self.decide(input, None);
        }
    }

    /// Whether this call has a window of GNOME Calls, which shows it.
    pub fn has_own_window(&self, number: CallNumber) -> bool {
        let Some(line) = self.shell.gnome_app.in_call() else { return false };
        self.core.calls().iter().any(|view| view.number == number && line.has(view))
    }

    /// Whether GNOME Calls itself tells the user that this call was missed.
    pub fn is_told_of_by_gnome_app(&self, entry: &RecentsEntry) -> bool {
        let line = self.shell.gnome_app.line.as_ref();
        line.is_some_and(|line| line.provider.is_some()) && entry.app.as_str() == NAME
    }

    /// What was decided, as far as it answers what the core was told of its calls.
    pub fn note_for_gnome_app(&mut self, effects: &[Effect]) {
        if self.shell.gnome_app.line.is_none() {
            return;
        }
        for effect in effects {
            match effect {
                Effect::Reply(request, reply) => self.gnome_app_told(*request, *reply),
                Effect::Change(change) => {
                    let Some(line) = &mut self.shell.gnome_app.line else { return };
                    let own = change.finished.iter().filter(|(of, _)| *of == super::GNOME_APP);
                    own.for_each(|(_, finished)| line.finish(finished));
                }
                _ => {}
            }
        }
    }
}
