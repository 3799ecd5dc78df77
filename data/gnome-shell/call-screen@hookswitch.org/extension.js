// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A surface of Hookswitch over the lock screen of GNOME Shell 43.
//
// The shell enables it when the screen is locked and disables it when it is not any more, as its only session mode is
// `unlock-dialog`. So it is a surface only meanwhile: what it showed is unseen again after that, and the service brings it to
// the user otherwise. It answers and ends calls; it opens nothing.
/* exported init */

const Gettext = imports.gettext;
const { Clutter, Gio, GLib, Pango, St } = imports.gi;
const { getCurrentExtension } = imports.misc.extensionUtils;
const Layout = imports.ui.layout;
const Main = imports.ui.main;

const NAME = 'org.hookswitch.Hookswitch';
const PATH = '/org/hookswitch';
const SURFACE = 'org.hookswitch.Surface1';
// A tap that was on its way when the screen changed is not meant for what is there now. In microseconds.
const LATE = 400000;
const LONGEST = 80;
// A name on a button, in letters.
const SHORT = 30;
// Which call is shown if there are several.
const RANK = ['ringing', 'answering', 'starting', 'dialing', 'connecting', 'active', 'held', 'ending'];
// The words of the call screens, so that they are translated already.
const DOMAIN = 'hookswitch';
const STATES = {
    ringing: 'Incoming call', answering: 'Connecting', starting: 'Calling', dialing: 'Calling',
    connecting: 'Connecting', held: 'On hold', ending: 'Ending',
};
// In the order in which they stand. What ends another call is as red as what ends this one.
const BUTTONS = {
    decline: ['Decline', '#c01c28'], cancel: ['Cancel', '#c01c28'], end: ['End Call', '#c01c28'],
    answer: ['Answer', '#26a269'], hold_and_accept: ['Hold & Accept', '#26a269'],
    end_and_accept: ['End & Accept', '#c01c28'], end_held_and_accept: ['End & Accept', '#c01c28'],
    end_group: ['End for All', '#c01c28'],
};
const ORDER = Object.keys(BUTTONS);
const CARD = 'background-color: rgba(36,36,36,0.94); border-radius: 24px; padding: 18px 28px; spacing: 4px; ' +
    'color: #ffffff; margin-top: 48px;';

function findWords() {
    const folder = GLib.getenv('TEXTDOMAINDIR') || `${getCurrentExtension().path}/../../../locale`;
    Gettext.bindtextdomain(DOMAIN, folder);
}

// That sentence in the language of the user, each `{}` in it replaced by the next word.
function tr(text, ...words) {
    return Gettext.dgettext(DOMAIN, text).split('{}').reduce((all, part) => `${all}${words.shift() ?? '{}'}${part}`);
}

// In one line, and nothing in it may look like more than a name.
function plain(text) {
    const kept = [...text].filter(letter => !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(letter));
    return kept.slice(0, LONGEST).join('').trim();
}

// What the user told the service of what others may read. What is not understood hides.
function hidesDetails() {
    const folder = GLib.getenv('HOOKSWITCH_CONFIG_DIR') || `${GLib.get_user_config_dir()}/hookswitch`;
    let bytes;
    try {
        [, bytes] = GLib.file_get_contents(`${folder}/notifications.json`);
    } catch (e) {
        return false;
    }
    try {
        return JSON.parse(new TextDecoder().decode(bytes)).hide_details === true;
    } catch (e) {
        return true;
    }
}

class CallScreen {
    constructor() {
        this._calls = new Map();
        this._presented = new Set();
        this._service = null;
        this._shown = null;
        this._since = 0;
        this._ticks = 0;
        this._painted = 0;

        this._card = new St.BoxLayout({
            vertical: true, reactive: true,
            x_align: Clutter.ActorAlign.CENTER, y_align: Clutter.ActorAlign.START, x_expand: true, y_expand: true,
        });
        // What a vertical box asks for by itself is the height of lines that are not broken.
        this._card.request_mode = Clutter.RequestMode.HEIGHT_FOR_WIDTH;
        const label = style => {
            const one = new St.Label({ style, x_align: Clutter.ActorAlign.CENTER });
            one.clutter_text.ellipsize = Pango.EllipsizeMode.END;
            this._card.add_child(one);
            return one;
        };
        this._app = label('font-size: 11pt; color: #c0bfbc;');
        this._who = label('font-size: 20pt; font-weight: bold; max-width: 520px;');
        this._state = label('font-size: 12pt;');
        this._cost = label('font-size: 10pt; color: #f8e45c; max-width: 520px;');
        this._cost.clutter_text.set({ ellipsize: Pango.EllipsizeMode.NONE, line_wrap: true });
        this._buttons = new St.BoxLayout({
            style: 'spacing: 16px; padding-top: 14px;', x_align: Clutter.ActorAlign.CENTER,
        });
        this._card.add_child(this._buttons);
        // Ctrl+Alt+Tab leads here, Tab from one button to the next. The keys stay with the lock screen otherwise.
        this._card.connect('key-press-event', (card, event) => global.focus_manager.navigate_from_event(event));
        // As large as the monitor and not to be touched itself: what is beside the card is the lock screen's.
        this._place = new St.Widget({ layout_manager: new Clutter.BinLayout(), visible: false });
        this._place.add_constraint(new Layout.MonitorConstraint({ primary: true }));
        this._place.add_child(this._card);
        Main.layoutManager.screenShieldGroup.add_child(this._place);
        Main.ctrlAltTabManager.addGroup(this._card, 'Call', 'call-start-symbolic');

        // The shield fades to black once it is there.
        this._shieldId = Main.screenShield.connect('lock-screen-shown', () => this._wake());
        this._bus = Gio.DBus.session;
        this._changedId = this._bus.signal_subscribe(NAME, SURFACE, 'Changed', PATH, null, Gio.DBusSignalFlags.NONE,
            (bus, sender, path, iface, member, body) => {
                if (sender === this._service)
                    this._apply(body.recursiveUnpack()[0]);
            });
        // It is not started for this: where it does not run there is no call.
        this._watchId = Gio.bus_watch_name_on_connection(this._bus, NAME, Gio.BusNameWatcherFlags.NONE,
            (bus, name, owner) => {
                this._forget();
                this._service = owner;
                const surface = { name: new GLib.Variant('s', 'GNOME lock screen') };
                this._ask('Register', '(a{sv})', [surface], state => this._apply(state));
            },
            () => this._forget());
    }

    destroy() {
        Gio.bus_unwatch_name(this._watchId);
        this._bus.signal_unsubscribe(this._changedId);
        Main.screenShield.disconnect(this._shieldId);
        if (this._service)
            this._ask('Unregister', null, []);
        this._forget();
        Main.ctrlAltTabManager.removeGroup(this._card);
        this._place.destroy();
        this._place = null;
    }

    _ask(member, types, args, then = () => {}) {
        const service = this._service;
        const body = types ? new GLib.Variant(types, args) : null;
        this._bus.call(service, PATH, SURFACE, member, body, null, Gio.DBusCallFlags.NO_AUTO_START, -1, null, (bus, result) => {
            let reply = null;
            try {
                reply = bus.call_finish(result).recursiveUnpack();
            } catch (e) {
                // A refusal changes nothing. It says why, and what to do now.
                log(`call-screen@hookswitch.org: ${member}: ${e.message}`);
            }
            if (reply && this._place && service === this._service)
                then(...reply);
        });
    }

    _forget() {
        this._service = null;
        this._calls.clear();
        this._presented.clear();
        if (this._place)
            this._show();
    }

    // Each record is whole: the newest counts.
    _apply(change) {
        let rings = false;
        for (const call of change.calls ?? []) {
            if (call.state === 'ended') {
                this._calls.delete(call.number);
                this._presented.delete(call.number);
                continue;
            }
            rings ||= call.state === 'ringing' && !this._calls.has(call.number);
            this._calls.set(call.number, call);
        }
        this._show();
        if (rings)
            this._wake();
    }

    _name(call, hidden) {
        const known = hidden ? [] : [call.name, call.handle_name, call.handle].map(text => plain(text ?? ''));
        return known.find(name => name) ?? plain(call.app_name || call.app_id);
    }

    _show() {
        const all = [...this._calls.values()];
        all.sort((a, b) => RANK.indexOf(a.state) - RANK.indexOf(b.state) || b.number - a.number);
        const call = all[0];
        if (!call) {
            this._shown = null;
            this._look = null;
            this._leaveKeys(() => {
                this._place.hide();
                this._buttons.destroy_all_children();
            });
            this._stop();
            return;
        }
        const hidden = hidesDetails();
        const app = plain(call.app_name || call.app_id);
        this._app.text = call.verified ? app : tr('It is not sure that {} made this call', app);
        this._who.text = this._name(call, hidden);
        const short = name => [...name].slice(0, SHORT).join('');
        const named = number => this._calls.has(number) ? short(this._name(this._calls.get(number), hidden)) : null;
        const choices = (call.choices ?? []).filter(({ choice }) => choice in BUTTONS);
        choices.sort((a, b) => ORDER.indexOf(a.choice) - ORDER.indexOf(b.choice));
        const label = ({ choice, holds, ends }) => {
            if (named(ends) && named(holds))
                return tr('End {}, Hold {} & Accept', named(ends), named(holds));
            return named(ends) ? tr('End {} & Accept', named(ends)) : tr(BUTTONS[choice][0]);
        };
        const held = new Set(choices.map(({ holds }) => named(holds)).filter(name => name));
        this._cost.text = [...held].map(name => tr('{} is put on hold', name)).join('\n');
        this._cost.visible = this._cost.text !== '';
        // Other buttons, or other meanings of them: what is under way to the old ones counts no more.
        const look = JSON.stringify([call.number, call.state, choices]);
        if (look !== this._look) {
            this._look = look;
            this._since = GLib.get_monotonic_time();
            this._leaveKeys(() => this._buttons.destroy_all_children());
            // A phone held upright has no room for three beside each other.
            const { width } = Main.layoutManager.primaryMonitor;
            const scale = St.ThemeContext.get_for_stage(global.stage).scale_factor;
            this._buttons.vertical = choices.length > 2 && width / scale < 600;
            this._card.style = `${CARD} min-width: 280px; max-width: ${Math.min(560, width / scale - 72)}px;`;
            choices.forEach(({ choice }) => this._addButton(choice));
        }
        // Who is lost or held may have got another name meanwhile, which changes no choice.
        this._buttons.get_children().forEach((button, at) => {
            button.label = label(choices[at]);
            button.accessible_name = button.label;
        });
        this._shown = call;
        this._place.show();
        this._tick();
        this._present(call.number);
    }

    _addButton(choice) {
        const [, colour] = BUTTONS[choice];
        const button = new St.Button({
            can_focus: true,
            style: `background-color: ${colour}; color: #ffffff; border-radius: 18px; padding: 10px 26px; font-weight: bold;`,
        });
        button.connect('clicked', () => {
            if (!this._shown || GLib.get_monotonic_time() - this._since < LATE)
                return;
            const { number, choices_revision: revision } = this._shown;
            const options = { revision: new GLib.Variant('t', revision) };
            // What our own request changed comes in its reply, not as a signal.
            this._ask('Choose', '(tsa{sv})', [number, choice, options], done => this._apply(done.change ?? {}));
        });
        this._buttons.add_child(button);
    }

    // A button that goes with the keys on it must not take them along: the password is typed next.
    _leaveKeys(change) {
        const focus = global.stage.key_focus;
        const had = focus && this._card.contains(focus);
        change();
        const dialog = Main.screenShield._dialog;
        if (had && dialog) {
            dialog.grab_key_focus();
            dialog.navigate_focus(null, St.DirectionType.TAB_FORWARD, false);
        }
    }

    // The user can see it once it was drawn.
    _present(number) {
        if (this._presented.has(number) || this._painted)
            return;
        this._painted = global.stage.connect('after-paint', () => {
            global.stage.disconnect(this._painted);
            this._painted = 0;
            const shown = this._shown?.number;
            if (shown === undefined || !this._card.mapped || this._presented.has(shown))
                return;
            this._presented.add(shown);
            this._ask('Presented', '(t)', [shown]);
        });
        this._place.queue_redraw();
    }

    _wake() {
        if (this._shown?.state === 'ringing')
            Main.screenShield._dialog?.emit('wake-up-screen');
    }

    _tick() {
        const { state, connected, reconnecting, has_video: video } = this._shown;
        if (state === 'active' && connected && !reconnecting) {
            const seconds = Math.max(0, Math.floor(Date.now() / 1000 - connected / 1000));
            const two = number => `${number}`.padStart(2, '0');
            this._state.text = `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
            this._ticks ||= GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, 1, () => {
                this._tick();
                return GLib.SOURCE_CONTINUE;
            });
        } else {
            const words = { ...STATES, active: reconnecting ? 'Reconnecting' : '' };
            this._state.text = state === 'ringing' && video ? tr('Incoming video call') : tr(words[state] || ' ').trim();
            this._stop(true);
        }
    }

    _stop(onlyTime = false) {
        if (this._ticks)
            GLib.source_remove(this._ticks);
        this._ticks = 0;
        if (!onlyTime && this._painted) {
            global.stage.disconnect(this._painted);
            this._painted = 0;
        }
    }
}

class Extension {
    enable() {
        this._screen = new CallScreen();
    }

    disable() {
        this._screen?.destroy();
        this._screen = null;
    }
}

function init() {
    findWords();
    return new Extension();
}
