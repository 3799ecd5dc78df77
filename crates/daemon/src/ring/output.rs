use super::mixer::Mixer;
use super::score::Part;
use super::sound::RATE;
use pipewire::core::CoreRc;
use pipewire::keys;
use pipewire::properties::properties;
use pipewire::spa::param::ParamType;
use pipewire::spa::param::audio::{AudioFormat, AudioInfoRaw, MAX_CHANNELS};
use pipewire::spa::pod::serialize::PodSerializer;
use pipewire::spa::pod::{Object, Pod, Value};
use pipewire::spa::sys::{SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR};
use pipewire::spa::utils::{Direction, SpaTypes};
use pipewire::stream::{StreamFlags, StreamListener, StreamRc, StreamState};
use std::io::Cursor;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of a frame: two floats.
const FRAME: usize = 8;
/// Frames that are made at once where the graph does not say how many it wants: 21 ms.
const CHUNK: usize = 1024;

/// What is played, shared with the thread that PipeWire plays it on.
#[derive(Default)]
struct Playing {
    mixer: Mutex<Mixer<Part>>,
    failed: AtomicBool,
}

/// A stream to one output.
pub(super) struct Output {
    // Dropped before the stream that it listens to.
    _listener: StreamListener<Arc<Playing>>,
    stream: StreamRc,
    playing: Arc<Playing>,
}

impl Output {
    /// To this output; none: to whichever the session takes.
    pub fn open(core: &CoreRc, sink: Option<&str>) -> Result<Self, pipewire::Error> {
        let mut properties = properties! {
            *keys::MEDIA_TYPE => "Audio",
            *keys::MEDIA_CATEGORY => "Playback",
            *keys::MEDIA_ROLE => "Notification",
            *keys::NODE_NAME => "hookswitch-ring",
            *keys::NODE_DESCRIPTION => "Calls",
            // A call's own latency is not ours to lower.
            *keys::NODE_LATENCY => "1024/48000",
            // Where it was last time does not count.
            "state.restore-target" => "false",
        };
        if let Some(sink) = sink {
            properties.insert("target.object", sink);
        }
        let stream = StreamRc::new(core.clone(), "hookswitch-ring", properties)?;
        let playing = Arc::new(Playing::default());
        let listener = stream
            .add_local_listener_with_user_data(playing.clone())
            .state_changed(|_, playing, _, new| {
                if matches!(new, StreamState::Error(_)) {
                    playing.failed.store(true, Ordering::Relaxed);
                }
            })
            .process(|stream, playing| {
                let Some(mut buffer) = stream.dequeue_buffer() else { return };
                let wanted = usize::try_from(buffer.requested()).unwrap_or_default();
                let Some(data) = buffer.datas_mut().first_mut() else { return };
                let Some(bytes) = data.data() else { return };
                let wanted = if wanted == 0 { CHUNK } else { wanted };
                let frames = wanted.min(bytes.len() / FRAME);
                // Held elsewhere for as long as it takes to add a sound.
                playing.mixer().fill(&mut bytes[..frames * FRAME]);
                let chunk = data.chunk_mut();
                *chunk.offset_mut() = 0;
                *chunk.stride_mut() = FRAME as i32;
                *chunk.size_mut() = u32::try_from(frames * FRAME).unwrap_or_default();
            })
            .register()?;
        let format = format()?;
        let pod = Pod::from_bytes(&format).ok_or(pipewire::Error::CreationFailed)?;
        let flags = StreamFlags::AUTOCONNECT | StreamFlags::MAP_BUFFERS | StreamFlags::RT_PROCESS;
        stream.connect(Direction::Output, None, flags, &mut [pod])?;
        Ok(Self { _listener: listener, stream, playing })
    }

    /// Whether nothing will be heard on it any more.
    pub fn failed(&self) -> bool {
        self.playing.failed.load(Ordering::Relaxed)
    }
}

impl super::outputs::Output for Output {
    fn mixer(&self) -> MutexGuard<'_, Mixer<Part>> {
        self.playing.mixer()
    }
}

impl Drop for Output {
    /// The thread that plays must have let go of it before its listener goes.
    fn drop(&mut self) {
        let _ = self.stream.disconnect();
    }
}

impl Playing {
    fn mixer(&self) -> MutexGuard<'_, Mixer<Part>> {
        self.mixer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stereo floats at 48 kHz.
fn format() -> Result<Vec<u8>, pipewire::Error> {
    let mut info = AudioInfoRaw::new();
    info.set_format(AudioFormat::F32LE);
    info.set_rate(RATE);
    info.set_channels(2);
    let mut position = [0; MAX_CHANNELS];
    position[..2].copy_from_slice(&[SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR]);
    info.set_position(position);
    let value = Value::Object(Object {
        type_: SpaTypes::ObjectParamFormat.as_raw(),
        id: ParamType::EnumFormat.as_raw(),
        properties: info.into(),
    });
    let written = PodSerializer::serialize(Cursor::new(Vec::new()), &value);
    written.map(|(cursor, _)| cursor.into_inner()).map_err(|_| pipewire::Error::CreationFailed)
}
