//! logind does not let the device fall asleep while one of its descriptors is open:
//! <https://systemd.io/INHIBITOR_LOCKS/>. elogind does the same.

use super::{Absent, Degraded, PATIENCE, WHO, WHY, Wanted};
use std::sync::PoisonError;
use tokio::sync::watch;
use tokio::time::timeout;
use zbus::fdo::Error as Standard;
use zbus::{Connection, OwnedFd};

const NAME: &str = "org.freedesktop.login1";
const PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";

/// Hold what is wanted, until the service goes.
pub async fn follow(mut wanted: watch::Receiver<Wanted>, degraded: &Degraded) {
    let mut logind = Logind::default();
    let (mut asleep, mut idle) = (None, None);
    loop {
        let (awake, lit) = {
            let wanted = wanted.borrow_and_update();
            (wanted.awake, wanted.lit)
        };
        // Each of its own: the one ends without a gap in the other.
        let why = [
            logind.hold(&mut asleep, awake, "sleep").await,
            logind.hold(&mut idle, lit, "idle").await,
        ];
        if awake || lit {
            let text = why.into_iter().flatten().next().map(|why| {
                format!(
                    "The device may fall asleep in a call: logind says {why}. Allow this user \
                     `org.freedesktop.login1.inhibit-block-sleep` and `-idle` in polkit."
                )
            });
            // Said until it is done: who refused is not asked again at once.
            let all = (!awake || asleep.is_some()) && (!lit || idle.is_some());
            if all || text.is_some() {
                tell(degraded, text);
            }
        } else {
            logind.bus = None;
        }
        if wanted.changed().await.is_err() {
            return;
        }
    }
}

/// Once, if it is news.
fn tell(degraded: &Degraded, text: Option<String>) {
    let mut degraded = degraded.lock().unwrap_or_else(PoisonError::into_inner);
    if *degraded != text {
        if let Some(text) = &text {
            tracing::warn!("{text}");
        }
        *degraded = text;
    }
}

#[derive(Default)]
struct Logind {
    bus: Option<Connection>,
    absent: Absent,
}

impl Logind {
    /// Hold it, or let it go. Why it cannot be held, if logind says so: where there is none, nobody sends to sleep either.
    async fn hold(
        &mut self,
        held: &mut Option<OwnedFd>,
        wanted: bool,
        what: &str,
    ) -> Option<String> {
        if !wanted {
            *held = None;
        }
        if !wanted || held.is_some() || self.absent.lately() {
            return None;
        }
        match timeout(PATIENCE, self.inhibit(what)).await {
            Ok(Ok(descriptor)) => *held = Some(descriptor),
            Ok(Err(error)) => {
                let why = refusal(&error);
                if why.is_none() {
                    tracing::debug!("no logind: {error}");
                    self.bus = None;
                    self.absent.mark();
                }
                return why;
            }
            Err(_) => {
                self.absent.mark();
                return Some("nothing".to_owned());
            }
        }
        None
    }

    async fn inhibit(&mut self, what: &str) -> zbus::Result<OwnedFd> {
        let bus = match &self.bus {
            Some(bus) => bus,
            None => self.bus.insert(Connection::system().await?),
        };
        let asked = (what, WHO, WHY, "block");
        let reply = bus.call_method(Some(NAME), PATH, Some(MANAGER), "Inhibit", &asked).await?;
        reply.body().deserialize()
    }
}

/// Why logind does not do it; `None`: there is none.
fn refusal(error: &zbus::Error) -> Option<String> {
    match error {
        // That it cannot be started.
        zbus::Error::MethodError(name, ..) if name.starts_with("org.freedesktop.systemd1.") => None,
        zbus::Error::MethodError(name, text, _) => {
            Some(text.clone().unwrap_or_else(|| name.to_string()))
        }
        zbus::Error::FDO(error) => match &**error {
            Standard::AccessDenied(text)
            | Standard::AuthFailed(text)
            | Standard::Failed(text)
            | Standard::InteractiveAuthorizationRequired(text)
            | Standard::LimitsExceeded(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_there_or_somebody_refuses() {
        let of = |error: Standard| refusal(&zbus::Error::FDO(Box::new(error)));
        for absent in [
            Standard::ServiceUnknown("x".to_owned()),
            Standard::NameHasNoOwner("x".to_owned()),
            Standard::NoReply("x".to_owned()),
            Standard::SpawnChildExited("x".to_owned()),
        ] {
            assert_eq!(of(absent), None);
        }
        assert_eq!(of(Standard::AccessDenied("not you".to_owned())), Some("not you".to_owned()));
        assert_eq!(refusal(&zbus::Error::InvalidReply), None);
    }
}
