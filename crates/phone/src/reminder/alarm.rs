//! What brings a reminder to the user when it is time.

use super::Reminder;
use super::card::Card;
use super::kept::Kept;
use super::window::{Pressed, ReminderWindow};
use crate::lock::LockWatch;
use crate::place;
use crate::view::{Guard, Lock};
use adw::prelude::*;
use gtk::glib;
use hookswitch::{Date, Dial};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// So long is slept at most: a clock that is put on, and a device that slept too, are noticed after that.
const LONGEST: i64 = 60;

/// The reminders that wait, and the window of the one whose time has come.
pub struct Alarm {
    application: adw::Application,
    kept: RefCell<Kept>,
    window: RefCell<Option<ReminderWindow>>,
    /// The one on the window.
    shown: RefCell<Option<Reminder>>,
    /// It is being called back: whether that works is not known yet.
    dials: Cell<bool>,
    /// There is a call, which comes first.
    stands_back: Cell<bool>,
    guard: Cell<Guard>,
    lock: RefCell<Option<Rc<LockWatch>>>,
    timer: RefCell<Option<glib::SourceId>>,
    wants: Box<dyn Fn(Dial)>,
}

impl Alarm {
    /// With those that were kept. `wants` calls somebody; how that went is told to [`dialled`](Self::dialled).
    pub fn new(application: &adw::Application, wants: impl Fn(Dial) + 'static) -> Rc<Self> {
        let kept = Kept::read(place::state().as_deref());
        if let Some(why) = kept.broken() {
            eprintln!("hookswitch-phone: {why}");
        }
        let alarm = Rc::new(Self {
            application: application.clone(),
            kept: RefCell::new(kept),
            window: RefCell::default(),
            shown: RefCell::default(),
            dials: Cell::default(),
            stands_back: Cell::default(),
            guard: Cell::default(),
            lock: RefCell::default(),
            timer: RefCell::default(),
            wants: Box::new(wants),
        });
        alarm.look();
        alarm
    }

    /// Whether another one can be kept: to be asked before somebody is declined for it.
    ///
    /// # Errors
    /// In words, with what to do.
    pub fn takes(&self) -> Result<(), String> {
        let mut kept = self.kept.borrow_mut();
        if kept.broken().is_some() {
            // Somebody may have mended it.
            *kept = Kept::read(place::state().as_deref());
        }
        kept.broken().map_or(Ok(()), |why| Err(why.to_owned()))
    }

    /// Bring this one when it is time.
    ///
    /// # Errors
    /// In words, with what to do: it cannot be written, and does not outlive this program.
    pub fn add(self: &Rc<Self>, reminder: Reminder) -> Result<(), String> {
        let added = self.kept.borrow_mut().add(reminder);
        self.look();
        added
    }

    /// Whether there is a call, which comes first.
    pub fn stand_back(self: &Rc<Self>, stands_back: bool) {
        if self.stands_back.replace(stands_back) != stands_back {
            self.look();
        }
    }

    /// Somebody was called, or could not be; whether it was from here.
    pub fn dialled(self: &Rc<Self>, outcome: &Result<(), String>) -> bool {
        if !self.dials.replace(false) {
            return false;
        }
        match outcome {
            Ok(()) => self.is_done(),
            Err(why) => self.says(why),
        }
        true
    }

    fn says(&self, why: &str) {
        match self.window.borrow().as_ref() {
            Some(window) => window.says(why),
            None => eprintln!("hookswitch-phone: {why}"),
        }
    }

    /// The one that is shown need not be any more.
    fn is_done(self: &Rc<Self>) {
        let Some(done) = self.shown.borrow().clone() else { return };
        let removed = self.kept.borrow_mut().remove(&done);
        self.look();
        if let Err(why) = removed {
            // It comes again when this program does.
            eprintln!("hookswitch-phone: {why}");
        }
    }

    /// Show what is due, and wait for what is not.
    fn look(self: &Rc<Self>) {
        if let Some(timer) = self.timer.take() {
            timer.remove();
        }
        // It is still known which one is being called while its call is on the screen.
        if self.stands_back.get() {
            return self.close();
        }
        let now = Date(glib::real_time() / 1000);
        let due = self.kept.borrow().due(now).cloned();
        match due {
            Some(reminder) => self.bring(reminder),
            None => {
                self.close();
                self.shown.take();
                if let Some(first) = self.kept.borrow().first() {
                    self.wait(first.due.0.saturating_sub(now.0));
                }
            }
        }
    }

    fn wait(self: &Rc<Self>, ms: i64) {
        let seconds = ms.div_euclid(1000).saturating_add(1).clamp(1, LONGEST);
        let alarm = Rc::downgrade(self);
        let seconds = u32::try_from(seconds).unwrap_or(1);
        let timer = glib::timeout_add_seconds_local_once(seconds, move || {
            if let Some(alarm) = alarm.upgrade() {
                // It is over, and must not be ended a second time.
                alarm.timer.take();
                alarm.look();
            }
        });
        self.timer.replace(Some(timer));
    }

    fn bring(self: &Rc<Self>, reminder: Reminder) {
        let is_new = self.shown.replace(Some(reminder.clone())).as_ref() != Some(&reminder);
        if is_new {
            self.close();
        }
        if self.lock.borrow().is_none() {
            self.guard.set(Guard::read(Lock::Unknown));
            self.watch_lock();
        }
        let card = Card::of(&reminder, self.guard.get());
        let mut window = self.window.borrow_mut();
        if let Some(window) = window.as_ref() {
            return window.show(&card);
        }
        let alarm = Rc::downgrade(self);
        let new = ReminderWindow::new(&self.application, move |pressed| {
            if let Some(alarm) = alarm.upgrade() {
                alarm.pressed(pressed);
            }
        });
        new.show(&card);
        new.present();
        *window = Some(new);
    }

    fn pressed(self: &Rc<Self>, pressed: Pressed) {
        match pressed {
            // Once: a second tap does not call a second time.
            Pressed::Call => {
                if let Some(reminder) = self.shown.borrow().as_ref()
                    && !self.dials.replace(true)
                {
                    (self.wants)(reminder.dial.clone());
                }
            }
            Pressed::Close => self.is_done(),
        }
    }

    fn watch_lock(self: &Rc<Self>) {
        let alarm = Rc::downgrade(self);
        let watch = LockWatch::begin(self.application.dbus_connection(), move |lock| {
            if let Some(alarm) = alarm.upgrade() {
                alarm.guard.set(Guard::read(lock));
                alarm.look();
            }
        });
        self.lock.replace(Some(watch));
    }

    fn close(&self) {
        self.lock.take();
        if let Some(window) = self.window.take() {
            window.close();
        }
    }
}
