#!/usr/bin/env python3
"""A finger for a compositor without input devices: a virtual pointer, moved by lines on standard input.

    finger.py WIDTH HEIGHT        size of the screen, in logical pixels

Lines: "tap X Y", "slide X1 Y1 X2 Y2", "rest X Y". Each is answered with "done" on standard output; "ready" comes first.
It speaks Wayland by itself (wlr-virtual-pointer-unstable-v1), with the standard library only: the pointer must be there
before the shell is, and must stay, as a shell may not live without a seat.
"""
import os
import socket
import struct
import sys
import time

LEFT_BUTTON = 0x110
DISPLAY = 1
# Opcodes of requests.
SYNC, GET_REGISTRY = 0, 1
BIND = 0
CREATE_POINTER = 0
MOTION_ABSOLUTE, BUTTON, FRAME = 1, 2, 4
# How long a finger stays before, on, and between the places it touches, in seconds.
TOUCH, STEP, STEPS = 0.08, 0.015, 24


class Compositor:
    """The connection: requests go out, globals and answers to `sync` come in."""

    def __init__(self):
        path = os.path.join(os.environ["XDG_RUNTIME_DIR"], os.environ["WAYLAND_DISPLAY"])
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.rest = b""
        self.last_id = DISPLAY
        self.globals = {}
        self.registry = self.new_id()
        self.request(DISPLAY, GET_REGISTRY, struct.pack("=I", self.registry))
        self.settle()

    def new_id(self):
        self.last_id += 1
        return self.last_id

    def request(self, of, opcode, body=b""):
        self.socket.sendall(struct.pack("=IHH", of, opcode, 8 + len(body)) + body)

    def settle(self):
        """Wait until everything asked so far was done."""
        callback = self.new_id()
        self.request(DISPLAY, SYNC, struct.pack("=I", callback))
        while not self.take(callback):
            pass

    def take(self, callback):
        data = self.socket.recv(1 << 16)
        if not data:
            sys.exit("finger: the compositor is gone")
        self.rest += data
        answered = False
        while len(self.rest) >= 8:
            of, opcode, size = struct.unpack_from("=IHH", self.rest)
            if len(self.rest) < size:
                break
            body, self.rest = self.rest[8:size], self.rest[size:]
            if of == DISPLAY and opcode == 0:
                sys.exit(f"finger: the compositor refused: {body!r}")
            if of == self.registry and opcode == 0:
                number, length = struct.unpack_from("=II", body)
                self.globals[body[8 : 8 + length - 1].decode()] = number
            answered = answered or of == callback
        return answered

    def bind(self, interface, version):
        if interface not in self.globals:
            sys.exit(f"finger: the compositor has no {interface}; it must be of wlroots")
        name = interface.encode() + b"\0"
        text = struct.pack("=I", len(name)) + name + b"\0" * (-len(name) % 4)
        new = self.new_id()
        body = struct.pack("=I", self.globals[interface]) + text + struct.pack("=II", version, new)
        self.request(self.registry, BIND, body)
        return new


class Finger:
    """A virtual pointer. Without a seat of its own: the compositor makes one for it."""

    def __init__(self, width, height):
        self.size = (width, height)
        self.compositor = Compositor()
        pointers = self.compositor.bind("zwlr_virtual_pointer_manager_v1", 1)
        self.pointer = self.compositor.new_id()
        self.compositor.request(pointers, CREATE_POINTER, struct.pack("=II", 0, self.pointer))
        self.compositor.settle()

    def ask(self, opcode, *numbers):
        now = int(time.monotonic() * 1000) & 0xFFFFFFFF
        self.compositor.request(self.pointer, opcode, struct.pack(f"={len(numbers) + 1}I", now, *numbers))
        self.compositor.request(self.pointer, FRAME)

    def rest(self, x, y):
        self.ask(MOTION_ABSOLUTE, x, y, *self.size)
        time.sleep(STEP)

    def tap(self, x, y):
        self.rest(x, y)
        self.ask(BUTTON, LEFT_BUTTON, 1)
        time.sleep(TOUCH)
        self.ask(BUTTON, LEFT_BUTTON, 0)

    def slide(self, x1, y1, x2, y2):
        self.rest(x1, y1)
        self.ask(BUTTON, LEFT_BUTTON, 1)
        for step in range(1, STEPS + 1):
            self.rest(x1 + (x2 - x1) * step // STEPS, y1 + (y2 - y1) * step // STEPS)
        self.ask(BUTTON, LEFT_BUTTON, 0)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    finger = Finger(int(sys.argv[1]), int(sys.argv[2]))
    print("ready", flush=True)
    does = {"tap": finger.tap, "slide": finger.slide, "rest": finger.rest}
    for line in sys.stdin:
        what, *places = line.split()
        does[what](*map(int, places))
        finger.compositor.settle()
        print("done", flush=True)


if __name__ == "__main__":
    main()
