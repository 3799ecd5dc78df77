use super::{MainWindow, named};
use crate::favourites::Favourite;
use crate::tongue::tr_with;
use adw::prelude::*;
use hookswitch::Dial;
use std::rc::Weak;

/// A row of somebody who can be called, and starred.
pub struct Person<'a> {
    pub title: &'a str,
    pub name: &'a str,
    pub has_name: bool,
    pub detail: &'a str,
    /// What the button that calls is called.
    pub call: &'a str,
    pub dial: &'a Dial,
    pub starred: bool,
}

impl Person<'_> {
    /// The row. A press on it calls.
    pub fn row(&self, main: &Weak<MainWindow>) -> adw::ActionRow {
        let row = adw::ActionRow::builder().use_markup(false).build();
        row.set_title(self.title);
        row.set_subtitle(self.detail);
        // Its colour follows from the words: without any it is another one each time.
        let words = if self.has_name { self.name } else { self.dial.handle.value.as_str() };
        let avatar = adw::Avatar::new(36, Some(words), self.has_name);
        row.add_prefix(&avatar);
        row.add_suffix(&self.star(main));
        let icon = if self.dial.video { "camera-video-symbolic" } else { "call-start-symbolic" };
        let call = named::icon_button(icon, self.call);
        let (main, dial) = (main.clone(), self.dial.clone());
        call.connect_clicked(move |_| {
            if let Some(main) = main.upgrade() {
                main.dial(dial.clone());
            }
        });
        row.add_suffix(&call);
        row.set_activatable_widget(Some(&call));
        row
    }

    fn star(&self, main: &Weak<MainWindow>) -> gtk::Button {
        let (icon, label) = match self.starred {
            true => ("starred-symbolic", tr_with("Remove {} from Favourites", &[self.name])),
            false => ("non-starred-symbolic", tr_with("Add {} to Favourites", &[self.name])),
        };
        let star = named::icon_button(icon, &label);
        let favourite = Favourite {
            app: self.dial.app.clone(),
            handle: self.dial.handle.clone(),
            name: if self.has_name { self.name.to_owned() } else { self.dial.handle.value.clone() },
        };
        let main = main.clone();
        star.connect_clicked(move |_| {
            if let Some(main) = main.upgrade() {
                main.turn(favourite.clone());
            }
        });
        star
    }
}
