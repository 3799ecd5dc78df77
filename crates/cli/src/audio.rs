use crate::act::SURFACE;
use crate::failure::Failure;
use crate::table::Table;
use crate::{json, words};
use hookswitch::{Audio, Endpoint, EndpointKind, SoundServer, Surface};
use serde_json::json;

/// Where calls can be heard.
pub async fn show(json: bool) -> Result<(), Failure> {
    let (surface, events) = Surface::connect(SURFACE).await?;
    drop(events);
    let audio = surface.audio().await?;
    if json {
        println!("{}", json::audio(&audio));
        return Ok(());
    }
    println!("{}", server(&audio));
    if !audio.endpoints.is_empty() {
        let mut table = Table::new(["", "ENDPOINT", "KIND", "NAME"]);
        for endpoint in &audio.endpoints {
            let current = if endpoint.current { "*" } else { "" };
            let (id, name) = (words::clean(&endpoint.id), words::clean(&endpoint.name));
            table.row([current.to_owned(), id, kind(endpoint).to_owned(), name]);
        }
        table.print();
    }
    Ok(())
}

/// Let calls be heard there.
pub async fn route(endpoint: &str, json: bool) -> Result<(), Failure> {
    let (surface, events) = Surface::connect(SURFACE).await?;
    drop(events);
    // So that it knows what there is.
    surface.audio().await?;
    surface.select_endpoint(endpoint).await?;
    match json {
        true => println!("{}", json!({ "endpoint": endpoint })),
        false => println!("Calls are heard on {}.", words::clean(endpoint)),
    }
    Ok(())
}

fn server(audio: &Audio) -> &'static str {
    match audio.server {
        Some(SoundServer::PipeWire) => "PipeWire runs; * is where calls are heard.",
        Some(SoundServer::PulseAudio) => "PulseAudio runs; * is where calls are heard.",
        _ => {
            "There is no sound server that the service uses. Start PipeWire, or see `hookswitch status`."
        }
    }
}

/// What kind it is, in a word.
pub fn kind(endpoint: &Endpoint) -> &'static str {
    endpoint.kind.map_or("other", EndpointKind::name)
}
