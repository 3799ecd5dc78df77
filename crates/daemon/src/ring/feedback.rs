//! Vibration and the user's profile, by feedbackd, which phones have: <https://source.puri.sm/Librem5/feedbackd>.
//!
//! The ringtone is ours alone: feedbackd is asked for the call's event with the profile `quiet`, which has everything but
//! sound. What the user set counts for us as it does for feedbackd: in `quiet` and `silent` nothing is heard.

use futures_util::StreamExt;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;
use zbus::{Connection, Proxy, Variant};

const NAME: &str = "org.sigxcpu.Feedback";
const PATH: &str = "/org/sigxcpu/Feedback";
const EVENT: &str = "phone-incoming-call";
const APP: &str = "org.hookswitch.Hookswitch";
/// How long an answer of feedbackd may take before it counts for this ring as if there were none.
const LIMIT: Duration = Duration::from_secs(1);
/// It goes on until it is ended.
const ENDLESS: i32 = 0;

/// Whether something may be heard, by the user's profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Everything.
    Full,
    /// Vibration, but no sound.
    Quiet,
    /// Neither.
    Silent,
}

impl Profile {
    /// By its name; one that is not known is one that may be heard.
    pub fn from_name(name: &str) -> Self {
        match name {
            "quiet" => Self::Quiet,
            "silent" => Self::Silent,
            _ => Self::Full,
        }
    }

    /// Whether a ring is heard in it.
    pub fn is_audible(self) -> bool {
        self == Self::Full
    }
}

/// The way to feedbackd. It is gone for good if the bus does not know it: no ring asks again.
#[derive(Clone, Debug, Default)]
pub struct Feedback {
    /// The bus; none: the session's.
    address: Option<String>,
    absent: Arc<AtomicBool>,
}

/// Feedback of a ring; it ends with this.
#[derive(Debug)]
pub struct Buzz {
    _end: oneshot::Sender<()>,
}

impl Feedback {
    /// On the bus at this address.
    pub fn at(address: impl Into<String>) -> Self {
        Self { address: Some(address.into()), absent: Arc::default() }
    }

    /// Whether there is none.
    pub fn is_absent(&self) -> bool {
        self.absent.load(Ordering::Relaxed)
    }

    /// Begin the feedback of an incoming call, and say what the profile is: once, or whenever it changes; `Full` if nobody
    /// knows. On a thread of its own, so that nothing waits for feedbackd. `None`: nobody is asked, and nothing said.
    pub fn begin(&self, tell: impl Fn(Profile) + Send + 'static) -> Option<Buzz> {
        if self.is_absent() {
            return None;
        }
        let (end, ended) = oneshot::channel();
        let feedback = self.clone();
        let thread = thread::Builder::new().name("hookswitch-feedback".to_owned());
        let spawned = thread.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => runtime.block_on(feedback.give(&tell, ended)),
                Err(_) => tell(Profile::Full),
            }
        });
        spawned.is_ok().then_some(Buzz { _end: end })
    }

    async fn give(&self, tell: &impl Fn(Profile), mut ended: oneshot::Receiver<()>) {
        let Some((connection, proxy, profile)) = self.ask().await else {
            return tell(Profile::Full);
        };
        let mut changes = proxy.receive_property_changed::<String>("Profile").await;
        let mut told = profile;
        tell(told);
        let hints = HashMap::from([("profile", Variant::from("quiet"))]);
        let asked = (APP, EVENT, hints, ENDLESS);
        let trigger = proxy.call::<_, _, u32>("TriggerFeedback", &asked);
        let id = match timeout(LIMIT, trigger).await {
            Ok(Ok(id)) => Some(id),
            // It has none for this event, or does not answer: asking again would not help.
            _ => None,
        };
        loop {
            tokio::select! {
                _ = &mut ended => break,
                change = changes.next() => match change {
                    Some(change) => {
                        let name = change.get().await;
                        let now = name.map_or(told, |name| Profile::from_name(&name));
                        // The present one comes first, again.
                        if now != told {
                            told = now;
                            tell(told);
                        }
                    }
                    None => break,
                },
            }
        }
        if let Some(id) = id {
            let _ = timeout(LIMIT, proxy.call::<_, _, ()>("EndFeedback", &(id,))).await;
        }
        // Everything was answered. Waiting for the connection to close would wait for the proxy, too.
        drop(connection);
    }

    /// Its answer, if there is one in time.
    async fn ask(&self) -> Option<(Connection, Proxy<'static>, Profile)> {
        let asking = async {
            let builder = match &self.address {
                Some(address) => zbus::connection::Builder::address(address.as_str()),
                None => zbus::connection::Builder::session(),
            };
            let connection = builder.build().await?;
            let proxy = Proxy::new(&connection, NAME, PATH, NAME).await?;
            let profile: String = proxy.get_property("Profile").await?;
            zbus::Result::Ok((connection, proxy, Profile::from_name(&profile)))
        };
        match timeout(LIMIT, asking).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(error)) => {
                let unknown = "org.freedesktop.DBus.Error.ServiceUnknown";
                if is_named(&error, unknown) {
                    self.absent.store(true, Ordering::Relaxed);
                }
                None
            }
            Err(_) => None,
        }
    }
}

fn is_named(error: &zbus::Error, name: &str) -> bool {
    match error {
        zbus::Error::MethodError(of, ..) => of.as_str() == name,
        zbus::Error::FDO(error) => matches!(**error, zbus::fdo::Error::ServiceUnknown(_)),
        _ => false,
    }
}
