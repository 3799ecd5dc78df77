//! Each method of the contract as a test says it: who may call it, with what, and what it answers where it does not fit.

use crate::contract_words::Method;
use crate::{Body, Record};
use zbus::Variant;

/// Whose things a message names.
#[derive(Clone, Debug)]
pub struct Names {
    /// The app.
    pub app: String,
    /// An account of it that no other app has.
    pub account: String,
    /// Its id of a call.
    pub call: String,
    /// The service's number of it.
    pub number: u64,
    /// An action that it was asked to perform.
    pub action: u64,
}

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Anybody.
    Anybody,
    /// Whoever becomes something with it.
    Newcomer,
    /// A connection that registered a provider.
    Provider,
    /// A connection that registered as a surface.
    Surface,
}

/// What a test knows of a method.
pub struct Known {
    /// Interface and name.
    pub full: &'static str,
    /// Who may call it.
    pub role: Role,
    /// What fits: with these things it is done, or refused only because of the state they are in.
    pub body: fn(&Names) -> Body,
    /// What is answered to who is none of those.
    pub stranger: &'static str,
    /// What is answered to another provider that names these things.
    pub foreign: &'static [&'static str],
    /// What is answered to who may, once the call is over and the action completed.
    pub over: &'static [&'static str],
}

/// What a test knows of this method. A new one has to be written down here before it can be called tested.
///
/// # Panics
/// It is not known.
pub fn known(method: &Method) -> &'static Known {
    let known = KNOWN.iter().find(|known| known.full == method.full());
    known.unwrap_or_else(|| {
        panic!(
            "{} is new: say in tests/journeys/src/known.rs who may call it and with what",
            method.full()
        )
    })
}

fn record(keys: &[(&'static str, Variant<'static>)]) -> Variant<'static> {
    let copy = |(key, value): &(&'static str, Variant<'static>)| (*key, crate::copy(value));
    keys.iter().map(copy).collect::<Record>().into()
}

fn none() -> Variant<'static> {
    record(&[])
}

fn nothing(_: &Names) -> Body {
    Vec::new()
}

fn configuration(of: &Names) -> Body {
    vec![record(&[("app_id", of.app.clone().into())])]
}

fn incoming(of: &Names) -> Body {
    let handle = ("handle", "bob@example.org".into());
    vec![of.call.clone().into(), record(&[handle, ("account", of.account.clone().into())])]
}

fn uuid(of: &Names) -> Body {
    vec![of.call.clone().into(), none()]
}

fn actions(of: &Names) -> Body {
    let end = [("action", "end_call".into()), ("call", of.call.clone().into())];
    vec![vec![end.into_iter().collect::<Record>()].into(), none()]
}

fn wishes(of: &Names) -> Body {
    let end = [("action", "end_call".into()), ("call", of.number.into())];
    vec![vec![end.into_iter().collect::<Record>()].into(), none()]
}

fn number(of: &Names) -> Body {
    vec![of.number.into()]
}

fn number_and(of: &Names) -> Body {
    vec![of.number.into(), none()]
}

fn switched(of: &Names) -> Body {
    vec![of.number.into(), true.into(), none()]
}

/// Of a call that is not its own.
const NO_CALL: &[&str] = &["UnknownCallUuid"];
const DONE: &[&str] = &["done"];

const fn of_surface(full: &'static str, body: fn(&Names) -> Body) -> Known {
    Known {
        full,
        role: Role::Surface,
        body,
        stranger: "Unentitled",
        foreign: &["Unentitled"],
        over: NO_CALL,
    }
}

const fn of_provider(full: &'static str, body: fn(&Names) -> Body) -> Known {
    Known {
        full,
        role: Role::Provider,
        body,
        stranger: "NotRegistered",
        foreign: NO_CALL,
        over: NO_CALL,
    }
}

const fn asks_for(full: &'static str) -> Known {
    Known { stranger: "UnknownCallProvider", ..of_provider(full, actions) }
}

const fn of_anybody(full: &'static str) -> Known {
    let role = Role::Anybody;
    Known { full, role, body: nothing, stranger: "done", foreign: DONE, over: DONE }
}

const KNOWN: &[Known] = &[
    of_anybody("Service1.Status"),
    Known { over: DONE, ..of_surface("Service1.Journal", |_| vec![10u32.into()]) },
    Known {
        full: "Provider1.Register",
        role: Role::Newcomer,
        body: configuration,
        stranger: "AlreadyRegistered",
        foreign: &["AlreadyRegistered"],
        over: &["AlreadyRegistered"],
    },
    // Whose app it names does not count.
    Known { foreign: DONE, over: DONE, ..of_provider("Provider1.Configure", configuration) },
    Known { foreign: DONE, over: DONE, ..of_provider("Provider1.Invalidate", nothing) },
    Known {
        stranger: "Unentitled",
        foreign: &["UnknownAccount"],
        over: &["CallEndedAlready"],
        ..of_provider("Provider1.ReportNewIncomingCall", incoming)
    },
    of_provider("Provider1.ReportCallUpdated", uuid),
    of_provider("Provider1.ReportOutgoingCallStartedConnecting", uuid),
    of_provider("Provider1.ReportOutgoingCallConnected", uuid),
    // Of a call that is not its own, and of one that is over: it ended already.
    Known { foreign: DONE, over: DONE, ..of_provider("Provider1.ReportCallEnded", uuid) },
    Known {
        foreign: &["NotAdoptable"],
        over: &["NotAdoptable"],
        ..of_provider("Provider1.AdoptCall", |of| {
            vec![of.call.clone().into(), record(&[("state", "active".into())])]
        })
    },
    Known {
        stranger: "UnknownAction",
        foreign: &["UnknownAction"],
        over: &["ActionAlreadyCompleted"],
        ..of_provider("Provider1.Fulfill", |of| vec![of.action.into(), none()])
    },
    Known {
        stranger: "UnknownAction",
        foreign: &["UnknownAction"],
        over: &["ActionAlreadyCompleted"],
        ..of_provider("Provider1.Fail", |of| vec![of.action.into(), "busy".into(), "no".into()])
    },
    // Ending what has ended succeeds.
    Known { over: DONE, ..asks_for("Provider1.RequestTransaction") },
    Known { over: DONE, ..asks_for("Provider1.Preflight") },
    of_provider("Provider1.PlayTone", |of| vec![of.call.clone().into(), "busy".into()]),
    of_provider("Provider1.StopTone", |of| vec![of.call.clone().into()]),
    // It names nobody: whoever asks gets its own.
    Known { foreign: DONE, over: DONE, ..of_provider("Provider1.ObserveCalls", nothing) },
    Known { foreign: DONE, over: DONE, ..of_provider("Provider1.ForgetCalls", nothing) },
    Known {
        stranger: "UnknownCallProvider",
        ..of_provider("Provider1.RequestEndpoint", |of| {
            vec![of.call.clone().into(), "speaker".into()]
        })
    },
    Known {
        full: "Surface1.Register",
        role: Role::Newcomer,
        body: |_| vec![record(&[("name", "hostile".into())])],
        // This very program may be one.
        stranger: "done",
        foreign: DONE,
        over: DONE,
    },
    Known { over: DONE, ..of_surface("Surface1.Unregister", nothing) },
    // It was shown; that it is over is no mistake of who shows it.
    Known { over: DONE, ..of_surface("Surface1.Presented", number) },
    Known { over: DONE, ..of_surface("Surface1.NotPresented", number) },
    Known { over: DONE, ..of_surface("Surface1.Audio", nothing) },
    // There is no sound server here.
    Known {
        over: &["EndpointUnavailable"],
        ..of_surface("Surface1.SelectEndpoint", |_| vec!["speaker".into(), none()])
    },
    // Another call is there.
    Known { over: &["CallInProgress"], ..of_surface("Surface1.TestRing", |_| vec![none()]) },
    of_surface("Surface1.Silence", number),
    of_surface("Surface1.Choose", |of| vec![of.number.into(), "end".into(), none()]),
    of_surface("Surface1.Answer", number_and),
    Known { over: DONE, ..of_surface("Surface1.End", seen) },
    Known { over: DONE, ..of_surface("Surface1.EndGroup", seen) },
    of_surface("Surface1.SetGroup", |of| vec![of.number.into(), 0u64.into(), none()]),
    of_surface("Surface1.SetVideo", switched),
    of_surface("Surface1.SetTranslating", |of| {
        let languages = [("local_language", "de".into()), ("remote_language", "en".into())];
        vec![of.number.into(), true.into(), record(&languages)]
    }),
    Known { over: DONE, ..of_surface("Surface1.Preflight", wishes) },
    of_surface("Surface1.SetHeld", switched),
    of_surface("Surface1.SetMuted", switched),
    of_surface("Surface1.PlayDtmf", |of| vec![of.number.into(), "1".into(), none()]),
    Known {
        // It names no call, but an app.
        over: DONE,
        ..of_surface("Surface1.StartCall", |of| {
            let handle = ("handle", "bob@example.org".into());
            vec![record(&[("app_id", of.app.clone().into()), handle])]
        })
    },
    of_anybody("Observer1.Observe"),
    of_anybody("Observer1.Forget"),
    Known { over: DONE, ..of_surface("Recents1.List", |_| vec![none()]) },
];

/// With the choices as the user saw them before the call was over.
fn seen(of: &Names) -> Body {
    vec![of.number.into(), record(&[("revision", 1u64.into())])]
}

/// Known methods that the contract does not have any more.
pub fn forgotten(methods: &[Method]) -> Vec<&'static str> {
    let has = |full: &str| methods.iter().any(|method| method.full() == full);
    KNOWN.iter().map(|known| known.full).filter(|full| !has(full)).collect()
}
