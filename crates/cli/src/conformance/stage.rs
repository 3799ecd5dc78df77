use super::overheard::Overheard;
use super::program::{GLANCE, Paused, pid};
use crate::failure::Failure;
use futures_util::FutureExt;
use hookswitch::{
    Call, CallNumber, CallState, EndedReason, ProviderRecord, Surface, SurfaceEvent, SurfaceEvents,
};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};
use zbus::fdo::DBusProxy;
use zbus::names::BusName;

pub const SERVICE: &str = "org.hookswitch.Hookswitch";
/// As many lines of the journal as can be had.
const LINES: u32 = 10_000;
/// How often the service is asked again while it restarts.
const TRIES: usize = 500;

/// The bus and the service, seen as a surface sees them.
pub struct Stage {
    pub surface: Surface,
    pub bus: zbus::Connection,
    /// How long to wait for what has no deadline of the service's.
    pub patience: Duration,
    /// The address of the bus, if it is this kit's own: the service on it may be killed and stopped.
    own: Option<String>,
    events: SurfaceEvents,
    /// How calls ended that were seen.
    ended: BTreeMap<CallNumber, EndedReason>,
    /// The journal when the row began.
    mark: Vec<String>,
}

impl Stage {
    /// On the bus at this address, or on the session's.
    pub async fn enter(address: Option<&str>, patience: Duration) -> Result<Self, Failure> {
        let (surface, events) = Surface::connect_at(address, "conformance").await?;
        let builder = match address {
            Some(address) => zbus::connection::Builder::address(address),
            None => zbus::connection::Builder::session(),
        };
        let bus = builder.build().await.map_err(|error| bus_failed(&error))?;
        let (ended, mark) = (BTreeMap::new(), Vec::new());
        let own = address.map(str::to_owned);
        Ok(Self { surface, bus, patience, own, events, ended, mark })
    }

    /// Whether the service on this bus is the kit's to kill and to stop.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Listen to what is said to the service; `None` on a bus that is not the kit's own.
    pub async fn listen(&self) -> Result<Option<Overheard>, Failure> {
        match &self.own {
            Some(address) => Overheard::listen(address).await.map(Some),
            None => Ok(None),
        }
    }

    /// Wait until there is what is looked for; `None`: it did not come.
    pub async fn until<T>(&mut self, look: impl Fn(&Self) -> Option<T>) -> Option<T> {
        self.until_within(self.patience, look).await
    }

    /// As [`until`](Self::until), for no longer than this.
    pub async fn until_within<T>(
        &mut self,
        limit: Duration,
        look: impl Fn(&Self) -> Option<T>,
    ) -> Option<T> {
        let until = Instant::now() + limit;
        loop {
            self.catch_up();
            if let Some(found) = look(self) {
                return Some(found);
            }
            let event = timeout_at(until, self.events.next()).await.ok()?;
            self.take(&event?);
        }
    }

    /// As [`until`](Self::until), for something that nobody says when it changes.
    pub async fn watch<T>(
        &mut self,
        mut look: impl AsyncFnMut(&mut Self) -> Result<Option<T>, Failure>,
    ) -> Result<Option<T>, Failure> {
        let until = Instant::now() + self.patience;
        loop {
            if let Some(found) = look(self).await? {
                return Ok(Some(found));
            }
            if Instant::now() > until {
                return Ok(None);
            }
            sleep(GLANCE).await;
        }
    }

    fn catch_up(&mut self) {
        while let Some(Some(event)) = self.events.next().now_or_never() {
            self.take(&event);
        }
    }

    fn take(&mut self, event: &SurfaceEvent) {
        let SurfaceEvent::Changed(change) = event else { return };
        for call in &change.calls {
            if let Some(reason) = call.ended {
                self.ended.insert(call.number, reason);
            }
        }
    }

    /// Wait until the call is in this state; not once it is over.
    pub async fn comes_to(&mut self, call: CallNumber, state: CallState) -> Option<Call> {
        let come = self.until(|stage| match stage.surface.call(call) {
            Some(call) => (call.state == state).then_some(Some(call)),
            None => stage.ended.contains_key(&call).then_some(None),
        });
        come.await.flatten()
    }

    /// Wait until the call is over, and say how it ended.
    pub async fn over(&mut self, call: CallNumber) -> Option<EndedReason> {
        self.until(|stage| stage.ended.get(&call).copied()).await
    }

    /// How a call is now, in words.
    pub fn state_of(&mut self, call: CallNumber) -> String {
        self.catch_up();
        match (self.surface.call(call), self.ended.get(&call)) {
            (Some(call), _) => format!("the call is {}", call.state.name()),
            (None, Some(reason)) => format!("the call is over: {}", reason.name()),
            (None, None) => "the call is gone".to_owned(),
        }
    }

    /// The app, if it is registered.
    pub async fn provider(&self, app: &str) -> Result<Option<ProviderRecord>, Failure> {
        let status = self.patiently(self.surface.status().await).await?;
        let providers = status.map(|status| status.providers).unwrap_or_default();
        Ok(providers.into_iter().find(|provider| provider.app_id == app))
    }

    /// How many surfaces there are.
    pub async fn surfaces(&self) -> Result<usize, Failure> {
        let status = self.patiently(self.surface.status().await).await?;
        Ok(status.map_or(0, |status| status.surfaces.len()))
    }

    /// A service that restarts is no failure.
    async fn patiently<T>(
        &self,
        answer: Result<T, hookswitch::Error<hookswitch::RequestError>>,
    ) -> Result<Option<T>, Failure> {
        use hookswitch::{Error, ServiceError};
        match answer {
            Ok(value) => Ok(Some(value)),
            Err(Error::Service(ServiceError::Restarting)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// From here on the flow is that of a new row.
    pub async fn mark(&mut self) -> Result<(), Failure> {
        self.mark = self.journal().await?;
        Ok(())
    }

    /// What the service wrote down since the mark.
    pub async fn flow(&self) -> Result<Vec<String>, Failure> {
        Ok(newer(&self.mark, self.journal().await?))
    }

    async fn journal(&self) -> Result<Vec<String>, Failure> {
        for _ in 0..TRIES {
            let lines = self.surface.journal(LINES).await;
            if let Some(lines) = self.patiently(lines).await? {
                return Ok(lines);
            }
            sleep(GLANCE).await;
        }
        Err(Failure::new("the service does not come back. Look at its log."))
    }

    /// The process behind a name on the bus.
    pub async fn process(&self, name: &str) -> Result<Option<Pid>, Failure> {
        let bus = DBusProxy::new(&self.bus).await.map_err(|error| bus_failed(&error))?;
        let Ok(name) = BusName::try_from(name) else { return Ok(None) };
        Ok(bus.get_connection_unix_process_id(name).await.ok().and_then(pid))
    }

    /// `kill -9` the service, and wait until there is a new one.
    pub async fn kill_service(&mut self) -> Result<(), Failure> {
        // The journal is written by now and then; what was asked for is written.
        self.journal().await?;
        let Some(old) = self.process(SERVICE).await? else { return Ok(()) };
        kill_process(old, Signal::KILL)
            .map_err(|error| Failure::new(format!("cannot kill the service: {error}.")))?;
        let new = self.watch(async |stage| {
            let new = stage.process(SERVICE).await?;
            Ok(new.filter(|new| *new != old))
        });
        match new.await? {
            Some(_) => self.journal().await.map(drop),
            None => Err(Failure::new("the service does not come back. Look at its log.")),
        }
    }

    /// Stop the service for a moment.
    pub async fn pause_service(&self) -> Result<Option<Paused>, Failure> {
        match self.process(SERVICE).await? {
            Some(pid) => Paused::stop(pid).await.map(Some),
            None => Ok(None),
        }
    }
}

fn bus_failed(error: &zbus::Error) -> Failure {
    Failure::new(format!("the bus does not answer: {error}. Is it still there?"))
}

/// The lines that are new: the journal is a window that moves on.
fn newer(before: &[String], mut now: Vec<String>) -> Vec<String> {
    let new = (0..=now.len()).find(|new| before.ends_with(&now[..now.len() - new]));
    let old = now.len() - new.unwrap_or(now.len());
    now.split_off(old)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_in_the_journal_belongs_to_a_row() {
        let lines = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        assert_eq!(newer(&lines("abc"), lines("abcde")), lines("de"));
        assert_eq!(newer(&lines("abc"), lines("cde")), lines("de"));
        assert_eq!(newer(&lines("aaa"), lines("aaaa")), lines("a"));
        assert_eq!(newer(&lines(""), lines("ab")), lines("ab"));
        assert!(newer(&lines("abc"), lines("abc")).is_empty());
        assert_eq!(newer(&lines("abc"), lines("xyz")), lines("xyz"));
    }
}
