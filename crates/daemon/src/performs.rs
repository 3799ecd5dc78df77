use hookswitch_core::words::{ActionId, TransactionId};
use std::collections::{HashMap, VecDeque};
use std::fmt;

/// Replies of one provider that are waited for. What it completed by Fulfill, or let run out of time, need not be replied to
/// any more, and an app that never replies shall not fill the memory with that; what is under way is far less.
const MOST: usize = 1024;

/// What a provider was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To perform.
    Perform(ActionId),
    /// To begin a translation, which can only be fulfilled with an engine.
    Translate(ActionId),
    /// Whether it carries all of it out itself.
    Execute(TransactionId),
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Perform(action) | Self::Translate(action) => write!(f, "action {action}"),
            Self::Execute(transaction) => write!(f, "transaction {transaction}"),
        }
    }
}

/// What providers were asked and have not replied to. On a bus any peer can send a reply with a guessed serial, so the
/// sender counts as well.
#[derive(Debug, Default)]
pub struct Performs {
    by_serial: HashMap<u32, Waiting>,
    /// The serials that each connection was asked under, oldest first.
    by_connection: HashMap<String, VecDeque<u32>>,
}

#[derive(Debug)]
struct Waiting {
    asked: Asked,
    from: String,
    /// Somebody else replied, and it was told.
    forged: bool,
}

/// Whose reply this is.
#[derive(Debug, PartialEq, Eq)]
pub enum Whose {
    /// The one that was waited for.
    Ours(Asked),
    /// Of somebody else than the provider that was asked, for the first time: more of them are nobody's, so that they fill
    /// neither the log nor the journal.
    Forged(Asked),
    /// Nobody waits for it.
    Nobodys,
}

impl Performs {
    /// Wait for the reply with this serial, from this connection.
    pub fn expect(&mut self, serial: u32, asked: Asked, from: &str) {
        let serials = self.by_connection.entry(from.to_owned()).or_default();
        serials.push_back(serial);
        if serials.len() > MOST
            && let Some(oldest) = serials.pop_front()
        {
            self.by_serial.remove(&oldest);
        }
        self.by_serial.insert(serial, Waiting { asked, from: from.to_owned(), forged: false });
    }

    /// Take a reply.
    pub fn take(&mut self, serial: u32, sender: &str) -> Whose {
        match self.by_serial.get_mut(&serial) {
            Some(waiting) if waiting.from == sender => {
                let asked = waiting.asked;
                self.by_serial.remove(&serial);
                if let Some(serials) = self.by_connection.get_mut(sender) {
                    serials.retain(|other| *other != serial);
                }
                Whose::Ours(asked)
            }
            Some(waiting) if !waiting.forged => {
                waiting.forged = true;
                Whose::Forged(waiting.asked)
            }
            _ => Whose::Nobodys,
        }
    }

    /// The connection is gone; its replies will not come.
    pub fn forget(&mut self, connection: &str) {
        for serial in self.by_connection.remove(connection).unwrap_or_default() {
            self.by_serial.remove(&serial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_counts_once_and_only_from_the_one_who_was_asked() {
        let mut performs = Performs::default();
        let first = Asked::Perform(ActionId(1));
        performs.expect(7, first, ":1.5");
        assert_eq!(performs.take(7, ":1.6"), Whose::Forged(first));
        assert_eq!(performs.take(7, ":1.6"), Whose::Nobodys);
        assert_eq!(performs.take(7, ":1.5"), Whose::Ours(first));
        assert_eq!(performs.take(7, ":1.5"), Whose::Nobodys);
        performs.expect(8, Asked::Execute(TransactionId(2)), ":1.5");
        performs.forget(":1.5");
        assert_eq!(performs.take(8, ":1.5"), Whose::Nobodys);
    }

    #[test]
    fn an_app_that_never_replies_fills_no_memory() {
        let mut performs = Performs::default();
        for serial in 1..=10_000 {
            performs.expect(serial, Asked::Perform(ActionId(u64::from(serial))), ":1.5");
        }
        performs.expect(10_001, Asked::Perform(ActionId(1)), ":1.6");
        assert_eq!(performs.by_serial.len(), MOST + 1);
        assert_eq!(performs.take(1, ":1.5"), Whose::Nobodys);
        assert_eq!(performs.take(10_000, ":1.5"), Whose::Ours(Asked::Perform(ActionId(10_000))));
        performs.forget(":1.5");
        assert_eq!((performs.by_serial.len(), performs.by_connection.len()), (1, 1));
    }
}
