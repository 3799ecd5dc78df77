use super::MainWindow;
use super::switch_row::SwitchRow;
use crate::ask::Ask;
use crate::tongue::tr;
use crate::view::settings::{HIDES_DETAILS, Line, SLIDES, apps, troubles};
use crate::view::words;
use adw::prelude::*;
use hookswitch::StatusRecord;
use std::cell::RefCell;
use std::rc::Weak;

/// What can be set, and how the service is.
pub struct SettingsPage {
    page: adw::PreferencesPage,
    switches: [SwitchRow; 2],
    /// The groups of what the service tells, and of what.
    told: RefCell<(Vec<adw::PreferencesGroup>, StatusRecord)>,
}

impl SettingsPage {
    pub fn new(main: &Weak<MainWindow>) -> Self {
        let page = adw::PreferencesPage::new();
        let who = tr("Name and number are in notifications, and on a locked screen.");
        let who = (tr("Show Who Calls"), who);
        let details = SwitchRow::new(main, (&who.0, who.1), HIDES_DETAILS, true);
        let how = tr("While the screen is locked, by touch. Keys answer as always.");
        let slides = SwitchRow::new(main, (&words::slide(), how), SLIDES, false);
        let group = adw::PreferencesGroup::builder().title(tr("Incoming Calls")).build();
        let switches = [details, slides];
        for switch in &switches {
            group.add(switch.widget());
        }
        page.add(&group);
        page.add(&test_ring(main));
        Self { page, switches, told: RefCell::default() }
    }

    pub fn widget(&self) -> &gtk::Widget {
        self.page.upcast_ref()
    }

    /// Look at the files: somebody may have written to them.
    pub fn read(&self) {
        for switch in &self.switches {
            switch.read();
        }
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

/// A line of a group.
pub fn row(title: &str, detail: &str) -> adw::ActionRow {
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
