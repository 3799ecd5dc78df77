use super::MainWindow;
use super::clock::{moment, today};
use super::person::Person;
use crate::ask::Ask;
use crate::tongue::tr;
use crate::view::recents::{Day, Row, days, empty};
use adw::prelude::*;
use gtk::glib;
use hookswitch::Recent;
use std::cell::{Cell, RefCell};
use std::rc::Weak;

/// How many calls are shown, and how many more at a time.
const PIECE: u32 = 100;
/// The service tells no more at a time.
const MOST: u32 = 1000;

/// The days that are there, who of them is a favourite, and whether there are more.
type Shown = (Vec<Day>, Vec<bool>, bool);

/// The calls that were.
pub struct RecentsPage {
    page: gtk::Box,
    /// What is below the switch: the list, or why there is none.
    list: adw::Bin,
    missed: gtk::ToggleButton,
    limit: Cell<u32>,
    lines: RefCell<Vec<Recent>>,
    /// What is on the screen: days, and whether each row is starred.
    shown: RefCell<Option<Shown>>,
    main: Weak<MainWindow>,
}

impl RecentsPage {
    pub fn new(main: &Weak<MainWindow>) -> Self {
        let all = gtk::ToggleButton::builder().label(tr("All")).active(true).build();
        let missed = gtk::ToggleButton::builder().label(tr("Missed")).group(&all).build();
        let switch = gtk::Box::new(gtk::Orientation::Horizontal, 0);
        switch.add_css_class("linked");
        switch.set_halign(gtk::Align::Center);
        switch.set_homogeneous(true);
        switch.set_margin_top(12);
        switch.append(&all);
        switch.append(&missed);
        let list = adw::Bin::builder().vexpand(true).build();
        let page = gtk::Box::new(gtk::Orientation::Vertical, 0);
        page.append(&switch);
        page.append(&list);
        missed.connect_toggled({
            let main = main.clone();
            move |_| {
                if let Some(main) = main.upgrade() {
                    main.recents.limit.set(PIECE);
                    main.refresh();
                }
            }
        });
        Self {
            page,
            list,
            missed,
            limit: Cell::new(PIECE),
            lines: RefCell::default(),
            shown: RefCell::default(),
            main: main.clone(),
        }
    }

    pub fn widget(&self) -> &gtk::Widget {
        self.page.upcast_ref()
    }

    /// What is to be asked for.
    pub fn wish(&self) -> Ask {
        Ask::Recents { missed: self.missed.is_active(), limit: self.limit.get() }
    }

    /// The lines, if they are still wanted.
    pub fn answer(
        &self,
        main: &MainWindow,
        missed: bool,
        limit: u32,
        lines: Result<Vec<Recent>, String>,
    ) {
        if self.wish() != (Ask::Recents { missed, limit }) {
            return;
        }
        match lines {
            Ok(lines) => {
                self.lines.replace(lines);
                self.show(main);
            }
            Err(why) => {
                self.shown.replace(None);
                self.instead("dialog-warning-symbolic", &tr("Calls Cannot Be Shown"), &why);
            }
        }
    }

    /// Show what is known.
    pub fn show(&self, main: &MainWindow) {
        let lines = self.lines.borrow();
        let days = days(&lines, &|app| main.app_name(app), &moment, today());
        let starred: Vec<bool> = {
            let favourites = main.favourites.borrow();
            let rows = days.iter().flat_map(|day| &day.rows);
            rows.map(|row| favourites.has(&row.dial.app, &row.dial.handle)).collect()
        };
        let limit = self.limit.get();
        let more = lines.len() >= usize::try_from(limit).unwrap_or(usize::MAX) && limit < MOST;
        let now = Some((days, starred, more));
        if *self.shown.borrow() == now {
            return;
        }
        if let Some((days, starred, more)) = &now {
            if days.is_empty() {
                let (title, words) = empty(self.missed.is_active());
                self.instead("document-open-recent-symbolic", &title, &words);
            } else {
                self.fill(days, starred, *more);
            }
        }
        self.shown.replace(now);
    }

    fn fill(&self, days: &[Day], starred: &[bool], more: bool) {
        let column = gtk::Box::new(gtk::Orientation::Vertical, 18);
        super::settings::margins(&column);
        let mut starred = starred.iter().copied();
        for day in days {
            let title = glib::markup_escape_text(&day.title);
            let group = adw::PreferencesGroup::builder().title(title).build();
            for row in &day.rows {
                group.add(&self.row(row, starred.next().unwrap_or_default()));
            }
            column.append(&group);
        }
        if more {
            column.append(&self.more());
        }
        match self.list.child().and_downcast::<gtk::ScrolledWindow>() {
            // Where it was scrolled to stays.
            Some(scroll) => scroll.set_child(Some(&clamped(&column))),
            None => {
                let scroll = gtk::ScrolledWindow::builder()
                    .hscrollbar_policy(gtk::PolicyType::Never)
                    .child(&clamped(&column))
                    .build();
                self.list.set_child(Some(&scroll));
            }
        }
    }

    fn row(&self, row: &Row, starred: bool) -> adw::ActionRow {
        let person = Person {
            title: &row.title,
            name: &row.name,
            has_name: row.has_name,
            detail: &row.detail,
            call: &row.call,
            dial: &row.dial,
            starred,
        };
        let widget = person.row(&self.main);
        let icon = gtk::Image::from_icon_name(row.icon);
        icon.add_css_class(if row.missed { "error" } else { "dim-label" });
        widget.add_prefix(&icon);
        if row.missed {
            widget.add_css_class("missed");
        }
        widget
    }

    fn more(&self) -> gtk::Button {
        let button = gtk::Button::with_label(&tr("Show Older Calls"));
        button.set_halign(gtk::Align::Center);
        button.add_css_class("pill");
        let main = self.main.clone();
        button.connect_clicked(move |_| {
            if let Some(main) = main.upgrade() {
                let limit = main.recents.limit.get() + PIECE;
                main.recents.limit.set(limit.min(MOST));
                main.refresh();
            }
        });
        button
    }

    fn instead(&self, icon: &str, title: &str, words: &str) {
        let page = adw::StatusPage::builder()
            .icon_name(icon)
            .title(glib::markup_escape_text(title))
            .description(glib::markup_escape_text(words))
            .build();
        page.add_css_class("compact");
        self.list.set_child(Some(&page));
    }
}

fn clamped(child: &impl IsA<gtk::Widget>) -> adw::Clamp {
    adw::Clamp::builder().maximum_size(600).child(child).build()
}
