//! One peer sends more than anybody can mean, of each method there is, while another app makes a call: quotas answer, the
//! other call goes from beginning to end, and nothing is left.

use hookswitch::{CallNumber, CallState};
use hookswitch_bus::names::{OBSERVER, PROVIDER, SURFACE};
use hookswitch_journeys::known::{Known, Names, Role, known};
use hookswitch_journeys::{Answer, Peer, Record, Scene, Screen, TALK, soon};
use std::collections::BTreeMap;

/// Messages that are sent without waiting for an answer.
const MANY: usize = 400;

/// Somebody who may call the method, but has nothing that it could be about.
async fn flooder(scene: &mut Scene, known: &Known) -> (Peer, Names) {
    if known.role == Role::Newcomer || known.role == Role::Anybody {
        let names = Names { app: TALK.to_owned(), ..scene.names.clone() };
        return (scene.phone.peer().await, names);
    }
    let (mut peer, mut names) = scene.after_a_call().await;
    if known.role == Role::Surface {
        peer.shows().await;
        names.app = "org.example.Nobody".to_owned();
    }
    (peer, names)
}

/// The other app's call: it rings, is answered and ends, however much is said meanwhile.
async fn one_call(scene: &mut Scene, screen: &mut Screen) {
    let (_, number) = scene.chat.rings().await;
    let number = CallNumber(number);
    screen.is(number, CallState::Ringing).await;
    let answer = screen.surface.answer(number, None);
    let perform = scene.chat.told("PerformAnswerCall").await;
    scene.chat.fulfills(&perform).await;
    soon("the answer", answer.outcome()).await.expect("it was accepted");
    screen.is(number, CallState::Active).await;
    let end = screen.surface.end(number, None);
    let perform = scene.chat.told("PerformEndCall").await;
    scene.chat.fulfills(&perform).await;
    soon("the end", end.outcome()).await.expect("it was accepted");
    screen.over(number).await;
}

#[tokio::test]
async fn of_each_method_while_another_app_makes_a_call() {
    let mut scene = Scene::idle().await;
    let mut screen = scene.phone.screen().await;
    let mut faults = Vec::new();
    for method in scene.methods.clone() {
        let known = known(&method);
        let (mut peer, names) = flooder(&mut scene, known).await;
        let body = (known.body)(&names);
        let mut serials = Vec::new();
        for _ in 0..MANY {
            serials.push(peer.sends(&method, &body).await);
        }
        one_call(&mut scene, &mut screen).await;
        let mut words: BTreeMap<String, usize> = BTreeMap::new();
        for serial in serials {
            let answer = peer.reply_to(serial).await;
            *words.entry(answer.word().to_owned()).or_default() += 1;
            faults.extend(answer.fault().map(|fault| format!("{}: {fault}", method.full())));
            if matches!(answer, Answer::Silence) {
                // The others would be waited for as long.
                break;
            }
        }
        println!("{}: {words:?}", method.full());
        for (interface, member) in
            [(PROVIDER, "Invalidate"), (SURFACE, "Unregister"), (OBSERVER, "Forget")]
        {
            peer.calls(interface, member, &Vec::new()).await;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    scene.rings_again().await;
    scene.ends().await;
}

/// What is pending is counted: of each requester so much, and nobody else's requests wait for it.
#[tokio::test]
async fn of_requests_that_are_never_performed() {
    let mut scene = Scene::ringing().await;
    let number = scene.names.number;
    scene.is_answered(number).await;
    let mut surface = scene.phone.peer().await;
    surface.shows().await;
    let digits = [("action", "play_dtmf".into()), ("call", scene.names.call.clone().into())];
    let digits: Record = digits.into_iter().chain([("digits", "1".into())]).collect();
    let none = || zbus::Variant::from(Record::new());
    let asks = vec![vec![digits].into(), none()];
    let taps = vec![number.into(), "1".into(), none()];
    let method = |full: &str| {
        scene.methods.iter().find(|method| method.full() == full).cloned().expect("it is there")
    };
    let (requests, plays) = (method("Provider1.RequestTransaction"), method("Surface1.PlayDtmf"));
    let (mut app, mut user) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        app.push(scene.chat.sends(&requests, &asks).await);
        user.push(surface.sends(&plays, &taps).await);
    }
    let mut words: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for (app, user) in app.into_iter().zip(user) {
        let answer = scene.chat.reply_to(app).await;
        *words.entry(("app", answer.word().to_owned())).or_default() += 1;
        let answer = surface.reply_to(user).await;
        *words.entry(("surface", answer.word().to_owned())).or_default() += 1;
    }
    let word = |who, word: &str| words.get(&(who, word.to_owned())).copied();
    assert_eq!((word("app", "done"), word("surface", "done")), (Some(32), Some(32)), "{words:?}");
    assert_eq!(
        (word("app", "TooManyRequests"), word("surface", "TooManyRequests")),
        (Some(68), Some(68)),
        "{words:?}"
    );
    // Another surface's wish is not behind all that.
    let muted = vec![number.into(), true.into(), none()];
    let answer = scene.watch.calls(SURFACE, "SetMuted", &muted).await;
    assert_eq!(answer.word(), "done", "{answer:?}");
    scene.chat.told("PerformSetMuted").await;
    surface.calls(SURFACE, "Unregister", &Vec::new()).await;
    scene.ends().await;
}

/// A cancel that overtook its invitation stays known, however many ends of calls another app reports.
#[tokio::test]
async fn of_ends_of_calls_that_never_were() {
    let mut scene = Scene::ringing().await;
    let (mut talk, _) = scene.other_app().await;
    let early = hookswitch::new_call().to_string();
    let body = vec![early.clone().into(), Record::new().into()];
    let answer = scene.chat.calls(PROVIDER, "ReportCallEnded", &body).await;
    assert_eq!(answer.word(), "done", "{answer:?}");
    for _ in 0..1000 {
        let other = vec![hookswitch::new_call().to_string().into(), Record::new().into()];
        let answer = talk.calls(PROVIDER, "ReportCallEnded", &other).await;
        assert_eq!(answer.word(), "done", "{answer:?}");
    }
    let answer = scene.chat.calls(PROVIDER, "ReportNewIncomingCall", &body).await;
    assert_eq!(answer.word(), "CallEndedAlready", "{answer:?}");
    talk.calls(PROVIDER, "Invalidate", &Vec::new()).await;
    scene.ends().await;
}

/// Before it is known who asks, so much may wait and no more; nor is anything kept that is too large to be read.
#[tokio::test]
async fn of_registrations_before_it_is_known_whose() {
    let scene = Scene::ringing().await;
    let mut peer = scene.phone.peer().await;
    let method = scene.methods.iter().find(|method| method.full() == "Provider1.Register");
    let method = method.cloned().expect("it is there");
    let body =
        |text: String| vec![Record::from([("app_id", TALK.into()), ("later", text.into())]).into()];
    let mut serials = Vec::new();
    for at in 0..600 {
        let huge = at % 3 == 1;
        let text = if huge { "9".repeat(300 << 10) } else { String::new() };
        serials.push((huge, peer.sends(&method, &body(text)).await));
    }
    let mut done = 0;
    for (huge, serial) in serials {
        let answer = peer.reply_to(serial).await;
        match (huge, answer.word()) {
            (false, "done") => done += 1,
            (true, "InvalidArgument") | (false, "AlreadyRegistered" | "TooManyRequests") => {}
            (_, other) => panic!("{other}: {answer:?}"),
        }
    }
    assert_eq!(done, 1);
    peer.calls(PROVIDER, "Invalidate", &Vec::new()).await;
    scene.ends().await;
}
