//! A whole surface on a terminal. It passes `hookswitch conformance --surface`; a line of its input is a wish of the
//! user: answer, decline, end, choose KIND.
//!
//! ```sh
//! cargo build -p hookswitch --example surface
//! hookswitch conformance --surface --start target/debug/examples/surface
//! ```

use hookswitch::*;
use tokio::sync::mpsc;

/// What a line asks for, as things are now. `None`: it fits nothing.
fn wish(surface: &Surface, line: &str) -> Option<Request> {
    let calls = surface.calls();
    let newest = |fits: &dyn Fn(&Call) -> bool| calls.iter().rev().find(|call| fits(call));
    let rings = |call: &Call| call.state == CallState::Ringing;
    let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    match word {
        "answer" => {
            let call = newest(&rings)?;
            Some(surface.answer(call.number, Some(call.choices_revision)))
        }
        "decline" => {
            let call = newest(&rings)?;
            Some(surface.decline(call.number, Some(call.choices_revision)))
        }
        "end" => {
            let active = newest(&|call| call.state == CallState::Active);
            let call = active.or_else(|| newest(&|call| !rings(call)))?;
            Some(surface.end(call.number, Some(call.choices_revision)))
        }
        "choose" => {
            let kind = ChoiceKind::from_name(rest)?;
            let call = newest(&|call| call.offers(kind))?;
            Some(surface.choose(call.number, kind, Some(call.choices_revision)))
        }
        _ => None,
    }
}

fn show(surface: &Surface, call: &Call) {
    println!("{} {} {}", call.number, call.who(), call.state.name());
    if call.state != CallState::Ended {
        surface.presented(call.number).forget();
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (said, mut lines) = mpsc::unbounded_channel();
    // A thread: reading a terminal cannot be waited for in another way.
    std::thread::spawn(move || {
        std::io::stdin().lines().map_while(Result::ok).try_for_each(|line| said.send(line))
    });
    let (surface, mut events) = Surface::connect("Example surface").await?;
    loop {
        tokio::select! {
            line = lines.recv() => {
                let Some(line) = line else { return Ok(()) };
                if let Some(request) = wish(&surface, &line)
                    && let Err(error) = request.await
                {
                    println!("Not done: {error}");
                }
            }
            event = events.next() => match event {
                Some(SurfaceEvent::Reset(state)) => {
                    state.calls.values().for_each(|call| show(&surface, call));
                }
                Some(SurfaceEvent::Changed(change)) => {
                    change.calls.iter().for_each(|call| show(&surface, call));
                }
                Some(SurfaceEvent::AudioChanged(audio)) => {
                    let heard = audio.endpoints.iter().find(|endpoint| endpoint.current);
                    println!("Heard on {}.", heard.map_or("nothing", |endpoint| &endpoint.name));
                }
                // What can be shown here, is.
                Some(SurfaceEvent::PresentCall(_)) => {}
                Some(SurfaceEvent::ServiceLost) => println!("The service is away."),
                Some(SurfaceEvent::Closed(error)) => return Err(error.into()),
                None => return Ok(()),
            },
        }
    }
}
