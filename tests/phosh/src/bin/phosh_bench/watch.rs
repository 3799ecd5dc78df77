use crate::Round;
use futures_util::StreamExt;
use hookswitch_phosh::{Screen, soon};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use zbus::message::Type;
use zbus::{Connection, MessageStream, OwnedObjectPath, OwnedVariant};

const MANAGER: &str = "org.freedesktop.DBus.ObjectManager";

type Added = (OwnedObjectPath, HashMap<String, HashMap<String, OwnedVariant>>);
type Removed = (OwnedObjectPath, Vec<String>);

/// What the bus carries to the shell, seen by a monitor, as what is sent to it alone is seen by nobody else.
pub struct Watch {
    messages: MessageStream,
}

impl Watch {
    /// Watch the bus with this address.
    pub async fn start(bus: &str) -> Self {
        let connection: Connection =
            zbus::connection::Builder::address(bus).build().await.expect("the bus can be reached");
        let messages = MessageStream::from(&connection);
        let monitoring = zbus::fdo::MonitoringProxy::new(&connection).await.expect("a monitor");
        // Nothing else: the bus would have to copy each message on its way, and that of GNOME Calls has none before.
        let rule = format!("type='signal',interface='{MANAGER}'");
        let rule = zbus::MatchRule::try_from(rule.as_str()).expect("a rule");
        monitoring.become_monitor(&[rule], 0).await.expect("the bus lets itself be watched");
        Self { messages }
    }

    /// The next signal of this name from the calls: when it came, and the first thing it says, the path of a call.
    pub async fn next(&mut self, member: &str) -> (Instant, String) {
        soon(member, async {
            loop {
                let message = self.messages.next().await.expect("the bus").expect("a message");
                let at = Instant::now();
                let header = message.header();
                let is = header.member().is_some_and(|name| name.as_str() == member);
                if message.message_type() != Type::Signal || !is {
                    continue;
                }
                let body = message.body();
                let added = body.deserialize::<Added>().map(|(path, _)| path);
                let path = added.or_else(|_| body.deserialize::<Removed>().map(|(path, _)| path));
                return (at, path.expect("it names a call").to_string());
            }
        })
        .await
    }
}

/// Ring, by what `ring` does, and take the time until the signal, and what it says.
pub async fn told(watch: &mut Watch, ring: impl AsyncFnOnce()) -> (Instant, Duration, String) {
    let began = Instant::now();
    // Both at once: when the signal came must not depend on when the report was answered.
    let ((), (told, path)) = tokio::join!(ring(), watch.next("InterfacesAdded"));
    (began, told - began, path)
}

/// The same, and the time until the screen is another, by pictures of it.
pub async fn round(
    screen: &Screen,
    watch: &mut Watch,
    ring: impl AsyncFnOnce(),
) -> (Round, String) {
    screen.is_still().await;
    let before = screen.buttons().await;
    let (began, told, path) = told(watch, ring).await;
    let seen = soon("another picture", async {
        while screen.buttons().await == before {}
        began.elapsed()
    });
    (Round { told, seen: seen.await }, path)
}
