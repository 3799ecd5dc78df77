//! One connection to PipeWire, and what is heard on it.

use super::error::{DevicesError, Side};
use super::graph::Command;
use super::streams::Streams;
use super::{DeviceOptions, Lines};
use pipewire::context::ContextRc;
use pipewire::core::{CoreRc, Listener as CoreListener, PW_ID_CORE};
use pipewire::properties::{PropertiesBox, properties};
use pipewire::registry::{Listener as RegistryListener, RegistryRc};
use pipewire::types::ObjectType;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Something to deal with between two turns of the loop.
pub(crate) enum Happening {
    Asked(Command),
    /// PipeWire replied, and all it has is known.
    Ready,
    ServerLost(String),
    Running(Side),
    FormatRefused(Side),
    StreamBroke(Side, String),
    /// A device of this name went away.
    NodeGone(String),
}

/// What happened since the last turn.
#[derive(Default)]
pub(crate) struct Inbox {
    happened: RefCell<Vec<Happening>>,
}

impl Inbox {
    pub(crate) fn note(&self, happening: Happening) {
        self.happened.borrow_mut().push(happening);
    }

    pub(crate) fn take(&self) -> Vec<Happening> {
        self.happened.take()
    }
}

/// Devices by their numbers.
type Nodes = Rc<RefCell<HashMap<u32, String>>>;

/// Fields in the order in which they have to go.
pub(crate) struct Connection {
    streams: Option<Streams>,
    _registry_listener: RegistryListener,
    _registry: RegistryRc,
    _core_listener: CoreListener,
    core: CoreRc,
    nodes: Nodes,
}

impl Connection {
    /// Connects; [`Happening::Ready`] follows when PipeWire has replied.
    pub(crate) fn open(
        context: &ContextRc,
        remote: Option<&str>,
        inbox: &Rc<Inbox>,
    ) -> Result<Self, DevicesError> {
        let gone = |error: pipewire::Error| DevicesError::NoPipeWire(error.to_string());
        let core = context.connect_rc(remote.map(remote_properties)).map_err(gone)?;
        let registry = core.get_registry_rc().map_err(gone)?;
        let nodes = Nodes::default();
        let registry_listener = registry
            .add_listener_local()
            .global({
                let nodes = nodes.clone();
                move |global| {
                    let Some(properties) = global.props else { return };
                    let class = properties.get("media.class").unwrap_or_default();
                    if global.type_ == ObjectType::Node
                        && class.starts_with("Audio/")
                        && let Some(name) = properties.get("node.name")
                    {
                        nodes.borrow_mut().insert(global.id, name.to_owned());
                    }
                }
            })
            .global_remove({
                let (nodes, inbox) = (nodes.clone(), inbox.clone());
                move |id| {
                    if let Some(name) = nodes.borrow_mut().remove(&id) {
                        inbox.note(Happening::NodeGone(name));
                    }
                }
            })
            .register();
        let ready = core.sync(0).map_err(gone)?;
        let core_listener = core
            .add_listener_local()
            .done({
                let inbox = inbox.clone();
                move |id, seq| {
                    if id == PW_ID_CORE && seq == ready {
                        inbox.note(Happening::Ready);
                    }
                }
            })
            .error({
                let inbox = inbox.clone();
                move |id, _, _, message| {
                    // Others are of a stream, which hears of it itself.
                    if id == PW_ID_CORE {
                        inbox.note(Happening::ServerLost(message.to_owned()));
                    }
                }
            })
            .register();
        Ok(Self {
            streams: None,
            _registry_listener: registry_listener,
            _registry: registry,
            _core_listener: core_listener,
            core,
            nodes,
        })
    }

    /// Whether there is a device of this name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.nodes.borrow().values().any(|known| known == name)
    }

    pub(crate) fn has_streams(&self) -> bool {
        self.streams.is_some()
    }

    pub(crate) fn make_streams(
        &mut self,
        options: &DeviceOptions,
        lines: &Lines,
        inbox: &Rc<Inbox>,
    ) -> Result<(), DevicesError> {
        let made = Streams::make(&self.core, options, lines, inbox);
        self.streams = Some(made.map_err(|error| DevicesError::Refused(error.to_string()))?);
        Ok(())
    }

    pub(crate) fn take_streams_away(&mut self) {
        self.streams = None;
    }
}

fn remote_properties(name: &str) -> PropertiesBox {
    properties! { *pipewire::keys::REMOTE_NAME => name }
}
