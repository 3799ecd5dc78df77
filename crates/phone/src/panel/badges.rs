use super::{interface, when_owned};
use crate::view::panel::Badge;
use gtk::gio::prelude::*;
use gtk::{gio, glib};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

const ENTRY: &str = "com.canonical.Unity.LauncherEntry";
/// Who has this name wants to hear all of them: a dock that was just started.
const DOCK: &str = "com.canonical.Unity";
const FOLDER: &str = "/com/canonical/unity/launcherentry";

/// The badges on the icons of apps.
pub struct Badges {
    bus: gio::DBusConnection,
    shown: Rc<RefCell<BTreeMap<String, Badge>>>,
    /// The apps that can be asked for.
    exported: RefCell<BTreeSet<String>>,
    _watched: gio::SignalSubscription,
}

impl Badges {
    /// None yet.
    pub fn new(bus: &gio::DBusConnection) -> Self {
        let shown: Rc<RefCell<BTreeMap<String, Badge>>> = Rc::default();
        let (again, to) = (shown.clone(), bus.clone());
        let watched = when_owned(bus, DOCK, move || {
            for (app, badge) in &*again.borrow() {
                update(&to, app, *badge);
            }
        });
        Self { bus: bus.clone(), shown, exported: RefCell::default(), _watched: watched }
    }

    /// Show these; of whoever is not among them it is taken off.
    pub fn show(&self, badges: &BTreeMap<String, Badge>) {
        let before = self.shown.replace(badges.clone());
        for app in before.keys().chain(badges.keys()).collect::<BTreeSet<_>>() {
            let badge = badges.get(app).copied();
            if before.get(app).copied() != badge {
                self.export(app);
                update(&self.bus, app, badge.unwrap_or_default());
            }
        }
    }

    /// Let docks ask for it.
    fn export(&self, app: &str) {
        if !self.exported.borrow_mut().insert(app.to_owned()) {
            return;
        }
        let (shown, name) = (self.shown.clone(), app.to_owned());
        let exported = interface(ENTRY).and_then(|interface| {
            self.bus
                .register_object(&path(app), &interface)
                .method_call(move |_, _, _, _, _, _, call| {
                    let badge = shown.borrow().get(&name).copied().unwrap_or_default();
                    call.return_value(Some(&glib::Variant::tuple_from_iter([properties(badge)])));
                })
                .build()
        });
        if let Err(error) = exported {
            eprintln!(
                "hookswitch-phone: no dock can ask for a badge: {error}. It is told all the same."
            );
        }
    }
}

fn update(bus: &gio::DBusConnection, app: &str, badge: Badge) {
    let uri = format!("application://{app}.desktop").to_variant();
    let words = glib::Variant::tuple_from_iter([uri, properties(badge)]);
    // On a connection that is closed nobody reads it.
    let _ = bus.emit_signal(None, &path(app), ENTRY, "Update", Some(&words));
}

fn properties(badge: Badge) -> glib::Variant {
    let words = glib::VariantDict::new(None);
    words.insert("count", badge.calls);
    words.insert("count-visible", badge.calls > 0);
    words.insert("urgent", badge.rings);
    words.end()
}

/// A path for each app, whatever its id is made of.
fn path(app: &str) -> String {
    let mut path = format!("{FOLDER}/");
    for byte in app.bytes() {
        if byte.is_ascii_alphanumeric() {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("_{byte:02x}"));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::path;
    use gtk::glib::Variant;

    #[test]
    fn each_app_has_a_path_of_its_own() {
        for app in ["org.example.Chat", "", "a/b", "ä", "..", "a_b"] {
            assert!(Variant::is_object_path(&format!("{}x", path(app))), "{app}");
        }
        assert_ne!(path("a.b"), path("a_b"));
        assert_ne!(path("a_2eb"), path("a.b"));
    }
}
