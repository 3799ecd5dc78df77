//! The window without a call: recents, favourites, keys, settings, and a bar that leads back to the call.

mod bar;
mod clock;
mod favourites;
mod keypad;
mod named;
mod person;
mod recents;
mod settings;
mod switch_row;

use crate::ask::{Answer, Ask};
use crate::favourites::{Favourite, Favourites};
use crate::tongue::tr;
use crate::view::View;
use crate::window::text;
use crate::{place, view};
use adw::prelude::*;
use bar::Bar;
use favourites::FavouritesPage;
use gtk::glib;
use hookswitch::{AppId, Dial, ProviderRecord};
use keypad::Keypad;
use recents::RecentsPage;
use settings::SettingsPage;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

/// What the user wants of the rest of the program.
pub enum Want {
    /// Ask the service.
    Ask(Ask),
    /// Back to the call.
    Return,
}

/// The window without a call: whom one called, and whom one can call.
pub struct MainWindow {
    window: adw::ApplicationWindow,
    toasts: adw::ToastOverlay,
    stack: adw::ViewStack,
    bar: Bar,
    recents: RecentsPage,
    favourites_page: FavouritesPage,
    keypad: Rc<Keypad>,
    settings: SettingsPage,
    favourites: RefCell<Favourites>,
    /// The apps by id, as the service last told.
    apps: RefCell<BTreeMap<String, ProviderRecord>>,
    /// Somebody is being called: a second tap does not call a second time.
    dials: Cell<bool>,
    wants: Box<dyn Fn(Want)>,
}

impl MainWindow {
    /// The window, not to be seen yet. `wants` is told what it needs; answers are given to [`answer`](Self::answer).
    pub fn new(application: &adw::Application, wants: impl Fn(Want) + 'static) -> Rc<Self> {
        let main = Rc::new_cyclic(|main: &Weak<Self>| {
            let (bar, recents) = (Bar::new(main), RecentsPage::new(main));
            let (favourites_page, keypad) = (FavouritesPage::new(main), Keypad::new(main));
            let settings = SettingsPage::new(main);
            let toasts = adw::ToastOverlay::new();
            Self {
                window: adw::ApplicationWindow::builder()
                    .application(application)
                    .title(tr("Phone"))
                    .default_width(560)
                    .default_height(680)
                    // What was typed is still there when it comes back.
                    .hide_on_close(true)
                    .build(),
                toasts,
                stack: adw::ViewStack::new(),
                bar,
                recents,
                favourites_page,
                keypad,
                settings,
                favourites: RefCell::new(Favourites::read(place::settings().as_deref())),
                apps: RefCell::default(),
                dials: Cell::default(),
                wants: Box::new(wants),
            }
        });
        main.build();
        application.set_accels_for_action("window.close", &["<Control>w"]);
        main
    }

    fn build(self: &Rc<Self>) {
        let stack = &self.stack;
        // Each page is as large as it needs, not as the largest.
        stack.set_vexpand(true);
        stack.set_vhomogeneous(false);
        let pages: [(&gtk::Widget, &str, String, &str); 4] = [
            (self.favourites_page.widget(), "favourites", tr("Favourites"), "starred-symbolic"),
            (self.recents.widget(), "recents", tr("Recents"), "document-open-recent-symbolic"),
            (self.keypad.widget(), "keypad", tr("Keypad"), "input-dialpad-symbolic"),
            (self.settings.widget(), "settings", tr("Settings"), "emblem-system-symbolic"),
        ];
        for (page, name, title, icon) in &pages {
            stack.add_titled(*page, Some(name), title).set_icon_name(Some(icon));
        }
        stack.set_visible_child_name("recents");
        let title = adw::ViewSwitcherTitle::builder().stack(stack).title(tr("Phone")).build();
        let header = adw::HeaderBar::builder().title_widget(&title).build();
        header.set_centering_policy(adw::CenteringPolicy::Strict);
        let below = adw::ViewSwitcherBar::builder().stack(stack).build();
        title.bind_property("title-visible", &below, "reveal").sync_create().build();
        self.toasts.set_child(Some(stack));
        let column = gtk::Box::new(gtk::Orientation::Vertical, 0);
        column.append(self.bar.widget());
        column.append(&header);
        column.append(&self.toasts);
        column.append(&below);
        self.window.set_content(Some(&column));
        let main = Rc::downgrade(self);
        stack.connect_visible_child_notify(move |stack| {
            let Some(main) = main.upgrade() else { return };
            if stack.visible_child_name().is_some_and(|name| name == "keypad") {
                main.keypad.take_focus();
            }
            main.refresh();
        });
        // An app may have been started meanwhile, or a file changed.
        let main = Rc::downgrade(self);
        self.window.connect_is_active_notify(move |window| {
            if let Some(main) = main.upgrade().filter(|_| window.is_active()) {
                main.refresh();
            }
        });
        self.keypad.listen(&self.window, stack);
    }

    /// The window itself.
    pub fn widget(&self) -> &adw::ApplicationWindow {
        &self.window
    }

    /// Turn to that page: `favourites`, `recents`, `keypad` or `settings`.
    pub fn turn_to(&self, page: &str) {
        self.stack.set_visible_child_name(page);
    }

    /// To the front.
    pub fn present(&self) {
        self.window.present();
        self.refresh();
    }

    /// The call that goes on, if one does.
    pub fn show(&self, view: Option<&View>) {
        self.bar.show(view.and_then(view::bar::bar).as_deref());
    }

    /// Ask for what is shown, if it is.
    pub fn refresh(&self) {
        if self.window.is_visible() {
            // The apps first: their names are in the list.
            self.ask(Ask::Status);
            self.ask(self.recents.wish());
            self.settings.read();
            self.show_favourites();
        }
    }

    /// What was asked for.
    pub fn answer(&self, answer: Answer) {
        if matches!(answer, Answer::Dialled(_)) {
            self.dials.set(false);
        }
        match answer {
            Answer::Recents { missed, limit, lines } => {
                self.recents.answer(self, missed, limit, lines);
            }
            Answer::Status(Ok(status)) => {
                let by_id = |app: &ProviderRecord| (app.app_id.clone(), app.clone());
                self.apps.replace(status.providers.iter().map(by_id).collect());
                self.keypad.offer(&status.providers);
                self.settings.show(&status);
                self.show_favourites();
            }
            Answer::Rings(Ok(ring)) => self.says(&view::settings::rings(&ring)),
            Answer::Dialled(Ok(())) => {}
            Answer::Status(Err(why)) | Answer::Dialled(Err(why)) | Answer::Rings(Err(why)) => {
                self.says(&why);
            }
        }
    }

    /// Say it, for a moment.
    pub fn says(&self, words: &str) {
        self.toasts.add_toast(text::toast(words));
    }

    fn ask(&self, ask: Ask) {
        (self.wants)(Want::Ask(ask));
    }

    fn dial(&self, dial: Dial) {
        if !self.dials.replace(true) {
            self.ask(Ask::Dial(dial));
        }
    }

    fn show_favourites(&self) {
        self.favourites_page.show(self, &self.favourites.borrow());
    }

    /// Star somebody, or not any more.
    fn turn(&self, favourite: Favourite) {
        let turned = self.favourites.borrow_mut().turn(favourite);
        match turned {
            Ok(()) => {
                self.show_favourites();
                self.recents.show(self);
            }
            Err(why) => self.says(&why),
        }
    }

    /// What an app is called; where it does not run, as its desktop entry says.
    fn app_name(&self, app: &AppId) -> String {
        let id = app.to_string();
        let known = self.apps.borrow().get(&id).map(view::dial::app_name);
        known.or_else(|| entry_name(&id)).unwrap_or(id)
    }
}

fn entry_name(app: &str) -> Option<String> {
    let entry = glib::KeyFile::new();
    let file = format!("applications/{app}.desktop");
    entry.load_from_data_dirs(file, glib::KeyFileFlags::NONE).ok()?;
    entry.locale_string("Desktop Entry", "Name", None).ok().map(Into::into)
}
