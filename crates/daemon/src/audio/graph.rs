use super::route::Route;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Properties of an object, as the server says them.
pub type Properties = HashMap<String, String>;

/// Which sound server it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Server {
    /// None.
    #[default]
    None,
    /// PipeWire.
    PipeWire,
    /// PulseAudio by itself. It has one volume for each stream, the user's own, and knows no process for sure.
    PulseAudio,
}

impl Server {
    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PipeWire => "pipewire",
            Self::PulseAudio => "pulseaudio",
        }
    }
}

/// What the sound server has, as far as calls have to do with it: a plain model, fed by what the server says.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Which server it is.
    pub server: Server,
    /// The number of this run of the server; another one knows none of the streams of this one.
    pub cookie: Option<u32>,
    nodes: BTreeMap<u32, Node>,
    clients: HashMap<u32, Properties>,
    devices: HashMap<u32, Properties>,
    /// The routes of each device.
    routes: HashMap<u32, Vec<Route>>,
    /// Which of them are open, by device and part of it.
    open: HashMap<(u32, i32), i32>,
    /// What is written down about each node: `target.object` and the like.
    targets: HashMap<u32, Target>,
    /// The same in the older words, `target.node`: what the session manager gives a stream that it knows from before.
    restored: HashMap<u32, u32>,
    /// The sink that everything without a wish of its own goes to.
    pub default_sink: Option<String>,
    /// The source that everything without a wish of its own listens to.
    pub default_source: Option<String>,
}

/// Where a node is told to go, in the words of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The type of the value.
    pub kind: Option<String>,
    /// A node's serial number or name.
    pub value: String,
}

/// One node: a stream of a program, or a device.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// The server's number of it; numbers come again.
    pub id: u32,
    /// The server's other number of it, which does not come again.
    pub serial: u64,
    /// Everything it says about itself. Not all of it is there at first.
    pub properties: Properties,
    /// Whether all of it is there.
    pub complete: bool,
    /// Its volume: the one knob that is turned here.
    pub volume: Option<f32>,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A program plays.
    Playback,
    /// A program listens.
    Capture,
    /// A device that plays.
    Sink,
    /// A device that listens.
    Source,
    /// Something that has nothing to do with calls.
    Other,
}

impl Node {
    /// One of its properties.
    pub fn property(&self, key: &str) -> Option<&str> {
        self.properties.get(key).map(String::as_str)
    }

    /// What it is called; of a device it stays the same.
    pub fn name(&self) -> &str {
        self.property("node.name").unwrap_or_default()
    }

    /// What it is.
    pub fn class(&self) -> Class {
        match self.property("media.class").unwrap_or_default() {
            "Stream/Output/Audio" => Class::Playback,
            "Stream/Input/Audio" => Class::Capture,
            "Audio/Sink" | "Audio/Duplex" => Class::Sink,
            "Audio/Source" | "Audio/Source/Virtual" => Class::Source,
            _ => Class::Other,
        }
    }

    /// Whether it is one half of a filter, as of an echo canceller: what goes through it is turned where it comes in, or a
    /// call that goes through it would be turned down with the rest.
    pub fn is_filter(&self) -> bool {
        self.properties.contains_key("node.link-group")
    }

    /// The program behind it.
    pub fn client(&self) -> Option<u32> {
        self.property("client.id")?.parse().ok()
    }

    /// The device it belongs to.
    pub fn device(&self) -> Option<u32> {
        self.property("device.id")?.parse().ok()
    }

    /// The part of the device that it is.
    pub fn part(&self) -> Option<i32> {
        self.property("card.profile.device")?.parse().ok()
    }

    /// How much the session manager thinks of it.
    pub fn priority(&self) -> i64 {
        self.property("priority.session").and_then(|text| text.parse().ok()).unwrap_or(0)
    }
}

impl Graph {
    /// A node is there, or says more about itself.
    pub fn put_node(&mut self, id: u32, properties: Properties, complete: bool) {
        let node = self.nodes.entry(id).or_insert_with(|| Node { id, ..Node::default() });
        node.properties.extend(properties);
        node.complete |= complete;
        if let Some(serial) = node.property("object.serial").and_then(|text| text.parse().ok()) {
            node.serial = serial;
        }
    }

    /// A node says how loud it is.
    pub fn put_volume(&mut self, id: u32, volume: f32) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.volume = Some(volume);
        }
    }

    /// A program is there, or says more about itself.
    pub fn put_client(&mut self, id: u32, properties: Properties) {
        self.clients.entry(id).or_default().extend(properties);
    }

    /// A device is there, or says more about itself.
    pub fn put_device(&mut self, id: u32, properties: Properties) {
        self.devices.entry(id).or_default().extend(properties);
    }

    /// A device says its routes anew, or (with a part) those of this part only.
    pub fn forget_routes(&mut self, device: u32, part: Option<i32>) {
        if let Some(routes) = self.routes.get_mut(&device) {
            routes.retain(|route| part.is_some_and(|part| !route.parts.contains(&part)));
        }
    }

    /// A device has this route.
    pub fn put_route(&mut self, device: u32, route: Route) {
        self.routes.entry(device).or_default().push(route);
    }

    /// A device says anew which of its routes are open.
    pub fn forget_open(&mut self, device: u32) {
        self.open.retain(|(of, _), _| *of != device);
    }

    /// A part of a device has this route open.
    pub fn put_open(&mut self, device: u32, part: i32, route: i32) {
        self.open.insert((device, part), route);
    }

    /// The ways out of the device that this sink may have open.
    pub fn routes(&self, sink: &Node) -> impl Iterator<Item = &Route> {
        let of = sink.device().zip(sink.part());
        let routes = of.and_then(|(device, part)| Some((self.routes.get(&device)?, part)));
        let fits = |route: &&Route, part| route.is_output && route.parts.contains(&part);
        routes
            .into_iter()
            .flat_map(move |(routes, part)| routes.iter().filter(move |route| fits(route, part)))
    }

    /// The one that is open.
    pub fn open_route(&self, sink: &Node) -> Option<&Route> {
        let index = *self.open.get(&(sink.device()?, sink.part()?))?;
        self.routes(sink).find(|route| route.index == index)
    }

    /// A sink's route by name: its device, the part, and its number.
    pub fn route(&self, sink: &str, name: &str) -> Option<(u32, i32, i32)> {
        let sink = self.named(sink)?;
        let mut routes = self.routes(sink);
        let route = routes.find(|route| route.name == name && route.available != Some(false))?;
        Some((sink.device()?, sink.part()?, route.index))
    }

    /// Something is written down, or (no value) is not any more. No key: nothing about this one is.
    pub fn put_metadata(
        &mut self,
        subject: u32,
        key: Option<&str>,
        kind: Option<&str>,
        value: Option<&str>,
    ) {
        match (subject, key) {
            (0, Some("default.audio.sink")) => self.default_sink = value.and_then(name_in),
            (0, Some("default.audio.source")) => self.default_source = value.and_then(name_in),
            (0, None) => (self.default_sink, self.default_source) = (None, None),
            (_, Some("target.object")) => {
                // -1: it is told nothing. WirePlumber and the pulse server write that.
                match value.filter(|value| *value != "-1") {
                    Some(value) => {
                        let target =
                            Target { kind: kind.map(str::to_owned), value: value.to_owned() };
                        self.targets.insert(subject, target);
                    }
                    None => drop(self.targets.remove(&subject)),
                }
            }
            (_, Some("target.node")) => match value.and_then(|value| value.parse().ok()) {
                Some(node) => drop(self.restored.insert(subject, node)),
                None => drop(self.restored.remove(&subject)),
            },
            (_, None) => {
                self.targets.remove(&subject);
                self.restored.remove(&subject);
            }
            _ => {}
        }
    }

    /// Something is gone.
    pub fn remove(&mut self, id: u32) {
        self.nodes.remove(&id);
        self.clients.remove(&id);
        if self.devices.remove(&id).is_some() {
            self.routes.remove(&id);
            self.forget_open(id);
        }
        self.targets.remove(&id);
        self.restored.remove(&id);
    }

    /// Whether there is any device to play on or listen to.
    pub fn has_devices(&self) -> bool {
        self.nodes().any(|node| matches!(node.class(), Class::Sink | Class::Source))
    }

    /// All nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    /// One node.
    pub fn node(&self, id: u32) -> Option<&Node> {
        self.nodes.get(&id)
    }

    /// A program.
    pub fn client(&self, id: u32) -> Option<&Properties> {
        self.clients.get(&id)
    }

    /// Where a node is told to go by what is written down.
    pub fn target(&self, id: u32) -> Option<&Target> {
        self.targets.get(&id)
    }

    /// The device that a node is told to go to, by what is written down or else by what it says itself.
    pub fn told_to(&self, node: &Node) -> Option<&Node> {
        let own = || node.property("target.object").or(node.property("node.target"));
        match self.targets.get(&node.id) {
            Some(target) => self.pointed_at(&target.value),
            None => match self.restored.get(&node.id) {
                Some(id) => self.node(*id),
                None => self.pointed_at(own()?),
            },
        }
    }

    /// A property of a node, or else of the device it belongs to.
    pub fn device_property<'a>(&'a self, node: &'a Node, key: &str) -> Option<&'a str> {
        node.property(key)
            .or_else(|| self.devices.get(&node.device()?)?.get(key).map(String::as_str))
    }

    /// The device node of this name.
    pub fn named(&self, name: &str) -> Option<&Node> {
        let device = |node: &&Node| matches!(node.class(), Class::Sink | Class::Source);
        self.nodes().filter(device).find(|node| node.name() == name)
    }

    /// The device node that a target's value names, by serial number or by name.
    pub fn pointed_at(&self, value: &str) -> Option<&Node> {
        let serial: Option<u64> = value.parse().ok();
        let device = |node: &&Node| matches!(node.class(), Class::Sink | Class::Source);
        let mut devices = self.nodes().filter(device);
        devices.find(|node| node.name() == value || serial == Some(node.serial))
    }
}

/// `{"name":"speaker"}`
fn name_in(json: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    value.get("name")?.as_str().map(str::to_owned)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn properties(pairs: &[(&str, &str)]) -> Properties {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    /// A graph with devices and a few programs: what the tests of this folder begin with.
    pub fn graph() -> Graph {
        let mut graph = Graph { cookie: Some(7), ..Graph::default() };
        device(&mut graph, 30, "speaker", "Audio/Sink", &[("device.form-factor", "internal")]);
        device(&mut graph, 31, "earpiece", "Audio/Sink", &[("device.form-factor", "handset")]);
        device(&mut graph, 32, "mic", "Audio/Source", &[]);
        graph.put_metadata(0, Some("default.audio.sink"), None, Some(r#"{"name":"speaker"}"#));
        graph
    }

    pub fn device(graph: &mut Graph, id: u32, name: &str, class: &str, more: &[(&str, &str)]) {
        let serial = (id + 1000).to_string();
        let own = [("node.name", name), ("media.class", class), ("object.serial", &serial)];
        graph.put_node(id, properties(&own), true);
        graph.put_node(id, properties(more), true);
    }

    /// A stream of the program with this client number.
    pub fn stream(graph: &mut Graph, id: u32, class: &str, client: u32, more: &[(&str, &str)]) {
        let (serial, client) = ((id + 1000).to_string(), client.to_string());
        let own = [("media.class", class), ("object.serial", &serial), ("client.id", &client)];
        graph.put_node(id, properties(&own), true);
        graph.put_node(id, properties(more), true);
        graph.put_volume(id, 1.0);
    }

    #[test]
    fn numbers_that_come_again_are_told_apart() {
        let mut graph = graph();
        graph.put_node(40, properties(&[("object.serial", "99")]), false);
        assert_eq!(graph.node(40).map(|node| (node.serial, node.complete)), Some((99, false)));
        graph.remove(40);
        assert!(graph.node(40).is_none());
        graph.put_node(40, properties(&[("object.serial", "100")]), true);
        assert_eq!(graph.node(40).map(|node| (node.serial, node.complete)), Some((100, true)));
    }

    #[test]
    fn what_is_written_down_is_read() {
        let mut graph = graph();
        assert_eq!(graph.default_sink.as_deref(), Some("speaker"));
        graph.put_metadata(40, Some("target.object"), Some("Spa:Id"), Some("1031"));
        let value = graph.target(40).map(|target| target.value.clone()).unwrap_or_default();
        assert_eq!(graph.pointed_at(&value).map(Node::name), Some("earpiece"));
        assert_eq!(graph.pointed_at("mic").map(|node| node.id), Some(32));
        stream(&mut graph, 40, "Stream/Output/Audio", 70, &[("target.object", "mic")]);
        let told = |graph: &Graph| {
            let node = graph.node(40).unwrap();
            graph.told_to(node).map(|device| device.name().to_owned())
        };
        assert_eq!(told(&graph).as_deref(), Some("earpiece"));
        graph.put_metadata(40, Some("target.node"), Some("Spa:Id"), Some("30"));
        assert_eq!(told(&graph).as_deref(), Some("earpiece"));
        graph.put_metadata(40, Some("target.object"), None, None);
        assert_eq!(told(&graph).as_deref(), Some("speaker"));
        graph.put_metadata(40, Some("target.node"), None, None);
        assert_eq!(told(&graph).as_deref(), Some("mic"));
        graph.put_metadata(40, Some("target.object"), Some("Spa:Id"), Some("1031"));
        graph.put_metadata(40, Some("target.object"), Some("Spa:Id"), Some("-1"));
        assert_eq!(graph.target(40), None);
        for odd in ["", "{", "[]", r#"{"name":7}"#] {
            graph.put_metadata(0, Some("default.audio.sink"), None, Some(odd));
            assert_eq!(graph.default_sink, None);
        }
        graph.put_metadata(0, None, None, None);
    }
}
