//! An outgoing call, dialed by the user on a surface.

use super::races::LATE;
use super::{App, passed};
use crate::conformance::program::Paused;
use crate::conformance::row::{Played, Stop};
use crate::wish::parse_handle;
use hookswitch::{CallNumber, CallState, Dial, Direction, Handle, HandleKind};

/// Whom to dial: what the app can dial.
async fn dial(app: &App) -> Result<Dial, Stop> {
    let record = app.stage.provider(&app.id).await?;
    let kinds = record.map(|record| record.handle_kinds).unwrap_or_default();
    let can = |kind: HandleKind| kinds.iter().any(|name| name == kind.name());
    let handle = match &app.options.dial {
        Some(handle) => parse_handle(handle.clone()),
        None if can(HandleKind::EmailAddress) => {
            Handle::new(HandleKind::EmailAddress, "conformance@example.org")
        }
        None if can(HandleKind::PhoneNumber) => Handle::new(HandleKind::PhoneNumber, "+1 555 0100"),
        None if can(HandleKind::Generic) => {
            Handle::new(HandleKind::Generic, "conformance@example.org")
        }
        None => {
            return Err(Stop::not_run("it dials nothing: supported_handle_kinds is empty"));
        }
    };
    Ok(Dial { app: app.id.as_str().into(), handle, account: None, video: false, emergency: false })
}

fn dialed(app: &App) -> Option<CallNumber> {
    let calls = app.calls();
    let dialed = calls.iter().find(|call| call.direction == Direction::Outgoing);
    dialed.map(|call| call.number)
}

pub async fn outgoing(app: &mut App) -> Played {
    let dial = dial(app).await?;
    app.performs(app.stage.surface.start_call(dial), "PerformStartCall").await?;
    let expected = "The app fulfills the start, then reports connecting, then connected.";
    let remedy = "Fulfill PerformStartCall once the invitation has left; after that, and not \
                  before, call ReportOutgoingCallStartedConnecting and \
                  ReportOutgoingCallConnected as they happen.";
    let Some(call) = dialed(app) else {
        let did = app.nothing("the call was over at once").await?;
        return Err(Stop::miss(expected, did, remedy));
    };
    if app.stage.comes_to(call, CallState::Active).await.is_none() {
        let now = app.stage.state_of(call);
        let did = app.nothing(now).await?;
        return Err(Stop::miss(expected, did, remedy));
    }
    let story = app.story().await?;
    if let Some((said, error)) = story.refused_report() {
        let did = format!("it said `{said}`, which was refused: {error}");
        return Err(Stop::miss(expected, did, remedy));
    }
    let reached = story.has_said("report connecting");
    app.decided(app.stage.surface.end(call, None)).await?;
    app.asked_for_nothing().await?;
    match reached {
        true => passed(),
        false => Ok(Some("it never reports connecting: the user cannot see that it rings".into())),
    }
}

pub async fn cancel(app: &mut App) -> Played {
    let dial = dial(app).await?;
    let paused = Paused::stop(app.its_process().await?).await?;
    let started = app.stage.surface.start_call(dial);
    started.await.map_err(|error| Stop::not_run(format!("the service refused it: {error}")))?;
    let Some(call) = dialed(app) else {
        return Err(Stop::not_run("the call was over before it could be cancelled"));
    };
    let ended = app.stage.surface.end(call, None);
    app.stage.comes_to(call, CallState::Ending).await;
    drop(paused);
    app.decided(ended).await?;
    app.ends().await?;
    tokio::time::sleep(LATE).await;
    app.still_works().await?;
    let story = app.story().await?;
    let later = story.said().skip_while(|said| !said.starts_with("fulfill end"));
    let late: Vec<_> = later.filter(|said| said.starts_with("report connect")).collect();
    if !late.is_empty() {
        return Err(Stop::miss(
            "The app stops calling once it has fulfilled PerformEndCall.",
            format!("it still said `{}`", late.join("`, `")),
            "Give up the invitation, and its timers, when the call is ended.",
        ));
    }
    passed()
}
