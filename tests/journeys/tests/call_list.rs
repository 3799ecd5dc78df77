//! The library's list of an app's own calls: whatever happens, it is what the service has.

use futures_util::FutureExt;
use hookswitch::{
    Call, CallList, CallListEvent, CallListEvents, CallNumber, CallState, CallUpdate, CallUuid,
    Error, OwnCall, Provider, ServiceError, Surface, SurfaceEvent, SurfaceEvents, new_call,
};
use hookswitch_journeys::{Chaos, Phone, soon};
use std::collections::BTreeMap;

/// What both an app and a screen see of a call, but for what never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Look {
    who: (String, Option<String>),
    state: CallState,
    muted: bool,
    video: bool,
    holding: bool,
    group: (Option<u64>, Option<i64>),
    dates: (Option<i64>, Option<i64>),
    end: String,
}

impl Look {
    fn of_app(call: &OwnCall) -> Self {
        Self {
            who: (call.handle.value.clone(), call.name.clone()),
            state: call.state,
            muted: call.muted,
            video: call.video,
            holding: call.supports_holding,
            group: (call.group.map(|group| group.0), call.group_connected.map(|date| date.0)),
            dates: (call.started.map(|date| date.0), call.connected.map(|date| date.0)),
            end: format!("{:?} {:?}", call.ending, call.ended),
        }
    }

    fn of_screen(call: &Call) -> Self {
        Self {
            who: (call.handle.value.clone(), call.name.clone()),
            state: call.state,
            muted: call.muted,
            video: call.video,
            holding: call.capabilities.holding,
            group: (call.group.map(|group| group.0), call.group_connected.map(|date| date.0)),
            dates: (call.started.map(|date| date.0), call.connected.map(|date| date.0)),
            end: format!("{:?} {:?}", call.ending, call.ended),
        }
    }
}

/// Everything that was seen of each call, in order.
type History = BTreeMap<CallNumber, Vec<Look>>;

fn saw(history: &mut History, call: CallNumber, look: Look) {
    let seen = history.entry(call).or_default();
    if seen.last() != Some(&look) {
        seen.push(look);
    }
}

/// An app's list, and what a window that reads its events makes of them.
struct Window {
    list: CallList,
    events: CallListEvents,
    shown: BTreeMap<CallNumber, OwnCall>,
    history: History,
}

impl Window {
    fn new(list: &CallList) -> Self {
        let events = list.events();
        Self { list: list.clone(), events, shown: BTreeMap::new(), history: History::new() }
    }

    fn read(&mut self) {
        while let Some(Some(event)) = self.events.next().now_or_never() {
            match event {
                CallListEvent::Reset(calls) => {
                    self.shown = calls.into_iter().map(|call| (call.number, call)).collect();
                }
                CallListEvent::Changed(calls) => {
                    for call in calls {
                        saw(&mut self.history, call.number, Look::of_app(&call));
                        if call.has_ended() {
                            self.shown
                                .remove(&call.number)
                                .expect("it was told of before it ended");
                        } else {
                            self.shown.insert(call.number, call);
                        }
                    }
                }
                CallListEvent::ServiceLost => self.shown.clear(),
                CallListEvent::Closed(why) => panic!("{why}"),
            }
        }
        assert_eq!(self.shown.values().cloned().collect::<Vec<_>>(), self.list.calls());
    }

    fn looks(&self) -> BTreeMap<CallNumber, Look> {
        self.list.calls().iter().map(|call| (call.number, Look::of_app(call))).collect()
    }
}

/// A screen that watches all the time.
struct Watch {
    _surface: Surface,
    events: SurfaceEvents,
    history: History,
}

impl Watch {
    async fn new(phone: &Phone) -> Self {
        let connected = Surface::connect_at(Some(phone.address()), "watch");
        let (surface, events) = soon("the screen", connected).await.expect("it may be one");
        Self { _surface: surface, events, history: History::new() }
    }

    fn read(&mut self) {
        while let Some(Some(event)) = self.events.next().now_or_never() {
            if let SurfaceEvent::Changed(change) = event {
                for call in &change.calls {
                    saw(&mut self.history, call.number, Look::of_screen(call));
                }
            }
        }
    }
}

/// Begin anew, from what there is.
fn anew(calls: &[Call]) -> History {
    calls.iter().map(|call| (call.number, vec![Look::of_screen(call)])).collect()
}

fn of_app(calls: &[Call], app: &str) -> BTreeMap<CallNumber, Look> {
    let own = calls.iter().filter(|call| call.app.as_str() == app);
    own.map(|call| (call.number, Look::of_screen(call))).collect()
}

/// Wait until all lists are what the service has.
async fn agree(chaos: &mut Chaos, windows: &mut [Window]) -> Vec<Call> {
    chaos.quiet().await;
    let agreed = soon("the lists to be what the service has", async {
        loop {
            let truth = chaos.truth().await;
            for app in &chaos.apps {
                app.is_up_to_date().await;
            }
            let mut apps = chaos.apps.iter().zip(&*windows);
            let same = apps.all(|(app, window)| {
                window.list.is_in_step()
                    && window.looks() == of_app(&truth, app.provider.app().as_str())
            });
            // Twice: what is on its way would show in between.
            if same && truth == chaos.truth().await {
                return truth;
            }
            println!("not yet: {truth:#?}");
            tokio::task::yield_now().await;
        }
    });
    let truth = agreed.await;
    windows.iter_mut().for_each(Window::read);
    truth
}

#[tokio::test]
async fn the_librarys_list_is_what_the_service_has_whatever_happens() {
    let steps = std::env::var("STEPS").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    let mut chaos = Chaos::begin("the library's list of calls").await;
    let mut windows: Vec<_> = chaos.apps.iter().map(|app| Window::new(&app.calls)).collect();
    let mut watch = Watch::new(&chaos.phone).await;
    let (mut quiet, mut kills, mut seen) = (0, 0, 0);
    let mut looks: BTreeMap<String, usize> = BTreeMap::new();
    let mut killed = false;
    for _ in 0..steps {
        chaos.step();
        match chaos.below(60) {
            0 => {
                killed = true;
                kills += u32::from(chaos.kill_service().await);
            }
            1..=9 => {
                let truth = agree(&mut chaos, &mut windows).await;
                watch.read();
                let mut told = History::new();
                for window in &mut windows {
                    told.append(&mut window.history);
                    let own = window.looks();
                    window.history = anew(&truth);
                    window.history.retain(|call, _| own.contains_key(call));
                }
                let shown = std::mem::replace(&mut watch.history, anew(&truth));
                for look in shown.values().flatten() {
                    seen += 1;
                    let grouped = look.group.0.map_or("", |_| " in a group");
                    let muted = if look.muted { " muted" } else { "" };
                    *looks.entry(format!("{}{grouped}{muted}", look.state.name())).or_default() +=
                        1;
                }
                // A killed service may have told one and not the other.
                if !std::mem::take(&mut killed) {
                    assert_eq!(told, shown, "an app is told what screens are told, in order");
                }
                quiet += 1;
            }
            10..=30 => tokio::task::yield_now().await,
            _ => {}
        }
    }
    chaos.over().await;
    agree(&mut chaos, &mut windows).await;
    println!(
        "{steps} steps, {kills} kills, {quiet} quiet points, {seen} states of calls: {looks:?}"
    );
    assert!(seen > steps / 4, "hardly anything happened");
}

/// Two calls as one conversation: what the list says of them, without their ends.
fn conversation(list: &CallList) -> Vec<(CallUuid, CallState, bool, Option<u64>)> {
    let of = |call: &OwnCall| (call.call, call.state, call.muted, call.group.map(|group| group.0));
    list.calls().iter().map(of).collect()
}

#[tokio::test]
async fn what_was_live_is_adopted_from_the_list() {
    let phone = Phone::new();
    let mut chat = phone.willing_app("org.example.Chat").await;
    let mut screen = phone.screen().await;
    let list = chat.provider.call_list();
    let up_to_date = |chat: &Provider| chat.report_call_updated(new_call(), CallUpdate::default());
    let (mut numbers, mut ids) = (Vec::new(), Vec::new());
    for who in ["anna", "bob"] {
        let call = chat.rings(who).await;
        let shown = screen.one(CallState::Ringing).await;
        screen.surface.answer(shown.number, None).outcome().await.unwrap();
        // An answer to the app comes behind everything it was told.
        soon("an answer", up_to_date(&chat.provider)).await.unwrap_err();
        assert_eq!(list.call(call).expect("it is live").state, CallState::Active);
        screen.is(shown.number, CallState::Active).await;
        numbers.push(shown.number);
        ids.push(call);
    }
    assert!(list.calls()[0].is_on_hold(), "held to make room, without a report of the app's");
    screen.surface.set_group(numbers[1], Some(numbers[0]), None).outcome().await.unwrap();
    screen.surface.set_muted(numbers[1], true, None).outcome().await.unwrap();
    let lost = CallUpdate { reconnecting: Some(true), ..CallUpdate::default() };
    soon("the report", chat.provider.report_call_updated(ids[0], lost)).await.unwrap();
    soon("an answer", up_to_date(&chat.provider)).await.unwrap_err();
    let reconnecting = |list: &CallList| {
        ids.iter().map(|id| list.call(*id).expect("it is live").reconnecting).collect::<Vec<_>>()
    };
    assert_eq!(reconnecting(&list), [true, false]);
    let before = conversation(&list);
    assert!(before.iter().all(|(_, state, muted, group)| {
        (*state, *muted, *group) == (CallState::Active, true, Some(numbers[0].0))
    }));
    let mut events = list.events();
    assert!(matches!(events.next().await, Some(CallListEvent::Reset(calls)) if calls.len() == 2));

    phone.kill_service().await;
    chat.reset().await;
    assert!(list.calls().is_empty() && list.adoptions().len() == 2);
    for (call, adoption) in list.adoptions() {
        soon("the adoption", chat.provider.adopt_call(call, adoption)).await.unwrap();
    }
    assert_eq!(conversation(&list), before);
    assert_eq!(reconnecting(&list), [true, false]);
    assert!(list.adoptions().is_empty());
    assert!(matches!(events.next().await, Some(CallListEvent::ServiceLost)));
    assert!(matches!(events.next().await, Some(CallListEvent::Reset(calls)) if calls.is_empty()));
    for _ in 0..2 {
        assert!(matches!(events.next().await, Some(CallListEvent::Changed(_))));
    }

    soon("the goodbye", chat.provider.invalidate()).await.unwrap();
    let last = loop {
        match soon("the end", events.next()).await {
            Some(CallListEvent::Closed(why)) => break why,
            other => assert!(matches!(other, Some(CallListEvent::Changed(_))), "{other:?}"),
        }
    };
    assert_eq!(last, Error::Service(ServiceError::LetGo));
    assert!(list.calls().is_empty() && events.next().await.is_none());
}

#[tokio::test]
async fn an_app_is_told_of_its_own_calls_only_and_of_no_choice() {
    let phone = Phone::new();
    let chat = phone.willing_app("org.example.Chat").await;
    let talk = phone.willing_app("org.example.Talk").await;
    let mut screen = phone.screen().await;
    let (own, other) = (chat.provider.call_list(), talk.provider.call_list());
    let call = chat.rings("anna").await;
    let mut events = own.events();
    let _ = soon("the beginning", events.next()).await;
    // It changes what can be done with the other app's call, and nothing that this one may know.
    talk.rings("bob").await;
    let shown = screen
        .until("both calls", |shown| (shown.calls.len() == 2).then(|| shown.calls.clone()))
        .await;
    let bob = shown.values().find(|call| call.who() == "bob").expect("it rings").number;
    screen.surface.answer(bob, None).outcome().await.unwrap();
    let anna = shown.values().find(|call| call.who() == "anna").expect("it rings");
    let now = screen.surface.call(anna.number).expect("it still rings");
    assert_ne!(now.choices, anna.choices);
    soon("an answer", chat.provider.report_call_updated(new_call(), CallUpdate::default()))
        .await
        .unwrap_err();
    assert!(events.next().now_or_never().is_none(), "nothing of its own changed");
    assert_eq!((own.calls().len(), other.calls().len()), (1, 1));
    assert_eq!(own.calls()[0].call, call);
}
