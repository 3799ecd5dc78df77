use hookswitch_core::words::ActionId;
use std::collections::HashMap;

/// Performs whose reply has not come. On a bus any peer can send a reply with a guessed serial, so the sender counts as
/// well.
#[derive(Debug, Default)]
pub struct Performs {
    by_serial: HashMap<u32, (ActionId, String)>,
}

/// Whose reply this is.
#[derive(Debug, PartialEq, Eq)]
pub enum Whose {
    /// The one that was waited for.
    Ours(ActionId),
    /// Of somebody else than the provider that was asked.
    Forged(ActionId),
    /// Nobody waits for it.
    Nobodys,
}

impl Performs {
    /// Wait for the reply with this serial, from this connection.
    pub fn expect(&mut self, serial: u32, action: ActionId, from: &str) {
        self.by_serial.insert(serial, (action, from.to_owned()));
    }

    /// Take a reply.
    pub fn take(&mut self, serial: u32, sender: &str) -> Whose {
        match self.by_serial.get(&serial) {
            Some((action, from)) if from == sender => {
                let action = *action;
                self.by_serial.remove(&serial);
                Whose::Ours(action)
            }
            Some((action, _)) => Whose::Forged(*action),
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
        performs.expect(7, ActionId(1), ":1.5");
        assert_eq!(performs.take(7, ":1.6"), Whose::Forged(ActionId(1)));
        assert_eq!(performs.take(7, ":1.5"), Whose::Ours(ActionId(1)));
        assert_eq!(performs.take(7, ":1.5"), Whose::Nobodys);
        performs.expect(8, ActionId(2), ":1.5");
        performs.forget(":1.5");
        assert_eq!(performs.take(8, ":1.5"), Whose::Nobodys);
    }
}
