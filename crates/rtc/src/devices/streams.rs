//! The two streams in PipeWire's graph.

use super::connection::{Happening, Inbox};
use super::error::Side;
use super::line::Line;
use super::{DeviceOptions, Lines};
use crate::audio::SAMPLE_RATE;
use pipewire::core::CoreRc;
use pipewire::properties::{PropertiesBox, properties};
use pipewire::spa::param::ParamType;
use pipewire::spa::param::audio::{AudioFormat, AudioInfoRaw, MAX_CHANNELS};
use pipewire::spa::pod::serialize::PodSerializer;
use pipewire::spa::pod::{Object, Pod, Value};
use pipewire::spa::utils::{Direction, SpaTypes};
use pipewire::stream::{Stream, StreamFlags, StreamListener, StreamRc, StreamState};
use std::rc::Rc;
use std::sync::Arc;

/// The stream property in which the call service finds its token.
const TOKEN: &str = "hookswitch.session";
/// Bytes of a sample.
const SAMPLE: usize = size_of::<f32>();

/// Both streams of a call. Dropping them takes them out of the graph.
pub(crate) struct Streams {
    _microphone: OneStream,
    _loudspeaker: OneStream,
}

impl Streams {
    pub(crate) fn make(
        core: &CoreRc,
        options: &DeviceOptions,
        lines: &Lines,
        inbox: &Rc<Inbox>,
    ) -> Result<Self, pipewire::Error> {
        // The loudspeaker first: what the other side says is not to be missed.
        let loudspeaker =
            OneStream::make(core, Side::Loudspeaker, options, &lines.loudspeaker, inbox)?;
        let microphone =
            OneStream::make(core, Side::Microphone, options, &lines.microphone, inbox)?;
        Ok(Self { _microphone: microphone, _loudspeaker: loudspeaker })
    }
}

struct OneStream {
    stream: StreamRc,
    /// Called on the real-time thread; shares nothing with the other.
    process: Option<StreamListener<Arc<Line>>>,
    state: Option<StreamListener<()>>,
}

impl OneStream {
    fn make(
        core: &CoreRc,
        side: Side,
        options: &DeviceOptions,
        line: &Arc<Line>,
        inbox: &Rc<Inbox>,
    ) -> Result<Self, pipewire::Error> {
        let stream = StreamRc::new(core.clone(), &options.name, stream_properties(side, options))?;
        let process = stream.add_local_listener_with_user_data(line.clone());
        let process = match side {
            Side::Microphone => process.process(|stream, line| capture(stream, line)),
            Side::Loudspeaker => process.process(|stream, line| play(stream, line)),
        };
        let process = process.register()?;
        let state = stream
            .add_local_listener_with_user_data(())
            .state_changed({
                let inbox = inbox.clone();
                move |_, (), _, new| match new {
                    StreamState::Streaming => inbox.note(Happening::Running(side)),
                    StreamState::Error(cause) => inbox.note(Happening::StreamBroke(side, cause)),
                    _ => {}
                }
            })
            .param_changed({
                let inbox = inbox.clone();
                move |_, (), id, param| {
                    if id == ParamType::Format.as_raw()
                        && let Some(param) = param
                        && !is_wanted(param)
                    {
                        inbox.note(Happening::FormatRefused(side));
                    }
                }
            })
            .register()?;
        let made = Self { stream, process: Some(process), state: Some(state) };
        let direction = match side {
            Side::Microphone => Direction::Input,
            Side::Loudspeaker => Direction::Output,
        };
        let format = wanted_format()?;
        let pod = Pod::from_bytes(&format).ok_or(pipewire::Error::CreationFailed)?;
        let flags = StreamFlags::AUTOCONNECT | StreamFlags::MAP_BUFFERS | StreamFlags::RT_PROCESS;
        made.stream.connect(direction, None, flags, &mut [pod])?;
        Ok(made)
    }
}

impl Drop for OneStream {
    fn drop(&mut self) {
        // Nobody is to hear that it ends because we end it; and the real-time thread is to have left before what it
        // calls is gone.
        self.state = None;
        let _ = self.stream.disconnect();
        self.process = None;
    }
}

fn stream_properties(side: Side, options: &DeviceOptions) -> PropertiesBox {
    let latency = options.latency_ms.clamp(1, 100) * (SAMPLE_RATE / 1_000);
    let (category, target) = match side {
        Side::Microphone => ("Capture", &options.source),
        Side::Loudspeaker => ("Playback", &options.sink),
    };
    let mut properties = properties! {
        *pipewire::keys::MEDIA_TYPE => "Audio",
        *pipewire::keys::MEDIA_CATEGORY => category,
        *pipewire::keys::MEDIA_ROLE => "Communication",
        *pipewire::keys::MEDIA_NAME => options.name.as_str(),
        *pipewire::keys::NODE_LATENCY => format!("{latency}/{SAMPLE_RATE}"),
    };
    if let Some(token) = &options.token {
        properties.insert(TOKEN, token.as_str());
    }
    if let Some(target) = target {
        properties.insert("target.object", target.as_str());
    }
    properties
}

/// What both sides want: 48 kHz, one channel, `f32`. PipeWire converts.
fn wanted() -> AudioInfoRaw {
    let mut info = AudioInfoRaw::new();
    info.set_format(native_f32());
    info.set_rate(SAMPLE_RATE);
    info.set_channels(1);
    let mut position = [0; MAX_CHANNELS];
    position[0] = pipewire::spa::sys::SPA_AUDIO_CHANNEL_MONO;
    info.set_position(position);
    info
}

fn native_f32() -> AudioFormat {
    if cfg!(target_endian = "big") { AudioFormat::F32BE } else { AudioFormat::F32LE }
}

fn wanted_format() -> Result<Vec<u8>, pipewire::Error> {
    let object = Value::Object(Object {
        type_: SpaTypes::ObjectParamFormat.as_raw(),
        id: ParamType::EnumFormat.as_raw(),
        properties: wanted().into(),
    });
    let (cursor, _) = PodSerializer::serialize(std::io::Cursor::new(Vec::new()), &object)
        .map_err(|_| pipewire::Error::CreationFailed)?;
    Ok(cursor.into_inner())
}

fn is_wanted(format: &Pod) -> bool {
    let mut info = AudioInfoRaw::new();
    info.parse(format).is_ok()
        && info.format() == native_f32()
        && info.rate() == SAMPLE_RATE
        && info.channels() == 1
}

/// On the real-time thread: nothing here waits, allocates or logs.
fn capture(stream: &Stream, line: &Line) {
    note_latency(stream, line);
    while let Some(mut buffer) = stream.dequeue_buffer() {
        let Some(data) = buffer.datas_mut().first_mut() else { continue };
        let (offset, size) = (data.chunk().offset() as usize, data.chunk().size() as usize);
        if let Some(bytes) = data.data() {
            let end = offset.saturating_add(size).min(bytes.len());
            line.captured(bytes.get(offset..end).unwrap_or_default(), line.now());
        }
    }
}

/// On the real-time thread, too.
fn play(stream: &Stream, line: &Line) {
    note_latency(stream, line);
    let Some(mut buffer) = stream.dequeue_buffer() else { return };
    let requested = usize::try_from(buffer.requested()).unwrap_or(0);
    let Some(data) = buffer.datas_mut().first_mut() else { return };
    let Some(bytes) = data.data() else { return };
    let room = bytes.len() / SAMPLE;
    // Zero is of a server that does not say; it takes what there is.
    let samples = if requested == 0 { room } else { requested.min(room) };
    line.play(&mut bytes[..samples * SAMPLE], line.now());
    let chunk = data.chunk_mut();
    *chunk.offset_mut() = 0;
    *chunk.stride_mut() = SAMPLE as i32;
    *chunk.size_mut() = (samples * SAMPLE) as u32;
}

fn note_latency(stream: &Stream, line: &Line) {
    if let Ok(time) = stream.time() {
        let (rate, delay) = (time.rate(), time.delay());
        if rate.denom > 0 {
            let samples = i128::from(delay) * i128::from(rate.num) * i128::from(SAMPLE_RATE)
                / i128::from(rate.denom);
            line.set_latency(i64::try_from(samples).unwrap_or(0));
        }
    }
}
