//! One app that floods, while another has calls.
//!
//! The flood is of calls that are well formed and refused: the end of a call that is not there, a request for one, the
//! completion of an action that is not the app's. Up to [`BATCH`] times two of them are under way at any moment: as fast
//! as an app gets that reads its answers.

use crate::Outcome;
use crate::bus::{Bus, Kind};
use crate::figures::{Figures, median, percentile, ratios};
use crate::load::{self, APP, Size};
use crate::service::{Beside, Run, Service, run};
use crate::tied::OneCore;
use crate::turns::in_turn;
use crate::wire::{Line, to_service};
use hookswitch_bus::names::PROVIDER;
use hookswitch_bus::{ActionRecord, EndedRecord, RequestOptions, ResultRecord};
use zbus::Message;

/// Messages of one write.
const BATCH: usize = 32;

/// Whole chains of one app with and without the flood of another.
pub fn measure(
    figures: &mut Figures,
    kind: Kind,
    services: &[Service; 2],
    repeats: usize,
    size: Size,
) -> Outcome {
    let _one_core = OneCore::pin()?;
    let bus = Bus::start(kind)?;
    let [floor, service] = services;
    let cases = [
        (floor, Beside::Nobody),
        (service, Beside::Nobody),
        (floor, Beside::Flood),
        (service, Beside::Flood),
    ];
    let runs = in_turn(&cases, &[bus.pid], repeats, |(service, beside)| {
        run(&bus, service, size, *beside)
    })?;
    let p50 = |at: usize| -> Vec<f64> {
        runs[at].iter().map(|run: &Run| percentile(&run.seen.chain, 50)).collect()
    };
    let on = format!("{}, one core", kind.name());
    let name = format!("flood, chain p50 of the other app / floor in the same flood, {on}");
    figures.hold_most(name, &ratios(&p50(3), &p50(2)), "x", 2.0);
    for (who, calm, flooded) in [("floor", 0, 2), ("service", 1, 3)] {
        let slower = median(&ratios(&p50(flooded), &p50(calm)));
        figures.report(format!("flood, chain p50 / without, {who}, {on}"), slower, "x");
        let p50 = median(&p50(flooded)) / 1000.0;
        figures.report(format!("flood, chain p50, {who}, {on}"), p50, "us");
    }
    Ok(())
}

/// Be the flood, until killed.
pub async fn flood() -> Outcome {
    let mut line = Line::connect().await?;
    line.wait_for_service().await?;
    load::register_app(&mut line, &format!("{APP}.Flood")).await?;
    // Made once: what it costs to flood is not measured. No serial is used again before its reply has come.
    let batches = [batch()?, batch()?];
    println!("ready");
    line.connection.send_all(&batches[0]).await?;
    loop {
        for at in [1, 0] {
            line.connection.send_all(&batches[at]).await?;
            // Of the batch before.
            for _ in 0..BATCH {
                while line.next().await?.header().reply_serial().is_none() {}
            }
        }
    }
}

fn batch() -> Outcome<Vec<Message>> {
    let uuid = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    let end = ActionRecord {
        action: Some("end_call".to_owned()),
        call: Some(uuid.to_owned()),
        ..ActionRecord::default()
    };
    let message = |at: usize| match at % 3 {
        0 => to_service(PROVIDER, "ReportCallEnded", &(uuid, EndedRecord::default())),
        1 => {
            let body = (vec![end.clone()], RequestOptions::default());
            to_service(PROVIDER, "RequestTransaction", &body)
        }
        _ => to_service(PROVIDER, "Fulfill", &(u64::MAX, ResultRecord::default())),
    };
    (0..BATCH).map(message).collect()
}
