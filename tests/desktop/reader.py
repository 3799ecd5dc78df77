#!/usr/bin/python3
"""What somebody who cannot see the screen does with the call screens, through AT-SPI.

  reader.py wait NAME          wait until a control or text of that name is there
  reader.py gone NAME          wait until none is
  reader.py press NAME THEN    press the button of that name until THEN is there: a screen that has just changed takes none;
                               THEN with a ! before it: until that is gone
  reader.py once NAME          press the button of that name one time, when it is there
  reader.py last NAME          the same with the last button of that name
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


def gone(name):
    """Whether there is none: not what could not be looked at."""
    try:
        return not any(re.fullmatch(name, name_of(one)) for one in everything())
    except GLib.Error:
        return False


def acts(one):
    """Press it, if it is still there."""
    try:
        Atspi.Action.do_action(one.get_action_iface() or one, 0)
    except GLib.Error:
        return False
    return True


def whole(look):
    """What it finds when nothing goes away while it looks."""
    end = time.monotonic() + GUARD
    while True:
        try:
            return look()
        except GLib.Error:
            if time.monotonic() > end:
                raise


def until(what, look):
    end = time.monotonic() + GUARD
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(LOOK)
    names = whole(lambda: sorted({name_of(one) for one in everything()}))
    sys.exit(f"{what} did not come; there are {names}")


def buttons(name):
    """A row may have the name of the switch in it: what can be pressed is meant."""
    try:
        for one in everything():
            if one.get_role_name() in PRESSED and re.fullmatch(name, name_of(one)):
                yield one
    except GLib.Error:
        # It went while it was looked at.
        return


def button(name):
    return next(buttons(name), None)


def press(name, then):
    def once():
        one = button(name)
        if one is not None:
            acts(one)
        return gone(then[1:]) if then.startswith("!") else named(then)

    until(f"{name}, then {then}", once)


def once(name):
    until(name, lambda: (one := button(name)) is not None and acts(one))


def last(name):
    until(name, lambda: bool(all := list(buttons(name))) and acts(all[-1]))


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
    until(name, lambda: (one := tab(name)) is not None and acts(one))


def nameless():
    return [
        one.get_role_name()
        for one in everything()
        if one.get_role_name() in PRESSED and re.fullmatch("((Gtk|Adw).*)?", one.get_name() or "")
    ]


def lint():
    bare = whole(nameless)
    if bare:
        sys.exit(f"without a name of their own: {bare}")


def main(wish, *words):
    if wish == "wait":
        until(words[0], lambda: named(words[0]))
    elif wish == "gone":
        until(f"the end of {words[0]}", lambda: gone(words[0]))
    elif wish == "press":
        press(*words)
    elif wish == "once":
        once(words[0])
    elif wish == "last":
        last(words[0])
    elif wish == "page":
        page(words[0])
    elif wish == "names":
        print("\n".join(whole(lambda: [name_of(one) for one in everything()])))
    elif wish == "lint":
        lint()
    else:
        sys.exit(__doc__)


if len(sys.argv) < 2:
    sys.exit(__doc__)
main(*sys.argv[1:])
