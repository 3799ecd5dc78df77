//! Ears: what an output gives out, in pieces of 10 ms.

use super::HANGS;
use pipewire::context::ContextRc;
use pipewire::keys;
use pipewire::loop_::Timeout;
use pipewire::main_loop::MainLoopRc;
use pipewire::properties::{PropertiesBox, properties};
use pipewire::spa::param::ParamType;
use pipewire::spa::param::audio::{AudioFormat, AudioInfoRaw, MAX_CHANNELS};
use pipewire::spa::pod::serialize::PodSerializer;
use pipewire::spa::pod::{Object, Pod, Value};
use pipewire::spa::sys::{SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR};
use pipewire::spa::utils::{Direction, SpaTypes};
use pipewire::stream::{StreamFlags, StreamRc};
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

/// Samples of a piece: 10 ms.
const PIECE: usize = 480;

pub struct Ear {
    came: Receiver<Vec<f32>>,
    rest: Vec<f32>,
    over: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Ear {
    /// At this output of the PipeWire with this socket. It hears already when this returns.
    pub fn at(socket: &Path, sink: &str) -> Self {
        let (tell, came) = channel();
        let over = Arc::new(AtomicBool::new(false));
        let (socket, sink, ended) = (socket.to_owned(), sink.to_owned(), over.clone());
        let thread = thread::spawn(move || listen(&socket, &sink, tell, &ended));
        let mut ear = Self { came, rest: Vec::new(), over, thread: Some(thread) };
        ear.piece();
        ear
    }

    /// The next 10 ms.
    pub fn piece(&mut self) -> Vec<f32> {
        while self.rest.len() < PIECE {
            let more = self.came.recv_timeout(HANGS).expect("the graph runs");
            self.rest.extend(more);
        }
        self.rest.drain(..PIECE).collect()
    }

    /// The next so many pieces.
    pub fn pieces(&mut self, count: usize) -> Vec<Vec<f32>> {
        (0..count).map(|_| self.piece()).collect()
    }

    /// All pieces up to the first that is so, that one included.
    pub fn until(&mut self, what: &str, so: impl Fn(&[f32]) -> bool) -> Vec<Vec<f32>> {
        let mut all = Vec::new();
        // A minute of sound.
        for _ in 0..6000 {
            let piece = self.piece();
            let done = so(&piece);
            all.push(piece);
            if done {
                return all;
            }
        }
        panic!("{what} was not heard");
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn listen(socket: &Path, sink: &str, tell: Sender<Vec<f32>>, over: &AtomicBool) {
    pipewire::init();
    let main_loop = MainLoopRc::new(None).unwrap();
    let context = ContextRc::new(&main_loop, None).unwrap();
    let mut remote = PropertiesBox::new();
    remote.insert(*keys::REMOTE_NAME, socket.to_str().unwrap());
    let core = context.connect_rc(Some(remote)).unwrap();
    let stream = StreamRc::new(
        core,
        "ear",
        properties! {
            *keys::MEDIA_TYPE => "Audio",
            *keys::MEDIA_CATEGORY => "Capture",
            *keys::NODE_NAME => "ear",
            "stream.capture.sink" => "true",
            "target.object" => sink,
            "node.dont-reconnect" => "true",
        },
    )
    .unwrap();
    let _listener = stream
        .add_local_listener_with_user_data(tell)
        .process(|stream, tell| {
            while let Some(mut buffer) = stream.dequeue_buffer() {
                let Some(data) = buffer.datas_mut().first_mut() else { continue };
                let (from, size) = (data.chunk().offset() as usize, data.chunk().size() as usize);
                let Some(bytes) = data.data() else { continue };
                let bytes = bytes.get(from..from + size).unwrap_or_default();
                // The left side: the right is the same.
                let left =
                    |frame: &[u8; 8]| f32::from_ne_bytes([frame[0], frame[1], frame[2], frame[3]]);
                let _ = tell.send(bytes.as_chunks().0.iter().map(left).collect());
            }
        })
        .register()
        .unwrap();
    let mut info = AudioInfoRaw::new();
    info.set_format(AudioFormat::F32LE);
    info.set_rate(48_000);
    info.set_channels(2);
    let mut position = [0; MAX_CHANNELS];
    position[..2].copy_from_slice(&[SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR]);
    info.set_position(position);
    let value = Value::Object(Object {
        type_: SpaTypes::ObjectParamFormat.as_raw(),
        id: ParamType::EnumFormat.as_raw(),
        properties: info.into(),
    });
    let pod = PodSerializer::serialize(Cursor::new(Vec::new()), &value).unwrap().0.into_inner();
    let flags = StreamFlags::AUTOCONNECT | StreamFlags::MAP_BUFFERS;
    stream.connect(Direction::Input, None, flags, &mut [Pod::from_bytes(&pod).unwrap()]).unwrap();
    while !over.load(Ordering::Relaxed) {
        main_loop.loop_().iterate(Timeout::Finite(Duration::from_millis(50)));
    }
    let _ = stream.disconnect();
}

/// The amplitude of a sine of that frequency in it.
pub fn amplitude(samples: &[f32], hertz: f32) -> f32 {
    let step = std::f64::consts::TAU * f64::from(hertz) / 48_000.0;
    let factor = 2.0 * step.cos();
    let (mut one, mut two) = (0.0f64, 0.0f64);
    for sample in samples {
        (one, two) = (f64::from(*sample) + factor * one - two, one);
    }
    let power = one * one + two * two - factor * one * two;
    (2.0 * power.max(0.0).sqrt() / samples.len() as f64) as f32
}

pub fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |most, sample| sample.abs().max(most))
}
