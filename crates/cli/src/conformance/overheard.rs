use crate::failure::Failure;
use futures_util::StreamExt;
use std::time::Duration;
use tokio::time::timeout;
use zbus::fdo::MonitoringProxy;
use zbus::message::Type;
use zbus::{Connection, MatchRule, MessageStream};

/// What a surface says without the user.
const BY_ITSELF: [&str; 3] = ["Register", "Presented", "Silence"];

/// What is said to the service, heard on the kit's own bus: while the service stands still, this tells that something waits
/// for it there.
pub struct Overheard {
    messages: MessageStream,
}

impl Overheard {
    /// Listen on the bus at this address.
    pub async fn listen(address: &str) -> Result<Self, Failure> {
        let cannot = |error: &dyn std::fmt::Display| {
            Failure::new(format!("the bus cannot be listened to: {error}. Is it still there?"))
        };
        let builder = zbus::connection::Builder::address(address);
        let bus: Connection = builder.build().await.map_err(|error| cannot(&error))?;
        let messages = MessageStream::from(&bus);
        let rule = |interface| {
            MatchRule::builder().msg_type(Type::MethodCall).interface(interface).build()
        };
        let rules = ["org.hookswitch.Provider1", "org.hookswitch.Surface1"].map(rule);
        let rules: Vec<MatchRule> =
            rules.into_iter().collect::<Result<_, _>>().map_err(|error| cannot(&error))?;
        let monitor = MonitoringProxy::new(&bus).await.map_err(|error| cannot(&error))?;
        monitor.become_monitor(&rules, 0).await.map_err(|error| cannot(&error))?;
        Ok(Self { messages })
    }

    /// Wait until a provider has reported the end of a call; no longer than this.
    pub async fn end(&mut self, limit: Duration) -> bool {
        self.hears(limit, |member| member == "ReportCallEnded").await
    }

    /// Wait until a surface has asked for what its user wants; no longer than this.
    pub async fn tap(&mut self, limit: Duration) -> bool {
        self.hears(limit, |member| !member.starts_with("Report") && !BY_ITSELF.contains(&member))
            .await
    }

    async fn hears(&mut self, limit: Duration, is: impl Fn(&str) -> bool) -> bool {
        let heard = async {
            while let Some(Ok(message)) = self.messages.next().await {
                if message.header().member().is_some_and(|member| is(member.as_str())) {
                    return true;
                }
            }
            false
        };
        timeout(limit, heard).await.unwrap_or(false)
    }
}
