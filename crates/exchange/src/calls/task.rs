//! The call server's task: gives the machine a clock, connections, rooms and the store.

use super::machine::{ConnectionId, DeviceRef, Effect, Machine, Now};
use crate::policy::Policy;
use crate::room::{RoomApi, RoomEvent};
use crate::store::{Remembered, Store};
use hookswitch_platform::call_server::{CallError, Message, Outcome, Request};
use hookswitch_platform::token::{ApiKeys, Claims, RoomGrant};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// What a device's socket is told to do.
#[derive(Debug)]
pub(crate) enum ToSocket {
    Say(Box<Message>),
    /// Say goodbye and close.
    Close(CallError),
}

pub(super) enum Command {
    Connect { token: DeviceRef, out: mpsc::Sender<ToSocket>, reply: oneshot::Sender<ConnectionId> },
    Request { connection: ConnectionId, request: Box<Request> },
    Disconnect { connection: ConnectionId },
}

/// The way to the call server.
#[derive(Clone)]
pub(crate) struct CallHandle {
    commands: mpsc::UnboundedSender<Command>,
}

impl CallHandle {
    pub(super) async fn connect(
        &self,
        token: DeviceRef,
        out: mpsc::Sender<ToSocket>,
    ) -> Option<ConnectionId> {
        let (reply, connection) = oneshot::channel();
        self.commands.send(Command::Connect { token, out, reply }).ok()?;
        connection.await.ok()
    }

    pub(super) fn send(&self, command: Command) {
        let _ = self.commands.send(command);
    }
}

/// Starts the call server. It knows rooms only through `rooms` and `room_events`, so that they may be elsewhere.
pub(crate) fn start(
    policy: Policy,
    keys: ApiKeys,
    rooms: Arc<dyn RoomApi>,
    room_events: mpsc::UnboundedReceiver<RoomEvent>,
    store: Store,
    remembered: Remembered,
) -> (CallHandle, JoinHandle<()>) {
    let (commands, command_rx) = mpsc::unbounded_channel();
    let mut machine = Machine::new(policy.clone());
    machine.restore(remembered.addresses, remembered.keys);
    let task = Task {
        policy,
        keys,
        rooms,
        store,
        machine,
        sockets: HashMap::new(),
        next_connection: 1,
        began: Instant::now(),
    };
    (CallHandle { commands }, tokio::spawn(task.run(command_rx, room_events)))
}

struct Task {
    policy: Policy,
    keys: ApiKeys,
    rooms: Arc<dyn RoomApi>,
    store: Store,
    machine: Machine,
    sockets: HashMap<ConnectionId, mpsc::Sender<ToSocket>>,
    next_connection: ConnectionId,
    began: Instant,
}

impl Task {
    async fn run(
        mut self,
        mut commands: mpsc::UnboundedReceiver<Command>,
        mut room_events: mpsc::UnboundedReceiver<RoomEvent>,
    ) {
        let mut rooms_open = true;
        loop {
            let due = self.machine.next_deadline().map(|at| self.began + Duration::from_millis(at));
            let due = due.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
            let effects = tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.obey(command),
                    None => return,
                },
                event = room_events.recv(), if rooms_open => match event {
                    Some(event) => {
                        let now = self.now();
                        self.machine.room_event(&event, now)
                    }
                    None => {
                        rooms_open = false;
                        Vec::new()
                    }
                },
                () = tokio::time::sleep_until(due.into()) => {
                    let now = self.now();
                    self.machine.tick(now)
                }
            };
            for effect in effects {
                self.apply(effect);
            }
        }
    }

    fn obey(&mut self, command: Command) -> Vec<Effect> {
        let now = self.now();
        match command {
            Command::Connect { token, out, reply } => {
                let connection = self.next_connection;
                self.next_connection += 1;
                if reply.send(connection).is_err() {
                    return Vec::new();
                }
                self.sockets.insert(connection, out);
                self.machine.connect(connection, token)
            }
            Command::Request { connection, request } => {
                tracing::debug!(verb = request.verb.name(), "a device asks");
                self.machine.request(connection, *request, Uuid::new_v4(), now)
            }
            Command::Disconnect { connection } => {
                self.sockets.remove(&connection);
                self.machine.disconnect(connection, now)
            }
        }
    }

    fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::Send { to, message, join } => {
                let message = self.with_token(message, join);
                self.pass_on(to, ToSocket::Say(Box::new(message)));
            }
            Effect::Close { to, error } => {
                self.pass_on(to, ToSocket::Close(error));
                self.sockets.remove(&to);
            }
            Effect::CloseRoom { session } => self.rooms.delete_room(&session),
            Effect::SaveDevice { device, display_name } => {
                self.store.save_device(device, display_name)
            }
            Effect::SaveCall { call, version, state, caller, callee, session } => {
                tracing::info!(%call, version, ?state, "a call changed");
                self.store.save_call(call, version, state, caller, callee, session);
            }
            Effect::SaveKey(record) => self.store.save_key(record),
        }
    }

    /// Puts a room token into a reply. Tokens are made at the last moment and never kept.
    fn with_token(&self, message: Message, join: Option<(String, String)>) -> Message {
        let (
            Message::Reply { id, outcome: Outcome::Call { call, rooms_url, .. } },
            Some((session, identity)),
        ) = (&message, join)
        else {
            return message;
        };
        let claims = Claims::room(
            identity,
            RoomGrant::join(session),
            SystemTime::now(),
            self.policy.token_validity,
        );
        let token = self.keys.signing().and_then(|key| key.sign(&claims)).ok();
        Message::Reply {
            id: *id,
            outcome: Outcome::Call { call: call.clone(), token, rooms_url: rooms_url.clone() },
        }
    }

    /// A device that does not read is as good as gone: dropping its queue closes its socket.
    fn pass_on(&mut self, to: ConnectionId, what: ToSocket) {
        if let Some(out) = self.sockets.get(&to)
            && out.try_send(what).is_err()
        {
            self.sockets.remove(&to);
        }
    }

    fn now(&self) -> Now {
        let wall =
            SystemTime::now().duration_since(UNIX_EPOCH).map(|d| d.as_millis() as u64).unwrap_or(0);
        Now { steady: self.began.elapsed().as_millis() as u64, wall }
    }
}
