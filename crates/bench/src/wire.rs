//! Messages, made by hand: what the floor and the load say, with nothing between them and the bus.

use crate::Outcome;
use futures_util::StreamExt;
use hookswitch_bus::names::{PATH, SERVICE};
use std::num::NonZeroUsize;
use std::time::Duration;
use zbus::export::serde::Serialize;
use zbus::message::Type;
use zbus::{Connection, DynamicType, Message, MessageStream};

/// Longer than any run takes; then something is stuck.
pub const LIMIT: Duration = Duration::from_secs(120);

/// Nanoseconds on a clock that all processes of this machine share.
pub fn now_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// Run a role to its end, on this thread.
pub fn block_on<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match tokio::time::timeout(LIMIT, work).await {
            Ok(done) => done,
            Err(_) => Err(format!("nothing came for {} s", LIMIT.as_secs()).into()),
        }
    })
}

/// A connection to the bus, and everything that comes in on it.
pub struct Line {
    /// To send on.
    pub connection: Connection,
    incoming: MessageStream,
}

impl Line {
    /// Connect to the bus of the environment.
    pub async fn connect() -> Outcome<Self> {
        Self::over(zbus::connection::Builder::session()).await
    }

    /// Connect to this bus.
    pub async fn connect_to(address: &str) -> Outcome<Self> {
        Self::over(zbus::connection::Builder::address(address)).await
    }

    async fn over(builder: zbus::connection::Builder<'_>) -> Outcome<Self> {
        let queue = NonZeroUsize::new(65536).unwrap_or(NonZeroUsize::MIN);
        let connection = builder.max_queued(queue).build().await?;
        let incoming = MessageStream::from(&connection);
        Ok(Self { connection, incoming })
    }

    /// The next message.
    pub async fn next(&mut self) -> Outcome<Message> {
        Ok(self.incoming.next().await.ok_or("the bus is gone")??)
    }

    /// Call the service and wait for its reply; what comes before it is dropped.
    pub async fn ask<B: Serialize + DynamicType>(
        &mut self,
        interface: &str,
        member: &str,
        body: &B,
    ) -> Outcome<Message> {
        let call = to_service(interface, member, body)?;
        self.connection.send(&call).await?;
        loop {
            let message = self.next().await?;
            if message.header().reply_serial() == Some(call.primary_header().serial_num()) {
                return refused(message);
            }
        }
    }

    /// Wait until the service has its name.
    pub async fn wait_for_service(&self) -> Outcome {
        let bus = zbus::fdo::DBusProxy::new(&self.connection).await?;
        while !bus.name_has_owner(SERVICE.try_into()?).await? {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

/// The message, unless it is an error.
pub fn refused(message: Message) -> Outcome<Message> {
    match message.message_type() {
        Type::Error => {
            let text = message.body().deserialize::<String>().unwrap_or_default();
            let name = message.header().error_name().map(ToString::to_string);
            Err(format!("{}: {text}", name.unwrap_or_default()).into())
        }
        _ => Ok(message),
    }
}

/// A call of the service.
pub fn to_service<B: Serialize + DynamicType>(
    interface: &str,
    member: &str,
    body: &B,
) -> Outcome<Message> {
    let call = Message::method_call(PATH, member).interface(interface).destination(SERVICE);
    Ok(call.build(body)?)
}

/// A reply.
pub fn reply<B: Serialize + DynamicType>(to: &Message, body: &B) -> Outcome<Message> {
    Ok(Message::method_return(&to.header()).build(body)?)
}
