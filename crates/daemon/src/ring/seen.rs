//! What PipeWire says of its outputs: callbacks write it down and touch nothing else.

use super::sinks::{Sink, SinkKind};
use pipewire::device::{Device, DeviceListener};
use pipewire::metadata::{Metadata, MetadataListener};
use pipewire::node::{Node, NodeListener};
use pipewire::properties::PropertiesBox;
use pipewire::proxy::{Listener, ProxyT};
use pipewire::registry::{self, GlobalObject, RegistryRc};
use pipewire::spa::utils::dict::DictRef;
use pipewire::types::ObjectType;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The outputs there are, as of the last look.
pub(super) struct Seen {
    // Dropped before what it listens to.
    bound: BTreeMap<u32, Bound>,
    _listener: registry::Listener,
    registry: RegistryRc,
    said: Rc<RefCell<Said>>,
}

/// What the callbacks were told.
#[derive(Default)]
struct Said {
    came: Vec<GlobalObject<PropertiesBox>>,
    gone: Vec<u32>,
    /// Outputs and devices with their properties, as far as they matter.
    nodes: BTreeMap<u32, Facts>,
    devices: BTreeMap<u32, Facts>,
    default_sink: Option<String>,
}

/// Properties, once all of them were told: what announces an object has only some.
#[derive(Clone, Debug, Default)]
struct Facts(BTreeMap<String, String>);

impl Facts {
    const KEYS: [&str; 8] = [
        "node.name",
        "media.class",
        "device.id",
        "device.api",
        "device.bus",
        "device.form-factor",
        "device.form_factor",
        "priority.session",
    ];

    fn add(&mut self, properties: &DictRef) {
        for key in Self::KEYS {
            if let Some(value) = properties.get(key) {
                self.0.insert(key.to_owned(), value.to_owned());
            }
        }
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }
}

/// What is listened to.
struct Bound {
    _listener: Box<dyn Listener>,
    _proxy: Box<dyn ProxyT>,
}

impl Seen {
    /// Begin to look.
    pub fn new(registry: RegistryRc) -> Self {
        let said = Rc::<RefCell<Said>>::default();
        let (came, gone) = (said.clone(), said.clone());
        let listener = registry
            .add_listener_local()
            .global(move |object| came.borrow_mut().came.push(object.to_owned()))
            .global_remove(move |id| gone.borrow_mut().gone.push(id))
            .register();
        Self { bound: BTreeMap::new(), _listener: listener, registry, said }
    }

    /// Take in what came and went. Whether there is more to be told of what came.
    pub fn look(&mut self) -> bool {
        let (came, gone) = {
            let mut said = self.said.borrow_mut();
            (std::mem::take(&mut said.came), std::mem::take(&mut said.gone))
        };
        for id in gone {
            self.bound.remove(&id);
            let mut said = self.said.borrow_mut();
            said.nodes.remove(&id);
            said.devices.remove(&id);
        }
        let mut more = false;
        for object in came {
            if let Some(bound) = self.bind(&object) {
                self.bound.insert(object.id, bound);
                more = true;
            }
        }
        more
    }

    fn bind(&self, object: &GlobalObject<PropertiesBox>) -> Option<Bound> {
        let properties: &DictRef = object.props.as_ref()?.as_ref();
        let (id, said) = (object.id, self.said.clone());
        match object.type_ {
            ObjectType::Node if properties.get("media.class") == Some("Audio/Sink") => {
                let node: Node = self.registry.bind(object).ok()?;
                let listener: NodeListener = node
                    .add_listener_local()
                    .info(move |info| {
                        if let Some(properties) = info.props() {
                            said.borrow_mut().nodes.entry(id).or_default().add(properties);
                        }
                    })
                    .register();
                Some(Bound { _listener: Box::new(listener), _proxy: Box::new(node) })
            }
            ObjectType::Device if properties.get("media.class") == Some("Audio/Device") => {
                let device: Device = self.registry.bind(object).ok()?;
                let listener: DeviceListener = device
                    .add_listener_local()
                    .info(move |info| {
                        if let Some(properties) = info.props() {
                            said.borrow_mut().devices.entry(id).or_default().add(properties);
                        }
                    })
                    .register();
                Some(Bound { _listener: Box::new(listener), _proxy: Box::new(device) })
            }
            ObjectType::Metadata if properties.get("metadata.name") == Some("default") => {
                let metadata: Metadata = self.registry.bind(object).ok()?;
                let listener: MetadataListener = metadata
                    .add_listener_local()
                    .property(move |_, key, _, value| {
                        if key == Some("default.audio.sink") {
                            said.borrow_mut().default_sink = value.and_then(name_in);
                        }
                        0
                    })
                    .register();
                Some(Bound { _listener: Box::new(listener), _proxy: Box::new(metadata) })
            }
            _ => None,
        }
    }

    /// The default output, if there is one.
    pub fn default_sink(&self) -> Option<String> {
        self.said.borrow().default_sink.clone()
    }

    /// All outputs that are known.
    pub fn sinks(&self) -> BTreeMap<u32, Sink> {
        let said = self.said.borrow();
        let sink = |(id, node): (&u32, &Facts)| {
            let name = node.get("node.name")?.to_owned();
            // The session manager's, where there is no device: nobody hears it.
            if name == "auto_null" {
                return None;
            }
            let device = node.get("device.id").and_then(|id| id.parse().ok());
            let device = device.and_then(|id: u32| said.devices.get(&id));
            let kind = SinkKind::of(|key| node.get(key).or_else(|| device?.get(key)));
            let priority = node.get("priority.session").and_then(|number| number.parse().ok());
            Some((*id, Sink { name, kind, priority: priority.unwrap_or_default() }))
        };
        said.nodes.iter().filter_map(sink).collect()
    }
}

/// The name in a value such as `{"name": "alsa_output.x"}`.
fn name_in(value: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(value).ok()?;
    value.get("name")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_output_is_named_in_json() {
        assert_eq!(name_in(r#"{"name":"speaker"}"#).as_deref(), Some("speaker"));
        assert_eq!(name_in(r#"{ "name": 3 }"#), None);
        assert_eq!(name_in("speaker"), None);
    }
}
