//! `make demo DESKTOP=1` as a whole, in a session like a user's: the script that it runs, a session bus, PipeWire, a
//! microphone somebody speaks into and a loudspeaker.

use crate::story::NEAR;
use hookswitch_journeys::{program, soon};
use hookswitch_sound::device::{HANDSET_MIC, SPEAKER};
use hookswitch_sound::{Moment, Rig, SPEAKERBOX};
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long both talk before somebody hangs up.
const TALK_MS: usize = 4_000;

/// The script on this bus, as a user starts it.
fn script(rig: &Rig, bus: &str) -> Command {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../scripts/demo.sh");
    let demo = program("hookswitch-demo");
    let target = demo.parent().and_then(|profile| profile.parent()).expect("it is in a profile");
    let mut command = rig.session.command(&script.display().to_string());
    command.arg("--desktop").env("DBUS_SESSION_BUS_ADDRESS", bus).env("CARGO_TARGET_DIR", target);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A session bus that knows nothing of the call service.
async fn plain_bus(rig: &Rig) -> (Child, String) {
    let mut command = rig.session.command("dbus-daemon");
    command.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut bus = command.spawn().expect("setpriv starts");
    let mut lines = BufReader::new(bus.stdout.take().expect("it says its address")).lines();
    let address = soon("the bus", lines.next_line()).await.expect("it can be read");
    (bus, address.expect("it says its address"))
}

/// The loudest that was heard, as the demo says it.
fn loudest(said: &str, of: &str) -> f64 {
    let line = said.lines().find_map(|line| line.strip_prefix(of)?.strip_prefix(", loudest: "));
    let number = line.and_then(|line| line.split(' ').next()?.parse().ok());
    number.unwrap_or_else(|| panic!("it does not say what was {of}: {said}"))
}

#[tokio::test]
async fn the_demo_on_a_desktop_has_sound_both_ways() {
    let mut rig = Rig::with("", &[SPEAKER, HANDSET_MIC]).await;
    rig.phone.install("org.hookswitch.Cli", &program("hookswitch"), true);
    rig.phone.install(SPEAKERBOX, &program("speakerbox"), false);
    rig.beats(HANDSET_MIC, NEAR).await;
    let ear = rig.sink(SPEAKER).await;
    let (_bus, plain) = plain_bus(&rig).await;
    let installed = rig.phone.address().to_owned();
    let before = rig.others();
    // With the service that the demo brings, and with one that is installed.
    for bus in [&plain, &installed] {
        let demo = script(&rig, bus).spawn().expect("setpriv starts");
        let mut ends = tokio::spawn(demo.wait_with_output());
        tokio::select! {
            // Nobody else speaks here than Bob.
            _ = ear.sounds(-40.0..) => {}
            ended = &mut ends => panic!("the demo ended before Bob was heard: {ended:?}"),
        }
        ear.since(Moment::now(), TALK_MS).await;
        let hookswitch = program("hookswitch").display().to_string();
        let mut command = rig.session.command(&hookswitch);
        let hangs_up = command.arg("end").env("DBUS_SESSION_BUS_ADDRESS", bus).status();
        assert!(soon("the end", hangs_up).await.expect("setpriv starts").success());
        let output = soon("the end of the demo", ends).await.expect("it is waited for");
        let output = output.expect("it can be read");
        let [said, cause] =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(output.status.success(), "{} {said} {cause}", output.status);
        for of in ["played to you", "heard of you"] {
            assert!(loudest(&said, of) > -30.0, "{said}");
        }
        rig.is_as_before(&before).await;
    }
}

#[tokio::test]
async fn the_demo_says_what_a_desktop_does_not_have() {
    let rig = Rig::with("", &[SPEAKER, HANDSET_MIC]).await;
    let nowhere = rig.session.folder().join("nowhere").display().to_string();
    let no_bus = script(&rig, &format!("unix:path={nowhere}")).output();
    let no_bus = soon("the end of the demo", no_bus).await.expect("setpriv starts");
    assert_eq!(no_bus.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&no_bus.stderr).contains("there is no session bus"));
    let no_sound = script(&rig, rig.phone.address()).env("PIPEWIRE_RUNTIME_DIR", &nowhere).output();
    let no_sound = soon("the end of the demo", no_sound).await.expect("setpriv starts");
    assert_eq!(no_sound.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&no_sound.stderr).contains("PipeWire"));
}
