//! The interface of GNOME Calls, as far as Phosh's lock screen uses it: an object manager with the call that is shown.
//!
//! It has no way to say who may call it, so only Phosh itself is answered: the program that the system installed as that.
//! To everybody else there are no calls here.

use super::GNOME_CALLS;
use super::shown::{News, Page, Shown, State};
use crate::doors::Declined;
use crate::effects::{Form, Replying};
use crate::identity::{Identity, is_phosh};
use crate::outbox::Foreign;
use crate::peers::Question;
use crate::service::Service;
use hookswitch_bus::{CallRecord, Refusal};
use hookswitch_core::words::{CallState, DtmfDigits, DtmfType, RequestId, Timestamp};
use hookswitch_core::{CallRef, CallView, Change, Input, Requested};
use std::collections::HashMap;
use zbus::message::Header;
use zbus::wire::DynamicDeserialize;
use zbus::{Message, ObjectPath, Variant};

pub(super) const NAME: &str = "org.gnome.Calls";
pub(super) const ROOT: &str = "/org/gnome/Calls";
pub(super) const CALLS: &str = "/org/gnome/Calls/Call/";
pub(super) const CALL: &str = "org.gnome.Calls.Call";
pub(super) const MANAGER: &str = "org.freedesktop.DBus.ObjectManager";
pub(super) const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const SCREEN_SAVER: &str = "org.gnome.ScreenSaver";
const SCREEN_SAVER_PATH: &str = "/org/gnome/ScreenSaver";

/// Flags of `RequestName`.
const DO_NOT_QUEUE: u32 = 4;

/// What Phosh knows of us, and we of it.
#[derive(Debug, Default)]
pub(crate) struct GnomeCalls {
    /// Whether to stand in line for the name.
    queues: bool,
    /// The name is ours.
    owned: bool,
    /// Phosh, once it has asked for the calls.
    phosh: Option<String>,
    locked: bool,
    /// The question whether it is locked.
    asked: Option<u32>,
    page: Page,
}

impl GnomeCalls {
    /// One that stands in line if somebody else owns the name, or does not.
    pub fn new(queues: bool) -> Self {
        Self { queues, ..Self::default() }
    }

    /// When an ended call goes from the page.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.page.deadline()
    }

    /// Whether Phosh looks at what is shown here.
    pub fn is_shown(&self) -> bool {
        self.owned && self.phosh.is_some()
    }

    /// The call on the page, if this is its path.
    fn at(&self, path: &str) -> Option<&Shown> {
        let object: u64 = path.strip_prefix(CALLS)?.parse().ok()?;
        self.page.shown.as_ref().filter(|shown| shown.object == object)
    }
}

/// Whether an object with this path would be one of these.
pub(super) fn is_here(path: &str) -> bool {
    path == ROOT || path.starts_with(CALLS)
}

fn path_of(object: u64) -> Option<ObjectPath<'static>> {
    ObjectPath::try_from(format!("{CALLS}{object}")).ok()
}

fn arguments<'m, B: DynamicDeserialize<'m>>(body: &'m zbus::message::Body) -> Result<B, Declined> {
    let fit = |_| Declined::Arguments("The arguments do not fit the interface.".to_owned());
    body.deserialize().map_err(fit)
}

impl Service {
    pub(super) fn begin_gnome_calls(&mut self) {
        let Some(calls) = &self.shell.gnome_calls else { return };
        let flags = if calls.queues { 0 } else { DO_NOT_QUEUE };
        let locks = "type='signal',interface='org.gnome.ScreenSaver',member='ActiveChanged'";
        self.out.ask_bus("AddMatch", &locks);
        // Whether it is ours comes as a signal, now or later.
        self.out.ask_bus("RequestName", &(NAME, flags));
    }

    pub(super) fn gnome_calls_heard(&mut self, header: &Header<'_>, message: &Message) {
        let Some(calls) = &mut self.shell.gnome_calls else { return };
        let sender = header.sender().map_or("", |sender| sender.as_str());
        let interface = header.interface().map_or("", |interface| interface.as_str());
        let body = message.body();
        match (interface, header.member().map_or("", |member| member.as_str())) {
            ("org.freedesktop.DBus", member @ ("NameAcquired" | "NameLost"))
                if sender == "org.freedesktop.DBus"
                    && body.deserialize::<&str>().is_ok_and(|name| name == NAME) =>
            {
                calls.owned = member == "NameAcquired";
            }
            (SCREEN_SAVER, "ActiveChanged") if calls.phosh.as_deref() == Some(sender) => {
                let locked = body.deserialize::<bool>().unwrap_or_default();
                self.lock_changed(locked);
            }
            _ => {}
        }
    }

    fn lock_changed(&mut self, locked: bool) {
        let Some(calls) = &mut self.shell.gnome_calls else { return };
        let just_locked = locked && !calls.locked;
        calls.locked = locked;
        let shown = calls.page.shown.as_ref().map(|shown| (shown.number, shown.state));
        self.shows_calls(locked);
        let Some((call, state)) = shown.filter(|_| just_locked) else { return };
        if matches!(state, State::Incoming | State::Dialing) {
            // What rang before the screen was locked is not shown by Phosh 0.24, nor when it is answered then.
            let Some(calls) = &mut self.shell.gnome_calls else { return };
            let news = calls.page.show_again();
            self.tell_phosh(news);
        } else {
            // What was active is, and as a new call its time would begin anew.
            self.decide(Input::Presented { surface: GNOME_CALLS, call }, None);
        }
    }

    /// Unlocked, Phosh shows no calls: somebody else has to. Locked, it is given the time that every surface is given, so that
    /// nobody else is brought up before it has looked.
    fn shows_calls(&mut self, locked: bool) {
        let surface = GNOME_CALLS;
        let input = match locked {
            true => Input::SurfaceRegistered { surface },
            false => Input::SurfaceLeft { surface },
        };
        self.decide(input, None);
    }

    pub(super) fn gnome_calls_answered(
        &mut self,
        serial: u32,
        sender: &str,
        message: &Message,
    ) -> bool {
        let Some(calls) = &mut self.shell.gnome_calls else { return false };
        if calls.asked != Some(serial) || calls.phosh.as_deref() != Some(sender) {
            return false;
        }
        calls.asked = None;
        let locked = message.body().deserialize::<bool>().unwrap_or_default();
        calls.locked = locked;
        self.shows_calls(locked);
        true
    }

    pub(super) fn gnome_calls_left(&mut self, connection: &str) {
        let Some(calls) = &mut self.shell.gnome_calls else { return };
        if calls.phosh.as_deref() == Some(connection) {
            // The next one learns everything anew.
            (calls.phosh, calls.asked, calls.locked) = (None, None, false);
            calls.page.clear();
            self.shows_calls(false);
        }
    }

    /// How things are is shown, after this change or by itself.
    pub(super) fn show_on_gnome_calls(&mut self, now: Timestamp, change: Option<&Change>) {
        // Before somebody looks, nothing is kept for them.
        if self.shell.gnome_calls.as_ref().is_none_or(|calls| calls.phosh.is_none()) {
            return;
        }
        let records = self.calls_for_phosh(change);
        let Some(calls) = &mut self.shell.gnome_calls else { return };
        let news = calls.page.show(now, &records);
        self.tell_phosh(news);
    }

    fn calls_for_phosh(&self, change: Option<&Change>) -> Vec<CallRecord> {
        let live = self.core.calls();
        let changed = change.map_or(&[][..], |change| &change.calls);
        let ended = changed.iter().filter(|view| view.state == CallState::Ended);
        let all = live.iter().filter(|view: &&CallView| view.state != CallState::Ended);
        all.chain(ended).map(|view| self.call_record(view)).collect()
    }

    /// To Phosh alone: a broadcast would tell everybody who calls.
    fn tell_phosh(&mut self, news: Vec<News>) {
        let Some(calls) = &self.shell.gnome_calls else { return };
        let Some(to) = calls.phosh.as_deref() else { return };
        for news in news {
            match news {
                News::Added(shown) => {
                    let Some(path) = path_of(shown.object) else { continue };
                    let body = (path, HashMap::from([(CALL, shown.properties())]));
                    self.out.signal_of(to, ROOT, MANAGER, "InterfacesAdded", &body);
                }
                News::Changed(shown, names) => {
                    let mut changed = shown.properties();
                    changed.retain(|name, _| names.contains(name));
                    let body = (CALL, changed, Vec::<&str>::new());
                    let path = format!("{CALLS}{}", shown.object);
                    self.out.signal_of(to, &path, PROPERTIES, "PropertiesChanged", &body);
                }
                News::Removed(object) => {
                    let Some(path) = path_of(object) else { continue };
                    self.out.signal_of(to, ROOT, MANAGER, "InterfacesRemoved", &(path, vec![CALL]));
                }
            }
        }
    }

    /// A call of a method. Nobody but Phosh finds a call here.
    pub(super) fn gnome_calls_door(
        &mut self,
        message: &Message,
        call: &Header<'_>,
        member: &str,
        sender: &str,
    ) -> Result<(), Declined> {
        let interface = call.interface().map_or("", |interface| interface.as_str());
        let path = call.path().map_or("", |path| path.as_str());
        if path == ROOT {
            return match (interface, member) {
                (MANAGER, "GetManagedObjects") => self.managed_objects(message, call, sender),
                _ => Err(Declined::Unknown("UnknownMethod")),
            };
        }
        let calls = self.shell.gnome_calls.as_ref();
        let calls = calls.filter(|calls| calls.phosh.as_deref() == Some(sender));
        let shown = calls.and_then(|calls| calls.at(path)).cloned();
        let shown = shown.ok_or(Declined::Unknown("UnknownObject"))?;
        match interface {
            CALL => self.steer(&shown, message, call, member),
            PROPERTIES => self.read(&shown, message, call, member),
            _ => Err(Declined::Unknown("UnknownInterface")),
        }
    }

    fn managed_objects(
        &mut self,
        message: &Message,
        call: &Header<'_>,
        sender: &str,
    ) -> Result<(), Declined> {
        arguments::<()>(&message.body())?;
        let is_known = |calls: &GnomeCalls| calls.phosh.as_deref() == Some(sender);
        if !self.shell.gnome_calls.as_ref().is_some_and(is_known) {
            if self.settled.take_if(|(of, _)| of == sender).is_none() {
                if let Some(serial) = self.out.ask_bus("GetConnectionCredentials", &sender) {
                    self.peers.ask(sender, serial, Question::Credentials);
                }
                self.peers.wait(sender, message.clone());
                return Err(Declined::Later);
            }
            self.welcome(sender);
        }
        let calls = self.shell.gnome_calls.as_ref().filter(|calls| is_known(calls));
        let shown = calls.and_then(|calls| calls.page.shown.as_ref());
        let object = shown
            .and_then(|of| Some((path_of(of.object)?, HashMap::from([(CALL, of.properties())]))));
        let objects: HashMap<ObjectPath<'_>, HashMap<&str, HashMap<&str, Variant<'_>>>> =
            object.into_iter().collect();
        self.out.reply(call, &objects);
        Ok(())
    }

    /// Whoever asks for the calls is shown them from now on, if it is Phosh.
    fn welcome(&mut self, sender: &str) {
        let identity = self.peers.get(sender).map(|peer| peer.identity.clone());
        let identity: Identity = identity.unwrap_or_default();
        if !is_phosh(&identity, &self.data) {
            return;
        }
        let records = self.calls_for_phosh(None);
        let now = self.clock.now().at;
        let is_locked = Foreign {
            to: sender,
            path: SCREEN_SAVER_PATH,
            interface: SCREEN_SAVER,
            member: "GetActive",
            starts: false,
        };
        let asked = self.out.call_foreign(&is_locked, &());
        let Some(calls) = &mut self.shell.gnome_calls else { return };
        calls.page.clear();
        (calls.phosh, calls.asked, calls.locked) = (Some(sender.to_owned()), asked, false);
        // The answer brings it.
        calls.page.show(now, &records);
        tracing::info!("calls are shown by Phosh");
    }

    fn read(
        &mut self,
        shown: &Shown,
        message: &Message,
        call: &Header<'_>,
        member: &str,
    ) -> Result<(), Declined> {
        let body = message.body();
        let of = match member {
            "GetAll" => arguments::<&str>(&body)?,
            "Get" => arguments::<(&str, &str)>(&body)?.0,
            "Set" => return Err(Declined::Unknown("PropertyReadOnly")),
            _ => return Err(Declined::Unknown("UnknownMethod")),
        };
        if of != CALL {
            return Err(Declined::Unknown("UnknownInterface"));
        }
        let all = shown.properties();
        if member == "Get" {
            let (_, name) = arguments::<(&str, &str)>(&body)?;
            let value = all.get(name).ok_or(Declined::Unknown("UnknownProperty"))?;
            self.out.reply(call, value);
            return Ok(());
        }
        self.out.reply(call, &all);
        // Unlocked, Phosh reads a call and shows nothing.
        if self.shell.gnome_calls.as_ref().is_some_and(|calls| calls.locked) {
            let surface = GNOME_CALLS;
            self.decide(Input::Presented { surface, call: shown.number }, None);
        }
        Ok(())
    }

    fn steer(
        &mut self,
        shown: &Shown,
        message: &Message,
        call: &Header<'_>,
        member: &str,
    ) -> Result<(), Declined> {
        let body = message.body();
        let number = CallRef::Number(shown.number);
        let action = match member {
            "Accept" => {
                arguments::<()>(&body)?;
                Requested::Answer(number)
            }
            // Decline as well: the call's state says which.
            "Hangup" => {
                arguments::<()>(&body)?;
                Requested::End(number)
            }
            "SendDtmf" => {
                let digits = DtmfDigits::new(arguments::<&str>(&body)?);
                let must = "The tone must be one of 0-9 * # A-D. Correct it and ask again.";
                let digits = digits.ok_or_else(|| Refusal::invalid(must))?;
                Requested::PlayDtmf(number, digits, DtmfType::default())
            }
            "Silence" => {
                arguments::<()>(&body)?;
                let request = RequestId(self.fresh());
                let input = Input::Silence { surface: GNOME_CALLS, request, call: shown.number };
                self.decide(input, Some(Replying { request, call, form: Form::Empty }));
                return Ok(());
            }
            _ => return Err(Declined::Unknown("UnknownMethod")),
        };
        self.act(GNOME_CALLS, action, None, Some(call));
        Ok(())
    }
}
