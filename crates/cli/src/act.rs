use crate::args::Act;
use crate::failure::Failure;
use crate::pick::{Purpose, pick};
use crate::wish::{Checked, Wanted, checked, title};
use crate::{json, words};
use hookswitch::{Call, CallNumber, Outcome, Surface};
use serde_json::json;

/// The name under which this program is a surface.
pub const SURFACE: &str = "hookswitch";

/// Do it, wait until it is done, and say what happened.
pub async fn act(act: Act, json: bool) -> Result<(), Failure> {
    // Checked before anything is asked.
    let checked = checked(act)?;
    let (surface, events) = Surface::connect(SURFACE).await?;
    drop(events);
    if let Some(call) = checked.silences() {
        let call = pick(surface.calls(), call, Purpose::Silence)?;
        surface.silence(call.number).await?;
        say(&call, "silenced", json);
        return Ok(());
    }
    let wanted = checked.with_app(&surface).await?.find(surface.calls())?;
    let outcomes = wanted.ask(&surface).outcome().await?;
    match &wanted.call {
        Some(call) => finish(call, &outcomes, wanted.done, json),
        None => dialed(&outcomes, json),
    }
}

/// Say what it would do to other calls; nothing is done.
pub async fn would(act: Act, json: bool) -> Result<(), Failure> {
    let checked: Checked = checked(act)?;
    if checked.silences().is_some() {
        return Err(Failure::new("silencing touches no other call. Ask about something else."));
    }
    let (surface, events) = Surface::connect(SURFACE).await?;
    drop(events);
    let calls = surface.calls();
    let Wanted { wish, .. } = checked.with_app(&surface).await?.find(calls.clone())?;
    let follows = surface.preflight([wish]).await?;
    let numbers = |of: &[CallNumber]| of.iter().map(|call| call.0).collect::<Vec<_>>();
    if json {
        println!("{}", json!({ "holds": numbers(&follows.holds), "ends": numbers(&follows.ends) }));
        return Ok(());
    }
    let name = |number: &CallNumber| {
        let call = calls.iter().find(|call| call.number == *number);
        title(*number, call.map_or("", |call| call.who()))
    };
    follows.ends.iter().for_each(|call| println!("{} would end.", name(call)));
    follows.holds.iter().for_each(|call| println!("{} would be held.", name(call)));
    if follows.ends.is_empty() && follows.holds.is_empty() {
        println!("No other call would be touched.");
    }
    Ok(())
}

fn finish(call: &Call, outcomes: &[Outcome], done: &str, json: bool) -> Result<(), Failure> {
    if json {
        println!("{}", json!({ "call": call.number.0, "results": json::outcomes(outcomes) }));
    }
    match words::first_failure(outcomes) {
        Some(reason) => Err(Failure {
            reason: Some(reason.name().to_owned()),
            text: format!(
                "{}: {}. Look at `hookswitch calls`.",
                title(call.number, call.who()),
                words::failed(reason)
            ),
        }),
        None => {
            if !json {
                println!("{}: {done}.", title(call.number, call.who()));
            }
            Ok(())
        }
    }
}

fn dialed(outcomes: &[Outcome], json: bool) -> Result<(), Failure> {
    if json {
        println!("{}", json!({ "results": json::outcomes(outcomes) }));
    }
    match words::first_failure(outcomes) {
        Some(reason) => Err(Failure {
            reason: Some(reason.name().to_owned()),
            text: format!("not dialed: {}. Look at the app.", words::failed(reason)),
        }),
        None => {
            if !json {
                println!("Dialing; `hookswitch calls` shows how it goes.");
            }
            Ok(())
        }
    }
}

fn say(call: &Call, done: &str, json: bool) {
    if json {
        println!("{}", json!({ "call": call.number.0, "results": ["fulfilled"] }));
    } else {
        println!("{}: {done}.", title(call.number, call.who()));
    }
}
