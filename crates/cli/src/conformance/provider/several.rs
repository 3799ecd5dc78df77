//! Two calls: another app's, and two of its own.

use super::{App, passed};
use crate::conformance::row::{Played, Stop};
use hookswitch::{Call, CallNumber, CallState, ChoiceKind, FailReason, Outcome, Request};

/// Wait until both apps have done their part.
async fn both(app: &mut App, request: Request, what: &str) -> Result<(), Stop> {
    let expected = format!("The app does its part of {what}.");
    match request.outcome().await {
        Ok(outcomes) if outcomes.iter().all(|one| matches!(one, Outcome::Fulfilled(_))) => Ok(()),
        Ok(outcomes) => {
            let failed = outcomes.iter().find_map(|one| match one {
                Outcome::Failed(reason) => Some(*reason),
                Outcome::Fulfilled(_) => None,
            });
            let why = failed.map_or("failed", FailReason::name);
            let did = app.nothing(format!("it came to nothing: {why}")).await?;
            let remedy = "Fulfill every perform of the row's flow in time, PerformSetHeld among \
                          them.";
            Err(Stop::miss(expected, did, remedy))
        }
        Err(error) => {
            let did = app.nothing(format!("the service refused it: {error}")).await?;
            Err(Stop::miss(expected, did, "Leave the call as the user wants it."))
        }
    }
}

/// A call of the app is active, and one elsewhere rings. The call as the choices are now.
async fn one_rings_elsewhere(app: &mut App) -> Result<(Call, Call), Stop> {
    let call = app.talks().await?;
    let other = app.elsewhere.rings().await?;
    let other = app.comes_to(other, CallState::Ringing).await?;
    Ok((call, other))
}

/// A call of the app is held because another app's was answered.
async fn held_for_other(app: &mut App) -> Result<(CallNumber, CallNumber), Stop> {
    let (call, other) = one_rings_elsewhere(app).await?;
    let (call, other) = (call.number, other.number);
    let answer = app.stage.surface.answer(other, None);
    both(app, answer, "hold and accept").await?;
    app.comes_to(call, CallState::Held).await?;
    app.comes_to(other, CallState::Active).await?;
    Ok((call, other))
}

pub async fn hold_for_other(app: &mut App) -> Played {
    let (call, other) = held_for_other(app).await?;
    // The user hangs up there: what was held to make room goes on.
    app.decided(app.stage.surface.end(other, None)).await?;
    app.comes_to(call, CallState::Active).await?;
    app.decided(app.stage.surface.end(call, None)).await?;
    app.asked_for_nothing().await?;
    passed()
}

pub async fn swap(app: &mut App) -> Played {
    let (call, other) = held_for_other(app).await?;
    for (resumed, held) in [(call, other), (other, call)] {
        let swap = app.stage.surface.swap(resumed, None);
        both(app, swap, "the swap").await?;
        app.comes_to(resumed, CallState::Active).await?;
        app.comes_to(held, CallState::Held).await?;
    }
    app.asked_for_nothing().await?;
    passed()
}

pub async fn end_and_accept(app: &mut App) -> Played {
    let (_, other) = one_rings_elsewhere(app).await?;
    let accept = app.stage.surface.choose(other.number, ChoiceKind::EndAndAccept, None);
    both(app, accept, "end and accept").await?;
    app.fulfilled("end", "PerformEndCall").await?;
    app.comes_to(other.number, CallState::Active).await?;
    passed()
}

pub async fn answer_over_other(app: &mut App) -> Played {
    let other = app.elsewhere.rings().await?;
    let answered = app.stage.surface.answer(other, None);
    both(app, answered, "an answer elsewhere").await?;
    let call = app.talks().await?.number;
    app.comes_to(other, CallState::Held).await?;
    app.decided(app.stage.surface.end(call, None)).await?;
    app.comes_to(other, CallState::Active).await?;
    passed()
}

pub async fn second_call(app: &mut App) -> Played {
    let first = app.talks().await?.number;
    let Some(second) = app.rings_or_not().await? else {
        let why = "no second call comes in while one is active, which an app is free to do";
        return match app.gone().await? {
            None => Err(Stop::not_run(why)),
            Some(gone) => Err(Stop::miss("A second call comes in.", gone, "Stay.")),
        };
    };
    if !second.offers(ChoiceKind::HoldAndAccept) {
        return Err(Stop::not_run("it takes one call at a time: maximum_call_groups, or no hold"));
    }
    let second = second.number;
    let accept = app.stage.surface.choose(second, ChoiceKind::HoldAndAccept, None);
    both(app, accept, "hold and accept").await?;
    app.comes_to(first, CallState::Held).await?;
    app.comes_to(second, CallState::Active).await?;
    let swap = app.stage.surface.swap(first, None);
    both(app, swap, "the swap").await?;
    app.comes_to(second, CallState::Held).await?;
    app.comes_to(first, CallState::Active).await?;
    // Ending one of several leaves the other alone.
    app.decided(app.stage.surface.end(second, None)).await?;
    app.stage.over(second).await;
    app.comes_to(first, CallState::Active).await?;
    app.asked_for_nothing().await?;
    passed()
}
