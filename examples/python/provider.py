#!/usr/bin/python3
"""An app that can call, with GDBus (Debian: python3-gi, gir1.2-glib-2.0): provider.py [APP_ID]

SIGUSR1: somebody calls. SIGUSR2: the far side of the newest call hangs up. SIGTERM: the app leaves.
Signalling and media belong where this prints a line. Every key and error: data/dbus/*.xml.
"""

import signal
import sys
import uuid
from pathlib import Path

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
SERVICE = ("org.hookswitch.Hookswitch", "/org/hookswitch", "org.hookswitch.Provider1")
CONTRACT = Path(__file__).resolve().parents[2] / "data/dbus/org.hookswitch.ProviderDelegate1.xml"
app_id = sys.argv[1] if len(sys.argv) > 1 else "org.example.PhonePython"
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
loop = GLib.MainLoop()
service = ""  # the connection of the service: nobody else may tell us what to do
calls = {}  # our live calls by id, each in the words of AdoptCall
sys.stdout.reconfigure(line_buffering=True)


def record(**entries):  # an a{sv}, as all records are
    types = {str: "s", bool: "b", list: "as"}
    return {key: GLib.Variant(types[type(value)], value) for key, value in entries.items()}


def ask(whom, member, types, *arguments):
    """The reply, or None. A refusal changes nothing; it says why, and what to do now."""
    try:
        return bus.call_sync(*whom, member, GLib.Variant(types, arguments), None, 0, -1).unpack()
    except GLib.Error as error:
        print("error", member, error.message)
        return None


def service_came(_bus, _name, owner):
    """It is there, for the first time or again: register, and report the calls that go on."""
    global service
    service = owner
    # Call screens offer to dial handles of these kinds with this app.
    configuration = record(app_id=app_id, supported_handle_kinds=["generic", "email_address"])
    (registered,) = ask(SERVICE, "Register", "(a{sv})", configuration) or sys.exit(1)
    for call, state in list(calls.items()):
        adopt = ("AdoptCall", "(sa{sv})", call, record(**state))
        if "adopt_within_ms" not in registered or ask(SERVICE, *adopt) is None:
            del calls[call]  # and hang up: nobody sees this call any more
    print("registered", *calls)


def service_left(_bus, _name):
    """Media goes on. A moment later, as one that cannot live must not be started all the time."""
    GLib.timeout_add(200, lambda: ask(BUS, "StartServiceByName", "(su)", SERVICE[0], 0) and False)


def told(_bus, sender, _path, _interface, member, parameters, invocation):
    """The service tells us something, or asks us to perform something."""
    refuse = invocation.return_dbus_error
    subject, *performing = parameters.unpack()
    if sender != service:
        return refuse("org.freedesktop.DBus.Error.AccessDenied", "Only the service may say this.")
    if not member.startswith("Perform"):
        print(member, subject)  # DidActivateAudioSession: start media, DidDeactivate...: stop it
        return invocation.return_value(None)
    call, details = performing
    what = [details[key] for key in ("kind", "held", "muted", "digits", "handle") if key in details]
    print(member, call, *what)
    if call not in calls and member != "PerformStartCall":
        return refuse("org.hookswitch.Error.Failed", "This app has no such call.")
    if member == "PerformEndCall":
        del calls[call]
    elif member == "PerformStartCall":
        calls[call] = {"state": "dialing"}
    elif member == "PerformAnswerCall":
        calls[call]["state"] = "active"
    elif member == "PerformSetHeld":
        calls[call]["state"] = "held" if details["held"] else "active"
    elif member == "PerformSetMuted":
        calls[call]["muted"] = details["muted"]
    elif member != "PerformPlayDtmf":
        return refuse("org.freedesktop.DBus.Error.UnknownMethod", "This app is older than that.")
    # An empty record: it is done. provider_blocking.py shows how to take longer.
    invocation.return_value(GLib.Variant("(a{sv})", ({},)))
    if member == "PerformStartCall":  # The callee's phone rings, and is answered.
        for moment, state in (("StartedConnecting", "connecting"), ("Connected", "active")):
            if ask(SERVICE, f"ReportOutgoingCall{moment}", "(sa{sv})", call, {}) is not None:
                calls[call]["state"] = state


def signalled(number):
    if number == signal.SIGUSR1:
        call, anna = str(uuid.uuid4()), record(handle="anna@example.org", name="Anna")
        if ask(SERVICE, "ReportNewIncomingCall", "(sa{sv})", call, anna):  # else it was never shown
            calls[call] = {"state": "ringing"}
            print("ringing", call)
    elif number == signal.SIGUSR2 and calls:
        ended = record(reason="remote_ended")
        ask(SERVICE, "ReportCallEnded", "(sa{sv})", calls.popitem()[0], ended)
    elif number != signal.SIGUSR2:
        ask(SERVICE, "Invalidate", "()")
        loop.quit()
    return True


(delegate,) = Gio.DBusNodeInfo.new_for_xml(CONTRACT.read_text()).interfaces
bus.register_object("/org/hookswitch/ProviderDelegate", delegate, told, None, None)
if ask(BUS, "RequestName", "(su)", app_id, 4) != (1,):  # 4: or not at all. 1: it is ours
    sys.exit(f"error: {app_id} runs already: use that one")
Gio.bus_watch_name_on_connection(bus, SERVICE[0], 0, service_came, service_left)
for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGINT):
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, signalled, number)
loop.run()
