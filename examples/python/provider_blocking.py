#!/usr/bin/python3
"""An app that can call, without an event loop (Debian: python3-jeepney): provider_blocking.py [ID]

To dial or to connect takes a while, and other performs, an end above all, may come meanwhile. So each
is answered with `deferred`, and completed with Fulfill after signalling, for which a timer stands here.
SIGUSR1: somebody calls. SIGUSR2: the far side of the newest call hangs up. SIGTERM: the app leaves.
"""

import queue
import signal
import sys
import threading
import uuid

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType
from jeepney import new_error, new_method_call, new_method_return
from jeepney.io.threading import open_dbus_router

NAME = "org.hookswitch.Hookswitch"
BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
SERVICE = DBusAddress("/org/hookswitch", NAME, "org.hookswitch.Provider1")
PERFORMS = "StartCall AnswerCall EndCall SetHeld SetMuted PlayDtmf".split()
app_id = sys.argv[1] if len(sys.argv) > 1 else "org.example.PhoneBlocking"
todo = queue.SimpleQueue()  # for the main thread: what came from the bus, signalling and the user
service = ""  # the connection of the service: nobody else may tell us what to do
calls = []  # the ids of our live calls
pending = {}  # the actions that are not completed yet, and the call of each
sys.stdout.reconfigure(line_buffering=True)


def ask(whom, member, types, *arguments):
    """The reply, or None. A refusal changes nothing; it says why, and what to do now."""
    reply = router.send_and_get_reply(new_method_call(whom, member, types, arguments), timeout=25)
    if reply.header.message_type is MessageType.error:
        print("error", member, reply.header.fields[HeaderFields.error_name], *reply.body)
        return None
    return reply.body


def service_is(owner):
    """It came, or it left. This app ends its calls then; provider.py shows how they live on."""
    global service
    if owner == service:
        return
    service = owner
    calls.clear()
    pending.clear()
    if not service:  # Not at once: one that cannot live must not be started all the time.
        return threading.Timer(0.2, ask, [BUS, "StartServiceByName", "su", NAME, 0]).start()
    configuration = {"app_id": ("s", app_id), "supported_handle_kinds": ("as", ["email_address"])}
    ask(SERVICE, "Register", "a{sv}", configuration) or sys.exit(1)
    print("registered")


def arrived(message):
    """The service came or left, tells us something, or asks us to perform something."""
    body, member = message.body, message.header.fields[HeaderFields.member]
    if message.header.message_type is MessageType.signal:
        return service_is(body[2])
    refuse = lambda error, text: router.send(new_error(message, error, "s", (text,)))
    if message.header.fields[HeaderFields.sender] != service:
        return refuse("org.freedesktop.DBus.Error.AccessDenied", "Only the service may say this.")
    if not member.startswith("Perform"):  # These want no reply.
        print(member, body[0])  # DidActivateAudioSession: start media, DidDeactivate...: stop it
        return pending.pop(body[0], None)  # TimedOut: it counts as failed already
    if member.removeprefix("Perform") not in PERFORMS:
        return refuse("org.freedesktop.DBus.Error.UnknownMethod", "This app is older than that.")
    action, call, details = body
    keys = ("kind", "held", "muted", "digits", "handle")
    print(member, call, *(details[key][1] for key in keys if key in details))
    if member == "PerformStartCall":
        calls.append(call)
    elif call not in calls:
        return refuse("org.hookswitch.Error.Failed", "This app has no such call.")
    elif member == "PerformEndCall":  # What is under way for this call is over as well.
        for other in [other for other in pending if pending[other] == call]:
            del pending[other]
        calls.remove(call)
    pending[action] = call
    router.send(new_method_return(message, "a{sv}", ({"deferred": ("b", True)},)))
    threading.Timer(0.05, todo.put, [lambda: signalled(member, action, call)]).start()


def signalled(member, action, call):
    if pending.pop(action, None) and ask(SERVICE, "Fulfill", "ta{sv}", action, {}) is not None:
        print("fulfilled", member, call)
        if member == "PerformStartCall":  # The callee's phone rings, and is answered.
            ask(SERVICE, "ReportOutgoingCallStartedConnecting", "sa{sv}", call, {})
            ask(SERVICE, "ReportOutgoingCallConnected", "sa{sv}", call, {})


def user(number):
    if number == signal.SIGUSR1:
        call, anna = str(uuid.uuid4()), {"handle": ("s", "anna@example.org"), "name": ("s", "Anna")}
        if ask(SERVICE, "ReportNewIncomingCall", "sa{sv}", call, anna):  # else it was never shown
            calls.append(call)
            print("ringing", call)
    elif number != signal.SIGUSR2:
        sys.exit(ask(SERVICE, "Invalidate", None) is None)
    elif calls:
        ask(SERVICE, "ReportCallEnded", "sa{sv}", calls.pop(), {"reason": ("s", "remote_ended")})


with open_dbus_router() as router:
    changes = MatchRule(type="signal", sender=BUS.bus_name, member="NameOwnerChanged")
    changes.add_arg_condition(0, NAME)
    delegate = MatchRule(type="method_call", path="/org/hookswitch/ProviderDelegate")
    threading.excepthook = lambda _: todo.put(lambda: sys.exit("error: the bus is gone"))
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: todo.put(lambda: user(number)))
    with router.filter(changes, queue=todo), router.filter(delegate, queue=todo):
        ask(BUS, "AddMatch", "s", changes.serialise())
        if ask(BUS, "RequestName", "su", app_id, 4) != (1,):  # 4: or not at all. 1: it is ours
            sys.exit(f"error: {app_id} runs already: use that one")
        ask(BUS, "StartServiceByName", "su", NAME, 0)
        service_is(*ask(BUS, "GetNameOwner", "s", NAME))
        while True:
            what = todo.get()
            arrived(what) if isinstance(what, Message) else what()
