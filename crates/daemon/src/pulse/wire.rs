use pulseaudio::protocol::{
    self, AuthParams, AuthReply, Command, CommandReply, DESCRIPTOR_SIZE, Descriptor,
    DescriptorFlags, Props, ProtocolError, ServerInfo, SetClientNameReply, TagStructReader,
    TagStructWriter,
};
use rustix::cmsg_space;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, UCred, sendmsg};
use rustix::process::{getgid, getpid, getuid};
use std::ffi::CString;
use std::fs;
use std::io::{self, BufReader, Cursor, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;
use thiserror::Error;

/// How long the server may take to let somebody in.
const PATIENCE: Duration = Duration::from_secs(1);
/// A message longer than this is none: the server's longest lists, with pictures in them, are shorter.
const LONGEST: usize = 16 << 20;
/// Bytes of what shows that somebody may come in.
const COOKIE: usize = 256;
/// The channel of messages that are not sound.
const NO_CHANNEL: u32 = u32::MAX;
/// What PipeWire's server for PulseAudio's programs says that it is.
const PIPEWIRE: &[u8] = b"PipeWire";

/// Why there is no connection.
#[derive(Debug, Error)]
pub enum WireError {
    /// No socket.
    #[error("PulseAudio does not run. Start it in this session.")]
    NoServer,
    /// The server for PulseAudio's programs that PipeWire has.
    #[error("PipeWire plays PulseAudio here. Connect to PipeWire itself.")]
    IsPipeWire,
    /// The connection broke.
    #[error("the connection to PulseAudio broke: {0}. See its own log.")]
    Broken(#[from] io::Error),
    /// It does not let us in, or says what cannot be understood.
    #[error("PulseAudio does not let us in: {0}. See its own log.")]
    Refused(#[from] ProtocolError),
}

/// What the server says.
#[derive(Debug)]
pub enum Heard {
    /// The answer to what was sent with this number; [`Wire::read`] reads it.
    Reply(u32, Vec<u8>),
    /// What was sent with this number is not done, most often as what it is about is gone.
    Refused(u32),
    /// Something by itself.
    Event(Command),
}

/// A connection to PulseAudio.
#[derive(Debug)]
pub struct Wire {
    socket: UnixStream,
    version: u16,
    cookie: u32,
    sent: u32,
    unsent: Vec<u8>,
    unread: Vec<u8>,
}

/// Whether connecting is worth a try.
pub fn server_is_there() -> bool {
    pulseaudio::socket_path_from_env().is_some()
}

impl Wire {
    /// Connect, and say who we are: `properties`, as keys with values. It waits for the server, a second at most.
    ///
    /// # Errors
    /// See [`WireError`].
    pub fn connect(properties: &[(&str, &str)]) -> Result<Self, WireError> {
        let path = pulseaudio::socket_path_from_env().ok_or(WireError::NoServer)?;
        let socket = UnixStream::connect(path).map_err(|_| WireError::NoServer)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let mut reader = BufReader::new(&socket);
        let cookie = pulseaudio::cookie_path_from_env().and_then(|path| fs::read(path).ok());
        // It counts the bytes before it looks whether it needs them: a program of the same user needs none.
        let mut cookie = cookie.unwrap_or_default();
        cookie.resize(COOKIE, 0);
        // Without shared memory: what is sent is little, and a file that the other end can shorten is a danger.
        let auth = AuthParams {
            version: protocol::MAX_VERSION,
            supports_shm: false,
            supports_memfd: false,
            cookie,
        };
        let first = protocol::MAX_VERSION;
        let auth: AuthReply = ask(&mut reader, 0, &Command::Auth(auth), first)?;
        let version = auth.version.min(protocol::MAX_VERSION);
        if version < protocol::MIN_VERSION {
            return Err(ProtocolError::UnsupportedVersion(version).into());
        }
        let command = Command::SetClientName(props(properties));
        let _: SetClientNameReply = ask(&mut reader, 1, &command, version)?;
        let server: ServerInfo = ask(&mut reader, 2, &Command::GetServerInfo, version)?;
        let name = server.server_name.unwrap_or_default();
        if name.to_bytes().windows(PIPEWIRE.len()).any(|part| part == PIPEWIRE) {
            return Err(WireError::IsPipeWire);
        }
        // Nobody has asked for events yet, so nothing is left in there.
        drop(reader);
        socket.set_nonblocking(true)?;
        let (unsent, unread) = (Vec::new(), Vec::new());
        Ok(Self { socket, version, cookie: server.cookie, sent: 2, unsent, unread })
    }

    /// The number of this run of the server.
    pub fn cookie(&self) -> u32 {
        self.cookie
    }

    /// What to wait on, and whether for room as well as for something to read.
    pub fn waits_on(&self) -> (RawFd, bool) {
        (self.socket.as_raw_fd(), !self.unsent.is_empty())
    }

    /// Have the server do something. The number that its answer will have.
    pub fn send(&mut self, command: &Command) -> u32 {
        self.send_more(command, |_| Ok(()), &[])
    }

    /// The same with more in the message, and bytes as they are: what an extension of the server wants to know.
    pub fn send_more(
        &mut self,
        command: &Command,
        more: impl FnOnce(&mut TagStructWriter<'_>) -> Result<(), ProtocolError>,
        bytes: &[u8],
    ) -> u32 {
        self.sent = self.sent.wrapping_add(1);
        let mut payload = Vec::new();
        let written = command
            .write_tag_prefixed(self.sent, &mut payload, self.version)
            .and_then(|()| more(&mut TagStructWriter::new(&mut payload, self.version)));
        match written {
            Ok(()) => {
                payload.extend_from_slice(bytes);
                self.put(NO_CHANNEL, &payload);
            }
            Err(error) => tracing::debug!("cannot be said to PulseAudio: {error}"),
        }
        self.flush();
        self.sent
    }

    /// Have this heard on a stream of ours.
    pub fn play(&mut self, channel: u32, sound: &[u8]) {
        self.put(channel, sound);
        self.flush();
    }

    fn put(&mut self, channel: u32, payload: &[u8]) {
        let Ok(length) = u32::try_from(payload.len()) else { return };
        let descriptor = Descriptor { length, channel, offset: 0, flags: DescriptorFlags::empty() };
        let mut head = [0; DESCRIPTOR_SIZE];
        protocol::encode_descriptor(&mut head, &descriptor);
        self.unsent.extend_from_slice(&head);
        self.unsent.extend_from_slice(payload);
    }

    /// Send what there is room for. A broken connection is found when it is read from.
    fn flush(&mut self) {
        while !self.unsent.is_empty() {
            match self.socket.write(&self.unsent) {
                Ok(length @ 1..) => drop(self.unsent.drain(..length)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => return,
            }
        }
    }

    /// The next thing the server said, if it said anything.
    ///
    /// # Errors
    /// The connection is broken, and stays so.
    pub fn next(&mut self) -> Result<Option<Heard>, WireError> {
        self.flush();
        loop {
            if let Some((channel, payload)) = self.message()? {
                if channel == NO_CHANNEL
                    && let Some(heard) = self.understand(&payload)
                {
                    return Ok(Some(heard));
                }
                continue;
            }
            let mut some = [0; 16 << 10];
            match self.socket.read(&mut some) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(length) => self.unread.extend_from_slice(&some[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The next message, if the whole of it is there.
    fn message(&mut self) -> Result<Option<(u32, Vec<u8>)>, WireError> {
        if self.unread.len() < DESCRIPTOR_SIZE {
            return Ok(None);
        }
        let head = protocol::read_descriptor(&mut self.unread.as_slice())?;
        let length = usize::try_from(head.length).unwrap_or(usize::MAX);
        if length > LONGEST {
            let text = format!("a message of {length} bytes");
            return Err(ProtocolError::Invalid(text).into());
        }
        let end = DESCRIPTOR_SIZE + length;
        if self.unread.len() < end {
            return Ok(None);
        }
        let payload = self.unread[DESCRIPTOR_SIZE..end].to_vec();
        self.unread.drain(..end);
        Ok(Some((head.channel, payload)))
    }

    /// What a message says. What a newer server has to say is passed over.
    fn understand(&self, payload: &[u8]) -> Option<Heard> {
        let mut cursor = Cursor::new(payload);
        match Command::read_tag_prefixed(&mut cursor, self.version) {
            Ok((seq, Command::Reply)) => {
                let at = usize::try_from(cursor.position()).ok()?;
                Some(Heard::Reply(seq, payload.get(at..)?.to_vec()))
            }
            Ok((seq, Command::Error(_))) => Some(Heard::Refused(seq)),
            Ok((_, event)) => Some(Heard::Event(event)),
            Err(error) => {
                tracing::debug!("PulseAudio said something that is not understood: {error}");
                None
            }
        }
    }

    /// Read an answer. `None`: it is another one than this.
    pub fn read<T: CommandReply>(&self, mut answer: &[u8]) -> Option<T> {
        match TagStructReader::new(&mut answer, self.version).read() {
            Ok(read) => Some(read),
            Err(error) => {
                tracing::debug!("PulseAudio answered what is not understood: {error}");
                None
            }
        }
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Properties for the server. What has a zero inside is left out.
pub fn props(pairs: &[(&str, &str)]) -> Props {
    let mut props = Props::new();
    for (key, value) in pairs {
        if let (Ok(key), Ok(value)) = (CString::new(*key), CString::new(*value)) {
            props.set_bytes(key, value.as_bytes_with_nul());
        }
    }
    props
}

fn ask<T: CommandReply>(
    reader: &mut BufReader<&UnixStream>,
    seq: u32,
    command: &Command,
    version: u16,
) -> Result<T, WireError> {
    let mut message = Vec::new();
    protocol::write_command_message(&mut message, seq, command, version)?;
    send_as_user(reader.get_ref(), &message)?;
    Ok(protocol::read_reply_message(reader, version)?.1)
}

/// Send with it who sends it: the server lets its own user in, also without the file that shows who may.
fn send_as_user(socket: &UnixStream, message: &[u8]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmCredentials(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmCredentials(UCred {
        pid: getpid(),
        uid: getuid(),
        gid: getgid(),
    }));
    let sent = sendmsg(socket, &[IoSlice::new(message)], &mut control, SendFlags::NOSIGNAL)?;
    let mut socket = socket;
    socket.write_all(message.get(sent..).unwrap_or_default())
}
