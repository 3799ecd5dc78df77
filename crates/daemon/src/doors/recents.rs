use super::{Declined, arguments};
use crate::service::Service;
use hookswitch_bus::{RecentsQuery, RecentsRecord, Refusal};
use hookswitch_core::words::RequestError;
use zbus::Message;
use zbus::message::Header;

/// Questions of one connection that may wait at once.
const MAX_QUESTIONS: usize = 16;

impl Service {
    pub(super) fn recents_door(
        &mut self,
        message: &Message,
        call: &Header<'_>,
        member: &str,
        sender: &str,
    ) -> Result<(), Declined> {
        if member != "List" {
            return Err(Declined::Unknown("UnknownMethod"));
        }
        self.surface(sender)?;
        let body = message.body();
        let query: RecentsQuery = arguments(&body)?;
        if query.limit.is_some_and(|limit| !(1..=1000).contains(&limit)) {
            return Err(Refusal::invalid(
                "`limit` must be 1 to 1000. Ask for further lines with `before`.",
            )
            .into());
        }
        if self.recents.is_none() {
            self.out.reply(call, &Vec::<RecentsRecord>::new());
            return Ok(());
        }
        let peer = self.peers.entry(sender);
        if peer.questions >= MAX_QUESTIONS {
            return Err(RequestError::TooManyRequests.into());
        }
        peer.questions += 1;
        // What happened up to now shall be in the answer.
        self.send_gathered();
        let number = self.fresh();
        self.questions.insert(number, message.clone());
        if let Some(recents) = &self.recents {
            recents.list(number, query);
        }
        Ok(())
    }

    /// The list answered.
    pub fn lines(&mut self, number: u64, lines: Result<Vec<RecentsRecord>, String>) {
        let Some(message) = self.questions.remove(&number) else { return };
        let header = message.header();
        let sender = header.sender().map_or("", |sender| sender.as_str());
        if self.peers.get(sender).is_none() {
            return;
        }
        let peer = self.peers.entry(sender);
        peer.questions = peer.questions.saturating_sub(1);
        match lines {
            Ok(lines) => self.out.reply(&header, &lines),
            Err(text) => self.out.refuse(&header, &Refusal { name: "StoreUnavailable", text }),
        }
    }
}
