//! What goes over the bus for one call, counted from outside.

use crate::Outcome;
use crate::wire::Line;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zbus::message::Type;

/// Which calls are counted.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Window {
    /// Calls before those that are counted.
    #[arg(long)]
    pub skip: u64,
    /// Calls that are counted. One more has to follow: its report ends the count.
    #[arg(long)]
    pub count: u64,
}

/// What was counted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Counted {
    /// Messages between programs.
    pub messages: u64,
    /// Messages to and from the bus itself.
    pub driver: u64,
    /// Both, by what they are.
    pub kinds: BTreeMap<String, u64>,
}

/// Be the monitor: count everything from one report of a call to another.
pub async fn run(window: Window) -> Outcome {
    const DRIVER: &str = "org.freedesktop.DBus";
    let mut line = Line::connect().await?;
    let monitoring = zbus::fdo::MonitoringProxy::new(&line.connection).await?;
    monitoring.become_monitor(&[], 0).await?;
    println!("ready");
    let mut counted = Counted::default();
    let mut reports = 0;
    loop {
        let message = line.next().await?;
        let header = message.header();
        let kind = match message.message_type() {
            Type::MethodReturn => "reply".to_owned(),
            Type::Error => "error".to_owned(),
            _ => header.member().map(ToString::to_string).unwrap_or_default(),
        };
        if kind == "ReportNewIncomingCall" {
            reports += 1;
        }
        if reports > window.skip + window.count {
            break;
        }
        if reports <= window.skip {
            continue;
        }
        let from = header.sender().is_some_and(|name| name.as_str() == DRIVER);
        let to = header.destination().is_some_and(|name| name.as_str() == DRIVER);
        match from || to {
            true => counted.driver += 1,
            false => counted.messages += 1,
        }
        *counted.kinds.entry(kind).or_default() += 1;
    }
    println!("{}", serde_json::to_string(&counted)?);
    Ok(())
}
