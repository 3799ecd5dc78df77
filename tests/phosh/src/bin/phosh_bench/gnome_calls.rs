use crate::Round;
use crate::watch::{Watch, round};
use hookswitch_journeys::Phone;
use hookswitch_phosh::{Lock, Screen, soon};
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use std::time::Duration;

const PROGRAM: &str = "/usr/bin/gnome-calls";
const NAME: Option<&str> = Some("org.gnome.Calls");
/// How often to look whether it is there.
const LOOK: Duration = Duration::from_millis(20);

/// GNOME Calls with its dummy provider, which calls itself when it gets a signal. `None`: it is not installed.
pub async fn measure(calls: usize) -> Option<Vec<Round>> {
    if !Path::new(PROGRAM).exists() {
        return None;
    }
    let phone = Phone::with_environment("", &[("HOOKSWITCH_PHOSH", "never".into())]);
    let bus = phone.stranger().await;
    let screen = Screen::start(phone.address(), Lock::Locked).await;
    let mut program = screen.command(PROGRAM);
    program.args(["--provider", "dummy", "--daemon"]).stdout(std::process::Stdio::null());
    let process = program.spawn().expect("setpriv starts");
    let pid = process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let pid = pid.expect("it runs");
    let manager = Some("org.freedesktop.DBus.ObjectManager");
    soon("GNOME Calls", async {
        let path = "/org/gnome/Calls";
        while bus.call_method(NAME, path, manager, "GetManagedObjects", &()).await.is_err() {
            tokio::time::sleep(LOOK).await;
        }
    })
    .await;
    let mut watch = Watch::start(phone.address()).await;
    let mut rounds = Vec::new();
    for _ in 0..calls {
        let ring = async || kill_process(pid, Signal::USR1).expect("it runs");
        let (took, path) = round(&screen, &mut watch, ring).await;
        rounds.push(took);
        let hangup =
            bus.call_method(NAME, path.as_str(), Some("org.gnome.Calls.Call"), "Hangup", &());
        soon("the end", hangup).await.expect("it hangs up");
        watch.next("InterfacesRemoved").await;
    }
    Some(rounds)
}
