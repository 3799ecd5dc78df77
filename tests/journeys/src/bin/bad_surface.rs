//! A surface that keeps to the rules but for one, which is named on its command line:
//!
//!     bad_surface [FAULT]
//!
//! The rows each fault must fail are in `tests/conformance.rs`.

use hookswitch::{
    Call, CallNumber, CallState, ChoiceKind, Request, Surface, SurfaceEvent, SurfaceEvents,
};
use std::collections::BTreeMap;
use tokio::sync::mpsc;

struct Screen {
    surface: Surface,
    fault: String,
    /// The calls as it believes them to be.
    calls: BTreeMap<CallNumber, Call>,
    /// The last one that ended.
    dead: Option<Call>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let fault = std::env::args().nth(1).unwrap_or_default();
    let (said, mut lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        std::io::stdin().lines().map_while(Result::ok).try_for_each(|line| said.send(line))
    });
    let (surface, mut events) = Surface::connect("Bad surface").await?;
    let mut screen = Screen { surface, fault, calls: BTreeMap::new(), dead: None };
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Some(line) => screen.act(&line).await,
                None if screen.is("stays") => std::future::pending().await,
                None => return Ok(()),
            },
            event = next(&mut events) => screen.take(event),
        }
    }
}

async fn next(events: &mut SurfaceEvents) -> SurfaceEvent {
    match events.next().await {
        Some(event) => event,
        None => std::future::pending().await,
    }
}

impl Screen {
    fn is(&self, fault: &str) -> bool {
        self.fault == fault
    }

    async fn act(&mut self, line: &str) {
        if self.is("is_deaf") {
            return;
        }
        let Some(request) = self.wish(line) else { return };
        if request.await.is_err() && self.is("dies_of_a_refusal") {
            std::process::exit(1);
        }
    }

    fn wish(&self, line: &str) -> Option<Request> {
        let newest = |fits: &dyn Fn(&Call) -> bool| self.calls.values().rev().find(|c| fits(c));
        let rings = |call: &Call| call.state == CallState::Ringing;
        let saw = |call: &Call| (!self.is("says_no_revision")).then_some(call.choices_revision);
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        match word {
            "answer" => newest(&rings).map(|call| self.surface.answer(call.number, saw(call))),
            "decline" if self.is("declines_by_answering") => {
                newest(&rings).map(|call| self.surface.answer(call.number, saw(call)))
            }
            "decline" => newest(&rings).map(|call| self.surface.decline(call.number, saw(call))),
            "end" => {
                let active = newest(&|call| call.state == CallState::Active);
                let other = || newest(&|call| !rings(call));
                let dead = || self.dead.as_ref().filter(|_| self.is("remembers_the_dead"));
                let call = active.or_else(other).or_else(dead)?;
                Some(self.surface.end(call.number, saw(call)))
            }
            "choose" => {
                let kind = ChoiceKind::from_name(rest)?;
                let call = newest(&|call| call.offers(kind))?;
                Some(self.surface.choose(call.number, kind, saw(call)))
            }
            _ => None,
        }
    }

    fn take(&mut self, event: SurfaceEvent) {
        match event {
            SurfaceEvent::Reset(state) => self.calls = state.calls,
            SurfaceEvent::Changed(change) => {
                for call in change.calls {
                    if call.state == CallState::Ringing && !self.is("never_presents") {
                        self.surface.presented(call.number).forget();
                    }
                    if call.has_ended() {
                        self.calls.remove(&call.number);
                        self.dead = Some(call);
                    } else {
                        self.calls.insert(call.number, call);
                    }
                }
            }
            SurfaceEvent::ServiceLost => {
                self.calls.clear();
                if self.is("stays_away") {
                    // The library would come back by itself; nothing of this process runs any more.
                    loop {
                        std::thread::park();
                    }
                }
            }
            SurfaceEvent::AudioChanged(_)
            | SurfaceEvent::PresentCall(_)
            | SurfaceEvent::Closed(_) => {}
        }
    }
}
