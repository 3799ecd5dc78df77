use crate::border::{c_text, pointer};
use hookswitch::{EndpointKind, SoundServer};
use std::ffi::{CString, c_char};

/// The audio session of a call. Valid during the call of the function that is given it, with its texts.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AudioSession {
    /// Its size: a later version may have more at the end.
    pub size: usize,
    /// What the call's streams say in their property `hookswitch.session`, of PipeWire or the pulse server; null: nothing.
    pub token: *const c_char,
    /// The role of the streams: Communication.
    pub role: *const c_char,
    /// The device to play to, by its name in the sound server; null: the default one.
    pub sink: *const c_char,
    /// The device to listen to; null: the default one.
    pub source: *const c_char,
    /// Where the call is heard, by id; null: not known yet.
    pub endpoint: *const c_char,
    /// Its kind: earpiece, speaker, wired or bluetooth; null: not known. The list is open.
    pub endpoint_kind: *const c_char,
    /// The sound server: pipewire, pulseaudio or none; null: not known yet.
    pub server: *const c_char,
    /// Samples a second that suit.
    pub rate: u32,
    /// Channels that suit.
    pub channels: u32,
    /// Milliseconds of sound in one piece that suit.
    pub latency_ms: u32,
}

/// Give the app a session, for as long as `run` takes.
pub fn lend(session: &hookswitch::AudioSession, run: impl FnOnce(*const AudioSession)) {
    let text = |text: Option<&str>| text.map(c_text);
    let (token, sink) = (text(session.token.as_deref()), text(session.sink.as_deref()));
    let (source, endpoint) = (text(session.source.as_deref()), text(session.endpoint.as_deref()));
    let endpoint_kind = text(session.endpoint_kind.map(EndpointKind::name));
    let server = text(session.server.map(SoundServer::name));
    let role = c_text(&session.role);
    let lent = |text: &Option<CString>| pointer(text.as_ref());
    let shown = AudioSession {
        size: size_of::<AudioSession>(),
        token: lent(&token),
        role: role.as_ptr(),
        sink: lent(&sink),
        source: lent(&source),
        endpoint: lent(&endpoint),
        endpoint_kind: lent(&endpoint_kind),
        server: lent(&server),
        rate: session.rate,
        channels: session.channels,
        latency_ms: session.latency_ms,
    };
    run(&raw const shown);
}
