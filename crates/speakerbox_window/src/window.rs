//! The one window of the app.

use crate::call_row::CallRow;
use crate::contacts::Contact;
use crate::phone_line::{News, PhoneLine, Wish};
use crate::view::View;
use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk::{gio, glib};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// Time enough to lock the phone.
const LATER: Duration = Duration::from_secs(3);

mod imp {
    use super::*;

    #[derive(Default, gtk::CompositeTemplate)]
    #[template(file = "window.ui")]
    pub struct Window {
        #[template_child]
        pub said: TemplateChild<gtk::Label>,
        #[template_child]
        pub live: TemplateChild<adw::PreferencesGroup>,
        #[template_child]
        pub address: TemplateChild<gtk::Entry>,
        #[template_child]
        pub dial: TemplateChild<gtk::Button>,
        #[template_child]
        pub contacts: TemplateChild<adw::PreferencesGroup>,
        #[template_child]
        pub simulate: TemplateChild<gtk::Button>,
        #[template_child]
        pub simulate_later: TemplateChild<gtk::Button>,
        #[template_child]
        pub past: TemplateChild<adw::PreferencesGroup>,
        pub view: RefCell<View>,
        pub live_rows: RefCell<Vec<CallRow>>,
        pub past_rows: RefCell<Vec<adw::ActionRow>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Window {
        const NAME: &'static str = "SpeakerboxWindow";
        type Type = super::Window;
        type ParentType = adw::ApplicationWindow;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for Window {}
    impl WidgetImpl for Window {}
    impl WindowImpl for Window {}
    impl ApplicationWindowImpl for Window {}
    impl AdwApplicationWindowImpl for Window {}
}

glib::wrapper! {
    /// See the head of this file.
    pub struct Window(ObjectSubclass<imp::Window>)
        @extends adw::ApplicationWindow, gtk::ApplicationWindow, gtk::Window, gtk::Widget,
        @implements gio::ActionGroup, gio::ActionMap, gtk::Buildable,
                    gtk::ConstraintTarget, gtk::Native, gtk::Root, gtk::ShortcutManager;
}

impl Window {
    /// Open it. It closes when the phone is over, and the phone ends when it is closed; `why` says why, if nobody wanted it.
    pub fn open(
        app: &adw::Application,
        line: PhoneLine,
        contacts: &[Contact],
        why: Rc<RefCell<Option<String>>>,
    ) {
        let window: Self = glib::Object::builder().property("application", app).build();
        let PhoneLine { wishes, mut news, thread } = line;
        window.connect(&wishes);
        window.list(contacts, &wishes);
        let listening = window.clone();
        let calls = wishes.clone();
        glib::spawn_future_local(async move {
            while let Some(news) = news.recv().await {
                match news {
                    News::Said(words) => listening.imp().said.set_text(&words),
                    News::Calls(event) => {
                        listening.imp().view.borrow_mut().hear(event);
                        listening.show_calls(&calls);
                    }
                    News::Over(error) => {
                        why.replace(error);
                        // It has nothing left to do but to return.
                        let _ = thread.join();
                        listening.destroy();
                        return;
                    }
                }
            }
        });
        window.present();
    }

    fn connect(&self, wishes: &UnboundedSender<Wish>) {
        let inner = self.imp();
        let dial = inner.dial.get();
        inner.address.connect_changed(move |entry| {
            dial.set_sensitive(!entry.text().trim().is_empty());
        });
        let dials = wishes.clone();
        let call = move |entry: &gtk::Entry| {
            let address = entry.text().trim().to_owned();
            if !address.is_empty() {
                entry.set_text("");
                let _ = dials.send(Wish::Call(address));
            }
        };
        inner.address.connect_activate(call.clone());
        let entry = inner.address.get();
        inner.dial.connect_clicked(move |_| call(&entry));
        for (button, after) in [(&inner.simulate, Duration::ZERO), (&inner.simulate_later, LATER)] {
            let wishes = wishes.clone();
            button.connect_clicked(move |_| {
                let _ = wishes.send(Wish::Simulate(after));
            });
        }
        let leaves = wishes.clone();
        self.connect_close_request(move |window| {
            // Nobody shall be left on a line: it is gone when the phone has hung up.
            window.set_visible(false);
            match leaves.send(Wish::Leave) {
                Ok(()) => glib::Propagation::Stop,
                Err(_) => glib::Propagation::Proceed,
            }
        });
    }

    fn list(&self, contacts: &[Contact], wishes: &UnboundedSender<Wish>) {
        let group = &self.imp().contacts;
        group.set_visible(!contacts.is_empty());
        for contact in contacts {
            let row = adw::ActionRow::builder()
                .title(&*glib::markup_escape_text(&contact.name))
                .subtitle(&*glib::markup_escape_text(&contact.address))
                .build();
            let button = gtk::Button::builder()
                .label("Call")
                .tooltip_text(format!("Call {}", contact.name))
                .valign(gtk::Align::Center)
                .build();
            let (wishes, address) = (wishes.clone(), contact.address.clone());
            button.connect_clicked(move |_| {
                let _ = wishes.send(Wish::Call(address.clone()));
            });
            row.add_suffix(&button);
            group.add(&row);
        }
    }

    /// Rows stay where they are, and so does the focus.
    fn show_calls(&self, wishes: &UnboundedSender<Wish>) {
        let inner = self.imp();
        let view = inner.view.borrow();
        let mut rows = inner.live_rows.borrow_mut();
        rows.retain(|row| {
            let lives = view.live.iter().any(|line| Some(line.call) == row.call());
            if !lives {
                inner.live.remove(row);
            }
            lives
        });
        for line in &view.live {
            match rows.iter().find(|row| row.call() == Some(line.call)) {
                Some(row) => row.show(line),
                None => {
                    let row = CallRow::new(line, wishes.clone());
                    inner.live.add(&row);
                    rows.push(row);
                }
            }
        }
        inner.live.set_visible(!rows.is_empty());
        let mut past = inner.past_rows.borrow_mut();
        past.drain(..).for_each(|row| inner.past.remove(&row));
        for line in &view.past {
            let row = adw::ActionRow::builder()
                .title(&*glib::markup_escape_text(&line.who))
                .subtitle(line.how)
                .build();
            inner.past.add(&row);
            past.push(row);
        }
        inner.past.set_visible(!past.is_empty());
    }
}
