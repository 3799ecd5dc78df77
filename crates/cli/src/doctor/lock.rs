use super::finding::Finding;
use std::env;
use zbus::{Connection, OwnedObjectPath, OwnedVariant};

const NAME: &str = "org.freedesktop.login1";

/// What the system says about the lock of this session.
#[derive(Debug, PartialEq, Eq)]
pub enum Lock {
    /// No system bus, or no logind on it.
    NoLogind,
    /// This program runs in no session of a seat: over SSH, in a container.
    NoSession,
    /// Whether it is locked now.
    Told(bool),
}

pub async fn ask() -> Lock {
    let Ok(bus) = Connection::system().await else { return Lock::NoLogind };
    let path = "/org/freedesktop/login1";
    let session = env::var("XDG_SESSION_ID").unwrap_or_else(|_| "auto".to_owned());
    let to = Some(NAME);
    let manager = Some("org.freedesktop.login1.Manager");
    let found = match bus.call_method(to, path, manager, "GetSession", &session).await {
        Ok(found) => found,
        Err(zbus::Error::MethodError(name, ..)) if name.contains("NoSuchSession") => {
            return Lock::NoSession;
        }
        Err(zbus::Error::MethodError(name, ..)) if name.contains("NoSessionForPID") => {
            return Lock::NoSession;
        }
        Err(_) => return Lock::NoLogind,
    };
    let Ok(session) = found.body().deserialize::<OwnedObjectPath>() else { return Lock::NoSession };
    let asked = ("org.freedesktop.login1.Session", "LockedHint");
    let properties = Some("org.freedesktop.DBus.Properties");
    let reply = bus.call_method(to, session.as_str(), properties, "Get", &asked).await;
    let value = reply.ok().and_then(|reply| reply.body().deserialize::<OwnedVariant>().ok());
    match value.and_then(|value| bool::try_from(value).ok()) {
        Some(locked) => Lock::Told(locked),
        None => Lock::NoSession,
    }
}

pub fn judge(lock: &Lock) -> Finding {
    const CHECK: &str = "lock";
    match lock {
        Lock::Told(locked) => {
            let now = if *locked { "locked" } else { "open" };
            Finding::good(CHECK, format!("The system says when the screen locks; it is {now} now."))
        }
        Lock::NoSession => Finding::lacking(
            CHECK,
            "This is no session of a seat: whether the screen is locked cannot be known.",
            "Run this on the phone or desktop itself, not over the network.",
        ),
        Lock::NoLogind => Finding::lacking(
            CHECK,
            "There is no logind: whether the screen is locked cannot be known.",
            "Calls ring all the same; for the lock screen run systemd-logind or elogind.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn a_lock_that_is_not_known_is_no_obstacle() {
        assert_eq!(judge(&Lock::Told(false)).verdict, Verdict::Good);
        assert!(judge(&Lock::Told(true)).text.contains("locked now"));
        assert_eq!(judge(&Lock::NoSession).verdict, Verdict::Lacking);
        assert_eq!(judge(&Lock::NoLogind).verdict, Verdict::Lacking);
    }
}
