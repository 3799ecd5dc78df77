//! The sample app with microphone and loudspeaker: two of them call each other through their services and an exchange.

use crate::story::{FAR, NEAR};
use hookswitch::{CallNumber, CallState, Dial, Handle, HandleKind};
use hookswitch_demo::Stage;
use hookswitch_journeys::{Screen, soon};
use hookswitch_sound::device::{EARPIECE, HANDSET_MIC, PHONE, SPEAKER};
use hookswitch_sound::{Dump, Ear, Rig, SPEAKERBOX, Speakerbox, exchange};
use std::ops::Range;

/// A voice that went through echo and noise suppression, Opus and a jitter buffer.
const HEARD: Range<f64> = -12.0..-3.0;
/// Nothing of it: what is left is of the codec.
const QUIET: Range<f64> = -200.0..-45.0;
/// Longer than two beats.
const WHILE: usize = 2_200;

/// One side: a phone, what it looks like, and what is heard on it.
struct Side {
    app: Speakerbox,
    screen: Screen,
    ear: Ear,
    before: Dump,
    rig: Rig,
}

impl Side {
    async fn new(mut rig: Rig, stage: &Stage, user: &str, tone: u32) -> Self {
        rig.beats(HANDSET_MIC, tone).await;
        let ear = rig.sink(EARPIECE).await;
        let before = rig.others();
        let app = Speakerbox::start(&rig, stage, user, &[]).await;
        let screen = rig.screen().await;
        Self { app, screen, ear, before, rig }
    }

    async fn ends_as_it_was(&mut self) {
        self.app.tells("ended").await;
        self.rig.is_as_before(&self.before).await;
    }

    async fn mutes(&self, call: CallNumber, muted: bool) {
        soon("the mute", self.screen.surface.set_muted(call, muted, None).outcome()).await.unwrap();
    }

    async fn holds(&self, call: CallNumber, held: bool) {
        soon("the hold", self.screen.surface.set_held(call, held, None).outcome()).await.unwrap();
    }

    async fn hangs_up(&self, call: CallNumber) {
        soon("the end", self.screen.surface.end(call, None).outcome()).await.unwrap();
    }
}

/// Both with an exchange. What `anna` says is the tone NEAR, what `bob` says is FAR.
async fn both() -> (Stage, [Side; 2]) {
    let [anna, bob] = Rig::pair(crate::story::QUICK, PHONE).await;
    let stage = exchange().await;
    let anna = Side::new(anna, &stage, "anna", NEAR).await;
    let bob = Side::new(bob, &stage, "bob", FAR).await;
    (stage, [anna, bob])
}

/// One calls the other, who answers; both hear what the other says, and not themselves.
async fn calls(
    from: &mut Side,
    to: &mut Side,
    who: &str,
    [mine, yours]: [u32; 2],
) -> [CallNumber; 2] {
    let dial = Dial::new(SPEAKERBOX, Handle::new(HandleKind::Generic, who));
    soon("the dialing", from.screen.surface.start_call(dial).outcome()).await.unwrap();
    let ringing = to.screen.one(CallState::Ringing).await;
    soon("the answer", to.screen.surface.answer(ringing.number, None).outcome()).await.unwrap();
    let active = from.screen.one(CallState::Active).await;
    for side in [&mut *from, &mut *to] {
        side.app.tells_of("device_running", "microphone").await;
        side.app.tells_of("device_running", "loudspeaker").await;
    }
    from.ear.becomes(yours, HEARD).await;
    to.ear.becomes(mine, HEARD).await;
    from.ear.stays(mine, QUIET, WHILE).await;
    to.ear.stays(yours, QUIET, WHILE).await;
    [active.number, ringing.number]
}

#[tokio::test]
async fn two_speakerboxes_talk_mute_hold_and_leave_everything_as_it_was() {
    let (stage, [mut anna, mut bob]) = both().await;
    let [one, other] = calls(&mut anna, &mut bob, "bob", [NEAR, FAR]).await;

    anna.mutes(one, true).await;
    bob.ear.becomes(NEAR, QUIET).await;
    bob.ear.stays(NEAR, QUIET, WHILE).await;
    anna.ear.becomes(FAR, HEARD).await;
    anna.mutes(one, false).await;
    bob.ear.becomes(NEAR, HEARD).await;

    bob.holds(other, true).await;
    for (side, tone) in [(&anna, FAR), (&bob, NEAR)] {
        side.ear.becomes(tone, QUIET).await;
        side.ear.stays(tone, QUIET, WHILE).await;
    }
    // Nothing of his app listens or plays while it is held.
    bob.rig.is_as_before(&bob.before).await;
    bob.holds(other, false).await;
    anna.ear.becomes(FAR, HEARD).await;
    bob.ear.becomes(NEAR, HEARD).await;

    anna.hangs_up(one).await;
    anna.ends_as_it_was().await;
    bob.ends_as_it_was().await;

    // The devices are there for the next call as well, in the other direction.
    let [_, one] = calls(&mut bob, &mut anna, "anna", [FAR, NEAR]).await;
    anna.hangs_up(one).await;
    anna.ends_as_it_was().await;
    bob.ends_as_it_was().await;
    for side in [&mut anna, &mut bob] {
        assert!(side.app.has_told("no_sound").is_none(), "{:?}", side.app.has_told("no_sound"));
        assert!(side.app.end().await, "it ends well");
    }
    drop(stage);
}

#[tokio::test]
async fn a_speakerbox_goes_where_the_user_wants_it_and_survives_its_service() {
    let (_stage, [mut anna, mut bob]) = both().await;
    let [one, _] = calls(&mut anna, &mut bob, "bob", [NEAR, FAR]).await;
    let speaker = anna.rig.sink(SPEAKER).await;
    speaker.becomes(FAR, QUIET).await;
    soon("the choice", anna.screen.surface.select_endpoint("speaker")).await.unwrap();
    speaker.becomes(FAR, HEARD).await;
    anna.ear.becomes(FAR, QUIET).await;
    bob.ear.becomes(NEAR, HEARD).await;

    // The media is the app's: it goes on, and the service has the call back, and rules over it.
    anna.rig.phone.kill_service().await;
    anna.app.tells("adopted").await;
    anna.screen.is(one, CallState::Active).await;
    bob.ear.becomes(NEAR, HEARD).await;
    speaker.becomes(FAR, HEARD).await;
    anna.mutes(one, true).await;
    bob.ear.becomes(NEAR, QUIET).await;
    bob.ear.stays(NEAR, QUIET, WHILE).await;
    anna.mutes(one, false).await;
    bob.ear.becomes(NEAR, HEARD).await;

    // An app that is killed leaves nothing behind, and the other side is told.
    bob.app.kill().await;
    bob.rig.is_as_before(&bob.before).await;
    anna.ends_as_it_was().await;
    assert!(anna.app.end().await, "it ends well");
}
