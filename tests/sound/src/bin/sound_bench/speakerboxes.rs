//! Two Speakerboxes with devices, an exchange between them.

use crate::heard::{Heard, listen, speaks};
use hookswitch::{CallState, Dial, Handle, HandleKind};
use hookswitch_journeys::soon;
use hookswitch_sound::device::{EARPIECE, HANDSET_MIC, PHONE};
use hookswitch_sound::{Rig, SPEAKERBOX, Speakerbox, exchange};

/// So many calls; `listener` is further arguments of whoever listens.
pub async fn measure(calls: usize, listener: &[&str]) -> Vec<Heard> {
    let [mut from, to] = Rig::pair("audio_release=300", PHONE).await;
    let stage = exchange().await;
    let mouth = speaks(&mut from).await;
    let _silent = to.meter.microphone(HANDSET_MIC.name).await;
    let ear = to.sink(EARPIECE).await;
    let mut anna = Speakerbox::start(&from, &stage, "anna", &[]).await;
    let mut bob = Speakerbox::start(&to, &stage, "bob", listener).await;
    let (caller, mut called) = (from.screen().await, to.screen().await);
    let mut heard = Vec::new();
    for _ in 0..calls {
        let dial = Dial::new(SPEAKERBOX, Handle::new(HandleKind::Generic, "bob"));
        soon("the dialing", caller.surface.start_call(dial).outcome()).await.expect("it dials");
        let call = called.one(CallState::Ringing).await.number;
        let answered = called.surface.answer(call, None).outcome();
        soon("the answer", answered).await.expect("it can be answered");
        heard.push(listen(&mouth, &ear).await);
        soon("the end", called.surface.end(call, None).outcome()).await.expect("it can be ended");
        // What the screen has not read of this call it would take for the next one.
        called.over(call).await;
        anna.tells("ended").await;
        bob.tells("ended").await;
    }
    heard
}
