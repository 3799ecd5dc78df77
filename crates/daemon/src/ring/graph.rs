//! The voice's place in PipeWire's graph: it knows the outputs, and has a stream to each that it plays on.

use super::news::{RingNews, Unavailable};
use super::output::Output;
use super::outputs::{Outputs, There};
use super::score::Wanted;
use super::seen::Seen;
use super::voice::Shared;
use super::wake::Wake;
use pipewire::context::ContextRc;
use pipewire::core::CoreRc;
use pipewire::keys;
use pipewire::loop_::Timeout;
use pipewire::main_loop::MainLoopRc;
use pipewire::properties::PropertiesBox;
use pipewire::spa::support::system::IoFlags;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;

/// How long the first look at the graph may take before it plays on the default output.
const LOOK: Duration = Duration::from_millis(500);

/// The connection to PipeWire, and everything on it.
pub(super) struct Graph {
    // Dropped from the top down: what is on the connection before the connection.
    outputs: Outputs<Output>,
    seen: Seen,
    _on_core: pipewire::core::Listener,
    core: CoreRc,
    main_loop: MainLoopRc,
    lost: Rc<Cell<bool>>,
    /// The last round trip that was asked for, and the last that came back.
    asked: i32,
    answered: Rc<Cell<i32>>,
    began: Instant,
    wake: Wake,
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
        let mut graph = Self {
            outputs: Outputs::new(),
            seen: Seen::new(registry),
            _on_core: on_core,
            core,
            main_loop,
            lost,
            asked: 0,
            answered,
            began: Instant::now(),
            wake: Wake::new()?,
        };
        graph.ask();
        Ok(graph)
    }

    /// What wakes [`wait`](Self::wait) when it is written to.
    pub fn waker(&mut self) -> Option<UnixStream> {
        self.wake.waker()
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
            let _wakes = main_loop.add_io(self.wake.fd(), IoFlags::IN, |_| ());
            main_loop.iterate(timeout);
        }
        self.wake.clear();
        self.look();
        !self.lost.get()
    }

    /// Take in what came and went.
    fn look(&mut self) {
        if self.seen.look() {
            self.ask();
        }
        let there: BTreeSet<String> =
            self.seen.sinks().into_values().map(|sink| sink.name).collect();
        self.outputs.retain(|name, output| match name {
            Some(name) => there.contains(name) && !output.failed(),
            None => !output.failed(),
        });
    }

    /// Whether there is no output, for sure: PipeWire may be there for pictures only.
    pub fn is_mute(&self) -> bool {
        self.answered.get() >= self.asked && self.seen.sinks().is_empty()
    }

    /// Have exactly this heard from now on.
    pub fn sound(&mut self, wanted: &[Wanted], events: &UnboundedSender<RingNews>) {
        if !self.has_looked() {
            return;
        }
        let there = There { sinks: self.seen.sinks(), default: self.seen.default_sink() };
        let core = &self.core;
        let open = |sink: Option<&str>| match Output::open(core, sink) {
            Ok(output) => Some(output),
            Err(error) => {
                tracing::warn!("no stream for a sound: {error}");
                None
            }
        };
        self.outputs.sound(wanted, &there, open, events);
    }

    /// Whether there is no stream any more.
    pub fn is_quiet(&self) -> bool {
        self.outputs.is_quiet()
    }

    /// When an output can go.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.outputs.next_deadline()
    }
}
