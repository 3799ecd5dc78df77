#!/usr/bin/python3
"""A window that the user writes in: writer.py FILE has in FILE what was written so far."""
import sys

import gi

gi.require_version("Gtk", "4.0")
from gi.repository import Gtk


def opens(app):
    window = Gtk.ApplicationWindow(application=app, title="Letter")
    entry = Gtk.Entry()
    entry.connect("changed", lambda entry: keep(entry.get_text()))
    window.set_child(entry)
    window.present()
    entry.grab_focus()


def keep(text):
    with open(sys.argv[1], "w") as letter:
        letter.write(text)


application = Gtk.Application(application_id="org.example.Letter")
application.connect("activate", opens)
application.run([])
