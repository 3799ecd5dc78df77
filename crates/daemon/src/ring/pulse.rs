//! The voice's place in PulseAudio, where PipeWire does not run.

use super::mixer::Mixer;
use super::news::{RingNews, Unavailable};
use super::outputs::{Output, Outputs, There};
use super::score::{Part, Wanted};
use super::sinks::{Sink, SinkKind};
use super::sound::RATE;
use super::wake::Wake;
use crate::pulse::{Heard, Wire, WireError, props};
use pulseaudio::protocol::stream::BufferAttr;
use pulseaudio::protocol::{
    ChannelMap, Command, CreatePlaybackStreamReply, PlaybackStreamParams, Props, SampleFormat,
    SampleSpec, ServerInfo, SinkInfoList, SubscriptionMask,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::os::unix::net::UnixStream;
use std::rc::{Rc, Weak};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;

/// Bytes of a frame: two floats.
const FRAME: usize = 8;
/// How much the server has in store, in bytes: 43 ms.
const STORE: u32 = 2048 * FRAME as u32;
/// More is never wanted at once.
const MOST: usize = 1 << 20;

/// The connection to PulseAudio, and everything on it.
pub(super) struct Graph {
    outputs: Outputs<Stream>,
    /// Streams that were asked for, by number. One that was dropped before it was there is closed when it is.
    asked: BTreeMap<u32, Weak<Playing>>,
    /// Streams that are there, by channel.
    streams: BTreeMap<u32, Weak<Playing>>,
    wire: Rc<RefCell<Wire>>,
    there: There,
    looking: Looking,
    wake: Wake,
}

/// What was asked for and is not answered yet.
#[derive(Default)]
struct Looking {
    sinks: Option<u32>,
    server: Option<u32>,
}

/// A stream to one output. Dropped, it is closed.
struct Stream {
    playing: Rc<Playing>,
    wire: Rc<RefCell<Wire>>,
}

struct Playing {
    mixer: Mutex<Mixer<Part>>,
    channel: Cell<Option<u32>>,
    failed: Cell<bool>,
}

impl Output for Stream {
    fn mixer(&self) -> MutexGuard<'_, Mixer<Part>> {
        self.playing.mixer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(channel) = self.playing.channel.get() {
            self.wire.borrow_mut().send(&Command::DeletePlaybackStream(channel));
        }
    }
}

impl Graph {
    pub fn connect() -> Result<Self, Unavailable> {
        let process = std::process::id().to_string();
        let wire = Wire::connect(&[
            ("application.name", "Hookswitch"),
            ("application.id", "org.hookswitch.Hookswitch"),
            ("application.process.id", &process),
        ]);
        let mut wire = wire.map_err(|error| match error {
            WireError::NoServer | WireError::IsPipeWire => Unavailable::NoServer,
            error => Unavailable::Refused(error.to_string()),
        })?;
        wire.send(&Command::Subscribe(SubscriptionMask::SINK | SubscriptionMask::SERVER));
        let mut graph = Self {
            outputs: Outputs::new(),
            asked: BTreeMap::new(),
            streams: BTreeMap::new(),
            wire: Rc::new(RefCell::new(wire)),
            there: There::default(),
            looking: Looking::default(),
            wake: Wake::new()?,
        };
        graph.ask();
        Ok(graph)
    }

    fn ask(&mut self) {
        let mut wire = self.wire.borrow_mut();
        self.looking.sinks = Some(wire.send(&Command::GetSinkInfoList));
        self.looking.server = Some(wire.send(&Command::GetServerInfo));
    }

    /// What wakes [`wait`](Self::wait) when it is written to.
    pub fn waker(&mut self) -> Option<UnixStream> {
        self.wake.waker()
    }

    /// Wait until something happens, at most this long. False: the connection is lost.
    pub fn wait(&mut self, at_most: Option<Duration>) -> bool {
        // A little longer, so that what is due at that moment is due then.
        let at_most =
            at_most.map(|time| time.min(Duration::from_secs(3600)) + Duration::from_millis(1));
        let timeout = at_most.and_then(|time| Timespec::try_from(time).ok());
        {
            let wire = self.wire.borrow();
            let (_, for_room) = wire.waits_on();
            let on = if for_room { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
            let wakes = PollFd::new(&self.wake, PollFlags::IN);
            // Interrupted, it is as if something had come.
            let _ = poll(&mut [PollFd::new(&*wire, on), wakes], timeout.as_ref());
        }
        self.wake.clear();
        self.listen()
    }

    fn listen(&mut self) -> bool {
        loop {
            let heard = self.wire.borrow_mut().next();
            match heard {
                Ok(Some(Heard::Reply(seq, answer))) => self.answered(seq, &answer),
                Ok(Some(Heard::Refused(seq))) => {
                    let stream = self.asked.remove(&seq).and_then(|of| of.upgrade());
                    stream.into_iter().for_each(|of| of.failed.set(true));
                }
                Ok(Some(Heard::Event(Command::Request(request)))) => {
                    let wanted = usize::try_from(request.length).unwrap_or_default();
                    self.fill(request.channel, wanted);
                }
                Ok(Some(Heard::Event(Command::PlaybackStreamKilled(channel)))) => {
                    if let Some(of) = self.streams.remove(&channel).and_then(|of| of.upgrade()) {
                        of.channel.set(None);
                        of.failed.set(true);
                    }
                }
                Ok(Some(Heard::Event(Command::SubscribeEvent(_)))) => self.ask(),
                Ok(Some(Heard::Event(_))) => {}
                Ok(None) => break,
                Err(error) => {
                    tracing::debug!("{error}");
                    return false;
                }
            }
        }
        let there: Vec<&String> = self.there.sinks.values().map(|sink| &sink.name).collect();
        self.outputs.retain(|name, output| {
            let is_there = name.as_ref().is_none_or(|name| there.contains(&name));
            is_there && !output.playing.failed.get()
        });
        self.streams.retain(|_, of| of.strong_count() > 0);
        true
    }

    fn answered(&mut self, seq: u32, answer: &[u8]) {
        if self.looking.sinks == Some(seq) {
            self.looking.sinks = None;
            let sinks: SinkInfoList = self.wire.borrow().read(answer).unwrap_or_default();
            let sink = |info: &pulseaudio::protocol::SinkInfo| {
                let name = info.name.to_str().ok()?.to_owned();
                let kind = SinkKind::of(|key| text(&info.props, key));
                Some((info.index, Sink { name, kind, priority: 0 }))
            };
            self.there.sinks = sinks.iter().filter_map(sink).collect();
            return;
        }
        if self.looking.server == Some(seq) {
            self.looking.server = None;
            let server: Option<ServerInfo> = self.wire.borrow().read(answer);
            let name = server.and_then(|server| server.default_sink_name?.into_string().ok());
            self.there.default = name;
            return;
        }
        let Some(stream) = self.asked.remove(&seq) else { return };
        let reply: Option<CreatePlaybackStreamReply> = self.wire.borrow().read(answer);
        match (stream.upgrade(), reply) {
            (Some(playing), Some(reply)) => {
                playing.channel.set(Some(reply.channel));
                self.streams.insert(reply.channel, stream);
                let wanted = usize::try_from(reply.requested_bytes).unwrap_or_default();
                self.fill(reply.channel, wanted);
            }
            (Some(playing), None) => playing.failed.set(true),
            (None, Some(reply)) => {
                self.wire.borrow_mut().send(&Command::DeletePlaybackStream(reply.channel));
            }
            (None, None) => {}
        }
    }

    /// The server wants so many bytes more.
    fn fill(&self, channel: u32, wanted: usize) {
        let Some(playing) = self.streams.get(&channel).and_then(Weak::upgrade) else { return };
        let mut bytes = vec![0; wanted.min(MOST) / FRAME * FRAME];
        playing.mixer.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut bytes);
        if !bytes.is_empty() {
            self.wire.borrow_mut().play(channel, &bytes);
        }
    }

    /// Have exactly this heard from now on.
    pub fn sound(&mut self, wanted: &[Wanted], events: &UnboundedSender<RingNews>) {
        if self.looking.sinks.is_some() || self.looking.server.is_some() {
            return;
        }
        let Self { outputs, asked, wire, there, .. } = self;
        let open = |sink: Option<&str>| {
            let seq = wire.borrow_mut().send(&Command::CreatePlaybackStream(stream(sink)));
            let (mixer, channel, failed) = Default::default();
            let playing = Rc::new(Playing { mixer, channel, failed });
            asked.insert(seq, Rc::downgrade(&playing));
            Some(Stream { playing, wire: wire.clone() })
        };
        outputs.sound(wanted, there, open, events);
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

/// Stereo floats at 48 kHz. The role is the pulse server's word for a notification.
fn stream(sink: Option<&str>) -> PlaybackStreamParams {
    let native =
        if cfg!(target_endian = "big") { SampleFormat::Float32Be } else { SampleFormat::Float32Le };
    PlaybackStreamParams {
        sample_spec: SampleSpec { format: native, channels: 2, sample_rate: RATE },
        channel_map: ChannelMap::stereo(),
        sink_name: sink.and_then(|sink| CString::new(sink).ok()),
        buffer_attr: BufferAttr { target_length: STORE, pre_buffering: 0, ..BufferAttr::default() },
        props: props(&[
            ("media.role", "event"),
            ("media.name", "hookswitch-ring"),
            ("application.name", "Calls"),
        ]),
        ..PlaybackStreamParams::default()
    }
}

fn text<'a>(props: &'a Props, key: &str) -> Option<&'a str> {
    let value = props.get_bytes(CString::new(key).ok()?)?;
    std::str::from_utf8(value.strip_suffix(&[0])?).ok()
}
