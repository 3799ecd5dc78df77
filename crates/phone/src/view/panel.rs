//! What a panel and a dock say of calls while the user does something else.

use super::{Kind, View, words};
use hookswitch::{CallState, SurfaceState};
use std::collections::BTreeMap;

/// An item in a panel, and a badge on each app that has a call. Nothing of it changes with each second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// The call that is on the screen, and how it stands.
    pub title: String,
    /// The other calls, a line each.
    pub others: String,
    /// The name of its icon.
    pub icon: &'static str,
    /// Whether somebody has to decide something.
    pub rings: bool,
    /// By the app's id.
    pub badges: BTreeMap<String, Badge>,
}

/// What is on an app's icon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Badge {
    /// How many calls it has; at 0 there is no badge.
    pub calls: i64,
    /// Whether one of them rings.
    pub rings: bool,
}

impl Panel {
    /// For these calls, of which the screen shows that; `None`: no call lives. It says no more than the screen.
    pub fn of(state: &SurfaceState, view: Option<&View>) -> Option<Self> {
        let view = view?;
        let call = state.calls.get(&view.call)?;
        let title = match view.kind {
            Kind::Over => return None,
            Kind::Incoming | Kind::CallWaiting => view.title.clone(),
            Kind::InCall => format!("{} · {}", view.title, words::state(call)),
        };
        let others = view.others.iter().map(|other| format!("{} · {}", other.name, other.status));
        Some(Self {
            title,
            others: others.collect::<Vec<_>>().join("\n"),
            icon: match call.state {
                CallState::Held => "media-playback-pause-symbolic",
                _ => "call-start-symbolic",
            },
            rings: view.kind != Kind::InCall,
            badges: badges(state),
        })
    }
}

fn badges(state: &SurfaceState) -> BTreeMap<String, Badge> {
    let mut badges: BTreeMap<String, Badge> = BTreeMap::new();
    for call in state.calls.values().filter(|call| !call.has_ended()) {
        let badge = badges.entry(call.app.to_string()).or_default();
        badge.calls += 1;
        badge.rings |= call.state == CallState::Ringing;
    }
    badges
}

#[cfg(test)]
mod tests {
    use super::super::{Guard, Lock, Over};
    use super::*;
    use hookswitch::{Call, Date, EndedReason};
    use hookswitch_bus::{CallRecord, ChoiceRecord};

    fn record(number: u64, app: &str, state: &str, name: &str) -> CallRecord {
        CallRecord {
            number,
            app_id: format!("org.example.{app}"),
            app_name: app.into(),
            verified: true,
            state: state.into(),
            direction: "incoming".into(),
            handle: "+49 30 1234567".into(),
            handle_kind: "phone_number".into(),
            name: Some(name.into()),
            choices: vec![ChoiceRecord { choice: "end".into(), ..ChoiceRecord::default() }],
            ..CallRecord::default()
        }
    }

    fn panel(guard: Guard, records: Vec<CallRecord>, now: i64) -> Option<Panel> {
        let calls = records.into_iter().map(Call::from).map(|call| (call.number, call));
        let state = SurfaceState { calls: calls.collect(), ..SurfaceState::default() };
        let view = guard.view(&state, None, Date(now));
        Panel::of(&state, view.as_ref())
    }

    fn open(records: Vec<CallRecord>) -> Panel {
        panel(Guard::default(), records, 0).expect("a call lives")
    }

    #[test]
    fn a_call_that_rings_asks_for_attention() {
        let panel = open(vec![record(1, "Chat", "ringing", "Anna")]);
        assert_eq!(panel.title, "Incoming call from Anna with Chat");
        assert!(panel.rings);
        let badge = Badge { calls: 1, rings: true };
        assert_eq!(panel.badges, BTreeMap::from([("org.example.Chat".to_owned(), badge)]));
    }

    #[test]
    fn the_item_says_how_the_call_stands() {
        let talks = open(vec![record(1, "Chat", "active", "Anna")]);
        assert_eq!(talks.title, "Call with Anna with Chat · Talking");
        assert!(!talks.rings && talks.others.is_empty());
        let held = open(vec![record(1, "Chat", "held", "Anna")]);
        assert_eq!(held.title, "Call with Anna with Chat · On hold");
        assert_ne!(held.icon, talks.icon);
    }

    #[test]
    fn each_app_with_a_call_has_a_badge() {
        let calls = vec![
            record(1, "Chat", "held", "Anna"),
            record(2, "Chat", "active", "Ben"),
            record(3, "Talk", "ringing", "Cleo"),
        ];
        let panel = open(calls);
        let badge = |app: &str| panel.badges.get(&format!("org.example.{app}")).copied();
        assert_eq!(badge("Chat"), Some(Badge { calls: 2, rings: false }));
        assert_eq!(badge("Talk"), Some(Badge { calls: 1, rings: true }));
        assert_eq!(panel.others, "Anna · On hold · Chat\nBen · Talking · Chat");
    }

    #[test]
    fn seconds_change_nothing() {
        let talks = || {
            let connected = Some(1_000);
            vec![CallRecord { connected, ..record(1, "Chat", "active", "Anna") }]
        };
        let at = |now| panel(Guard::default(), talks(), now);
        assert_eq!(at(2_000), at(62_000));
    }

    #[test]
    fn where_nobody_is_to_be_named_the_item_names_nobody() {
        let hides = Guard { lock: Lock::Locked, slides: true, hides: true };
        let both = [record(1, "Chat", "held", "Anna"), record(2, "Talk", "active", "Ben")];
        for records in [vec![record(1, "Chat", "ringing", "Anna")], both.to_vec()] {
            let said = format!("{:?}", panel(hides, records, 0).expect("a call lives"));
            assert!(!said.contains("Anna") && !said.contains("Ben"), "{said}");
            assert!(
                !said.contains("1234567") && said.contains("with Chat")
                    || said.contains("with Talk"),
                "{said}"
            );
        }
    }

    #[test]
    fn without_a_call_that_lives_there_is_nothing() {
        assert_eq!(panel(Guard::default(), Vec::new(), 0), None);
        let mut call = Call::from(record(1, "Chat", "ended", "Anna"));
        call.ended = Some(EndedReason::Failed);
        let over = Over::of(&Call { connected: Some(Date(1)), ..call }, Date(0));
        let state = SurfaceState::default();
        let view = View::of(&state, over.as_ref(), Date(0)).expect("the end is seen");
        assert_eq!(Panel::of(&state, Some(&view)), None);
    }
}
