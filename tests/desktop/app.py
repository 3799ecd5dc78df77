#!/usr/bin/python3
"""The window of an app with calls: app.py FILE writes with which right to the focus it was started into FILE."""
import os
import sys

import gi

gi.require_version("Gtk", "4.0")
from gi.repository import Gtk

# Before the toolkit takes it out of the environment.
TOKEN = os.environ.get("XDG_ACTIVATION_TOKEN") or os.environ.get("DESKTOP_STARTUP_ID") or ""


def opens(app):
    window = Gtk.ApplicationWindow(application=app, title="Chat")
    window.set_child(Gtk.Label(label="The app of the call"))
    window.present()
    with open(sys.argv[1], "w") as told:
        told.write(f"token:{TOKEN}\n")


# Not the app's own name: that is where its calls are.
application = Gtk.Application(application_id="org.example.ChatWindow")
application.connect("activate", opens)
application.run([])
