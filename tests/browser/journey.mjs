// A browser and a native participant in one session: each must hear the other.
//
// node journey.mjs --exchange PATH --participant PATH --speech WAV [--screenshot PNG]
//
// Starts the exchange, makes a session and tokens over its HTTP API, opens the peer page in headless Chromium, and runs
// the native participant next to it. Prints one line of JSON with the figures; exits 1 and says why if one is missing.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const HANG_MS = 90_000; // Nothing takes so long; only a hang does.
const HEARD_DBFS = -45; // Level that counts as heard. The speech and Chromium's fake microphone are far above it.
const KEY = "journey";
const SECRET = "a secret for this journey, thirty-two or more";

const { values: args } = parseArgs({
  options: {
    exchange: { type: "string" },
    participant: { type: "string" },
    speech: { type: "string" },
    screenshot: { type: "string" },
    chromium: { type: "string", default: "/usr/bin/chromium" },
  },
});

const here = dirname(fileURLToPath(import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "hookswitch-browser-"));
const running = [];

function start(program, programArgs, env = {}) {
  const child = spawn(program, programArgs, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  running.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, line: async () => JSON.parse((await lines.next()).value) };
}

async function until(what, check) {
  const end = Date.now() + HANG_MS;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited too long: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

// Level of the loudest second of a 48 kHz mono recording, in dB of full scale.
function loudestSecond(path) {
  const bytes = readFileSync(path);
  const samples = new Int16Array(bytes.buffer, bytes.byteOffset + 44, (bytes.length - 44) >> 1);
  let loudest = -127;
  for (let from = 0; from + 48_000 <= samples.length; from += 24_000) {
    let energy = 0;
    for (let at = from; at < from + 48_000; at++) energy += samples[at] ** 2;
    loudest = Math.max(loudest, 10 * Math.log10(energy / 48_000 / 32_768 ** 2 + 1e-13));
  }
  return loudest;
}

async function journey() {
  const exchange = start(
    args.exchange,
    ["--listen", "127.0.0.1:0", "--udp", "127.0.0.1:0", "--assets", join(here, "node_modules")],
    { HOOKSWITCH_API_KEY: KEY, HOOKSWITCH_API_SECRET: SECRET, RUST_LOG: "warn" },
  );
  const { url } = await exchange.line();
  const ask = async (path, body) => {
    const headers = {
      authorization: `Basic ${Buffer.from(`${KEY}:${SECRET}`).toString("base64")}`,
      "content-type": "application/json",
    };
    const answer = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const { session } = await ask("/v1/sessions", {});
  const token = async (identity) => (await ask("/v1/tokens", { kind: "room", session, identity })).token;

  const heard = join(scratch, "heard.wav");
  const native = start(
    args.participant,
    ["--url", url, "--audio-in", args.speech, "--audio-out", heard],
    { HOOKSWITCH_TOKEN: await token("native") },
  );
  const joined = await native.line();

  const browser = await chromium.launch({
    executablePath: args.chromium,
    args: [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
      "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 640, height: 640 } });
    page.on("pageerror", (error) => console.error(`page: ${error.message}`));
    const opened = Date.now();
    await page.goto(`${url}/?token=${encodeURIComponent(await token("browser"))}`);
    await page.getByText("In the session", { exact: true }).first().waitFor({ timeout: HANG_MS });
    const joinedAfter = Date.now() - opened;

    // What the browser receives, as its own statistics say.
    const received = () => page.evaluate(async () => {
      const tracks = [...window.hookswitchRoom.remoteParticipants.values()]
        .flatMap((other) => [...other.audioTrackPublications.values()])
        .map((publication) => publication.track).filter(Boolean);
      for (const track of tracks) {
        for (const entry of (await track.getRTCStatsReport()).values()) {
          if (entry.type === "inbound-rtp" && entry.kind === "audio") {
            return {
              packets: entry.packetsReceived, lost: entry.packetsLost, energy: entry.totalAudioEnergy,
              seconds: entry.totalSamplesDuration, concealed: entry.concealedSamples,
            };
          }
        }
      }
      return null;
    });
    const enough = await until("the browser hears the native participant", async () => {
      const now = await received();
      if (!now || now.seconds < 4) return null;
      return 10 * Math.log10(now.energy / now.seconds + 1e-13) > HEARD_DBFS ? now : null;
    });
    await until("the native participant hears the browser", async () => {
      try {
        return loudestSecond(heard) > HEARD_DBFS;
      } catch {
        return false; // Not written yet.
      }
    });
    if (args.screenshot) await page.screenshot({ path: args.screenshot });

    await page.getByRole("button", { name: "Mute" }).click();
    await page.getByRole("button", { name: "Unmute" }).waitFor({ timeout: HANG_MS });
    await page.getByRole("button", { name: "Leave" }).click();
    await page.getByText("The session is over").waitFor({ timeout: HANG_MS });

    native.child.kill("SIGTERM");
    let left;
    do left = await native.line();
    while (left.event !== "left");
    return {
      native_connect_ms: joined.connect_ms,
      browser_joined_ms: joinedAfter,
      browser_hears_dbfs: +(10 * Math.log10(enough.energy / enough.seconds)).toFixed(1),
      browser_packets: enough.packets,
      browser_lost: enough.lost,
      native_hears_dbfs: +loudestSecond(heard).toFixed(1),
      native_packets_sent: left.packets_sent,
    };
  } finally {
    await browser.close();
  }
}

const guard = setTimeout(() => {
  console.error("the journey hangs");
  process.exit(1);
}, 4 * HANG_MS);
let failed = false;
try {
  console.log(JSON.stringify(await journey()));
} catch (error) {
  console.error(error.message);
  failed = true;
} finally {
  clearTimeout(guard);
  for (const child of running) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  }
  rmSync(scratch, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
