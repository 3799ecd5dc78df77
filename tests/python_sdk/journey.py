"""The official Python SDK and a native participant in one session: each must hear the other.

python journey.py --exchange PATH --participant PATH --speech WAV

Starts the exchange, makes a session and tokens over its HTTP API, joins with the SDK, publishes a tone, and runs the
native participant next to it. Prints one line of JSON with the figures; exits 1 and says why if one is missing.
"""

import argparse
import array
import asyncio
import base64
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import wave

from livekit import rtc

HANG_S = 90  # Nothing takes so long; only a hang does.
HEARD_DBFS = -45
TONE_PEAK = 8000
KEY, SECRET = "journey", "a secret for this journey, thirty-two or more"


def level(samples):
    """Level of 16-bit samples in dB of full scale."""
    if not samples:
        return -127.0
    return 10 * math.log10(sum(s * s for s in samples) / len(samples) / 32768**2 + 1e-13)


def loudest_second(path):
    with wave.open(path) as file:
        samples = array.array("h", file.readframes(file.getnframes()))
    seconds = [samples[at : at + 48000] for at in range(0, len(samples) - 47999, 24000)]
    return max((level(second) for second in seconds), default=-127.0)


def ask(url, path, body):
    credentials = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    request = urllib.request.Request(
        url + path,
        data=json.dumps(body).encode(),
        headers={"authorization": f"Basic {credentials}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=HANG_S) as answer:
        return json.load(answer)


async def until(what, check):
    end = time.monotonic() + HANG_S
    while not (found := check()):
        if time.monotonic() > end:
            raise TimeoutError(f"waited too long: {what}")
        await asyncio.sleep(0.1)
    return found


async def publish_tone(source):
    at = 0
    while True:
        frame = rtc.AudioFrame.create(48000, 1, 480)
        for index in range(480):
            frame.data[index] = int(TONE_PEAK * math.sin(2 * math.pi * 440 * (at + index) / 48000))
        at = (at + 480) % 48000
        await source.capture_frame(frame)


async def journey(arguments, url, processes, scratch):
    session = ask(url, "/v1/sessions", {})["session"]

    def token(identity):
        return ask(url, "/v1/tokens", {"kind": "room", "session": session, "identity": identity})["token"]

    heard_file = os.path.join(scratch, "heard.wav")
    native = subprocess.Popen(
        [arguments.participant, "--url", url, "--audio-in", arguments.speech, "--audio-out", heard_file],
        env={**os.environ, "HOOKSWITCH_TOKEN": token("native")},
        stdout=subprocess.PIPE,
        text=True,
    )
    processes.append(native)
    native.stdout.readline()

    heard = array.array("h")
    listening = []
    room = rtc.Room()

    async def listen(track):
        async for event in rtc.AudioStream(track, sample_rate=48000, num_channels=1):
            heard.extend(event.frame.data)

    @room.on("track_subscribed")
    def subscribed(track, _publication, _participant):
        listening.append(asyncio.create_task(listen(track)))

    began = time.monotonic()
    await asyncio.wait_for(room.connect(url.replace("http", "ws", 1), token("python")), HANG_S)
    connected_ms = (time.monotonic() - began) * 1000
    source = rtc.AudioSource(48000, 1)
    began = time.monotonic()
    track = rtc.LocalAudioTrack.create_audio_track("tone", source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    await asyncio.wait_for(room.local_participant.publish_track(track, options), HANG_S)
    published_ms = (time.monotonic() - began) * 1000
    tone = asyncio.create_task(publish_tone(source))
    try:
        await until("the SDK hears the native participant", lambda: level(heard[-96000:]) > HEARD_DBFS)
        wanted = level([TONE_PEAK * math.sin(2 * math.pi * at / 100) for at in range(1000)])

        def native_hears():
            try:
                return abs(loudest_second(heard_file) - wanted) < 3
            except (EOFError, FileNotFoundError, wave.Error):
                return False  # Not written yet.

        await until("the native participant hears the SDK's tone", native_hears)
    finally:
        tone.cancel()
        for task in listening:
            task.cancel()
        await room.disconnect()
    native.terminate()
    left = [json.loads(line) for line in native.stdout][-1]
    return {
        "sdk_connect_ms": round(connected_ms),
        "sdk_publish_ms": round(published_ms),
        "sdk_hears_dbfs": round(level(heard[-96000:]), 1),
        "native_hears_dbfs": round(loudest_second(heard_file), 1),
        "native_should_hear_dbfs": round(wanted, 1),
        "native_lost": sum(track["lost"] for track in left["received"]),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--exchange", required=True)
    parser.add_argument("--participant", required=True)
    parser.add_argument("--speech", required=True)
    arguments = parser.parse_args()
    processes = []
    with tempfile.TemporaryDirectory(prefix="hookswitch-python-") as scratch:
        try:
            exchange = subprocess.Popen(
                [arguments.exchange, "--listen", "127.0.0.1:0", "--udp", "127.0.0.1:0"],
                env={**os.environ, "HOOKSWITCH_API_KEY": KEY, "HOOKSWITCH_API_SECRET": SECRET, "RUST_LOG": "warn"},
                stdout=subprocess.PIPE,
                text=True,
            )
            processes.append(exchange)
            url = json.loads(exchange.stdout.readline())["url"]
            print(json.dumps(asyncio.run(journey(arguments, url, processes, scratch))))
        finally:
            for process in processes:
                process.terminate()
                process.wait()


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")
