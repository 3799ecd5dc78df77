#!/usr/bin/env python3
"""Makes data/sounds anew: our own ringtone, out of sines, so that nobody else has rights in it.

It needs sox (with its Ogg format) for the encoding only. The result is in the repository; run this to change it.
"""

import array
import math
import pathlib
import subprocess
import sys
import tempfile
import wave

RATE = 48_000
BEAT = 0.2  # seconds
# Bars of eight beats; a dot is a rest. In D, with the second voice a sixth or a third below.
MELODY = "D5 F#5 A5 D6 . A5 B5 .  G5 B5 D6 E6 . D6 B5 .  F#5 A5 D6 F#6 . E6 D6 .  A5 . F#5 . D5 . . ."
SECOND = ". A4 . F#5 . . G5 .  . D5 . G5 . . G5 .  . D5 . A5 . . A5 .  F#5 . D5 . A4 . . ."
NAMES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# Of a struck wooden bar: frequency, level and decay of each partial, against the note's own.
PARTIALS = ((1.0, 1.0, 5.5), (2.0, 0.18, 8.0), (3.93, 0.28, 16.0), (9.2, 0.06, 40.0))


def hertz(note):
    name, octave = note.rstrip("0123456789"), int(note[-1])
    semitones = NAMES[name[0]] + name.count("#") + 12 * (octave - 4) - 9
    return 440.0 * 2.0 ** (semitones / 12.0)


def strike(into, begin, frequency, level):
    """A note from there to where it cannot be heard; it goes on at the beginning, so that the loop has no seam."""
    for times, share, decay in PARTIALS:
        step = math.tau * frequency * times / RATE
        amplitude = level * share
        fade = math.exp(-decay / RATE)
        length = min(len(into), int(RATE * 7.0 / decay))
        for at in range(length):
            attack = min(1.0, at / (0.003 * RATE))
            into[(begin + at) % len(into)] += attack * amplitude * math.sin(step * at)
            amplitude *= fade


def echo(dry, seconds, level):
    """What comes back from a wall; around the end as well."""
    offset = int(seconds * RATE)
    return [dry[at] + level * dry[at - offset] for at in range(len(dry))]


def ring():
    left_notes, right_notes = MELODY.split(), SECOND.split()
    length = int(len(left_notes) * BEAT * RATE)
    first, second = [0.0] * length, [0.0] * length
    for voice, notes, level in ((first, left_notes, 1.0), (second, right_notes, 0.6)):
        for at, note in enumerate(notes):
            if note != ".":
                strike(voice, int(at * BEAT * RATE), hertz(note), level)
    left = echo([a + 0.6 * b for a, b in zip(first, second)], 0.31, 0.18)
    right = echo([a + 0.9 * b for a, b in zip(first, second)], 0.37, 0.18)
    return left, right


def write(path, left, right):
    loudest = max(max(map(abs, left)), max(map(abs, right)))
    scale = 0.8 * 32767 / loudest
    samples = array.array("h", (int(scale * value) for pair in zip(left, right) for value in pair))
    if sys.byteorder == "big":
        samples.byteswap()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def main():
    folder = pathlib.Path(__file__).parent.parent / "data" / "sounds"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        made = pathlib.Path(scratch) / "ring.wav"
        write(made, *ring())
        target = folder / "ring.ogg"
        command = ["sox", "-R", str(made), "-C", "4", "--comment", "Hookswitch ringtone. MIT OR Apache-2.0", str(target)]
        subprocess.run(command, check=True)
        print(f"{target.name}: {target.stat().st_size} bytes")


main()
