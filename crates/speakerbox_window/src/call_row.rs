//! A call that lives, with what can be done about it.

use crate::phone_line::Wish;
use crate::view::CallLine;
use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk::glib;
use hookswitch::CallUuid;
use tokio::sync::mpsc::UnboundedSender;

mod imp {
    use super::*;
    use std::cell::{Cell, OnceCell, RefCell};

    #[derive(Default, gtk::CompositeTemplate)]
    #[template(file = "call_row.ui")]
    pub struct CallRow {
        #[template_child]
        pub who: TemplateChild<gtk::Label>,
        #[template_child]
        pub how: TemplateChild<gtk::Label>,
        #[template_child]
        pub end: TemplateChild<gtk::Button>,
        #[template_child]
        pub mute: TemplateChild<gtk::Button>,
        #[template_child]
        pub hold: TemplateChild<gtk::Button>,
        #[template_child]
        pub answer: TemplateChild<gtk::Button>,
        pub call: Cell<Option<CallUuid>>,
        pub line: RefCell<Option<CallLine>>,
        pub wishes: OnceCell<UnboundedSender<Wish>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for CallRow {
        const NAME: &'static str = "SpeakerboxCallRow";
        type Type = super::CallRow;
        type ParentType = adw::PreferencesRow;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for CallRow {}
    impl WidgetImpl for CallRow {}
    impl ListBoxRowImpl for CallRow {}
    impl PreferencesRowImpl for CallRow {}
}

glib::wrapper! {
    /// See the head of this file.
    pub struct CallRow(ObjectSubclass<imp::CallRow>)
        @extends adw::PreferencesRow, gtk::ListBoxRow, gtk::Widget,
        @implements gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget;
}

impl CallRow {
    /// A row of this call; what the user wants goes there.
    pub fn new(line: &CallLine, wishes: UnboundedSender<Wish>) -> Self {
        let row: Self = glib::Object::new();
        let inner = row.imp();
        inner.call.set(Some(line.call));
        let _ = inner.wishes.set(wishes);
        row.when(&inner.answer, |line| Some(Wish::Answer(line.call)));
        row.when(&inner.end, |line| Some(Wish::End(line.call)));
        row.when(&inner.hold, |line| Some(Wish::SetHeld(line.call, line.hold?)));
        row.when(&inner.mute, |line| Some(Wish::SetMuted(line.call, line.mute?)));
        row.show(line);
        row
    }

    /// Which call it is.
    pub fn call(&self) -> Option<CallUuid> {
        self.imp().call.get()
    }

    /// It is so now.
    pub fn show(&self, line: &CallLine) {
        let inner = self.imp();
        inner.who.set_text(&line.who);
        inner.how.set_text(line.how);
        inner.answer.set_visible(line.answer);
        inner.end.set_visible(line.end.is_some());
        inner.end.set_label(line.end.unwrap_or("End"));
        inner.hold.set_visible(line.hold.is_some());
        inner.hold.set_label(if line.hold == Some(false) { "Resume" } else { "Hold" });
        inner.mute.set_visible(line.mute.is_some());
        inner.mute.set_label(if line.mute == Some(false) { "Unmute" } else { "Mute" });
        inner.line.replace(Some(line.clone()));
    }

    fn when(&self, button: &gtk::Button, wish: impl Fn(&CallLine) -> Option<Wish> + 'static) {
        let row = self.downgrade();
        button.connect_clicked(move |_| {
            let Some(row) = row.upgrade() else { return };
            let inner = row.imp();
            if let Some(wish) = inner.line.borrow().as_ref().and_then(&wish)
                && let Some(wishes) = inner.wishes.get()
            {
                // A phone that is gone wants nothing.
                let _ = wishes.send(wish);
            }
        });
    }
}
