use super::connection::Round;
use super::desk::Step;
use super::graph::{Graph, Properties, Server};
use super::route::Route;
use pipewire::client::{Client, ClientListener};
use pipewire::context::ContextRc;
use pipewire::core::{CoreRc, Listener as CoreListener, PW_ID_CORE};
use pipewire::device::{Device, DeviceListener};
use pipewire::main_loop::MainLoopRc;
use pipewire::metadata::{Metadata, MetadataListener};
use pipewire::node::{Node, NodeListener};
use pipewire::properties::{PropertiesBox, properties};
use pipewire::registry::{GlobalObject, Listener as RegistryListener, RegistryRc};
use pipewire::spa::param::ParamType;
use pipewire::spa::pod::serialize::PodSerializer;
use pipewire::spa::pod::{Object, Pod, Property, Value};
use pipewire::spa::sys::{SPA_PROP_volume, SPA_TYPE_OBJECT_Props};
use pipewire::spa::utils::Id;
use pipewire::spa::utils::dict::DictRef;
use pipewire::types::ObjectType;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::io::Cursor;
use std::rc::Rc;

mod routes;

/// What the server's error is once the connection is broken; others are about one thing that was asked.
const BROKEN: i32 = -libc::EPIPE;

/// The metadata where it is written down what goes where.
const DEFAULT: &str = "default";
/// The metadata of the session manager in which it can be told what to keep.
const SETTINGS: &str = "route-settings";
/// The type of what is set there.
const JSON: &str = "Spa:String:JSON";

/// What the server said. It is only kept when it comes, and handled when the loop has done a round: what belongs together
/// is seen together, and nothing of the library is touched while the library is at work.
#[derive(Debug)]
enum Said {
    Cookie(u32),
    Global(Global),
    Node(u32, Properties),
    Volume(u32, f32),
    Client(u32, Properties),
    Device(u32, Properties),
    Route(u32, bool, Route),
    Open(u32, bool, i32, i32),
    Metadata(u32, Option<String>, Option<String>, Option<String>),
    Setting(Option<String>, Option<String>),
    Gone(u32),
    Done(i32),
    Lost(String),
}

type Global = GlobalObject<PropertiesBox>;
type Heard = Rc<RefCell<VecDeque<Said>>>;

/// An object that is listened to. The listener goes first.
enum Bound {
    Node(#[expect(dead_code, reason = "it listens")] NodeListener, Node),
    Client(
        #[expect(dead_code, reason = "it listens")] ClientListener,
        #[expect(dead_code, reason = "it is listened to")] Client,
    ),
    Device(#[expect(dead_code, reason = "it listens")] DeviceListener, Device),
    Metadata(#[expect(dead_code, reason = "it listens")] MetadataListener, Metadata),
}

/// A connection to PipeWire: what it says goes into a graph, and steps come out of it. In this order it is let go.
pub struct Connection {
    bound: HashMap<u32, Bound>,
    /// Where it is written down what goes where.
    default: Option<u32>,
    /// Where the session manager can be told what to keep, and what is said there.
    settings: Option<u32>,
    set: HashMap<String, String>,
    heard: Heard,
    _registry_listener: RegistryListener,
    registry: RegistryRc,
    _core_listener: CoreListener,
    core: CoreRc,
}

impl Connection {
    /// Connect.
    ///
    /// # Errors
    /// There is no server, or it does not let us in.
    pub fn open(main_loop: &MainLoopRc) -> Result<Self, pipewire::Error> {
        let context = ContextRc::new(main_loop, None)?;
        let core = context.connect_rc(Some(properties! {
            "application.name" => "Hookswitch",
            "media.category" => "Manager",
        }))?;
        let heard = Heard::default();
        let say = |heard: &Heard| {
            let heard = heard.clone();
            move |said| heard.borrow_mut().push_back(said)
        };
        let (cookie, done, lost) = (say(&heard), say(&heard), say(&heard));
        let core_listener = core
            .add_listener_local()
            .info(move |info| cookie(Said::Cookie(info.cookie())))
            .done(move |id, seq| {
                if id == PW_ID_CORE {
                    done(Said::Done(seq.seq()));
                }
            })
            .error(move |id, _, result, message| {
                if id == PW_ID_CORE && result == BROKEN {
                    lost(Said::Lost(message.to_owned()));
                } else {
                    // Of an object that is gone meanwhile, most of the time.
                    tracing::debug!(id, result, "PipeWire says that something did not work");
                }
            })
            .register();
        let registry = core.get_registry_rc()?;
        let (global, gone) = (say(&heard), say(&heard));
        let registry_listener = registry
            .add_listener_local()
            .global(move |object| {
                if is_of_interest(object) {
                    global(Said::Global(object.to_owned()));
                }
            })
            .global_remove(move |id| gone(Said::Gone(id)))
            .register();
        Ok(Self {
            bound: HashMap::new(),
            default: None,
            settings: None,
            set: HashMap::new(),
            heard,
            _registry_listener: registry_listener,
            registry,
            _core_listener: core_listener,
            core,
        })
    }

    /// Ask the server to answer when it has done everything up to here. The number of the question.
    pub fn ask(&self) -> Option<i32> {
        self.core.sync(0).ok().map(|seq| seq.seq())
    }

    /// Put what was heard into the graph.
    pub fn listen(&mut self, graph: &mut Graph) -> Round {
        let mut round = Round::default();
        loop {
            let said = self.heard.borrow_mut().pop_front();
            let Some(said) = said else { return round };
            round.changed |= !matches!(said, Said::Setting(..) | Said::Done(_) | Said::Lost(_));
            match said {
                Said::Cookie(cookie) => {
                    graph.server = Server::PipeWire;
                    graph.cookie = Some(cookie);
                }
                Said::Global(global) => self.bind(&global, graph),
                Said::Node(id, properties) => graph.put_node(id, properties, true),
                Said::Volume(id, volume) => graph.put_volume(id, volume),
                Said::Client(id, properties) => graph.put_client(id, properties),
                Said::Device(id, properties) => graph.put_device(id, properties),
                Said::Route(device, is_first, route) => {
                    if is_first {
                        graph.forget_routes(device, None);
                    }
                    graph.put_route(device, route);
                }
                Said::Open(device, is_first, part, route) => {
                    if is_first {
                        graph.forget_open(device);
                    }
                    graph.put_open(device, part, route);
                }
                Said::Metadata(subject, key, kind, value) => {
                    let (key, kind, value) = (key.as_deref(), kind.as_deref(), value.as_deref());
                    graph.put_metadata(subject, key, kind, value);
                }
                Said::Setting(Some(key), Some(value)) => drop(self.set.insert(key, value)),
                Said::Setting(Some(key), None) => drop(self.set.remove(&key)),
                Said::Setting(None, _) => self.set.clear(),
                Said::Gone(id) => {
                    graph.remove(id);
                    self.bound.remove(&id);
                    self.default = self.default.filter(|default| *default != id);
                    self.settings = self.settings.filter(|settings| *settings != id);
                }
                Said::Done(seq) => round.done = Some(seq),
                Said::Lost(why) => round.lost = Some(why),
            }
        }
    }

    fn bind(&mut self, global: &Global, graph: &mut Graph) {
        let id = global.id;
        let properties = global.props.as_ref().map(|of| all(of.as_ref())).unwrap_or_default();
        let heard = self.heard.clone();
        let say = move |said| heard.borrow_mut().push_back(said);
        let bound = match global.type_ {
            ObjectType::Node => {
                graph.put_node(id, properties, false);
                self.registry.bind::<Node, _>(global).map(|node| {
                    let more = say.clone();
                    let listener = node
                        .add_listener_local()
                        .info(move |info| {
                            if let Some(properties) = info.props() {
                                more(Said::Node(id, all(properties)));
                            }
                        })
                        .param(move |_, kind, _, _, param| {
                            if let (ParamType::Props, Some(volume)) = (kind, param.and_then(volume))
                            {
                                say(Said::Volume(id, volume));
                            }
                        })
                        .register();
                    node.subscribe_params(&[ParamType::Props]);
                    Bound::Node(listener, node)
                })
            }
            ObjectType::Client => {
                graph.put_client(id, properties);
                self.registry.bind::<Client, _>(global).map(|client| {
                    let listener = client.add_listener_local().info(move |info| {
                        if let Some(properties) = info.props() {
                            say(Said::Client(id, all(properties)));
                        }
                    });
                    Bound::Client(listener.register(), client)
                })
            }
            ObjectType::Device => {
                graph.put_device(id, properties);
                self.registry.bind::<Device, _>(global).map(|device| {
                    let more = say.clone();
                    let listener = device
                        .add_listener_local()
                        .info(move |info| {
                            if let Some(properties) = info.props() {
                                more(Said::Device(id, all(properties)));
                            }
                        })
                        .param(move |_, kind, index, _, param| {
                            // Each time it says all of them.
                            let read = param.and_then(routes::read);
                            match (kind, read) {
                                (ParamType::EnumRoute, Some((route, _))) => {
                                    say(Said::Route(id, index == 0, route));
                                }
                                (ParamType::Route, Some((route, Some(part)))) => {
                                    say(Said::Open(id, index == 0, part, route.index));
                                }
                                _ => {}
                            }
                        })
                        .register();
                    device.subscribe_params(&[ParamType::EnumRoute, ParamType::Route]);
                    Bound::Device(listener, device)
                })
            }
            _ => self.registry.bind::<Metadata, _>(global).map(|metadata| {
                let is_default = properties.get("metadata.name").is_some_and(|of| of == DEFAULT);
                let listener =
                    metadata.add_listener_local().property(move |subject, key, kind, value| {
                        let text = |text: Option<&str>| text.map(str::to_owned);
                        say(match is_default {
                            true => Said::Metadata(subject, text(key), text(kind), text(value)),
                            false => Said::Setting(text(key), text(value)),
                        });
                        0
                    });
                let place = if is_default { &mut self.default } else { &mut self.settings };
                *place = Some(id);
                Bound::Metadata(listener.register(), metadata)
            }),
        };
        match bound {
            Ok(bound) => drop(self.bound.insert(id, bound)),
            Err(error) => tracing::debug!(id, "cannot listen to an object of PipeWire: {error}"),
        }
    }

    /// Carry out a step. What it is about may be gone; then nothing happens.
    pub fn take(&self, step: &Step) {
        match step {
            Step::SetVolume(id, volume) => {
                let Some(Bound::Node(_, node)) = self.bound.get(id) else { return };
                let Some(bytes) = props(*volume) else { return };
                if let Some(pod) = Pod::from_bytes(&bytes) {
                    node.set_param(ParamType::Props, 0, pod);
                }
            }
            Step::OpenRoute { device, part, route, .. } => {
                let Some(Bound::Device(_, device)) = self.bound.get(device) else { return };
                let Some(bytes) = routes::open(*route, *part) else { return };
                if let Some(pod) = Pod::from_bytes(&bytes) {
                    device.set_param(ParamType::Route, 0, pod);
                }
            }
            Step::Keep(key, volume) => self.keep(key, *volume),
            Step::SetTarget(id, target) => {
                let Some(metadata) = self.metadata(self.default) else { return };
                let kind = target.as_ref().and_then(|target| target.kind.as_deref());
                let value = target.as_ref().map(|target| target.value.as_str());
                // No text of the server has a zero inside, but a file may have been tampered with.
                if [kind, value].into_iter().flatten().all(|text| !text.contains('\0')) {
                    metadata.set_property(*id, "target.object", kind, value);
                }
            }
        }
    }

    fn metadata(&self, id: Option<u32>) -> Option<&Metadata> {
        match self.bound.get(&id?)? {
            Bound::Metadata(_, metadata) => Some(metadata),
            _ => None,
        }
    }

    /// Have the session manager keep a volume. It takes what is set at the moment that it is; what was set before is
    /// somebody else's and stays, but for a volume in it, which is what was kept.
    fn keep(&self, key: &str, volume: f32) {
        let Some(metadata) = self.metadata(self.settings) else { return };
        // The first colon is a dot there.
        let key = format!("restore.stream.{}", key.replacen(':', ".", 1));
        if key.contains('\0') {
            return;
        }
        let set = |value: Option<&str>| metadata.set_property(0, &key, value.map(|_| JSON), value);
        let before = self.set.get(&key).map(String::as_str);
        match before.and_then(|before| with_volume(before, volume)) {
            Some(both) => set(Some(&both)),
            None => {
                set(Some(&format!("{{\"volume\": {volume:?}}}")));
                set(before);
            }
        }
    }
}

/// These settings with another volume, if they have one.
fn with_volume(json: &str, volume: f32) -> Option<String> {
    let mut settings: serde_json::Value = serde_json::from_str(json).ok()?;
    *settings.get_mut("volume")? = volume.into();
    Some(settings.to_string())
}

fn is_of_interest(object: &GlobalObject<&DictRef>) -> bool {
    let property = |key: &str| object.props.and_then(|of| of.get(key)).unwrap_or_default();
    match object.type_ {
        ObjectType::Node => property("media.class").contains("Audio"),
        ObjectType::Client | ObjectType::Device => true,
        ObjectType::Metadata => [DEFAULT, SETTINGS].contains(&property("metadata.name")),
        _ => false,
    }
}

fn all(properties: &DictRef) -> Properties {
    properties.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The volume in a node's properties, if it is among them.
fn volume(pod: &Pod) -> Option<f32> {
    let volume = pod.as_object().ok()?.find_prop(Id(SPA_PROP_volume))?.value().get_float().ok()?;
    volume.is_finite().then_some(volume)
}

/// Properties with this volume and nothing else.
fn props(volume: f32) -> Option<Vec<u8>> {
    let object = Value::Object(Object {
        type_: SPA_TYPE_OBJECT_Props,
        id: ParamType::Props.as_raw(),
        properties: vec![Property::new(SPA_PROP_volume, Value::Float(volume))],
    });
    let (bytes, _) = PodSerializer::serialize(Cursor::new(Vec::new()), &object).ok()?;
    Some(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_others_keep_all_but_the_volume() {
        let both = with_volume(r#"{"volume":0.2,"mute":true}"#, 1.0).unwrap();
        let both: serde_json::Value = serde_json::from_str(&both).unwrap();
        assert_eq!(both, serde_json::json!({ "volume": 1.0, "mute": true }));
        for none in ["", "[]", r#"{"mute":true}"#] {
            assert_eq!(with_volume(none, 1.0), None, "{none}");
        }
    }

    #[test]
    fn a_volume_is_read_as_it_was_written() {
        for value in [0.0, 0.2, 1.0] {
            let bytes = props(value).unwrap();
            assert_eq!(volume(Pod::from_bytes(&bytes).unwrap()), Some(value));
        }
        let other =
            Value::Object(Object { type_: SPA_TYPE_OBJECT_Props, id: 2, properties: vec![] });
        let (bytes, _) = PodSerializer::serialize(Cursor::new(Vec::new()), &other).unwrap();
        assert_eq!(volume(Pod::from_bytes(&bytes.into_inner()).unwrap()), None);
        assert_eq!(volume(Pod::from_bytes(&props(f32::NAN).unwrap()).unwrap()), None);
    }
}
