// The peer page: joins a session, publishes the microphone, plays the others.
"use strict";

const byId = (id) => document.getElementById(id);
const form = byId("join-form");
const query = new URLSearchParams(location.search);
let room = null;

byId("url").value = query.get("url") || location.origin;
byId("token").value = query.get("token") || "";

function show(text, light = "") {
  byId("state").textContent = text;
  byId("light").className = `light ${light}`;
}

function complain(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

function showOthers() {
  const list = byId("others");
  list.replaceChildren();
  for (const other of room ? room.remoteParticipants.values() : []) {
    const item = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = other.name || other.identity;
    const what = document.createElement("span");
    what.className = "hint";
    const audio = [...other.audioTrackPublications.values()];
    what.textContent = audio.length === 0 ? "listening" : audio.every((track) => track.isMuted) ? "muted" : "microphone on";
    item.append(name, what);
    list.append(item);
  }
  if (!list.children.length) {
    const item = document.createElement("li");
    item.className = "hint";
    item.textContent = "Nobody else.";
    list.append(item);
  }
}

function setJoined(joined) {
  byId("mute").disabled = byId("leave").disabled = !joined;
  byId("join").disabled = joined;
  form.hidden = joined;
  if (!joined) {
    byId("audio").replaceChildren();
    setMuted(false);
  }
}

function setMuted(muted) {
  byId("mute").setAttribute("aria-pressed", String(muted));
  byId("mute").textContent = muted ? "Unmute" : "Mute";
}

function watch(events) {
  room
    .on(events.TrackSubscribed, (track) => byId("audio").append(track.attach()))
    .on(events.TrackUnsubscribed, (track) => track.detach().forEach((element) => element.remove()))
    .on(events.Reconnecting, () => show("Reconnecting…", "reconnecting"))
    .on(events.SignalReconnecting, () => show("Reconnecting…", "reconnecting"))
    .on(events.Reconnected, () => show("In the session", "connected"))
    .on(events.AudioPlaybackStatusChanged, () => {
      complain(room.canPlaybackAudio ? "" : "The browser does not play sound yet. Press any button on this page.");
    })
    .on(events.Disconnected, () => {
      room = null;
      show("The session is over");
      setJoined(false);
      showOthers();
    });
  for (const event of ["ParticipantConnected", "ParticipantDisconnected", "TrackPublished", "TrackUnpublished",
    "TrackSubscribed", "TrackMuted", "TrackUnmuted"]) {
    room.on(events[event], showOthers);
  }
}

async function join() {
  const library = window.LivekitClient;
  complain("");
  show("Joining…", "reconnecting");
  byId("join").disabled = true;
  room = new library.Room();
  window.hookswitchRoom = room; // For tests, which read its statistics.
  watch(library.RoomEvent);
  try {
    await room.connect(byId("url").value.replace(/^http/, "ws"), byId("token").value);
  } catch (error) {
    room = null;
    setJoined(false);
    show("Not joined");
    complain(`Joining failed: ${error.message}. Check the exchange and the token, then join again.`);
    return;
  }
  setJoined(true);
  showOthers();
  try {
    await room.localParticipant.setMicrophoneEnabled(true);
    show("In the session", "connected");
  } catch (error) {
    show("In the session, listening only", "connected");
    complain(`No microphone: ${error.message}. Allow it in the browser, leave, and join again.`);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  join();
});

byId("mute").addEventListener("click", async () => {
  const muted = room.localParticipant.isMicrophoneEnabled;
  await room.localParticipant.setMicrophoneEnabled(!muted);
  setMuted(muted);
});

byId("leave").addEventListener("click", () => room.disconnect());
document.addEventListener("click", () => room?.startAudio().catch(() => {}));

if (!window.LivekitClient) {
  byId("join").disabled = true;
  complain(
    "The browser library is missing. Run `npm install livekit-client` and start the exchange with " +
      "`--assets node_modules`, then load this page again."
  );
} else if (query.get("token")) {
  join();
}
