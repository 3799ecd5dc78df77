//! The voice's place in PipeWire's graph: it knows the outputs, and has a stream to each that it plays on.

use super::mixer::Mixer;
use super::news::{RingNews, Unavailable};
use super::output::Output;
use super::score::{FADE, Part, Place, Wanted};
use super::seen::Seen;
use super::sinks::ringing;
use super::voice::Shared;
use pipewire::context::ContextRc;
use pipewire::core::CoreRc;
use pipewire::keys;
use pipewire::loop_::Timeout;
use pipewire::main_loop::MainLoopRc;
use pipewire::properties::PropertiesBox;
use pipewire::spa::support::system::IoFlags;
use std::cell::Cell;
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

/// The connection to PipeWire, and everything on it.
pub(super) struct Graph {
    // Dropped from the top down: what is on the connection before the connection.
    outputs: BTreeMap<Option<String>, Output>,
    seen: Seen,
    _on_core: pipewire::core::Listener,
    core: CoreRc,
    main_loop: MainLoopRc,
    lost: Rc<Cell<bool>>,
    /// The last round trip that was asked for, and the last that came back.
    asked: i32,
    answered: Rc<Cell<i32>>,
    began: Instant,
    woken: UnixStream,
    waker: Option<UnixStream>,
    sounding: Option<BTreeSet<Option<String>>>,
    /// What does not repeat and has begun: when it is through, it does not begin again while it is still wanted.
    begun: Vec<(Option<String>, Part)>,
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
            outputs: BTreeMap::new(),
            seen: Seen::new(registry),
            _on_core: on_core,
            core,
            main_loop,
            lost,
            asked: 0,
            answered,
            began: Instant::now(),
            woken,
            waker: Some(waker),
            sounding: None,
            begun: Vec::new(),
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

    /// Which outputs something is heard on.
    fn outputs_of(&self, place: &Place) -> Vec<Option<String>> {
        let sinks = self.seen.sinks();
        let there = |name: &String| sinks.values().any(|sink| sink.name == *name);
        let default = self.seen.default_sink().filter(there);
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
            let begun = |part| self.begun.iter().any(|(of, other)| of == name && *other == part);
            let new = parts.iter().filter(|one| !self.plays(name, one.part) && !begun(one.part));
            for one in new.collect::<Vec<_>>() {
                self.begin(name, one);
                if !one.repeats {
                    self.begun.push((name.clone(), one.part));
                }
            }
        }
        for (name, output) in &mut self.outputs {
            let parts = plan.get(name).map_or(&[][..], Vec::as_slice);
            output.mixer().keep(|part| parts.iter().any(|one| one.part == *part), FADE);
            output.idle_since = parts.is_empty().then(|| output.idle_since.unwrap_or(now));
        }
        self.outputs.retain(|_, output| output.idle_since.is_none_or(|since| now < since + FADED));
        let wants = |name: &Option<String>, part: Part| {
            plan.get(name).is_some_and(|parts| parts.iter().any(|one| one.part == part))
        };
        self.begun.retain(|(name, part)| wants(name, *part));
        let sounding: BTreeSet<_> = plan.into_keys().collect();
        if self.sounding.as_ref().is_none_or(|before| *before != sounding) {
            let names: Vec<String> = sounding.iter().flatten().cloned().collect();
            let event = match sounding.is_empty() {
                true => RingNews::Quiet,
                false if self.seen.sinks().is_empty() => {
                    RingNews::Unavailable(Unavailable::NoOutput)
                }
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
