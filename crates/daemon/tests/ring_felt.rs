//! feedbackd: a stand-in at its interface, and the real one of this system.

mod support;

use hookswitchd::ring::feedback::{Feedback, Profile};
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use support::HANGS;
use support::bus::Bus;
use zbus::{Connection, OwnedVariant};

const NAME: &str = "org.sigxcpu.Feedback";
const PATH: &str = "/org/sigxcpu/Feedback";

/// What the stand-in was asked for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Trigger { app: String, event: String, profile: Option<String>, timeout: i32 },
    End(u32),
}

struct Stand {
    profile: String,
    has_feedback: bool,
    asked: Sender<Asked>,
}

#[zbus::interface(name = "org.sigxcpu.Feedback")]
impl Stand {
    fn trigger_feedback(
        &self,
        app_id: &str,
        event: &str,
        hints: HashMap<String, OwnedVariant>,
        timeout: i32,
    ) -> zbus::fdo::Result<u32> {
        let profile = hints.get("profile").and_then(|hint| String::try_from(hint.clone()).ok());
        let (app, event) = (app_id.to_owned(), event.to_owned());
        self.asked.send(Asked::Trigger { app, event, profile, timeout }).unwrap();
        match self.has_feedback {
            true => Ok(17),
            false => Err(zbus::fdo::Error::Failed("no feedback".to_owned())),
        }
    }

    fn end_feedback(&self, id: u32) {
        self.asked.send(Asked::End(id)).unwrap();
    }

    #[zbus(property)]
    fn profile(&self) -> String {
        self.profile.clone()
    }

    #[zbus(property)]
    fn set_profile(&mut self, profile: String) {
        self.profile = profile;
    }
}

/// A bus with the stand-in on it.
struct Stage {
    bus: Bus,
    asked: Receiver<Asked>,
    connection: Connection,
    runtime: tokio::runtime::Runtime,
}

impl Stage {
    fn set(profile: &str, has_feedback: bool) -> Self {
        let bus = Bus::start(&[]);
        let (tell, asked) = channel();
        let stand = Stand { profile: profile.to_owned(), has_feedback, asked: tell };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let connection = runtime.block_on(async {
            let builder = zbus::connection::Builder::address(bus.address.as_str());
            let connection = builder.build().await.unwrap();
            connection.object_server().at(PATH, stand).await.unwrap();
            connection.request_name(NAME).await.unwrap();
            connection
        });
        Self { bus, asked, connection, runtime }
    }

    fn asked(&self) -> Asked {
        self.asked.recv_timeout(HANGS).expect("it is asked")
    }

    fn change(&self, profile: &str) {
        self.runtime.block_on(async {
            let server = self.connection.object_server();
            let stand = server.interface::<_, Stand>(PATH).await.unwrap();
            let mut inner = stand.get_mut().await;
            inner.profile = profile.to_owned();
            inner.profile_changed(stand.signal_emitter()).await.unwrap();
        });
    }
}

fn begin(feedback: &Feedback) -> (Option<hookswitchd::ring::feedback::Buzz>, Receiver<Profile>) {
    let (tell, told) = channel();
    let buzz = feedback.begin(move |profile| {
        let _ = tell.send(profile);
    });
    (buzz, told)
}

fn trigger() -> Asked {
    Asked::Trigger {
        app: "org.hookswitch.Hookswitch".to_owned(),
        event: "phone-incoming-call".to_owned(),
        profile: Some("quiet".to_owned()),
        timeout: 0,
    }
}

#[test]
fn a_ring_vibrates_until_it_ends_and_the_sound_stays_ours() {
    let stage = Stage::set("full", true);
    let feedback = Feedback::at(stage.bus.address.as_str());
    let (buzz, told) = begin(&feedback);
    assert_eq!(told.recv_timeout(HANGS), Ok(Profile::Full));
    assert_eq!(stage.asked(), trigger());
    drop(buzz);
    assert_eq!(stage.asked(), Asked::End(17));
    // Over for good: its thread is gone, and what it told with.
    assert_eq!(told.recv_timeout(HANGS), Err(RecvTimeoutError::Disconnected));
}

#[test]
fn the_users_profile_counts_also_when_it_changes_meanwhile() {
    let stage = Stage::set("quiet", true);
    let feedback = Feedback::at(stage.bus.address.as_str());
    let (_buzz, told) = begin(&feedback);
    assert_eq!(told.recv_timeout(HANGS), Ok(Profile::Quiet));
    assert_eq!(stage.asked(), trigger());
    stage.change("full");
    assert_eq!(told.recv_timeout(HANGS), Ok(Profile::Full));
    stage.change("silent");
    assert_eq!(told.recv_timeout(HANGS), Ok(Profile::Silent));
    assert!(Profile::Full.is_audible());
    assert!(!Profile::Quiet.is_audible() && !Profile::Silent.is_audible());
}

/// AUD-23
#[test]
fn no_feedback_is_not_asked_for_again() {
    let stage = Stage::set("full", false);
    let feedback = Feedback::at(stage.bus.address.as_str());
    let (buzz, told) = begin(&feedback);
    assert_eq!(told.recv_timeout(HANGS), Ok(Profile::Full));
    assert_eq!(stage.asked(), trigger());
    drop(buzz);
    assert_eq!(told.recv_timeout(HANGS), Err(RecvTimeoutError::Disconnected), "it ends");
    assert!(stage.asked.try_recv().is_err(), "asked once, and nothing is ended");
}

#[test]
fn without_feedbackd_it_rings_and_nobody_is_asked_again() {
    let bus = Bus::start(&[]);
    let feedback = Feedback::at(bus.address.as_str());
    let (_buzz, told) = begin(&feedback);
    assert_eq!(told.recv_timeout(HANGS), Ok(Profile::Full));
    assert_eq!(told.recv_timeout(HANGS), Err(RecvTimeoutError::Disconnected));
    assert!(feedback.is_absent());
    let (buzz, told) = begin(&feedback);
    assert!(buzz.is_none() && told.try_recv().is_err());
}

#[test]
fn the_real_feedbackd_is_understood() {
    let bus = Bus::start(&[(NAME, "/usr/libexec/feedbackd")]);
    let feedback = Feedback::at(bus.address.as_str());
    let (buzz, told) = begin(&feedback);
    assert_eq!(told.recv_timeout(HANGS), Ok(Profile::Full));
    assert!(!feedback.is_absent());
    // The user makes it quiet, in the settings of the shell.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let builder = zbus::connection::Builder::address(bus.address.as_str());
        let connection = builder.build().await.unwrap();
        let proxy = zbus::Proxy::new(&connection, NAME, PATH, NAME).await.unwrap();
        proxy.set_property("Profile", "quiet").await.unwrap();
    });
    assert_eq!(told.recv_timeout(HANGS), Ok(Profile::Quiet));
    drop(buzz);
    assert_eq!(told.recv_timeout(HANGS), Err(RecvTimeoutError::Disconnected), "it ends");
}
