use crate::contract_words::{Method, methods};
use crate::known::Names;
use crate::{Answer, Peer, Phone, Record, soon};
use hookswitch_bus::names::{PROVIDER, SERVICE_INTERFACE, SURFACE};
use std::collections::{BTreeMap, HashMap};
use zbus::{Message, OwnedVariant, Variant};

/// The app whose calls nobody else may touch.
pub const CHAT: &str = "org.example.Chat";
/// Another app.
pub const TALK: &str = "org.example.Talk";

/// Nothing runs out of time while a story tries everything.
const POLICY: &str = "answer=600000,start=600000,hold=600000,mute=600000,group=600000,video=600000,\
                      translation=600000,dtmf=600000,end=600000,ring=600000";

/// What surfaces see of a call.
pub type Seen = BTreeMap<String, OwnedVariant>;

/// A phone with an app that has a call, and a surface that looks on: what others do must touch neither.
pub struct Scene {
    /// The phone.
    pub phone: Phone,
    /// The app.
    pub chat: Peer,
    /// The surface.
    pub watch: Peer,
    /// Everything the service has methods for.
    pub methods: Vec<Method>,
    /// The app's things: its call, and an action of it that is under way.
    pub names: Names,
    service: Option<u32>,
}

impl Scene {
    /// The app's call is active, and it is just being asked to mute.
    pub async fn in_a_call() -> Self {
        let mut scene = Self::ringing().await;
        let number = scene.names.number;
        scene.is_answered(number).await;
        let body = vec![number.into(), true.into(), Record::new().into()];
        let muted = scene.watch.calls(SURFACE, "SetMuted", &body).await;
        assert_eq!(muted.word(), "done", "{muted:?}");
        scene.names.action = action(&scene.chat.told("PerformSetMuted").await);
        scene
    }

    /// The app's call rings.
    pub async fn ringing() -> Self {
        let phone = Phone::with_policy(POLICY);
        let mut chat = phone.peer().await;
        chat.register(CHAT, configuration("work")).await;
        let (call, number) = chat.rings().await;
        let names = Names {
            app: CHAT.to_owned(),
            account: "work".to_owned(),
            call,
            number,
            action: u64::MAX,
        };
        let mut watch = phone.peer().await;
        watch.shows().await;
        let service = phone.service_pid().await;
        Self { phone, chat, watch, methods: methods(), names, service }
    }

    /// The app has no call.
    ///
    /// # Panics
    /// It cannot report that its call ended.
    pub async fn idle() -> Self {
        let mut scene = Self::ringing().await;
        let body = vec![scene.names.call.clone().into(), Record::new().into()];
        let ended = scene.chat.calls(PROVIDER, "ReportCallEnded", &body).await;
        assert_eq!(ended.word(), "done", "{ended:?}");
        scene
    }

    /// The app has a call again.
    ///
    /// # Panics
    /// It is refused.
    pub async fn rings_again(&mut self) {
        (self.names.call, self.names.number) = self.chat.rings().await;
    }

    /// What surfaces see of the app's call, but for what others do to its choices.
    ///
    /// # Panics
    /// The surface cannot be asked.
    pub async fn seen(&mut self) -> Seen {
        let calls = self.watch.shows().await;
        let own = calls.into_iter().find(|call| call["app_id"] == OwnedVariant::from(text(CHAT)));
        let mut own = own.unwrap_or_default();
        own.retain(|key, _| !key.starts_with("choices"));
        own
    }

    /// The surface answers the app's call, and the app does it.
    ///
    /// # Panics
    /// It is refused.
    pub async fn is_answered(&mut self, number: u64) {
        let body = vec![number.into(), Record::new().into()];
        let answered = self.watch.calls(SURFACE, "Answer", &body).await;
        assert_eq!(answered.word(), "done", "{answered:?}");
        let perform = self.chat.told("PerformAnswerCall").await;
        self.chat.fulfills(&perform).await;
        self.chat.told("DidActivateAudioSession").await;
    }

    /// What surfaces see of all calls.
    ///
    /// # Panics
    /// The surface cannot be asked.
    pub async fn seen_all(&mut self) -> Vec<Seen> {
        self.watch.shows().await
    }

    /// What the service wrote down.
    ///
    /// # Panics
    /// The surface cannot ask for it.
    pub async fn journal(&mut self) -> Vec<String> {
        let answer = self.watch.calls(SERVICE_INTERFACE, "Journal", &vec![10_000u32.into()]).await;
        let Answer::Done(message) = answer else { panic!("a journal: {answer:?}") };
        message.body().deserialize().expect("lines")
    }

    /// A connection with another app's provider, in a call of its own.
    pub async fn other_app(&self) -> (Peer, Names) {
        let mut talk = self.phone.peer().await;
        talk.register(TALK, configuration("home")).await;
        let (call, number) = talk.rings().await;
        let (app, account) = (TALK.to_owned(), "home".to_owned());
        (talk, Names { app, account, call, number, action: u64::MAX })
    }

    /// A connection with another app's provider whose call was answered, and has ended.
    ///
    /// # Panics
    /// It does not come to that.
    pub async fn after_a_call(&mut self) -> (Peer, Names) {
        let (mut talk, mut names) = self.other_app().await;
        let body = vec![names.number.into(), Record::new().into()];
        let answered = self.watch.calls(SURFACE, "Answer", &body).await;
        assert_eq!(answered.word(), "done", "{answered:?}");
        let perform = talk.told("PerformAnswerCall").await;
        talk.fulfills(&perform).await;
        talk.told("DidActivateAudioSession").await;
        names.action = action(&perform);
        let body = vec![names.call.clone().into(), Record::new().into()];
        let ended = talk.calls(PROVIDER, "ReportCallEnded", &body).await;
        assert_eq!(ended.word(), "done", "{ended:?}");
        (talk, names)
    }

    /// After everything: the service never died, and has nothing left of it but the app and its call; that ends as it
    /// should, and another one works from beginning to end.
    ///
    /// # Panics
    /// Something is left, or does not work.
    pub async fn ends(mut self) {
        assert_eq!(self.phone.service_pid().await, self.service, "the service died meanwhile");
        let mut screen = self.phone.screen().await;
        let status = soon("the status", screen.surface.status()).await.expect("it answers");
        let apps: Vec<_> = status.providers.iter().map(|app| app.app_id.as_str()).collect();
        assert_eq!((apps, status.calls), (vec![CHAT], 1), "something is left: {status:?}");
        let ended = vec![self.names.call.clone().into(), Record::new().into()];
        let answer = self.chat.calls(PROVIDER, "ReportCallEnded", &ended).await;
        assert_eq!(answer.word(), "done", "{answer:?}");
        screen.over(hookswitch::CallNumber(self.names.number)).await;
        let (_, number) = self.chat.rings().await;
        let number = hookswitch::CallNumber(number);
        screen.is(number, hookswitch::CallState::Ringing).await;
        let answer = screen.surface.answer(number, None);
        let perform = self.chat.told("PerformAnswerCall").await;
        self.chat.fulfills(&perform).await;
        soon("the answer", answer.outcome()).await.expect("it was accepted");
        screen.is(number, hookswitch::CallState::Active).await;
        let end = screen.surface.end(number, None);
        let perform = self.chat.told("PerformEndCall").await;
        self.chat.fulfills(&perform).await;
        soon("the end", end.outcome()).await.expect("it was accepted");
        screen.over(number).await;
        let status = self.watch.calls(SERVICE_INTERFACE, "Status", &Vec::new()).await;
        let Answer::Done(status) = status else { panic!("no status: {status:?}") };
        let body = status.body();
        let status: HashMap<String, OwnedVariant> = body.deserialize().expect("a record");
        assert_eq!(status["calls"], OwnedVariant::from(0u32));
        let log = self.phone.log();
        assert!(!log.contains("panicked"), "{log}");
    }
}

/// An app that can do everything, with an account of its own beside the default one.
fn configuration(account: &str) -> Record {
    let accounts =
        ["default", account].map(|id| HashMap::from([("id", Variant::from(id.to_owned()))]));
    Record::from([
        ("accounts", accounts.to_vec().into()),
        ("supports_video", true.into()),
        ("supports_audio_translation", true.into()),
        ("supported_handle_kinds", vec!["generic".to_owned()].into()),
    ])
}

fn text(text: &str) -> zbus::Str<'static> {
    zbus::Str::from(text.to_owned())
}

/// The action that a perform is about.
///
/// # Panics
/// It is no perform.
pub fn action(perform: &Message) -> u64 {
    let body = perform.body();
    let of: (u64, &str, HashMap<&str, Variant>) = body.deserialize().expect("a perform");
    of.0
}
