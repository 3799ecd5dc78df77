use super::super::graph::tests::{device, graph, properties, stream};
use super::super::owner::tests::Tens;
use super::super::situation::CallAudio;
use super::super::situation::tests::{call, calls};
use super::*;
use hookswitch_core::words::RingLevel;

mod routes;

const PLAYS: &str = "Stream/Output/Audio";
const LISTENS: &str = "Stream/Input/Audio";
const MUSIC: u32 = 40;
const VOICE: u32 = 41;
const MIC: u32 = 42;
/// What the session manager keeps the music's volume by.
const KEY: &str = "Output/Audio:media.role:Music";

/// A server that does as it is told: music of process 90, and an app of process 10 that plays and listens.
struct Server {
    desk: Desk,
    now: u64,
    /// How often it was told to turn a volume.
    told: usize,
    /// What its session manager keeps for new streams.
    kept: BTreeMap<String, f32>,
}

impl Server {
    fn new() -> Self {
        let mut desk = desk();
        desk.graph = graph();
        desk.graph.put_client(70, properties(&[("pipewire.sec.pid", "90")]));
        desk.graph.put_client(71, properties(&[("pipewire.sec.pid", "10")]));
        stream(&mut desk.graph, MUSIC, PLAYS, 70, &[("media.role", "Music")]);
        stream(&mut desk.graph, VOICE, PLAYS, 71, &[]);
        stream(&mut desk.graph, MIC, LISTENS, 71, &[]);
        desk.settled = true;
        Self { desk, now: 1000, told: 0, kept: BTreeMap::new() }
    }

    fn are(&mut self, calls: &[CallAudio]) {
        self.desk.set_situation(super::tests::calls(calls));
        self.settle();
    }

    /// Let everything happen that is to happen now.
    fn settle(&mut self) {
        for _ in 0..20 {
            let steps = self.desk.look(self.now);
            if steps.is_empty() {
                return;
            }
            let turns = |step: &&Step| matches!(step, Step::SetVolume(..));
            self.told += steps.iter().filter(turns).count();
            steps.iter().for_each(|step| self.obey(step));
        }
        panic!("it never comes to rest");
    }

    fn obey(&mut self, step: &Step) {
        match step {
            Step::SetVolume(id, volume) => self.desk.graph.put_volume(*id, *volume),
            Step::SetTarget(id, target) => {
                let kind = target.as_ref().and_then(|target| target.kind.as_deref());
                let value = target.as_ref().map(|target| target.value.as_str());
                self.desk.graph.put_metadata(*id, Some("target.object"), kind, value);
            }
            Step::OpenRoute { device, part, route, .. } => {
                self.desk.graph.put_open(*device, *part, *route);
            }
            Step::Keep(key, volume) => drop(self.kept.insert(key.clone(), *volume)),
        }
    }

    fn after(&mut self, ms: u64) {
        self.now += ms;
        self.settle();
    }

    fn volume(&self, id: u32) -> f32 {
        self.desk.graph.node(id).and_then(|node| node.volume).unwrap()
    }

    fn volumes(&self) -> [f32; 3] {
        [MUSIC, VOICE, MIC].map(|id| self.volume(id))
    }

    fn goes_to(&self, id: u32) -> Option<&str> {
        let target = self.desk.graph.target(id)?;
        self.desk.graph.pointed_at(&target.value).map(Node::name)
    }
}

fn desk() -> Desk {
    Desk::new(Levels::default(), 5, Box::new(Tens))
}

fn chat(standing: Standing) -> CallAudio {
    call(1, "Chat", 10, standing)
}

#[test]
fn a_call_is_silent_until_it_has_the_audio_and_leaves_everything_as_it_was() {
    let mut server = Server::new();
    server.settle();
    assert_eq!((server.volumes(), server.told), ([1.0, 1.0, 1.0], 0));
    server.are(&[chat(Standing::Without)]);
    assert_eq!(server.volumes(), [1.0, 0.0, 0.0]);
    server.are(&[chat(Standing::Up)]);
    assert_eq!(server.volumes(), [0.2, 1.0, 1.0]);
    assert_eq!(server.desk.entries.volumes.len(), 1);
    server.are(&[CallAudio { muted: true, ..chat(Standing::Up) }]);
    assert_eq!(server.volumes(), [0.2, 1.0, 0.0]);
    server.are(&[chat(Standing::Without)]);
    assert_eq!(server.volumes(), [1.0, 0.0, 0.0]);
    server.are(&[chat(Standing::Up)]);
    server.are(&[]);
    assert_eq!(server.volumes(), [1.0, 1.0, 0.0], "the microphone is cut at once");
    server.after(4999);
    assert_eq!(server.volumes(), [1.0, 1.0, 0.0]);
    server.after(1);
    assert_eq!(server.volumes(), [1.0, 0.0, 0.0], "and what it does not let go after a while");
    server.desk.graph.remove(VOICE);
    server.desk.graph.remove(MIC);
    server.settle();
    assert!(server.desk.entries.is_empty() && server.desk.is_at_rest());
    assert_eq!(server.kept, BTreeMap::from([(KEY.to_owned(), 1.0)]), "new music is not soft");
    assert_eq!(server.desk.next_deadline(), None);
}

#[test]
fn the_next_call_of_an_app_opens_what_the_last_one_left() {
    let mut server = Server::new();
    server.are(&[chat(Standing::Up)]);
    server.are(&[]);
    server.after(6000);
    assert_eq!(server.volumes(), [1.0, 0.0, 0.0]);
    server.are(&[call(2, "Chat", 10, Standing::Without)]);
    server.are(&[call(2, "Chat", 10, Standing::Up)]);
    assert_eq!(server.volumes(), [0.2, 1.0, 1.0]);
}

#[test]
fn from_one_call_to_the_next_others_stay_quiet() {
    let mut server = Server::new();
    server.desk.graph.put_client(72, properties(&[("pipewire.sec.pid", "20")]));
    stream(&mut server.desk.graph, 43, PLAYS, 72, &[]);
    let talk = |standing| call(2, "Talk", 20, standing);
    server.are(&[chat(Standing::Up), talk(Standing::Without)]);
    assert_eq!((server.volumes(), server.volume(43)), ([0.2, 1.0, 1.0], 0.0));
    let told = server.told;
    server.are(&[chat(Standing::Without), talk(Standing::Expected)]);
    assert_eq!((server.volumes(), server.volume(43)), ([0.2, 0.0, 0.0], 0.0));
    server.are(&[chat(Standing::Without), talk(Standing::Up)]);
    assert_eq!((server.volumes(), server.volume(43)), ([0.2, 0.0, 0.0], 1.0));
    assert_eq!(server.told, told + 3, "two cut, one opened, the music not touched");
}

#[test]
fn a_ring_is_heard_over_others_and_new_streams_are_quiet_at_once() {
    let mut server = Server::new();
    server.desk.set_situation(Situation { ring: RingLevel::Loud, ..Situation::default() });
    stream(&mut server.desk.graph, 43, PLAYS, 70, &[]);
    server.desk.graph.put_volume(43, 0.5);
    server.settle();
    assert_eq!((server.volume(MUSIC), server.volume(43)), (0.2, 0.1));
    server.are(&[]);
    assert_eq!((server.volume(MUSIC), server.volume(43)), (1.0, 0.5));
    server.after(2000);
    assert!(server.desk.entries.is_empty());
}

#[test]
fn what_others_set_meanwhile_stays_theirs() {
    let mut server = Server::new();
    server.are(&[chat(Standing::Up)]);
    for again in 1..=3 {
        server.desk.graph.put_volume(MUSIC, 0.9);
        server.settle();
        assert_eq!(server.volume(MUSIC), 0.2, "time {again}");
    }
    server.desk.graph.put_volume(MUSIC, 0.9);
    server.settle();
    assert_eq!(server.volume(MUSIC), 0.9, "it means it");
    server.are(&[]);
    assert_eq!(server.volume(MUSIC), 0.9);
    server.are(&[chat(Standing::Up)]);
    assert_eq!(server.volume(MUSIC), 0.9 * 0.2, "the next call begins anew");
    server.desk.graph.put_volume(MUSIC, 0.7);
    server.desk.set_situation(calls(&[]));
    server.settle();
    assert_eq!(server.volume(MUSIC), 0.7, "nothing is given back that is not ours");
}

#[test]
fn a_muted_microphone_is_cut_however_often_its_app_opens_it() {
    let mut server = Server::new();
    server.are(&[CallAudio { muted: true, ..chat(Standing::Up) }]);
    for _ in 0..10 {
        server.desk.graph.put_volume(MIC, 1.0);
        server.after(PERSIST);
        assert_eq!(server.volume(MIC), 0.0);
    }
    // Not faster than that, so that the two do not turn in circles.
    server.desk.graph.put_volume(MIC, 1.0);
    server.settle();
    assert_eq!(server.volume(MIC), 1.0);
    assert_eq!(server.desk.next_deadline(), Some(server.now + PERSIST));
}

#[test]
fn a_server_that_is_slow_is_not_told_twice_and_one_that_is_deaf_not_for_ever() {
    let mut server = Server::new();
    server.desk.set_situation(calls(&[chat(Standing::Up)]));
    assert!(server.desk.look(1000).contains(&Step::SetVolume(MUSIC, 0.2)));
    assert_eq!(server.desk.look(1100), []);
    assert_eq!(server.desk.next_deadline(), Some(1000 + CONFIRM));
    let mut at = 1000;
    let mut told = 0;
    while let Some(next) = server.desk.next_deadline() {
        at = next;
        let steps = server.desk.look(at);
        told += steps.iter().filter(|step| **step == Step::SetVolume(MUSIC, 0.2)).count();
        assert!(told < 10, "it is told for ever");
    }
    assert_eq!(told, REPEATS as usize);
    assert!(server.desk.entries.volumes.is_empty());
    server.desk.graph.put_volume(MUSIC, 0.2);
    assert_eq!(server.desk.look(at + 1), [], "too late: it counts as somebody else's");
}

#[test]
fn what_is_on_its_way_back_and_wanted_again_is_told_again() {
    let mut server = Server::new();
    server.are(&[chat(Standing::Up)]);
    server.desk.set_situation(calls(&[]));
    assert!(server.desk.look(server.now).contains(&Step::SetVolume(MUSIC, 1.0)));
    server.desk.set_situation(calls(&[chat(Standing::Up)]));
    assert!(server.desk.look(server.now).contains(&Step::SetVolume(MUSIC, 0.2)));
    // Both arrive.
    server.desk.graph.put_volume(MUSIC, 1.0);
    server.settle();
    server.desk.graph.put_volume(MUSIC, 0.2);
    server.settle();
    assert_eq!(server.volume(MUSIC), 0.2);
    server.are(&[]);
    assert_eq!(server.volume(MUSIC), 1.0);
}

#[test]
fn after_a_crash_others_are_given_back_and_a_cut_microphone_stays_cut() {
    let mut before = Server::new();
    before.are(&[CallAudio { muted: true, ..chat(Standing::Up) }]);
    let mut after = Server::new();
    after.desk.inherit(before.desk.entries.clone());
    after.desk.graph = before.desk.graph;
    assert_eq!(after.volumes(), [0.2, 1.0, 0.0]);
    after.settle();
    assert_eq!(after.volumes(), [1.0, 1.0, 0.0]);
    assert!(!after.desk.is_at_rest(), "somebody has to see it go");
    after.are(&[CallAudio { muted: true, ..chat(Standing::Up) }]);
    assert_eq!(after.volumes(), [0.2, 1.0, 0.0]);
    after.are(&[chat(Standing::Up)]);
    assert_eq!(after.volumes(), [0.2, 1.0, 1.0], "its volume is what it was before the cut");
}

#[test]
fn another_run_of_the_server_has_nothing_to_give_back() {
    let mut before = Server::new();
    before.are(&[chat(Standing::Up)]);
    let mut after = Server::new();
    after.desk.graph.cookie = Some(8);
    after.desk.graph.put_volume(MUSIC, 0.3);
    after.desk.inherit(before.desk.entries.clone());
    after.settle();
    assert_eq!((after.volume(MUSIC), after.told), (0.3, 0));
    assert!(after.desk.entries.volumes.is_empty() && after.desk.entries.moved.is_empty());
    assert_eq!(after.kept.get(KEY), Some(&1.0), "what is kept outlives a run of the server");
    after.after(2000);
    assert!(after.desk.entries.is_empty());
}

#[test]
fn a_crash_at_any_step_can_be_undone() {
    // Every change of the ledger is made before the steps it is for: try it with any number of these done.
    let situations = [
        vec![chat(Standing::Without)],
        vec![chat(Standing::Up)],
        vec![chat(Standing::Without)],
        vec![],
    ];
    for crash_in in 0..situations.len() {
        for done in 0..4 {
            let mut server = Server::new();
            for situation in &situations[..crash_in] {
                server.are(situation);
            }
            server.desk.set_situation(calls(&situations[crash_in]));
            let steps = server.desk.look(server.now);
            steps.iter().take(done).for_each(|step| server.obey(step));
            let mut after = Server::new();
            after.desk.inherit(server.desk.entries.clone());
            after.desk.graph = server.desk.graph;
            after.settle();
            let music = after.volume(MUSIC);
            assert_eq!(music, 1.0, "in {crash_in} after {done} of {steps:?}");
        }
    }
}

#[test]
fn a_new_stream_that_was_given_the_volume_of_the_last_one_is_as_its_app_wants_it() {
    let voice = [("media.role", "Communication")];
    let mut server = Server::new();
    server.desk.graph.put_node(VOICE, properties(&voice), true);
    server.desk.graph.put_node(MIC, properties(&voice), true);
    server.are(&[CallAudio { muted: true, ..chat(Standing::Up) }]);
    assert_eq!(server.volumes(), [0.2, 1.0, 0.0]);

    // A second player is given the duck of the first, and the app's second microphone the mute.
    stream(&mut server.desk.graph, 43, PLAYS, 70, &[("media.role", "Music")]);
    server.desk.graph.put_volume(43, 0.2);
    stream(&mut server.desk.graph, 44, LISTENS, 71, &voice);
    server.desk.graph.put_volume(44, 0.0);
    server.settle();
    assert_eq!((server.volume(43), server.volume(44)), (0.2, 0.0));
    server.are(&[chat(Standing::Up)]);
    assert_eq!((server.volume(MIC), server.volume(44)), (1.0, 1.0));
    // One that is not muted when it comes is heard, even if it is given the mute a little later.
    stream(&mut server.desk.graph, 45, LISTENS, 71, &voice);
    server.settle();
    server.desk.graph.put_volume(45, 0.0);
    server.after(100);
    assert_eq!(server.volume(45), 1.0);
    server.are(&[]);
    assert_eq!((server.volume(MUSIC), server.volume(43)), (1.0, 1.0));
}

#[test]
fn a_calls_streams_go_to_its_endpoint_and_back() {
    let mut server = Server::new();
    server.are(&[chat(Standing::Up)]);
    assert_eq!(server.goes_to(VOICE), Some("earpiece"));
    assert_eq!((server.goes_to(MUSIC), server.goes_to(MIC)), (None, Some("mic")));
    device(&mut server.desk.graph, 50, "wire", "Audio/Sink", &[("device.form-factor", "headset")]);
    server.settle();
    assert_eq!(server.goes_to(VOICE), Some("wire"), "what is plugged in takes over");
    server.desk.graph.remove(50);
    server.settle();
    assert_eq!(server.goes_to(VOICE), Some("earpiece"));
    assert!(server.desk.select("speaker").is_some());
    server.settle();
    assert_eq!(server.goes_to(VOICE), Some("speaker"));
    assert!(server.desk.select("wire").is_none());
    server.are(&[]);
    assert_eq!((server.goes_to(VOICE), server.goes_to(MIC)), (None, None));
    assert!(server.desk.entries.moved.is_empty());
}

#[test]
fn the_device_that_answered_is_the_one_that_is_used() {
    let mut server = Server::new();
    let answered = CallAudio { answered_with: Some("speaker".into()), ..chat(Standing::Without) };
    server.are(std::slice::from_ref(&answered));
    assert_eq!(server.desk.endpoints().1.unwrap().id, "earpiece");
    server.are(&[CallAudio { standing: Standing::Up, ..answered }]);
    assert_eq!(server.desk.endpoints().1.unwrap().id, "speaker");
    assert_eq!(server.goes_to(VOICE), None, "it goes there by itself");
    server.are(&[]);
    assert_eq!(server.desk.endpoints().1.unwrap().id, "earpiece", "the next call chooses anew");
}

#[test]
fn a_stream_that_is_sent_elsewhere_comes_back_three_times() {
    let mut server = Server::new();
    server.are(&[chat(Standing::Up)]);
    for _ in 0..3 {
        server.desk.graph.put_metadata(VOICE, Some("target.object"), None, Some("speaker"));
        server.settle();
        assert_eq!(server.goes_to(VOICE), Some("earpiece"));
    }
    server.desk.graph.put_metadata(VOICE, Some("target.object"), None, Some("speaker"));
    server.settle();
    assert_eq!(server.goes_to(VOICE), Some("speaker"));
    server.are(&[]);
    assert_eq!(server.goes_to(VOICE), Some("speaker"), "that was not ours");
}

#[test]
fn the_numbers_can_be_set_to_what_is_said_of_them() {
    let mut levels = Levels::default();
    assert_eq!(
        (levels.set("audio_duck", "10"), levels.set("audio_release", "70")),
        (Some(()), Some(()))
    );
    assert_eq!(levels, Levels { duck: 0.1, release: 70 });
    for (name, value) in
        [("audio_duck", "101"), ("audio_duck", "x"), ("audio_release", "-1"), ("x", "1")]
    {
        assert_eq!(levels.set(name, value), None);
    }
}

#[test]
fn a_stream_of_a_call_that_is_over_is_cut_whatever_process_it_is_in() {
    let mut server = Server::new();
    let session = [("hookswitch.session", "token1")];
    server.are(&[chat(Standing::Up)]);
    server.are(&[]);
    for (id, class) in [(43, PLAYS), (44, LISTENS)] {
        stream(&mut server.desk.graph, id, class, 70, &session);
    }
    server.settle();
    assert_eq!((server.volume(43), server.volume(44)), (1.0, 0.0));
    server.after(5000);
    assert_eq!(server.volume(43), 0.0);
    // What says nothing that is known is not touched: it may be of a call that is about to be adopted.
    let mut server = Server::new();
    stream(&mut server.desk.graph, 44, LISTENS, 70, &session);
    server.settle();
    assert_eq!(server.volume(44), 1.0);
}
