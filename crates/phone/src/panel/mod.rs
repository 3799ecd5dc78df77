//! The way to panels and docks, while a call lives: an item, and badges.
//!
//! It is a connection to the bus of its own. There is no other word for "this item is gone" than that its connection is,
//! and so it goes, too, when this program is killed. Without a call nothing is exported, and nobody wakes this program.

mod badges;
mod item;

use crate::view::panel::Panel;
use badges::Badges;
use gtk::{gio, glib};
use item::StatusItem;
use std::cell::RefCell;
use std::rc::Rc;

/// Longer than this no host is waited for, in milliseconds. Nothing depends on it.
const PATIENCE: i32 = 10_000;
const INTERFACES: &str = include_str!("../../resources/panel.xml");

/// Brings the call to the front, with the right to the focus if whoever was clicked sent one.
type Raises = Rc<dyn Fn(Option<&str>)>;

/// What panels and docks show of calls.
pub struct PanelLine {
    wanted: RefCell<Option<Panel>>,
    way: RefCell<Way>,
    raises: Raises,
}

enum Way {
    Closed,
    /// Who comes out of it looks at what is wanted then.
    Opening,
    Open(Exported),
}

impl PanelLine {
    /// Nothing is shown yet. `raises` brings the call to the front.
    pub fn new(raises: impl Fn(Option<&str>) + 'static) -> Rc<Self> {
        let (wanted, way) = (RefCell::default(), RefCell::new(Way::Closed));
        Rc::new(Self { wanted, way, raises: Rc::new(raises) })
    }

    /// Show this; `None`: no call lives.
    pub fn show(self: &Rc<Self>, panel: Option<Panel>) {
        if *self.wanted.borrow() != panel {
            self.wanted.replace(panel);
            self.follow();
        }
    }

    fn follow(self: &Rc<Self>) {
        let (wanted, mut way) = (self.wanted.borrow(), self.way.borrow_mut());
        match (&*way, &*wanted) {
            (Way::Open(exported), Some(panel)) => exported.show(panel),
            (Way::Open(_), None) => {
                if let Way::Open(exported) = std::mem::replace(&mut *way, Way::Closed) {
                    exported.close();
                }
            }
            (Way::Closed, Some(_)) => {
                *way = Way::Opening;
                let line = Rc::downgrade(self);
                glib::spawn_future_local(async move {
                    let opened = connect().await;
                    if let Some(line) = line.upgrade() {
                        line.opened(opened);
                    }
                });
            }
            (Way::Opening, _) | (Way::Closed, None) => {}
        }
    }

    fn opened(self: &Rc<Self>, opened: Result<gio::DBusConnection, glib::Error>) {
        let exported = opened.and_then(|bus| Exported::new(bus, self.raises.clone()));
        let way = match exported {
            Ok(exported) => Way::Open(exported),
            Err(error) => {
                eprintln!(
                    "hookswitch-phone: no item in panels: {error}. The call goes on without; if the bus is full, close other programs."
                );
                Way::Closed
            }
        };
        let is_open = matches!(way, Way::Open(_));
        self.way.replace(way);
        if is_open {
            self.follow();
        }
    }
}

async fn connect() -> Result<gio::DBusConnection, glib::Error> {
    let nobody = None::<&gio::Cancellable>;
    let address = gio::dbus_address_get_for_bus_sync(gio::BusType::Session, nobody)?;
    let flags = gio::DBusConnectionFlags::AUTHENTICATION_CLIENT
        | gio::DBusConnectionFlags::MESSAGE_BUS_CONNECTION;
    gio::DBusConnection::for_address_future(&address, flags, None).await
}

/// What is on the bus while a call lives.
struct Exported {
    bus: gio::DBusConnection,
    item: StatusItem,
    badges: Rc<Badges>,
}

impl Exported {
    fn new(bus: gio::DBusConnection, raises: Raises) -> Result<Self, glib::Error> {
        let badges = Rc::new(Badges::new(&bus));
        Ok(Self { item: StatusItem::export(&bus, raises)?, badges, bus })
    }

    fn show(&self, panel: &Panel) {
        self.item.show(panel);
        self.badges.show(&panel.badges);
    }

    /// Take the badges off, and go.
    fn close(self) {
        self.badges.show(&Default::default());
        let Self { bus, item, badges } = self;
        drop((item, badges));
        glib::spawn_future_local(async move {
            // Whether anybody heard it or not: who is gone has neither item nor badges.
            let _ = bus.flush_future().await;
            let _ = bus.close_future().await;
        });
    }
}

/// One of the interfaces.
fn interface(name: &str) -> Result<gio::DBusInterfaceInfo, glib::Error> {
    let found = gio::DBusNodeInfo::for_xml(INTERFACES)?.lookup_interface(name);
    found.ok_or_else(|| glib::Error::new(gio::DBusError::UnknownInterface, name))
}

/// Do that whenever this name gets an owner.
fn when_owned(
    bus: &gio::DBusConnection,
    name: &str,
    owned: impl Fn() + 'static,
) -> gio::SignalSubscription {
    bus.subscribe_to_signal(
        Some("org.freedesktop.DBus"),
        Some("org.freedesktop.DBus"),
        Some("NameOwnerChanged"),
        None,
        Some(name),
        gio::DBusSignalFlags::NONE,
        move |signal| {
            let owner = signal.parameters.try_child_get::<String>(2).ok().flatten();
            if owner.is_some_and(|owner| !owner.is_empty()) {
                owned();
            }
        },
    )
}
