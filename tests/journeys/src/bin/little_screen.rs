//! A call screen as the bus starts it: it has its name, and shows every call by saying so on the bus.
//!
//!     little_screen [NAME]
//!
//! Without a name it comes up for nobody: it hangs until the bus ends.

use futures_util::StreamExt;
use hookswitch::{Call, CallState, Surface, SurfaceEvent};
use std::error::Error;
use zbus::{Connection, MessageStream};

/// Shows the call: whoever listens hears which process does.
async fn show(bus: &Connection, surface: &Surface, call: &Call) -> Result<(), Box<dyn Error>> {
    if call.state == CallState::Ended {
        return Ok(());
    }
    surface.presented(call.number).await?;
    let seen = (std::process::id(), call.number.0, call.state.name());
    let none = None::<&str>;
    Ok(bus.emit_signal(none, "/", "org.hookswitch.LittleScreen", "Shows", &seen).await?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let bus = Connection::session().await?;
    let Some(name) = std::env::args().nth(1) else {
        let mut messages = MessageStream::from(&bus);
        while messages.next().await.is_some() {}
        return Ok(());
    };
    bus.request_name(name).await?;
    let (surface, mut events) = Surface::connect("Little screen").await?;
    while let Some(event) = events.next().await {
        let calls: Vec<Call> = match event {
            SurfaceEvent::Reset(state) => state.calls.into_values().collect(),
            SurfaceEvent::Changed(change) => change.calls,
            SurfaceEvent::Closed(error) => return Err(error.into()),
            _ => continue,
        };
        for call in calls {
            show(&bus, &surface, &call).await?;
        }
    }
    Ok(())
}
