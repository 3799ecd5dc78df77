//! What every peer on a bus can be asked.

use crate::line::{Line, Role};
use hookswitch_bus::xml;
use zbus::Message;

/// Answer a standard question; false: it is none.
pub(crate) fn answer<R: Role>(line: &Line<R>, call: &Message) -> bool {
    let header = call.header();
    let interface = header.interface().map(|name| name.as_str());
    let member = header.member().map_or("", |member| member.as_str());
    match (interface, member) {
        (Some("org.freedesktop.DBus.Peer") | None, "Ping") => {
            line.send(Message::method_return(&header).build(&()));
        }
        (Some("org.freedesktop.DBus.Introspectable") | None, "Introspect") => {
            let path = header.path().map_or("/", |path| path.as_str());
            line.send(Message::method_return(&header).build(&introspection(path)));
        }
        _ => return false,
    }
    true
}

fn introspection(path: &str) -> String {
    let inside = match path {
        "/" => "  <node name=\"org\"/>\n",
        "/org" => "  <node name=\"hookswitch\"/>\n",
        "/org/hookswitch" => "  <node name=\"ProviderDelegate\"/>\n",
        hookswitch_bus::names::DELEGATE_PATH => xml::interface_of(xml::DELEGATE),
        _ => "",
    };
    format!("<node>\n{inside}</node>\n")
}
