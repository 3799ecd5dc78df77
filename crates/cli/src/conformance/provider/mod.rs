//! What is tried with an app: the rows in order, and what they share.

mod acts;
mod alone;
mod app;
mod incoming;
mod lives;
mod outgoing;
mod races;
mod several;

use super::row::{Played, Row};

pub use alone::once;
pub use app::{App, Cue};

/// The rows, in the order in which they are tried. The first ones say whether the others can be tried at all.
pub const ROWS: &[Row<App>] = &[
    Row {
        id: "registers",
        sentence: "It registers, and owns its id as a bus name",
        needs: &[],
        play: |app| Box::pin(alone::registers(app)),
    },
    Row {
        id: "rings",
        sentence: "An incoming call rings, and says who calls",
        needs: &[],
        play: |app| Box::pin(incoming::rings(app)),
    },
    Row {
        id: "answer",
        sentence: "An answered call is active in time, and gets the audio",
        needs: &["rings"],
        play: |app| Box::pin(incoming::answer(app)),
    },
    Row {
        id: "media",
        sentence: "Media flows only while the call has the audio",
        needs: &["answer"],
        play: |_| Box::pin(alone::media()),
    },
    Row {
        id: "hang_up",
        sentence: "The user hangs up",
        needs: &["answer"],
        play: |app| Box::pin(incoming::hang_up(app)),
    },
    Row {
        id: "decline",
        sentence: "The user declines",
        needs: &["rings"],
        play: |app| Box::pin(incoming::decline(app)),
    },
    Row {
        id: "caller_cancels",
        sentence: "The caller gives up while it rings",
        needs: &["rings"],
        play: |app| Box::pin(incoming::caller_cancels(app)),
    },
    Row {
        id: "far_side_ends",
        sentence: "The far side hangs up",
        needs: &["answer"],
        play: |app| Box::pin(incoming::far_side_ends(app)),
    },
    Row {
        id: "end_while_answering",
        sentence: "The user ends the call while the answer is pending",
        needs: &["rings"],
        play: |app| Box::pin(races::end_while_answering(app)),
    },
    Row {
        id: "crossing",
        sentence: "The caller gives up in the moment in which the user answers",
        needs: &["caller_cancels"],
        play: |app| Box::pin(races::crossing(app)),
    },
    Row {
        id: "hold_and_resume",
        sentence: "The user puts the call on hold, and takes it back",
        needs: &["answer"],
        play: |app| Box::pin(acts::hold_and_resume(app)),
    },
    Row {
        id: "mute",
        sentence: "The user mutes and unmutes; the app does it once, and asks for nothing in return",
        needs: &["answer"],
        play: |app| Box::pin(acts::mute(app)),
    },
    Row {
        id: "dtmf",
        sentence: "The user sends tones",
        needs: &["answer"],
        play: |app| Box::pin(acts::dtmf(app)),
    },
    Row {
        id: "hold_for_other",
        sentence: "The call is held when another app's call is answered, and resumes after that",
        needs: &["hold_and_resume"],
        play: |app| Box::pin(several::hold_for_other(app)),
    },
    Row {
        id: "swap",
        sentence: "The user swaps the call with another app's, and back",
        needs: &["hold_for_other"],
        play: |app| Box::pin(several::swap(app)),
    },
    Row {
        id: "end_and_accept",
        sentence: "The call ends so that another app's can be answered",
        needs: &["answer"],
        play: |app| Box::pin(several::end_and_accept(app)),
    },
    Row {
        id: "answer_over_other",
        sentence: "The call is answered while another app's is active",
        needs: &["answer"],
        play: |app| Box::pin(several::answer_over_other(app)),
    },
    Row {
        id: "second_call",
        sentence: "The app has two calls of its own, and the user swaps them",
        needs: &["hold_and_resume"],
        play: |app| Box::pin(several::second_call(app)),
    },
    Row {
        id: "outgoing",
        sentence: "The user dials: started, then connecting, then connected",
        needs: &["registers"],
        play: |app| Box::pin(outgoing::outgoing(app)),
    },
    Row {
        id: "cancel",
        sentence: "The user gives up before the call is started",
        needs: &["outgoing"],
        play: |app| Box::pin(outgoing::cancel(app)),
    },
    Row {
        id: "stranger",
        sentence: "An action from a stranger, for a call there is not, is refused and does no harm",
        needs: &["rings"],
        play: |app| Box::pin(races::stranger(app)),
    },
    Row {
        id: "timed_out",
        sentence: "An action that ran out of time is forgotten, and the next call works",
        needs: &["rings"],
        play: |app| Box::pin(races::timed_out(app)),
    },
    Row {
        id: "registers_again",
        sentence: "The service is killed; the app registers with the next one, once",
        needs: &["rings"],
        play: |app| Box::pin(lives::registers_again(app)),
    },
    Row {
        id: "call_survives",
        sentence: "The service is killed in a call; the app adopts the call, or drops it",
        needs: &["answer"],
        play: |app| Box::pin(lives::call_survives(app)),
    },
    Row {
        id: "second_instance",
        sentence: "The app is started twice; its call does not suffer",
        needs: &["answer"],
        play: |app| Box::pin(lives::second_instance(app)),
    },
    Row {
        id: "app_killed",
        sentence: "The app is killed in a call; started again, it registers anew",
        needs: &["answer"],
        play: |app| Box::pin(lives::app_killed(app)),
    },
    Row {
        id: "leaves",
        sentence: "The app is told to end in a call; it ends, and the call with it",
        needs: &["answer"],
        play: |app| Box::pin(lives::leaves(app)),
    },
];

/// A row that passed, with nothing more to say.
fn passed() -> Played {
    Ok(None)
}
