//! The calls that are painted.

use hookswitch::{Call, Date, SurfaceState};
use hookswitch_bus::{CallRecord, ChoiceRecord, MemberRecord};
use hookswitch_phone::reminder::Reminder;
use hookswitch_phone::view::{Guard, Lock};
use hookswitch_phone::window::Open;

/// When it is: fixed, so that each timer says the same each time.
pub const NOW: Date = Date(1_000_000);

/// Locked, as it is where nobody set anything.
const LOCKED: Guard = Guard { lock: Lock::Locked, slides: true, hides: false };

/// One picture.
pub struct Screen {
    /// Of the file.
    pub name: &'static str,
    pub state: SurfaceState,
    /// What ended.
    pub over: Option<Call>,
    /// What a button has opened.
    pub open: Open,
    /// Whether the session is locked, and what the user wants then.
    pub guard: Guard,
}

/// All of them.
pub fn screens() -> Vec<Screen> {
    let anna = || call(1, "Anna Berg", "+49 30 1234567");
    let ben = || CallRecord { app_name: "Talk".into(), ..call(2, "Ben", "ben@example.org") };
    let cleo = || call(3, "Cleo", "+49 40 7654321");
    let talking = |record: CallRecord, words: &[&str]| CallRecord {
        state: "active".into(),
        connected: Some(NOW.0 - 83_000),
        choices: words.iter().map(|word| choice(word)).collect(),
        ..record
    };
    let held = |record: CallRecord, words: &[&str]| CallRecord {
        state: "held".into(),
        ..talking(record, words)
    };
    let ringing = |record: CallRecord| CallRecord {
        choices: vec![choice("answer"), choice("decline")],
        ..record
    };
    let waiting = |record: CallRecord, choices: [(&str, Option<u64>, Option<u64>); 2]| {
        let of = |(word, holds, ends)| ChoiceRecord { holds, ends, ..choice(word) };
        let choices = std::iter::once(choice("decline")).chain(choices.into_iter().map(of));
        CallRecord { choices: choices.collect(), ..record }
    };
    let outgoing = |state: &str| CallRecord {
        state: state.into(),
        direction: "outgoing".into(),
        choices: vec![choice("cancel")],
        ..anna()
    };
    let over = |ended: &str, connected: Option<i64>| CallRecord {
        state: "ended".into(),
        direction: "outgoing".into(),
        ended_reason: Some(ended.into()),
        connected,
        ..anna()
    };
    let second =
        waiting(ben(), [("hold_and_accept", Some(1), None), ("end_and_accept", None, Some(1))]);
    let third = waiting(
        cleo(),
        [("end_held_and_accept", Some(2), Some(1)), ("end_and_accept", None, Some(2))],
    );
    vec![
        of("incoming", vec![ringing(anna())]),
        Screen { open: Open::Replies, ..of("incoming-replies", vec![ringing(anna())]) },
        Screen { open: Open::Reminders, ..of("incoming-remind-me", vec![ringing(anna())]) },
        Screen { guard: LOCKED, ..of("incoming-locked", vec![ringing(anna())]) },
        of("incoming-video", vec![CallRecord { has_video: true, ..ringing(ben()) }]),
        of(
            "incoming-number-not-verified",
            vec![CallRecord { name: None, verified: false, ..ringing(anna()) }],
        ),
        of("call-waiting", vec![talking(anna(), &["end"]), second]),
        of("call-waiting-with-a-held-call", vec![held(anna(), &[]), talking(ben(), &[]), third]),
        of("in-call", vec![talking(anna(), &["end", "hold"])]),
        Screen { open: Open::Keys, ..of("keypad", vec![talking(anna(), &["end", "hold"])]) },
        of("two-calls", vec![held(anna(), &["swap", "merge", "end"]), talking(ben(), &["end"])]),
        of(
            "group",
            vec![CallRecord { members: Some(members()), ..talking(anna(), &["end_group"]) }],
        ),
        of(
            "reconnecting",
            vec![CallRecord { reconnecting: Some(true), ..talking(anna(), &["end", "hold"]) }],
        ),
        of("outgoing", vec![outgoing("dialing")]),
        Screen { over: Some(over("failed", None).into()), ..of("failed", Vec::new()) },
        Screen { over: Some(over("hung_up", Some(1)).into()), ..of("ended", Vec::new()) },
    ]
}

/// Whom to call back.
pub fn reminder() -> Reminder {
    Reminder::of(&call(1, "Anna Berg", "+49 30 1234567").into(), NOW)
}

fn of(name: &'static str, records: Vec<CallRecord>) -> Screen {
    let calls = records.into_iter().map(Call::from).map(|call| (call.number, call));
    let mut state = SurfaceState { calls: calls.collect(), ..SurfaceState::default() };
    state.ring = hookswitch::RingLevel::Loud;
    Screen { name, state, over: None, open: Open::Nothing, guard: Guard::default() }
}

fn call(number: u64, name: &str, handle: &str) -> CallRecord {
    CallRecord {
        number,
        app_id: "org.example.Chat".into(),
        app_name: "Chat".into(),
        verified: true,
        state: "ringing".into(),
        direction: "incoming".into(),
        handle: handle.into(),
        handle_kind: if handle.contains('@') { "email_address" } else { "phone_number" }.into(),
        name: Some(name.into()),
        supports_dtmf: true,
        choices_revision: number,
        ..CallRecord::default()
    }
}

fn choice(word: &str) -> ChoiceRecord {
    ChoiceRecord { choice: word.into(), ..ChoiceRecord::default() }
}

fn members() -> Vec<MemberRecord> {
    ["Anna Berg", "Ben", "Cleo"]
        .into_iter()
        .map(|name| MemberRecord {
            handle: name.to_lowercase(),
            name: Some(name.into()),
            ..MemberRecord::default()
        })
        .collect()
}
