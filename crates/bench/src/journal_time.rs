//! What it takes to remember a call before anybody is told: P10, but for the kills.

use crate::Outcome;
use crate::bus::Kind;
use crate::chain::turns;
use crate::figures::{Figures, median, percentile, ratios};
use crate::load::Size;
use crate::service::{Beside, Home, Service};
use crate::tied::OneCore;
use crate::turns::GROUP;
use hookswitch_core::words::{
    CallNumber, CallUuid, Date, Direction, Handle, HandleKind, RecentsEntry,
};
use hookswitchd::journal::Journal;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// The entry of a call that begins to ring.
fn entry(number: u64) -> RecentsEntry {
    RecentsEntry {
        number: CallNumber(number),
        app: "org.example.Chat".into(),
        account: "default".into(),
        uuid: CallUuid(u128::from(number)),
        direction: Direction::Incoming,
        handle: Arc::new(Handle::new(HandleKind::PhoneNumber, "+4930123456")),
        name: Some(Arc::new("Anna Blume".to_owned())),
        video: false,
        started: Date(1_700_000_000_000),
        connected: None,
        ended: None,
        reason: None,
        missed: None,
        listed: true,
        emergency: false,
        has_audio: false,
    }
}

/// The append itself: one entry taken and handed to the kernel, as on the way of a ring. What the journal holds stays as
/// small as in life: every call ends before the next one, untimed.
pub fn append(figures: &mut Figures, repeats: usize, quick: bool) -> Outcome {
    let _one_core = OneCore::pin()?;
    let calls = if quick { 500 } else { 5_000 };
    let mut p50 = Vec::new();
    for _ in 0..repeats {
        let home = Home::new("journal")?;
        let (mut journal, _) = Journal::open(&home.state())?;
        let mut samples = Vec::new();
        for number in 1..=calls {
            let ringing = entry(number);
            let begin = Instant::now();
            journal.append(&ringing);
            journal.write()?;
            samples.push(u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX));
            journal.append(&RecentsEntry { ended: Some(Date(1_700_000_001_000)), ..ringing });
            journal.write()?;
        }
        p50.push(percentile(&samples, 50) / 1000.0);
    }
    figures.hold_most("P10 journal append on the ring path, p50", &p50, "us", 2.0);
    Ok(())
}

/// From the report to its reply, with and without a journal.
pub fn on_and_off(
    figures: &mut Figures,
    kind: Kind,
    program: &Path,
    repeats: usize,
    size: Size,
) -> Outcome {
    let _one_core = OneCore::pin()?;
    let service = |journal| Service::Daemon { program: program.to_owned(), journal, policy: "" };
    let services = [service(true), service(false)];
    let turns = turns(kind, &services, (repeats, 2 * GROUP), size, Beside::Nobody)?;
    let [on, off] = turns.map(|turns| turns.of(|run| percentile(&run.seen.report, 50) / 1000.0));
    let ratio = median(&ratios(&on, &off));
    figures.report("P10 report to reply p50, journal on / off", ratio, "x");
    figures.report("P10 report to reply p50, journal on", median(&on), "us");
    figures.report("P10 report to reply p50, journal off", median(&off), "us");
    Ok(())
}
