use super::kind::Kind;
use crate::audio::graph::{Graph, Properties};
use crate::audio::route::Route;
use pulseaudio::protocol::Props;
use pulseaudio::protocol::port_info::{PortAvailable, PortInfo, PortType};
use std::ffi::{CStr, CString};

/// A thing is there, or says more about itself.
pub fn put(graph: &mut Graph, kind: Kind, index: u32, mut properties: Properties) {
    properties.insert("object.serial".to_owned(), kind.serial(index).to_string());
    graph.put_node(kind.node(index), properties, true);
}

/// Where a stream plays or listens.
pub fn goes_to(graph: &mut Graph, node: u32, device: u64) {
    graph.put_metadata(node, Some("target.object"), None, Some(&device.to_string()));
}

/// What belongs to a module of the server, as the two ends of an echo canceller, and is no program's.
fn is_inside(properties: &mut Properties) {
    properties.insert("node.link-group".to_owned(), "module".to_owned());
}

/// What a stream says of itself, in PipeWire's words.
pub fn stream(props: &Props, class: &str, client: Option<u32>) -> Properties {
    let mut properties = texts(props);
    properties.insert("media.class".to_owned(), class.to_owned());
    match client {
        Some(client) => {
            properties.insert("client.id".to_owned(), Kind::Client.node(client).to_string());
        }
        None => is_inside(&mut properties),
    }
    properties
}

/// What a device says of itself, in PipeWire's words.
pub fn device(name: &CString, description: Option<&CString>, props: &Props) -> Properties {
    let mut properties = texts(props);
    if properties.get("device.class").is_some_and(|class| class == "filter") {
        is_inside(&mut properties);
    }
    properties.insert("node.name".to_owned(), name.to_string_lossy().into_owned());
    if let Some(description) = description {
        let description = description.to_string_lossy().into_owned();
        properties.insert("node.description".to_owned(), description);
    }
    properties
}

/// The card that a device belongs to.
pub fn put_card(properties: &mut Properties, card: Option<u32>) {
    if let Some(card) = card {
        properties.insert("device.id".to_owned(), card.to_string());
    }
}

/// The properties that are text: each ends with a zero.
pub fn texts(props: &Props) -> Properties {
    let text = |(key, value): (&Box<CStr>, &Box<[u8]>)| {
        let value = std::str::from_utf8(value.strip_suffix(&[0])?).ok()?;
        Some((key.to_str().ok()?.to_owned(), value.to_owned()))
    };
    props.iter().filter_map(text).collect()
}

/// A port of a sink, as a route of this part of its card.
pub fn route(index: i32, port: &PortInfo, part: i32) -> Route {
    let form = match port.port_type {
        PortType::Unknown => "",
        PortType::Speaker => "speaker",
        PortType::Headphones => "headphones",
        PortType::Headset => "headset",
        PortType::Handset => "handset",
        PortType::Earpiece => "earpiece",
        _ => "other",
    };
    let text = |text: &CString| text.to_string_lossy().into_owned();
    Route {
        index,
        name: text(&port.name),
        description: port.description.as_ref().map_or_else(|| text(&port.name), text),
        form: form.to_owned(),
        is_output: true,
        available: match port.available {
            PortAvailable::Unknown => None,
            PortAvailable::No => Some(false),
            PortAvailable::Yes => Some(true),
        },
        parts: vec![part],
    }
}
