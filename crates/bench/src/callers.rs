//! Many apps that are called at once, by callers who give up: report, then remote cancel. The same for the floor and for
//! the service.

use crate::load::{self, APP};
use crate::wire::{Line, now_ns, refused, to_service};
use crate::{Outcome, proc, tied};
use futures_util::future::try_join_all;
use hookswitch_bus::names::PROVIDER;
use hookswitch_bus::{ChangeRecord, EndedRecord, UpdateRecord};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::num::NonZeroU32;
use zbus::Message;
use zbus::message::Type;

/// How many apps, and how many calls each of them gets.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Callers {
    /// Apps, each on a connection of its own; every one has one call at a time.
    #[arg(long)]
    pub apps: u64,
    /// Calls of each app, in each turn.
    #[arg(long)]
    pub calls: u64,
    /// Cancel without waiting for the reply to the report.
    #[arg(long)]
    pub hasty: bool,
}

/// What the apps saw in a turn.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Called {
    /// On the clock of all processes: before the first report.
    pub begin: u64,
    /// After the last reply.
    pub end: u64,
    /// Nanoseconds from each report to its reply.
    pub report: Vec<u64>,
    /// The service's time on a core meanwhile.
    pub service_cpu: u64,
}

/// What the surface saw in a turn.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Watched {
    /// On the clock of all processes: when the last call was over.
    pub end: u64,
    /// Calls whose ring or end came twice, or in the wrong order.
    pub disordered: u64,
}

/// Be all the apps: for each line on standard input a turn.
pub async fn callers(callers: Callers, service: u32) -> Outcome {
    let mut lines = Vec::new();
    for app in 0..callers.apps {
        let mut line = Line::connect().await?;
        if app == 0 {
            line.wait_for_service().await?;
        }
        load::register_app(&mut line, &format!("{APP}{app}")).await?;
        lines.push(line);
    }
    let mut first = 0;
    while tied::may_go_on()? {
        let cpu = proc::cpu_ns(service);
        let begin = now_ns();
        let apps = lines.iter_mut().zip(0..).map(|(line, app)| called(line, app, first, callers));
        let report = try_join_all(apps).await?.concat();
        let end = now_ns();
        let service_cpu = proc::cpu_ns(service).saturating_sub(cpu);
        let called = Called { begin, end, report, service_cpu };
        println!("{}", serde_json::to_string(&called)?);
        first += callers.calls;
    }
    Ok(())
}

/// The calls of one app, one after the other, numbered from the first.
async fn called(line: &mut Line, app: u64, first: u64, callers: Callers) -> Outcome<Vec<u64>> {
    let mut took = Vec::new();
    for call in first..first + callers.calls {
        let begin = now_ns();
        let (report, ended) = one_call(app, call)?;
        let serial = report.primary_header().serial_num();
        let over = ended.primary_header().serial_num();
        if callers.hasty {
            line.connection.send_all(&[report, ended]).await?;
            replied(line, serial).await?;
            took.push(now_ns() - begin);
        } else {
            line.connection.send(&report).await?;
            replied(line, serial).await?;
            took.push(now_ns() - begin);
            line.connection.send(&ended).await?;
        }
        replied(line, over).await?;
    }
    Ok(took)
}

/// The report of a call, and of its end.
pub fn one_call(app: u64, call: u64) -> Outcome<(Message, Message)> {
    let uuid = format!("{:08x}-4f89-41d3-{app:04x}-{call:012x}", std::process::id());
    let update = UpdateRecord {
        handle: Some(format!("+49{app:06}{call:09}")),
        handle_kind: Some("phone_number".to_owned()),
        name: Some("Anna Blume".to_owned()),
        ..UpdateRecord::default()
    };
    let ended = EndedRecord { reason: Some("remote_ended".to_owned()), date: None };
    Ok((
        to_service(PROVIDER, "ReportNewIncomingCall", &(&uuid, update))?,
        to_service(PROVIDER, "ReportCallEnded", &(&uuid, ended))?,
    ))
}

/// Wait for the reply with this serial; replies come in the order of the calls.
pub async fn replied(line: &mut Line, serial: NonZeroU32) -> Outcome<Message> {
    loop {
        let message = line.next().await?;
        match message.header().reply_serial() {
            Some(of) if of == serial => return refused(message),
            Some(_) => return Err("a reply came out of order".into()),
            None => {}
        }
    }
}

/// Be the surface, until killed: see each call ring, and then end. A turn is of so many.
pub async fn watcher(calls: u64) -> Outcome {
    let mut line = Line::connect().await?;
    line.wait_for_service().await?;
    load::register_surface(&mut line).await?;
    println!("ready");
    let mut watched = Watched::default();
    let mut ringing: HashMap<u64, u64> = HashMap::new();
    let mut over = 0;
    loop {
        let message = line.next().await?;
        if message.header().member().is_none_or(|name| name.as_str() != "Changed") {
            continue;
        }
        let change: ChangeRecord = message.body().deserialize()?;
        for call in change.calls.unwrap_or_default() {
            let revision = call.choices_revision;
            let in_order = match call.state.as_str() {
                "ended" => {
                    over += 1;
                    ringing.remove(&call.number).is_some_and(|before| before < revision)
                }
                "ringing" => ringing.insert(call.number, revision).is_none(),
                _ => false,
            };
            watched.disordered += u64::from(!in_order);
        }
        if over >= calls {
            watched.end = now_ns();
            println!("{}", serde_json::to_string(&std::mem::take(&mut watched))?);
            over = 0;
        }
    }
}

/// Be so many surfaces that only listen, until killed.
pub async fn listeners(count: u64) -> Outcome {
    let mut lines = Vec::new();
    for _ in 0..count {
        let mut line = Line::connect().await?;
        line.wait_for_service().await?;
        load::register_surface(&mut line).await?;
        lines.push(line);
    }
    println!("ready");
    try_join_all(lines.iter_mut().map(listen)).await?;
    Ok(())
}

async fn listen(line: &mut Line) -> Outcome {
    loop {
        let message = line.next().await?;
        if message.message_type() == Type::Error {
            refused(message)?;
        }
    }
}
