use super::settings::{HIDES_DETAILS, Kept, SLIDES};
use super::{Kind, Over, Press, View};
use crate::place;
use hookswitch::{Call, ChoiceKind, Date, SurfaceState};

/// Whether the session is locked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lock {
    /// Nobody has said it yet.
    #[default]
    Unknown,
    /// It is not, or nobody here can say it.
    Open,
    /// It is.
    Locked,
}

/// What a screen is to be careful of: strangers who see it, and pockets that touch it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// Whether the session is locked.
    pub lock: Lock,
    /// The user wants an answer to be a slide while it is.
    pub slides: bool,
    /// The user wants nobody to be named while it is.
    pub hides: bool,
}

impl Guard {
    /// With what the user wants of it now.
    pub fn read(lock: Lock) -> Self {
        let folder = place::settings();
        let read = |word| Kept::read(folder.as_deref(), word).map(|kept| kept.is_on());
        // Without a home nobody set anything. A file that is not understood may have been to hide.
        let hides = read(HIDES_DETAILS).unwrap_or(folder.is_some());
        Self { lock, slides: read(SLIDES).unwrap_or(true), hides }
    }

    /// The screen for these calls, as [`View::of`] has it, with this care.
    pub fn view(self, state: &SurfaceState, over: Option<&Over>, now: Date) -> Option<View> {
        let locked = self.lock == Lock::Locked;
        // A name that was seen cannot be hidden any more: it waits until somebody said that nothing is locked.
        let mut view = if self.hides && self.lock != Lock::Open {
            let over = over.map(|over| Over { call: nameless(&over.call), ..over.clone() });
            let calls = state.calls.iter().map(|(number, call)| (*number, nameless(call)));
            let state = SurfaceState { calls: calls.collect(), ..state.clone() };
            View::of(&state, over.as_ref(), now)?
        } else {
            View::of(state, over, now)?
        };
        // Beside other calls somebody has the device in the hand.
        let answers = view.actions.iter().any(|action| action.press.is(ChoiceKind::Answer));
        view.slides = locked && self.slides && view.kind == Kind::Incoming && answers;
        if locked {
            // What the app shows, and what the camera sees, is not for whoever has not unlocked.
            view.app = None;
            view.toggles.retain(|toggle| !matches!(toggle.action.press, Press::Video { .. }));
        }
        Some(view)
    }
}

/// The same call, of somebody: only its app is named.
fn nameless(call: &Call) -> Call {
    let mut call = call.clone();
    call.name = None;
    call.handle.display_name = None;
    call.handle.value.clone_from(&call.app_name);
    call.members.clear();
    call
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch_bus::{CallRecord, ChoiceRecord};

    fn record(number: u64, state: &str, name: &str, choices: &[&str]) -> CallRecord {
        let choice =
            |word: &&str| ChoiceRecord { choice: (*word).into(), ..ChoiceRecord::default() };
        CallRecord {
            number,
            app_id: "org.example.Chat".into(),
            app_name: "Chat".into(),
            verified: true,
            state: state.into(),
            direction: "incoming".into(),
            handle: format!("{}@example.org", name.to_lowercase()),
            handle_kind: "email_address".into(),
            name: Some(name.into()),
            choices: choices.iter().map(choice).collect(),
            ..CallRecord::default()
        }
    }

    fn view(guard: Guard, records: Vec<CallRecord>) -> View {
        let calls = records.into_iter().map(Call::from).map(|call| (call.number, call));
        let state = SurfaceState { calls: calls.collect(), ..SurfaceState::default() };
        guard.view(&state, None, Date(0)).expect("there is a call")
    }

    fn rings() -> Vec<CallRecord> {
        vec![record(1, "ringing", "Anna", &["answer", "decline"])]
    }

    const SLIDES: Guard = Guard { lock: Lock::Locked, slides: true, hides: false };
    const HIDES: Guard = Guard { lock: Lock::Locked, slides: true, hides: true };

    #[test]
    fn only_a_locked_screen_that_rings_alone_takes_a_slide() {
        assert!(view(SLIDES, rings()).slides);
        assert!(!view(Guard { slides: false, ..SLIDES }, rings()).slides);
        assert!(!view(Guard { lock: Lock::Open, ..SLIDES }, rings()).slides);
        assert!(!view(Guard { lock: Lock::Unknown, ..SLIDES }, rings()).slides);
        assert!(!view(SLIDES, vec![record(1, "active", "Anna", &["end"])]).slides);
        let second = record(2, "ringing", "Ben", &["hold_and_accept", "decline"]);
        assert!(!view(SLIDES, vec![record(1, "active", "Anna", &["end"]), second]).slides);
    }

    #[test]
    fn a_slide_is_another_screen_with_the_same_buttons() {
        let (slide, open) = (view(SLIDES, rings()), view(Guard::default(), rings()));
        assert_eq!(slide.actions, open.actions);
        assert!(!slide.has_same_controls(&open));
    }

    #[test]
    fn nothing_says_who_it_is_where_that_is_to_be_hidden() {
        let second = CallRecord {
            choices: vec![ChoiceRecord {
                choice: "end_and_accept".into(),
                ends: Some(1),
                ..ChoiceRecord::default()
            }],
            ..record(2, "ringing", "Ben", &[])
        };
        for lock in [Lock::Locked, Lock::Unknown] {
            let guard = Guard { lock, ..HIDES };
            let one = view(guard, rings());
            assert_eq!(one.title, "Incoming call with Chat");
            assert_eq!(one.identity.name, "\u{2066}Chat\u{2069}");
            assert!(!one.identity.has_name && one.identity.number.is_none());
            assert_eq!(one.status.text(), "Incoming call");
            let talks = record(1, "active", "Anna", &["end"]);
            let two = view(guard, vec![talks, second.clone()]);
            assert_eq!(two.actions[0].label, "End Chat & Accept");
            let said = format!("{one:?}{two:?}");
            assert!(!said.contains("Anna") && !said.contains("Ben"), "{said}");
            assert!(!said.contains("example.org\u{2069}"), "{said}");
        }
        assert_eq!(view(Guard { lock: Lock::Open, ..HIDES }, rings()).identity.name, "Anna");
        assert_eq!(view(SLIDES, rings()).identity.name, "Anna", "by default names are shown");
    }

    /// UI-4, and how we differ: nobody has to unlock to talk.
    #[test]
    fn a_video_call_is_answered_on_a_locked_screen_and_seen_once_it_is_open() {
        let video = |state, choices: &[&str]| {
            let (has_video, supports_video) = (true, Some(true));
            vec![CallRecord { has_video, supports_video, ..record(1, state, "Anna", choices) }]
        };
        let rings = view(SLIDES, video("ringing", &["answer", "decline"]));
        assert!(rings.slides && rings.app.is_none());
        assert_eq!(rings.identity.above, "Chat · Video call");
        let labels = |guard| {
            let view = view(guard, video("active", &["end"]));
            view.toggles.into_iter().map(|toggle| toggle.action.label).collect::<Vec<_>>()
        };
        assert_eq!(labels(SLIDES), ["Mute"]);
        assert_eq!(labels(Guard { lock: Lock::Open, ..SLIDES }), ["Mute", "Video"]);
    }

    #[test]
    fn a_locked_screen_leads_to_no_app() {
        let talks = || vec![record(1, "active", "Anna", &["end"])];
        assert_eq!(view(SLIDES, talks()).app, None);
        assert!(view(Guard { lock: Lock::Open, ..SLIDES }, talks()).app.is_some());
    }
}
