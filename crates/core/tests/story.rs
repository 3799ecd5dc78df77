//! What is told of a journal: from where, under which title, and what is left out.

use hookswitch_core::flow::{self, Extent, Story, StoryError};

const MARKED: &str = "\
# from here:
# | policy ring=3000
core restarts with nothing
chat -> core : register accounts=account1
talk -> core : register
";

const FIRST: &str = "\
chat -> core : report incoming call1 account=account1
core -> recents : call1 incoming live
core -> ui   : ringing call1
core -> ring : loud
after 2000ms
chat -> core : report ended call1 remote_ended
core -> recents : call1 incoming remote_ended missed
core -> ui   : ended call1 remote_ended
core -> ring : silent
";

const SECOND: &str = "\
after 7ms
chat -> core : report incoming call2 account=account1
core -> recents : call2 incoming live
core -> ui   : ringing call2
core -> ring : loud
after 3ms
ui1  -> core : request answer call2
core -> ui   : answering call2
core -> ring : silent
core -> chat : perform answer call2
after 4ms
chat -> core : fulfill answer call2
core -> recents : call2 incoming live connected audio
core -> ui   : active call2
core -> audio : activate call2
after 1ms
audio -> core : activated call2
core -> chat : audio on call2
";

fn told(journal: &str, extent: Extent) -> String {
    let story = Story::of(journal, extent).expect("it can be told");
    assert_eq!(story.fault, None);
    let text = story.flow.to_string();
    let flows = flow::parse(&text).expect("it can be read");
    assert_eq!(flows, [story.flow]);
    flows[0].run().expect("it goes as written");
    text
}

#[test]
fn the_newest_story_begins_where_no_call_was_live() {
    let text = told(&[MARKED, FIRST, SECOND].concat(), Extent::Newest);
    let expected = "\
# From a journal of the call service, from a moment without a call on. 15 older lines are left out.
a_call_of_chat:
    policy ring=3000
    chat -> core : register accounts=account1
    chat -> core : report incoming call2 account=account1
    core -> recents : call2 incoming live
    core -> ui   : ringing call2
    core -> ring : loud
    ui1  -> core : request answer call2
    core -> ui   : answering call2
    core -> ring : silent
    core -> chat : perform answer call2
    chat -> core : fulfill answer call2
    core -> recents : call2 incoming live connected audio
    core -> ui   : active call2
    core -> audio : activate call2
    core -> chat : audio on call2
";
    assert_eq!(text, expected);
}

#[test]
fn everything_is_told_from_the_start_of_the_service() {
    let text = told(&[MARKED, FIRST, SECOND].concat(), Extent::All);
    assert!(
        text.starts_with("# From a journal of the call service, from a start of the service on.\n")
    );
    assert!(text.contains("\ntwo_calls_of_chat:\n"), "{text}");
    assert!(text.contains("ended call1 remote_ended") && text.contains("after 2s"), "{text}");
}

#[test]
fn marks_on_the_way_are_no_part_of_the_story() {
    let mark = "# from here:\n# | policy ring=3000\n# | chat -> core : register accounts=account1\n# call2 is what it is about\n";
    let second = SECOND.trim_start_matches("after 7ms\n");
    let text = told(&[MARKED, FIRST, mark, second].concat(), Extent::All);
    assert!(text.contains("call1") && text.contains("    # call2 is what it is about\n"), "{text}");
    assert!(!text.contains("from here") && !text.contains("# |"), "{text}");
}

#[test]
fn an_error_says_what_to_take() {
    for (error, what) in [
        (StoryError::NothingHappened, "No call is in these lines. Take more of the journal."),
        (StoryError::NoBeginning, "These lines have no moment without a call, from which"),
    ] {
        assert!(error.to_string().starts_with(what), "{error}");
    }
}

#[test]
fn without_a_mark_nothing_is_known() {
    assert_eq!(Story::of(SECOND, Extent::All), Err(StoryError::NoBeginning));
    assert_eq!(Story::of("", Extent::All), Err(StoryError::NothingHappened));
    assert_eq!(Story::of(MARKED, Extent::All), Err(StoryError::NothingHappened));
}

#[test]
fn a_mark_that_names_live_calls_is_a_beginning_when_they_are_over() {
    let mark = "# from here:\n# | policy ring=3000\n# | chat -> core : register accounts=account1\n# | live call1\n";
    let rest = FIRST.split_once("after 2000ms\n").expect("it waits").1;
    let text = told(&[mark, rest, SECOND].concat(), Extent::All);
    assert!(!text.contains("call1") && text.contains("active call2"), "{text}");
}

#[test]
fn a_service_that_comes_back_is_a_beginning_whatever_lived() {
    let journal = "\
core -> ui   : active call4
# from here:
core restarts with chat call4 incoming connected audio ; talk call5 outgoing
chat -> core : register
after 1s
chat -> core : report adopt call4 active no-holding
core -> recents : call4 incoming live connected audio
core -> ui   : active call4
core -> audio : activate call4
audio -> core : activated call4
core -> chat : audio on call4
after 9s
core -> recents : call5 outgoing failed
";
    let text = told(journal, Extent::Newest);
    assert!(text.contains("from a start of the service on. One older line is left out."), "{text}");
    assert!(
        text.contains("core restarts with chat call4 incoming connected audio ; talk"),
        "{text}"
    );
}

#[test]
fn lines_of_another_version_are_left_out_with_what_came_before() {
    let text = told(&[MARKED, FIRST, "chat => core\n", MARKED, SECOND].concat(), Extent::All);
    assert!(text.contains("15 older lines are left out"), "{text}");
    assert!(!text.contains("call1") && text.contains("policy ring=3000"), "{text}");
}

#[test]
fn other_rules_are_another_story() {
    let other = MARKED.replace("3000", "4000");
    let text = told(&[MARKED, FIRST, &other, SECOND].concat(), Extent::All);
    assert!(text.contains("policy ring=4000") && !text.contains("call1"), "{text}");
}

#[test]
fn a_story_that_does_not_go_as_it_says_is_told_with_its_fault() {
    let journal = [MARKED, FIRST].concat().replace("ringing call1", "active call1");
    let story = Story::of(&journal, Extent::Newest).expect("it can be told");
    let fault = story.fault.expect("it did not go so");
    assert!(fault.what.contains("`ui` is told otherwise"), "{fault}");
    let line = story.flow.to_string().lines().nth(fault.line - 1).map(str::trim).map(str::to_owned);
    assert_eq!(line.as_deref(), Some("chat -> core : report incoming call1 account=account1"));
}
