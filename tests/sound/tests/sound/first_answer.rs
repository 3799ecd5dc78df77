//! The first thing a freshly started phone does is to answer a call: sound both ways, each time.

use crate::story::{CHAT, FAR, NEAR, PLAIN, QUICK, streams};
use hookswitch::{CallState, Outcome, new_call};
use hookswitch_journeys::{program, soon};
use hookswitch_sound::device::{HANDSET_MIC, PHONE};
use hookswitch_sound::orders::Plan;
use hookswitch_sound::stream::Door;
use hookswitch_sound::{Ear, Moment, Rig, plan_file};

#[tokio::test]
async fn the_first_answer_has_sound_both_ways() {
    let times = std::env::var("FIRST_ANSWERS").ok().and_then(|n| n.parse().ok()).unwrap_or(5);
    for time in 0..times {
        let door = Door::BOTH[time % 2];
        let mut rig = Rig::with(QUICK, PHONE).await;
        rig.speaks(HANDSET_MIC, NEAR).await;
        let [plays, records] = streams(CHAT, door);
        let recorded = rig.session.folder().join("said.wav");
        let call = new_call();
        let plan = Plan {
            app: CHAT.to_owned(),
            rings: Some((call.to_string(), "anna".to_owned())),
            at_grant: vec![
                (plays.name.clone(), plays.plays(&rig.session.tone(FAR))),
                (records.name.clone(), records.records(&recorded)),
            ],
            told: Some(rig.session.folder().join("told")),
            ..Plan::default()
        };
        let calling_app = program("calling_app");
        rig.phone.install(CHAT, &calling_app, false);
        let command =
            format!("{} {}", calling_app.display(), plan_file(&rig.session, &plan).display());
        rig.phone.activatable(CHAT, &command).await;
        let mut ears = Vec::new();
        for device in PHONE.iter().filter(|device| !device.is_microphone()) {
            ears.push(rig.sink(*device).await);
        }
        // Nothing runs yet, neither the app nor the service.
        assert_eq!(rig.phone.service_pid().await, None);
        let woken = Moment::now();
        rig.phone.wake(CHAT).await;
        let mut screen = rig.screen().await;
        let number = screen.one(CallState::Ringing).await.number;
        let rang = Moment::now();
        let outcome = soon("the answer", screen.surface.answer(number, None).outcome()).await;
        assert_eq!(outcome.expect("it is accepted"), [Outcome::Fulfilled(None)]);
        let answered = Moment::now();
        let said = Ear::file("what the app records", recorded);
        let heard = far_side(&ears);
        let ((), _) = tokio::join!(heard, said.becomes(NEAR, PLAIN));
        println!(
            "{door:?}: rang {:.0} ms after the push; sound both ways {:.0} ms after the answer",
            rang.since(woken),
            Moment::now().since(answered)
        );
    }
}

/// Wait until the far side is heard anywhere.
async fn far_side(ears: &[Ear]) {
    let [one, other] = ears else { panic!("this phone has two sinks") };
    tokio::select! {
        _ = one.becomes(FAR, PLAIN) => {}
        _ = other.becomes(FAR, PLAIN) => {}
    }
}
