//! The audio of calls against a real PipeWire without devices of its own, by what the server says of each stream. How
//! loud it is really is for `tests/sound`.

mod callaudiod;
mod desktop;
mod watch;

use desktop::Desktop;
use hookswitch::{CallUpdate, CallUuid, Handle, HandleKind, RequestError, Surface, new_call};
use std::collections::HashMap;
use tokio::sync::mpsc::UnboundedReceiver;
use watch::Stream;
use zbus::{OwnedVariant, Variant};

/// A call that is answered, with its app's streams and somebody's music.
struct Call {
    desktop: Desktop,
    app: App,
    surface: Surface,
    call: CallUuid,
}

use desktop::App;

impl Call {
    async fn ringing(desktop: Desktop) -> Self {
        let app = desktop.app("org.example.Chat").await;
        let surface = desktop.surface().await;
        let call = new_call();
        let update = CallUpdate {
            remote_handle: Some(Handle::new(HandleKind::Generic, "anna")),
            ..CallUpdate::default()
        };
        app.provider.report_new_incoming_call(call, update).await.unwrap();
        Self { desktop, app, surface, call }
    }

    fn token(&self) -> String {
        self.app.provider.audio_session(self.call).unwrap().token.unwrap()
    }

    fn number(&self) -> hookswitch::CallNumber {
        self.surface.calls()[0].number
    }
}

/// What the app's delegate was told, until it is this.
async fn told(news: &mut UnboundedReceiver<&'static str>, wanted: &str) {
    while desktop::soon(wanted, news.recv()).await.unwrap() != wanted {}
}

#[tokio::test]
async fn music_is_ducked_a_call_is_heard_and_everything_is_as_it_was() {
    let Some(desktop) = Desktop::start().await else { return };
    let mut music = desktop.plays("music", "Music", None);
    desktop.volume(&mut music, 1.0).await;
    let mut call = Call::ringing(desktop).await;
    call.desktop.volume(&mut music, 0.2).await;
    // Before the report counted as admitted, so before anybody could answer.
    assert_eq!(call.app.news.try_recv(), Ok("prepared"));
    let token = call.token();
    let mut voice = call.desktop.plays("voice", "Communication", Some(&token));
    let mut mic = call.desktop.listens("mic", Some(&token));
    call.desktop.volume(&mut voice, 0.0).await;
    call.desktop.volume(&mut mic, 0.0).await;

    call.surface.answer(call.number(), None).await.unwrap();
    told(&mut call.app.news, "activated").await;
    assert!(call.app.provider.audio_session(call.call).unwrap().active);
    call.desktop.volume(&mut voice, 1.0).await;
    call.desktop.volume(&mut mic, 1.0).await;
    // Who begins now is quiet as well.
    let mut game = call.desktop.plays("game", "Game", None);
    call.desktop.volume(&mut game, 0.2).await;

    call.surface.set_muted(call.number(), true, None).await.unwrap();
    call.desktop.volume(&mut mic, 0.0).await;
    call.surface.end(call.number(), None).outcome().await.unwrap();
    for stream in [&mut music, &mut game] {
        call.desktop.volume(stream, 1.0).await;
    }
    // It did not let go of the microphone.
    call.desktop.volume(&mut mic, 0.0).await;
    drop((voice, mic));
    call.desktop.nothing_is_left().await;
}

#[tokio::test]
async fn killed_it_leaves_others_as_they_were_and_a_muted_microphone_muted() {
    let Some(desktop) = Desktop::start().await else { return };
    let mut music = desktop.plays("music", "Music", None);
    let mut call = Call::ringing(desktop).await;
    let token = call.token();
    let mut mic = call.desktop.listens("mic", Some(&token));
    call.surface.answer(call.number(), None).await.unwrap();
    told(&mut call.app.news, "activated").await;
    call.surface.set_muted(call.number(), true, None).await.unwrap();
    call.desktop.volume(&mut music, 0.2).await;
    call.desktop.volume(&mut mic, 0.0).await;

    // The guard is alone with it.
    call.desktop.uninstall_service().await;
    call.desktop.kill_service().await;
    call.desktop.volume(&mut music, 1.0).await;
    call.desktop.volume(&mut mic, 0.0).await;
}

#[tokio::test]
async fn after_a_restart_the_adopted_call_has_its_audio_back() {
    let Some(desktop) = Desktop::start().await else { return };
    let mut music = desktop.plays("music", "Music", None);
    let mut call = Call::ringing(desktop).await;
    let token = call.token();
    let mut voice = call.desktop.plays("voice", "Communication", Some(&token));
    let mut mic = call.desktop.listens("mic", Some(&token));
    call.surface.answer(call.number(), None).await.unwrap();
    told(&mut call.app.news, "activated").await;
    call.surface.set_muted(call.number(), true, None).await.unwrap();
    call.desktop.volume(&mut mic, 0.0).await;
    call.app.keeps.lock().unwrap().push(call.call);

    call.desktop.kill_service().await;
    told(&mut call.app.news, "activated").await;
    assert_eq!(call.token(), token, "its streams need not change");
    call.desktop.volume(&mut music, 0.2).await;
    call.desktop.volume(&mut voice, 1.0).await;
    call.desktop.volume(&mut mic, 0.0).await;
    let surface = call.desktop.surface().await;
    surface.set_muted(surface.calls()[0].number, false, None).outcome().await.unwrap();
    call.desktop.volume(&mut mic, 1.0).await;
}

/// An app without the library, as the contract has it.
#[tokio::test]
async fn the_session_comes_with_the_call_and_only_its_app_can_read_it() {
    let Some(desktop) = Desktop::start().await else { return };
    let (app, stranger) = (desktop.stranger().await, desktop.stranger().await);
    let to = Some("org.hookswitch.Hookswitch");
    let provider = Some("org.hookswitch.Provider1");
    let configuration = HashMap::from([("app_id", Variant::from("org.example.Plain"))]);
    app.call_method(to, PATH, provider, "Register", &(configuration,)).await.unwrap();
    let call = new_call().to_string();
    let update = HashMap::from([("handle", Variant::from("anna"))]);
    let body = (call.as_str(), update);
    let admitted = app.call_method(to, PATH, provider, "ReportNewIncomingCall", &body).await;
    let admitted = admitted.unwrap().body();
    let admitted: HashMap<String, OwnedVariant> = admitted.deserialize().unwrap();
    let session = HashMap::<String, OwnedVariant>::try_from(admitted["audio"].clone()).unwrap();
    let token = String::try_from(session["token"].clone()).unwrap();
    assert_eq!(token.len(), 32);

    let of_app = sessions(&app).await;
    assert_eq!(of_app.keys().collect::<Vec<_>>(), [&call]);
    assert_eq!(String::try_from(of_app[&call]["token"].clone()).unwrap(), token);
    assert_eq!(bool::try_from(of_app[&call]["active"].clone()), Ok(false));
    assert!(sessions(&stranger).await.is_empty());
}

const PATH: &str = "/org/hookswitch";

type Sessions = HashMap<String, HashMap<String, OwnedVariant>>;

async fn sessions(connection: &zbus::Connection) -> Sessions {
    let (to, properties) =
        (Some("org.hookswitch.Hookswitch"), Some("org.freedesktop.DBus.Properties"));
    let body = ("org.hookswitch.Provider1", "AudioSessions");
    let value = connection.call_method(to, PATH, properties, "Get", &body).await.unwrap().body();
    let value: OwnedVariant = value.deserialize().unwrap();
    Sessions::try_from(value).unwrap()
}

#[tokio::test]
async fn a_call_goes_where_the_user_wants_it() {
    let Some(desktop) = Desktop::start().await else { return };
    let mut call = Call::ringing(desktop).await;
    let audio = call.surface.audio().await.unwrap();
    let mut found: Vec<_> =
        audio.endpoints.iter().map(|endpoint| (endpoint.id.as_str(), endpoint.kind)).collect();
    found.sort_unstable();
    use hookswitch::EndpointKind::{Earpiece, Speaker, Wired};
    let expected =
        [("earpiece", Some(Earpiece)), ("headset", Some(Wired)), ("speaker", Some(Speaker))];
    assert_eq!(found, expected);
    let number = call.number();
    let token = call.token();
    let voice = call.desktop.plays("voice", "Communication", Some(&token));
    let mut voice: Stream = voice;
    call.surface.answer_with(number, "earpiece", None).await.unwrap();
    told(&mut call.app.news, "activated").await;
    call.desktop.goes_to(&mut voice, "earpiece").await;
    call.surface.select_endpoint("headset").await.unwrap();
    call.desktop.goes_to(&mut voice, "headset").await;
    // The app is told again where it is.
    told(&mut call.app.news, "activated").await;
    call.app.provider.request_endpoint(call.call, "speaker").await.unwrap();
    call.desktop.goes_to(&mut voice, "speaker").await;
    let gone = call.surface.select_endpoint("sofa").await.unwrap_err();
    assert_eq!(gone.reason(), Some(RequestError::EndpointUnavailable));
}

/// CON-04: whatever else a member of a conversation is, its audio is that of a call like the others'.
#[tokio::test]
async fn every_member_of_a_conversation_is_in_communication() {
    let Some(desktop) = Desktop::start().await else { return };
    let mut music = desktop.plays("music", "Music", None);
    let mut call = Call::ringing(desktop).await;
    let anna = call.number();
    call.surface.answer(anna, None).await.unwrap();
    told(&mut call.app.news, "activated").await;
    let second = new_call();
    // One with video, whose own mode would be another.
    let update = CallUpdate { has_video: Some(true), ..CallUpdate::default() };
    call.app.provider.report_new_incoming_call(second, update).await.unwrap();
    let number = |surface: &Surface| {
        let calls = surface.calls();
        calls.iter().map(|call| call.number).find(|number| *number != anna)
    };
    let mut bob = None;
    desktop::soon("the second call", async {
        while bob.is_none() {
            bob = number(&call.surface);
            tokio::task::yield_now().await;
        }
    })
    .await;
    let bob = bob.unwrap();
    call.surface.answer(bob, None).outcome().await.unwrap();
    call.surface.set_group(bob, Some(anna), None).outcome().await.unwrap();

    let sessions = [call.call, second].map(|of| call.app.provider.audio_session(of).unwrap());
    let mut streams = Vec::new();
    for (at, session) in sessions.iter().enumerate() {
        assert_eq!((session.role.as_str(), session.latency_ms), ("Communication", 10));
        assert_eq!(session.sink, sessions[0].sink, "they are heard in one place");
        let name = ["anna-voice", "bob-voice"][at];
        streams.push(call.desktop.plays(name, "Communication", session.token.as_deref()));
    }
    assert_ne!(sessions[0].token, sessions[1].token);
    for stream in &mut streams {
        call.desktop.volume(stream, 1.0).await;
        call.desktop.goes_to(stream, sessions[0].sink.as_deref().unwrap()).await;
    }
    call.desktop.volume(&mut music, 0.2).await;
}
