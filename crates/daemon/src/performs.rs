use hookswitch_core::words::{ActionId, TransactionId};
use std::collections::HashMap;
use std::fmt;

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
    by_serial: HashMap<u32, (Asked, String)>,
}

/// Whose reply this is.
#[derive(Debug, PartialEq, Eq)]
pub enum Whose {
    /// The one that was waited for.
    Ours(Asked),
    /// Of somebody else than the provider that was asked.
    Forged(Asked),
    /// Nobody waits for it.
    Nobodys,
}

impl Performs {
    /// Wait for the reply with this serial, from this connection.
    pub fn expect(&mut self, serial: u32, asked: Asked, from: &str) {
        self.by_serial.insert(serial, (asked, from.to_owned()));
    }

    /// Take a reply.
    pub fn take(&mut self, serial: u32, sender: &str) -> Whose {
        match self.by_serial.get(&serial) {
            Some((asked, from)) if from == sender => {
                let asked = *asked;
                self.by_serial.remove(&serial);
                Whose::Ours(asked)
            }
            Some((asked, _)) => Whose::Forged(*asked),
            None => Whose::Nobodys,
        }
    }

    /// The connection is gone; its replies will not come.
    pub fn forget(&mut self, connection: &str) {
        self.by_serial.retain(|_, (_, from)| from != connection);
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
        assert_eq!(performs.take(7, ":1.5"), Whose::Ours(first));
        assert_eq!(performs.take(7, ":1.5"), Whose::Nobodys);
        performs.expect(8, Asked::Execute(TransactionId(2)), ":1.5");
        performs.forget(":1.5");
        assert_eq!(performs.take(8, ":1.5"), Whose::Nobodys);
    }
}
