//! The contract as it is installed, and as the service introspects.

/// `Provider1`.
pub const PROVIDER: &str = include_str!("../../../data/dbus/org.hookswitch.Provider1.xml");
/// `ProviderDelegate1`, which apps export.
pub const DELEGATE: &str = include_str!("../../../data/dbus/org.hookswitch.ProviderDelegate1.xml");
/// `Surface1`.
pub const SURFACE: &str = include_str!("../../../data/dbus/org.hookswitch.Surface1.xml");
/// `Observer1`.
pub const OBSERVER: &str = include_str!("../../../data/dbus/org.hookswitch.Observer1.xml");
/// `Recents1`.
pub const RECENTS: &str = include_str!("../../../data/dbus/org.hookswitch.Recents1.xml");
/// `Service1`.
pub const SERVICE: &str = include_str!("../../../data/dbus/org.hookswitch.Service1.xml");

/// The interfaces the service exports, each as a whole file.
pub const EXPORTED: [&str; 5] = [SERVICE, PROVIDER, SURFACE, OBSERVER, RECENTS];

/// The introspection data of the service's object: its interfaces and the standard ones, without the comments.
pub fn introspection() -> String {
    let mut text = String::from(
        "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\" \
         \"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n<node>\n",
    );
    for file in EXPORTED {
        text.push_str(interface_of(file));
    }
    text.push_str(STANDARD);
    text.push_str("</node>\n");
    text
}

/// The `<interface>` element of a contract file.
pub fn interface_of(file: &str) -> &str {
    let begin = file.find("  <interface").unwrap_or(0);
    let end = file.rfind("</node>").unwrap_or(file.len());
    &file[begin..end]
}

const STANDARD: &str = r#"  <interface name="org.freedesktop.DBus.Introspectable">
    <method name="Introspect"><arg name="xml" type="s" direction="out"/></method>
  </interface>
  <interface name="org.freedesktop.DBus.Peer">
    <method name="Ping"/>
    <method name="GetMachineId"><arg name="id" type="s" direction="out"/></method>
  </interface>
  <interface name="org.freedesktop.DBus.Properties">
    <method name="Get">
      <arg name="interface" type="s" direction="in"/>
      <arg name="property" type="s" direction="in"/>
      <arg name="value" type="v" direction="out"/>
    </method>
    <method name="GetAll">
      <arg name="interface" type="s" direction="in"/>
      <arg name="properties" type="a{sv}" direction="out"/>
    </method>
    <method name="Set">
      <arg name="interface" type="s" direction="in"/>
      <arg name="property" type="s" direction="in"/>
      <arg name="value" type="v" direction="in"/>
    </method>
  </interface>
"#;
