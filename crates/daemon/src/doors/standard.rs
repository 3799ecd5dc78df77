use super::{Declined, arguments};
use crate::service::Service;
use hookswitch_bus::{AudioSessionRecord, Refusal, names, xml};
use hookswitch_core::words::{CallNumber, CallUuid, ProviderId};
use std::collections::HashMap;
use std::fs;
use zbus::message::Header;
use zbus::{Message, Variant};

/// Whether the interface is one of those every object has.
pub fn is_standard(interface: &str) -> bool {
    matches!(
        interface,
        "org.freedesktop.DBus.Introspectable"
            | "org.freedesktop.DBus.Peer"
            | "org.freedesktop.DBus.Properties"
    )
}

impl Service {
    pub(super) fn standard(
        &mut self,
        message: &Message,
        call: &Header<'_>,
        interface: &str,
        member: &str,
        path: &str,
        sender: &str,
    ) -> Result<(), Declined> {
        match (interface.rsplit('.').next().unwrap_or_default(), member) {
            ("Peer", "Ping") => self.out.reply(call, &()),
            ("Peer", "GetMachineId") => {
                let id = fs::read_to_string("/etc/machine-id")
                    .or_else(|_| fs::read_to_string("/var/lib/dbus/machine-id"));
                let id = id.map_err(|_| {
                    Refusal::invalid("This machine has no id. Run dbus-uuidgen --ensure.")
                })?;
                self.out.reply(call, &id.trim());
            }
            ("Introspectable", "Introspect") => self.introspect(call, path)?,
            ("Properties", _) if path != names::PATH => {
                return Err(Declined::Unknown("UnknownObject"));
            }
            ("Properties", "Get") => {
                let body = message.body();
                let (of, name) = arguments::<(&str, &str)>(&body)?;
                let all = self.properties(of, sender)?;
                let value = all.get(name).ok_or(Declined::Unknown("UnknownProperty"))?;
                self.out.reply(call, value);
            }
            ("Properties", "GetAll") => {
                let body = message.body();
                let all = self.properties(arguments::<&str>(&body)?, sender)?;
                self.out.reply(call, &all);
            }
            ("Properties", "Set") => return Err(Declined::Unknown("PropertyReadOnly")),
            _ => return Err(Declined::Unknown("UnknownMethod")),
        }
        Ok(())
    }

    /// The properties of an interface, as far as they are for the one who asks.
    fn properties(
        &self,
        interface: &str,
        sender: &str,
    ) -> Result<HashMap<&'static str, Variant<'static>>, Declined> {
        match interface {
            names::SERVICE_INTERFACE => Ok(HashMap::from([
                ("Version", Variant::from(names::VERSION)),
                ("Features", Variant::from(names::FEATURES.to_vec())),
            ])),
            names::PROVIDER => {
                let provider = self.peers.get(sender).and_then(|peer| peer.provider.as_ref());
                let own = provider.map(|provider| self.own_sessions(provider.id));
                Ok(HashMap::from([("AudioSessions", Variant::from(own.unwrap_or_default()))]))
            }
            names::SURFACE | names::OBSERVER | names::RECENTS => Ok(HashMap::new()),
            _ => Err(Declined::Unknown("UnknownInterface")),
        }
    }

    /// The audio sessions of an app's calls, by its ids of them.
    fn own_sessions(
        &self,
        provider: ProviderId,
    ) -> HashMap<String, HashMap<String, Variant<'static>>> {
        let calls = self.audio.sessions.of_provider(provider);
        let session = |(number, uuid): (CallNumber, CallUuid)| {
            let active = Some(self.has_audio(number));
            let record = AudioSessionRecord { active, ..self.audio.session(number)? };
            Some((uuid.to_string(), record.into_variants()))
        };
        calls.filter_map(session).collect()
    }

    /// The one object, and the way to it.
    fn introspect(&mut self, call: &Header<'_>, path: &str) -> Result<(), Declined> {
        let node = |child: &str| format!("<node>\n  <node name=\"{child}\"/>\n</node>\n");
        let text = match path {
            "/" => node("org"),
            "/org" => node("hookswitch"),
            names::PATH => xml::introspection(),
            _ => return Err(Declined::Unknown("UnknownObject")),
        };
        self.out.reply(call, &text);
        Ok(())
    }
}
