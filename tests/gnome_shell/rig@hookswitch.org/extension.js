// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Eyes and hands of tests in GNOME Shell, over the bus. Never to be installed anywhere: whoever is on the bus can do everything.
/* exported init, enable, disable */

const { Clutter, Gio, GLib, Shell, St } = imports.gi;
// For the code that a test sends.
// eslint-disable-next-line no-unused-vars
const Main = imports.ui.main;

const PATH = '/org/hookswitch/Rig';
const INTERFACE = `<node><interface name="org.hookswitch.Rig">
  <method name="Eval"><arg type="s" direction="in"/><arg type="s" direction="out"/></method>
  <method name="Words"><arg type="a(sddb)" direction="out"/></method>
  <method name="Picture"><arg type="s" direction="in"/></method>
  <method name="Click"><arg type="d" direction="in"/><arg type="d" direction="in"/></method>
  <method name="Touch"><arg type="d" direction="in"/><arg type="d" direction="in"/></method>
  <method name="Key"><arg type="u" direction="in"/></method>
</interface></node>`;

// What can be read on the stage below this, where its middle is, and whether it is on a button.
function words(actor, found) {
    if (!actor.mapped)
        return found;
    if (actor instanceof Clutter.Text && actor.text && actor.get_paint_opacity() > 0) {
        const [x, y] = actor.get_transformed_position();
        const [width, height] = actor.get_transformed_size();
        let above = actor;
        while (above && !(above instanceof St.Button))
            above = above.get_parent();
        // What has just come has no place yet.
        if (isFinite(x) && isFinite(y))
            found.push([actor.text, x + width / 2, y + height / 2, above !== null]);
    }
    actor.get_children().forEach(child => words(child, found));
    return found;
}

class Rig {
    constructor() {
        const seat = Clutter.get_default_backend().get_default_seat();
        this._pointer = seat.create_virtual_device(Clutter.InputDeviceType.POINTER_DEVICE);
        this._finger = seat.create_virtual_device(Clutter.InputDeviceType.TOUCHSCREEN_DEVICE);
        this._keys = seat.create_virtual_device(Clutter.InputDeviceType.KEYBOARD_DEVICE);
        this._exported = Gio.DBusExportedObject.wrapJSObject(INTERFACE, this);
        this._exported.export(Gio.DBus.session, PATH);
    }

    destroy() {
        this._exported.unexport();
    }

    Eval(code) {
        return JSON.stringify(eval(code) ?? null);
    }

    Words() {
        return words(global.stage, []);
    }

    PictureAsync([path], invocation) {
        const stream = Gio.File.new_for_path(path).replace(null, false, Gio.FileCreateFlags.NONE, null);
        const shot = new Shell.Screenshot();
        shot.screenshot(false, stream, (_, result) => {
            shot.screenshot_finish(result);
            stream.close(null);
            invocation.return_value(null);
        });
    }

    Click(x, y) {
        const now = () => GLib.get_monotonic_time();
        this._pointer.notify_absolute_motion(now(), x, y);
        for (const state of [Clutter.ButtonState.PRESSED, Clutter.ButtonState.RELEASED])
            this._pointer.notify_button(now(), Clutter.BUTTON_PRIMARY, state);
    }

    Touch(x, y) {
        this._finger.notify_touch_down(GLib.get_monotonic_time(), 0, x, y);
        this._finger.notify_touch_up(GLib.get_monotonic_time(), 0);
    }

    Key(key) {
        for (const state of [Clutter.KeyState.PRESSED, Clutter.KeyState.RELEASED])
            this._keys.notify_keyval(GLib.get_monotonic_time(), key, state);
    }
}

let rig = null;

function init() {}

function enable() {
    rig = new Rig();
}

function disable() {
    rig.destroy();
    rig = null;
}
