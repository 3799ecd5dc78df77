use super::{PATIENCE, Raises, interface, when_owned};
use crate::view::panel::Panel;
use gtk::gio::prelude::*;
use gtk::glib::variant::ObjectPath;
use gtk::{gio, glib};
use std::cell::RefCell;
use std::rc::Rc;

const ITEM: &str = "org.kde.StatusNotifierItem";
/// Where hosts look for it.
const PATH: &str = "/StatusNotifierItem";
const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const WATCHER_PATH: &str = "/StatusNotifierWatcher";
/// A right to the focus is shorter. More than a message to the compositor holds would end the connection to it.
const LONGEST: usize = 256;
/// As everybody says it that there is no menu.
const NO_MENU: &str = "/NO_DBUSMENU";

/// The item of a call in a panel. It is told to the watcher of this moment, and to each that comes later.
pub struct StatusItem {
    bus: gio::DBusConnection,
    shown: Rc<RefCell<Option<Panel>>>,
    _watched: gio::SignalSubscription,
}

impl StatusItem {
    /// Put it on the bus. It is not told to anybody before it shows something.
    pub fn export(bus: &gio::DBusConnection, raises: Raises) -> Result<Self, glib::Error> {
        let shown: Rc<RefCell<Option<Panel>>> = Rc::default();
        let token: RefCell<Option<String>> = RefCell::default();
        let read = shown.clone();
        bus.register_object(PATH, &interface(ITEM)?)
            .property(move |_, _, _, _, name| property(read.borrow().as_ref(), name))
            .method_call(move |_, _, _, _, name, words, call| {
                // The host need not wait for a window.
                call.return_value(None);
                match name {
                    "ProvideXdgActivationToken" => {
                        let sent = words.try_child_get::<String>(0).ok().flatten();
                        token.replace(sent.filter(|sent| sent.len() <= LONGEST));
                    }
                    // All of them: there is nothing else to be had from it.
                    "Activate" | "SecondaryActivate" | "ContextMenu" => {
                        let token = token.take();
                        raises(token.as_deref());
                    }
                    _ => {}
                }
            })
            .build()?;
        let registered = bus.clone();
        let watched = when_owned(bus, WATCHER, move || register(&registered));
        Ok(Self { bus: bus.clone(), shown, _watched: watched })
    }

    /// Let it say this.
    pub fn show(&self, panel: &Panel) {
        let before = self.shown.replace(Some(panel.clone()));
        let Some(before) = before else { return register(&self.bus) };
        if before.title != panel.title {
            self.tell("NewTitle", None);
        }
        if (&before.title, &before.others) != (&panel.title, &panel.others) {
            self.tell("NewToolTip", None);
        }
        if before.icon != panel.icon {
            self.tell("NewIcon", None);
            self.tell("NewAttentionIcon", None);
        }
        if before.rings != panel.rings {
            self.tell("NewStatus", Some(&(status(panel),).to_variant()));
        }
    }

    fn tell(&self, signal: &str, words: Option<&glib::Variant>) {
        // On a connection that is closed nobody reads it.
        let _ = self.bus.emit_signal(None, PATH, ITEM, signal, words);
    }
}

/// Tell the watcher, if there is one: nobody is started for it.
fn register(bus: &gio::DBusConnection) {
    // Under the name that the bus gave: another one can belong to somebody else in a sandbox.
    let Some(name) = bus.unique_name() else { return };
    let bus = bus.clone();
    glib::spawn_future_local(async move {
        let (method, words) = ("RegisterStatusNotifierItem", (name.as_str(),).to_variant());
        let flags = gio::DBusCallFlags::NO_AUTO_START;
        let (to, words) = (Some(WATCHER), Some(&words));
        let told = bus.call_future(to, WATCHER_PATH, WATCHER, method, words, None, flags, PATIENCE);
        // Without one there is no panel to show it, and with the next one it is told again.
        let _ = told.await;
    });
}

fn status(panel: &Panel) -> &'static str {
    if panel.rings { "NeedsAttention" } else { "Active" }
}

fn property(panel: Option<&Panel>, name: &str) -> glib::Variant {
    let title = panel.map_or("", |panel| &panel.title);
    let icon = panel.map_or("", |panel| panel.icon);
    let no_pictures = Vec::<(i32, i32, Vec<u8>)>::new();
    match name {
        "Category" => "Communications".to_variant(),
        "Id" => "org.hookswitch.Phone".to_variant(),
        "Title" => title.to_variant(),
        "Status" => panel.map_or("Passive", status).to_variant(),
        "WindowId" => 0_i32.to_variant(),
        "IconName" | "AttentionIconName" => icon.to_variant(),
        "IconPixmap" | "OverlayIconPixmap" | "AttentionIconPixmap" => no_pictures.to_variant(),
        "ToolTip" => {
            let others = panel.map_or("", |panel| &panel.others);
            (icon, no_pictures, title, others).to_variant()
        }
        "ItemIsMenu" => false.to_variant(),
        "Menu" => ObjectPath::try_from(NO_MENU.to_owned())
            .map_or_else(|_| NO_MENU.to_variant(), |path| path.to_variant()),
        // What there is none of: overlay, film, folder of icons.
        _ => "".to_variant(),
    }
}
