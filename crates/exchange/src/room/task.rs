//! The rooms' thread: one UDP socket, one queue of commands, one clock.

use super::{ConnectionId, JoinError, RoomEvent, RoomHandle, Rooms, SignalSender};
use crate::policy::Policy;
use crate::sfu::{Sfu, TransportId};
use hookswitch_platform::signal::proto;
use hookswitch_platform::token::Claims;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};

/// Most datagrams read before anything else gets its turn.
const BATCH: usize = 64;
/// Largest datagram that is read; WebRTC stays below an Ethernet frame.
const DATAGRAM_LEN: usize = 2_048;

/// What the rooms' thread is asked.
pub enum Command {
    /// A client joins.
    Join {
        /// What its token says.
        claims: Box<Claims>,
        /// What it says.
        request: Box<proto::JoinRequest>,
        /// Its connection.
        connection: ConnectionId,
        /// Where its messages go.
        out: SignalSender,
        /// The participant, or why not.
        reply: oneshot::Sender<Result<TransportId, JoinError>>,
    },
    /// A client said something.
    Hear {
        /// Who.
        id: TransportId,
        /// On which connection.
        connection: ConnectionId,
        /// What.
        message: Box<proto::Request>,
    },
    /// A client's connection is gone.
    Lost {
        /// Whose.
        id: TransportId,
        /// Which.
        connection: ConnectionId,
    },
    /// See [`super::RoomApi::delete_room`].
    CloseRoom {
        /// Its name.
        room: String,
    },
    /// Ends the thread.
    Stop,
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Command")
    }
}

/// Binds `udp` and runs the rooms on a thread of their own. `advertise` is the address that clients are told, where it
/// differs from the bound one. Returns the handle, the bound address and the events.
pub fn start(
    policy: Policy,
    udp: SocketAddr,
    advertise: Option<SocketAddr>,
) -> io::Result<(RoomHandle, SocketAddr, mpsc::UnboundedReceiver<RoomEvent>)> {
    let socket = std::net::UdpSocket::bind(udp)?;
    socket.set_nonblocking(true)?;
    let bound = socket.local_addr()?;
    let told = match advertise {
        Some(mut told) => {
            if told.port() == 0 {
                told.set_port(bound.port());
            }
            told
        }
        None => bound,
    };
    let (commands, command_rx) = mpsc::unbounded_channel();
    let (events, event_rx) = mpsc::unbounded_channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("rooms".to_owned()).spawn(move || {
        let result =
            runtime.block_on(run(Rooms::new(policy, Sfu::new(told)), socket, command_rx, events));
        if let Err(error) = result {
            tracing::error!(%error, "the media socket failed; restart the exchange");
        }
    })?;
    Ok((RoomHandle { commands }, bound, event_rx))
}

async fn run(
    mut rooms: Rooms,
    socket: std::net::UdpSocket,
    mut commands: mpsc::UnboundedReceiver<Command>,
    events: mpsc::UnboundedSender<RoomEvent>,
) -> io::Result<()> {
    let socket = UdpSocket::from_std(socket)?;
    let mut buffer = vec![0; DATAGRAM_LEN];
    loop {
        for event in rooms.take_events() {
            let _ = events.send(event);
        }
        for out in rooms.sfu().take_outgoing() {
            // A full socket drops, as the network would.
            let _ = socket.try_send_to(&out.bytes, out.to);
        }
        let now = Instant::now();
        let deadline = rooms.next_deadline().unwrap_or(now + Duration::from_secs(60));
        // What is due is done at once: a timer would add its granularity to every packet.
        if deadline <= now {
            rooms.tick(now);
        }
        tokio::select! {
            biased;
            ready = socket.readable() => {
                ready?;
                for _ in 0..BATCH {
                    match socket.try_recv_from(&mut buffer) {
                        Ok((len, from)) => rooms.sfu().receive(from, &buffer[..len], Instant::now()),
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                        // A destination that is gone shows up here (ICMP); it concerns nobody else.
                        Err(_) => continue,
                    }
                }
                rooms.after_sfu();
            }
            command = commands.recv() => match command {
                None | Some(Command::Stop) => return Ok(()),
                Some(command) => obey(&mut rooms, command),
            },
            () = tokio::time::sleep_until(deadline.max(now).into()), if deadline > now => {}
            () = std::future::ready(()), if deadline <= now => {}
        }
    }
}

fn obey(rooms: &mut Rooms, command: Command) {
    let now = Instant::now();
    match command {
        Command::Join { claims, request, connection, out, reply } => {
            let result = rooms.join(&claims, *request, connection, out, now);
            let joined = result.as_ref().ok().copied();
            if reply.send(result).is_err()
                && let Some(id) = joined
            {
                // The client went away while it was joining.
                rooms.connection_lost(id, connection, now);
            }
        }
        Command::Hear { id, connection, message } => rooms.hear(id, connection, *message, now),
        Command::Lost { id, connection } => rooms.connection_lost(id, connection, now),
        Command::CloseRoom { room } => rooms.close_room(&room),
        Command::Stop => {}
    }
}
