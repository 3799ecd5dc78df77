use super::{MainWindow, Want};
use gtk::prelude::*;
use std::rc::Weak;

/// A green line on top of every page while a call goes on: one press leads back.
pub struct Bar {
    button: gtk::Button,
    label: gtk::Label,
}

impl Bar {
    pub fn new(main: &Weak<MainWindow>) -> Self {
        let label = gtk::Label::new(None);
        label.set_wrap(true);
        label.set_justify(gtk::Justification::Center);
        label.add_css_class("numeric");
        let button = super::named::over_label(&label);
        button.add_css_class("call-bar");
        button.set_visible(false);
        let main = main.clone();
        button.connect_clicked(move |_| {
            if let Some(main) = main.upgrade() {
                (main.wants)(Want::Return);
            }
        });
        Self { button, label }
    }

    pub fn widget(&self) -> &gtk::Button {
        &self.button
    }

    /// Say this; `None`: there is no call.
    pub fn show(&self, words: Option<&str>) {
        let text = words.unwrap_or_default();
        if self.label.text() != text {
            self.label.set_text(text);
        }
        self.button.set_visible(words.is_some());
    }
}
