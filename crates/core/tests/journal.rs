//! Whatever happens, the lines a [`Recorder`] makes of it can be played: the same is said again. Also from the middle,
//! where the oldest lines are lost, and when the last ones before a restart are.

use hookswitch_core::flow::{Extent, Recorder, Story, StoryError};
use hookswitch_core::words::{
    ActionId, CallNumber, CallState, CallUpdate, CallUuid, ChoiceKind, Date, DtmfDigits, DtmfType,
    EndedReason, Handle, HandleKind, ProviderId, RecentsEntry, RequestId, SurfaceId, Timestamp,
};
use hookswitch_core::{
    Account, Adoption, Arbiter, AudioEffect, CallRef, Completion, Configuration, Effect, Input,
    Now, Policy, ProviderNews, Reply, Report, Requested, Requester, StartDetails, Verdict,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Two apps of one platform: their calls may have the same ids.
const APPS: [&str; 2] = ["org.example.Chat", "com.example.Chat"];
const ACCOUNTS: [&str; 3] = ["default", "+49 30 5550, home", "+49 30 5551"];
const HANDLE: &str = "+49 30 5552";

#[derive(Clone, Debug)]
enum Step {
    Register(usize, bool),
    Configure(usize, usize),
    Invalidate(usize),
    Lose(usize),
    Incoming(usize, u128, usize, u8),
    News(usize, u128, u8),
    Adopt(usize, u128, u8),
    Complete(usize, usize, bool),
    ByApp(usize, u128, u8),
    BySurface(u64, usize, u8),
    Press(bool),
    Wait(u64),
    Sleep(u64),
    Restart(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let app = 0..APPS.len();
    let uuid = 1..4u128;
    prop_oneof![
        3 => (app.clone(), any::<bool>()).prop_map(|(a, all)| Step::Register(a, all)),
        1 => (app.clone(), 1..4usize).prop_map(|(a, n)| Step::Configure(a, n)),
        1 => app.clone().prop_map(Step::Invalidate),
        1 => app.clone().prop_map(Step::Lose),
        8 => (app.clone(), uuid.clone(), 0..5usize, 0..9u8)
            .prop_map(|(a, u, n, k)| Step::Incoming(a, u, n, k)),
        4 => (app.clone(), uuid.clone(), 0..7u8).prop_map(|(a, u, k)| Step::News(a, u, k)),
        3 => (app.clone(), uuid.clone(), 0..6u8).prop_map(|(a, u, k)| Step::Adopt(a, u, k)),
        14 => (app.clone(), 0..6usize, prop::bool::weighted(0.8))
            .prop_map(|(a, n, ok)| Step::Complete(a, n, ok)),
        6 => (app, uuid, 0..9u8).prop_map(|(a, u, k)| Step::ByApp(a, u, k)),
        10 => (1..3u64, 0..6usize, 0..17u8).prop_map(|(s, n, k)| Step::BySurface(s, n, k)),
        1 => any::<bool>().prop_map(Step::Press),
        4 => (0..8_000u64).prop_map(Step::Wait),
        1 => (0..70_000u64).prop_map(Step::Wait),
        1 => (0..70_000u64).prop_map(Step::Sleep),
        1 => (0..12usize).prop_map(Step::Restart),
    ]
}

/// The service, as the daemon runs it.
struct World {
    core: Arbiter,
    recorder: Recorder,
    /// What was written down, and what was said each time.
    lines: Vec<String>,
    at: u64,
    next: u64,
    providers: [Option<ProviderId>; 2],
    asked: Vec<(ProviderId, ActionId)>,
    entries: BTreeMap<CallNumber, RecentsEntry>,
}

impl World {
    fn new(policy: Policy) -> Self {
        let mut world = Self {
            recorder: Recorder::new(&policy),
            core: Arbiter::new(policy),
            lines: Vec::new(),
            at: 1000,
            next: 0,
            providers: [None; 2],
            asked: Vec::new(),
            entries: BTreeMap::new(),
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        let live = self.entries.values().filter(|entry| entry.ended.is_none());
        let orphans = live.cloned().collect();
        let last = self.entries.keys().next_back().map_or(0, |number| number.0);
        self.handle(Input::Restore { orphans, next_number: CallNumber(last + 1) });
    }

    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Wait(ms) => {
                let end = self.at + ms;
                while let Some(Timestamp(due)) = self.core.next_deadline().filter(|d| d.0 <= end) {
                    // An alarm may be a little late.
                    self.at = self.at.max(due + due % 3);
                    self.handle(Input::Tick);
                }
                self.at = self.at.max(end);
            }
            Step::Sleep(ms) => self.at += ms,
            Step::Restart(lost) => {
                let mut kept = self.lines.len().saturating_sub(lost);
                // Lines go in whole events.
                while kept > 0 && !self.lines[kept - 1].is_empty() {
                    kept -= 1;
                }
                self.lines.truncate(kept);
                let policy = self.core.policy().clone();
                self.recorder = Recorder::new(&policy);
                self.core = Arbiter::new(policy);
                self.providers = [None; 2];
                self.asked.clear();
                self.at += 7;
                self.begin();
            }
            step => {
                if let Some(input) = self.input(step) {
                    self.handle(input);
                }
            }
        }
    }

    fn input(&mut self, step: Step) -> Option<Input> {
        let request = RequestId(self.fresh());
        Some(match step {
            Step::Register(app, all) => {
                let provider = ProviderId(self.fresh());
                let configuration = configuration(if all { 3 } else { 1 });
                Input::Register { provider, request, app: APPS[app].into(), configuration }
            }
            Step::Configure(app, accounts) => {
                let configuration = configuration(accounts);
                Input::Configure { provider: self.providers[app]?, request, configuration }
            }
            Step::Invalidate(app) => {
                Input::Invalidate { provider: self.providers[app].take()?, request }
            }
            Step::Lose(app) => Input::ProviderLost { provider: self.providers[app].take()? },
            Step::Incoming(app, uuid, account, kind) => {
                let verdict = match kind {
                    7 => Verdict::DoNotDisturb,
                    8 => Verdict::Blocked,
                    _ => Verdict::Allow,
                };
                let account = match account {
                    3 => Some("+49 30 5553".into()),
                    4 => None,
                    account => Some(ACCOUNTS[account].into()),
                };
                let update = CallUpdate {
                    remote_handle: Some(Handle::new(HandleKind::PhoneNumber, HANDLE)),
                    supports_holding: Some(kind != 3),
                    supports_dtmf: (kind == 4).then_some(false),
                    ..CallUpdate::default()
                };
                let report = Report::Incoming { account, update, verdict };
                let provider = self.providers[app]?;
                Input::Report { provider, request, call: CallUuid(uuid), report }
            }
            Step::News(app, uuid, kind) => {
                let report = match kind {
                    0 => Report::StartedConnecting(None),
                    1 => Report::Connected(Some(Date(5))),
                    2 | 3 => Report::Ended(None, EndedReason::RemoteEnded),
                    4 => Report::Ended(Some(Date(1)), EndedReason::AnsweredElsewhere),
                    5 => Report::Ended(None, EndedReason::HungUp),
                    _ => Report::Updated(CallUpdate {
                        supports_holding: Some(false),
                        ..CallUpdate::default()
                    }),
                };
                let provider = self.providers[app]?;
                Input::Report { provider, request, call: CallUuid(uuid), report }
            }
            Step::Adopt(app, uuid, kind) => {
                let state = match kind {
                    0 => CallState::Ringing,
                    1 => CallState::Dialing,
                    2 => CallState::Held,
                    _ => CallState::Active,
                };
                let update = CallUpdate {
                    supports_holding: (kind == 4).then_some(false),
                    ..CallUpdate::default()
                };
                let report =
                    Report::Adopt(Adoption { state, muted: kind == 5, group_with: None, update });
                let provider = self.providers[app]?;
                Input::Report { provider, request, call: CallUuid(uuid), report }
            }
            Step::Complete(app, back, ok) => {
                // Mostly the newest action; sometimes an old one, another app's, or none at all.
                let provider = self.providers[app]?;
                let action = match self.asked.len().checked_sub(back / 2 + 1) {
                    Some(at) if back < 5 => self.asked[at].1,
                    _ => ActionId(1_000_000),
                };
                let completion = if ok { Completion::Fulfill(None) } else { Completion::Fail };
                Input::Complete { provider, action, completion, request: Some(request) }
            }
            Step::ByApp(app, uuid, kind) => {
                let requester = Requester::Provider(self.providers[app]?);
                let uuid = CallUuid(uuid);
                let actions = requested(CallRef::Uuid(uuid), uuid, None, kind);
                Input::Request { requester, request, actions, revision: None }
            }
            Step::BySurface(surface, at, kind) => {
                let calls = self.core.calls();
                let number = calls.get(at % calls.len().max(1)).map(|call| call.number);
                let number = number.unwrap_or(CallNumber(u64::MAX));
                let revision = (kind == 3).then_some(2);
                let requester = Requester::Surface(SurfaceId(surface));
                if kind == 9 {
                    let surface = SurfaceId(surface);
                    return Some(Input::Silence { surface, request, call: number });
                }
                let actions = match ChoiceKind::ALL.get(usize::from(kind).wrapping_sub(10)) {
                    Some(choice) => vec![Requested::Choose(number, *choice)],
                    None => {
                        let uuid = CallUuid(u128::from(self.fresh()) + 100);
                        requested(CallRef::Number(number), uuid, Some(APPS[at % 2]), kind)
                    }
                };
                Input::Request { requester, request, actions, revision }
            }
            Step::Press(long) => Input::Press { long },
            Step::Wait(_) | Step::Sleep(_) | Step::Restart(_) => return None,
        })
    }

    /// As the daemon does it: what is due comes first, and who gets the audio has it at once.
    fn handle(&mut self, input: Input) {
        let due = self.core.next_deadline().filter(|due| due.0 <= self.at);
        if due.is_some() && input != Input::Tick {
            self.handle(Input::Tick);
        }
        let due = self.core.next_deadline();
        let now = Now { at: Timestamp(self.at), date: Date(self.at.cast_signed()) };
        let effects = self.core.handle(now, input.clone());
        let mut say = |line: &str| self.lines.push(line.to_owned());
        self.recorder.note(now.at, due, &input, &effects, &mut say);
        self.lines.push(String::new());
        let mut activated = Vec::new();
        for effect in effects {
            match effect {
                Effect::Record(entry) => drop(self.entries.insert(entry.number, entry)),
                Effect::Audio(AudioEffect::Activate(call)) => activated.push(call),
                Effect::Provider(provider, ProviderNews::Perform(perform)) => {
                    self.asked.push((provider, perform.action));
                }
                Effect::Reply(_, Reply::Registered { .. }) => {
                    if let Input::Register { provider, app, .. } = &input {
                        let at = APPS.iter().position(|of| *of == app.as_str());
                        self.providers[at.expect("one of both")] = Some(*provider);
                    }
                }
                _ => {}
            }
        }
        for call in activated {
            self.at += self.at % 2;
            self.handle(Input::AudioActivated { call });
        }
    }

    fn journal(&self) -> String {
        self.lines.iter().filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect()
    }
}

fn configuration(accounts: usize) -> Configuration {
    let accounts = ACCOUNTS[..accounts].iter();
    let accounts = accounts.map(|&id| Account { id: id.into(), label: id.to_owned() });
    Configuration { accounts: accounts.collect(), ..Configuration::default() }
}

fn requested(call: CallRef, uuid: CallUuid, app: Option<&str>, kind: u8) -> Vec<Requested> {
    vec![match kind {
        0 | 1 => Requested::Answer(call),
        2 => Requested::End(call),
        3 => Requested::SetHeld(call, true),
        4 => Requested::SetHeld(call, false),
        5 => Requested::SetMuted(call, uuid.0.is_multiple_of(2)),
        6 => Requested::PlayDtmf(call, DtmfDigits::new("*#D").unwrap(), DtmfType::SingleTone),
        7 => return Vec::new(),
        _ => Requested::Start(StartDetails {
            app: app.map(Into::into),
            account: uuid.0.is_multiple_of(3).then(|| ACCOUNTS[1].into()),
            uuid,
            handle: Handle::new(HandleKind::PhoneNumber, HANDLE),
            video: false,
            emergency: false,
        }),
    }]
}

fn told(steps: Vec<Step>, policy: Policy) -> World {
    let mut world = World::new(policy);
    for step in steps {
        world.take(step);
    }
    world
}

/// The story of these lines goes as written, and says nothing that it should not.
fn plays(journal: &str, extent: Extent) -> Result<Option<Story>, TestCaseError> {
    match Story::of(journal, extent) {
        Ok(story) => {
            if let Some(fault) = &story.fault {
                return Err(TestCaseError::fail(format!(
                    "{fault}\n{}\n---\n{journal}",
                    story.flow
                )));
            }
            Ok(Some(story))
        }
        Err(StoryError::NothingHappened | StoryError::NoBeginning) => Ok(None),
    }
}

#[test]
fn a_completion_that_comes_too_late_is_told_from_a_newer_one() {
    let mut world = told(
        vec![
            Step::Register(0, false),
            Step::Incoming(0, 1, 0, 0),
            Step::BySurface(1, 0, 0),
            Step::Complete(0, 0, true),
            Step::ByApp(0, 1, 3),
            Step::Wait(5_000),
        ],
        Policy::default(),
    );
    let late = world.asked.len() - 2;
    world.take(Step::Complete(0, 0, true));
    world.take(Step::ByApp(0, 1, 3));
    let back = world.asked.len() - 1 - late;
    world.take(Step::Complete(0, 2 * back, true));
    world.take(Step::Complete(0, 0, true));
    let journal = world.journal();
    assert!(journal.contains("timed out hold call1"), "{journal}");
    assert!(journal.contains("fulfill hold call1 back=1\ncore -> chat : refused"), "{journal}");
    assert!(
        journal.ends_with(
            "ui   : held call1\ncore -> chat : audio off call1\ncore -> audio : deactivate call1\n"
        ),
        "{journal}"
    );
    assert!(plays(&journal, Extent::All).unwrap().is_some());
}

#[test]
fn an_id_that_is_used_again_is_another_call() {
    let steps = vec![
        Step::Register(0, false),
        Step::Register(1, false),
        Step::News(0, 1, 2),
        Step::Incoming(0, 1, 0, 0),
        Step::Incoming(1, 1, 0, 0),
        Step::News(0, 1, 2),
        Step::Incoming(0, 1, 0, 0),
        Step::Incoming(0, 1, 0, 0),
        Step::Incoming(0, 2, 0, 7),
        Step::News(0, 3, 2),
        Step::Incoming(0, 3, 0, 8),
    ];
    // An id may be used again at once.
    let policy = Policy { tombstone: std::time::Duration::ZERO, ..Policy::default() };
    let journal = told(steps, policy).journal();
    for line in [
        "chat -> core : report ended stray1 remote_ended",
        "chat -> core : report incoming call1",
        "chat-2 -> core : report incoming call2",
        "core -> ui   : ended call1 remote_ended",
        "chat -> core : report incoming call3",
        "core -> chat : refused CallUuidAlreadyExists",
        "core -> recents : call4 incoming unanswered missed do_not_disturb",
        "# stray2 is call 5",
        "chat -> core : report incoming stray2",
    ] {
        assert!(journal.contains(line), "no `{line}` in\n{journal}");
    }
    assert!(plays(&journal, Extent::All).unwrap().is_some());
}

fn cases() -> u32 {
    std::env::var("PROPERTY_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(300)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_written_down_can_be_played(steps in prop::collection::vec(step(), 1..100)) {
        let world = told(steps, Policy { ring: core::time::Duration::from_secs(20), ..Policy::default() });
        let journal = world.journal();
        for secret in ["+49", "home", "0000-0000", "*#D"] {
            prop_assert!(!journal.contains(secret), "{secret} is in the journal:\n{journal}");
        }
        let story = plays(&journal, Extent::All)?;
        if let Some(story) = story {
            // From the very beginning, unless something happened that only ids could tell.
            prop_assert!(story.left_out == 0, "{} left out of\n{journal}", story.left_out);
        }
        plays(&journal, Extent::Newest)?;
    }

    #[test]
    fn it_can_be_played_from_the_middle(
        steps in prop::collection::vec(step(), 1..100), cut in 0.0..1.0,
    ) {
        let journal = told(steps, Policy::default()).journal();
        let lines: Vec<&str> = journal.lines().collect();
        let cut = (lines.len() as f64 * cut) as usize;
        plays(&lines[cut..].join("\n"), Extent::All)?;
    }

    #[test]
    fn reading_a_journal_never_panics(text in "(?s).{0,300}") {
        let _ = Story::of(&text, Extent::All);
    }
}
