#!/usr/bin/python3
"""A call screen on a terminal, with GDBus (Debian: python3-gi, gir1.2-glib-2.0): surface.py

Prints calls as they change, and does what the lines on its input say: `answer` and `decline` the newest
that rings, `end` the newest that is active, `choose KIND` one of the choices printed for a call.

Only what the desktop entry of a surface starts may be one, and for a script that is the interpreter: with
it, every script would be a surface. Try this with `hookswitch private --surface /usr/bin/python3 --
./surface.py`, and ship a program of its own.
"""

import signal
import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
SERVICE = ("org.hookswitch.Hookswitch", "/org/hookswitch", "org.hookswitch.Surface1")
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
loop = GLib.MainLoop()
stdin = Gio.DataInputStream.new(Gio.UnixInputStream.new(0, False))
service = ""  # the connection of the service: nobody else's signals count
calls = {}  # the live calls by number, each as the service said it last
sys.stdout.reconfigure(line_buffering=True)


def ask(whom, member, types, *arguments, then=lambda *_: None):
    """What comes back goes to `then`, among the signals in the order of arrival: so the newest record wins.
    A refusal changes nothing; it says why, and what to do now."""
    def replied(_bus, result):
        try:
            then(*bus.call_finish(result).unpack())
        except GLib.Error as error:
            print("error", member, error.message)
    bus.call(*whom, member, GLib.Variant(types, arguments), None, 0, -1, None, replied)


def service_came(_bus, _name, owner):
    """It is there, for the first time or again. Its reply is the whole state."""
    global service
    service = owner
    calls.clear()
    ask(SERVICE, "Register", "(a{sv})", {"name": GLib.Variant("s", "example")}, then=show)


def service_left(_bus, _name):
    """A moment later, as one that cannot live must not be started all the time."""
    GLib.timeout_add(200, lambda: ask(BUS, "StartServiceByName", "(su)", SERVICE[0], 0))


def changed(_bus, sender, _path, _interface, _signal, parameters):
    """The records in it are whole: nothing has to be put together, and nothing asked."""
    if sender == service:
        show(*parameters.unpack())


def show(change):
    if "version" in change:
        print("registered")
    if "ring" in change:
        print("ring", change["ring"])
    for call in change.get("calls", []):
        number, state = call["number"], call["state"]
        if state == "ended":
            calls.pop(number, None)
            print("call", number, state, call.get("ended_reason", ""))
            continue
        if state == "ringing" and number not in calls:
            ask(SERVICE, "Presented", "(t)", number)
        calls[number] = call
        app = call["app_name"] if call["verified"] else f"unverified {call['app_id']}"
        # A choice may cost another call: a button names what is lost.
        choices = [c["choice"] + (f"(ends {c['ends']})" if "ends" in c else "") for c in call["choices"]]
        print("call", number, state, call.get("name") or call["handle"], f"[{app}]", *choices)


def newest(fits):
    """The number of the newest call like that."""
    return max((number for number, call in calls.items() if fits(call)), default=None)


def act(member, number, *arguments):
    """With the revision the user saw: if the choices are others by now, nothing is done."""
    if number is None:
        return print("error", member, "There is no such call.")
    options = {"revision": GLib.Variant("t", calls[number]["choices_revision"])}
    types = "(t" + "s" * len(arguments) + "a{sv})"
    # What our own request changed at once comes in its reply, not as a signal.
    ask(SERVICE, member, types, number, *arguments, options, then=lambda done: show(done.get("change", {})))


def wished(stream, result):
    line, _ = stream.read_line_finish_utf8(result)
    if line is None:
        return loop.quit()
    wish, *kind = line.split() or [""]
    ringing = newest(lambda call: call["state"] == "ringing")
    active = newest(lambda call: call["state"] == "active")
    if wish == "answer":
        act("Answer", ringing)
    elif wish == "decline":
        act("End", ringing)
    elif wish == "end":
        act("End", active or newest(lambda call: call["state"] != "ringing"))
    elif wish == "choose" and kind:
        offers = newest(lambda call: any(c["choice"] == kind[0] for c in call["choices"]))
        act("Choose", offers, *kind)
    stdin.read_line_async(GLib.PRIORITY_DEFAULT, None, wished)


bus.signal_subscribe(SERVICE[0], SERVICE[2], "Changed", SERVICE[1], None, 0, changed)
Gio.bus_watch_name_on_connection(bus, SERVICE[0], 0, service_came, service_left)
for number in (signal.SIGTERM, signal.SIGINT):
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, loop.quit)
stdin.read_line_async(GLib.PRIORITY_DEFAULT, None, wished)
loop.run()
