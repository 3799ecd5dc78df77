use super::Screen;
use crate::conformance::row::{Miss, Played, Stop, Tried, over_all};
use crate::conformance::story::Story;
use hookswitch::{CallNumber, CallState, EndedReason};

pub async fn registers(_: &mut Screen) -> Played {
    Ok(None)
}

pub async fn presented(screen: &mut Screen) -> Played {
    screen.shows().await?;
    Ok(None)
}

pub async fn answer(screen: &mut Screen) -> Played {
    screen.talks().await?;
    Ok(None)
}

pub async fn decline(screen: &mut Screen) -> Played {
    let call = screen.rings().await?;
    screen.acts("decline", call, CallState::Ringing).await?;
    ends_as(screen, call, EndedReason::Declined).await
}

pub async fn end(screen: &mut Screen) -> Played {
    let call = screen.talks().await?;
    screen.acts("end", call, CallState::Active).await?;
    ends_as(screen, call, EndedReason::HungUp).await
}

async fn ends_as(screen: &mut Screen, call: CallNumber, reason: EndedReason) -> Played {
    if screen.stage.over(call).await == Some(reason) {
        return Ok(None);
    }
    let now = screen.stage.state_of(call);
    let did = screen.nothing(now).await?;
    let expected = format!("The call ends as {}.", reason.name());
    Err(Stop::miss(expected, did, "Call End for the call that the line means."))
}

pub async fn choose(screen: &mut Screen) -> Played {
    let first = screen.talks().await?;
    let second = screen.rings().await?;
    screen.acts("choose hold_and_accept", second, CallState::Ringing).await?;
    screen.comes_to(second, CallState::Active).await?;
    screen.comes_to(first, CallState::Held).await?;
    Ok(None)
}

/// The service stands still; the far side of the active call hangs up, and the user, who cannot see that yet, taps
/// "hold & accept" for the other one.
pub async fn late_tap(screen: &mut Screen) -> Played {
    let Some(mut overheard) = screen.stage.listen().await? else {
        return Err(Stop::not_run("the service on this bus is not the kit's to stop"));
    };
    let first = screen.talks().await?;
    let second = screen.rings().await?;
    let before = screen.story().await?;
    let patience = screen.stage.patience;
    let paused = screen.stage.pause_service().await?;
    // Both wait for the service then, in this order.
    tokio::select! {
        _ = overheard.end(patience) => {}
        () = screen.elsewhere.far_side_ends(first) => {}
    }
    screen.say("choose hold_and_accept").await;
    let tapped = overheard.tap(patience).await;
    drop(paused);
    screen.stage.over(first).await;
    let story = screen.story().await?;
    let refused = story.taps_refused() > before.taps_refused();
    if tapped && !refused {
        return Err(Stop::miss(
            "A tap on choices that have changed is refused.",
            "it was done, since it does not say which choices the user saw",
            "Put choices_revision of the call, as it was shown, into the options as `revision`.",
        ));
    }
    screen.acts("answer", second, CallState::Ringing).await?;
    screen.comes_to(second, CallState::Active).await?;
    Ok((!tapped).then(|| "it did not tap".to_owned()))
}

pub async fn forgets(screen: &mut Screen) -> Played {
    let first = screen.talks().await?;
    screen.elsewhere.far_side_ends(first).await;
    screen.stage.over(first).await;
    // When it shows the next one it has heard of the end. That one rings, so `end` means neither.
    let second = screen.shows().await?;
    let before = screen.story().await?.taps().len();
    screen.say("end").await;
    screen.acts("decline", second, CallState::Ringing).await?;
    screen.stage.over(second).await;
    let story = screen.story().await?;
    let taps = &story.taps()[before..];
    if taps.len() > 1 {
        return Err(Stop::miss(
            "`end` does nothing when there is no call but one that rings.",
            format!("it asked for: {}", taps[0]),
            "Forget a call when a Changed says that it ended.",
        ));
    }
    Ok(None)
}

pub async fn registers_again(screen: &mut Screen) -> Played {
    if !screen.stage.is_own() {
        return Err(Stop::not_run("the service on this bus is not the kit's to kill"));
    }
    let call = screen.talks().await?;
    screen.stage.kill_service().await?;
    screen.registered().await.map_err(|stop| match stop {
        Stop::Miss(miss) => Stop::miss(
            "The surface registers again when the service is back.",
            miss.did,
            "Watch NameOwnerChanged of org.hookswitch.Hookswitch, and call Register once it has \
             a new owner; its reply is the whole state.",
        ),
        stop => stop,
    })?;
    // The other app has adopted its call.
    screen.comes_to(call, CallState::Active).await?;
    screen.acts("end", call, CallState::Active).await?;
    ends_as(screen, call, EndedReason::HungUp).await
}

pub async fn leaves(screen: &mut Screen) -> Played {
    let patience = screen.stage.patience;
    let Some(program) = &mut screen.program else { return Ok(None) };
    program.hush();
    if program.end_within(patience).await.is_some() {
        return Ok(None);
    }
    Err(Stop::miss(
        "It ends when its input ends.",
        format!("it still runs after {patience:?}"),
        "End when reading the input says that there is no more.",
    ))
}

/// Over all rows: what the user saw goes with what the user wants.
pub fn revision(tried: &[Tried]) -> Tried {
    let mut without = Vec::new();
    for row in tried {
        let story = Story::new(row.flow.clone(), "ui");
        let bare = story.taps().into_iter().find(|tap| !tap.contains(" revision="));
        without.extend(bare.map(|tap| format!("{tap} (`{}`)", row.id)));
    }
    let miss = (!without.is_empty()).then(|| Miss {
        expected: "Each request carries the choices_revision that the user saw.".into(),
        did: format!("without: {}", without.join(", ")),
        remedy: "Put choices_revision of the call, as it was shown, into the options as \
                 `revision`: a tap on choices that changed is refused then."
            .into(),
    });
    let sentence = "Over all rows: each request says which choices the user saw";
    over_all("revision", sentence, tried, miss)
}
