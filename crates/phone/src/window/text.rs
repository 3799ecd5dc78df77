//! Words on a screen, as large as the user wants them.

/// The usual size, in the unit of `gtk-xft-dpi`.
const USUAL: i32 = 96 * 1024;

/// Whether letters are larger than that, in hundredths of the usual size.
pub fn is_larger_than(percent: i32) -> bool {
    let settings = gtk::Settings::default();
    settings.is_some_and(|settings| {
        i64::from(settings.gtk_xft_dpi()) > i64::from(USUAL) * i64::from(percent) / 100
    })
}

/// What is said for a moment, in as many lines as it needs: what to do comes last in it.
pub fn toast(words: &str) -> adw::Toast {
    // Its height is asked for before its width is known: so many letters are in a line.
    let label = gtk::Label::builder()
        .label(words)
        .wrap(true)
        .wrap_mode(gtk::pango::WrapMode::WordChar)
        .max_width_chars(28)
        .xalign(0.0)
        .build();
    let toast = adw::Toast::new("");
    toast.set_custom_title(Some(&label));
    toast
}
