use super::{MainWindow, named};
use crate::tongue::{tr, tr_with};
use crate::view::dial::{Apps, KEYS, Number, app_name, key_name};
use adw::prelude::*;
use gtk::{gdk, glib};
use hookswitch::ProviderRecord;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// A number is typed here, and called.
pub struct Keypad {
    page: gtk::ScrolledWindow,
    shown: gtk::Label,
    delete: gtk::Button,
    /// The buttons that call, one for each app; or what to do for one.
    calls: gtk::Box,
    number: RefCell<Number>,
    apps: RefCell<Apps>,
    main: Weak<MainWindow>,
}

impl Keypad {
    pub fn new(main: &Weak<MainWindow>) -> Rc<Self> {
        let shown = gtk::Label::new(None);
        shown.add_css_class("dialled");
        // A number is read from left to right everywhere, and its end is what is typed.
        shown.set_direction(gtk::TextDirection::Ltr);
        shown.set_ellipsize(gtk::pango::EllipsizeMode::Start);
        shown.set_hexpand(true);
        shown.set_focusable(true);
        let keypad = Rc::new(Self {
            page: gtk::ScrolledWindow::builder().hscrollbar_policy(gtk::PolicyType::Never).build(),
            shown,
            delete: named::icon_button("edit-clear-symbolic", &tr("Delete")),
            calls: gtk::Box::new(gtk::Orientation::Vertical, 12),
            number: RefCell::default(),
            apps: RefCell::new(Apps::of(&[])),
            main: main.clone(),
        });
        keypad.build();
        keypad
    }

    fn build(self: &Rc<Self>) {
        let line = gtk::Box::new(gtk::Orientation::Horizontal, 6);
        line.set_direction(gtk::TextDirection::Ltr);
        let paste = named::icon_button("edit-paste-symbolic", &tr("Paste"));
        paste.connect_clicked(self.then(|keypad| keypad.paste()));
        self.delete.connect_clicked(self.then(|keypad| keypad.change(Number::delete)));
        held(&self.delete, self.then_held(|keypad| keypad.change(Number::clear)));
        line.append(&paste);
        line.append(&self.shown);
        line.append(&self.delete);
        let column = gtk::Box::new(gtk::Orientation::Vertical, 18);
        super::settings::margins(&column);
        column.set_valign(gtk::Align::Center);
        column.append(&line);
        column.append(&self.keys());
        column.append(&self.calls);
        let clamp = adw::Clamp::builder().maximum_size(300).child(&column).build();
        self.page.set_child(Some(&clamp));
        self.show_calls();
        self.show_number();
    }

    pub fn widget(&self) -> &gtk::Widget {
        self.page.upcast_ref()
    }

    pub fn take_focus(&self) {
        self.shown.grab_focus();
    }

    /// Take what is typed on a keyboard while the page is shown.
    pub fn listen(self: &Rc<Self>, window: &adw::ApplicationWindow, stack: &adw::ViewStack) {
        let keys = gtk::EventControllerKey::new();
        keys.set_propagation_phase(gtk::PropagationPhase::Capture);
        let (keypad, stack) = (Rc::downgrade(self), stack.downgrade());
        keys.connect_key_pressed(move |_, key, _, held| {
            let (Some(keypad), Some(stack)) = (keypad.upgrade(), stack.upgrade()) else {
                return glib::Propagation::Proceed;
            };
            if stack.visible_child_name().is_none_or(|name| name != "keypad") {
                return glib::Propagation::Proceed;
            }
            match keypad.typed(key, held) {
                true => glib::Propagation::Stop,
                false => glib::Propagation::Proceed,
            }
        });
        window.add_controller(keys);
    }

    /// Whether it was for the number.
    fn typed(&self, key: gdk::Key, held: gdk::ModifierType) -> bool {
        if held.contains(gdk::ModifierType::CONTROL_MASK) {
            let pastes = matches!(key, gdk::Key::v | gdk::Key::V);
            if pastes {
                self.paste();
            }
            return pastes;
        }
        match key {
            gdk::Key::BackSpace => self.change(Number::delete),
            // Elsewhere it presses what has the focus.
            gdk::Key::Return | gdk::Key::KP_Enter if self.shown.has_focus() => self.call_first(),
            _ => {
                let typed = key.to_unicode().is_some_and(|key| self.number.borrow_mut().push(key));
                self.show_number();
                return typed;
            }
        }
        true
    }

    /// The apps there are now.
    pub fn offer(self: &Rc<Self>, all: &[ProviderRecord]) {
        let apps = Apps::of(all);
        if *self.apps.borrow() != apps {
            self.apps.replace(apps);
            self.show_calls();
        }
    }

    fn keys(self: &Rc<Self>) -> gtk::Grid {
        let grid = gtk::Grid::builder()
            .row_spacing(8)
            .column_spacing(18)
            .halign(gtk::Align::Center)
            .build();
        grid.set_direction(gtk::TextDirection::Ltr);
        for (at, (key, letters)) in KEYS.into_iter().enumerate() {
            let digit = gtk::Label::new(Some(&key.to_string()));
            digit.add_css_class("digit");
            let face = gtk::Box::new(gtk::Orientation::Vertical, 0);
            face.set_valign(gtk::Align::Center);
            face.append(&digit);
            if !letters.is_empty() {
                let below = gtk::Label::new(Some(letters));
                below.add_css_class("letters");
                face.append(&below);
            }
            let button = named::button(&face, &key_name(key, letters));
            button.add_css_class("dial-key");
            button.connect_clicked(self.then(move |keypad| {
                // One too many is left away, and seen to be.
                keypad.change(|number| {
                    let _ = number.push(key);
                });
            }));
            if key == '0' {
                held(&button, self.then_held(|keypad| keypad.change(Number::hold_zero)));
            }
            let at = i32::try_from(at).unwrap_or_default();
            grid.attach(&button, at % 3, at / 3, 1, 1);
        }
        grid
    }

    fn show_calls(self: &Rc<Self>) {
        while let Some(child) = self.calls.first_child() {
            self.calls.remove(&child);
        }
        let button = |label: &str, app: Option<ProviderRecord>| {
            let button = gtk::Button::with_label(label);
            // In large text its words are wider than a phone.
            if let Some(words) = button.child().and_downcast::<gtk::Label>() {
                words.set_wrap(true);
                words.set_justify(gtk::Justification::Center);
            }
            for class in ["pill", "call-choice", "answer"] {
                button.add_css_class(class);
            }
            match app {
                Some(app) => {
                    button.connect_clicked(self.then(move |keypad| keypad.call(&app)));
                }
                None => button.set_sensitive(false),
            }
            self.calls.append(&button);
        };
        match &*self.apps.borrow() {
            Apps::None(why) => {
                button(&tr("Call"), None);
                let words = gtk::Label::new(Some(why));
                words.set_wrap(true);
                words.set_justify(gtk::Justification::Center);
                self.calls.append(&words);
            }
            Apps::One(app) => {
                button(&tr("Call"), Some(app.clone()));
                let words = gtk::Label::new(Some(&tr_with("With {}", &[&app_name(app)])));
                words.add_css_class("dim-label");
                self.calls.append(&words);
            }
            Apps::Several(apps) => {
                for app in apps {
                    button(&tr_with("Call with {}", &[&app_name(app)]), Some(app.clone()));
                }
            }
        }
    }

    fn call(&self, app: &ProviderRecord) {
        let dial = self.number.borrow().dial(app);
        let Some(main) = self.main.upgrade() else { return };
        match dial {
            Some(dial) => main.dial(dial),
            None => main.says(&tr("Type a number first.")),
        }
    }

    /// Call, where there is nothing to choose.
    fn call_first(&self) {
        let app = match &*self.apps.borrow() {
            Apps::One(app) => Some(app.clone()),
            Apps::None(_) | Apps::Several(_) => None,
        };
        match app {
            Some(app) => self.call(&app),
            // The choice is next.
            None => drop(self.calls.child_focus(gtk::DirectionType::TabForward)),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Number)) {
        change(&mut self.number.borrow_mut());
        self.show_number();
    }

    fn show_number(&self) {
        let number = self.number.borrow();
        let text = number.as_str();
        self.shown.set_text(text);
        self.delete.set_sensitive(!text.is_empty());
    }

    fn paste(&self) {
        let main = self.main.clone();
        let clipboard = self.page.clipboard();
        glib::spawn_future_local(async move {
            let copied = clipboard.read_text_future().await.ok().flatten();
            let Some(main) = main.upgrade() else { return };
            let keypad = &main.keypad;
            let pasted = keypad.number.borrow_mut().paste(copied.as_deref().unwrap_or_default());
            keypad.show_number();
            if let Err(why) = pasted {
                main.says(&why);
            }
        });
    }

    fn then(
        self: &Rc<Self>,
        then: impl Fn(&Rc<Self>) + 'static,
    ) -> impl Fn(&gtk::Button) + 'static {
        let keypad = Rc::downgrade(self);
        move |_| {
            if let Some(keypad) = keypad.upgrade() {
                then(&keypad);
            }
        }
    }

    fn then_held(self: &Rc<Self>, then: impl Fn(&Rc<Self>) + 'static) -> impl Fn() + 'static {
        let keypad = Rc::downgrade(self);
        move || {
            if let Some(keypad) = keypad.upgrade() {
                then(&keypad);
            }
        }
    }
}

/// Do it when the button is held down, and not what a short press does.
fn held(button: &gtk::Button, then: impl Fn() + 'static) {
    let gesture = gtk::GestureLongPress::new();
    gesture.set_propagation_phase(gtk::PropagationPhase::Capture);
    gesture.connect_pressed(move |gesture, _, _| {
        gesture.set_state(gtk::EventSequenceState::Claimed);
        then();
    });
    button.add_controller(gesture);
}
