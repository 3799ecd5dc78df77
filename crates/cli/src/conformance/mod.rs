//! Does an app, or a call screen, keep to the rules? The kit plays everything around it: the user on a surface, another
//! app whose calls are in the way, the moments in which the service or the app itself dies. What decides is the real
//! service; what the app made of it is read from calls, outcomes and the journal.

mod elsewhere;
mod overheard;
mod program;
mod provider;
mod report;
mod row;
mod stage;
mod story;
mod surface;

use crate::args::{Conformance, Private};
use crate::failure::Failure;
use crate::private::PrivateBus;
use elsewhere::Elsewhere;
use report::Report;
use row::{Row, Tried, try_all};
use stage::Stage;
use std::ffi::OsString;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// Short enough not to wait long for what does not come, long enough for a real network.
const POLICY: &str = "answer=5000,start=5000,hold=2000,mute=2000,dtmf=2000,end=2000,adopt=5000";

/// Try it, and print how each row went. Exit code 0: none failed.
pub async fn run(options: Conformance, json: bool) -> Result<ExitCode, Failure> {
    let (mut ids, over_all) = match options.surface {
        true => (listed(surface::ROWS), surface::revision(&[])),
        false => (listed(provider::ROWS), provider::once("", &[])),
    };
    ids.push((over_all.id, over_all.sentence));
    if options.rows {
        report::list(&ids, json);
        return Ok(ExitCode::SUCCESS);
    }
    if options.surface && options.start.is_none() {
        return Err(Failure::new("a surface reads what the user wants. Start it with --start."));
    }
    let mut options = options;
    for only in &mut options.only {
        *only = only.replace('-', "_");
        if !ids.iter().any(|(id, _)| id == only) {
            let why = format!("there is no row `{only}`. --rows lists them.");
            return Err(Failure::new(why));
        }
    }
    let mut report = Report::new(json, ids.iter().map(|(id, _)| id.len()).max().unwrap_or(0));
    let tried = tokio::select! {
        tried = on_a_bus(options, &mut report) => tried?,
        () = told_to_end() => return Err(Failure::new("it was told to end before it was through.")),
    };
    report.end(&tried);
    let failed = tried.iter().any(Tried::failed);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn listed<T>(rows: &[Row<T>]) -> Vec<(&'static str, &'static str)> {
    rows.iter().map(|row| (row.id, row.sentence)).collect()
}

async fn on_a_bus(options: Conformance, report: &mut Report) -> Result<Vec<Tried>, Failure> {
    if options.here {
        return on_this_bus(options, None, Vec::new(), report).await;
    }
    let mut policy = POLICY.to_owned();
    if let Some(more) = &options.policy {
        policy = format!("{policy},{more}");
    }
    let surface = match &options.start {
        Some(command) if options.surface => vec![surface_program(&options, command)?],
        _ => Vec::new(),
    };
    let (daemon, command) = (options.daemon.clone(), Vec::new());
    let private = Private { state: None, policy: Some(policy), surface, daemon, command };
    let bus = PrivateBus::start(&private).await?;
    let address = bus.address().to_owned();
    let tried = on_this_bus(options, Some(&address), bus.environment(), report).await;
    bus.end().await;
    tried
}

fn surface_program(options: &Conformance, command: &str) -> Result<std::path::PathBuf, Failure> {
    let named = options.program.clone();
    named.or_else(|| surface::program_of(command)).ok_or_else(|| {
        Failure::new(format!(
            "`{command}` starts no program that is there. Name it with --program."
        ))
    })
}

async fn on_this_bus(
    options: Conformance,
    address: Option<&str>,
    environment: Vec<(&'static str, OsString)>,
    report: &mut Report,
) -> Result<Vec<Tried>, Failure> {
    let stage = Stage::enter(address, options.wait).await?;
    let elsewhere = Elsewhere::start(address).await?;
    let only = options.only.clone();
    let wanted = |id: &str| only.is_empty() || only.iter().any(|only| only == id);
    let each = |tried: &Tried| report.row(tried);
    let Some(id) = options.app.clone() else {
        let mut screen = surface::Screen::new(stage, elsewhere, options, environment).await?;
        let mut tried = try_all(&mut screen, surface::ROWS, &only, each).await?;
        if wanted("revision") {
            let over_all = surface::revision(&tried);
            report.row(&over_all);
            tried.push(over_all);
        }
        return Ok(tried);
    };
    let mut app = provider::App::new(id.clone(), stage, elsewhere, options, environment);
    let mut tried = try_all(&mut app, provider::ROWS, &only, each).await?;
    if wanted("once") {
        let over_all = provider::once(&id, &tried);
        report.row(&over_all);
        tried.push(over_all);
    }
    Ok(tried)
}

/// Ctrl-C, or an end that somebody asks for: what was started is ended first.
async fn told_to_end() {
    let Ok(mut terminated) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}
