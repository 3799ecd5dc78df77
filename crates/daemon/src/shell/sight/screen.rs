//! The call screen is started when nobody sees a call and none that runs has left it to a notification, and again when it dies: by
//! activation, never waited for.

use crate::outbox::Outbox;
use hookswitch_core::words::Timestamp;
use std::time::Duration;

/// Between two starts; twice as long each time, as far as [`LONGEST`]: a screen that crashes when it draws a call must not
/// take the machine with it.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);
/// Who has lived so long did not crash at its start.
const LIVED: Duration = Duration::from_secs(60);
/// Where no screen is installed, it is asked for no more often than that.
const NOT_INSTALLED: Duration = Duration::from_secs(30);

/// Starts the call screen.
#[derive(Debug)]
pub(crate) struct Screen {
    /// Its bus name.
    name: Option<String>,
    /// The start that is not answered yet.
    asked: Option<u32>,
    /// When it was last started.
    last: Option<Timestamp>,
    /// Not before then.
    again: Timestamp,
    /// Starts in a row, none of which lived.
    tries: u32,
    /// Nobody can start it.
    absent: bool,
}

impl Screen {
    pub fn new(name: Option<String>) -> Self {
        Self { name, asked: None, last: None, again: Timestamp(0), tries: 0, absent: false }
    }

    /// When to start it once more. One that is not installed is only looked for when the next call needs it.
    /// `wanted`: nobody shows some call.
    pub fn next_deadline(&self, wanted: bool) -> Option<Timestamp> {
        let waits = self.name.is_some() && wanted;
        (waits && self.asked.is_none() && !self.absent).then_some(self.again)
    }

    /// Start it, if somebody has to see a call and it is time.
    pub fn start(&mut self, now: Timestamp, wanted: bool, out: &mut Outbox) {
        let Some(name) = &self.name else { return };
        if !wanted || self.asked.is_some() || now < self.again {
            return;
        }
        self.asked = out.start(name);
        if self.last.is_none_or(|last| last + LIVED <= now) {
            self.tries = 0;
        }
        self.last = Some(now);
        self.again = now + (FIRST * 2_u32.saturating_pow(self.tries)).min(LONGEST);
        self.tries = (self.tries + 1).min(10);
        self.absent = false;
    }

    /// Whether this answers the start. `error`: why it did not work.
    pub fn answered(&mut self, now: Timestamp, serial: u32, error: Option<&str>) -> bool {
        if self.asked != Some(serial) {
            return false;
        }
        self.asked = None;
        match error {
            None => tracing::info!("started the call screen"),
            Some("org.freedesktop.DBus.Error.ServiceUnknown") => {
                tracing::debug!("no call screen is installed");
                self.absent = true;
                self.again = now + NOT_INSTALLED;
            }
            Some(error) => tracing::warn!("the call screen does not start: {error}"),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Timestamp {
        Timestamp(ms)
    }

    fn some() -> Screen {
        Screen::new(Some("org.example.Phone".into()))
    }

    /// The times at which it is started, if it is tended whenever it asks for it and each start is answered so.
    fn starts(screen: &mut Screen, from: u64, until: u64, error: Option<&str>) -> Vec<u64> {
        let mut out = Outbox::default();
        let mut times = Vec::new();
        let mut now = at(from);
        loop {
            screen.start(now, true, &mut out);
            if let Some(serial) = screen.asked {
                times.push(now.0);
                assert!(!screen.answered(now, serial + 1, None), "an answer to somebody else");
                assert!(screen.answered(now, serial, error));
            }
            match screen.next_deadline(true) {
                Some(next) if next.0 <= until => now = next,
                _ => return times,
            }
        }
    }

    #[test]
    fn it_is_started_at_once_and_then_less_and_less_often_until_it_shows_the_call() {
        let mut screen = some();
        assert_eq!(screen.next_deadline(false), None);
        let times = starts(&mut screen, 5000, 100_000, None);
        assert_eq!(times, [5000, 6000, 8000, 12_000, 20_000, 36_000, 66_000, 96_000]);
        assert_eq!(screen.next_deadline(false), None);
        screen.start(at(200_000), false, &mut Outbox::default());
        assert_eq!(screen.asked, None);
    }

    #[test]
    fn one_that_lived_is_started_again_at_once_and_one_that_did_not_is_not() {
        let mut screen = some();
        assert_eq!(starts(&mut screen, 5000, 5000, None), [5000]);
        assert_eq!(starts(&mut screen, 5100, 6000, None), [6000]);
        assert_eq!(starts(&mut screen, 70_000, 71_000, None), [70_000, 71_000]);
    }

    #[test]
    fn one_that_is_not_installed_is_not_looked_for_again_and_again() {
        let unknown = Some("org.freedesktop.DBus.Error.ServiceUnknown");
        let mut screen = some();
        assert_eq!(starts(&mut screen, 5000, 500_000, unknown), [5000]);
        assert!(starts(&mut screen, 20_000, 500_000, unknown).is_empty());
        assert_eq!(starts(&mut screen, 35_000, 500_000, unknown), [35_000]);
    }

    #[test]
    fn none_is_started_where_there_is_to_be_none() {
        assert!(starts(&mut Screen::new(None), 5000, 500_000, None).is_empty());
    }
}
