use super::{Press, words};
use hookswitch::{Call, CallNumber, CallState, Choice, ChoiceKind};

/// A button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What it says; its name for those who cannot see it, too.
    pub label: String,
    /// The name of its icon.
    pub icon: &'static str,
    /// How it looks.
    pub style: Style,
    /// What it does.
    pub press: Press,
}

/// How a button looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Green: somebody is talked to then.
    Answer,
    /// Red: somebody is lost then.
    End,
    /// Neither.
    Plain,
}

/// A button that is on or off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toggle {
    /// The button; a press asks for the other state.
    pub action: Action,
    /// Whether it is on now.
    pub on: bool,
}

/// What a ringing call offers. Whatever ends it comes first: it stays where it is when the call is talked in.
pub fn ringing(call: &Call, calls: &[&Call]) -> Vec<Action> {
    let mut actions: Vec<Action> =
        call.choices.iter().map(|choice| of(call, choice, calls)).collect();
    actions
        .sort_by_key(|action| action.style != Style::End || !action.press.is(ChoiceKind::Decline));
    actions
}

/// Silence the ring.
pub fn silence(call: &Call) -> Action {
    Action {
        label: words::silence(),
        icon: "audio-volume-muted-symbolic",
        style: Style::Plain,
        press: Press::Silence(call.number),
    }
}

/// Who is put on hold by an answer that does not say so itself.
pub fn holds(call: &Call, calls: &[&Call]) -> Vec<String> {
    let says_it = |choice: &&Choice| choice.ends.is_none();
    let held = call.choices.iter().filter(says_it).find_map(|choice| choice.holds);
    name(held, calls).map(words::is_held_then).into_iter().collect()
}

fn name<'a>(number: Option<CallNumber>, calls: &[&'a Call]) -> Option<&'a str> {
    calls.iter().find(|call| Some(call.number) == number).map(|call| call.who())
}

/// What the call in front offers: the others' own choices are with them.
pub fn in_call(call: &Call, calls: &[&Call]) -> Vec<Action> {
    let kinds = [
        ChoiceKind::End,
        ChoiceKind::Cancel,
        ChoiceKind::EndGroup,
        ChoiceKind::Hold,
        ChoiceKind::Resume,
        ChoiceKind::Swap,
        ChoiceKind::EndAndResume,
        ChoiceKind::Split,
        ChoiceKind::SendDigits,
    ];
    let offered = |kind: &ChoiceKind| call.choices.iter().find(|choice| choice.kind == *kind);
    kinds.iter().filter_map(offered).map(|choice| of(call, choice, calls)).collect()
}

/// What another call offers.
pub fn of_other(call: &Call, calls: &[&Call]) -> Vec<Action> {
    let kinds = [
        ChoiceKind::Swap,
        ChoiceKind::Resume,
        ChoiceKind::EndAndResume,
        ChoiceKind::Merge,
        ChoiceKind::Split,
        ChoiceKind::End,
        ChoiceKind::Cancel,
    ];
    let offered = |kind: &ChoiceKind| call.choices.iter().find(|choice| choice.kind == *kind);
    kinds.iter().filter_map(offered).map(|choice| of(call, choice, calls)).collect()
}

/// What can be switched.
pub fn toggles(call: &Call) -> Vec<Toggle> {
    let talks = matches!(call.state, CallState::Active | CallState::Held);
    let begins = matches!(call.state, CallState::Dialing | CallState::Connecting);
    if !talks && !begins {
        return Vec::new();
    }
    let press =
        Press::Mute { call: call.number, revision: call.choices_revision, muted: !call.muted };
    let icon = "microphone-disabled-symbolic";
    let action = Action { label: words::mute(), icon, style: Style::Plain, press };
    let mute = Toggle { action, on: call.muted };
    // While it begins nobody would see it.
    let video = (call.capabilities.video && call.state == CallState::Active).then(|| video(call));
    [mute].into_iter().chain(video).collect()
}

fn video(call: &Call) -> Toggle {
    let press =
        Press::Video { call: call.number, revision: call.choices_revision, video: !call.video };
    let icon = "camera-video-symbolic";
    let action = Action { label: words::video(), icon, style: Style::Plain, press };
    Toggle { action, on: call.video }
}

/// To its app.
pub fn open(call: &Call) -> Action {
    Action {
        label: words::open(&call.app_name),
        icon: "application-x-executable-symbolic",
        style: Style::Plain,
        press: Press::Open(call.app.to_string()),
    }
}

/// Away with it.
pub fn dismiss() -> Action {
    let icon = "window-close-symbolic";
    Action { label: words::close(), icon, style: Style::Plain, press: Press::Dismiss }
}

fn of(call: &Call, choice: &Choice, calls: &[&Call]) -> Action {
    let (style, icon) = look(choice.kind);
    Action {
        label: match (choice.kind, name(choice.ends, calls), name(choice.holds, calls)) {
            (ChoiceKind::EndAndAccept | ChoiceKind::EndHeldAndAccept, Some(ends), Some(holds)) => {
                words::end_hold_and_accept(ends, holds)
            }
            (kind, ends, _) => words::choice(kind, ends, name(choice.merges, calls)),
        },
        icon,
        style,
        press: Press::Choose {
            call: call.number,
            revision: call.choices_revision,
            choice: choice.kind,
        },
    }
}

fn look(kind: ChoiceKind) -> (Style, &'static str) {
    match kind {
        ChoiceKind::Answer | ChoiceKind::HoldAndAccept => (Style::Answer, "call-start-symbolic"),
        ChoiceKind::EndAndAccept | ChoiceKind::EndHeldAndAccept | ChoiceKind::EndAndResume => {
            (Style::End, "call-start-symbolic")
        }
        ChoiceKind::Decline | ChoiceKind::Cancel | ChoiceKind::End | ChoiceKind::EndGroup => {
            (Style::End, "call-stop-symbolic")
        }
        ChoiceKind::Hold => (Style::Plain, "media-playback-pause-symbolic"),
        ChoiceKind::Resume => (Style::Plain, "media-playback-start-symbolic"),
        ChoiceKind::Swap => (Style::Plain, "object-flip-vertical-symbolic"),
        ChoiceKind::Merge => (Style::Plain, "list-add-symbolic"),
        ChoiceKind::Split => (Style::Plain, "edit-cut-symbolic"),
        ChoiceKind::SendDigits => (Style::Plain, "input-dialpad-symbolic"),
    }
}
