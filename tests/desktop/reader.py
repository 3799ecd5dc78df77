#!/usr/bin/python3
"""What somebody who cannot see the screen does with the call screens, through AT-SPI.

  reader.py wait NAME          wait until a control or text of that name is there
  reader.py gone NAME          wait until none is
  reader.py press NAME THEN    press the button of that name until THEN is there: a screen that has just changed takes none;
                               THEN with a ! before it: until that is gone
  reader.py once NAME          press the button of that name one time, when it is there
  reader.py page NAME          turn to the page of that name
  reader.py names              print all names, one a line
  reader.py lint               fail if something that can be pressed has no name of its own

NAME is a regular expression for the whole name. Nothing waits longer than 40 seconds: that is a hang.
"""
import re
import sys
import time
import warnings

warnings.simplefilter("ignore")
import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib

PROGRAM = "hookswitch-phone|org.hookswitch.Phone"
GUARD = 40
LOOK = 0.05
PRESSED = ("push button", "button", "toggle button", "check box", "switch")
TABS = ("page tab", "radio button", *PRESSED)


def everything():
    desktop = Atspi.get_desktop(0)
    for at in range(desktop.get_child_count()):
        program = desktop.get_child_at_index(at)
        if program is not None and re.fullmatch(PROGRAM, program.get_name() or ""):
            yield from below(program)


def below(parent):
    yield parent
    for at in range(parent.get_child_count()):
        child = parent.get_child_at_index(at)
        if child is not None:
            yield from below(child)


def name_of(one):
    """Without the marks that keep a number in its order among words that are read from right to left."""
    return re.sub("[\u2066-\u2069]", "", one.get_name() or "")


def named(name):
    try:
        for one in everything():
            if re.fullmatch(name, name_of(one)):
                return one
    except GLib.Error:
        # It went while it was looked at.
        pass
    return None


def until(what, look):
    end = time.monotonic() + GUARD
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(LOOK)
    names = sorted({name_of(one) for one in everything()})
    sys.exit(f"{what} did not come; there are {names}")


def button(name):
    """A row may have the name of the switch in it: what can be pressed is meant."""
    try:
        for one in everything():
            if one.get_role_name() in PRESSED and re.fullmatch(name, name_of(one)):
                return one
    except GLib.Error:
        pass
    return None


def press(name, then):
    def once():
        one = button(name)
        if one is not None:
            try:
                Atspi.Action.do_action(one.get_action_iface() or one, 0)
            except GLib.Error:
                pass
        return named(then[1:]) is None if then.startswith("!") else named(then)

    until(f"{name}, then {then}", once)


def once(name):
    one = until(name, lambda: button(name))
    Atspi.Action.do_action(one.get_action_iface() or one, 0)


def tab(name):
    """The last one: the bar below the pages, or the only one."""
    try:
        tabs = [
            one
            for one in everything()
            if one.get_role_name() in TABS and re.fullmatch(name, name_of(one))
        ]
    except GLib.Error:
        return None
    return tabs[-1] if tabs else None


def page(name):
    one = until(name, lambda: tab(name))
    Atspi.Action.do_action(one.get_action_iface() or one, 0)


def lint():
    bare = [
        one.get_role_name()
        for one in everything()
        if one.get_role_name() in PRESSED and re.fullmatch("((Gtk|Adw).*)?", one.get_name() or "")
    ]
    if bare:
        sys.exit(f"without a name of their own: {bare}")


def main(wish, *words):
    if wish == "wait":
        until(words[0], lambda: named(words[0]))
    elif wish == "gone":
        until(f"the end of {words[0]}", lambda: named(words[0]) is None)
    elif wish == "press":
        press(*words)
    elif wish == "once":
        once(words[0])
    elif wish == "page":
        page(words[0])
    elif wish == "names":
        print("\n".join(name_of(one) for one in everything()))
    elif wish == "lint":
        lint()
    else:
        sys.exit(__doc__)


if len(sys.argv) < 2:
    sys.exit(__doc__)
main(*sys.argv[1:])
