use super::MainWindow;
use adw::prelude::*;
use hookswitch::StatusRecord;
use hookswitch_phone::ask::Ask;
use hookswitch_phone::place;
use hookswitch_phone::tongue::tr;
use hookswitch_phone::view::settings::{Line, Notifications, apps, troubles};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

/// What can be set, and how the service is.
pub struct SettingsPage {
    page: adw::PreferencesPage,
    details: gtk::Switch,
    details_row: adw::ActionRow,
    /// The switch shows what the file says, and is not pressed.
    reads: Rc<Cell<bool>>,
    /// The groups of what the service tells, and of what.
    told: RefCell<(Vec<adw::PreferencesGroup>, StatusRecord)>,
}

impl SettingsPage {
    pub fn new(main: &Weak<MainWindow>) -> Self {
        let page = adw::PreferencesPage::new();
        // Its row names it.
        let details = gtk::Switch::builder().valign(gtk::Align::Center).build();
        let details_row = row(&tr("Show Who Calls"), "");
        details_row.add_suffix(&details);
        details_row.set_activatable_widget(Some(&details));
        let group = adw::PreferencesGroup::builder().title(tr("Notifications")).build();
        group.add(&details_row);
        page.add(&group);
        page.add(&test_ring(main));
        let reads: Rc<Cell<bool>> = Rc::default();
        details.connect_state_set({
            let (reads, main) = (reads.clone(), main.clone());
            move |_, shows| {
                if !reads.get() {
                    let mut now = Notifications::read(place::settings().as_deref());
                    let done = now.as_mut().map_err(|why| why.clone());
                    if let Err(why) = done.and_then(|file| file.show_details(shows))
                        && let Some(main) = main.upgrade()
                    {
                        main.says(&why);
                        main.settings.read();
                        return gtk::glib::Propagation::Stop;
                    }
                }
                gtk::glib::Propagation::Proceed
            }
        });
        Self { page, details, details_row, reads, told: RefCell::default() }
    }

    pub fn widget(&self) -> &gtk::Widget {
        self.page.upcast_ref()
    }

    /// Look at the file: somebody may have written to it.
    pub fn read(&self) {
        let file = Notifications::read(place::settings().as_deref());
        self.reads.set(true);
        match &file {
            Ok(file) => {
                self.details.set_active(file.shows_details());
                let words = tr("Name and number are in notifications, also on the lock screen.");
                self.details_row.set_subtitle(&words);
            }
            Err(why) => {
                self.details.set_active(false);
                self.details_row.set_subtitle(why);
            }
        }
        self.details_row.set_sensitive(file.is_ok());
        self.reads.set(false);
    }

    /// What the service told.
    pub fn show(&self, status: &StatusRecord) {
        let mut told = self.told.borrow_mut();
        if told.1 == *status && !told.0.is_empty() {
            return;
        }
        for group in told.0.drain(..) {
            self.page.remove(&group);
        }
        let troubles = troubles(status);
        if !troubles.is_empty() {
            let lines = troubles.into_iter().map(|title| Line { title, detail: String::new() });
            told.0.push(group(&tr("What Does Not Work"), lines));
        }
        let apps = apps(status);
        let none = apps.is_empty().then(|| Line {
            title: tr("No App Runs"),
            detail: tr("An app that makes calls is shown here once it was started."),
        });
        told.0.push(group(&tr("Apps"), apps.into_iter().chain(none)));
        for group in &told.0 {
            self.page.add(group);
        }
        told.1 = status.clone();
    }
}

fn test_ring(main: &Weak<MainWindow>) -> adw::PreferencesGroup {
    let group = adw::PreferencesGroup::builder().title(tr("Sound")).build();
    let row = row(&tr("Test Ring"), &tr("Rings for a moment as a call would."));
    let button = gtk::Button::with_label(&tr("Ring"));
    button.set_valign(gtk::Align::Center);
    let main = main.clone();
    button.connect_clicked(move |_| {
        if let Some(main) = main.upgrade() {
            main.ask(Ask::TestRing);
        }
    });
    row.add_suffix(&button);
    row.set_activatable_widget(Some(&button));
    group.add(&row);
    group
}

fn row(title: &str, detail: &str) -> adw::ActionRow {
    let row = adw::ActionRow::builder().use_markup(false).build();
    row.set_title(title);
    row.set_subtitle(detail);
    row
}

fn group(title: &str, lines: impl Iterator<Item = Line>) -> adw::PreferencesGroup {
    let group = adw::PreferencesGroup::builder().title(title).build();
    for line in lines {
        group.add(&row(&line.title, &line.detail));
    }
    group
}

/// The space around a list.
pub fn margins(widget: &impl IsA<gtk::Widget>) {
    widget.set_margin_top(12);
    widget.set_margin_bottom(18);
    widget.set_margin_start(12);
    widget.set_margin_end(12);
}
