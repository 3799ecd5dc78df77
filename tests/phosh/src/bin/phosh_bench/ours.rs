use crate::Round;
use crate::cores::Cores;
use crate::cost::{self, Calling, Cost};
use crate::turns::Rings;
use crate::watch::{Watch, round, told};
use hookswitch::{
    CallNumber, CallState, CallUpdate, CallUuid, EndedReason, Handle, HandleKind, new_call,
};
use hookswitch_journeys::{App, Phone, Screen as Surface, program};
use hookswitch_phosh::{Lock, Screen, soon};
use std::fs;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;

/// How the bus starts our call screens, and with what in their environment.
const STARTED: &str = include_str!("../../../../../data/dbus/org.hookswitch.Phone.service.in");
/// What is added to that for a program that waits for calls.
const WAITING: &str = "--gapplication-service";
/// As the service names the screen that Phosh draws.
const LOCK_SCREEN: &str = "Phosh's lock screen";
/// How often to look whether it is there.
const LOOK: Duration = Duration::from_millis(20);

fn phone() -> Phone {
    Phone::with_environment("", &[("HOOKSWITCH_PHOSH", "always".into())])
}

fn anna() -> CallUpdate {
    let remote_handle = Some(Handle::new(HandleKind::Generic, "anna@example.org"));
    CallUpdate { remote_handle, ..CallUpdate::default() }
}

/// An app on a locked phone of its own, which reports a call and takes it back.
pub struct Reports {
    app: App,
    screen: Screen,
    watch: Watch,
    call: Option<CallUuid>,
    // The app goes before the bus that it is on.
    phone: Phone,
}

impl Reports {
    /// On these cores.
    pub async fn new(cores: &Cores) -> Self {
        cores.others();
        let phone = phone();
        let app = phone.app("org.example.Chat").await;
        cores.shell();
        let screen = Screen::start(phone.address(), Lock::Locked).await;
        cores.others();
        let watch = Watch::start(phone.address()).await;
        Self { app, screen, watch, call: None, phone }
    }

    /// Phosh alone is told, so it has to be there.
    async fn is_looked_at(&self) {
        is_a_surface(&self.phone.screen().await, LOCK_SCREEN).await;
    }
}

async fn report(app: &App, call: CallUuid) {
    let reported = app.provider.report_new_incoming_call(call, anna()).await;
    reported.expect("it rings");
}

impl Rings for Reports {
    async fn first(&mut self) -> Duration {
        self.is_looked_at().await;
        told(&mut self.watch, async || report(&self.app, new_call()).await).await.1
    }

    async fn rings(&mut self) -> Round {
        let call = new_call();
        self.call = Some(call);
        round(&self.screen, &mut self.watch, async || report(&self.app, call).await).await.0
    }

    async fn ends(&mut self) {
        let call = self.call.take().expect("it rings");
        let ended = self.app.provider.report_call_ended(call, None, EndedReason::RemoteEnded);
        soon("the end", ended).await.expect("it ends");
        self.watch.next("InterfacesRemoved").await;
    }
}

/// Wait until something of this name shows calls.
async fn is_a_surface(user: &Surface, name: &str) {
    soon(name, async {
        loop {
            let status = user.surface.status().await.expect("the service answers");
            if status.surfaces.iter().any(|one| one.name == name) {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    })
    .await;
}

/// Our call screens, an app whose calls they show, and somebody who says what the user wants.
struct Ours {
    bin: TempDir,
    app: App,
    user: Surface,
    call: Option<CallNumber>,
}

impl Ours {
    async fn new(phone: &Phone) -> Self {
        let bin = tempfile::tempdir().expect("a folder");
        // As an installation has it: how much of a file is in memory depends on how it was written.
        let installed = bin.path().join("hookswitch-phone");
        fs::copy(program("hookswitch-phone"), &installed).expect("it is copied");
        phone.install("org.hookswitch.Phone", &installed, true);
        let app = phone.willing_app("org.example.Chat").await;
        Self { bin, app, user: phone.screen().await, call: None }
    }

    fn command(&self, screen: &Screen) -> (Command, Vec<String>) {
        let line = STARTED.lines().find_map(|line| line.strip_prefix("Exec="));
        let line = line.expect("its file says how");
        let bin = self.bin.path().display().to_string();
        let mut words = line.split(' ').map(|word| word.replace("@bindir@", &bin));
        let command = screen.command(&words.next().expect("a program"));
        (command, words.collect())
    }
}

impl Calling for Ours {
    fn with_window(&self, screen: &Screen) -> Command {
        let (mut command, arguments) = self.command(screen);
        command.args(arguments.iter().filter(|argument| *argument != WAITING));
        command
    }

    fn waiting(&self, screen: &Screen) -> Command {
        let (mut command, arguments) = self.command(screen);
        command.args(arguments);
        command
    }

    async fn takes_calls(&mut self) {
        is_a_surface(&self.user, "Phone").await;
    }

    async fn rings(&mut self, _: u32) {
        self.app.rings("anna@example.org").await;
        self.call = Some(self.user.one(CallState::Ringing).await.number);
    }

    async fn is_answered(&mut self) {
        let call = self.call.expect("it rings");
        self.user.surface.answer(call, None).outcome().await.expect("it is answered");
        self.user.is(call, CallState::Active).await;
    }

    async fn ends(&mut self) {
        let call = self.call.take().expect("it is talked in");
        self.user.surface.end(call, None).outcome().await.expect("it ends");
        self.user.over(call).await;
    }
}

/// What our call screens cost.
pub async fn cost() -> Cost {
    let phone = phone();
    let mut ours = Ours::new(&phone).await;
    let screen = Screen::start(phone.address(), Lock::Unlocked).await;
    cost::measure(&screen, &mut ours).await
}

/// How long it takes to see a call for which the call screens have to be started.
pub async fn first_call(starts: usize) -> Vec<Duration> {
    let phone = phone();
    let mut ours = Ours::new(&phone).await;
    let screen = Screen::start(phone.address(), Lock::Unlocked).await;
    let mut took = Vec::new();
    for _ in 0..=starts {
        ours.rings(0).await;
        let (seen, program) = cost::first_frame(&screen, ours.waiting(&screen)).await;
        took.push(seen);
        ours.ends().await;
        cost::end(program).await;
    }
    // The first fills the caches of fonts and icons.
    took.remove(0);
    took
}
