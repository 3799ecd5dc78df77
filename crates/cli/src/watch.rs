use crate::act::SURFACE;
use crate::failure::Failure;
use crate::{json, words};
use hookswitch::{Call, CallNumber, CallState, Surface, SurfaceEvent};
use std::collections::BTreeSet;
use std::io::Write;

/// Print everything that changes until the program is told to stop, or the bus is gone.
pub async fn watch(json: bool) -> Result<(), Failure> {
    let (surface, mut events) = Surface::connect(SURFACE).await?;
    let mut left = BTreeSet::new();
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        let Some(event) = event else { return Ok(()) };
        leave(&event, &surface, &mut left);
        if json {
            println!("{}", json::event(&event));
        } else {
            print(&event, &surface);
        }
        // Whoever reads this over a pipe wants it now; a reader that is gone ends the watching.
        if std::io::stdout().flush().is_err() {
            return Ok(());
        }
        if let SurfaceEvent::Closed(error) = event {
            return Err(error.into());
        }
    }
}

/// Nobody need wait for whether a line of a terminal is how the user learns of a call. Said once for each, and again to a service that is new.
fn leave(event: &SurfaceEvent, surface: &Surface, left: &mut BTreeSet<CallNumber>) {
    let calls: Vec<&Call> = match event {
        SurfaceEvent::Reset(state) => {
            left.clear();
            state.calls.values().collect()
        }
        SurfaceEvent::Changed(change) => change.calls.iter().collect(),
        _ => return,
    };
    for call in calls {
        if call.has_ended() {
            left.remove(&call.number);
        } else if call.state == CallState::Ringing && left.insert(call.number) {
            surface.not_presented(call.number).forget();
        }
    }
}

fn print(event: &SurfaceEvent, surface: &Surface) {
    match event {
        SurfaceEvent::Reset(state) => {
            println!("{} calls; {}.", state.calls.len(), words::ring(state.ring));
            let calls = surface.calls();
            state.calls.values().for_each(|call| println!("{}", line(call, &calls)));
        }
        SurfaceEvent::Changed(change) => {
            let calls = surface.calls();
            change.calls.iter().for_each(|call| println!("{}", line(call, &calls)));
            if let Some(ring) = change.ring {
                println!("{}", words::ring(ring));
            }
        }
        SurfaceEvent::AudioChanged(audio) => {
            let heard = audio.endpoints.iter().find(|endpoint| endpoint.current);
            let on = heard.map_or_else(|| "nothing".to_owned(), |of| words::clean(&of.name));
            println!("Calls are heard on {on}.");
        }
        SurfaceEvent::ServiceLost => println!("The call service left the bus; waiting for it."),
        // A line of it was printed when it came.
        SurfaceEvent::PresentCall(_) => {}
        SurfaceEvent::Closed(_) => {}
    }
}

fn line(call: &Call, calls: &[Call]) -> String {
    let choices: Vec<_> = call.choices.iter().map(|c| words::choice(c, calls)).collect();
    let (app, who) = (words::app(call), words::clean(call.who()));
    let line = format!("{}  {app}  {who}  {}", call.number, words::state_among(call, calls));
    if choices.is_empty() { line } else { format!("{line}  [{}]", choices.join(", ")) }
}
