use super::graph::{Class, Graph, Node};
use super::owner::Owner;
use super::situation::{CallAudio, Situation, Standing};
use hookswitch_core::words::CallNumber;

/// What is wanted of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// As it wants to be itself.
    Open,
    /// Quieter, because somebody talks or it rings.
    Duck,
    /// Silent.
    Cut,
}

/// What a stream is to the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Nothing, or nothing that may be touched.
    None,
    /// One that keeps quiet for others.
    Bystander,
    /// Of a call, or of an app with calls: as loud as these may be, and where it goes.
    OfCall {
        /// What is wanted of it.
        wish: Wish,
        /// The call whose endpoint it goes to; `None`: no call has the audio that it could belong to.
        goes_with: Option<CallNumber>,
    },
    /// Says that it is of a call, and that call is over.
    Left,
}

/// What this stream is to the calls.
pub fn part(node: &Node, owner: &Owner, situation: &Situation, graph: &Graph) -> Part {
    let playback = node.class() == Class::Playback;
    let capture = node.class() == Class::Capture && is_microphone(node, graph);
    if !playback && !capture || node.is_filter() {
        return Part::None;
    }
    let other = if playback && is_quieted(node) { Part::Bystander } else { Part::None };
    match owner {
        Owner::Service => Part::None,
        Owner::Over => Part::Left,
        Owner::Call(number) => {
            let calls = situation.calls.iter().filter(|call| call.number == *number);
            of_calls(&calls.collect::<Vec<_>>(), capture)
        }
        Owner::Apps(apps) if is_for_talking(node) => {
            let calls = situation.calls.iter().filter(|call| apps.contains(&call.app.id));
            of_calls(&calls.collect::<Vec<_>>(), capture)
        }
        Owner::Apps(_) | Owner::Other => other,
    }
}

/// Open if any of the calls it may belong to has the audio and, for a microphone, is not muted.
fn of_calls(calls: &[&CallAudio], capture: bool) -> Part {
    let up = || calls.iter().filter(|call| call.standing == Standing::Up);
    let heard = up().find(|call| !(capture && call.muted));
    let wish = if heard.is_some() { Wish::Open } else { Wish::Cut };
    Part::OfCall { wish, goes_with: heard.or(up().next()).map(|call| call.number) }
}

/// Whether a stream of an app with calls is one for talking. What it plays besides, it plays as others do.
fn is_for_talking(node: &Node) -> bool {
    let role = node.property("media.role").unwrap_or_default().to_ascii_lowercase();
    // The pulse server's word for it is phone.
    matches!(role.as_str(), "" | "communication" | "phone")
}

/// Whether it listens to a microphone, and not to what a device plays. Where it goes counts, not what it says.
fn is_microphone(node: &Node, graph: &Graph) -> bool {
    match graph.told_to(node).map(Node::class) {
        Some(class) => class == Class::Source,
        None => node.property("stream.capture.sink") != Some("true"),
    }
}

/// A screen reader is heard in a call as well.
fn is_quieted(node: &Node) -> bool {
    let role = node.property("media.role").unwrap_or_default().to_ascii_lowercase();
    !matches!(role.as_str(), "accessibility" | "a11y")
}

#[cfg(test)]
mod tests {
    use super::super::graph::tests::{graph, stream};
    use super::super::situation::tests::{call, calls};
    use super::*;

    const PLAYS: &str = "Stream/Output/Audio";
    const LISTENS: &str = "Stream/Input/Audio";

    fn of(class: &str, more: &[(&str, &str)], owner: &Owner, calls: &[CallAudio]) -> Part {
        let mut graph = graph();
        stream(&mut graph, 40, class, 70, more);
        part(graph.node(40).unwrap(), owner, &self::calls(calls), &graph)
    }

    fn chat() -> Owner {
        Owner::Apps(vec!["org.example.Chat".to_owned()])
    }

    fn wish(part: Part) -> Option<Wish> {
        match part {
            Part::OfCall { wish, .. } => Some(wish),
            _ => None,
        }
    }

    #[test]
    fn a_calls_stream_is_silent_unless_the_call_has_the_audio() {
        let number = CallNumber(1);
        for (standing, expected) in [
            (Standing::Without, Wish::Cut),
            (Standing::Expected, Wish::Cut),
            (Standing::Up, Wish::Open),
        ] {
            let calls = [call(1, "Chat", 10, standing)];
            for class in [PLAYS, LISTENS] {
                for owner in [Owner::Call(number), chat()] {
                    assert_eq!(wish(of(class, &[], &owner, &calls)), Some(expected));
                }
            }
        }
    }

    #[test]
    fn mute_cuts_the_microphone_and_nothing_else() {
        let muted = CallAudio { muted: true, ..call(1, "Chat", 10, Standing::Up) };
        let owner = Owner::Call(CallNumber(1));
        assert_eq!(wish(of(LISTENS, &[], &owner, std::slice::from_ref(&muted))), Some(Wish::Cut));
        assert_eq!(wish(of(PLAYS, &[], &owner, std::slice::from_ref(&muted))), Some(Wish::Open));
        // Of an app with several calls it is open for one that is not muted.
        let both = [muted, call(2, "Chat", 10, Standing::Up)];
        assert_eq!(wish(of(LISTENS, &[], &chat(), &both)), Some(Wish::Open));
    }

    #[test]
    fn of_two_calls_of_one_app_a_token_tells_which() {
        let both = [call(1, "Chat", 10, Standing::Without), call(2, "Chat", 10, Standing::Up)];
        let open = |owner: &Owner| of(PLAYS, &[], owner, &both);
        assert_eq!(wish(open(&Owner::Call(CallNumber(1)))), Some(Wish::Cut));
        let goes_with = Some(CallNumber(2));
        assert_eq!(open(&Owner::Call(CallNumber(2))), Part::OfCall { wish: Wish::Open, goes_with });
        assert_eq!(open(&chat()), Part::OfCall { wish: Wish::Open, goes_with });
    }

    #[test]
    fn what_an_app_plays_besides_its_calls_keeps_quiet_as_others_do() {
        let calls = [call(1, "Chat", 10, Standing::Up)];
        for role in ["Music", "Movie", "Game", "Notification", "event", "anything"] {
            let role = [("media.role", role)];
            assert_eq!(of(PLAYS, &role, &chat(), &calls), Part::Bystander);
            assert_eq!(of(LISTENS, &role, &chat(), &calls), Part::None);
        }
        for role in ["Communication", "phone", ""] {
            let part = of(PLAYS, &[("media.role", role)], &chat(), &calls);
            assert_eq!(wish(part), Some(Wish::Open), "{role}");
        }
        // With a token it is the call's, whatever its role.
        let part = of(PLAYS, &[("media.role", "Game")], &Owner::Call(CallNumber(1)), &calls);
        assert_eq!(wish(part), Some(Wish::Open));
    }

    #[test]
    fn some_are_never_touched() {
        let calls = [call(1, "Chat", 10, Standing::Up)];
        assert_eq!(of(PLAYS, &[], &Owner::Service, &calls), Part::None);
        assert_eq!(of(LISTENS, &[], &Owner::Other, &calls), Part::None);
        assert_eq!(
            of(PLAYS, &[("media.role", "Accessibility")], &Owner::Other, &calls),
            Part::None
        );
        assert_eq!(of(PLAYS, &[("node.link-group", "echo")], &Owner::Other, &calls), Part::None);
        assert_eq!(of("Audio/Sink", &[], &Owner::Other, &calls), Part::None);
        assert_eq!(of(PLAYS, &[("media.role", "Music")], &Owner::Other, &calls), Part::Bystander);
        assert_eq!(of(PLAYS, &[], &Owner::Over, &calls), Part::Left);
    }

    #[test]
    fn who_records_what_is_played_has_no_microphone() {
        let calls = [call(1, "Chat", 10, Standing::Without)];
        let monitor = ("stream.capture.sink", "true");
        for (properties, is_cut) in [
            (&[][..], true),
            (&[monitor], false),
            (&[monitor, ("target.object", "speaker")], false),
            (&[("target.object", "speaker")], false),
            // Whatever it says of itself.
            (&[monitor, ("target.object", "mic")], true),
        ] {
            let part = of(LISTENS, properties, &chat(), &calls);
            assert_eq!(wish(part) == Some(Wish::Cut), is_cut, "{properties:?}");
        }
    }
}
