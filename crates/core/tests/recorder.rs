//! The lines that a recorder makes of what happens: whom it names how, what it keeps to itself, and what it forgets.

use hookswitch_core::flow::Recorder;
use hookswitch_core::words::{
    CallNumber, CallUpdate, CallUuid, Date, Direction, EndedReason, Handle, HandleKind, LogPolicy,
    ProviderId, RecentsEntry, RequestId, SurfaceId, Timestamp,
};
use hookswitch_core::{
    Account, Arbiter, CallRef, Completion, Configuration, Effect, Input, Now, Policy, ProviderNews,
    Report, Requested, Requester, StartDetails, Verdict,
};

/// An arbiter whose every input is noted.
struct World {
    core: Arbiter,
    recorder: Recorder,
    at: u64,
    next: u64,
    /// What was asked last, and of whom.
    asked: Vec<(ProviderId, hookswitch_core::words::ActionId)>,
}

const CHAT: ProviderId = ProviderId(70);
const TALK: ProviderId = ProviderId(71);

impl World {
    fn new() -> Self {
        let policy = Policy::default();
        let recorder = Recorder::new(&policy);
        Self { core: Arbiter::new(policy), recorder, at: 1_000_000, next: 1, asked: Vec::new() }
    }

    /// With two apps.
    fn with_apps() -> Self {
        let mut world = Self::new();
        for (provider, app) in [(CHAT, "org.example.Chat"), (TALK, "org.example.Talk")] {
            world.register(provider, app, Configuration::default());
        }
        world
    }

    fn handle(&mut self, input: Input) -> Vec<String> {
        let now = Now { at: Timestamp(self.at), date: Date(self.at.cast_signed()) };
        let due = self.core.next_deadline();
        let effects = self.core.handle(now, input.clone());
        for effect in &effects {
            if let Effect::Provider(provider, ProviderNews::Perform(perform)) = effect {
                self.asked.push((*provider, perform.action));
            }
        }
        let mut said = Vec::new();
        let mut say = |line: &str| said.push(line.to_owned());
        self.recorder.note(now.at, due, &input, &effects, &mut say);
        said
    }

    fn request_id(&mut self) -> RequestId {
        self.next += 1;
        RequestId(self.next)
    }

    fn register(
        &mut self,
        provider: ProviderId,
        app: &str,
        configuration: Configuration,
    ) -> Vec<String> {
        let request = self.request_id();
        self.handle(Input::Register { provider, request, app: app.into(), configuration })
    }

    fn report(&mut self, provider: ProviderId, call: u128, report: Report) -> Vec<String> {
        let request = self.request_id();
        self.handle(Input::Report { provider, request, call: CallUuid(call), report })
    }

    fn incoming(&mut self, provider: ProviderId, call: u128) -> Vec<String> {
        let (update, verdict) = (CallUpdate::default(), Verdict::Allow);
        self.report(provider, call, Report::Incoming { account: None, update, verdict })
    }

    fn ended(&mut self, provider: ProviderId, call: u128) -> Vec<String> {
        self.report(provider, call, Report::Ended(None, EndedReason::RemoteEnded))
    }

    fn ask(&mut self, surface: u64, action: Requested) -> Vec<String> {
        let (requester, request) = (Requester::Surface(SurfaceId(surface)), self.request_id());
        self.handle(Input::Request { requester, request, actions: vec![action], revision: None })
    }

    /// The app does, or does not do, what it was asked last but so many.
    fn complete(&mut self, back: usize, completion: Completion) -> Vec<String> {
        let (provider, action) = self.asked[self.asked.len() - 1 - back];
        let request = Some(self.request_id());
        self.handle(Input::Complete { provider, action, completion, request })
    }

    fn standing(&self) -> String {
        let mut said = Vec::new();
        self.recorder.standing(&mut |line: &str| said.push(line.to_owned()));
        said.join("\n")
    }
}

fn number(number: u64) -> CallRef {
    CallRef::Number(CallNumber(number))
}

#[test]
fn what_is_due_is_late_only_after_its_time() {
    let mut world = World::with_apps();
    world.incoming(CHAT, 1);
    world.at += 60_000;
    assert_eq!(world.handle(Input::Tick)[0], "after 60000ms");
    world.incoming(CHAT, 2);
    world.at += 60_001;
    assert_eq!(world.handle(Input::Tick)[0], "after 60001ms asleep");
    // Nothing is late where nobody waited for it.
    world.at += 5_000;
    world.handle(Input::Tick);
    world.incoming(CHAT, 3);
    world.at += 60_001;
    assert_eq!(world.incoming(TALK, 4)[0], "after 60001ms");
}

#[test]
fn it_is_idle_when_no_call_lives_and_none_has_still_to_be_ended() {
    let mut world = World::with_apps();
    assert!(world.recorder.is_idle());
    assert!(!world.standing().contains("live"), "{}", world.standing());
    world.incoming(CHAT, 1);
    assert!(!world.recorder.is_idle());
    assert!(world.standing().ends_with("\n# | live call1"), "{}", world.standing());
    world.at += 60_000;
    world.handle(Input::Tick);
    // It ended for everybody, but its app was just told.
    assert!(!world.recorder.is_idle());
    assert!(world.standing().ends_with("\n# | live call1"), "{}", world.standing());
    let (provider, action) = world.asked[0];
    let (completion, request) = (Completion::Fulfill(None), Some(RequestId(999)));
    world.handle(Input::Complete { provider: TALK, action, completion, request });
    assert!(!world.recorder.is_idle(), "that was not the app that was asked");
    world.handle(Input::Complete { provider, action, completion, request });
    assert!(world.recorder.is_idle());
}

#[test]
fn a_call_that_is_in_no_list_ends_as_well() {
    let mut world = World::with_apps();
    let details = StartDetails {
        app: Some("org.example.Chat".into()),
        account: None,
        uuid: CallUuid(1),
        handle: Handle::default(),
        video: false,
        emergency: false,
    };
    world.ask(1, Requested::Start(details));
    world.ask(1, Requested::End(number(1)));
    assert!(!world.recorder.is_idle());
    let lines = world.complete(0, Completion::Fulfill(None));
    assert!(!lines.iter().any(|line| line.contains("recents")), "{lines:?}");
    assert!(world.recorder.is_idle());
}

#[test]
fn an_app_that_is_gone_has_nothing_to_end() {
    for gone in [
        Input::ProviderLost { provider: CHAT },
        Input::Invalidate { provider: CHAT, request: RequestId(999) },
    ] {
        let mut world = World::with_apps();
        world.incoming(CHAT, 1);
        world.at += 60_000;
        world.handle(Input::Tick);
        assert!(!world.recorder.is_idle());
        world.handle(gone.clone());
        assert!(world.recorder.is_idle(), "{gone:?}");
        assert!(!world.standing().contains("chat"), "{}", world.standing());
        assert!(world.standing().contains("talk -> core : register"), "{}", world.standing());
    }
    let mut world = World::with_apps();
    let (provider, request) = (ProviderId(1), RequestId(999));
    world.handle(Input::Invalidate { provider, request });
    assert!(world.standing().contains("chat -> core : register"), "{}", world.standing());
}

#[test]
fn only_what_was_granted_stands() {
    let mut world = World::with_apps();
    let configuration = Configuration { maximum_call_groups: 0, ..Configuration::default() };
    let (provider, request) = (CHAT, RequestId(999));
    let configure = Input::Configure { provider, request, configuration };
    assert_eq!(
        world.handle(configure),
        ["chat -> core : configure groups=0", "core -> chat : refused InvalidArgument"]
    );
    assert!(world.standing().contains("chat -> core : register\n"), "{}", world.standing());
    let lines = world.register(ProviderId(72), "org.example.Talk", Configuration::default());
    assert_eq!(lines[1], "core -> talk : refused AlreadyRegistered");
    assert!(world.standing().ends_with("talk -> core : register"), "{}", world.standing());
    // Whoever was refused is not that app.
    assert_eq!(
        world.ended(ProviderId(72), 1)[0],
        "app72 -> core : report ended stray1 remote_ended"
    );
}

#[test]
fn surfaces_are_numbered_as_they_speak_and_forgotten_in_that_order() {
    let mut world = World::with_apps();
    world.incoming(CHAT, 1);
    let mut silence = |surface: u64| {
        let surface = SurfaceId(surface);
        let input = Input::Silence { surface, request: RequestId(999), call: CallNumber(1) };
        world.handle(input).remove(0).split(' ').next().map(str::to_owned)
    };
    let name = |number: u64| Some(format!("ui{number}"));
    assert_eq!((silence(1001), silence(1002), silence(1001)), (name(1), name(2), name(1)));
    for surface in 3..=100 {
        assert_eq!(silence(1000 + surface), name(surface));
    }
    assert_eq!(silence(1001), name(1));
    assert_eq!(silence(1101), name(101));
    assert_eq!(silence(1001), name(102));
}

#[test]
fn names_of_calls_are_forgotten_but_not_while_they_live() {
    let mut world = World::with_apps();
    world.incoming(CHAT, 1);
    for stray in 100..300 {
        world.ended(CHAT, stray);
    }
    let unknown = Report::Updated(CallUpdate::default());
    assert_eq!(world.report(CHAT, 1, unknown.clone())[0], "chat -> core : report updated call1");
    // Of one that does not live only so many are kept.
    assert_eq!(world.ended(CHAT, 299)[0], "chat -> core : report ended stray200 remote_ended");
    assert_eq!(world.ended(CHAT, 100)[0], "chat -> core : report ended stray201 remote_ended");
}

#[test]
fn a_push_says_whom_it_rings_for() {
    let mut world = World::new();
    let account = |id: &str| Account { id: id.into(), label: String::new() };
    let configuration = Configuration {
        accounts: vec![account("+49 30 1"), account("work")],
        maximum_call_groups: 3,
        maximum_calls_per_call_group: 2,
        ..Configuration::default()
    };
    let rung = |call: u128, request: u64| Input::Rung {
        provider: ProviderId(request),
        request: RequestId(request),
        app: "org.example.Chat".into(),
        configuration: configuration.clone(),
        call: CallUuid(call),
        update: CallUpdate { log_policy: Some(LogPolicy::Full), ..CallUpdate::default() },
        verdict: Verdict::Allow,
    };
    let lines = world.handle(rung(1, 500));
    assert_eq!(
        lines[0],
        "push -> core : rings chat call1 groups=3 per_group=2 accounts=account1,account2"
    );
    let lines = world.register(CHAT, "org.example.Chat", configuration.clone());
    assert_eq!(lines[0], "chat -> core : register groups=3 per_group=2 accounts=account1,account2");
    assert!(lines.contains(&"core -> chat : attached call1 ringing".to_owned()), "{lines:?}");
    // Its app has not reported it yet, so that the push may come twice.
    let lines = world.handle(rung(1, 501));
    assert!(lines[0].starts_with("push -> core : rings chat call1 "), "{lines:?}");
}

#[test]
fn what_is_dialed_is_not_told_but_for_its_pauses() {
    let mut world = World::with_apps();
    let mut start = |kind: HandleKind, dialed: &str| {
        let details = StartDetails {
            app: Some("org.example.Chat".into()),
            account: None,
            uuid: CallUuid(1),
            handle: Handle::new(kind, dialed),
            video: false,
            emergency: false,
        };
        let line = world.ask(1, Requested::Start(details)).remove(0);
        world.complete(0, Completion::Fail);
        line.split_once(" app=chat").expect("it names the app").1.to_owned()
    };
    assert_eq!(start(HandleKind::PhoneNumber, "+49 30 1, 2 3;4"), " dial=0,00;0");
    assert_eq!(start(HandleKind::PhoneNumber, "+49 30 1"), "");
    assert_eq!(start(HandleKind::Generic, "anna,home;1"), "");
}

#[test]
fn what_an_app_says_of_a_call_is_told_but_for_names_and_addresses() {
    let mut world = World::with_apps();
    let update = |can: bool| CallUpdate {
        remote_handle: Some(Handle::new(HandleKind::PhoneNumber, "+49 30 1")),
        localized_caller_name: Some("Anna".into()),
        supports_holding: Some(can),
        supports_grouping: Some(can),
        supports_ungrouping: Some(can),
        supports_dtmf: Some(can),
        supports_video: Some(can),
        supports_translation: Some(can),
        has_video: Some(can),
        reconnecting: Some(can),
        members: None,
        emergency: Some(can),
        log_policy: Some(if can { LogPolicy::Full } else { LogPolicy::None }),
    };
    let incoming = |can: bool, verdict: Verdict| {
        let account = Some("default".into());
        Report::Incoming { account, update: update(can), verdict }
    };
    assert_eq!(
        world.report(CHAT, 1, incoming(true, Verdict::Allow))[0],
        "chat -> core : report incoming call1 holding grouping ungrouping dtmf can_video can_translate video reconnecting emergency named account=default"
    );
    assert_eq!(
        world.report(CHAT, 2, incoming(false, Verdict::Blocked))[0],
        "chat -> core : report incoming stray1 no-holding no-grouping no-ungrouping no-dtmf no-can_video no-can_translate no-video reconnected unlogged named account=default blocked"
    );
    assert_eq!(
        world.report(CHAT, 1, Report::Updated(CallUpdate { emergency: None, ..update(true) }))[0],
        "chat -> core : report updated call1 holding grouping ungrouping dtmf can_video can_translate video reconnecting named"
    );
    let nothing = Report::Updated(CallUpdate::default());
    assert_eq!(world.report(CHAT, 1, nothing)[0], "chat -> core : report updated call1");
}

#[test]
fn a_completion_says_how_many_came_after_it() {
    let mut world = World::with_apps();
    world.incoming(CHAT, 1);
    world.ask(1, Requested::Answer(number(1)));
    let fulfill = Completion::Fulfill(None);
    assert_eq!(world.complete(0, fulfill)[0], "chat -> core : fulfill answer call1");
    for _ in 0..2 {
        world.ask(1, Requested::SetHeld(number(1), true));
        world.complete(0, Completion::Fail);
    }
    let lines = world.complete(1, fulfill);
    assert_eq!(lines[0], "chat -> core : fulfill hold call1 back=1");
    assert_eq!(lines[1], "core -> chat : refused ActionAlreadyCompleted");
    assert_eq!(world.complete(0, fulfill)[0], "chat -> core : fulfill hold call1");
}

#[test]
fn a_service_that_comes_back_says_what_it_remembers() {
    let mut world = World::new();
    let orphan = |number: u64, account: &str, listed: bool| RecentsEntry {
        number: CallNumber(number),
        app: "org.example.Chat".into(),
        account: account.into(),
        uuid: CallUuid(u128::from(number)),
        direction: Direction::Incoming,
        handle: Handle::default().into(),
        name: None,
        video: false,
        started: Date(1),
        connected: Some(Date(2)),
        ended: None,
        reason: None,
        missed: None,
        listed,
        emergency: false,
        has_audio: number == 5,
    };
    let orphans = vec![orphan(4, "default", true), orphan(5, "+49 30 1", false)];
    let next_number = CallNumber(6);
    let lines = world.handle(Input::Restore { orphans, next_number });
    assert_eq!(
        lines,
        [
            "# from here:",
            "core restarts with chat call4 incoming connected ; chat call5 incoming connected unlisted audio account=account1"
        ]
    );
    assert!(!world.recorder.is_idle());
    assert!(world.standing().ends_with("# | live call4 call5"), "{}", world.standing());
    world.at += 10_000;
    world.handle(Input::Tick);
    assert!(world.recorder.is_idle());
}
