//! The load: an app that is called again and again, and a surface whose user answers and hangs up at once. The same for
//! the floor and for the service.

use crate::wire::{Line, now_ns, refused, reply, to_service};
use crate::{Outcome, proc, tied};
use hookswitch_bus::names::{PROVIDER, SURFACE};
use hookswitch_bus::{
    AdmittedRecord, ChangeRecord, ConfigurationRecord, RequestOptions, ResultRecord, SurfaceRecord,
    UpdateRecord,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use zbus::message::Type;

/// The app, which is also its bus name and its desktop entry.
pub const APP: &str = "org.hookswitch.Bench";

/// How many calls, one after the other.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Size {
    /// Calls of each turn, which are measured.
    #[arg(long)]
    pub calls: u64,
    /// Calls before those of the first turn.
    #[arg(long)]
    pub warm: u64,
}

impl Size {
    /// Half of it, for what takes long.
    pub fn half(self) -> Self {
        Self { calls: self.calls / 2, warm: self.warm / 2 }
    }
}

/// What the app is told.
#[derive(Clone, Debug, clap::Args)]
pub struct ProviderOptions {
    #[command(flatten)]
    size: Size,
    /// The service's process.
    #[arg(long)]
    service: u32,
    /// The bus's process.
    #[arg(long)]
    bus: u32,
    /// Write the handle of each call here, once it is admitted.
    #[arg(long)]
    admitted: Option<PathBuf>,
}

/// What the app saw in a turn. Times are nanoseconds, of each call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Seen {
    /// From the report until the audio is off.
    pub chain: Vec<u64>,
    /// From the report to its reply.
    pub report: Vec<u64>,
    /// The service's time on a core, for all calls: all its threads.
    pub service_cpu: u64,
    /// Of that, the thread of the bus.
    pub service_bus_thread: u64,
    /// The bus's.
    pub bus_cpu: u64,
}

/// What the surface saw in a turn. Times are nanoseconds, of each call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Shown {
    /// From the report until the surface knows of it.
    pub ring: Vec<u64>,
    /// From the user's tap until the call is active.
    pub talk: Vec<u64>,
}

impl Shown {
    /// Without those before that many.
    fn of_last(&mut self, calls: u64) {
        let calls = usize::try_from(calls).unwrap_or(usize::MAX);
        for samples in [&mut self.ring, &mut self.talk] {
            samples.drain(..samples.len().saturating_sub(calls));
        }
    }
}

/// A handle nobody had before, always of the same length.
fn handle(call: u64) -> String {
    format!("+49{:09}{call:09}", std::process::id())
}

/// Register an app.
pub async fn register_app(line: &mut Line, app: &str) -> Outcome {
    let configuration =
        ConfigurationRecord { app_id: Some(app.to_owned()), ..ConfigurationRecord::default() };
    line.ask(PROVIDER, "Register", &configuration).await?;
    Ok(())
}

/// Register a surface.
pub async fn register_surface(line: &mut Line) -> Outcome {
    let surface = SurfaceRecord { name: "bench".to_owned() };
    line.ask(SURFACE, "Register", &surface).await?;
    Ok(())
}

/// Be the app: for each line on standard input a turn, of one call after the other, each performed at once.
pub async fn provider(options: ProviderOptions) -> Outcome {
    let mut line = Line::connect().await?;
    line.connection.request_name(APP).await?;
    line.wait_for_service().await?;
    register_app(&mut line, APP).await?;
    let mut admitted = options.admitted.as_ref().map(File::create).transpose()?;
    let spent = || {
        let service = proc::threads(options.service);
        let first = service.iter().find(|thread| thread.id == options.service);
        let all: u64 = service.iter().map(|thread| thread.cpu_ns).sum();
        [all, first.map_or(0, |thread| thread.cpu_ns), proc::cpu_ns(options.bus)]
    };
    let mut calls = 0..;
    let mut warm = options.size.warm;
    while tied::may_go_on()? {
        for call in calls.by_ref().take(usize::try_from(std::mem::take(&mut warm))?) {
            one_call(&mut line, call, &mut Seen::default(), admitted.as_mut()).await?;
        }
        let mut seen = Seen::default();
        let before = spent();
        for call in calls.by_ref().take(usize::try_from(options.size.calls)?) {
            one_call(&mut line, call, &mut seen, admitted.as_mut()).await?;
        }
        let after = spent();
        seen.service_cpu = after[0].saturating_sub(before[0]);
        seen.service_bus_thread = after[1].saturating_sub(before[1]);
        seen.bus_cpu = after[2].saturating_sub(before[2]);
        println!("{}", serde_json::to_string(&seen)?);
    }
    Ok(())
}

async fn one_call(
    line: &mut Line,
    call: u64,
    seen: &mut Seen,
    admitted: Option<&mut File>,
) -> Outcome {
    // Of this process: what one before it left behind are other calls.
    let uuid = format!("{:08x}-4f89-41d3-9a0c-{call:012x}", std::process::id());
    let handle = handle(call);
    let begin = now_ns();
    let update = UpdateRecord {
        handle: Some(handle.clone()),
        handle_kind: Some("phone_number".to_owned()),
        // The surface reads from it how long the ring took.
        name: Some(begin.to_string()),
        has_video: Some(false),
        supports_holding: Some(true),
        ..UpdateRecord::default()
    };
    let report = to_service(PROVIDER, "ReportNewIncomingCall", &(&uuid, update))?;
    let serial = report.primary_header().serial_num();
    line.connection.send(&report).await?;
    let mut admitted = admitted;
    loop {
        let message = line.next().await?;
        let header = message.header();
        if header.reply_serial() == Some(serial) {
            seen.report.push(now_ns() - begin);
            let message = refused(message.clone())?;
            let _admitted: AdmittedRecord = message.body().deserialize()?;
            if let Some(file) = admitted.take() {
                writeln!(file, "{handle}")?;
            }
            continue;
        }
        match header.member().map(|member| member.as_str()) {
            Some("PerformAnswerCall" | "PerformEndCall") => {
                line.connection.send(&reply(&message, &ResultRecord::default())?).await?;
            }
            Some("DidDeactivateAudioSession") => {
                seen.chain.push(now_ns() - begin);
                return Ok(());
            }
            _ => {}
        }
    }
}

/// Be the surface, until killed: answer every call, end it as soon as it is active.
pub async fn surface(size: Size) -> Outcome {
    let mut line = Line::connect().await?;
    line.wait_for_service().await?;
    register_surface(&mut line).await?;
    println!("ready");
    let mut shown = Shown::default();
    let mut tapped: HashMap<u64, u64> = HashMap::new();
    let mut to_come = size.warm + size.calls;
    loop {
        let message = line.next().await?;
        if message.message_type() == Type::Error {
            refused(message)?;
            continue;
        }
        let is_change = message.header().member().is_some_and(|name| name.as_str() == "Changed");
        if !is_change {
            continue;
        }
        let now = now_ns();
        let change: ChangeRecord = message.body().deserialize()?;
        for call in change.calls.unwrap_or_default() {
            let number = call.number;
            let body = (number, RequestOptions::default());
            match call.state.as_str() {
                "ringing" => {
                    let begin = call.name.and_then(|name| name.parse::<u64>().ok());
                    shown.ring.push(now.saturating_sub(begin.ok_or("the name got lost")?));
                    tapped.insert(number, now_ns());
                    line.connection.send(&to_service(SURFACE, "Answer", &body)?).await?;
                }
                "active" => {
                    if let Some(begin) = tapped.remove(&number) {
                        shown.talk.push(now - begin);
                        line.connection.send(&to_service(SURFACE, "End", &body)?).await?;
                    }
                }
                "ended" => {
                    to_come -= 1;
                    if to_come == 0 {
                        shown.of_last(size.calls);
                        println!("{}", serde_json::to_string(&std::mem::take(&mut shown))?);
                        to_come = size.calls;
                    }
                }
                _ => {}
            }
        }
    }
}
