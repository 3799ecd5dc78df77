//! `hookswitch conformance`: who keeps to the rules passes every row, and each fault fails its own rows, and no other.

use hookswitch_journeys::{program, soon};
use std::collections::BTreeMap;
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// No run of the kit takes longer, unless it hangs: many at once take turns on a small machine.
const GUARD: Duration = Duration::from_secs(600);

/// Deadlines that nobody waits out unless they are meant to be, and one that the kit waits out in each run.
const POLICY: &str =
    "answer=10000,start=60000,hold=60000,mute=60000,dtmf=60000,end=60000,adopt=60000";

/// How long is waited for what comes, unless it is broken: on a busy machine that may take a while.
const PATIENCE: &str = "30s";

/// A fault of `bad_provider`, the rows it fails, and knobs that make the waiting for it short.
struct Fault(&'static str, &'static [&'static str], &'static str);

const FAULTS: &[Fault] = &[
    // First those that something never comes of, which is waited for.
    Fault("stays_away", &["registers_again", "call_survives"], ""),
    Fault("never_connects", &["outgoing"], ""),
    Fault("ignores_sigterm", &["leaves"], ""),
    Fault("hides_the_caller", &["rings"], ""),
    Fault("never_answers", &["answer"], ""),
    Fault("ignores_the_end", IGNORES_THE_END, ",end=500"),
    Fault("calls_every_end_a_failure", &["caller_cancels", "far_side_ends"], ""),
    Fault("refuses_to_hold", &["hold_and_resume"], ""),
    Fault("fights_for_the_audio", &["hold_for_other", "second_call"], ""),
    Fault("echoes_mute", &["mute"], ""),
    Fault("connects_before_it_starts", &["outgoing"], ""),
    Fault("never_gives_up", &["cancel"], ""),
    Fault("believes_anybody", &["stranger"], ""),
    Fault("dies_of_a_stranger", &["stranger"], ""),
    Fault("completes_twice", &["once"], ""),
    Fault("completes_too_late", &["timed_out"], ""),
    Fault("reports_anew", &["call_survives"], ""),
    Fault("gives_its_name_away", &["second_instance"], ""),
];

const IGNORES_THE_END: &[&str] =
    &["hang_up", "decline", "end_while_answering", "end_and_accept", "cancel", "timed_out"];

const SURFACE_FAULTS: &[Fault] = &[
    Fault("never_presents", &["presented"], ""),
    Fault("is_deaf", &["answer", "decline"], ""),
    Fault("declines_by_answering", &["decline"], ""),
    Fault("says_no_revision", &["late_tap", "revision"], ""),
    Fault("dies_of_a_refusal", &["late_tap"], ""),
    Fault("remembers_the_dead", &["forgets"], ""),
    Fault("stays_away", &["registers_again"], ""),
    Fault("stays", &["leaves"], ""),
];

/// What the kit says about each row, and its exit code.
async fn tried(arguments: &[&str]) -> (Option<i32>, BTreeMap<String, String>) {
    let mut command = Command::new(program("hookswitch"));
    command.args(["--json", "conformance"]).args(arguments).env_remove("DBUS_SESSION_BUS_ADDRESS");
    command.stderr(Stdio::null());
    let Output { status, stdout, .. } = ended(&mut command).await;
    let rows: Vec<BTreeMap<String, serde_json::Value>> =
        serde_json::from_slice(&stdout).expect("it prints a list");
    let word = |row: &BTreeMap<_, serde_json::Value>, key| row[key].as_str().unwrap().to_owned();
    let verdicts = rows.iter().map(|row| (word(row, "row"), word(row, "verdict")));
    (status.code(), verdicts.collect())
}

async fn ended(command: &mut Command) -> Output {
    let output = timeout(GUARD, command.kill_on_drop(true).output()).await;
    output.expect("the kit comes to an end").expect("it runs")
}

async fn try_provider(start: &str, knobs: &str) -> (Option<i32>, BTreeMap<String, String>) {
    let policy = format!("{POLICY}{knobs}");
    let app = ["--app", "org.example.Tried", "--start", start];
    tried(&[&app[..], &["--wait", PATIENCE, "--policy", &policy]].concat()).await
}

async fn try_surface(start: &str) -> (Option<i32>, BTreeMap<String, String>) {
    let policy = ["--policy", POLICY];
    tried(&[&["--surface", "--start", start, "--wait", PATIENCE], &policy[..]].concat()).await
}

fn rows<'a>(verdicts: &'a BTreeMap<String, String>, verdict: &str) -> Vec<&'a str> {
    let rows = verdicts.iter().filter(|(_, of)| *of == verdict);
    rows.map(|(row, _)| row.as_str()).collect()
}

/// The programs of this file, started with a fault or none.
fn bad(name: &str, arguments: &str) -> String {
    format!("{} {arguments}", program(name).display())
}

#[tokio::test]
async fn providers_that_keep_to_the_rules_pass_every_row() {
    let library = format!("{} org.example.Tried", program("examples/provider").display());
    let contract = bad("bad_provider", "org.example.Tried");
    let (library, contract) = tokio::join!(try_provider(&library, ""), try_provider(&contract, ""));
    for (code, verdicts) in [library, contract] {
        assert_eq!(rows(&verdicts, "failed"), [""; 0]);
        // The media is not on the bus.
        assert_eq!(rows(&verdicts, "not_run"), ["media"]);
        assert_eq!(rows(&verdicts, "passed").len(), 27);
        assert_eq!(code, Some(0));
    }
}

#[tokio::test]
async fn surfaces_that_keep_to_the_rules_pass_every_row() {
    let library = program("examples/surface").display().to_string();
    let own = bad("bad_surface", "");
    let (library, own) = tokio::join!(try_surface(&library), try_surface(&own));
    for (code, verdicts) in [library, own] {
        assert_eq!(rows(&verdicts, "passed").len(), verdicts.len(), "{verdicts:?}");
        assert_eq!((verdicts.len(), code), (11, Some(0)));
    }
}

/// Try each fault, some at a time, and compare.
async fn each_fails_its_own_rows(faults: &'static [Fault], surface: bool) {
    let mut running = JoinSet::new();
    let mut wrong = Vec::new();
    let mut faults = faults.iter();
    loop {
        while running.len() < 9
            && let Some(Fault(fault, expected, knobs)) = faults.next()
        {
            running.spawn(async move {
                let (code, verdicts) = match surface {
                    true => try_surface(&bad("bad_surface", fault)).await,
                    false => {
                        let start = bad("bad_provider", &format!("org.example.Tried {fault}"));
                        try_provider(&start, knobs).await
                    }
                };
                (fault, expected, code, verdicts)
            });
        }
        let Some(done) = running.join_next().await else { break };
        let (fault, expected, code, verdicts) = done.expect("the kit was tried");
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        let failed = rows(&verdicts, "failed");
        if failed != expected || code != Some(1) {
            wrong.push(format!("{fault}: {failed:?} instead of {expected:?}; {verdicts:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn each_fault_of_a_provider_fails_its_own_rows() {
    each_fails_its_own_rows(FAULTS, false).await;
}

#[tokio::test]
async fn each_fault_of_a_surface_fails_its_own_rows() {
    each_fails_its_own_rows(SURFACE_FAULTS, true).await;
}

#[tokio::test]
async fn a_failure_says_what_was_expected_and_what_to_do() {
    let start = bad("bad_provider", "org.example.Tried echoes_mute");
    let mut command = Command::new(program("hookswitch"));
    command.args(["conformance", "--app", "org.example.Tried", "--start", &start]);
    command.args(["--wait", PATIENCE, "--policy", POLICY]);
    let output = ended(command.args(["--only", "mute", "--only", "hold-and-resume"])).await;
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in [
        "passed   hold_and_resume",
        "FAILED   mute",
        "Instead:  it asked by itself: unmute call",
        "Do:       Send RequestTransaction only for what the user does",
        "core -> tried : perform mute call",
        "1 passed, 1 failed, 0 not run",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[tokio::test]
async fn an_app_that_never_comes_fails_and_nothing_else_is_tried() {
    let (code, verdicts) = tried(&["--app", "org.example.Tried", "--start", "exit 3"]).await;
    assert_eq!((code, rows(&verdicts, "failed")), (Some(1), vec!["registers"]));
    assert_eq!(rows(&verdicts, "passed"), [""; 0]);
    let output = Command::new(program("hookswitch"))
        .args([
            "conformance",
            "--app",
            "org.example.Tried",
            "--start",
            "true",
            "--only",
            "levitate",
        ])
        .output();
    let output = soon("the end of the kit", output).await.expect("it runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("there is no row `levitate`"), "{text}");
}

/// An app that is told in its own way what happens on the far side.
#[tokio::test]
async fn commands_stand_in_for_signals() {
    let folder = tempfile::tempdir().expect("a folder");
    let pid = folder.path().join("pid").display().to_string();
    let start = format!("echo $$ > {pid}; exec {}", bad("bad_provider", "org.example.Tried"));
    let incoming = format!("kill -USR1 $(cat {pid})");
    let remote_end = format!("kill -USR2 $(cat {pid})");
    let (code, verdicts) = tried(&[
        "--app=org.example.Tried",
        "--wait=30s",
        "--only=caller_cancels",
        "--only=crossing",
        "--start",
        &start,
        "--incoming",
        &incoming,
        "--remote-end",
        &remote_end,
    ])
    .await;
    assert_eq!((code, rows(&verdicts, "passed")), (Some(0), vec!["caller_cancels", "crossing"]));
}

/// On a bus that is there already, with an app that is there already: what would end either is left out.
#[tokio::test]
async fn an_app_can_be_tried_where_it_runs() {
    let app = bad("bad_provider", "org.example.Tried");
    let script = format!(
        "{app} & app=$!; {} --json conformance --here --app org.example.Tried; \
         code=$?; kill $app; exit $code",
        program("hookswitch").display()
    );
    let output = Command::new(program("hookswitch"))
        .args(["private", "--policy", POLICY, "--", "sh", "-c", &script])
        .kill_on_drop(true)
        .output();
    let output = timeout(GUARD, output).await.expect("it comes to an end").expect("it runs");
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a list");
    let list = list.as_array().expect("a list");
    list.iter().for_each(|row| assert_ne!(row["verdict"], "failed", "{row}"));
    let not_run = list.iter().filter(|row| row["verdict"] == "not_run");
    let not_run: Vec<_> = not_run.filter_map(|row| row["row"].as_str()).collect();
    assert_eq!(
        not_run,
        ["media", "registers_again", "call_survives", "second_instance", "app_killed", "leaves"]
    );
    assert_eq!(output.status.code(), Some(0));
}

#[tokio::test]
async fn the_page_about_the_kit_has_every_row() {
    let page = include_str!("../../../docs/conformance.md");
    let tables: Vec<Vec<&str>> = page
        .split("| row | what happens | if it fails |")
        .skip(1)
        .map(|rest| {
            let table = rest.lines().skip(2).take_while(|line| line.starts_with('|'));
            table.filter_map(|line| line.split('`').nth(1)).collect()
        })
        .collect();
    let kinds: [&[&str]; 2] = [&[], &["--surface"]];
    for (kind, table) in kinds.iter().zip(&tables) {
        let mut command = Command::new(program("hookswitch"));
        let listed = command.args(["--json", "conformance", "--rows"]).args(*kind).output();
        let listed = soon("the list", listed).await.expect("it runs");
        let rows: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("a list");
        let rows = rows.as_array().expect("a list").iter();
        let rows: Vec<_> = rows.filter_map(|row| row["row"].as_str()).collect();
        assert_eq!(*table, rows);
    }
    assert_eq!(tables.len(), 2);
}
