//! The media thread of a session: its socket, its signalling connection, its clock.

mod connection;
mod heard;
mod room;

use crate::audio::{AudioSink, FRAME_LEN, Frame, SILENCE};
use crate::error::{JoinError, SessionError};
use crate::events::{DisconnectReason, SessionEvent};
use crate::link::{Address, Dialed};
use crate::sender::Sender;
use crate::session::{Command, Options};
use crate::statistics::Statistics;
use crate::transport::{Polled, Transport};
use connection::Signalling;
use heard::HeardTrack;
use hookswitch_platform::signal::proto;
use room::Publishing;
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use str0m::media::Mid;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Interval, MissedTickBehavior, interval};
use uuid::Uuid;

/// Most datagrams read before anything else gets its turn.
const BATCH: usize = 64;
/// Largest datagram that is read.
const DATAGRAM_LEN: usize = 2_048;
/// How far the audio clock may be behind and still catch up. Beyond that the machine slept; what was missed is missed.
const MAX_BEHIND: Duration = Duration::from_millis(500);
/// Most missed frames that a recording is padded with, one minute.
const MAX_MISSED: u128 = 6_000;

/// Starts the thread and waits until the session is joined.
pub(crate) async fn spawn(
    url: &str,
    token: &str,
    options: Options,
    commands: mpsc::UnboundedReceiver<Command>,
    events: mpsc::UnboundedSender<SessionEvent>,
) -> Result<(), JoinError> {
    let address = Address::parse(url)?;
    let token = token.to_owned();
    let (joined, result) = oneshot::channel();
    // A runtime of its own: whatever else the app does, these 10 ms are kept.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|_| JoinError::Resources("event loop"))?;
    std::thread::Builder::new()
        .name("session".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let limit = options.join_timeout;
                let joining = Driver::join(address, token, options, commands, events);
                match tokio::time::timeout(limit, joining).await {
                    Ok(Ok(driver)) => driver.run(Some(joined)).await,
                    Ok(Err(error)) => drop(joined.send(Err(error))),
                    Err(_) => {
                        let cause = "it does not reply".to_owned();
                        drop(joined.send(Err(JoinError::ExchangeUnreachable { cause })));
                    }
                }
            });
        })
        .map_err(|_| JoinError::Resources("thread"))?;
    result.await.unwrap_or(Err(JoinError::Resources("thread")))
}

/// Somebody else in the room.
struct Other {
    identity: String,
    /// Track sids and whether they are muted.
    tracks: BTreeMap<String, bool>,
}

type Joined = oneshot::Sender<Result<(), JoinError>>;

pub(crate) struct Driver {
    address: Address,
    token: String,
    options: Options,
    commands: mpsc::UnboundedReceiver<Command>,
    events: mpsc::UnboundedSender<SessionEvent>,
    began: Instant,
    socket: UdpSocket,
    local: SocketAddr,
    transport: Transport,
    connected: bool,
    connect_time: Duration,
    transport_deadline: Instant,
    signalling: Signalling,
    pings: Interval,
    silence: Duration,
    last_heard: Instant,
    round_trip: Option<Duration>,
    our_sid: String,
    others: HashMap<String, Other>,
    heard: BTreeMap<Mid, HeardTrack>,
    cid: String,
    track_sid: Option<String>,
    publishing: Publishing,
    sender: Sender,
    sink: Option<Box<dyn AudioSink>>,
    tap: Option<Box<dyn AudioSink>>,
    held: bool,
    clock: Interval,
    finished: Option<DisconnectReason>,
    left: Option<oneshot::Sender<()>>,
}

/// What woke the driver.
enum Wake {
    Datagrams,
    Audio(tokio::time::Instant),
    Transport,
    Ping,
    Command(Option<Command>),
    Signal(connection::Incoming),
}

impl Driver {
    async fn join(
        address: Address,
        token: String,
        options: Options,
        commands: mpsc::UnboundedReceiver<Command>,
        events: mpsc::UnboundedSender<SessionEvent>,
    ) -> Result<Self, JoinError> {
        let began = Instant::now();
        let dialed = Dialed::dial(address.clone(), options.join_timeout).await?;
        // Media goes out where signalling does.
        let socket = UdpSocket::bind((dialed.local_ip()?, 0))
            .await
            .map_err(|_| JoinError::Resources("UDP socket"))?;
        let local = socket.local_addr().map_err(|_| JoinError::Resources("UDP socket"))?;
        let mut transport = Transport::new(local).ok_or(JoinError::Resources("usable address"))?;
        let request = connection::join_request(&options, transport.offer(false));
        let link = dialed.open(&token, &request, options.join_timeout).await?;
        let sender = Sender::new(Uuid::new_v4().as_u128() as u32)
            .map_err(|_| JoinError::Resources("Opus encoder"))?;
        let mut clock = interval(Duration::from_millis(10));
        clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut pings = interval(Duration::from_secs(5));
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            address,
            token,
            options,
            commands,
            events,
            began,
            socket,
            local,
            transport,
            connected: false,
            connect_time: Duration::ZERO,
            transport_deadline: began,
            signalling: Signalling::Up(Box::new(link)),
            pings,
            silence: Duration::from_secs(15),
            last_heard: began,
            round_trip: None,
            our_sid: String::new(),
            others: HashMap::new(),
            heard: BTreeMap::new(),
            cid: format!("hookswitch-{}", Uuid::new_v4()),
            track_sid: None,
            publishing: Publishing::Nothing,
            sender,
            sink: None,
            tap: None,
            held: false,
            clock,
            finished: None,
            left: None,
        })
    }

    async fn run(mut self, mut joined: Option<Joined>) {
        let join_deadline = self.began + self.options.join_timeout;
        let mut buffer = vec![0; DATAGRAM_LEN];
        while self.finished.is_none() {
            self.drain_transport();
            if self.connected
                && let Some(joined) = joined.take()
                && joined.send(Ok(())).is_err()
            {
                break;
            }
            if joined.is_some() && Instant::now() >= join_deadline {
                let error = JoinError::NoMediaPath(self.options.join_timeout);
                drop(joined.take().map(|joined| joined.send(Err(error))));
                break;
            }
            match self.wait(joined.as_ref().map(|_| join_deadline)).await {
                Wake::Datagrams => self.read_datagrams(&mut buffer),
                Wake::Audio(due) => self.audio(due),
                Wake::Transport => self.transport.tick(Instant::now()),
                Wake::Ping => self.ping().await,
                Wake::Command(Some(command)) => self.obey(command).await,
                Wake::Command(None) => self.finished = Some(DisconnectReason::Left),
                Wake::Signal(incoming) => self.signal(incoming).await,
            }
            if joined.is_some() && self.finished.is_some() {
                let error = connection::join_error(self.finished.take());
                drop(joined.take().map(|joined| joined.send(Err(error))));
                break;
            }
        }
        self.finish().await;
    }

    async fn wait(&mut self, join_deadline: Option<Instant>) -> Wake {
        let Self {
            socket, signalling, commands, clock, pings, connected, transport_deadline, ..
        } = self;
        let deadline =
            join_deadline.map_or(*transport_deadline, |join| join.min(*transport_deadline));
        tokio::select! {
            biased;
            // An error here is one of the next read as well.
            _ = socket.readable() => Wake::Datagrams,
            due = clock.tick(), if *connected => Wake::Audio(due),
            command = commands.recv(), if *connected => Wake::Command(command),
            incoming = signalling.next() => Wake::Signal(incoming),
            _ = pings.tick(), if signalling.is_up() => Wake::Ping,
            () = tokio::time::sleep_until(deadline.into()) => Wake::Transport,
        }
    }

    fn drain_transport(&mut self) {
        loop {
            match self.transport.poll() {
                Polled::Send(to, bytes) => {
                    // A full socket drops, as the network would.
                    let _ = self.socket.try_send_to(&bytes, to);
                }
                Polled::Packet { mid, seq, time, payload, arrival } => {
                    if let Some(track) = self.heard.get_mut(&mid) {
                        track.push(seq, time, payload, arrival);
                    }
                }
                Polled::Connected => {
                    if !self.connected {
                        self.connected = true;
                        self.connect_time = self.began.elapsed();
                        self.clock.reset();
                    }
                }
                Polled::RoundTrip(rtt) => self.round_trip = Some(rtt),
                Polled::Nothing => {}
                Polled::Broken => {
                    self.transport_deadline = Instant::now() + Duration::from_secs(1);
                    self.transport_broke();
                    return;
                }
                Polled::WaitUntil(at) => {
                    self.transport_deadline = at;
                    return;
                }
            }
        }
    }

    fn read_datagrams(&mut self, buffer: &mut [u8]) {
        for _ in 0..BATCH {
            match self.socket.try_recv_from(buffer) {
                Ok((len, from)) => {
                    self.transport.receive(from, &buffer[..len], Instant::now());
                    self.drain_transport();
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return,
                // "Connection refused" of an earlier send, for example: signalling notices what matters.
                Err(_) => return,
            }
        }
    }

    /// 10 ms pass.
    fn audio(&mut self, due: tokio::time::Instant) {
        let (now, due) = (Instant::now(), due.into_std());
        let behind = now.saturating_duration_since(due);
        if behind > MAX_BEHIND {
            let missed = (behind.as_millis() / 10).min(MAX_MISSED);
            for at in 0..missed {
                drop(self.sender.tick(true));
                self.skip(due + Duration::from_millis(10 * at as u64));
            }
            self.clock.reset();
            tracing::debug!(missed, "the audio clock was stopped for a while");
            return;
        }
        let silent = self.held || self.publishing != Publishing::Live;
        let (sent, encoded) = self.sender.tick(silent);
        if let Some(encoded) = encoded {
            self.transport.send(encoded, now);
        }
        if self.held {
            self.skip(due);
            return;
        }
        if let Some(tap) = &mut self.tap {
            tap.write(&sent);
        }
        let mut mixed = [0_i32; FRAME_LEN];
        for track in self.heard.values_mut() {
            // By the clock of the audio: what is made up for after a stall is not all due now.
            let frame = track.pop(due);
            for (sum, sample) in mixed.iter_mut().zip(frame) {
                *sum += i32::from(sample);
            }
        }
        if let Some(sink) = &mut self.sink {
            let mut frame: Frame = SILENCE;
            for (to, sum) in frame.iter_mut().zip(mixed) {
                *to = sum.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
            }
            sink.write(&frame);
        }
    }

    fn skip(&mut self, due: Instant) {
        if let Some(sink) = &mut self.sink {
            sink.skip();
        }
        if let Some(tap) = &mut self.tap {
            tap.skip();
        }
        for track in self.heard.values_mut() {
            // Decoded and thrown away, so that what is played after the hold is of then, not of before.
            let _ = track.pop(due);
        }
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Publish(source, reply) => self.publish(source, reply).await,
            Command::Unpublish(reply) => self.unpublish(reply).await,
            Command::Play(sink, reply) => {
                self.sink = sink;
                let _ = reply.send(());
            }
            Command::Tap(tap, reply) => {
                self.tap = tap;
                let _ = reply.send(());
            }
            Command::Mute(muted, reply) => {
                self.sender.muted = muted;
                self.say_muted().await;
                let _ = reply.send(());
            }
            Command::Hold(held, reply) => {
                self.held = held;
                self.say_muted().await;
                let _ = reply.send(());
            }
            Command::Statistics(reply) => {
                let _ = reply.send(self.statistics());
            }
            Command::Leave(reply) => {
                self.left = Some(reply);
                self.finished = Some(DisconnectReason::Left);
            }
        }
    }

    fn statistics(&self) -> Statistics {
        Statistics {
            packets_sent: self.sender.packets,
            bytes_sent: self.sender.bytes,
            sent_level_dbfs: self.sender.level,
            round_trip: self.round_trip,
            connect_time: self.connect_time,
            received: self.heard.values().map(HeardTrack::statistics).collect(),
        }
    }

    fn emit(&self, event: SessionEvent) {
        let _ = self.events.send(event);
    }

    /// Ends: source and sink are dropped, the room is told, the app is told.
    async fn finish(mut self) {
        self.sender.set_source(None);
        self.sink = None;
        self.tap = None;
        if let Publishing::Asked(reply)
        | Publishing::Announced(reply)
        | Publishing::Offered(reply) = self.publishing
        {
            let _ = reply.send(Err(SessionError::Ended));
        }
        if let Signalling::Up(mut link) = self.signalling {
            let _ = link.send(proto::Request::Leave(proto::LeaveRequest::default())).await;
            link.close().await;
        }
        let reason = self.finished.unwrap_or(DisconnectReason::Left);
        let _ = self.events.send(SessionEvent::Disconnected { reason });
        if let Some(left) = self.left {
            let _ = left.send(());
        }
    }
}
