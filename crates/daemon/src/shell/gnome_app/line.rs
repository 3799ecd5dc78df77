//! The line to GNOME Calls: who it is, and its calls.

use super::agree::{Step, Told};
use super::object::{Object, Stage};
use hookswitch_core::words::{
    ActionId, CallNumber, CallState, CallUuid, ProviderId, RequestId, Timestamp, TransactionId,
    Verb,
};
use hookswitch_core::{CallView, Finished, Input, Reply};
use std::collections::{BTreeMap, HashMap, VecDeque};
use uuid::Uuid;

/// Calls it may have at once, ended ones that it still shows among them. More are nobody's telephone.
const MOST: usize = 32;
/// Replies that are waited for. One that never comes is not needed.
const MOST_REPLIES: usize = 1024;

/// Every live call with its state: while this is the same, what was refused would be refused again.
pub type Snapshot = Vec<(CallNumber, CallState)>;

/// A call of it.
#[derive(Debug)]
pub struct Call {
    pub object: Object,
    /// What the core knows it by.
    pub uuid: CallUuid,
    pub told: Told,
    /// It looks different from what the core knows.
    pub is_news: bool,
    /// What it was asked to do and is not seen to have done.
    pub performs: Vec<(ActionId, Verb)>,
    /// GNOME Calls was told not to ring for it.
    pub silenced: bool,
    /// The modem holds it for another of its calls, whether it says so or not.
    pub makes_room: bool,
    /// It may be one from before a restart of the service.
    pub adopts: bool,
    /// Whether the next step was refused because another call is in the way.
    pub refused: bool,
    /// How things stood when it was refused for good.
    pub tried: Option<Snapshot>,
    /// How often the core had it as a new one.
    times: u32,
}

/// What is about to be told, and what waits for others.
#[derive(Debug)]
pub struct Asking {
    pub path: String,
    pub step: Step,
    request: RequestId,
    transaction: Option<TransactionId>,
}

/// A call that it was asked to dial.
#[derive(Clone, Debug)]
pub struct Dialing {
    pub action: ActionId,
    pub call: CallUuid,
    pub number: String,
    /// The user thought better of it.
    pub unwanted: bool,
    /// What is dialed there later is something else.
    pub until: Timestamp,
}

/// A reply that is waited for: of which action, and whether it says that all of it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awaited {
    pub action: ActionId,
    pub call: CallUuid,
    pub is_last: bool,
}

/// See the head of this file.
#[derive(Debug)]
pub struct Line {
    /// Its connection.
    pub owner: String,
    /// The app it is, once it is known who it is.
    pub provider: Option<ProviderId>,
    /// The question which calls it has.
    pub asked: Option<u32>,
    /// Whether it may have calls from before a restart of the service.
    pub adopts: bool,
    /// By the path of its object.
    pub calls: BTreeMap<String, Call>,
    /// What was asked for, while others have to do something first.
    pub asking: Option<Asking>,
    /// What the core is just being told.
    telling: Option<Asking>,
    /// Transactions of its own that are over.
    finished: Vec<Finished>,
    /// What the core is told next.
    pub said: VecDeque<Input>,
    /// Calls that it was asked to dial and has not shown yet.
    pub dialing: Vec<Dialing>,
    replies: HashMap<u32, Awaited>,
    /// What makes ids of its calls different from those of another bus.
    salt: String,
}

/// How an asking ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Done,
    Refused { may_make_room: bool },
}

impl Line {
    /// To whoever owns the name.
    pub fn to(owner: &str, bus: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            provider: None,
            asked: None,
            adopts: false,
            calls: BTreeMap::new(),
            asking: None,
            telling: None,
            finished: Vec::new(),
            said: VecDeque::new(),
            dialing: Vec::new(),
            replies: HashMap::new(),
            salt: format!("{bus} {owner}"),
        }
    }

    /// It has this call. `None`: it was known, or there are too many.
    pub fn add(&mut self, path: &str, object: Object) -> Option<&mut Call> {
        if self.calls.contains_key(path) || self.calls.len() >= MOST {
            return None;
        }
        let call = Call {
            object,
            uuid: id(&self.salt, path, 0),
            told: Told::Not,
            is_news: false,
            performs: Vec::new(),
            silenced: false,
            makes_room: false,
            adopts: self.adopts,
            refused: false,
            tried: None,
            times: 0,
        };
        Some(self.calls.entry(path.to_owned()).or_insert(call))
    }

    /// The core has it as another one from now on.
    pub fn begin_again(&mut self, path: &str) {
        if let Some(call) = self.calls.get_mut(path) {
            call.times += 1;
            call.uuid = id(&self.salt, path, call.times);
        }
    }

    /// The call that the core knows by this.
    pub fn find(&mut self, uuid: CallUuid) -> Option<(&String, &mut Call)> {
        self.calls.iter_mut().find(|(_, call)| call.uuid == uuid)
    }

    /// Whether the call is one of it.
    pub fn has(&self, view: &CallView) -> bool {
        self.provider == Some(view.provider)
    }

    /// The core is about to be told this.
    pub fn ask(&mut self, path: String, step: Step, request: RequestId) {
        self.telling = Some(Asking { path, step, request, transaction: None });
    }

    /// The core replied. How that asking ended, unless others have to do something first.
    pub fn replied(&mut self, request: RequestId, reply: Reply) -> Option<(Asking, Verdict)> {
        use hookswitch_core::words::RequestError as Error;
        let told = self.telling.take_if(|telling| telling.request == request)?;
        let verdict = match reply {
            Reply::Accepted(transaction) => {
                self.asking = Some(Asking { transaction: Some(transaction), ..told });
                return None;
            }
            Reply::Done | Reply::Admitted(_) | Reply::Registered { .. } => Verdict::Done,
            Reply::RequestRefused(error) => Verdict::Refused {
                may_make_room: matches!(
                    error,
                    Error::CannotHold
                        | Error::WouldEndCall
                        | Error::MaximumCallGroupsReached
                        | Error::MaximumOutgoingCallsReached
                ),
            },
            _ => Verdict::Refused { may_make_room: false },
        };
        Some((told, verdict))
    }

    /// A transaction is over.
    pub fn finish(&mut self, finished: &Finished) {
        self.finished.push(finished.clone());
    }

    /// How what waited for others ended, once it has.
    pub fn finished(&mut self) -> Option<(Asking, Verdict)> {
        use hookswitch_core::words::{FailReason, Outcome};
        let finished = std::mem::take(&mut self.finished);
        let transaction = self.asking.as_ref()?.transaction?;
        let own = finished.into_iter().find(|finished| finished.transaction == transaction)?;
        let failed = own.results.iter().find_map(|outcome| match outcome {
            Outcome::Failed(reason) => Some(*reason),
            Outcome::Fulfilled(_) => None,
        });
        let verdict = failed.map_or(Verdict::Done, |reason| Verdict::Refused {
            may_make_room: reason == FailReason::CannotHold,
        });
        Some((self.asking.take()?, verdict))
    }

    /// Wait for a reply.
    pub fn expect(&mut self, serial: Option<u32>, awaited: Awaited) {
        if let Some(serial) = serial
            && self.replies.len() < MOST_REPLIES
        {
            self.replies.insert(serial, awaited);
        }
    }

    /// The reply that was waited for.
    pub fn take_reply(&mut self, serial: u32) -> Option<Awaited> {
        self.replies.remove(&serial)
    }

    /// An action that is done now as its call is, if there is one.
    pub fn done(&mut self) -> Option<ActionId> {
        self.calls.values_mut().find_map(|call| {
            let stage = call.object.stage;
            let is_done = |(_, verb): &(ActionId, Verb)| match verb {
                Verb::Answer => stage.is_answered(),
                Verb::End(_) => stage == Stage::Over,
                _ => false,
            };
            let at = call.performs.iter().position(is_done)?;
            Some(call.performs.remove(at).0)
        })
    }

    /// The call that this one is, which it was asked to dial.
    pub fn take_dialed(&mut self, now: Timestamp, object: &Object) -> Option<Dialing> {
        self.dialing.retain(|dialing| now < dialing.until);
        if object.inbound || object.stage == Stage::Over {
            return None;
        }
        let number = digits(&object.handle().value);
        let same = |dialing: &Dialing| digits(&dialing.number) == number;
        let same = self.dialing.iter().position(same);
        // It may write the number in another way.
        let at = same.or_else(|| self.dialing.iter().position(|dialing| !dialing.unwanted))?;
        Some(self.dialing.remove(at))
    }

    /// An action is over, or came too late.
    pub fn forget(&mut self, action: ActionId) -> Option<Verb> {
        self.calls.values_mut().find_map(|call| {
            let at = call.performs.iter().position(|(of, _)| *of == action)?;
            Some(call.performs.remove(at).1)
        })
    }
}

/// What of a number is dialed.
fn digits(number: &str) -> String {
    number.chars().filter(|c| c.is_ascii_alphanumeric() || "+*#".contains(*c)).collect()
}

/// The id of a call: the same again when the service comes back, so that it can go on.
fn id(salt: &str, path: &str, times: u32) -> CallUuid {
    let name = format!("{salt} {path} {times}");
    CallUuid(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).as_u128())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_the_same_id_again_and_another_when_it_begins_again() {
        let path = "/org/gnome/Calls/Call/1";
        let uuid = |line: &mut Line| line.calls[path].uuid;
        let mut line = Line::to(":1.5", "guid");
        line.add(path, Object::default()).unwrap();
        let first = uuid(&mut line);
        line.begin_again(path);
        assert_ne!(uuid(&mut line), first);
        let mut again = Line::to(":1.5", "guid");
        again.add(path, Object::default()).unwrap();
        assert_eq!(uuid(&mut again), first);
        let mut other = Line::to(":1.5", "other");
        other.add(path, Object::default()).unwrap();
        assert_ne!(uuid(&mut other), first);
        assert!(again.add(path, Object::default()).is_none());
    }

    #[test]
    fn there_is_an_end_to_how_many_calls_it_has() {
        let mut line = Line::to(":1.5", "guid");
        for number in 0..10 * MOST {
            line.add(&format!("/org/gnome/Calls/Call/{number}"), Object::default());
        }
        assert_eq!(line.calls.len(), MOST);
    }
}
