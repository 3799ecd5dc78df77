use super::Declined;
use crate::service::Service;
use hookswitch_bus::ObservedRecord;
use zbus::message::Header;

impl Service {
    pub(super) fn observer_door(
        &mut self,
        call: &Header<'_>,
        member: &str,
        sender: &str,
    ) -> Result<(), Declined> {
        match member {
            "Observe" => {
                self.peers.observe(sender, true);
                let views = self.core.calls();
                let seen: Vec<ObservedRecord> = views.iter().map(ObservedRecord::of).collect();
                let numbers = views.iter().map(|view| view.number);
                self.observed = numbers.zip(seen.iter().copied()).collect();
                self.out.reply(call, &seen);
            }
            "Forget" => {
                self.peers.observe(sender, false);
                self.out.reply(call, &());
            }
            _ => return Err(Declined::Unknown("UnknownMethod")),
        }
        Ok(())
    }
}
