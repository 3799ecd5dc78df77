//! Each method of the contract by the wrong sender, with wrong arguments and out of order: read from the XML, so that a
//! new one is tried as well. Everything gets a typed answer, and nobody else's call is touched.

use hookswitch_bus::names::{OBSERVER, PROVIDER, SURFACE};
use hookswitch_journeys::contract_words::Method;
use hookswitch_journeys::known::{Known, Names, Role, forgotten, known};
use hookswitch_journeys::wrong::{self, Wrong};
use hookswitch_journeys::{Answer, Peer, Scene, Seen, TALK};

/// What went wrong, one line each, with the method it was.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn note(&mut self, method: &Method, how: &str, fault: Option<String>) {
        self.0.extend(fault.map(|fault| format!("{} {how}: {fault}", method.full())));
    }

    /// The answer has to be one of these.
    fn expect(&mut self, method: &Method, how: &str, answer: &Answer, words: &[&str]) {
        let fits = words.contains(&answer.word());
        self.note(method, how, answer.fault());
        self.note(method, how, (!fits).then(|| format!("{} instead of {words:?}", answer.word())));
    }

    #[track_caller]
    fn none(self) {
        assert!(self.0.is_empty(), "{} faults:\n{}", self.0.len(), self.0.join("\n"));
    }
}

#[test]
fn every_method_of_the_contract_is_known_here() {
    let methods = hookswitch_journeys::contract_words::methods();
    for method in &methods {
        // It panics for one that is new.
        assert_eq!(known(method).full, method.full());
    }
    assert_eq!(forgotten(&methods), [""; 0]);
}

#[tokio::test]
async fn by_the_wrong_sender() {
    let mut scene = Scene::in_a_call().await;
    let before = scene.seen().await;
    let mut faults = Faults::default();
    for method in scene.methods.clone() {
        let known = known(&method);
        let body = (known.body)(&scene.names);
        for who in ["a stranger", "an observer", "a surface", "another app"] {
            if who == "a surface" && known.role == Role::Surface {
                // Surfaces may, with every call.
                continue;
            }
            let mut sender = somebody(&scene, who).await;
            let answer = sender.asks(&method, &body).await;
            let words = if who == "another app" { known.foreign } else { &[known.stranger] };
            faults.expect(&method, &format!("by {who}"), &answer, words);
            leave(sender).await;
            touched(&mut scene, &method, &before, &mut faults).await;
        }
    }
    assert_eq!(scene.chat.called().await, [""; 0], "its app was told of something");
    faults.none();
    scene.ends().await;
}

async fn somebody(scene: &Scene, who: &str) -> Peer {
    match who {
        "another app" => scene.other_app().await.0,
        "a surface" => {
            let mut surface = scene.phone.peer().await;
            surface.shows().await;
            surface
        }
        "an observer" => {
            let mut observer = scene.phone.peer().await;
            observer.calls(OBSERVER, "Observe", &Vec::new()).await;
            observer
        }
        _ => scene.phone.peer().await,
    }
}

/// Whatever it was, it is nothing any more.
async fn leave(mut peer: Peer) {
    for (interface, member) in
        [(PROVIDER, "Invalidate"), (SURFACE, "Unregister"), (OBSERVER, "Forget")]
    {
        peer.calls(interface, member, &Vec::new()).await;
    }
}

/// Who may call a method, with things of its own.
struct Entitled {
    /// Another app with a call that rings; or, where the method is how one becomes an app, not yet.
    peer: Peer,
    names: Names,
}

impl Entitled {
    async fn new(scene: &Scene, method: &Method, known: &Known) -> Self {
        let (mut peer, names) = match method.full().as_str() {
            "Provider1.Register" => {
                let names = Names { app: TALK.to_owned(), ..scene.names.clone() };
                (scene.phone.peer().await, names)
            }
            _ => scene.other_app().await,
        };
        if known.role == Role::Surface {
            peer.shows().await;
        }
        Self { peer, names }
    }
}

#[tokio::test]
async fn with_wrong_arguments() {
    let mut scene = Scene::ringing().await;
    let before = scene.seen().await;
    let mut faults = Faults::default();
    for method in scene.methods.clone() {
        let known = known(&method);
        let mut entitled = Entitled::new(&scene, &method, known).await;
        for Wrong { what, body, types } in wrong::bodies(&method, &(known.body)(&entitled.names)) {
            let answer = entitled.peer.asks(&method, &body).await;
            let fault = if types { answer.fault_of_types() } else { answer.fault() };
            faults.note(&method, &format!("with {what}"), fault);
            if let Answer::Done(_) = answer {
                leave(entitled.peer).await;
                entitled = Entitled::new(&scene, &method, known).await;
            }
        }
        leave(entitled.peer).await;
        touched(&mut scene, &method, &before, &mut faults).await;
    }
    faults.none();
    scene.ends().await;
}

/// Before one may, twice, after the end of the call and of the action, and when one may no more.
#[tokio::test]
async fn out_of_order() {
    let mut scene = Scene::ringing().await;
    let before = scene.seen().await;
    let mut faults = Faults::default();
    for method in scene.methods.clone() {
        let known = known(&method);
        if known.role != Role::Newcomer {
            let mut early = scene.phone.peer().await;
            let body = (known.body)(&scene.names);
            let answer = early.asks(&method, &body).await;
            faults.expect(&method, "before registering", &answer, &[known.stranger]);
        }
        let Entitled { mut peer, names } = Entitled::new(&scene, &method, known).await;
        let body = (known.body)(&names);
        for time in ["once", "twice"] {
            let answer = peer.asks(&method, &body).await;
            faults.note(&method, time, answer.fault());
        }
        leave(peer).await;
        let (mut peer, names) = scene.after_a_call().await;
        if known.role == Role::Surface {
            peer.shows().await;
        }
        let body = (known.body)(&names);
        let answer = peer.asks(&method, &body).await;
        faults.expect(&method, "after the end", &answer, known.over);
        for (interface, member) in [(PROVIDER, "Invalidate"), (SURFACE, "Unregister")] {
            peer.calls(interface, member, &Vec::new()).await;
        }
        if known.role != Role::Newcomer {
            let answer = peer.asks(&method, &body).await;
            faults.expect(&method, "after it left", &answer, &[known.stranger]);
        }
        leave(peer).await;
        touched(&mut scene, &method, &before, &mut faults).await;
    }
    faults.none();
    scene.ends().await;
}

async fn touched(scene: &mut Scene, method: &Method, before: &Seen, faults: &mut Faults) {
    let now = scene.seen().await;
    let keys = before.keys().chain(now.keys());
    let other: Vec<_> = keys.filter(|key| before.get(*key) != now.get(*key)).collect();
    let is = !other.is_empty();
    faults.note(method, "touched another's call", is.then(|| format!("{other:?} changed")));
}
