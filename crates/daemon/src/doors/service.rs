use super::{Declined, arguments};
use crate::service::Service;
use hookswitch_bus::{ProviderRecord, Refusal, StatusRecord, SurfaceRecord, names};
use zbus::Message;
use zbus::message::Header;

impl Service {
    pub(super) fn service_door(
        &mut self,
        message: &Message,
        call: &Header<'_>,
        member: &str,
        sender: &str,
    ) -> Result<(), Declined> {
        match member {
            "Status" => {
                arguments::<()>(&message.body())?;
                let status = self.status(self.surface(sender).is_ok());
                self.out.reply(call, &status);
            }
            "Journal" => {
                self.surface(sender)?;
                let body = message.body();
                let limit: u32 = arguments(&body)?;
                if !(1..=10_000).contains(&limit) {
                    let must = "`limit` must be 1 to 10000 lines. Ask for fewer.";
                    return Err(Refusal::invalid(must).into());
                }
                let lines = self.flow.tail(limit as usize);
                self.out.reply(call, &lines);
            }
            _ => return Err(Declined::Unknown("UnknownMethod")),
        }
        Ok(())
    }

    /// Who is registered is for surfaces only.
    fn status(&self, all: bool) -> StatusRecord {
        // Whose ringtone it is says who is registered.
        let ringtone = self.ringtone_degraded.iter().filter(|_| all);
        let of_ring = self.ring_degraded.iter().chain(ringtone);
        let mut providers = Vec::new();
        let mut surfaces = Vec::new();
        if all {
            for (id, app, configuration) in self.core.providers() {
                let Some(peer) = self.peers.provider(id) else { continue };
                let accounts = configuration.accounts.iter();
                let kinds = configuration.supported_handle_kinds.iter();
                providers.push(ProviderRecord {
                    app_id: app.to_string(),
                    app_name: peer.app_name.clone(),
                    verified: peer.verified,
                    accounts: accounts.map(|account| account.id.to_string()).collect(),
                    handle_kinds: kinds.map(|kind| kind.name().to_owned()).collect(),
                    supports_video: configuration.supports_video,
                    emergency: configuration.emergency.then_some(true),
                });
            }
            let name = |name: &str| SurfaceRecord { name: name.to_owned() };
            surfaces = self.peers.surface_names().chain(self.shell_names()).map(name).collect();
        }
        StatusRecord {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            version: names::VERSION,
            calls: u32::try_from(self.core.calls().len()).unwrap_or(u32::MAX),
            providers,
            surfaces,
            degraded: self
                .degraded
                .iter()
                .chain(self.audio.degraded())
                .chain(of_ring)
                .cloned()
                .chain(self.power.degraded())
                .collect(),
            ring: self.core.ring_level().name().to_owned(),
        }
    }
}
