//! What is no flow, or cannot be played, is refused with the line and the reason.

use hookswitch_core::flow::{self, FlowError};

/// Read and play it.
fn play(text: &str) -> Result<(), FlowError> {
    flow::parse(text)?.iter().try_for_each(flow::Flow::run)
}

#[test]
fn what_is_no_flow() {
    for (text, line, what) in [
        ("a_name", 1, "a flow begins with its name and a colon: a_name"),
        ("    after 5s", 1, "a flow begins with its name, at the left margin"),
        (
            "a:\n    core -> ui : ringing anna",
            2,
            "nothing happened yet that this could follow from",
        ),
        ("a:\n    after five", 2, "a time is like 500ms, 5s, 2m or 1h, not: five"),
        ("a:\n    after 5", 2, "a time is like 500ms, 5s, 2m or 1h, not: 5"),
        ("a:\n    after 99999999999999999h", 2, "a time is like"),
        ("a:\n    after 5s asleep?", 2, "a time is like"),
        ("a:\n    policy ring", 2, "`policy knob=value`, not: policy ring"),
        ("a:\n    given ", 2, "`party -> party : words`, `after 5s` or a comment, not: given"),
        ("a:\n    given  ", 2, "`party -> party : words`, `after 5s` or a comment, not: given"),
        ("a:\n    hello", 2, "`party -> party : words`, `after 5s` or a comment, not: hello"),
        ("a:\n    chat core : hello", 2, "who tells whom? `chat core`"),
        (
            "a:\n    core -> core : hello",
            2,
            "one of the two parties is `core`, the other an app or such: core",
        ),
        (
            "a:\n    chat -> talk : hello",
            2,
            "one of the two parties is `core`, the other an app or such: chat",
        ),
        (
            "a:\n    my chat -> core : hello",
            2,
            "one of the two parties is `core`, the other an app",
        ),
        ("a:\n    -> core : hello", 2, "one of the two parties is `core`, the other an app"),
        ("a:\n    policy-> core : hello", 2, "one of the two parties is `core`, the other an app"),
    ] {
        let error = play(text).expect_err(text);
        assert_eq!(error.line, line, "{text}");
        assert!(error.what.contains(what), "{text}: {}", error.what);
    }
}

#[test]
fn what_cannot_be_played() {
    for (line, what) in [
        ("headset -> core : press", "a headset can `press short` or `press long`"),
        ("headset -> core : press hard", "a headset can `press short` or `press long`"),
        ("headset -> core : hold long", "a headset can `press short` or `press long`"),
        ("audio -> core : activated", "audio can be `activated` for a call, or ask"),
        ("audio -> core : up anna", "audio can be `activated` for a call, or ask"),
        ("device -> core : sleep", "a device can ask what the calls want of it: `needs`"),
        ("push -> core : wakes chat anna", "a push can say `rings app call`"),
        ("push -> core : rings chat", "the call is missing at the end"),
        ("chat -> core : hello", "a provider cannot `hello`"),
        ("chat -> core : report", "what is reported is missing at the end"),
        ("chat -> core : report gone anna", "`gone` cannot be reported"),
        ("chat -> core : report ended anna soon", "`soon` is no reason"),
        ("chat -> core : report adopt anna soon", "`soon` is no state"),
        ("chat -> core : report incoming anna big", "`big` is nothing a call can be"),
        ("chat -> core : fulfill answer anna", "`answer` was never asked for that call"),
        ("chat -> core : fulfill answer anna using=it", "there is no such engine"),
        ("chat -> core : fulfill answer anna back=x", "`back=` is followed by a number"),
        ("chat -> core : executes", "it was offered nothing as a whole"),
        ("chat -> core : request start anna big", "`big` is nothing to start a call with"),
        ("chat -> core : request sing anna", "`sing` cannot be requested"),
        ("chat -> core : request translate anna d en", "a language is like `de` or `pt-BR`"),
        ("chat -> core : request dtmf anna x", "`x` are no digits"),
        ("chat -> core : register big", "`big` cannot be configured"),
        ("chat -> core : register groups=x", "`groups=x` is no number"),
        ("chat -> core : register per_group=x", "`per_group=x` is no number"),
        ("ui -> core : hello", "a surface cannot `hello`"),
        ("ui -> core : request choose anna sing", "`sing` is no choice"),
        ("ui -> core : request answer anna revision=x", "`revision=x` is no revision"),
        ("given chat happy anna", "given is an app, then ringing, active, held or dialing"),
        ("policy happy=1", "no knob takes happy=1"),
        ("policy ring=soon", "no knob takes ring=soon"),
        ("core restarts with chat", "a call is remembered as `app call incoming`, or `outgoing`"),
        ("core restarts with chat anna up", "a call is incoming or outgoing, not `up`"),
        ("core restarts with chat anna incoming big", "`big` is nothing a call is remembered with"),
    ] {
        let error = play(&format!("a:\n    {line}")).expect_err(line);
        assert_eq!((error.flow.as_deref(), error.line), (Some("a"), 2), "{line}");
        assert!(error.what.contains(what), "{line}: {}", error.what);
    }
    let late = play("a:\n    given chat active anna\n    policy ring=5").expect_err("late");
    assert!(late.what.contains("policy is set before anything happens"), "{}", late.what);
    let refused = play("a:\n    given chat active anna\n    given chat merged anna bob");
    let refused = refused.expect_err("there is no bob").what;
    assert!(refused.contains("`merged anna bob` cannot be given"), "{refused}");
}

#[test]
fn what_goes_otherwise_is_said() {
    for (line, said) in [
        ("core -> ui : ended anna", "`ui` is told otherwise"),
        ("core -> chat : perform answer anna", "`chat` is told otherwise"),
        ("core -> ring : silent", "`ring` is told otherwise"),
    ] {
        let text = format!("a:\n    chat -> core : report incoming anna\n    {line}");
        let error = play(&text).expect_err(line);
        assert!(error.what.contains(said), "{line}: {}", error.what);
        assert!(error.what.contains("core -> ui   : ringing anna"), "{line}: {}", error.what);
    }
}

#[test]
fn what_is_recorded_goes_as_written() {
    let text = "a:\n    chat -> core : report incoming anna\n    after 1s\n    after 60s";
    let flow = flow::parse(text).expect("a flow").remove(0);
    let recorded = flow.record().expect("it can be played");
    assert_eq!(
        recorded,
        "a:\n    chat -> core : report incoming anna\n    core -> ui   : ringing anna\n    after 1s\n    \
         after 60s\n    core -> ui   : ended anna unanswered\n    core -> chat : perform end anna unanswered\n"
    );
    play(&recorded).expect("it goes as written");
}

#[test]
fn how_long_a_time_is() {
    for (time, ms) in [("7ms", 7), ("3s", 3_000), ("2m", 120_000), ("1h", 3_600_000)] {
        let flow = flow::parse(&format!("a:\n    after {time}")).expect("a flow").remove(0);
        let mut player = flow.player();
        assert!(player.all(|played| played.is_ok()));
        assert_eq!(player.elapsed_ms(), ms, "{time}");
    }
    // What is due at once is no deadline that does not go away.
    play("a:\n    policy ring=0\n    chat -> core : report incoming anna\n    core -> ui : ringing anna\n    after 0ms\n    core -> ui : ended anna unanswered\n    core -> chat : perform end anna unanswered").expect("it goes as written");
}

#[test]
fn an_error_says_where_it_is() {
    let error = play("a:\n    hello").expect_err("no line");
    let what = error.what.clone();
    assert_eq!(error.to_string(), format!("a, line 2: {what}"));
    let error = flow::parse("hello").expect_err("no flow");
    assert!(error.to_string().starts_with("before the first flow, line 1: a flow begins with"));
}

#[test]
fn a_player_says_what_apps_have_still_to_do() {
    let text = "a:\n    given chat active anna\n    ui -> core : request mute anna\n    after 2s";
    let flow = flow::parse(text).expect("a flow").remove(0);
    let mut player = flow.player();
    assert!(player.by_ref().all(|played| played.is_ok()));
    let pending = player.pending();
    let [mute] = pending.as_slice() else { panic!("{pending:?}") };
    assert_eq!(
        (mute.party.as_str(), mute.words.as_str(), mute.left_ms),
        ("chat", "mute anna", 3_000)
    );
    let call = &player.arbiter().calls()[0];
    assert_eq!(&*player.names().number(call.number), "anna");
    assert_eq!(&*player.names().provider(call.provider), "chat");
}
