#!/usr/bin/python3
"""A provider with nothing but the contract's XML and GDBus: one call comes in, is answered, and ends.

    provider.py at_once|deferred FOLDER_OF_THE_XML

Prints a line for each thing that happens, and exits with 0 when the call is over.
"""

import sys
import uuid
from pathlib import Path

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

SERVICE, PATH = "org.hookswitch.Hookswitch", "/org/hookswitch"
PROVIDER, DELEGATE = "org.hookswitch.Provider1", "org.hookswitch.ProviderDelegate1"
APP = "org.example.Snake"

deferred = sys.argv[1] == "deferred"
xml = Path(sys.argv[2], DELEGATE + ".xml").read_text()
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
loop = GLib.MainLoop()
call_id = str(uuid.uuid4())


def say(*words):
    print(*words, flush=True)


def ask(member, types, *arguments):
    """Call the service and wait for its reply."""
    parameters = GLib.Variant(types, arguments)
    reply = bus.call_sync(SERVICE, PATH, PROVIDER, member, parameters, None, 0, -1)
    return reply.unpack()


def complete(action):
    """What signalling would do once both can talk."""
    ask("Fulfill", "(ta{sv})", action, {})
    say("fulfilled later")
    return False


def performed(_bus, sender, _path, _interface, member, parameters, invocation):
    """One member of the delegate was called."""
    arguments = parameters.unpack()
    if member in ("PerformAnswerCall", "PerformEndCall"):
        action, call, details = arguments
        assert call == call_id and action > 0 and details["deadline_ms"] > 0
        say(member, details.get("kind", ""))
        result = {"deferred": GLib.Variant("b", True)} if deferred else {}
        invocation.return_value(GLib.Variant("(a{sv})", (result,)))
        if deferred:
            GLib.idle_add(complete, action)
        return
    say(member)
    if member == "DidDeactivateAudioSession":
        loop.quit()


bus.register_object("/org/hookswitch/ProviderDelegate",
                    Gio.DBusNodeInfo.new_for_xml(xml).interfaces[0], performed, None, None)
Gio.bus_own_name_on_connection(bus, APP, Gio.BusNameOwnerFlags.NONE, None, None)
(registered,) = ask("Register", "(a{sv})", {"app_id": GLib.Variant("s", APP)})
assert registered["version"] == 1
say("registered")
update = {"handle": GLib.Variant("s", "anna@example.org"),
          "handle_kind": GLib.Variant("s", "email_address")}
(admitted,) = ask("ReportNewIncomingCall", "(sa{sv})", call_id, update)
assert admitted["number"] >= 1
say("rings")
try:
    ask("ReportNewIncomingCall", "(sa{sv})", call_id, update)
    sys.exit("the same call was admitted twice")
except GLib.Error as error:
    assert Gio.DBusError.get_remote_error(error) == "org.hookswitch.Error.CallUuidAlreadyExists"
GLib.timeout_add_seconds(60, lambda: sys.exit("nothing happened for a minute"))
loop.run()
say("over")
