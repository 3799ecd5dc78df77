use crate::meter::METER;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// All that programs can set on the graph: volumes and mutes of nodes, defaults and targets, profiles and routes.
///
/// Two that are equal were left as they were found. Meters are not in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dump {
    lines: BTreeMap<String, String>,
    nodes: Vec<Node>,
}

/// A node of the graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Its number on the graph, given again after it is gone.
    pub id: u64,
    /// Its number on the graph, never given again.
    pub serial: u64,
    /// Its name.
    pub name: String,
    /// What it is: `Audio/Sink`, `Stream/Output/Audio`.
    pub class: String,
    /// How loud the graph makes it, beside the user's own mixer: 1 is as it is.
    pub volume: f64,
    /// Whether it is muted.
    pub mute: bool,
    /// The user's own mixer, channel by channel.
    pub channel_volumes: Vec<f64>,
}

impl Dump {
    /// What `pw-dump` printed.
    ///
    /// # Errors
    /// It is no JSON, or not a list.
    pub fn read(text: &[u8]) -> Result<Self, serde_json::Error> {
        let objects: Vec<Value> = serde_json::from_slice(text)?;
        let mut dump = Self::default();
        for object in &objects {
            match object["type"].as_str().unwrap_or_default() {
                "PipeWire:Interface:Node" => dump.add_node(object),
                "PipeWire:Interface:Device" => dump.add_device(object),
                "PipeWire:Interface:Metadata" => dump.add_metadata(object, &objects),
                _ => {}
            }
        }
        Ok(dump)
    }

    fn add_node(&mut self, object: &Value) {
        let properties = &object["info"]["props"];
        let name = properties["node.name"].as_str().unwrap_or_default();
        if name.starts_with(METER) {
            return;
        }
        let sets = &object["info"]["params"]["Props"];
        // The converter has them in one set, what it plays into in others.
        let empty = Map::new();
        let set = sets.as_array().into_iter().flatten().filter_map(Value::as_object);
        let set = set.clone().find(|set| set.contains_key("volume")).unwrap_or(&empty);
        let serial = properties["object.serial"].as_u64().unwrap_or_default();
        let class = properties["media.class"].as_str().unwrap_or_default();
        for key in ["volume", "mute", "channelVolumes", "softMute", "softVolumes"] {
            if let Some(value) = set.get(key) {
                self.lines.insert(format!("node {serial} {name} {key}"), value.to_string());
            }
        }
        self.lines.insert(format!("node {serial} {name}"), class.to_owned());
        let channels = set.get("channelVolumes").and_then(Value::as_array);
        self.nodes.push(Node {
            id: object["id"].as_u64().unwrap_or_default(),
            serial,
            name: name.to_owned(),
            class: class.to_owned(),
            volume: set.get("volume").and_then(Value::as_f64).unwrap_or(1.0),
            mute: set.get("mute").and_then(Value::as_bool).unwrap_or_default(),
            channel_volumes: channels.into_iter().flatten().filter_map(Value::as_f64).collect(),
        });
    }

    fn add_device(&mut self, object: &Value) {
        let name = object["info"]["props"]["device.name"].as_str().unwrap_or_default();
        for key in ["Profile", "Route"] {
            let value = &object["info"]["params"][key];
            if !value.is_null() {
                self.lines.insert(format!("device {name} {key}"), value.to_string());
            }
        }
    }

    fn add_metadata(&mut self, object: &Value, objects: &[Value]) {
        let name = object["props"]["metadata.name"].as_str().unwrap_or_default();
        for entry in object["metadata"].as_array().into_iter().flatten() {
            let subject = entry["subject"].as_u64().unwrap_or_default();
            let of = objects.iter().find(|of| subject != 0 && of["id"].as_u64() == Some(subject));
            let of = of.and_then(|of| of["info"]["props"]["node.name"].as_str());
            if of.is_some_and(|of| of.starts_with(METER)) {
                continue;
            }
            let key = entry["key"].as_str().unwrap_or_default();
            let of = of.unwrap_or(if subject == 0 { "everything" } else { "gone" });
            self.lines.insert(
                format!("metadata {name} {subject} {of} {key}"),
                entry["value"].to_string(),
            );
        }
    }

    /// The node with this name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// All nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A default device by its key, as `default.audio.sink`.
    pub fn default_device(&self, key: &str) -> Option<String> {
        let line = self.lines.get(&format!("metadata default 0 everything {key}"))?;
        let value: Value = serde_json::from_str(line).ok()?;
        value["name"].as_str().map(str::to_owned)
    }

    /// The same without what belongs to nodes with this in front of their name.
    pub fn without(mut self, prefix: &str) -> Self {
        self.lines.retain(|line, _| {
            let name = line.split(' ').nth(if line.starts_with("node") { 2 } else { 3 });
            !name.is_some_and(|name| name.starts_with(prefix))
        });
        self.nodes.retain(|node| !node.name.starts_with(prefix));
        self
    }

    /// What is otherwise in a later one, line by line; empty if nothing is.
    pub fn difference(&self, later: &Self) -> String {
        let mut text = String::new();
        for (line, value) in &self.lines {
            match later.lines.get(line) {
                None => text += &format!("- {line}: {value}\n"),
                Some(now) if now != value => text += &format!("! {line}: {value} -> {now}\n"),
                Some(_) => {}
            }
        }
        for (line, value) in later.lines.iter().filter(|(line, _)| !self.lines.contains_key(*line))
        {
            text += &format!("+ {line}: {value}\n");
        }
        text
    }
}

impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|(line, value)| writeln!(f, "{line}: {value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dump(volume: f64, target: &str) -> Dump {
        let text = format!(
            r#"[
            {{ "id": 40, "type": "PipeWire:Interface:Node", "info": {{
                "props": {{ "node.name": "music", "object.serial": 90, "media.class": "Stream/Output/Audio" }},
                "params": {{ "Props": [ {{ "volume": {volume}, "mute": false,
                    "channelVolumes": [ 1.0, 1.0 ] }}, {{ "params": [] }} ] }} }} }},
            {{ "id": 41, "type": "PipeWire:Interface:Node", "info": {{
                "props": {{ "node.name": "hookswitch-meter-speaker", "object.serial": 91 }} }} }},
            {{ "id": 30, "type": "PipeWire:Interface:Metadata", "props": {{ "metadata.name": "default" }},
               "metadata": [
                {{ "subject": 0, "key": "default.audio.sink", "value": {{ "name": "speaker" }} }},
                {{ "subject": 40, "key": "target.object", "value": "{target}" }} ] }} ]"#
        );
        Dump::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_was_changed_is_named() {
        let before = dump(1.0, "-1");
        assert_eq!(before.difference(&dump(1.0, "-1")), "");
        assert_eq!(
            before.difference(&dump(0.2, "headset")),
            "! metadata default 40 music target.object: \"-1\" -> \"headset\"\n\
             ! node 90 music volume: 1 -> 0.2\n"
        );
        assert_eq!(before.node("music").unwrap().channel_volumes, [1.0, 1.0]);
        assert_eq!(before.default_device("default.audio.sink").as_deref(), Some("speaker"));
        assert!(before.node("hookswitch-meter-speaker").is_none());
        let others = before.clone().without("music");
        assert_eq!(others.difference(&dump(0.2, "headset").without("music")), "");
    }
}
