//! The audio of calls against a real PipeWire without devices of its own, by what the server says of each stream. How
//! loud it is really is for `tests/sound`.

mod desktop;
mod watch;

use desktop::Desktop;
use hookswitch::{CallUpdate, CallUuid, Handle, HandleKind, RequestError, Surface, new_call};
use tokio::sync::mpsc::UnboundedReceiver;
use watch::Stream;

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

    // The app gives up as well, so that nobody starts the service again: the guard is alone with it.
    call.desktop.kill_service().await;
    call.desktop.volume(&mut music, 1.0).await;
    call.desktop.volume(&mut mic, 0.0).await;
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
