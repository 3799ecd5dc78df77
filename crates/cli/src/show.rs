use crate::act::SURFACE;
use crate::failure::{Failure, is_unentitled};
use crate::table::Table;
use crate::{json, words};
use hookswitch::{Call, CallObserver, RecentsQuery, StatusRecord, Surface};

pub async fn status(json: bool) -> Result<(), Failure> {
    let status = match Surface::connect(SURFACE).await {
        Ok((surface, _)) => surface.status().await?,
        // Anybody may ask how the service is, only not who is registered.
        Err(error) if is_unentitled(&error) => CallObserver::connect().await?.status().await?,
        Err(error) => return Err(error.into()),
    };
    if json {
        println!("{}", json::status(&status));
    } else {
        print_status(&status);
    }
    Ok(())
}

fn print_status(status: &StatusRecord) {
    let health = if status.degraded.is_empty() { "all works" } else { "not all works" };
    println!("Hookswitch {} (contract {}): {health}.", status.program, status.version);
    for line in &status.degraded {
        println!("  {}", words::clean(line));
    }
    println!("Calls: {}. Ring: {}.", status.calls, words::clean(&status.ring));
    for provider in &status.providers {
        let name = words::clean(&provider.app_name);
        let unverified = if provider.verified { "" } else { ", unverified" };
        let dials = match provider.handle_kinds.is_empty() {
            true => "dials nothing".to_owned(),
            false => format!("dials {}", words::clean(&provider.handle_kinds.join(", "))),
        };
        let emergency = if provider.emergency == Some(true) { ", emergency calls" } else { "" };
        println!(
            "App: {name} ({}{unverified}), {dials}{emergency}",
            words::clean(&provider.app_id)
        );
    }
    for surface in &status.surfaces {
        println!("Surface: {}", words::clean(&surface.name));
    }
}

pub async fn calls(json: bool) -> Result<(), Failure> {
    let (surface, _) = Surface::connect(SURFACE).await?;
    let calls = surface.calls();
    if json {
        for call in &calls {
            println!("{}", json::call(call));
        }
    } else if calls.is_empty() {
        println!("There are no calls.");
    } else {
        let mut table = Table::new(["CALL", "APP", "WHO", "STATE", "FOR", "CHOICES"]);
        for call in &calls {
            table.row(row(call, &calls));
        }
        table.print();
    }
    Ok(())
}

/// A call as one line of a table.
pub fn row(call: &Call, calls: &[Call]) -> [String; 6] {
    let since = call.connected.or(call.started);
    let choices: Vec<_> = call.choices.iter().map(|c| words::choice(c, calls)).collect();
    [
        call.number.to_string(),
        words::app(call),
        words::clean(call.who()),
        words::state_among(call, calls),
        since.map(|since| words::clock(since, words::now())).unwrap_or_default(),
        choices.join(", "),
    ]
}

pub async fn recents(missed: bool, limit: u32, json: bool) -> Result<(), Failure> {
    let (surface, _) = Surface::connect(SURFACE).await?;
    let query =
        RecentsQuery { limit: Some(limit), missed: Some(missed), ..RecentsQuery::default() };
    let lines = surface.recents(query).await?;
    if json {
        for line in &lines {
            println!("{}", json::recent(line));
        }
    } else if lines.is_empty() {
        println!("{}", if missed { "There are no missed calls." } else { "There were no calls." });
    } else {
        let now = words::now();
        let mut table = Table::new(["CALL", "WHEN", "", "WHO", "APP", "TALKED", "WHAT"]);
        for line in &lines {
            let talked = line.connected.map(|from| words::clock(from, line.ended.unwrap_or(now)));
            table.row([
                line.number.to_string(),
                words::ago(line.started, now),
                line.direction.name().to_owned(),
                words::clean(line.who()),
                words::clean(line.app.as_str()),
                talked.unwrap_or_default(),
                words::recent(line),
            ]);
        }
        table.print();
    }
    Ok(())
}
