use crate::clock::Moment;
use crate::ear::Ear;
use crate::tone::RATE;
use crate::track::Track;
use pipewire as pw;
use pw::context::ContextRc;
use pw::core::CoreRc;
use pw::main_loop::MainLoopRc;
use pw::properties::properties;
use pw::spa;
use pw::stream::{StreamFlags, StreamListener, StreamRc};
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;

/// Nodes of meters are named with this in front: no dump shows them.
pub const METER: &str = "hookswitch-meter";

/// Records sinks and microphones of a session, on a thread of its own.
pub struct Meter {
    orders: pw::channel::Sender<Order>,
    thread: Option<JoinHandle<()>>,
}

enum Order {
    Tap { node: String, monitor: bool, track: Track },
    End,
}

impl Meter {
    /// Meters on the PipeWire that listens here.
    ///
    /// # Panics
    /// It cannot be reached.
    pub fn start(socket: &Path) -> Self {
        let (orders, received) = pw::channel::channel();
        let (began, begins) = mpsc::channel();
        let socket = socket.display().to_string();
        let thread = std::thread::spawn(move || {
            if let Err(error) = run(&socket, received, &began) {
                let _ = began.send(Err(error));
            }
        });
        match begins.recv() {
            Ok(Ok(())) => Self { orders, thread: Some(thread) },
            Ok(Err(error)) => panic!("the meter does not reach PipeWire: {error}"),
            Err(_) => panic!("the meter's thread is gone"),
        }
    }

    /// Listen to what a sink plays, mono. Returns when the first samples came.
    pub async fn sink(&self, name: &str) -> Ear {
        self.tap(name, true).await
    }

    /// Listen to what a microphone gives.
    pub async fn microphone(&self, name: &str) -> Ear {
        self.tap(name, false).await
    }

    async fn tap(&self, node: &str, monitor: bool) -> Ear {
        let track = Track::new();
        let order = Order::Tap { node: node.to_owned(), monitor, track: track.clone() };
        assert!(self.orders.send(order).is_ok(), "the meter's thread is gone");
        let what =
            if monitor { format!("what {node} plays") } else { format!("what {node} gives") };
        crate::soon(&what, track.reaches(1)).await;
        Ear::track(what, track)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

type Began = mpsc::Sender<Result<(), pw::Error>>;

fn run(socket: &str, orders: pw::channel::Receiver<Order>, began: &Began) -> Result<(), pw::Error> {
    let main_loop = MainLoopRc::new(None)?;
    let context = ContextRc::new(&main_loop, None)?;
    let core = context.connect_rc(Some(properties! {
        "remote.name" => socket,
        "application.name" => METER,
    }))?;
    let taps = std::cell::RefCell::new(Vec::new());
    let ends = main_loop.clone();
    let _orders = orders.attach(main_loop.loop_(), move |order| match order {
        Order::Tap { node, monitor, track } => match tap(&core, &node, monitor, track) {
            Ok(tap) => taps.borrow_mut().push(tap),
            // Whoever waits for the samples says so.
            Err(error) => eprintln!("no meter on {node}: {error}"),
        },
        Order::End => ends.quit(),
    });
    let _ = began.send(Ok(()));
    main_loop.run();
    Ok(())
}

/// One that records.
struct Tap {
    _listener: StreamListener<Track>,
    stream: StreamRc,
}

impl Drop for Tap {
    fn drop(&mut self) {
        // First: until then the thread of the samples may be at work on what goes with the listener.
        let _ = self.stream.disconnect();
    }
}

fn tap(core: &CoreRc, node: &str, monitor: bool, track: Track) -> Result<Tap, pw::Error> {
    let properties = properties! {
        "media.type" => "Audio",
        "media.category" => if monitor { "Monitor" } else { "Capture" },
        "media.role" => "Test",
        "node.name" => format!("{METER}-{node}"),
        "target.object" => node,
        "stream.capture.sink" => if monitor { "true" } else { "false" },
        // It follows nobody: what it says is of this device.
        "node.dont-reconnect" => "true",
        "node.latency" => "256/48000",
    };
    let stream = StreamRc::new(core.clone(), METER, properties)?;
    let listener = stream
        .add_local_listener_with_user_data(track)
        .process(|stream, track| {
            while let Some(mut buffer) = stream.dequeue_buffer() {
                let now = Moment::now();
                let Some(data) = buffer.datas_mut().first_mut() else { continue };
                let (from, size) = (data.chunk().offset() as usize, data.chunk().size() as usize);
                let Some(bytes) = data.data().and_then(|all| all.get(from..from + size)) else {
                    continue;
                };
                let samples = bytes.chunks_exact(4);
                let values = samples.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
                track.add(values, now);
            }
        })
        .register()?;
    let mut format = spa::param::audio::AudioInfoRaw::new();
    format.set_format(spa::param::audio::AudioFormat::F32LE);
    format.set_rate(RATE);
    // The left one of a sink: tones are on all of its channels.
    format.set_channels(1);
    let mut position = [0; spa::param::audio::MAX_CHANNELS];
    position[0] =
        if monitor { spa::sys::SPA_AUDIO_CHANNEL_FL } else { spa::sys::SPA_AUDIO_CHANNEL_MONO };
    format.set_position(position);
    let object = spa::pod::Object {
        type_: spa::utils::SpaTypes::ObjectParamFormat.as_raw(),
        id: spa::param::ParamType::EnumFormat.as_raw(),
        properties: format.into(),
    };
    let value = spa::pod::Value::Object(object);
    let written =
        spa::pod::serialize::PodSerializer::serialize(std::io::Cursor::new(Vec::new()), &value);
    let bytes = written.map_or_else(|_| Vec::new(), |(cursor, _)| cursor.into_inner());
    let pod = spa::pod::Pod::from_bytes(&bytes).ok_or(pw::Error::CreationFailed)?;
    let flags = StreamFlags::AUTOCONNECT | StreamFlags::MAP_BUFFERS;
    stream.connect(spa::utils::Direction::Input, None, flags, &mut [pod])?;
    Ok(Tap { _listener: listener, stream })
}
