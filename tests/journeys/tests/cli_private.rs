//! `hookswitch private`: a bus of one's own, and nothing left of it afterwards.

use hookswitch_journeys::{program, soon};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::process::{Output, Stdio};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

fn private(script: &str) -> Command {
    let mut command = Command::new(program("hookswitch"));
    command.args(["private", "--", "sh", "-c", script]).arg(program("hookswitch"));
    // There is no bus but the one it makes.
    command.env_remove("DBUS_SESSION_BUS_ADDRESS").kill_on_drop(true);
    command
}

async fn connect(address: &str) -> zbus::Result<zbus::Connection> {
    zbus::connection::Builder::address(address).build().await
}

#[tokio::test]
async fn a_command_has_a_service_and_its_exit_code_is_passed_on() {
    let output = private("$0 status && $0 calls; exit 7").output();
    let Output { status, stdout, stderr } = soon("its end", output).await.expect("it runs");
    let text = String::from_utf8_lossy(&stdout);
    assert_eq!(status.code(), Some(7), "{text}{}", String::from_utf8_lossy(&stderr));
    assert!(text.contains("all works") && text.contains("There are no calls."), "{text}");
}

#[tokio::test]
async fn a_command_that_is_not_there_is_said() {
    let output =
        Command::new(program("hookswitch")).args(["private", "--", "/nowhere/at/all"]).output();
    let output = soon("its end", output).await.expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("cannot run /nowhere/at/all"), "{text}");
}

/// On a bus of one's own an app that no desktop entry knows may try emergency calls.
#[tokio::test]
async fn an_emergency_call_can_be_tried_out() {
    let script = "$0 simulate incoming --after 10m --app org.example.Sos & \
                  until $0 dial --emergency org.example.Sos 112 2>/dev/null; do :; done; \
                  $0 calls; kill $!; wait";
    let mut command = private(script);
    let output = command.env("HOOKSWITCH_EMERGENCY_APPS", "org.example.Sos").output();
    let Output { stdout, stderr, .. } = soon("its end", output).await.expect("it runs");
    let text = String::from_utf8_lossy(&stdout);
    assert!(text.contains("unverified"), "{text}{}", String::from_utf8_lossy(&stderr));
    assert!(text.contains("active, emergency"), "{text}");
}

#[tokio::test]
async fn nothing_is_left_when_it_is_killed() {
    let script = r#"echo "$$"; echo "$DBUS_SESSION_BUS_ADDRESS"; tail -f /dev/null"#;
    let mut child = private(script).stdout(Stdio::piped()).spawn().expect("it runs");
    let stdout = child.stdout.take().expect("it has an output");
    let mut lines = BufReader::new(stdout).lines();
    let line = soon("the command", lines.next_line()).await.expect("it can be read");
    let command: i32 = line.expect("it says its process id").parse().expect("a number");
    let line = soon("the address", lines.next_line()).await.expect("it can be read");
    let address = line.expect("it says the address of the bus");
    let connection = connect(&address).await.expect("there is a bus");
    let it = i32::try_from(child.id().expect("it runs")).expect("a process id");
    kill_process(Pid::from_raw(it).expect("a process id"), Signal::KILL).expect("it is killed");
    soon("its end", child.wait()).await.expect("it can be waited for");
    // The bus is ended with it, and the service with the bus.
    soon("the end of the bus", connection.closed()).await;
    connect(&address).await.expect_err("there is no bus any more");
    let gone = async {
        let command = Pid::from_raw(command).expect("a process id");
        while test_kill_process(command).is_ok() {
            tokio::task::yield_now().await;
        }
    };
    soon("the end of the command", gone).await;
}
