//! One incoming call.

use super::{App, Cue, passed};
use crate::conformance::row::{Played, Stop};
use hookswitch::{CallNumber, EndedReason};

pub async fn rings(app: &mut App) -> Played {
    let rung = app.rings().await.map_err(|stop| match stop {
        // Without a call nothing else can be tried: that must not look like success.
        Stop::NotRun(why) => Stop::miss("One call comes in.", why, "See docs/conformance.md."),
        stop => stop,
    });
    let call = rung?;
    if call.who().is_empty() {
        return Err(Stop::miss(
            "The call says who calls: `handle`, `handle_name` or `name`.",
            "it says nothing",
            "Put at least the caller's address into `handle` of ReportNewIncomingCall.",
        ));
    }
    passed()
}

pub async fn answer(app: &mut App) -> Played {
    app.talks().await?;
    if !app.story().await?.was_told("audio on") {
        return Err(Stop::miss(
            "The call gets the audio.",
            "it did not",
            "Another call has it: see whether the app has one that it forgot.",
        ));
    }
    passed()
}

pub async fn hang_up(app: &mut App) -> Played {
    let call = app.talks().await?;
    app.is_ended(call.number).await?;
    passed()
}

pub async fn decline(app: &mut App) -> Played {
    let call = app.rings().await?;
    app.is_ended(call.number).await?;
    passed()
}

pub async fn caller_cancels(app: &mut App) -> Played {
    let call = app.rings().await?;
    far_side_ends_it(app, call.number).await
}

pub async fn far_side_ends(app: &mut App) -> Played {
    let call = app.talks().await?;
    far_side_ends_it(app, call.number).await
}

async fn far_side_ends_it(app: &mut App, call: CallNumber) -> Played {
    app.cue(Cue::FarSideEnds).await?;
    let over = app.stage.over(call).await;
    let did = match over {
        Some(EndedReason::RemoteEnded) => return passed(),
        Some(reason) => format!("it ended as {}", reason.name()),
        None => {
            let now = app.stage.state_of(call);
            app.nothing(now).await?
        }
    };
    Err(Stop::miss(
        "The app reports the call ended, as remote_ended.",
        did,
        "Call ReportCallEnded with reason remote_ended when the far side hangs up, which the \
         kit says with SIGUSR2 or --remote-end COMMAND.",
    ))
}
