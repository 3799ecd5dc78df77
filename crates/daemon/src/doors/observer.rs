use super::{Declined, arguments};
use crate::service::Service;
use hookswitch_bus::ObservedRecord;
use zbus::Message;
use zbus::message::Header;

impl Service {
    pub(super) fn observer_door(
        &mut self,
        message: &Message,
        call: &Header<'_>,
        member: &str,
        sender: &str,
    ) -> Result<(), Declined> {
        let body = message.body();
        match member {
            "Observe" => {
                arguments::<()>(&body)?;
                self.peers.observe(sender, true);
                let views = self.core.calls();
                let seen: Vec<ObservedRecord> = views.iter().map(ObservedRecord::of).collect();
                let numbers = views.iter().map(|view| view.number);
                self.observed = numbers.zip(seen.iter().copied()).collect();
                self.out.reply(call, &seen);
            }
            "Forget" => {
                arguments::<()>(&body)?;
                self.peers.observe(sender, false);
                self.out.reply(call, &());
            }
            _ => return Err(Declined::Unknown("UnknownMethod")),
        }
        Ok(())
    }
}
