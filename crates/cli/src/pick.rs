use crate::failure::Failure;
use crate::words;
use hookswitch::{Call, CallNumber, CallState, ChoiceKind};

/// What is to be done, for finding the call that is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Answer,
    Decline,
    Silence,
    End,
    Hold,
    Resume,
    Swap,
    Mute,
    Video,
    EndGroup,
    Split,
    Dtmf,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Decline => "decline",
            Self::Silence => "silence",
            Self::End => "end",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::Swap => "swap",
            Self::Mute => "mute",
            Self::Video => "show",
            Self::EndGroup => "end with its group",
            Self::Split => "split off",
            Self::Dtmf => "send tones to",
        }
    }

    /// Whether it does the same to everybody who is in one group with the call.
    fn is_of_the_whole_group(self) -> bool {
        matches!(self, Self::EndGroup | Self::Hold | Self::Resume | Self::Swap | Self::Mute)
    }

    /// Which calls are meant, the obvious ones first: the first of these kinds that has any decides.
    fn kinds(self) -> &'static [fn(&Call) -> bool] {
        const RINGING: fn(&Call) -> bool = |call| call.state == CallState::Ringing;
        const ACTIVE: fn(&Call) -> bool = |call| call.state == CallState::Active;
        const HELD: fn(&Call) -> bool = |call| call.state == CallState::Held;
        const COMING_UP: fn(&Call) -> bool = |call| {
            use CallState::{Answering, Connecting, Dialing, Starting};
            matches!(call.state, Answering | Starting | Dialing | Connecting)
        };
        const SWAPS: fn(&Call) -> bool = |call| call.offers(ChoiceKind::Swap);
        const IN_USE: fn(&Call) -> bool = |call| ACTIVE(call) || COMING_UP(call);
        const GROUPED: fn(&Call) -> bool = |call| call.group.is_some();
        match self {
            Self::Answer | Self::Decline | Self::Silence => &[RINGING],
            Self::End => &[IN_USE, HELD, RINGING],
            Self::Hold => &[ACTIVE],
            Self::Resume => &[HELD],
            Self::Swap => &[SWAPS],
            Self::EndGroup => &[GROUPED],
            Self::Split => &[|call| call.offers(ChoiceKind::Split)],
            Self::Video => &[ACTIVE, COMING_UP],
            Self::Mute => &[ACTIVE, COMING_UP, HELD],
            Self::Dtmf => &[ACTIVE, COMING_UP],
        }
    }
}

/// The call that is meant: the one that is named, or the only one it can be.
pub fn pick(calls: Vec<Call>, named: Option<u64>, purpose: Purpose) -> Result<Call, Failure> {
    let word = purpose.word();
    if let Some(number) = named {
        let named = calls.iter().find(|call| call.number == CallNumber(number));
        return named.cloned().ok_or_else(|| {
            Failure::new(format!(
                "there is no call {number}. {}",
                candidates(&calls.iter().collect::<Vec<_>>())
            ))
        });
    }
    for kind in purpose.kinds() {
        let mut meant: Vec<_> = calls.iter().filter(|call| kind(call)).collect();
        if purpose.is_of_the_whole_group() {
            let mut groups = Vec::new();
            meant.retain(|call| match call.group {
                Some(group) if groups.contains(&group) => false,
                group => {
                    groups.extend(group);
                    true
                }
            });
        }
        match meant[..] {
            [] => {}
            [call] => return Ok(call.clone()),
            // Whichever of the group is named, all of it is meant.
            [call, ref others @ ..]
                if purpose == Purpose::EndGroup
                    && others.iter().all(|other| other.group == call.group) =>
            {
                return Ok(call.clone());
            }
            _ => {
                let calls = candidates(&meant);
                return Err(Failure::new(format!("which call to {word}? Say its number. {calls}")));
            }
        }
    }
    let all: Vec<_> = calls.iter().collect();
    Err(Failure::new(format!("there is no call to {word}. {}", candidates(&all))))
}

fn candidates(calls: &[&Call]) -> String {
    if calls.is_empty() {
        return "There are no calls.".to_owned();
    }
    let one = |call: &&Call| {
        format!("{} ({}, {})", call.number, words::clean(call.who()), words::state(call))
    };
    let calls: Vec<_> = calls.iter().map(one).collect();
    format!("There is: {}.", calls.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch::{Capabilities, Direction, Handle, HandleKind};

    fn call(number: u64, state: CallState) -> Call {
        Call {
            number: CallNumber(number),
            app: "org.example.Chat".into(),
            app_name: "Chat".into(),
            verified: true,
            account: "default".into(),
            direction: Direction::Incoming,
            state,
            handle: Handle::new(HandleKind::Generic, format!("caller {number}")),
            name: None,
            video: false,
            reconnecting: false,
            muted: false,
            capabilities: Capabilities::default(),
            group: None,
            group_connected: None,
            translating: None,
            members: Vec::new(),
            emergency: false,
            choices: Vec::new(),
            choices_revision: 1,
            started: None,
            connected: None,
            ended: None,
            ending: None,
        }
    }

    #[test]
    fn the_only_one_it_can_be_is_meant() {
        let calls = vec![call(1, CallState::Active), call(2, CallState::Ringing)];
        let number = |purpose| pick(calls.clone(), None, purpose).map(|call| call.number.0);
        assert_eq!(number(Purpose::Answer).unwrap(), 2);
        assert_eq!(number(Purpose::End).unwrap(), 1);
        assert_eq!(number(Purpose::Hold).unwrap(), 1);
        assert!(number(Purpose::Resume).is_err());
    }

    #[test]
    fn several_are_listed() {
        let calls = vec![call(1, CallState::Ringing), call(2, CallState::Ringing)];
        let failure = pick(calls, None, Purpose::Answer).unwrap_err();
        assert_eq!(
            failure.text,
            "which call to answer? Say its number. There is: 1 (caller 1, rings); 2 (caller 2, rings)."
        );
    }

    #[test]
    fn a_wrong_number_is_said_to_be_wrong() {
        let failure = pick(Vec::new(), Some(9), Purpose::End).unwrap_err();
        assert_eq!(failure.text, "there is no call 9. There are no calls.");
    }
}
