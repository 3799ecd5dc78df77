use super::text;
use crate::view::{View, words};
use adw::prelude::*;

/// How wide the picture is.
const LARGE: i32 = 112;
/// How wide it is where the keys or other calls need the room.
const SMALL: i32 = 48;

/// How much of it is seen at least.
const LEAST: i32 = 150;

/// Who it is, and how the call stands.
pub struct Upper {
    scroll: gtk::ScrolledWindow,
    above: gtk::Label,
    avatar: adw::Avatar,
    name: gtk::Label,
    number: gtk::Label,
    trust: gtk::Label,
    members: gtk::Label,
    status: gtk::Label,
    notices: gtk::Label,
}

impl Upper {
    pub fn new() -> Self {
        let label = |class: &str| {
            let label = gtk::Label::new(None);
            label.set_wrap(true);
            label.set_justify(gtk::Justification::Center);
            label.add_css_class(class);
            label
        };
        let above = label("heading");
        let avatar = adw::Avatar::new(LARGE, None, true);
        avatar.set_halign(gtk::Align::Center);
        let name = label("call-name");
        name.set_lines(2);
        name.set_ellipsize(gtk::pango::EllipsizeMode::End);
        // Neutral: no key answers or declines before somebody chose a button.
        name.set_focusable(true);
        let (number, trust, members) =
            (label("dim-label"), label("call-trust"), label("dim-label"));
        let (status, notices) = (label("call-status"), label("dim-label"));
        status.add_css_class("numeric");
        let column = gtk::Box::new(gtk::Orientation::Vertical, 8);
        column.set_valign(gtk::Align::Center);
        for (margin, set) in [
            (24, gtk::Widget::set_margin_top as fn(&gtk::Widget, i32)),
            (12, gtk::Widget::set_margin_bottom),
            (18, gtk::Widget::set_margin_start),
            (18, gtk::Widget::set_margin_end),
        ] {
            set(column.upcast_ref(), margin);
        }
        column.append(&above);
        column.append(&avatar);
        for label in [&name, &number, &trust, &members, &status, &notices] {
            column.append(label);
        }
        // Large text scrolls here; the buttons stay.
        let scroll = gtk::ScrolledWindow::builder()
            .hscrollbar_policy(gtk::PolicyType::Never)
            .child(&column)
            .propagate_natural_height(true)
            .vexpand(true)
            .build();
        scroll.set_size_request(-1, LEAST);
        Self { scroll, above, avatar, name, number, trust, members, status, notices }
    }

    pub fn widget(&self) -> &gtk::ScrolledWindow {
        &self.scroll
    }

    pub fn show(&self, view: &View) {
        let identity = &view.identity;
        set(&self.above, Some(&identity.above));
        set(&self.name, Some(&identity.name));
        set(&self.number, identity.number.as_deref());
        set(&self.trust, identity.trust.as_deref());
        set(&self.members, words::members(identity).as_deref());
        set(&self.status, Some(view.status.text()));
        set(&self.notices, (!view.notices.is_empty()).then(|| view.notices.join("\n")).as_deref());
        self.avatar.set_text(Some(&identity.name));
        self.avatar.set_show_initials(identity.has_name);
    }

    /// Leave room for what is below, or take it again.
    pub fn leaves_room(&self, leaves: bool) {
        self.avatar.set_size(if leaves { SMALL } else { LARGE });
        // Who it is comes first, and letters say more than a picture of two of them.
        self.avatar.set_visible(!(leaves && text::is_larger_than(150)));
    }

    pub fn take_focus(&self) {
        self.name.grab_focus();
    }
}

fn set(label: &gtk::Label, text: Option<&str>) {
    let text = text.unwrap_or_default();
    if label.text() != text {
        label.set_text(text);
    }
    label.set_visible(!text.is_empty());
}
