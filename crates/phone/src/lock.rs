//! Whether the session is locked: asked of whoever can say it, and asked again when they say that something changed.

use crate::view::Lock;
use gtk::gio::prelude::*;
use gtk::{gio, glib};
use std::cell::{Cell, RefCell};
use std::env;
use std::rc::Rc;

/// Longer than this no answer is waited for, in milliseconds: nobody is locked out of a call by a program that hangs.
const PATIENCE: i32 = 2_000;
const LOGIND: &str = "org.freedesktop.login1";
const SESSION: &str = "org.freedesktop.login1.Session";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// Screen savers that know about locks, by name, which is their interface, too, and by path.
const SAVERS: [(&str, &str); 2] = [
    ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
    ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
];
/// Where the answer of logind is; those of the screen savers come before it.
const OF_LOGIND: usize = SAVERS.len();

/// A look at the lock, until it is dropped.
pub struct LockWatch {
    /// What each of them said last; `None`: nothing yet.
    answers: Cell<[Option<bool>; SAVERS.len() + 1]>,
    told: Box<dyn Fn(Lock)>,
    subscriptions: RefCell<Vec<gio::SignalSubscription>>,
}

impl LockWatch {
    /// Begin to look. `told` is told each time that something else is known than before; `session` is the bus of the session.
    pub fn begin(session: Option<gio::DBusConnection>, told: impl Fn(Lock) + 'static) -> Rc<Self> {
        let watch = Rc::new(Self {
            answers: Cell::default(),
            told: Box::new(told),
            subscriptions: RefCell::default(),
        });
        for (at, (name, path)) in SAVERS.into_iter().enumerate() {
            match &session {
                Some(bus) => watch.follow_saver(bus, at, name, path),
                None => watch.put(at, false),
            }
        }
        let weak = Rc::downgrade(&watch);
        glib::spawn_future_local(async move {
            let bus = gio::bus_get_future(gio::BusType::System).await;
            let Some(watch) = weak.upgrade() else { return };
            match bus {
                Ok(bus) => watch.follow_logind(bus),
                // Many have none; the screen savers are asked all the same.
                Err(_) => watch.put(OF_LOGIND, false),
            }
        });
        watch
    }

    fn follow_saver(
        self: &Rc<Self>,
        bus: &gio::DBusConnection,
        at: usize,
        name: &'static str,
        path: &'static str,
    ) {
        let asks = {
            let (watch, bus) = (Rc::downgrade(self), bus.clone());
            move || {
                let (watch, bus) = (watch.clone(), bus.clone());
                glib::spawn_future_local(async move {
                    let reply = call(&bus, name, path, (name, "GetActive"), None).await;
                    let active = reply.and_then(|reply| reply.try_child_get::<bool>(0).ok()?);
                    if let Some(watch) = watch.upgrade() {
                        watch.put(at, active.unwrap_or(false));
                    }
                });
            }
        };
        let none = gio::DBusSignalFlags::NONE;
        let again = asks.clone();
        let changed = bus.subscribe_to_signal(
            Some(name),
            Some(name),
            Some("ActiveChanged"),
            Some(path),
            None,
            none,
            // What a signal says may be overtaken by an answer: the answer counts.
            move |_| again(),
        );
        let again = asks.clone();
        let owner = bus.subscribe_to_signal(
            Some("org.freedesktop.DBus"),
            Some("org.freedesktop.DBus"),
            Some("NameOwnerChanged"),
            None,
            Some(name),
            none,
            move |_| again(),
        );
        self.subscriptions.borrow_mut().extend([changed, owner]);
        asks();
    }

    fn follow_logind(self: &Rc<Self>, bus: gio::DBusConnection) {
        // The calls go on without it.
        bus.set_exit_on_close(false);
        let asks = {
            let (watch, bus) = (Rc::downgrade(self), bus.clone());
            move || {
                let (watch, bus) = (watch.clone(), bus.clone());
                glib::spawn_future_local(async move {
                    let locked = hint(&bus).await;
                    if let Some(watch) = watch.upgrade() {
                        watch.put(OF_LOGIND, locked.unwrap_or(false));
                    }
                });
            }
        };
        let again = asks.clone();
        let changed = bus.subscribe_to_signal(
            Some(LOGIND),
            Some(PROPERTIES),
            Some("PropertiesChanged"),
            None,
            Some(SESSION),
            gio::DBusSignalFlags::NONE,
            move |_| again(),
        );
        self.subscriptions.borrow_mut().push(changed);
        asks();
    }

    fn put(&self, at: usize, locked: bool) {
        let mut answers = self.answers.get();
        let before = sum(answers);
        answers[at] = Some(locked);
        self.answers.set(answers);
        let now = sum(answers);
        if now != before {
            (self.told)(now);
        }
    }
}

/// Whoever says that it is locked is believed; that it is not, only all together.
fn sum(answers: [Option<bool>; SAVERS.len() + 1]) -> Lock {
    if answers.contains(&Some(true)) {
        Lock::Locked
    } else if answers.contains(&None) {
        Lock::Unknown
    } else {
        Lock::Open
    }
}

/// What logind says of the lock of this session.
async fn hint(bus: &gio::DBusConnection) -> Option<bool> {
    let id = env::var("XDG_SESSION_ID").unwrap_or_else(|_| "auto".to_owned());
    let manager = ("org.freedesktop.login1.Manager", "GetSession");
    let reply = call(bus, LOGIND, "/org/freedesktop/login1", manager, Some((id,).to_variant()));
    let path = reply.await?.try_child_value(0)?.str()?.to_owned();
    let asked = Some((SESSION, "LockedHint").to_variant());
    let reply = call(bus, LOGIND, &path, (PROPERTIES, "Get"), asked).await?;
    reply.try_child_value(0)?.as_variant()?.get()
}

/// Ask that; nobody is started for it.
async fn call(
    bus: &gio::DBusConnection,
    name: &str,
    path: &str,
    (interface, member): (&str, &str),
    body: Option<glib::Variant>,
) -> Option<glib::Variant> {
    let flags = gio::DBusCallFlags::NO_AUTO_START;
    let body = body.as_ref();
    bus.call_future(Some(name), path, interface, member, body, None, flags, PATIENCE).await.ok()
}

#[cfg(test)]
mod tests {
    use super::sum;
    use crate::view::Lock;

    #[test]
    fn one_is_enough_for_locked_and_all_are_needed_for_open() {
        assert_eq!(sum([None, Some(false), None]), Lock::Unknown);
        assert_eq!(sum([None, Some(true), Some(false)]), Lock::Locked);
        assert_eq!(sum([Some(false); 3]), Lock::Open);
    }
}
