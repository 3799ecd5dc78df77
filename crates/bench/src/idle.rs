//! What the service does while nothing happens: nothing. P13.

use crate::Outcome;
use crate::bus::Bus;
use crate::figures::Figures;
use crate::load::{self, Size};
use crate::proc;
use crate::service::{Home, Load, Service};
use crate::tied::Running;
use crate::wire::{Line, refused, reply, to_service};
use hookswitch_bus::names::{PROVIDER, SURFACE};
use hookswitch_bus::{AdmittedRecord, ChangeRecord, RequestOptions, ResultRecord, UpdateRecord};
use std::path::Path;
use std::time::Duration;
use zbus::message::Type;

const APPS: u64 = 1000;

/// Watch the service for so long, with many apps registered and a call on hold.
pub fn measure(figures: &mut Figures, bus: &Bus, program: &Path, watch: Duration) -> Outcome {
    let home = Home::new("home")?;
    let service = Service::Daemon { program: program.to_owned(), journal: true, policy: "" };
    let mut service = service.start(bus, &home)?;
    let mut role = bus.role("apps")?;
    let mut apps =
        Running::start("apps", role.args(["--count", &APPS.to_string(), "--held-call"]))?;
    apps.line()?;
    // What was written is folded into recents a moment later.
    std::thread::sleep(Duration::from_secs(5).min(watch));
    let before = proc::switches(service.pid());
    std::thread::sleep(watch);
    let after = proc::switches(service.pid());
    let name = format!("P13 wake-ups in {} s, {APPS} apps, a held call", watch.as_secs());
    figures.hold(name, after.saturating_sub(before) as f64, "", 0.0);
    figures.report("P13 threads", proc::threads(service.pid()).len() as f64, "");
    apps.kill()?;
    service.stop()
}

/// Count the threads that run for a call while nothing is kept: those of the bus path.
pub fn bus_path(figures: &mut Figures, bus: &Bus, program: &Path) -> Outcome {
    let home = Home::new("home")?;
    let service = Service::Daemon { program: program.to_owned(), journal: false, policy: "" };
    let mut service = service.start(bus, &home)?;
    Load::start(bus, &service, Size { calls: 1, warm: 9 }, None)?.once()?;
    let before = proc::threads(service.pid());
    Load::start(bus, &service, Size { calls: 90, warm: 10 }, None)?.once()?;
    let after = proc::threads(service.pid());
    let ran = |thread: &&proc::Thread| {
        let earlier = before.iter().find(|earlier| earlier.id == thread.id);
        earlier.is_none_or(|earlier| earlier.cpu_ns != thread.cpu_ns)
    };
    let ran: Vec<&str> = after.iter().filter(ran).map(|thread| thread.name.as_str()).collect();
    figures.hold("P13 threads on the bus path", ran.len() as f64, "", 1.0);
    if ran.len() > 1 {
        eprintln!("P13: these ran for a call: {}", ran.join(", "));
    }
    service.stop()
}

/// What the apps do.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Apps {
    /// How many, each with a connection and a bus name of its own.
    #[arg(long)]
    count: u64,
    /// The first one has a call on hold.
    #[arg(long)]
    held_call: bool,
}

/// Be many apps that do nothing; until killed.
pub async fn apps(options: Apps) -> Outcome {
    let mut apps = Vec::new();
    for app in 0..options.count {
        let mut line = Line::connect().await?;
        if app == 0 {
            line.wait_for_service().await?;
        }
        let name = format!("{}.App{app}", load::APP);
        line.connection.request_name(name.as_str()).await?;
        load::register_app(&mut line, &name).await?;
        apps.push(line);
    }
    let mut surface = Line::connect().await?;
    if options.held_call {
        load::register_surface(&mut surface).await?;
        hold_a_call(apps.first_mut().ok_or("no apps")?, &mut surface).await?;
    }
    println!("ready");
    std::future::pending().await
}

async fn hold_a_call(first: &mut Line, surface: &mut Line) -> Outcome {
    let update = UpdateRecord {
        handle: Some("+4930123456".to_owned()),
        handle_kind: Some("phone_number".to_owned()),
        ..UpdateRecord::default()
    };
    let body = ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", update);
    let admitted = first.ask(PROVIDER, "ReportNewIncomingCall", &body).await?;
    let number = admitted.body().deserialize::<AdmittedRecord>()?.number;
    let answer = to_service(SURFACE, "Answer", &(number, RequestOptions::default()))?;
    let hold = to_service(SURFACE, "SetHeld", &(number, true, RequestOptions::default()))?;
    surface.connection.send(&answer).await?;
    perform(first, "PerformAnswerCall").await?;
    shown(surface, "active").await?;
    surface.connection.send(&hold).await?;
    perform(first, "PerformSetHeld").await?;
    shown(surface, "held").await
}

async fn perform(app: &mut Line, member: &str) -> Outcome {
    loop {
        let message = app.next().await?;
        if message.header().member().is_some_and(|name| name.as_str() == member) {
            app.connection.send(&reply(&message, &ResultRecord::default())?).await?;
            return Ok(());
        }
    }
}

async fn shown(surface: &mut Line, state: &str) -> Outcome {
    loop {
        let message = surface.next().await?;
        if message.message_type() != Type::Signal {
            refused(message)?;
            continue;
        }
        if message.header().member().is_some_and(|name| name.as_str() == "Changed") {
            let change: ChangeRecord = message.body().deserialize()?;
            if change.calls.is_some_and(|calls| calls.iter().any(|call| call.state == state)) {
                return Ok(());
            }
        }
    }
}
