#!/usr/bin/env python3
"""Keeps the Qt type names in data/dbus/*.xml: qdbusxml2cpp refuses (or crashes on) a{sv} and aa{sv} without them.

With --check it changes nothing and fails if a file would change.
"""

import pathlib
import re
import sys

TYPES = {"a{sv}": "QVariantMap", "aa{sv}": "QList&lt;QVariantMap&gt;"}
NOTE = '      <annotation name="org.qtproject.QtDBus.QtTypeName.{}{}" value="{}"/>\n'
OLD = re.compile(r' *<annotation name="org\.qtproject\.QtDBus\.QtTypeName\.[^>]*/>\n')
MEMBER = re.compile(r'(    <(?:method|signal) name="\w+">\n)(.*?)(    </(?:method|signal)>)', re.S)
ARGUMENT = re.compile(r'<arg name="\w+" type="([^"]+)"(?: direction="(\w+)")?/>')


def annotated(member):
    head, body, tail = member.groups()
    counts, notes = {"In": 0, "Out": 0}, ""
    for argument in ARGUMENT.finditer(body):
        # The arguments of a signal have no direction; for Qt they come out.
        side = (argument.group(2) or "out").capitalize()
        if argument.group(1) in TYPES:
            notes += NOTE.format(side, counts[side], TYPES[argument.group(1)])
        counts[side] += 1
    return head + body + notes + tail


def main():
    stale = []
    for path in sorted(pathlib.Path(__file__).parent.parent.glob("data/dbus/*.xml")):
        old = path.read_text()
        new = MEMBER.sub(annotated, OLD.sub("", old))
        if new != old:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(new)
    if stale and "--check" in sys.argv:
        sys.exit(f"Qt type names are missing in {', '.join(stale)}: run scripts/annotate_contract.py")


main()
