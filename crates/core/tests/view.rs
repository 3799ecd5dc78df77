//! What can be asked of an arbiter between two inputs, and what it says that no line of a flow does.

use hookswitch_core::flow::{self, Player};
use hookswitch_core::words::{
    CallNumber, CallUpdate, CallUuid, Date, EndKind, EndedReason, Handle, HandleKind, ProviderId,
    RecentsEntry, RequestError, RequestId, RingLevel, SurfaceId, Timestamp,
};
use hookswitch_core::{
    Arbiter, CallRef, Configuration, Effect, Input, Now, Policy, Reply, Report, Requested,
    Requester, Verdict,
};

const NOW: Now = Now { at: Timestamp(1_000_000), date: Date(1_000_000) };

/// Looks at the arbiter after these lines of a flow.
fn after<T>(lines: &[&str], look: impl FnOnce(&Player<'_>) -> T) -> T {
    let text = format!("played:\n    {}", lines.join("\n    "));
    let flow = flow::parse(&text).expect("it is a flow").remove(0);
    let mut player = flow.player();
    for played in player.by_ref() {
        played.unwrap_or_else(|error| panic!("{lines:?}: {error}"));
    }
    look(&player)
}

fn register(core: &mut Arbiter, provider: u64, app: &str) -> Reply {
    reply(&core.handle(
        NOW,
        Input::Register {
            provider: ProviderId(provider),
            request: RequestId(1),
            app: app.into(),
            configuration: Configuration::default(),
        },
    ))
}

fn reply(effects: &[Effect]) -> Reply {
    let reply = effects.iter().find_map(|effect| match effect {
        Effect::Reply(_, reply) => Some(*reply),
        _ => None,
    });
    reply.expect("every request gets a reply")
}

fn request(core: &mut Arbiter, action: Requested) -> Reply {
    let requester = Requester::Surface(SurfaceId(1));
    let (request, actions) = (RequestId(2), vec![action]);
    reply(&core.handle(NOW, Input::Request { requester, request, actions, revision: None }))
}

#[test]
fn how_loud_it_rings_and_who_has_the_audio() {
    let look = |lines: &[&str]| {
        after(lines, |player| {
            let core = player.arbiter();
            (core.ring_level(), core.audio_owner(), core.pending_transactions())
        })
    };
    let rings = ["chat -> core : report incoming anna"];
    assert_eq!(look(&rings), (RingLevel::Loud, None, 0));
    let answers = [rings[0], "ui -> core : request answer anna"];
    assert_eq!(look(&answers), (RingLevel::Silent, None, 1));
    let two = ["given chat active anna", "talk -> core : report incoming bob"];
    assert_eq!(look(&two), (RingLevel::Waiting, Some(CallNumber(1)), 0));
    let told = |lines: &[&str]| -> Vec<(CallNumber, bool)> {
        after(lines, |player| player.arbiter().audio_calls().collect())
    };
    assert_eq!(told(&two), [(CallNumber(1), true)]);
    assert_eq!(told(&["audio by hand", two[0]]), [(CallNumber(1), false)]);
    assert_eq!(told(&rings), []);
    let pending = [
        "given chat active anna",
        "ui -> core : request mute anna",
        "ui -> core : request dtmf anna 1",
    ];
    assert_eq!(look(&pending).2, 2);
}

#[test]
fn a_call_says_who_it_is_with() {
    let mut core = Arbiter::new(Policy::default());
    register(&mut core, 1, "chat");
    let handle = Handle::new(HandleKind::PhoneNumber, "+493012");
    let mut report = |call: u128, name: Option<&str>| {
        let update = CallUpdate {
            remote_handle: Some(handle.clone()),
            localized_caller_name: name.map(str::to_owned),
            ..CallUpdate::default()
        };
        let report = Report::Incoming { account: None, update, verdict: Verdict::Allow };
        let (provider, request) = (ProviderId(1), RequestId(3));
        core.handle(NOW, Input::Report { provider, request, call: CallUuid(call), report });
        core.calls().pop().expect("it rings")
    };
    let view = report(1, Some("Anna"));
    assert_eq!((view.handle(), view.name()), (&handle, Some("Anna")));
    let ended = Report::Ended(None, EndedReason::RemoteEnded);
    let (provider, request, call) = (ProviderId(1), RequestId(4), CallUuid(1));
    core.handle(NOW, Input::Report { provider, request, call, report: ended });
    let update = CallUpdate::default();
    let report = Report::Incoming { account: None, update, verdict: Verdict::Allow };
    core.handle(NOW, Input::Report { provider, request, call: CallUuid(2), report });
    assert_eq!(core.calls()[0].name(), None);
}

#[test]
fn what_is_dialed_behind_a_number_is_no_part_of_it() {
    let dialed = |dial: &str| {
        let line = format!("chat -> core : request start anna dial={dial}");
        after(&[line.as_str()], |player| player.arbiter().calls()[0].handle().value.clone())
    };
    assert_eq!(dialed("+493012"), "+493012");
    assert_eq!(dialed("+493012,1;2"), "+493012");
}

#[test]
fn a_call_is_started_with_video_or_without() {
    let video = |line: &str| after(&[line], |player| player.arbiter().calls()[0].facts.video);
    assert!(video("chat -> core : request start anna video"));
    assert!(!video("chat -> core : request start anna"));
}

#[test]
fn a_call_that_is_ending_says_how() {
    let ending = |lines: &[&str]| after(lines, |player| player.arbiter().calls()[0].ending);
    assert_eq!(ending(&["given chat active anna"]), None);
    let hangs_up = ["given chat active anna", "ui -> core : request end anna"];
    assert_eq!(ending(&hangs_up), Some(EndKind::HangUp));
    let declines = ["chat -> core : report incoming anna", "ui -> core : request end anna"];
    assert_eq!(ending(&declines), Some(EndKind::Decline));
}

#[test]
fn only_an_app_whose_calls_are_remembered_is_told_to_adopt_them() {
    let mut core = Arbiter::new(Policy::default());
    let orphan = RecentsEntry {
        number: CallNumber(1),
        app: "chat".into(),
        account: "default".into(),
        uuid: CallUuid(1),
        direction: hookswitch_core::words::Direction::Incoming,
        handle: Handle::default().into(),
        name: None,
        video: false,
        started: NOW.date,
        connected: Some(NOW.date),
        ended: None,
        reason: None,
        missed: None,
        listed: true,
        emergency: false,
        has_audio: true,
    };
    core.handle(NOW, Input::Restore { orphans: vec![orphan], next_number: CallNumber(2) });
    assert!(core.remembers_calls());
    assert_eq!(register(&mut core, 1, "talk"), Reply::Registered { adopt_until: None });
    let until = Timestamp(NOW.at.0 + 10_000);
    assert_eq!(register(&mut core, 2, "chat"), Reply::Registered { adopt_until: Some(until) });
    core.handle(Now { at: until, ..NOW }, Input::Tick);
    assert!(!core.remembers_calls());
}

#[test]
fn a_number_that_no_call_had_yet_cannot_be_ended() {
    let mut core = Arbiter::new(Policy::default());
    let end = |number: u64| Requested::End(CallRef::Number(CallNumber(number)));
    let refused = Reply::RequestRefused(RequestError::UnknownCallUuid);
    assert_eq!(request(&mut core, end(0)), refused);
    assert_eq!(request(&mut core, end(1)), refused);
    register(&mut core, 1, "chat");
    let report =
        Report::Incoming { account: None, update: CallUpdate::default(), verdict: Verdict::Allow };
    let (provider, call) = (ProviderId(1), CallUuid(1));
    core.handle(NOW, Input::Report { provider, request: RequestId(3), call, report });
    let ended = Report::Ended(None, EndedReason::RemoteEnded);
    core.handle(NOW, Input::Report { provider, request: RequestId(4), call, report: ended });
    assert!(matches!(request(&mut core, end(1)), Reply::Accepted(_)));
    assert_eq!(request(&mut core, end(2)), refused);
}

#[test]
fn nothing_is_kept_of_an_app_whose_call_was_refused() {
    let mut core = Arbiter::new(Policy::default());
    let rung = Input::Rung {
        provider: ProviderId(1),
        request: RequestId(1),
        app: "chat".into(),
        configuration: Configuration::default(),
        call: CallUuid(1),
        update: CallUpdate::default(),
        verdict: Verdict::DoNotDisturb,
    };
    assert!(matches!(reply(&core.handle(NOW, rung)), Reply::IncomingRefused(_)));
    assert_eq!(core.next_deadline(), None);
    assert_eq!(core.providers().count(), 0);
}

#[test]
fn the_same_inputs_bring_about_the_same() {
    let lines = ["given chat active anna", "given talk active bob"];
    let core = || after(&lines, |player| player.arbiter().clone());
    assert_eq!(core(), core());
    assert_ne!(core(), after(&lines[..1], |player| player.arbiter().clone()));
}

#[test]
fn transactions_are_numbered_without_gaps() {
    let asked = [
        "given chat active anna",
        "ui -> core : request mute anna",
        "chat -> core : fail mute anna",
    ];
    let mut core = after(&asked, |player| player.arbiter().clone());
    let ids = [true, false].map(|on| {
        match request(&mut core, Requested::SetMuted(CallRef::Number(CallNumber(1)), on)) {
            Reply::Accepted(id) => id.0,
            reply => panic!("{reply:?}"),
        }
    });
    // One each for the answer, the mute that failed, and these.
    assert_eq!(ids, [3, 4]);
}

#[test]
fn an_app_is_known_by_what_it_was_offered_as_a_whole() {
    let asked = [
        "chat -> core : register executes",
        "talk -> core : register executes",
        "given chat active anna",
        "ui -> core : request hold anna",
        "ui -> core : request mute anna",
    ];
    after(&asked, |player| {
        let core = player.arbiter();
        let offered: Vec<usize> =
            core.providers().map(|(id, ..)| core.offered(id).count()).collect();
        assert_eq!(offered, [2, 0]);
        assert!(core.performs().all(|(action, ..)| core.is_of_whole(action)));
    });
    let alone = ["given chat active anna", "ui -> core : request hold anna"];
    after(&alone, |player| {
        let core = player.arbiter();
        assert!(core.performs().all(|(action, ..)| !core.is_of_whole(action)));
        assert_eq!(core.performs().count(), 1);
    });
}
