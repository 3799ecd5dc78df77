//! What is printed for programs: the keys of the contract, with dates in milliseconds since 1970-01-01 UTC.

use crate::failure::Failure;
use hookswitch::{
    Audio, Call, Choice, Endpoint, Finished, Member, Outcome, ProviderRecord, Recent, SoundServer,
    StatusRecord, SurfaceChange, SurfaceEvent, SurfaceRecord, SurfaceState,
};
use serde_json::{Value, json};

pub fn call(call: &Call) -> Value {
    let choices: Vec<_> = call.choices.iter().map(choice).collect();
    let languages = call.translating.as_ref().map(|(languages, _)| languages);
    let members: Vec<_> = call.members.iter().map(member).collect();
    json!({
        "number": call.number.0,
        "app_id": call.app.as_str(),
        "app_name": call.app_name,
        "verified": call.verified,
        "account": call.account.as_str(),
        "direction": call.direction.name(),
        "state": call.state.name(),
        "handle": call.handle.value,
        "handle_kind": call.handle.kind.name(),
        "handle_name": call.handle.display_name,
        "name": call.name,
        "has_video": call.video,
        "reconnecting": call.reconnecting,
        "muted": call.muted,
        "supports_holding": call.capabilities.holding,
        "supports_grouping": call.capabilities.grouping,
        "supports_ungrouping": call.capabilities.ungrouping,
        "supports_dtmf": call.capabilities.dtmf,
        "supports_video": call.capabilities.video,
        "supports_translation": call.capabilities.translation,
        "group": call.group.map(|group| group.0),
        "group_connected": call.group_connected.map(|date| date.0),
        "translating": languages.is_some(),
        "local_language": languages.map(|languages| &languages.local),
        "remote_language": languages.map(|languages| &languages.remote),
        "engine": call.translating.as_ref().map(|(_, engine)| engine.name()),
        "members": members,
        "emergency": call.emergency,
        "choices": choices,
        "choices_revision": call.choices_revision,
        "started": call.started.map(|date| date.0),
        "connected": call.connected.map(|date| date.0),
        "ended_reason": call.ended.map(|reason| reason.name()),
        "ending_kind": call.ending.map(|kind| kind.name()),
    })
}

fn member(member: &Member) -> Value {
    json!({
        "handle": member.handle.value,
        "handle_kind": member.handle.kind.name(),
        "name": member.handle.display_name,
        "active": member.active,
    })
}

fn choice(choice: &Choice) -> Value {
    json!({
        "choice": choice.kind.name(),
        "ends": choice.ends.map(|call| call.0),
        "holds": choice.holds.map(|call| call.0),
        "with": choice.merges.map(|call| call.0),
    })
}

pub fn recent(line: &Recent) -> Value {
    json!({
        "number": line.number.0,
        "app_id": line.app.as_str(),
        "account": line.account.as_str(),
        "direction": line.direction.name(),
        "handle": line.handle.value,
        "handle_kind": line.handle.kind.name(),
        "handle_name": line.handle.display_name,
        "name": line.name,
        "has_video": line.video,
        "started": line.started.0,
        "connected": line.connected.map(|date| date.0),
        "ended": line.ended.map(|date| date.0),
        "reason": line.reason.map(|reason| reason.name()),
        "missed": line.missed,
        "missed_reason": line.missed_reason.map(|reason| reason.name()),
        "emergency": line.emergency,
    })
}

pub fn status(status: &StatusRecord) -> Value {
    let providers: Vec<_> = status.providers.iter().map(provider).collect();
    let surface = |surface: &SurfaceRecord| json!({ "name": surface.name });
    let surfaces: Vec<_> = status.surfaces.iter().map(surface).collect();
    json!({
        "program": status.program,
        "version": status.version,
        "calls": status.calls,
        "ring": status.ring,
        "degraded": status.degraded,
        "providers": providers,
        "surfaces": surfaces,
    })
}

pub fn provider(provider: &ProviderRecord) -> Value {
    json!({
        "app_id": provider.app_id,
        "app_name": provider.app_name,
        "verified": provider.verified,
        "accounts": provider.accounts,
        "handle_kinds": provider.handle_kinds,
        "supports_video": provider.supports_video,
        "emergency": provider.emergency.unwrap_or(false),
    })
}

pub fn audio(audio: &Audio) -> Value {
    let endpoint = |endpoint: &Endpoint| {
        json!({
            "id": endpoint.id,
            "kind": crate::audio::kind(endpoint),
            "name": endpoint.name,
            "current": endpoint.current,
        })
    };
    let endpoints: Vec<_> = audio.endpoints.iter().map(endpoint).collect();
    json!({ "server": audio.server.map(SoundServer::name), "endpoints": endpoints })
}

pub fn event(event: &SurfaceEvent) -> Value {
    match event {
        SurfaceEvent::Reset(SurfaceState { calls, ring, audio }) => json!({
            "event": "reset",
            "calls": calls.values().map(call).collect::<Vec<_>>(),
            "ring": ring.name(),
            "audio": self::audio(audio),
        }),
        SurfaceEvent::AudioChanged(audio) => {
            json!({ "event": "audio_changed", "audio": self::audio(audio) })
        }
        SurfaceEvent::Changed(SurfaceChange { calls, finished, ring }) => json!({
            "event": "changed",
            "calls": calls.iter().map(call).collect::<Vec<_>>(),
            "finished": finished.iter().map(self::finished).collect::<Vec<_>>(),
            "ring": ring.map(|ring| ring.name()),
        }),
        SurfaceEvent::PresentCall(call) => json!({ "event": "present_call", "call": call.0 }),
        SurfaceEvent::ServiceLost => json!({ "event": "service_lost" }),
        SurfaceEvent::Closed(error) => json!({ "event": "closed", "text": error.to_string() }),
    }
}

pub fn finished(finished: &Finished) -> Value {
    json!({ "transaction": finished.transaction.0, "results": outcomes(&finished.results) })
}

pub fn outcomes(outcomes: &[Outcome]) -> Vec<&'static str> {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Fulfilled(_) => "fulfilled",
        Outcome::Failed(reason) => reason.name(),
    };
    outcomes.iter().map(word).collect()
}

pub fn failure(failure: &Failure) -> Value {
    json!({ "error": failure.reason, "text": failure.text })
}
