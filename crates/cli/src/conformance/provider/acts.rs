//! What the user does in a call.

use super::{App, passed};
use crate::conformance::row::{Played, Stop};
use hookswitch::{CallState, DtmfDigits};

pub async fn hold_and_resume(app: &mut App) -> Played {
    let call = app.talks().await?;
    if !call.capabilities.holding {
        return Err(Stop::not_run("its calls cannot be held: supports_holding is false"));
    }
    app.performs(app.stage.surface.set_held(call.number, true, None), "PerformSetHeld").await?;
    app.comes_to(call.number, CallState::Held).await?;
    app.performs(app.stage.surface.set_held(call.number, false, None), "PerformSetHeld").await?;
    app.comes_to(call.number, CallState::Active).await?;
    hang_up(app, call.number).await?;
    app.asked_for_nothing().await?;
    passed()
}

pub async fn mute(app: &mut App) -> Played {
    let call = app.talks().await?.number;
    for muted in [true, false] {
        app.performs(app.stage.surface.set_muted(call, muted, None), "PerformSetMuted").await?;
        let now = app.stage.surface.call(call);
        // An app that answers with a wish of its own toggles for ever: it is to blame, whatever came of it.
        app.asked_for_nothing().await?;
        if now.is_none_or(|now| now.muted != muted) {
            let expected = format!("The call is {}.", if muted { "muted" } else { "unmuted" });
            let did = app.nothing("it did not stay so").await?;
            return Err(Stop::miss(expected, did, "Do not change it back."));
        }
    }
    // What the app said before it ended the call has arrived then.
    hang_up(app, call).await?;
    app.asked_for_nothing().await?;
    let story = app.story().await?;
    let asked = story.asked("mute") + story.asked("unmute");
    if asked != 2 {
        return Err(Stop::miss(
            "Muting and unmuting is asked of the app twice.",
            format!("it came to be asked {asked} times"),
            "Do not answer a perform by requesting something.",
        ));
    }
    passed()
}

pub async fn dtmf(app: &mut App) -> Played {
    let call = app.talks().await?;
    if !call.capabilities.dtmf {
        return Err(Stop::not_run("its calls take no tones: supports_dtmf is false"));
    }
    for digits in ["1", "23#"] {
        let Some(digits) = DtmfDigits::new(digits.to_owned()) else { continue };
        let request = app.stage.surface.play_dtmf(call.number, &digits, None);
        app.performs(request, "PerformPlayDtmf").await?;
    }
    hang_up(app, call.number).await?;
    app.asked_for_nothing().await?;
    passed()
}

/// The end of a row about something else: how the app takes it is judged in a row of its own.
async fn hang_up(app: &mut App, call: hookswitch::CallNumber) -> Result<(), Stop> {
    app.decided(app.stage.surface.end(call, None)).await
}
