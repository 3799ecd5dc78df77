//! The service dies, the app dies, and what is left of it.

use super::{App, passed};
use crate::conformance::program::GLANCE;
use crate::conformance::row::{Played, Stop};
use hookswitch::{CallNumber, CallState, EndedReason};
use rustix::process::{Signal, kill_process};
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// No time to adopt is longer.
const LONGEST: Duration = Duration::from_secs(120);

/// Kill the service, and wait until the app has registered with the next one, once.
async fn service_dies(app: &mut App) -> Result<(), Stop> {
    if !app.stage.is_own() {
        return Err(Stop::not_run("the service on this bus is not the kit's to kill"));
    }
    app.stage.kill_service().await?;
    app.registered().await.map_err(|stop| match stop {
        Stop::Miss(miss) => Stop::miss(
            "The app registers again when the service is back.",
            miss.did,
            "Watch NameOwnerChanged of org.hookswitch.Hookswitch, and call Register once it has \
             a new owner.",
        ),
        stop => stop,
    })
}

async fn registered_once(app: &App) -> Result<(), Stop> {
    let story = app.story().await?;
    let times = story.said().filter(|said| said.starts_with("register")).count();
    if times <= 1 {
        return Ok(());
    }
    Err(Stop::miss(
        "The app registers once with each service.",
        format!("it registered {times} times"),
        "Register once for each new owner of org.hookswitch.Hookswitch.",
    ))
}

pub async fn registers_again(app: &mut App) -> Played {
    service_dies(app).await?;
    app.still_works().await?;
    registered_once(app).await?;
    passed()
}

pub async fn call_survives(app: &mut App) -> Played {
    let call = app.talks().await?.number;
    app.stage.mark().await?;
    service_dies(app).await?;
    let begun = Instant::now();
    // The time to adopt is the service's: when it is over, the call is closed.
    let adopted = loop {
        anew(app, call).await?;
        if app.stage.surface.call(call).is_some() {
            break true;
        }
        if app.story().await?.was_closed() || begun.elapsed() > LONGEST {
            break false;
        }
        sleep(GLANCE).await;
    };
    anew(app, call).await?;
    registered_once(app).await?;
    if !adopted {
        app.still_works().await?;
        return Ok(Some("it drops its call instead of adopting it".to_owned()));
    }
    app.comes_to(call, CallState::Active).await?;
    for muted in [true, false] {
        app.performs(app.stage.surface.set_muted(call, muted, None), "PerformSetMuted").await?;
    }
    passed()
}

/// That the call was not reported as a new one, nor adopted against the rules.
async fn anew(app: &mut App, call: CallNumber) -> Result<(), Stop> {
    let story = app.story().await?;
    let new = app.calls().iter().any(|other| other.number != call);
    let did = match (new, story.refused_report()) {
        (true, _) => "it reported a new call".to_owned(),
        (false, Some((said, error))) => format!("it said `{said}`, which was refused: {error}"),
        (false, None) => return Ok(()),
    };
    Err(Stop::miss(
        "The app adopts the call it has, under its id and in its state, or drops it.",
        did,
        "Call AdoptCall for each live call, within adopt_within_ms of the registration; never \
         ReportNewIncomingCall.",
    ))
}

pub async fn second_instance(app: &mut App) -> Played {
    app.command()?;
    let call = app.talks().await?.number;
    let first = app.process().await?;
    let mut second = app.instance()?;
    // Until it has seen that it is one, or shown that it does not care.
    let id = app.id.clone();
    let seen = app.stage.watch(async |stage| {
        let other = stage.process(&id).await? != first;
        Ok((other || second.exited().is_some()).then_some(other))
    });
    let seen = seen.await?;
    let (ended, same) = (seen.is_some(), seen != Some(true));
    let unharmed = app.performs(app.stage.surface.set_muted(call, true, None), "PerformSetMuted");
    let unharmed = unharmed.await;
    second.kill().await;
    let did = match unharmed {
        Err(Stop::Miss(miss)) => Some(miss.did),
        Err(stop) => return Err(stop),
        Ok(()) => (!same).then(|| "the second one took the name".to_owned()),
    };
    if let Some(did) = did {
        return Err(Stop::miss(
            "The first instance keeps its name, and its call goes on, while a second one starts.",
            did,
            "Request the name without replacing its owner; give up when it is taken, or when \
             Register says AlreadyRegistered.",
        ));
    }
    app.decided(app.stage.surface.end(call, None)).await?;
    match ended {
        true => passed(),
        false => Ok(Some("the second one went on running, and did no harm".to_owned())),
    }
}

pub async fn app_killed(app: &mut App) -> Played {
    app.command()?;
    let call = app.talks().await?.number;
    app.end_program().await;
    let over = app.stage.over(call).await;
    if over != Some(EndedReason::Failed) {
        return Err(Stop::miss(
            "A call of an app that is killed ends as failed.",
            app.stage.state_of(call),
            "Register on a connection of the app's own process, not of a helper that lives on.",
        ));
    }
    app.launch().await?;
    app.still_works().await?;
    passed()
}

pub async fn leaves(app: &mut App) -> Played {
    app.command()?;
    let call = app.talks().await?.number;
    let process = app.its_process().await?;
    let _ = kill_process(process, Signal::TERM);
    let patience = app.stage.patience;
    let Some(program) = &mut app.program else { return passed() };
    let remedy = "On SIGTERM tell the far side, call Invalidate, and end.";
    let expected = "The app ends on SIGTERM, and its call with it.";
    let Some(status) = program.end_within(patience).await else {
        let did = format!("it still runs after {patience:?}");
        return Err(Stop::miss(expected, did, remedy));
    };
    // Ended by the very signal is rude to the far side, and yet an end; anything else is a crash.
    if status.signal().is_some_and(|signal| signal != Signal::TERM.as_raw()) {
        return Err(Stop::miss(expected, format!("it crashed: {status}"), remedy));
    }
    if app.stage.over(call).await.is_none() {
        return Err(Stop::miss(expected, app.stage.state_of(call), remedy));
    }
    passed()
}
