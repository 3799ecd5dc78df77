use crate::view::{Key, Press, View};
use gtk::prelude::*;
use gtk::{gdk, glib};
use std::cell::RefCell;
use std::rc::Rc;

/// The keys of a ringing call, wherever the focus is.
pub fn keys(
    shown: Rc<RefCell<Option<View>>>,
    pressed: Rc<dyn Fn(Press)>,
) -> gtk::EventControllerKey {
    let keys = gtk::EventControllerKey::new();
    // Before a button takes Return for itself.
    keys.set_propagation_phase(gtk::PropagationPhase::Capture);
    keys.connect_key_pressed(move |_, key, _, held| {
        let Some(key) = key_of(key, held) else { return glib::Propagation::Proceed };
        // Not while it is borrowed: what is pressed changes the screen.
        let press = shown.borrow().as_ref().and_then(|view| view.on_key(key));
        match press {
            Some(press) => {
                pressed(press);
                glib::Propagation::Stop
            }
            None => glib::Propagation::Proceed,
        }
    });
    keys
}

fn key_of(key: gdk::Key, held: gdk::ModifierType) -> Option<Key> {
    let control = held.contains(gdk::ModifierType::CONTROL_MASK);
    match key {
        gdk::Key::Return | gdk::Key::KP_Enter if control => Some(Key::Answer),
        gdk::Key::BackSpace if control => Some(Key::Decline),
        gdk::Key::Escape => Some(Key::Silence),
        _ => None,
    }
}
