//! Controls that have a name for those who cannot see them. GTK 4.8 takes one from templates only.

use gtk::glib;
use gtk::prelude::*;

fn built<T: IsA<glib::Object>>(class: &str, label: &str) -> T {
    let label = glib::markup_escape_text(label);
    let template = format!(
        "<interface><object class=\"{class}\" id=\"it\"><accessibility><property name=\"label\">{label}</property>\
         </accessibility></object></interface>"
    );
    gtk::Builder::from_string(&template).object("it").expect("the template is part of the program")
}

/// A round button with only an icon on it.
pub fn icon_button(icon: &str, label: &str) -> gtk::Button {
    let button: gtk::Button = built("GtkButton", label);
    button.set_icon_name(icon);
    button.set_tooltip_text(Some(label));
    button.set_valign(gtk::Align::Center);
    button.add_css_class("flat");
    button.add_css_class("circular");
    button
}

/// A button with anything on it.
pub fn button(child: &impl IsA<gtk::Widget>, label: &str) -> gtk::Button {
    let button: gtk::Button = built("GtkButton", label);
    button.set_child(Some(child));
    button
}
