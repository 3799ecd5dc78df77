#!/usr/bin/env node
// An app that can call, with a D-Bus library in plain JavaScript (`npm ci` in this folder): provider.mjs [APP_ID]
//
// SIGUSR1: somebody calls. SIGUSR2: the far side of the newest call hangs up. SIGTERM: the app leaves.
// Signalling and media belong where this prints a line. Every key and error: data/dbus/*.xml.

import { Message, Variant, sessionBus } from '@jellybrick/dbus-next';
import { randomUUID } from 'node:crypto';

const NAME = 'org.hookswitch.Hookswitch';
const DBUS = 'org.freedesktop.DBus';
const BUS = { destination: DBUS, path: '/org/freedesktop/DBus', interface: DBUS };
const SERVICE = { destination: NAME, path: '/org/hookswitch', interface: 'org.hookswitch.Provider1' };
const appId = process.argv[2] ?? 'org.example.PhoneJavaScript';
const string = (value) => new Variant('s', value); // records of the contract are a{sv}
const calls = new Map(); // our live calls by id, each in the words of AdoptCall
let service = ''; // the connection of the service: nobody else may tell us what to do

const bus = sessionBus();
bus.on('error', (error) => stop(error.message));

function stop(why) {
  console.log('error', why);
  process.exit(1);
}

/** The values of the reply, or null. A refusal changes nothing; it says why, and what to do now. */
async function ask(whom, member, signature, ...body) {
  try {
    return (await bus.call(new Message({ ...whom, member, signature, body }))).body;
  } catch (error) {
    console.log('error', member, error.type, error.message);
    return null;
  }
}

/** The service came, for the first time or again, or it left. */
async function serviceIs(owner) {
  if (owner === service) return;
  service = owner;
  if (!service) {
    // Media goes on. Not at once, as one that cannot live must not be started all the time.
    setTimeout(() => ask(BUS, 'StartServiceByName', 'su', NAME, 0), 200);
    return;
  }
  // Call screens offer to dial handles of these kinds with this app.
  const kinds = new Variant('as', ['generic', 'email_address']);
  const configuration = { app_id: string(appId), supported_handle_kinds: kinds };
  const reply = await ask(SERVICE, 'Register', 'a{sv}', configuration);
  if (!reply) stop('The service does not have this app.');
  for (const [call, state] of [...calls]) {
    const adopts = 'adopt_within_ms' in reply[0];
    // One that is not adopted is seen by nobody any more: hang up.
    if (!adopts || !(await ask(SERVICE, 'AdoptCall', 'sa{sv}', call, state))) calls.delete(call);
  }
  console.log('registered', ...calls.keys());
}

/** Do what the service asks for. Null: it is done, and the reply says so. To take longer, reply `deferred`. */
function perform(member, call, details) {
  const keys = ['kind', 'held', 'muted', 'digits', 'handle'].filter((key) => key in details);
  console.log(member, call, ...keys.map((key) => details[key].value));
  const known = calls.get(call);
  if (member === 'PerformStartCall') calls.set(call, { state: string('dialing') });
  else if (!known) return ['org.hookswitch.Error.Failed', 'This app has no such call.'];
  else if (member === 'PerformAnswerCall') known.state = string('active');
  else if (member === 'PerformEndCall') calls.delete(call);
  else if (member === 'PerformSetHeld') known.state = string(details.held.value ? 'held' : 'active');
  else if (member === 'PerformSetMuted') known.muted = details.muted;
  else if (member !== 'PerformPlayDtmf') return [`${DBUS}.Error.UnknownMethod`, 'This app is older than that.'];
  return null;
}

bus.addMethodHandler((message) => {
  const { path, sender, member, body } = message;
  if (path !== '/org/hookswitch/ProviderDelegate') return false;
  let refusal = [`${DBUS}.Error.AccessDenied`, 'Only the service may say this.'];
  if (sender === service && !member.startsWith('Perform')) {
    console.log(member, String(body[0])); // DidActivateAudioSession: start media, DidDeactivate...: stop it
    return true; // These want no reply.
  }
  if (sender === service) refusal = perform(member, body[1], body[2]);
  bus.send(refusal ? Message.newError(message, ...refusal) : Message.newMethodReturn(message, 'a{sv}', [{}]));
  if (!refusal && member === 'PerformStartCall') dial(body[1]);
  return true;
});

/** The callee's phone rings, and is answered. */
async function dial(call) {
  for (const [moment, state] of [['StartedConnecting', 'connecting'], ['Connected', 'active']]) {
    if (!calls.has(call)) return; // The user gave up meanwhile.
    calls.get(call).state = string(state);
    await ask(SERVICE, `ReportOutgoingCall${moment}`, 'sa{sv}', call, {});
  }
}

process.on('SIGUSR1', async () => {
  const call = randomUUID();
  calls.set(call, { state: string('ringing') }); // before it is asked for: a perform may come with the reply
  const anna = { handle: string('anna@example.org'), name: string('Anna') };
  if (await ask(SERVICE, 'ReportNewIncomingCall', 'sa{sv}', call, anna)) console.log('ringing', call);
  else calls.delete(call); // it was never shown
});
process.on('SIGUSR2', () => {
  const call = [...calls.keys()].pop();
  if (calls.delete(call)) ask(SERVICE, 'ReportCallEnded', 'sa{sv}', call, { reason: string('remote_ended') });
});
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, async () => process.exit((await ask(SERVICE, 'Invalidate')) ? 0 : 1));
}
bus.on('message', ({ sender, member, body }) => {
  if (sender === DBUS && member === 'NameOwnerChanged' && body[0] === NAME) serviceIs(body[2]);
});
await ask(BUS, 'AddMatch', 's', `sender='${DBUS}',member='NameOwnerChanged',arg0='${NAME}'`);
const owned = await ask(BUS, 'RequestName', 'su', appId, 4); // 4: or not at all. 1: it is ours
if (owned?.[0] !== 1) stop(`${appId} runs already: use that one`);
await ask(BUS, 'StartServiceByName', 'su', NAME, 0);
serviceIs((await ask(BUS, 'GetNameOwner', 's', NAME))?.[0] ?? '');
