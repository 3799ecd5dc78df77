use super::{MainWindow, Want};
use gtk::prelude::*;
use std::rc::Weak;

/// A green line on top of every page while a call goes on: one press leads back.
pub struct Bar {
    button: gtk::Button,
}

impl Bar {
    pub fn new(main: &Weak<MainWindow>) -> Self {
        // Only a label that a button made itself is its name for those who cannot see it.
        let button = gtk::Button::with_label("");
        if let Some(label) = button.child().and_downcast::<gtk::Label>() {
            label.set_wrap(true);
            label.set_justify(gtk::Justification::Center);
            label.add_css_class("numeric");
        }
        button.add_css_class("call-bar");
        button.set_visible(false);
        let main = main.clone();
        button.connect_clicked(move |_| {
            if let Some(main) = main.upgrade() {
                (main.wants)(Want::Return);
            }
        });
        Self { button }
    }

    pub fn widget(&self) -> &gtk::Button {
        &self.button
    }

    /// Say this; `None`: there is no call.
    pub fn show(&self, words: Option<&str>) {
        let text = words.unwrap_or_default();
        if self.button.label().as_deref() != Some(text) {
            self.button.set_label(text);
        }
        self.button.set_visible(words.is_some());
    }
}
