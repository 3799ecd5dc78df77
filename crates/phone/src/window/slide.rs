use crate::view::slide::Track;
use crate::view::{Action, words};
use adw::prelude::*;
use gtk::glib;
use std::cell::Cell;
use std::rc::Rc;

const SLIDE: &str = include_str!("../../resources/slide.ui");
/// How long the knob takes on its way back, in milliseconds. Without animations it is there at once.
const BACK: u32 = 200;

/// A button that a finger or a mouse presses by a drag of its knob. A key, or what reads the screen aloud, presses it as
/// any button.
pub fn slide(action: &Action, pressed: impl Fn() + Clone + 'static) -> gtk::Button {
    let text = SLIDE.replace("@NAME@", &glib::markup_escape_text(&action.label));
    let builder = gtk::Builder::from_string(&text);
    let of = "the template is part of the program";
    let button: gtk::Button = builder.object("button").expect(of);
    let knob: gtk::Image = builder.object("knob").expect(of);
    builder.object::<gtk::Label>("hint").expect(of).set_text(&words::slide());
    knob.set_icon_name(Some(action.icon));
    takes_no_taps(&button);
    let by_key = pressed.clone();
    button.connect_clicked(move |_| by_key());
    button.add_controller(drag(&button, &knob, pressed));
    button
}

/// A touch of a pocket is a tap: what a button does by itself about clicks is switched off.
fn takes_no_taps(button: &gtk::Button) {
    let controllers = button.observe_controllers();
    for controller in controllers.snapshot() {
        if let Ok(click) = controller.downcast::<gtk::GestureClick>() {
            click.set_propagation_phase(gtk::PropagationPhase::None);
        }
    }
}

fn drag(button: &gtk::Button, knob: &gtk::Image, pressed: impl Fn() + 'static) -> gtk::GestureDrag {
    let drag = gtk::GestureDrag::new();
    // The track as it was when the finger came; `None`: it came beside the knob.
    let track: Rc<Cell<Option<Track>>> = Rc::default();
    drag.connect_drag_begin({
        let (button, knob, track) = (button.downgrade(), knob.downgrade(), track.clone());
        move |drag, x, _| {
            let (Some(button), Some(knob)) = (button.upgrade(), knob.upgrade()) else { return };
            let from_right = button.direction() == gtk::TextDirection::Rtl;
            let (whole, part) = (f64::from(button.width()), f64::from(knob.width()));
            let from_start = if from_right { whole - x } else { x };
            // The edge of the track around the knob is part of it: fingers are wide.
            let room = knob.parent().map_or(0.0, |overlay| f64::from(overlay.width()));
            let on_knob = from_start <= part + (whole - room) / 2.0;
            track.set(on_knob.then_some(Track { length: room - part, from_right }));
            if on_knob {
                drag.set_state(gtk::EventSequenceState::Claimed);
            }
        }
    });
    drag.connect_drag_update({
        let (knob, track) = (knob.downgrade(), track.clone());
        move |_, moved, _| {
            if let (Some(knob), Some(track)) = (knob.upgrade(), track.get()) {
                put(&knob, track.at(moved));
            }
        }
    });
    drag.connect_drag_end({
        let (knob, track) = (knob.downgrade(), track.clone());
        move |_, moved, _| {
            let (Some(knob), Some(track)) = (knob.upgrade(), track.take()) else { return };
            springs_back(&knob, track.at(moved));
            if track.answers(moved) {
                pressed();
            }
        }
    });
    drag.connect_cancel({
        let knob = knob.downgrade();
        move |_, _| {
            if let (Some(knob), Some(_)) = (knob.upgrade(), track.take()) {
                springs_back(&knob, f64::from(knob.margin_start()));
            }
        }
    });
    drag
}

fn put(knob: &gtk::Image, at: f64) {
    knob.set_margin_start(at.round() as i32);
}

fn springs_back(knob: &gtk::Image, from: f64) {
    let moved = knob.downgrade();
    let target = adw::CallbackAnimationTarget::new(move |at| {
        if let Some(knob) = moved.upgrade() {
            put(&knob, at);
        }
    });
    adw::TimedAnimation::new(knob, from, 0.0, BACK, target).play();
}
