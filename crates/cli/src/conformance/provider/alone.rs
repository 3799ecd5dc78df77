//! What needs no call, and what is seen only over all rows.

use super::App;
use crate::conformance::row::{Miss, Played, Stop, Tried, over_all};
use crate::conformance::story::{Story, party};
use crate::words;
use std::collections::BTreeMap;

pub async fn registers(app: &mut App) -> Played {
    if app.process().await?.is_none() {
        return Err(Stop::miss(
            format!("The connection that registers owns {} on the bus.", app.id),
            "nobody owns it",
            "Request that name before Register: without it the app is shown as unverified, and \
             cannot be woken.",
        ));
    }
    let Some(record) = app.stage.provider(&app.id).await? else {
        return Err(Stop::miss("It stays registered.", "it left again", "Stay on the bus."));
    };
    let dials = match record.handle_kinds.is_empty() {
        true => "nothing".to_owned(),
        false => record.handle_kinds.join(", "),
    };
    Ok(Some(format!("it dials {}", words::clean(&dials))))
}

pub async fn media() -> Played {
    Err(Stop::not_run(
        "media does not pass the service: see to it that none flows before \
         DidActivateAudioSession and after DidDeactivateAudioSession",
    ))
}

/// TX-2, over all rows: each action is completed once. A completion may come in the row after.
pub fn once(app: &str, tried: &[Tried]) -> Tried {
    let mut doubles = Vec::new();
    let mut pending: BTreeMap<String, usize> = BTreeMap::new();
    for row in tried {
        let story = Story::new(row.flow.clone(), party(app));
        for (verb, asked, completed) in story.balance() {
            let pending = pending.entry(verb.clone()).or_default();
            *pending += asked;
            if completed > *pending {
                doubles.push(format!("{verb} (`{}`)", row.id));
            }
            *pending = pending.saturating_sub(completed);
        }
    }
    let miss = (!doubles.is_empty()).then(|| Miss {
        expected: "Each action is completed once, with its reply or with Fulfill or Fail.".into(),
        did: format!("more often: {}", doubles.join(", ")),
        remedy: "Reply with an empty record and leave it at that; or reply `deferred`, and call \
                 Fulfill or Fail once."
            .into(),
    });
    over_all("once", "Over all rows: each action is completed once", tried, miss)
}
