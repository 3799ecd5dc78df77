//! What happens in one and the same moment. The app's process stands still meanwhile, so that each of them comes about
//! every time.

use super::{App, Cue, passed};
use crate::conformance::program::Paused;
use crate::conformance::row::{Played, Stop};
use hookswitch::{CallNumber, CallState, Request, new_call};
use std::collections::HashMap;
use std::time::Duration;
use zbus::{OwnedVariant, Variant};

const DELEGATE_PATH: &str = "/org/hookswitch/ProviderDelegate";
const DELEGATE: &str = "org.hookswitch.ProviderDelegate1";
/// An action the service never gave to anybody.
const NO_ACTION: u64 = 1 << 40;
/// How long is waited for what should not come any more. After it the app has another call: when it has completed that, it
/// has had the processor, and said whatever was due.
pub const LATE: Duration = Duration::from_secs(1);

/// A call rings, and is answered while the app stands still.
async fn answered_meanwhile(app: &mut App) -> Result<(CallNumber, Paused, Request), Stop> {
    let call = app.rings().await?.number;
    let paused = Paused::stop(app.its_process().await?).await?;
    let answered = app.stage.surface.answer(call, None);
    app.comes_to(call, CallState::Answering).await?;
    Ok((call, paused, answered))
}

pub async fn end_while_answering(app: &mut App) -> Played {
    let (call, paused, answered) = answered_meanwhile(app).await?;
    let ended = app.stage.surface.end(call, None);
    app.comes_to(call, CallState::Ending).await?;
    drop(paused);
    app.decided(ended).await?;
    app.fulfilled("end", "PerformEndCall").await?;
    answered.forget();
    app.still_works().await?;
    passed()
}

pub async fn crossing(app: &mut App) -> Played {
    let (call, paused, answered) = answered_meanwhile(app).await?;
    app.cue(Cue::FarSideEnds).await?;
    drop(paused);
    let over = app.stage.over(call).await;
    answered.forget();
    if over.is_none() {
        let now = app.stage.state_of(call);
        let did = app.nothing(now).await?;
        return Err(Stop::miss(
            "The call ends, whichever of the two the app hears of first.",
            did,
            "Report the end of a call in whatever state it is, and fail an action for a call \
             that is over.",
        ));
    }
    app.still_works().await?;
    passed()
}

pub async fn timed_out(app: &mut App) -> Played {
    let (_, paused, answered) = answered_meanwhile(app).await?;
    // Until the service has given it up.
    app.decided(answered).await?;
    drop(paused);
    app.ends().await?;
    tokio::time::sleep(LATE).await;
    app.still_works().await?;
    // What it replied before it could hear of it is no fault of its own; when it had ended the call, it knew.
    if app.story().await?.completed_after("answer", "end") {
        return Err(Stop::miss(
            "What ran out of time is not completed any more.",
            "it completed the answer after TimedOut and PerformEndCall",
            "Forget the action when TimedOut comes, and whatever would complete it.",
        ));
    }
    passed()
}

pub async fn stranger(app: &mut App) -> Played {
    let details = HashMap::from([("deadline_ms", Variant::from(5000u32))]);
    let body = (NO_ACTION, new_call().to_string(), details);
    let asked = app.stage.bus.call_method(
        Some(app.id.as_str()),
        DELEGATE_PATH,
        Some(DELEGATE),
        "PerformAnswerCall",
        &body,
    );
    let expected = "PerformAnswerCall of somebody who is not the service, for a call that is \
                    not there, gets an error.";
    let remedy = "Compare the sender with the owner of org.hookswitch.Hookswitch, and reply \
                  with an error to what is not known.";
    let did = match tokio::time::timeout(app.stage.patience, asked).await {
        Ok(Err(error)) if says_no(&error) => None,
        Ok(Err(error)) => Some(app.nothing(format!("the bus says: {error}")).await?),
        Ok(Ok(reply)) => {
            let result = reply.body().deserialize::<HashMap<String, OwnedVariant>>();
            let deferred = result.is_ok_and(|result| result.contains_key("deferred"));
            Some(if deferred { "it wants to do it later" } else { "it says it did it" }.to_owned())
        }
        Err(_) => Some(app.nothing("it does not reply at all").await?),
    };
    if let Some(did) = did {
        return Err(Stop::miss(expected, did, remedy));
    }
    app.still_works().await?;
    passed()
}

/// Whether this is an error of the app's, not one the bus made up because there is no app any more.
fn says_no(error: &zbus::Error) -> bool {
    let name = match error {
        zbus::Error::MethodError(name, ..) => name.to_string(),
        zbus::Error::FDO(error) => zbus::DBusError::name(&**error).to_string(),
        _ => return false,
    };
    let gone = ["NoReply", "ServiceUnknown", "NameHasNoOwner", "Disconnected"];
    !gone.iter().any(|gone| name == format!("org.freedesktop.DBus.Error.{gone}"))
}
