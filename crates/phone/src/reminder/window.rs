use super::card::Card;
use crate::view::Late;
use adw::prelude::*;
use gtk::glib;
use std::rc::Rc;
use std::time::Instant;

/// What the user wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// Call now.
    Call,
    /// Enough of it.
    Close,
}

/// A reminder as a window.
pub struct ReminderWindow {
    window: adw::ApplicationWindow,
    title: gtk::Label,
    detail: gtk::Label,
    /// Why it could not be followed.
    trouble: gtk::Label,
    call: gtk::Button,
    close: gtk::Button,
}

impl ReminderWindow {
    /// With nothing on it; `pressed` is told what the user wants.
    pub fn new(application: &adw::Application, pressed: impl Fn(Pressed) + 'static) -> Self {
        // It comes by itself: a key or a tap on its way is meant for something else.
        let late = Late::changed(Instant::now());
        let pressed: Rc<dyn Fn(Pressed)> = Rc::new(move |what| {
            if late.takes(Instant::now()) {
                pressed(what);
            }
        });
        let picture = gtk::Image::builder().icon_name("alarm-symbolic").pixel_size(64).build();
        picture.add_css_class("dim-label");
        let (title, detail, trouble) =
            (label("call-name"), label("dim-label"), label("call-trust"));
        trouble.set_visible(false);
        // Neutral: no key calls anybody before somebody chose a button.
        title.set_focusable(true);
        let words = gtk::Box::new(gtk::Orientation::Vertical, 12);
        words.set_valign(gtk::Align::Center);
        words.set_vexpand(true);
        words.append(&picture);
        words.append(&title);
        words.append(&detail);
        words.append(&trouble);
        let scroll = gtk::ScrolledWindow::builder()
            .hscrollbar_policy(gtk::PolicyType::Never)
            .propagate_natural_height(true)
            .child(&words)
            .build();
        let (call, close) = (button(&pressed, Pressed::Call), button(&pressed, Pressed::Close));
        call.add_css_class("answer");
        let column = gtk::Box::new(gtk::Orientation::Vertical, 12);
        for set in [
            gtk::Widget::set_margin_top as fn(&gtk::Widget, i32),
            gtk::Widget::set_margin_bottom,
            gtk::Widget::set_margin_start,
            gtk::Widget::set_margin_end,
        ] {
            set(column.upcast_ref(), 24);
        }
        column.append(&scroll);
        column.append(&call);
        column.append(&close);
        let clamp = adw::Clamp::builder().maximum_size(460).child(&column).build();
        let window = adw::ApplicationWindow::builder()
            .application(application)
            .content(&clamp)
            .default_width(360)
            .build();
        window.connect_close_request(move |_| {
            pressed(Pressed::Close);
            glib::Propagation::Stop
        });
        Self { window, title, detail, trouble, call, close }
    }

    /// Show this.
    pub fn show(&self, card: &Card) {
        self.window.set_title(Some(&card.title));
        self.title.set_text(&card.title);
        self.detail.set_text(&card.detail);
        self.call.set_label(&card.call);
        self.close.set_label(&card.close);
    }

    /// To the front.
    pub fn present(&self) {
        self.window.present();
        self.title.grab_focus();
    }

    /// Say why something was refused.
    pub fn says(&self, why: &str) {
        self.trouble.set_text(why);
        self.trouble.set_visible(true);
    }

    /// The window itself.
    pub fn widget(&self) -> &adw::ApplicationWindow {
        &self.window
    }

    /// Away with it.
    pub fn close(&self) {
        self.window.destroy();
    }
}

fn label(class: &str) -> gtk::Label {
    let label = gtk::Label::builder().wrap(true).justify(gtk::Justification::Center).build();
    label.add_css_class(class);
    label
}

fn button(pressed: &Rc<dyn Fn(Pressed)>, what: Pressed) -> gtk::Button {
    // Only a label that a button made itself is its name for those who cannot see it.
    let button = gtk::Button::with_label("");
    button.add_css_class("pill");
    button.add_css_class("call-choice");
    let pressed = pressed.clone();
    button.connect_clicked(move |_| pressed(what));
    button
}
