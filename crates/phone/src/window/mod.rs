//! The window of a call: a [`View`] as widgets.

mod controls;
mod keys;
pub mod launch;
mod layout;
mod slide;
pub mod text;
mod upper;

use crate::view::{Kind, Late, View};
use adw::prelude::*;
pub use controls::Open;
use controls::{Controls, Pressed};
use gtk::{gdk, glib};
use layout::CallLayout;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;
use upper::Upper;

/// A screen that is not wider than this, in its narrower direction, is a phone's.
const PHONE: i32 = 480;

/// The window of a call.
pub struct CallWindow {
    window: adw::ApplicationWindow,
    upper: Rc<Upper>,
    controls: Controls,
    shown: Rc<RefCell<Option<View>>>,
    late: Rc<Cell<Late>>,
    toasts: adw::ToastOverlay,
}

impl CallWindow {
    /// A window without anything in it; `pressed` is told what the user wants.
    pub fn new(application: &adw::Application, pressed: impl Fn(Pressed) + 'static) -> Self {
        let late: Rc<Cell<Late>> = Rc::default();
        let guard = late.clone();
        let pressed: Rc<dyn Fn(Pressed)> = Rc::new(move |press| {
            if guard.get().takes(Instant::now()) {
                pressed(press);
            }
        });
        let upper = Rc::new(Upper::new());
        let keyed = upper.clone();
        let controls = Controls::new(pressed.clone(), move |shown| keyed.leaves_room(shown));
        let areas = gtk::Box::new(gtk::Orientation::Vertical, 0);
        areas.set_layout_manager(Some(CallLayout::new()));
        // Over who it is, never over a button: why something was refused is read while it rings on.
        let toasts = adw::ToastOverlay::new();
        toasts.set_child(Some(upper.widget()));
        areas.append(&toasts);
        areas.append(controls.widget());
        let window = adw::ApplicationWindow::builder()
            .application(application)
            .content(&areas)
            .default_width(360)
            .default_height(640)
            .build();
        if is_phone() {
            window.fullscreen();
        }
        let shown: Rc<RefCell<Option<View>>> = Rc::default();
        window.add_controller(keys::keys(shown.clone(), pressed));
        Self { window, upper, controls, shown, late, toasts }
    }

    /// Show this.
    pub fn show(&self, view: View) {
        let before = self.shown.replace(Some(view.clone()));
        if before.as_ref() == Some(&view) {
            return;
        }
        self.window.set_title(Some(&view.title));
        self.upper.show(&view);
        if !before.as_ref().is_some_and(|before| before.has_same_controls(&view)) {
            self.controls.show(&view);
            let slides = view.slides && text::is_larger_than(150);
            self.upper.leaves_room(self.controls.needs_room() || slides);
            // Only another screen: what somebody else changed in a call that goes on stops nobody.
            let of = |view: &View| (view.kind, view.call, view.slides);
            if before.as_ref().map(of) != Some(of(&view)) {
                self.late.set(Late::changed(Instant::now()));
                self.upper.take_focus();
            }
        }
        self.window.set_deletable(view.kind == Kind::Over);
    }

    /// Say why something was refused.
    pub fn says(&self, why: &str) {
        self.toasts.add_toast(text::toast(why));
    }

    /// Open that, as its button does.
    pub fn open(&self, what: Open) {
        self.controls.open(what);
    }

    /// The window itself.
    pub fn widget(&self) -> &adw::ApplicationWindow {
        &self.window
    }

    /// Bring it to the front.
    pub fn present(&self) {
        self.window.present();
    }

    /// Whether the user looks at it.
    pub fn is_active(&self) -> bool {
        self.window.is_active()
    }

    /// Bring it to the front because the user asked for it elsewhere; `token` is the right to the focus that was sent along.
    pub fn comes_back(&self, token: Option<&str>) {
        // Some compositors raise no window that is there already, but show every new one.
        if !self.window.is_active() {
            self.window.set_visible(false);
        }
        if let Some(token) = token {
            self.window.set_startup_id(token);
        }
        self.window.present();
    }

    /// Away with it.
    pub fn close(&self) {
        self.window.destroy();
    }

    /// Wait until it was painted with what it shows now: before the second frame the first one was.
    pub fn painted(&self) -> impl Future<Output = ()> + use<> {
        self.frames(2)
    }

    /// Wait for that many frames of it.
    pub fn frames(&self, many: u32) -> impl Future<Output = ()> + use<> {
        let (done, waited) = tokio::sync::oneshot::channel();
        let (left, done) = (Cell::new(many), Cell::new(Some(done)));
        self.window.add_tick_callback(move |widget, _| {
            left.set(left.get().saturating_sub(1));
            if left.get() > 0 {
                // Also if nothing else has to be painted.
                widget.queue_draw();
                return glib::ControlFlow::Continue;
            }
            if let Some(done) = done.take() {
                let _ = done.send(());
            }
            glib::ControlFlow::Break
        });
        // It does not come if the window was closed: then there is nothing to wait for.
        async move {
            let _ = waited.await;
        }
    }
}

/// The look of the screens, for the whole program.
pub fn look() {
    let style = gtk::CssProvider::new();
    style.load_from_data(include_str!("../../resources/style.css"));
    if let Some(display) = gdk::Display::default() {
        let priority = gtk::STYLE_PROVIDER_PRIORITY_APPLICATION;
        gtk::style_context_add_provider_for_display(&display, &style, priority);
    }
}

/// Whether the screen is a phone's: there a call is the whole screen, and on any other a window among windows.
pub fn is_phone() -> bool {
    let monitors = gdk::Display::default().map(|display| display.monitors());
    let monitor = monitors.and_then(|monitors| monitors.item(0)).and_downcast::<gdk::Monitor>();
    let size = monitor.map(|monitor| monitor.geometry());
    size.is_some_and(|size| size.width().min(size.height()) <= PHONE)
}
