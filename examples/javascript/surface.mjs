#!/usr/bin/env node
// A call screen on a terminal, with a D-Bus library in plain JavaScript (`npm ci` in this folder): surface.mjs
//
// Prints calls as they change, and does what the lines on its input say: `answer` and `decline` the newest
// that rings, `end` the newest that is active, `choose KIND` one of the choices printed for a call.
//
// Only what the desktop entry of a surface starts may be one, and for a script that is the interpreter: with
// it, every script would be a surface. Try this with `hookswitch private --surface "$(which node)" --
// ./surface.mjs`, and ship a program of its own.

import { Message, MessageType, Variant, sessionBus } from '@jellybrick/dbus-next';
import { createInterface } from 'node:readline';

const NAME = 'org.hookswitch.Hookswitch';
const DBUS = 'org.freedesktop.DBus';
const BUS = { destination: DBUS, path: '/org/freedesktop/DBus', interface: DBUS };
const SERVICE = { destination: NAME, path: '/org/hookswitch', interface: 'org.hookswitch.Surface1' };
const calls = new Map(); // the live calls by number, each as the service said it last
const awaited = new Map(); // what to do with a reply, by the serial of what was asked
let service = ''; // the connection of the service: nobody else's signals count

const bus = sessionBus();
bus.on('error', (error) => {
  console.log('error', error.message);
  process.exit(1);
});

/** A refusal changes nothing; it says why, and what to do now. */
async function ask(whom, member, signature, body, then) {
  const message = new Message({ ...whom, member, signature, body, serial: bus.newSerial() });
  awaited.set(message.serial, then);
  await bus.call(message).catch((error) => console.log('error', member, error.type, error.message));
  awaited.delete(message.serial);
}

/** Replies and signals in the order of arrival, so that the newest record wins: awaiting would reorder them. */
bus.on('message', ({ type, replySerial, sender, member, body }) => {
  if (type === MessageType.METHOD_RETURN) awaited.get(replySerial)?.(...body);
  else if (sender === DBUS && member === 'NameOwnerChanged' && body[0] === NAME) serviceIs(body[2]);
  else if (sender === service && member === 'Changed') show(body[0]);
});

/** The service came, for the first time or again, or it left. */
function serviceIs(owner) {
  if (owner === service) return;
  service = owner;
  calls.clear();
  if (!service) {
    // Not at once, as one that cannot live must not be started all the time.
    setTimeout(() => ask(BUS, 'StartServiceByName', 'su', [NAME, 0]), 200);
    return;
  }
  ask(SERVICE, 'Register', 'a{sv}', [{ name: new Variant('s', 'example') }], (state) => {
    console.log('registered');
    show(state);
  });
}

/** The records in a change are whole: nothing has to be put together, and nothing asked. */
function show(change) {
  if (change.ring) console.log('ring', change.ring.value);
  for (const record of change.calls?.value ?? []) {
    const call = plain(record);
    const { number, state } = call;
    if (state === 'ended') {
      calls.delete(number);
      console.log('call', String(number), state, call.ended_reason);
      continue;
    }
    if (state === 'ringing' && !calls.has(number)) ask(SERVICE, 'Presented', 't', [number]);
    call.choices = call.choices.map(plain);
    calls.set(number, call);
    const app = call.verified ? call.app_name : `unverified ${call.app_id}`;
    // A choice may cost another call: a button names what is lost.
    const choices = call.choices.map(({ choice, ends }) => (ends ? `${choice}(ends ${ends})` : choice));
    console.log('call', String(number), state, call.name ?? call.handle, `[${app}]`, ...choices);
  }
}

/** A record without its Variants. */
function plain(record) {
  return Object.fromEntries(Object.entries(record).map(([key, variant]) => [key, variant.value]));
}

/** The newest call like that. */
function newest(fits) {
  return [...calls.values()].filter(fits).sort((a, b) => Number(b.number - a.number))[0];
}

/** With the revision the user saw: if the choices are others by now, nothing is done. */
function act(member, call, ...kind) {
  if (!call) {
    console.log('error', member, 'There is no such call.');
    return;
  }
  const body = [call.number, ...kind, { revision: new Variant('t', call.choices_revision) }];
  // What our own request changed at once comes in its reply, not as a signal.
  ask(SERVICE, member, kind.length ? 'tsa{sv}' : 'ta{sv}', body, ({ change }) => change && show(change.value));
}

const input = createInterface({ input: process.stdin });
input.on('close', () => process.exit(0));
input.on('line', (line) => {
  const [wish, kind] = line.trim().split(/\s+/);
  const ringing = newest((call) => call.state === 'ringing');
  const active = newest((call) => call.state === 'active') ?? newest((call) => call.state !== 'ringing');
  if (wish === 'answer') act('Answer', ringing);
  else if (wish === 'decline') act('End', ringing);
  else if (wish === 'end') act('End', active);
  else if (wish === 'choose') act('Choose', newest((call) => call.choices.some((c) => c.choice === kind)), kind);
});
await ask(BUS, 'AddMatch', 's', [`sender='${DBUS}',member='NameOwnerChanged',arg0='${NAME}'`]);
await ask(BUS, 'StartServiceByName', 'su', [NAME, 0]);
ask(BUS, 'GetNameOwner', 's', [NAME], serviceIs);
