//! Each screen of a call is reached, and left by each of its buttons: here what the other stories leave.
//!
//! | screen | button | story |
//! | --- | --- | --- |
//! | incoming | Answer | `call_screen::a_call_is_answered_talked_in_and_ended_on_the_screen` |
//! | | Decline, Silence | `call_screen::a_ringing_call_is_declined_on_the_screen` |
//! | | Remind Me, In 1 hour, In 10 minutes, Message, each reply | `declines` |
//! | reminder | Call Back, Close | `declines` |
//! | incoming, locked | Slide to Answer, Answer, Decline | `locked` |
//! | call waiting | Hold & Accept, End Anna & Accept, Decline | `call_screen::each_way_to_take_a_second_call_does_what_it_says` |
//! | | Silence | [`a_second_call_is_silenced_and_rings_on`] |
//! | call waiting, with a held call | End Ben & Accept, End Anna, Hold Ben & Accept, Decline | [`with_a_held_call_each_choice_does_what_it_says`] |
//! | connecting | End Call | [`an_answered_call_that_still_connects_is_ended`] |
//! | calling | Mute, Cancel | [`a_call_that_goes_out_is_muted_and_cancelled`] |
//! | in a call | Keypad, End Call | `call_screen::a_call_is_answered_talked_in_and_ended_on_the_screen` |
//! | | Mute, Hold | `call_screen::what_is_pressed_in_a_call_happens_to_it` |
//! | | Audio | [`a_call_is_heard_where_it_is_said_on_the_screen`] |
//! | | Video | [`video_is_turned_on_and_off_and_its_app_shows_it`] |
//! | | Send Digits | [`digits_are_sent_when_the_user_says_so`] |
//! | | Open Chat | `app_window::answering_opens_no_app_and_its_button_does` |
//! | keypad | each key | `call_screen::keys_are_tones_of_the_call` |
//! | held | Resume | `call_screen::what_is_pressed_in_a_call_happens_to_it` |
//! | | End Call | [`a_held_call_is_ended`] |
//! | two calls | Swap, Merge with Ben | `call_screen::what_is_pressed_in_a_call_happens_to_it` |
//! | | End Call of either, Resume | [`of_two_calls_each_is_ended_by_its_own_button`] |
//! | | End Ben & Resume | [`a_call_that_cannot_be_held_is_ended_for_the_other`] |
//! | group | Talk Privately | `call_screen::what_is_pressed_in_a_call_happens_to_it` |
//! | | End Call of a member, End for All | [`a_member_leaves_and_the_rest_is_ended_for_all`] |
//! | failed, cut off | Close | [`why_a_call_failed_is_read_and_closed`] |
//! | ended | Close | `call_screen::a_call_is_answered_talked_in_and_ended_on_the_screen` |
//! | reconnecting | End Call | [`media_that_is_lost_is_said_in_place_of_the_time`] |

use crate::call_screen::{SETTLED, Seen};
use hookswitch::{
    Call, CallNumber, CallState, CallUpdate, CallUuid, Configuration, Dial, EndedReason, Handle,
    HandleKind, SurfaceState, new_call,
};
use hookswitch_desktop::{Desktop, Size, soon};
use hookswitch_journeys::{App, Event};
use hookswitch_sound::{Session, device};

const CHAT: &str = "org.example.Chat";
const TALK: &str = "org.example.Talk";

impl Seen {
    /// The call of that person, once it is in that state.
    pub async fn call(&mut self, who: &str, state: CallState) -> CallNumber {
        let is = |call: &&Call| call.who() == who && call.state == state;
        let look = |all: &SurfaceState| all.calls.values().find(is).map(|call| call.number);
        self.screen.until(&format!("{who}, {state:?}"), look).await
    }

    /// Anna calls with this app, and is answered.
    async fn talks_to_anna(&mut self, app: &App) -> CallNumber {
        app.rings("Anna").await;
        self.reads(&["press", "Answer", "End Call"]).await;
        self.call("Anna", CallState::Active).await
    }

    /// Ben calls too, and is answered: Anna is held.
    async fn then_to_ben(&mut self, app: &App) -> CallNumber {
        app.rings("Ben").await;
        self.answers_ben().await
    }

    async fn answers_ben(&mut self) -> CallNumber {
        self.reads(&["press", "Hold & Accept", "Call with Ben with .*"]).await;
        self.call("Anna", CallState::Held).await;
        self.call("Ben", CallState::Active).await
    }

    /// Dial from elsewhere: the app is asked to.
    async fn dials(&self, app: &mut App, number: &str) -> CallUuid {
        let dial = Dial::new(CHAT, Handle::new(HandleKind::PhoneNumber, number));
        self.screen.surface.start_call(dial).await.expect("it is dialled");
        let start = app.start_call().await;
        let call = start.call;
        start.fulfill();
        call
    }
}

#[tokio::test]
async fn a_second_call_is_silenced_and_rings_on() {
    let mut seen = Seen::start(Size::PHONE).await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    seen.talks_to_anna(&chat).await;
    chat.rings("Ben").await;
    seen.reads(&["press", "Silence", "!Silence"]).await;
    seen.call("Ben", CallState::Ringing).await;
    seen.reads(&["press", "Decline", "!Decline"]).await;
    seen.call("Anna", CallState::Active).await;
}

#[tokio::test]
async fn with_a_held_call_each_choice_does_what_it_says() {
    let choices = [
        ("End Ben & Accept", Some(CallState::Held), None),
        ("End Anna, Hold Ben & Accept", None, Some(CallState::Held)),
        ("Decline", Some(CallState::Held), Some(CallState::Active)),
    ];
    for (choice, then_anna, then_ben) in choices {
        let mut seen = Seen::start(Size::PHONE).await;
        let chat = seen.desktop.phone().willing_app(CHAT).await;
        let talk = seen.desktop.phone().willing_app(TALK).await;
        let anna = seen.talks_to_anna(&chat).await;
        let ben = seen.then_to_ben(&talk).await;
        let third = seen.desktop.phone().willing_app("org.example.Third").await;
        third.rings("Cleo").await;
        seen.reads(&["wait", "Incoming call from Cleo with Third"]).await;
        seen.reads(&["lint"]).await;
        seen.picture("call-waiting-with-a-held-call").await;
        seen.reads(&["press", choice, "End Call"]).await;
        if choice != "Decline" {
            seen.call("Cleo", CallState::Active).await;
        }
        for (number, then) in [(anna, then_anna), (ben, then_ben)] {
            match then {
                Some(state) => drop(seen.screen.is(number, state).await),
                None => assert_eq!(seen.screen.over(number).await, EndedReason::HungUp),
            }
        }
    }
}

#[tokio::test]
async fn an_answered_call_that_still_connects_is_ended() {
    let mut seen = Seen::start(Size::PHONE).await;
    let mut app = seen.desktop.phone().app(CHAT).await;
    app.rings("Anna").await;
    seen.reads(&["press", "Answer", "Connecting"]).await;
    let answer = app.answer().await;
    let call = seen.call("Anna", CallState::Answering).await;
    seen.reads(&["lint"]).await;
    let ends = async {
        app.end().await.fulfill();
        answer.fail("It was ended meanwhile.");
    };
    tokio::join!(seen.reads(&["press", "End Call", "!End Call"]), ends);
    seen.screen.over(call).await;
}

#[tokio::test]
async fn a_call_that_goes_out_is_muted_and_cancelled() {
    let mut seen = Seen::start(Size::PHONE).await;
    let mut app = seen.desktop.phone().app(CHAT).await;
    seen.dials(&mut app, "+49301234").await;
    seen.reads(&["wait", "Calling"]).await;
    let call = seen.screen.one(CallState::Dialing).await.number;
    seen.reads(&["lint"]).await;
    seen.picture("calling").await;
    let mutes = async { app.muted().await.fulfill() };
    tokio::join!(seen.mutes(call), mutes);
    let ends = async { app.end().await.fulfill() };
    tokio::join!(seen.reads(&["press", "Cancel", "!Cancel"]), ends);
    assert_eq!(seen.screen.over(call).await, EndedReason::Cancelled);
    seen.reads(&["gone", "Call with .* with Chat"]).await;
}

impl Seen {
    /// Press Mute until it is. A screen that has just come takes no press, and a second one would undo the first.
    async fn mutes(&self, call: CallNumber) {
        loop {
            self.reads(&["once", "Mute"]).await;
            // What is pressed acts a moment later; where nothing comes, the press was too early.
            let muted = async {
                while !self.screen.surface.call(call).is_some_and(|call| call.muted) {
                    tokio::task::yield_now().await;
                }
            };
            if tokio::time::timeout(std::time::Duration::from_secs(5), muted).await.is_ok() {
                return;
            }
        }
    }
}

#[tokio::test]
async fn video_is_turned_on_and_off_and_its_app_shows_it() {
    let mut seen = Seen::start(Size::PHONE).await;
    let able = Configuration { supports_video: true, ..Configuration::default() };
    let mut app = seen.desktop.phone().app_with(CHAT, able).await;
    let update = CallUpdate {
        remote_handle: Some(Handle::new(HandleKind::PhoneNumber, "Anna")),
        supports_video: Some(true),
        ..CallUpdate::default()
    };
    app.provider.report_new_incoming_call(new_call(), update).await.expect("it rings");
    let answers = async { app.answer().await.fulfill() };
    tokio::join!(seen.reads(&["press", "Answer", "End Call"]), answers);
    let call = seen.call("Anna", CallState::Active).await;
    for video in [true, false] {
        // A screen that has just come takes no press.
        let action = loop {
            seen.reads(&["once", "Video"]).await;
            let asked = tokio::time::timeout(std::time::Duration::from_secs(5), app.video());
            if let Ok(action) = asked.await {
                break action;
            }
        };
        assert_eq!(action.video, video);
        action.fulfill();
        let is = |all: &SurfaceState| Some(all.calls.get(&call)?.video == video).filter(|is| *is);
        seen.screen.until("video", is).await;
        seen.reads(&["lint"]).await;
        seen.picture(if video { "in-call-with-video" } else { "in-call-without-video" }).await;
    }
}

#[tokio::test]
async fn media_that_is_lost_is_said_in_place_of_the_time() {
    let mut seen = Seen::start(Size::PHONE).await;
    let app = seen.desktop.phone().willing_app(CHAT).await;
    let id = app.rings("Anna").await;
    seen.reads(&["press", "Answer", "End Call"]).await;
    let call = seen.call("Anna", CallState::Active).await;
    seen.reads(&["wait", SETTLED]).await;
    for is in [true, false, true] {
        let update = CallUpdate { reconnecting: Some(is), ..CallUpdate::default() };
        app.provider.report_call_updated(id, update).await.expect("it is known");
        seen.reads(&["wait", if is { "Reconnecting" } else { SETTLED }]).await;
        seen.reads(&["gone", if is { SETTLED } else { "Reconnecting" }]).await;
    }
    seen.reads(&["lint"]).await;
    seen.picture("reconnecting").await;
    seen.reads(&["press", "End Call", "Close"]).await;
    assert_eq!(seen.screen.over(call).await, EndedReason::HungUp);
}

#[tokio::test]
async fn digits_are_sent_when_the_user_says_so() {
    let seen = Seen::start(Size::PHONE).await;
    let mut app = seen.desktop.phone().app(CHAT).await;
    let call = seen.dials(&mut app, "+49301234;56").await;
    app.provider.report_outgoing_call_connected(call, None).await.expect("it is known");
    seen.reads(&["wait", "Send Digits"]).await;
    seen.reads(&["lint"]).await;
    seen.picture("send-digits").await;
    let tones = app.until("the digits", |event| match event {
        Event::Dtmf(action) => Ok(action),
        other => Err(other),
    });
    let sent = async {
        let tones = tones.await;
        assert_eq!(tones.digits.as_str(), "56");
        tones.fulfill();
    };
    tokio::join!(seen.reads(&["press", "Send Digits", "!Send Digits"]), sent);
}

#[tokio::test]
async fn a_held_call_is_ended() {
    let mut seen = Seen::start(Size::PHONE).await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    let anna = seen.talks_to_anna(&chat).await;
    seen.reads(&["press", "Hold", "Resume"]).await;
    seen.reads(&["wait", "On hold"]).await;
    seen.reads(&["lint"]).await;
    seen.picture("held").await;
    seen.reads(&["press", "End Call", "Close"]).await;
    assert_eq!(seen.screen.over(anna).await, EndedReason::HungUp);
}

#[tokio::test]
async fn of_two_calls_each_is_ended_by_its_own_button() {
    let mut seen = Seen::start(Size::PHONE).await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    let talk = seen.desktop.phone().willing_app(TALK).await;
    let anna = seen.talks_to_anna(&chat).await;
    let ben = seen.then_to_ben(&talk).await;
    seen.reads(&["wait", SETTLED]).await;
    // The rows of others come first: that is Anna's.
    seen.reads(&["once", "End Call"]).await;
    assert_eq!(seen.screen.over(anna).await, EndedReason::HungUp);
    seen.screen.is(ben, CallState::Active).await;
    chat.rings("Cleo").await;
    seen.reads(&["press", "Hold & Accept", "Call with Cleo with Chat"]).await;
    let cleo = seen.call("Cleo", CallState::Active).await;
    // The one that is talked to.
    seen.reads(&["wait", SETTLED]).await;
    seen.reads(&["last", "End Call"]).await;
    assert_eq!(seen.screen.over(cleo).await, EndedReason::HungUp);
    seen.reads(&["wait", "Call with Ben with Talk"]).await;
    seen.screen.is(ben, CallState::Held).await;
    seen.reads(&["press", "Resume", "Hold"]).await;
    seen.screen.is(ben, CallState::Active).await;
}

#[tokio::test]
async fn a_call_that_cannot_be_held_is_ended_for_the_other() {
    let mut seen = Seen::start(Size::PHONE).await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    let talk = seen.desktop.phone().willing_app(TALK).await;
    let anna = seen.talks_to_anna(&chat).await;
    let cannot = CallUpdate {
        remote_handle: Some(Handle::new(HandleKind::PhoneNumber, "Ben")),
        supports_holding: Some(false),
        ..CallUpdate::default()
    };
    talk.provider.report_new_incoming_call(new_call(), cannot).await.expect("it is admitted");
    let ben = seen.answers_ben().await;
    seen.reads(&["lint"]).await;
    seen.picture("end-and-resume").await;
    seen.reads(&["press", "End Ben & Resume", "Hold"]).await;
    assert_eq!(seen.screen.over(ben).await, EndedReason::HungUp);
    seen.screen.is(anna, CallState::Active).await;
}

#[tokio::test]
async fn a_member_leaves_and_the_rest_is_ended_for_all() {
    let mut seen = Seen::start(Size::PHONE).await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    let anna = seen.talks_to_anna(&chat).await;
    let ben = seen.then_to_ben(&chat).await;
    seen.reads(&["press", "Merge.*", "End for All"]).await;
    seen.reads(&["wait", SETTLED]).await;
    // The row of whoever is not in front.
    seen.reads(&["once", "End Call"]).await;
    seen.reads(&["gone", "End for All"]).await;
    let left = |all: &SurfaceState| {
        let one = all.calls.values().next()?;
        (all.calls.len() == 1 && one.state == CallState::Active).then_some(one.number)
    };
    let left = seen.screen.until("one that is left", left).await;
    let gone = if left == anna { ben } else { anna };
    assert_eq!(seen.screen.over(gone).await, EndedReason::HungUp);
    chat.rings("Cleo").await;
    seen.reads(&["press", "Hold & Accept", "Merge.*"]).await;
    let cleo = seen.call("Cleo", CallState::Active).await;
    seen.reads(&["press", "Merge.*", "End for All"]).await;
    seen.reads(&["press", "End for All", "Close"]).await;
    for number in [left, cleo] {
        assert_eq!(seen.screen.over(number).await, EndedReason::HungUp);
    }
}

#[tokio::test]
async fn why_a_call_failed_is_read_and_closed() {
    let seen = Seen::start(Size::PHONE).await;
    let mut app = seen.desktop.phone().app(CHAT).await;
    for (connects, why) in [(false, "The call failed"), (true, "The call was cut off")] {
        let call = seen.dials(&mut app, "+49301234").await;
        if connects {
            app.provider.report_outgoing_call_connected(call, None).await.expect("it is known");
        }
        seen.reads(&["wait", "Mute"]).await;
        let ended = app.provider.report_call_ended(call, None, EndedReason::Failed);
        ended.await.expect("it is known");
        seen.reads(&["wait", why]).await;
        seen.reads(&["lint"]).await;
        seen.picture(&why.replace(' ', "-")).await;
        seen.reads(&["press", "Close", "!Close"]).await;
        seen.reads(&["gone", why]).await;
    }
}

#[tokio::test]
async fn a_call_is_heard_where_it_is_said_on_the_screen() {
    let mut session = Session::new();
    let mut environment = vec![
        ("HOOKSWITCH_SCREEN", "off".into()),
        ("HOOKSWITCH_AUDIO", "on".into()),
        ("HOOKSWITCH_RING", "off".into()),
    ];
    // Where its sound is; everything else is the desktop's.
    let of_sound = |name: &str| name.starts_with("PIPEWIRE") || name.starts_with("PULSE");
    environment.extend(session.environment().into_iter().filter(|(name, _)| of_sound(name)));
    let desktop = Desktop::start_with(Size::PHONE, "", &environment).await;
    session.start(desktop.bus_address(), device::PHONE).await;
    let mut seen = Seen::on(desktop, &[]).await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    seen.talks_to_anna(&chat).await;
    seen.reads(&["wait", "Audio"]).await;
    seen.reads(&["lint"]).await;
    seen.picture("audio").await;
    for place in ["Speaker", "Earpiece"] {
        // Pressed twice the list is away again.
        seen.reads(&["wait", SETTLED]).await;
        seen.reads(&["once", "Audio"]).await;
        seen.reads(&["wait", place]).await;
        seen.reads(&["lint"]).await;
        seen.picture(&format!("audio-{place}")).await;
        seen.reads(&["once", place]).await;
        soon(place, async {
            loop {
                let audio = seen.screen.surface.audio().await.expect("the service answers");
                if audio.endpoints.iter().any(|one| one.current && one.name == place) {
                    return;
                }
            }
        })
        .await;
    }
    seen.reads(&["press", "End Call", "Close"]).await;
}
