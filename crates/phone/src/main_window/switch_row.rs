use super::MainWindow;
use crate::place;
use crate::view::settings::{Kept, Word};
use adw::prelude::*;
use std::cell::Cell;
use std::rc::{Rc, Weak};

/// A word of the settings as a switch.
pub struct SwitchRow {
    row: adw::ActionRow,
    switch: gtk::Switch,
    word: Word,
    /// Whether the switch is on where the word says no.
    inverse: bool,
    subtitle: String,
    /// The switch shows what the file says, and is not pressed.
    reads: Rc<Cell<bool>>,
}

impl SwitchRow {
    /// A switch for that word. `inverse`: it says the contrary.
    pub fn new(
        main: &Weak<MainWindow>,
        (title, subtitle): (&str, String),
        word: Word,
        inverse: bool,
    ) -> Self {
        // Its row names it.
        let switch = gtk::Switch::builder().valign(gtk::Align::Center).build();
        let row = super::settings::row(title, "");
        row.add_suffix(&switch);
        row.set_activatable_widget(Some(&switch));
        let reads: Rc<Cell<bool>> = Rc::default();
        switch.connect_state_set({
            let (reads, main) = (reads.clone(), main.clone());
            move |_, on| {
                if !reads.get()
                    && let Err(why) = write(word, on != inverse)
                    && let Some(main) = main.upgrade()
                {
                    main.says(&why);
                    main.settings.read();
                    return gtk::glib::Propagation::Stop;
                }
                gtk::glib::Propagation::Proceed
            }
        });
        Self { row, switch, word, inverse, subtitle, reads }
    }

    pub fn widget(&self) -> &adw::ActionRow {
        &self.row
    }

    /// Look at the file: somebody may have written to it.
    pub fn read(&self) {
        let kept = Kept::read(place::settings().as_deref(), self.word);
        self.reads.set(true);
        match &kept {
            Ok(kept) => {
                self.switch.set_active(kept.is_on() != self.inverse);
                self.row.set_subtitle(&self.subtitle);
            }
            Err(why) => {
                self.switch.set_active(false);
                self.row.set_subtitle(why);
            }
        }
        self.row.set_sensitive(kept.is_ok());
        self.reads.set(false);
    }
}

fn write(word: Word, on: bool) -> Result<(), String> {
    Kept::read(place::settings().as_deref(), word)?.turn(on)
}
