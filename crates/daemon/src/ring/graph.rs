//! The voice's place in PipeWire's graph: it knows the outputs, and has a stream to each that it plays on.

use super::mixer::Mixer;
use super::news::{RingNews, Unavailable};
use super::output::Output;
use super::score::{FADE, Part, Place, Wanted};
use super::sinks::{Sink, SinkKind, ringing};
use super::voice::Shared;
use pipewire::context::ContextRc;
use pipewire::core::CoreRc;
use pipewire::device::{Device, DeviceListener};
use pipewire::keys;
use pipewire::loop_::Timeout;
use pipewire::main_loop::MainLoopRc;
use pipewire::metadata::{Metadata, MetadataListener};
use pipewire::node::{Node, NodeListener};
use pipewire::properties::PropertiesBox;
use pipewire::proxy::{Listener, ProxyT};
use pipewire::registry::{GlobalObject, RegistryRc};
use pipewire::spa::support::system::IoFlags;
use pipewire::spa::utils::dict::DictRef;
use pipewire::types::ObjectType;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;

/// How long the first look at the graph may take before it plays on the default output.
const LOOK: Duration = Duration::from_millis(500);
/// How long an output stays after its last sound: until that has faded, with what is under way.
const FADED: Duration = Duration::from_millis(150);

type Known = Rc<RefCell<Seen>>;

/// What the callbacks of PipeWire saw; they touch nothing else.
#[derive(Default)]
struct Seen {
    came: Vec<GlobalObject<PropertiesBox>>,
    gone: Vec<u32>,
    /// Nodes and devices with their properties, as far as they matter.
    nodes: BTreeMap<u32, Facts>,
    devices: BTreeMap<u32, Facts>,
    default_sink: Option<String>,
}

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

/// The connection to PipeWire, and everything on it.
pub(super) struct Graph {
    // Dropped from the top down: what is on the connection before the connection.
    outputs: BTreeMap<Option<String>, Output>,
    bound: BTreeMap<u32, Bound>,
    _on_registry: pipewire::registry::Listener,
    _on_core: pipewire::core::Listener,
    registry: RegistryRc,
    core: CoreRc,
    main_loop: MainLoopRc,
    seen: Known,
    lost: Rc<Cell<bool>>,
    /// The last round trip that was asked for, and the last that came back.
    asked: i32,
    answered: Rc<Cell<i32>>,
    began: Instant,
    woken: UnixStream,
    waker: Option<UnixStream>,
    sounding: Option<BTreeSet<Option<String>>>,
}

/// What is listened to.
struct Bound {
    _listener: Box<dyn Listener>,
    _proxy: Box<dyn ProxyT>,
}

fn refused(error: impl ToString) -> Unavailable {
    Unavailable::Refused(error.to_string())
}

impl Graph {
    pub fn connect(shared: &Shared) -> Result<Self, Unavailable> {
        pipewire::init();
        let main_loop = MainLoopRc::new(None).map_err(refused)?;
        let context = ContextRc::new(&main_loop, None).map_err(refused)?;
        let mut properties = PropertiesBox::new();
        properties.insert(*keys::APP_NAME, "Hookswitch");
        properties.insert(*keys::APP_ID, "org.hookswitch.Hookswitch");
        if let Some(server) = shared.server.as_deref().and_then(|path| path.to_str()) {
            properties.insert(*keys::REMOTE_NAME, server);
        }
        let core = context.connect_rc(Some(properties)).map_err(|_| Unavailable::NoServer)?;
        let registry = core.get_registry_rc().map_err(refused)?;
        let (waker, woken) = UnixStream::pair().map_err(|error| refused(error.kind()))?;
        for end in [&waker, &woken] {
            end.set_nonblocking(true).map_err(|error| refused(error.kind()))?;
        }
        let seen = Known::default();
        let lost = Rc::new(Cell::new(false));
        let answered = Rc::new(Cell::new(0));
        let on_core = {
            let (lost, answered) = (lost.clone(), answered.clone());
            core.add_listener_local()
                .done(move |_, seq| answered.set(answered.get().max(seq.seq())))
                .error(move |id, _, _, _| {
                    if id == pipewire::core::PW_ID_CORE {
                        lost.set(true);
                    }
                })
                .register()
        };
        let on_registry = {
            let (came, gone) = (seen.clone(), seen.clone());
            registry
                .add_listener_local()
                .global(move |object| came.borrow_mut().came.push(object.to_owned()))
                .global_remove(move |id| gone.borrow_mut().gone.push(id))
                .register()
        };
        let mut graph = Self {
            outputs: BTreeMap::new(),
            bound: BTreeMap::new(),
            _on_registry: on_registry,
            _on_core: on_core,
            registry,
            core,
            main_loop,
            seen,
            lost,
            asked: 0,
            answered,
            began: Instant::now(),
            woken,
            waker: Some(waker),
            sounding: None,
        };
        graph.ask();
        Ok(graph)
    }

    /// What wakes [`wait`](Self::wait) when it is written to.
    pub fn waker(&mut self) -> Option<UnixStream> {
        self.waker.take()
    }

    fn ask(&mut self) {
        if let Ok(seq) = self.core.sync(0) {
            self.asked = self.asked.max(seq.seq());
        }
    }

    /// Whether the outputs are known, or took too long.
    fn has_looked(&self) -> bool {
        self.answered.get() >= self.asked || self.began.elapsed() >= LOOK
    }

    /// Wait until something happens, at most this long. False: the connection is lost.
    pub fn wait(&mut self, at_most: Option<Duration>) -> bool {
        // A little longer, so that what is due at that moment is due then.
        let at_most =
            at_most.map(|time| time.min(Duration::from_secs(3600)) + Duration::from_millis(1));
        let looking = (!self.has_looked()).then_some(LOOK);
        let at_most = at_most.into_iter().chain(looking).min();
        let timeout = at_most.map_or(Timeout::Infinite, Timeout::Finite);
        {
            let main_loop = self.main_loop.loop_();
            let fd = std::os::fd::AsRawFd::as_raw_fd(&self.woken);
            let _wakes = main_loop.add_io(fd, IoFlags::IN, |_| ());
            main_loop.iterate(timeout);
        }
        let mut bytes = [0; 64];
        while matches!((&self.woken).read(&mut bytes), Ok(64)) {}
        self.look();
        !self.lost.get()
    }

    /// Take in what came and went.
    fn look(&mut self) {
        let (came, gone) = {
            let mut seen = self.seen.borrow_mut();
            (std::mem::take(&mut seen.came), std::mem::take(&mut seen.gone))
        };
        for id in gone {
            self.bound.remove(&id);
            let mut seen = self.seen.borrow_mut();
            seen.nodes.remove(&id);
            seen.devices.remove(&id);
        }
        let mut new = false;
        for object in came {
            if let Some(bound) = self.bind(&object) {
                self.bound.insert(object.id, bound);
                new = true;
            }
        }
        if new {
            self.ask();
        }
        let there: BTreeSet<String> = self.sinks().into_values().map(|sink| sink.name).collect();
        self.outputs.retain(|name, output| match name {
            Some(name) => there.contains(name) && !output.failed(),
            None => !output.failed(),
        });
    }

    fn bind(&self, object: &GlobalObject<PropertiesBox>) -> Option<Bound> {
        let properties: &DictRef = object.props.as_ref()?.as_ref();
        let (id, seen) = (object.id, self.seen.clone());
        match object.type_ {
            ObjectType::Node if properties.get("media.class") == Some("Audio/Sink") => {
                seen.borrow_mut().nodes.entry(id).or_default().add(properties);
                let node: Node = self.registry.bind(object).ok()?;
                let listener: NodeListener = node
                    .add_listener_local()
                    .info(move |info| {
                        if let Some(properties) = info.props() {
                            seen.borrow_mut().nodes.entry(id).or_default().add(properties);
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
                            seen.borrow_mut().devices.entry(id).or_default().add(properties);
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
                            seen.borrow_mut().default_sink = value.and_then(name_in);
                        }
                        0
                    })
                    .register();
                Some(Bound { _listener: Box::new(listener), _proxy: Box::new(metadata) })
            }
            _ => None,
        }
    }

    fn sinks(&self) -> BTreeMap<u32, Sink> {
        let seen = self.seen.borrow();
        let sink = |(id, node): (&u32, &Facts)| {
            let name = node.get("node.name")?.to_owned();
            let device = node.get("device.id").and_then(|id| id.parse().ok());
            let device = device.and_then(|id: u32| seen.devices.get(&id));
            let kind = SinkKind::of(|key| node.get(key).or_else(|| device?.get(key)));
            let priority = node.get("priority.session").and_then(|number| number.parse().ok());
            Some((*id, Sink { name, kind, priority: priority.unwrap_or_default() }))
        };
        seen.nodes.iter().filter_map(sink).collect()
    }

    /// Which outputs something is heard on.
    fn outputs_of(&self, place: &Place) -> Vec<Option<String>> {
        let sinks = self.sinks();
        let there = |name: &String| sinks.values().any(|sink| sink.name == *name);
        let default = self.seen.borrow().default_sink.clone().filter(there);
        match place {
            Place::Ringing => {
                let names = ringing(&sinks, default.as_deref());
                match names.is_empty() {
                    true => vec![None],
                    false => names.into_iter().map(Some).collect(),
                }
            }
            // One that is gone is not waited for. The default one by its name: something may be heard there already.
            Place::Output(name) => vec![name.clone().filter(there).or(default)],
        }
    }

    /// Have exactly this heard from now on.
    pub fn sound(&mut self, wanted: &[Wanted], events: &UnboundedSender<RingNews>) {
        if !self.has_looked() {
            return;
        }
        let mut plan: BTreeMap<Option<String>, Vec<&Wanted>> = BTreeMap::new();
        for one in wanted {
            for output in self.outputs_of(&one.place) {
                plan.entry(output).or_default().push(one);
            }
        }
        let now = Instant::now();
        for (name, parts) in &plan {
            if !self.outputs.contains_key(name) {
                match Output::open(&self.core, name.as_deref()) {
                    Ok(output) => drop(self.outputs.insert(name.clone(), output)),
                    Err(error) => {
                        tracing::warn!("no stream for a sound: {error}");
                        continue;
                    }
                }
            }
            let new: Vec<_> = parts.iter().filter(|one| !self.plays(name, one.part)).collect();
            for one in new {
                self.begin(name, one);
            }
        }
        for (name, output) in &mut self.outputs {
            let parts = plan.get(name).map_or(&[][..], Vec::as_slice);
            output.mixer().keep(|part| parts.iter().any(|one| one.part == *part), FADE);
            match parts.is_empty() {
                true => drop(output.idle_since.get_or_insert(now)),
                false => output.idle_since = None,
            }
        }
        self.outputs.retain(|_, output| output.idle_since.is_none_or(|since| now < since + FADED));
        let sounding: BTreeSet<_> = plan.into_keys().collect();
        if self.sounding.as_ref().is_none_or(|before| *before != sounding) {
            let names: Vec<String> = sounding.iter().flatten().cloned().collect();
            let event = match sounding.is_empty() {
                true => RingNews::Quiet,
                false => RingNews::Sounding(names),
            };
            // Before the first sound there is nothing to say of silence.
            if self.sounding.is_some() || !sounding.is_empty() {
                let _ = events.send(event);
                self.sounding = Some(sounding);
            }
        }
    }

    fn plays(&self, name: &Option<String>, part: Part) -> bool {
        self.outputs.get(name).is_some_and(|output| output.mixer().plays(&part))
    }

    /// A sound that is heard elsewhere already does not begin again: this output joins in.
    fn begin(&self, name: &Option<String>, one: &Wanted) {
        let Some(output) = self.outputs.get(name) else { return };
        for (other, playing) in &self.outputs {
            if other != name {
                // Never two at a time are held in the other order: this thread alone takes two.
                let playing = playing.mixer();
                if output.mixer().join(&playing, &one.part) {
                    return;
                }
            }
        }
        let mut mixer: std::sync::MutexGuard<'_, Mixer<Part>> = output.mixer();
        mixer.play(one.part, one.sound.clone(), one.repeats, one.rise);
    }

    /// Whether there is no stream any more.
    pub fn is_quiet(&self) -> bool {
        self.outputs.is_empty()
    }

    /// When an output can go.
    pub fn next_deadline(&self) -> Option<Instant> {
        let idle = self.outputs.values().filter_map(|output| output.idle_since);
        idle.map(|since| since + FADED).min()
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
