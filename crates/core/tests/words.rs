//! What a flow cannot say: dates, and which texts are what.

use hookswitch_core::words::{
    AppId, CallNumber, CallState, CallUpdate, CallUuid, Date, DtmfDigits, EndedReason, Handle,
    HandleKind, Languages, Outcome, ProviderId, RequestId, SurfaceId, Timestamp,
};
use hookswitch_core::{
    Adoption, Arbiter, CallRef, Completion, Configuration, Effect, Input, Now, Policy,
    ProviderNews, Report, Requested, Requester, StartDetails, Verdict,
};

const CHAT: ProviderId = ProviderId(1);

/// An arbiter with one app, driven by the second.
struct World {
    core: Arbiter,
    at: u64,
    next: u64,
}

impl World {
    fn new() -> Self {
        let mut world = Self::without_app();
        world.register();
        world
    }

    fn without_app() -> Self {
        Self { core: Arbiter::new(Policy::default()), at: 0, next: 10 }
    }

    fn register(&mut self) {
        self.handle(Input::Register {
            provider: CHAT,
            request: RequestId(1),
            app: AppId::from("chat"),
            configuration: Configuration::default(),
        });
    }

    /// What follows, with every app fulfilling at once.
    fn handle(&mut self, input: Input) -> Vec<Effect> {
        let now = Now { at: Timestamp(self.at * 1000), date: Date(self.at.cast_signed() * 1000) };
        let mut effects = self.core.handle(now, input);
        let performs: Vec<_> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Provider(provider, ProviderNews::Perform(perform)) => {
                    Some((*provider, perform.action))
                }
                _ => None,
            })
            .collect();
        for (provider, action) in performs {
            let completion = Completion::Fulfill(None);
            effects.extend(self.handle(Input::Complete {
                provider,
                action,
                completion,
                request: None,
            }));
        }
        self.core.check().expect("the invariants hold");
        effects
    }

    fn ask(&mut self, action: Requested) -> Vec<Effect> {
        self.next += 1;
        self.handle(Input::Request {
            requester: Requester::Surface(SurfaceId(1)),
            request: RequestId(self.next),
            actions: vec![action],
            revision: None,
        })
    }

    fn report(&mut self, call: u128, report: Report) -> Vec<Effect> {
        self.next += 1;
        let request = RequestId(self.next);
        self.handle(Input::Report { provider: CHAT, request, call: CallUuid(call), report })
    }

    fn talk(&mut self, call: u128, number: u64) {
        let report = Report::Incoming {
            account: None,
            update: CallUpdate::default(),
            verdict: Verdict::Allow,
        };
        self.report(call, report);
        self.ask(Requested::Answer(CallRef::Number(CallNumber(number))));
    }
}

#[test]
fn a_group_is_connected_since_its_first_call() {
    let mut world = World::new();
    for (call, number) in [(1, 1), (2, 2)] {
        world.at = number * 100;
        world.talk(call, number);
    }
    let of = |number: u64| CallRef::Number(CallNumber(number));
    world.at = 300;
    world.ask(Requested::SetGroup(of(2), Some(of(1))));
    let connected = |world: &World| -> Vec<Option<Date>> {
        world.core.calls().iter().map(|call| call.group_connected).collect()
    };
    assert_eq!(connected(&world), [Some(Date(100_000)), Some(Date(100_000))]);
    world.at = 400;
    world.talk(3, 3);
    world.ask(Requested::SetGroup(of(3), Some(of(1))));
    // It stays when the first leaves.
    world.ask(Requested::End(of(1)));
    assert_eq!(connected(&world), [Some(Date(100_000)), Some(Date(100_000))]);
}

#[test]
fn which_characters_are_tones() {
    for valid in ["0123456789", "ABCD", "*#", &"1".repeat(64)] {
        assert!(DtmfDigits::new(valid).is_some(), "{valid}");
    }
    for invalid in ["", "E", "a", "1 2", "+49", "1,2", "1;2", "\u{661}", &"1".repeat(65)] {
        assert!(DtmfDigits::new(invalid).is_none(), "{invalid}");
    }
    let after = DtmfDigits::after_pause(",1,2").expect("commas are pauses");
    assert_eq!((after.count(), after.pauses()), (2, 2));
    assert!(DtmfDigits::after_pause(",").is_none() && DtmfDigits::after_pause("1;2").is_none());
}

#[test]
fn which_texts_are_ids_of_calls() {
    let id = CallUuid(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
    for text in ["01234567-89ab-cdef-0123-456789abcdef", "01234567-89AB-CDEF-0123-456789ABCDEF"] {
        assert_eq!(text.parse(), Ok(id));
    }
    assert_eq!(id.to_string(), "01234567-89ab-cdef-0123-456789abcdef");
    for text in [
        "",
        "01234567-89ab-cdef-0123-456789abcde",
        "01234567-89ab-cdef-0123-456789abcdef0",
        "01234567-89ab-cdef-0123-456789abcdeg",
        "0123456789abcdef0123456789abcdef",
        "01234567089ab-cdef-0123-456789abcdef",
        "01234567-89ab-cdef-0123-456789abcde`",
        "01234567-89ab-cdef-0123-456789abcde@",
        "01234567-89ab-cdef-0123-456789abcde/",
        "01234567-89ab-cdef-0123-456789abcde:",
    ] {
        assert!(text.parse::<CallUuid>().is_err(), "{text}");
    }
}

#[test]
fn an_app_learns_what_to_dial_and_of_no_other_call_anything() {
    let mut world = World::new();
    let mut handle = Handle::new(HandleKind::PhoneNumber, "+493012");
    handle.display_name = Some("Anna".into());
    let effects = world.ask(Requested::Start(StartDetails {
        app: Some("chat".into()),
        account: None,
        uuid: CallUuid(1),
        handle: handle.clone(),
        video: true,
        emergency: false,
    }));
    let facts = |effects: &[Effect]| -> Vec<Option<(Handle, bool)>> {
        let performs = effects.iter().filter_map(|effect| match effect {
            Effect::Provider(_, ProviderNews::Perform(perform)) => Some(perform),
            _ => None,
        });
        let facts = performs.map(|perform| perform.facts.as_ref());
        facts.map(|facts| facts.map(|facts| ((*facts.handle).clone(), facts.video))).collect()
    };
    assert_eq!(facts(&effects), [Some((handle, true))]);
    let effects = world.ask(Requested::SetMuted(CallRef::Number(CallNumber(1)), true));
    assert_eq!(facts(&effects), [None]);
}

#[test]
fn an_app_hears_when_its_emergency_call_left() {
    let mut world = World::new();
    let configuration = Configuration { emergency: true, ..Configuration::default() };
    let (provider, request) = (CHAT, RequestId(2));
    world.handle(Input::Configure { provider, request, configuration });
    let details = StartDetails {
        app: None,
        account: None,
        uuid: CallUuid(1),
        handle: Handle::new(HandleKind::PhoneNumber, "112"),
        video: false,
        emergency: true,
    };
    let now = Now { at: Timestamp(0), date: Date(0) };
    let actions = vec![Requested::Start(details)];
    let (requester, request) = (Requester::Provider(CHAT), RequestId(3));
    let asks = Input::Request { requester, request, actions, revision: None };
    let effects = world.core.handle(now, asks);
    let action = effects.iter().find_map(|effect| match effect {
        Effect::Provider(_, ProviderNews::Perform(perform)) => Some(perform.action),
        _ => None,
    });
    let action = action.expect("it is asked at once");
    let completion = Completion::Fulfill(Some(Date(9)));
    let effects =
        world.core.handle(now, Input::Complete { provider, action, completion, request: None });
    let results = effects.into_iter().find_map(|effect| match effect {
        Effect::Provider(_, ProviderNews::Finished(finished)) => Some(finished.results),
        _ => None,
    });
    assert_eq!(results, Some(vec![Outcome::Fulfilled(Some(Date(9)))]));
}

#[test]
fn an_ended_call_is_shown_under_a_new_revision() {
    let mut world = World::new();
    world.talk(1, 1);
    let before = world.core.calls()[0].choices_revision;
    let effects = world.report(1, Report::Ended(None, EndedReason::RemoteEnded));
    let after = effects.iter().find_map(|effect| match effect {
        Effect::Change(change) => change.calls.first().map(|call| call.choices_revision),
        _ => None,
    });
    assert_eq!(after, Some(before + 1));
}

#[test]
fn which_texts_are_languages() {
    assert!(Languages::new("de", "pt-BR").is_some());
    for (local, remote) in [("d", "en"), ("de", ""), ("de", "en us"), ("de", &*"x".repeat(36))] {
        assert!(Languages::new(local, remote).is_none(), "{local} {remote}");
    }
}

#[test]
fn dates_of_an_entry_only_go_forward() {
    let mut world = World::new();
    world.at = 1000;
    world.talk(1, 1);
    // The wall clock was set back, and the app has its own idea of when it ended.
    world.at = 10;
    let effects = world.report(1, Report::Ended(Some(Date(5)), EndedReason::RemoteEnded));
    let entry = effects.iter().find_map(|effect| match effect {
        Effect::Record(entry) => Some(entry),
        _ => None,
    });
    let entry = entry.expect("the entry is closed");
    assert!(entry.ended >= entry.connected && entry.connected >= Some(entry.started));
}

#[test]
fn every_word_on_the_wire_is_read_as_what_it_says() {
    use hookswitch_core::words::{ChoiceKind, DtmfType, EndKind, MissedReason, TranslationEngine};
    assert!(CallState::ALL.into_iter().all(|of| CallState::from_name(of.name()) == Some(of)));
    assert!(ChoiceKind::ALL.into_iter().all(|of| ChoiceKind::from_name(of.name()) == Some(of)));
    assert!(EndedReason::ALL.into_iter().all(|of| EndedReason::from_name(of.name()) == Some(of)));
    assert!(HandleKind::ALL.into_iter().all(|of| HandleKind::from_name(of.name()) == Some(of)));
    assert!(MissedReason::ALL.into_iter().all(|of| MissedReason::from_name(of.name()) == Some(of)));
    for (word, kind) in [
        ("single_tone", DtmfType::SingleTone),
        ("soft_pause", DtmfType::SoftPause),
        ("hard_pause", DtmfType::HardPause),
    ] {
        assert_eq!((kind.name(), DtmfType::from_name(word)), (word, Some(kind)));
    }
    for (word, kind) in [
        ("hang_up", EndKind::HangUp),
        ("decline", EndKind::Decline),
        ("cancel", EndKind::Cancel),
        ("unanswered", EndKind::Unanswered),
        ("failed", EndKind::Failed),
        ("emergency_call", EndKind::EmergencyCall),
    ] {
        assert_eq!((kind.name(), EndKind::from_name(word)), (word, Some(kind)));
    }
    for (word, engine) in
        [("default", TranslationEngine::Default), ("custom", TranslationEngine::Custom)]
    {
        assert_eq!((engine.name(), TranslationEngine::from_name(word)), (word, Some(engine)));
    }
    assert_eq!(HandleKind::ALL.map(HandleKind::name), ["generic", "phone_number", "email_address"]);
    assert_eq!((DtmfType::from_name("it"), EndKind::from_name("it")), (None, None));
}

#[test]
fn what_could_say_who_somebody_is_is_hidden_where_it_is_printed() {
    let handle = Handle::new(HandleKind::PhoneNumber, "+493012");
    assert_eq!(format!("{handle:?}"), "Handle(phone_number, hidden)");
    let digits = DtmfDigits::new("1234").expect("digits");
    assert_eq!(format!("{digits:?}"), "DtmfDigits(4 hidden)");
    assert_eq!(format!("{:?}", CallUuid(7)), "00000000-0000-0000-0000-000000000007");
}

#[test]
fn an_adopted_call_is_not_connected_before_it_began() {
    let record = |effects: Vec<Effect>| {
        let records = effects.into_iter().filter_map(|effect| match effect {
            Effect::Record(entry) => Some(entry),
            _ => None,
        });
        records.last().expect("an entry is written")
    };
    let mut world = World::new();
    world.at = 1000;
    let entry = record(world.ask(Requested::Start(StartDetails {
        app: Some("chat".into()),
        account: None,
        uuid: CallUuid(1),
        handle: Handle::default(),
        video: false,
        emergency: false,
    })));
    assert_eq!((entry.started, entry.connected), (Date(1_000_000), None));
    // It connected while the service was away, and the wall clock was set back.
    let mut world = World::without_app();
    world.at = 10;
    world.handle(Input::Restore { orphans: vec![entry], next_number: CallNumber(2) });
    world.register();
    let adoption = Adoption {
        state: CallState::Held,
        muted: false,
        group_with: None,
        update: CallUpdate::default(),
    };
    let entry = record(world.report(1, Report::Adopt(adoption)));
    assert_eq!(entry.connected, Some(entry.started));
}
