use super::MainWindow;
use super::person::Person;
use crate::favourites::Favourites;
use crate::tongue::{tr, tr_with};
use crate::view::isolated;
use adw::prelude::*;
use gtk::glib;
use std::cell::RefCell;
use std::rc::Weak;

/// Who was starred.
pub struct FavouritesPage {
    page: adw::Bin,
    /// What is on it: who, and the name of the app.
    shown: RefCell<Option<Vec<(crate::favourites::Favourite, String)>>>,
    main: Weak<MainWindow>,
}

impl FavouritesPage {
    pub fn new(main: &Weak<MainWindow>) -> Self {
        Self { page: adw::Bin::new(), shown: RefCell::default(), main: main.clone() }
    }

    pub fn widget(&self) -> &gtk::Widget {
        self.page.upcast_ref()
    }

    pub fn show(&self, main: &MainWindow, favourites: &Favourites) {
        let all = favourites.all().iter();
        let now: Vec<_> = all.map(|one| (one.clone(), main.app_name(&one.app))).collect();
        if self.shown.borrow().as_ref() == Some(&now) {
            return;
        }
        if now.is_empty() {
            self.instead(favourites.broken());
        } else {
            let group = adw::PreferencesGroup::new();
            for (one, app) in &now {
                let has_name = one.name != one.handle.value;
                let name = if has_name { one.name.clone() } else { isolated(&one.name) };
                let person = Person {
                    title: &name,
                    name: &name,
                    has_name,
                    detail: app,
                    call: &tr_with("Call {} with {}", &[&name, app]),
                    dial: &one.dial(),
                    starred: true,
                };
                group.add(&person.row(&self.main));
            }
            super::settings::margins(&group);
            let clamp = adw::Clamp::builder().maximum_size(600).child(&group).build();
            let scroll = gtk::ScrolledWindow::builder()
                .hscrollbar_policy(gtk::PolicyType::Never)
                .child(&clamp)
                .build();
            self.page.set_child(Some(&scroll));
        }
        self.shown.replace(Some(now));
    }

    fn instead(&self, broken: Option<&str>) {
        let words = match broken {
            Some(why) => why.to_owned(),
            None => tr("The star beside a call in Recents puts somebody here."),
        };
        let page = adw::StatusPage::builder()
            .icon_name(if broken.is_some() {
                "dialog-warning-symbolic"
            } else {
                "starred-symbolic"
            })
            .title(tr("No Favourites"))
            .description(glib::markup_escape_text(&words))
            .build();
        page.add_css_class("compact");
        self.page.set_child(Some(&page));
    }
}
