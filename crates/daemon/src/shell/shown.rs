//! What Phosh is shown: one call at a time, as it has one page for calls and the newest takes it.

use hookswitch_bus::CallRecord;
use hookswitch_core::words::{CallNumber, Timestamp};
use std::collections::HashMap;
use zbus::Variant;

/// How long an ended call stays, in milliseconds, so that somebody reads that it has.
const FAREWELL: u64 = 1500;

/// Phosh's words for where a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Active = 1,
    Held = 2,
    Dialing = 3,
    Incoming = 5,
    Disconnected = 7,
}

impl State {
    /// An answered call that its app still connects has the page of one that is dialed: it can be hung up and nothing else,
    /// and no time runs. Its own word for that is proposed in docs/phosh.md.
    fn of(record: &CallRecord) -> Self {
        match record.state.as_str() {
            "active" => Self::Active,
            "held" => Self::Held,
            "ringing" => Self::Incoming,
            "ending" | "ended" => Self::Disconnected,
            _ => Self::Dialing,
        }
    }
}

/// The call as Phosh has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub number: CallNumber,
    /// The last part of its path. One that Phosh had before is never used again.
    pub object: u64,
    pub state: State,
    inbound: bool,
    name: String,
    id: String,
    dtmf: bool,
    /// It is over: until then it is still to be seen.
    until: Option<Timestamp>,
}

/// What Phosh is to be told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    Added(Shown),
    /// The whole call, and what is different.
    Changed(Shown, Vec<&'static str>),
    Removed(u64),
}

/// The page.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub shown: Option<Shown>,
    objects: u64,
}

impl Page {
    /// These are the calls now, those that just ended among them. What Phosh is to be told of it.
    pub fn show(&mut self, now: Timestamp, calls: &[CallRecord]) -> Vec<News> {
        let best = calls.iter().filter_map(|call| Some((rank(call)?, call)));
        let best = best.min_by_key(|(rank, call)| (*rank, call.number)).map(|(_, call)| call);
        let mut news = Vec::new();
        if let Some(shown) = self.shown.take() {
            let own = calls.iter().find(|call| call.number == shown.number.0);
            let stays = best.is_none_or(|best| best.number == shown.number.0);
            let next = Shown { until: shown.until, ..Shown::of(own, &shown) };
            let over = next.state == State::Disconnected;
            let different = shown.different(&next);
            let until = over.then(|| next.until.unwrap_or(Timestamp(now.0 + FAREWELL)));
            let next = Shown { until, ..next };
            if (stays || over) && !different.is_empty() {
                news.push(News::Changed(next.clone(), different));
            }
            match stays && until.is_none_or(|until| now < until) {
                true => self.shown = Some(next),
                false => news.push(News::Removed(shown.object)),
            }
        }
        if let (None, Some(best)) = (&self.shown, best) {
            news.extend(self.add(best));
        }
        news
    }

    /// Show the call that is there as a new one: for a page that has missed it.
    pub fn show_again(&mut self) -> Vec<News> {
        let Some(shown) = &mut self.shown else { return Vec::new() };
        let before = shown.object;
        self.objects += 1;
        shown.object = self.objects;
        vec![News::Removed(before), News::Added(shown.clone())]
    }

    fn add(&mut self, call: &CallRecord) -> Option<News> {
        self.objects += 1;
        let shown = Shown::new(call, self.objects);
        self.shown = Some(shown.clone());
        Some(News::Added(shown))
    }

    /// Nobody looks any more.
    pub fn clear(&mut self) {
        self.shown = None;
    }

    /// When what is over goes.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.shown.as_ref().and_then(|shown| shown.until)
    }
}

/// Which call has the page: what is being answered keeps it, then what rings, first come first.
fn rank(call: &CallRecord) -> Option<u8> {
    match call.state.as_str() {
        "answering" => Some(0),
        "ringing" => Some(1),
        "starting" | "dialing" | "connecting" => Some(2),
        "active" => Some(3),
        "held" => Some(4),
        _ => None,
    }
}

impl Shown {
    fn new(call: &CallRecord, object: u64) -> Self {
        let name = call.name.as_ref().or(call.handle_name.as_ref());
        let name = name.filter(|name| !name.trim().is_empty());
        // Phosh has no place for the app. It is on the second line, so that nobody takes a call for a telephone call.
        let app = match call.verified {
            true => call.app_name.clone(),
            false => format!("{} (unverified)", call.app_name),
        };
        let id = match name {
            Some(_) => format!("{} - {app}", call.handle),
            None => app,
        };
        Self {
            number: CallNumber(call.number),
            object,
            state: State::of(call),
            inbound: call.direction == "incoming",
            name: name.unwrap_or(&call.handle).clone(),
            id,
            dtmf: call.supports_dtmf,
            until: None,
        }
    }

    /// How it is now. What is no call any more has ended.
    fn of(call: Option<&CallRecord>, before: &Self) -> Self {
        match call {
            Some(call) => {
                let now = Self::new(call, before.object);
                // An end that was refused does not exist, so one that began is one to Phosh.
                match before.state == State::Disconnected {
                    true => Self { state: State::Disconnected, ..now },
                    false => now,
                }
            }
            None => Self { state: State::Disconnected, ..before.clone() },
        }
    }

    fn different(&self, next: &Self) -> Vec<&'static str> {
        let all = [
            ("State", self.state != next.state),
            ("DisplayName", self.name != next.name),
            ("Id", self.id != next.id),
            ("CanDtmf", self.dtmf != next.dtmf),
        ];
        all.into_iter().filter_map(|(name, is)| is.then_some(name)).collect()
    }

    /// Its properties.
    pub fn properties(&self) -> HashMap<&'static str, Variant<'static>> {
        let hints: HashMap<String, Variant<'static>> =
            HashMap::from([("ui-active".to_owned(), Variant::from(true))]);
        HashMap::from([
            ("Inbound", Variant::from(self.inbound)),
            ("State", Variant::from(self.state as u32)),
            ("Id", Variant::from(self.id.clone())),
            ("DisplayName", Variant::from(self.name.clone())),
            ("ImagePath", Variant::from(String::new())),
            ("Protocol", Variant::from("tel".to_owned())),
            ("Encrypted", Variant::from(false)),
            ("CanDtmf", Variant::from(self.dtmf)),
            ("Hints", Variant::from(hints)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(number: u64, state: &str) -> CallRecord {
        CallRecord {
            number,
            state: state.to_owned(),
            direction: "incoming".to_owned(),
            handle: "anna@example.org".to_owned(),
            name: Some("Anna".to_owned()),
            app_name: "Chat".to_owned(),
            verified: true,
            supports_dtmf: true,
            ..CallRecord::default()
        }
    }

    /// What is told, in words.
    fn told(news: &[News]) -> Vec<String> {
        let word = |news: &News| match news {
            News::Added(shown) => format!("add {} {:?}", shown.object, shown.state),
            News::Changed(shown, what) => format!("{} {:?} {what:?}", shown.object, shown.state),
            News::Removed(object) => format!("remove {object}"),
        };
        news.iter().map(word).collect()
    }

    #[test]
    fn one_call_from_ring_to_end() {
        let mut page = Page::default();
        let mut at = |ms, calls: &[CallRecord]| told(&page.show(Timestamp(ms), calls));
        assert_eq!(at(0, &[call(1, "ringing")]), ["add 1 Incoming"]);
        assert_eq!(at(1, &[call(1, "ringing")]), [""; 0]);
        assert_eq!(at(2, &[call(1, "answering")]), [r#"1 Dialing ["State"]"#]);
        assert_eq!(at(3, &[call(1, "active")]), [r#"1 Active ["State"]"#]);
        let named = CallRecord { name: Some("Anna K".to_owned()), ..call(1, "active") };
        assert_eq!(at(4, &[named]), [r#"1 Active ["DisplayName"]"#]);
        assert_eq!(at(5, &[call(1, "ending")])[0], r#"1 Disconnected ["State", "DisplayName"]"#);
        // The app may take its time; the page does not wait for it, nor does it come back.
        assert_eq!(at(6, &[call(1, "ended")]), [""; 0]);
        assert_eq!(at(7, &[]), [""; 0]);
        assert_eq!(at(5 + FAREWELL, &[]), ["remove 1"]);
        assert_eq!(at(9000, &[]), [""; 0]);
    }

    #[test]
    fn what_rings_takes_the_page_and_gives_it_back() {
        let mut page = Page::default();
        let mut at = |ms, calls: &[CallRecord]| told(&page.show(Timestamp(ms), calls));
        assert_eq!(at(0, &[call(1, "active")]), ["add 1 Active"]);
        let both = [call(1, "active"), call(2, "ringing")];
        assert_eq!(at(1, &both), ["remove 1", "add 2 Incoming"]);
        // A third waits; the second is shown until it is settled.
        let three = [call(1, "active"), call(2, "ringing"), call(3, "ringing")];
        assert_eq!(at(2, &three), [""; 0]);
        let declined = [call(1, "active"), call(2, "ended"), call(3, "ringing")];
        let next = [r#"2 Disconnected ["State"]"#, "remove 2", "add 3 Incoming"];
        assert_eq!(at(3, &declined), next);
        let back = [call(1, "active"), call(3, "ended")];
        assert_eq!(at(4, &back), [r#"3 Disconnected ["State"]"#, "remove 3", "add 4 Active"]);
    }

    #[test]
    fn the_app_and_what_is_not_known_of_it_are_in_the_text() {
        let text = |call: &CallRecord| {
            let shown = Shown::new(call, 1);
            (shown.name, shown.id)
        };
        let known = call(1, "ringing");
        assert_eq!(text(&known), ("Anna".to_owned(), "anna@example.org - Chat".to_owned()));
        let nameless = CallRecord { name: None, verified: false, ..known };
        let is = ("anna@example.org".to_owned(), "Chat (unverified)".to_owned());
        assert_eq!(text(&nameless), is);
    }
}
