//! Declining with more than that: a reminder, or a message.

use super::{Phone, now};
use hookswitch::{Call, CallNumber, Date};
use hookswitch_phone::place;
use hookswitch_phone::reminder::Reminder;
use hookswitch_phone::view::{With, decline, replies};
use hookswitch_phone::window::launch;
use std::rc::Rc;

impl Phone {
    /// Decline it, if what goes with it can be done.
    pub fn decline(&self, call: CallNumber, revision: u64, with: With) {
        let Some(call) = self.state.borrow().calls.get(&call).cloned() else { return };
        let can = match with {
            With::Reminder(_) => self.alarm.takes(),
            With::Message(_) => Ok(()),
        };
        match (can, self.window.borrow().as_ref()) {
            (Ok(()), _) => self.line.decline(call, revision, with),
            (Err(why), Some(window)) => window.says(&why),
            (Err(_), None) => {}
        }
    }

    /// It is declined: now what goes with it.
    pub fn declined(self: &Rc<Self>, application: &adw::Application, call: &Call, with: With) {
        let done = match with {
            With::Reminder(wait) => {
                let due = Date(now().0.saturating_add(wait.ms()));
                self.alarm.add(Reminder::of(call, due))
            }
            With::Message(text) => {
                decline::message(&call.handle, &text).map_or(Ok(()), |uri| launch::write(&uri))
            }
        };
        if let Err(why) = done {
            // The screen of the call is gone.
            let main = self.main(application);
            main.present();
            main.says(&why);
        }
    }
}

/// Whatever the user set, if there is a program that sends it.
pub fn what_can_be_written() -> Vec<String> {
    if !launch::sends_messages() {
        return Vec::new();
    }
    replies::read(place::settings().as_deref()).unwrap_or_else(|why| {
        eprintln!("hookswitch-phone: {why}");
        replies::usual()
    })
}
