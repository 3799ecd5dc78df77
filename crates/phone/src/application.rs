mod declines;

use adw::prelude::*;
use declines::what_can_be_written;
use gtk::{gio, glib};
use hookswitch::{CallNumber, Date, SurfaceState};
use hookswitch_phone::ask::{Answer, Ask};
use hookswitch_phone::line::{Line, News};
use hookswitch_phone::lock::LockWatch;
use hookswitch_phone::main_window::{MainWindow, Want};
use hookswitch_phone::panel::PanelLine;
use hookswitch_phone::reminder::Alarm;
use hookswitch_phone::view::panel::Panel;
use hookswitch_phone::view::{self, Guard, Leaves, Lock, Over, Press};
use hookswitch_phone::window::{self, CallWindow, launch};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc::UnboundedReceiver;

const ID: &str = "org.hookswitch.Phone";
/// How often what a timer says is looked at.
const SECOND: Duration = Duration::from_secs(1);

/// Everything between the service and the window.
struct Phone {
    line: Line,
    state: RefCell<SurfaceState>,
    over: RefCell<Option<Over>>,
    window: RefCell<Option<CallWindow>>,
    /// While there is a window of a call, and only then.
    lock: RefCell<Option<Rc<LockWatch>>>,
    guard: Cell<Guard>,
    /// What is there without a call, too, once the user opened it.
    main: RefCell<Option<Rc<MainWindow>>>,
    /// What is seen of a call beside its window.
    panel: Rc<PanelLine>,
    /// Who is to be called back.
    alarm: Rc<Alarm>,
    /// What can be written to whoever calls now.
    replies: RefCell<Vec<String>>,
    presented: Cell<Option<CallNumber>>,
    /// What is left to notifications.
    leaves: RefCell<Leaves>,
    /// The user wants to see it now.
    wanted: Cell<bool>,
    /// The same, before anything is known of calls.
    wanted_first: Cell<bool>,
    /// The service has said which calls there are.
    heard: Cell<bool>,
    /// Whether the second hand runs.
    ticks: Cell<bool>,
    failed: Cell<bool>,
}

/// Run until the session ends, or the service does not want this program.
pub fn run() -> glib::ExitCode {
    let application = adw::Application::builder().application_id(ID).build();
    let failed = Rc::new(Cell::new(false));
    // Without windows it stays all the same: a call may come at any time.
    let resident: Rc<RefCell<Option<gio::ApplicationHoldGuard>>> = Rc::default();
    let phone: Rc<RefCell<Option<Rc<Phone>>>> = Rc::default();
    application.connect_startup({
        let (resident, phone, failed) = (resident.clone(), phone.clone(), failed.clone());
        move |application| {
            window::look();
            resident.replace(Some(application.hold()));
            match Line::open() {
                Ok((line, news)) => {
                    let begun = Phone::new(application, line);
                    phone.replace(Some(begun.clone()));
                    let (application, failed) = (application.clone(), failed.clone());
                    glib::spawn_future_local(async move {
                        begun.follow(&application, news).await;
                        failed.set(begun.failed.get());
                        application.quit();
                    });
                }
                Err(error) => {
                    eprintln!("hookswitch-phone: no thread for the service: {error}. Close other programs, and start it again.");
                    failed.set(true);
                    application.quit();
                }
            }
        }
    });
    application.connect_activate(move |application| {
        if let Some(phone) = phone.borrow().as_ref() {
            phone.clone().comes_forward(application);
        }
    });
    let code = application.run();
    if failed.get() { glib::ExitCode::FAILURE } else { code }
}

fn now() -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Date(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl Phone {
    fn new(application: &adw::Application, line: Line) -> Rc<Self> {
        Rc::new_cyclic(|phone: &Weak<Self>| Self {
            panel: PanelLine::new({
                let (phone, application) = (phone.clone(), application.downgrade());
                move |token| {
                    if let (Some(phone), Some(application)) =
                        (phone.upgrade(), application.upgrade())
                    {
                        phone.returns(&application, token);
                    }
                }
            }),
            alarm: Alarm::new(application, {
                let phone = phone.clone();
                move |dial| {
                    if let Some(phone) = phone.upgrade() {
                        phone.line.ask(Ask::Dial(dial));
                    }
                }
            }),
            replies: RefCell::default(),
            line,
            state: RefCell::default(),
            over: RefCell::default(),
            window: RefCell::default(),
            lock: RefCell::default(),
            guard: Cell::default(),
            main: RefCell::default(),
            presented: Cell::new(None),
            leaves: RefCell::default(),
            wanted: Cell::new(false),
            wanted_first: Cell::new(false),
            heard: Cell::new(false),
            ticks: Cell::new(false),
            failed: Cell::new(false),
        })
    }

    /// Show what the service says, until it says nothing any more.
    async fn follow(
        self: &Rc<Self>,
        application: &adw::Application,
        mut news: UnboundedReceiver<News>,
    ) {
        while let Some(news) = news.recv().await {
            match news {
                News::State(state) => {
                    let before = self.state.replace(*state);
                    self.heard.set(true);
                    match self.wanted_first.take() {
                        true => self.clone().comes_forward(application),
                        false => self.show(application),
                    }
                    // Others have come into the list of calls, or gone into it.
                    if !before.calls.keys().eq(self.state.borrow().calls.keys()) {
                        self.refresh();
                    }
                }
                News::PresentCall(call) => {
                    self.leaves.borrow_mut().told(call);
                    self.show(application);
                    // One that was there asks to be looked at; until it is, the call is not known to be seen.
                    if let Some(window) = self.window.borrow().as_ref() {
                        window.present();
                    }
                }
                News::Ended(call) => {
                    self.over.replace(Over::of(&call, now()));
                }
                News::Declined { call, with } => self.declined(application, &call, with),
                News::Answer(Answer::Dialled(outcome)) if self.alarm.dialled(&outcome) => {}
                News::Answer(answer) => {
                    if let Some(main) = self.main.borrow().as_ref() {
                        main.answer(answer);
                    }
                }
                News::Refused(why) => {
                    if let Some(window) = self.window.borrow().as_ref() {
                        window.says(&why);
                    }
                }
                News::Closed(why) => {
                    eprintln!("hookswitch-phone: {why}");
                    self.failed.set(true);
                    return;
                }
            }
        }
    }

    /// The user wants to see it: the call that goes on, else the list of those that were.
    fn comes_forward(self: Rc<Self>, application: &adw::Application) {
        // Who started it by a click on a call's banner wants that call.
        if !self.heard.get() {
            return self.wanted_first.set(true);
        }
        if !self.returns(application, None) {
            self.main(application).present();
        }
    }

    fn main(self: &Rc<Self>, application: &adw::Application) -> Rc<MainWindow> {
        self.main.borrow_mut().get_or_insert_with(|| self.new_main(application)).clone()
    }

    /// Bring the call to the front, if there is one, by this right to the focus.
    fn returns(self: &Rc<Self>, application: &adw::Application, token: Option<&str>) -> bool {
        self.wanted.set(true);
        self.show(application);
        let window = self.window.borrow();
        if let Some(window) = window.as_ref() {
            window.comes_back(token);
        }
        window.is_some()
    }

    fn new_main(self: &Rc<Self>, application: &adw::Application) -> Rc<MainWindow> {
        let (phone, weak) = (Rc::downgrade(self), application.downgrade());
        MainWindow::new(application, move |want| {
            let (Some(phone), Some(application)) = (phone.upgrade(), weak.upgrade()) else {
                return;
            };
            match want {
                Want::Ask(ask) => phone.line.ask(ask),
                Want::Return => drop(phone.returns(&application, None)),
            }
        })
    }

    fn refresh(&self) {
        if let Some(main) = self.main.borrow().as_ref() {
            main.refresh();
        }
    }

    fn new_window(self: &Rc<Self>, application: &adw::Application) -> CallWindow {
        let phone = Rc::downgrade(self);
        let application_of = application.downgrade();
        CallWindow::new(application, move |press| {
            let (Some(phone), Some(application)) = (phone.upgrade(), application_of.upgrade())
            else {
                return;
            };
            match press {
                Press::Dismiss => {
                    phone.over.replace(None);
                    phone.show(&application);
                }
                Press::Open(app) => {
                    if let Err(why) = launch::open(&app)
                        && let Some(window) = phone.window.borrow().as_ref()
                    {
                        window.says(&why);
                    }
                }
                Press::DeclineWith { call, revision, with } => {
                    phone.decline(call, revision, with);
                }
                press => phone.line.press(press),
            }
        })
    }

    fn watch_lock(self: &Rc<Self>, application: &adw::Application) -> Rc<LockWatch> {
        let (phone, weak) = (Rc::downgrade(self), application.downgrade());
        LockWatch::begin(application.dbus_connection(), move |lock| {
            let (Some(phone), Some(application)) = (phone.upgrade(), weak.upgrade()) else {
                return;
            };
            phone.guard.set(Guard::read(lock));
            phone.show(&application);
        })
    }

    /// Bring the window in step with the calls.
    fn show(self: &Rc<Self>, application: &adw::Application) {
        let now = now();
        if self.over.borrow().as_ref().is_some_and(|over| over.until <= now) {
            self.over.replace(None);
        }
        if self.lock.borrow().is_none() {
            // Somebody may have written to it since the last call.
            self.guard.set(Guard::read(Lock::Unknown));
        }
        let guard = self.guard.get();
        let view = guard.view(&self.state.borrow(), self.over.borrow().as_ref(), now);
        if let Some(main) = self.main.borrow().as_ref() {
            main.show(view.as_ref());
        }
        self.panel.show(Panel::of(&self.state.borrow(), view.as_ref()));
        self.alarm.stand_back(view.is_some());
        let wanted = self.wanted.take();
        let Some(view) = view else {
            self.presented.set(None);
            self.leave(None);
            self.lock.take();
            if let Some(window) = self.window.take() {
                window.close();
            }
            return;
        };
        let has_window = self.window.borrow().is_some();
        let held = self.leaves.borrow().holds_back(&view, &self.state.borrow(), has_window);
        let stays_back = !wanted && held && !window::is_phone();
        if !has_window {
            let opens = view::opens(&self.state.borrow(), self.over.borrow().as_ref());
            if !wanted && (stays_back || !opens) {
                self.leave(None);
                // The time on the bar goes on.
                return self.tick(application);
            }
            self.replies.replace(what_can_be_written());
        }
        let view = view.with_replies(&self.state.borrow(), guard, &self.replies.borrow());
        let call = view.call;
        let mut window = self.window.borrow_mut();
        let window = window.get_or_insert_with(|| self.new_window(application));
        window.show(view);
        if self.lock.borrow().is_none() {
            self.lock.replace(Some(self.watch_lock(application)));
        }
        // In a window that is looked at the call is seen: at once, or when the second hand comes by.
        let comes = !stays_back || window.is_active();
        if comes && self.presented.replace(Some(call)) != Some(call) {
            window.present();
            let (phone, painted) = (Rc::downgrade(self), window.painted());
            glib::spawn_future_local(async move {
                painted.await;
                if let Some(phone) = phone.upgrade() {
                    phone.line.presented(call);
                }
            });
        }
        self.leave(self.presented.get());
        self.tick(application);
    }

    /// What rings on a desktop is for others to show, except for this.
    fn leave(&self, shown: Option<CallNumber>) {
        if !window::is_phone() {
            let calls = self.leaves.borrow_mut().of(&self.state.borrow(), shown);
            calls.into_iter().for_each(|call| self.line.not_presented(call));
        }
    }

    /// Look again each second, as long as there is something to see.
    fn tick(self: &Rc<Self>, application: &adw::Application) {
        if self.ticks.replace(true) {
            return;
        }
        let (phone, application) = (Rc::downgrade(self), application.downgrade());
        glib::timeout_add_local(SECOND, move || {
            let (Some(phone), Some(application)) = (phone.upgrade(), application.upgrade()) else {
                return glib::ControlFlow::Break;
            };
            phone.show(&application);
            let goes_on = !phone.state.borrow().calls.is_empty() || phone.over.borrow().is_some();
            phone.ticks.set(goes_on);
            if goes_on { glib::ControlFlow::Continue } else { glib::ControlFlow::Break }
        });
    }
}
