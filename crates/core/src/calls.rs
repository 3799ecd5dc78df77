use crate::call::{Call, State};
use crate::words::{AccountId, CallNumber, CallUuid, ProviderId, Timestamp};
use alloc::collections::{BTreeMap, BTreeSet};

/// All live calls, and the questions that rules ask of all of them, answered without going through them: every change
/// of a state goes through [`Calls::set_state`], which keeps the answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Calls {
    by_number: BTreeMap<CallNumber, Call>,
    by_uuid: BTreeMap<(ProviderId, CallUuid), CallNumber>,
    by_provider: BTreeMap<ProviderId, BTreeSet<CallNumber>>,
    by_account: BTreeMap<(ProviderId, AccountId), OfAccount>,
    groups: BTreeMap<ProviderId, usize>,
    ringing: BTreeSet<CallNumber>,
    held: BTreeSet<CallNumber>,
    /// Everything that is neither ringing, held nor ending: at most a few.
    foreground: BTreeSet<CallNumber>,
    /// Ending, and had the audio before.
    leaving: BTreeSet<CallNumber>,
    deadlines: BTreeSet<(Timestamp, CallNumber)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct OfAccount {
    calls: usize,
    ringing: usize,
}

impl Calls {
    pub fn get(&self, number: CallNumber) -> Option<&Call> {
        self.by_number.get(&number)
    }

    /// For everything but the state.
    pub fn get_mut(&mut self, number: CallNumber) -> Option<&mut Call> {
        self.by_number.get_mut(&number)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.by_number.values()
    }

    pub fn find(&self, provider: ProviderId, uuid: CallUuid) -> Option<CallNumber> {
        self.by_uuid.get(&(provider, uuid)).copied()
    }

    pub fn of_provider(&self, provider: ProviderId) -> impl Iterator<Item = CallNumber> {
        self.by_provider.get(&provider).into_iter().flatten().copied()
    }

    /// Calls of this account, in any state.
    pub fn on_account(&self, provider: ProviderId, account: &AccountId) -> usize {
        self.of_account(provider, account).calls
    }

    pub fn ringing_on_account(&self, provider: ProviderId, account: &AccountId) -> usize {
        self.of_account(provider, account).ringing
    }

    fn of_account(&self, provider: ProviderId, account: &AccountId) -> OfAccount {
        self.by_account.get(&(provider, account.clone())).copied().unwrap_or_default()
    }

    /// How many groups a provider has: its calls that are answered or being dialed.
    pub fn groups(&self, provider: ProviderId) -> usize {
        self.groups.get(&provider).copied().unwrap_or_default()
    }

    pub fn ringing(&self) -> &BTreeSet<CallNumber> {
        &self.ringing
    }

    pub fn held(&self) -> &BTreeSet<CallNumber> {
        &self.held
    }

    pub fn foreground(&self) -> &BTreeSet<CallNumber> {
        &self.foreground
    }

    /// The call the user talks with, or dials: the one that has to make room.
    pub fn talking(&self) -> Option<CallNumber> {
        let of = |pick: fn(&Call) -> bool| {
            self.foreground.iter().copied().find(|number| self.get(*number).is_some_and(pick))
        };
        of(Call::talks).or_else(|| of(|_| true))
    }

    /// The call whose media runs: as [`talking`](Self::talking), or one that is ending and still runs.
    pub fn heard(&self) -> Option<CallNumber> {
        self.foreground
            .iter()
            .chain(&self.leaving)
            .copied()
            .find(|number| self.get(*number).is_some_and(Call::talks))
    }

    pub fn next_deadline(&self) -> Option<(Timestamp, CallNumber)> {
        self.deadlines.first().copied()
    }

    pub fn insert(&mut self, call: Call) {
        let (number, provider, uuid) = (call.number, call.provider, call.facts.uuid);
        self.by_uuid.insert((provider, uuid), number);
        self.by_provider.entry(provider).or_default().insert(number);
        self.by_account.entry((provider, call.facts.account.clone())).or_default().calls += 1;
        self.by_number.insert(number, call);
        self.enter(number);
    }

    pub fn remove(&mut self, number: CallNumber) -> Option<Call> {
        self.leave(number);
        let call = self.by_number.remove(&number)?;
        self.by_uuid.remove(&(call.provider, call.facts.uuid));
        if let Some(numbers) = self.by_provider.get_mut(&call.provider) {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.by_provider.remove(&call.provider);
                self.groups.remove(&call.provider);
            }
        }
        let key = (call.provider, call.facts.account.clone());
        if let Some(of) = self.by_account.get_mut(&key) {
            of.calls -= 1;
            if of.calls == 0 {
                self.by_account.remove(&key);
            }
        }
        Some(call)
    }

    pub fn set_state(&mut self, number: CallNumber, state: State) {
        self.leave(number);
        if let Some(call) = self.by_number.get_mut(&number) {
            call.state = state;
        }
        self.enter(number);
    }

    fn enter(&mut self, number: CallNumber) {
        self.count(number, true);
    }

    fn leave(&mut self, number: CallNumber) {
        self.count(number, false);
    }

    /// Add a call to the answers that its state belongs to, or take it out of them.
    fn count(&mut self, number: CallNumber, add: bool) {
        let Some(call) = self.by_number.get(&number) else { return };
        let set = match call.state {
            State::Ringing { .. } => &mut self.ringing,
            State::Held(_) => &mut self.held,
            State::Ending { .. } => &mut self.leaving,
            _ => &mut self.foreground,
        };
        if add {
            set.insert(number);
        } else {
            set.remove(&number);
        }
        let deadline = match call.state {
            State::Ringing { until, .. } => Some(until),
            State::Dialing { stuck, .. } => Some(stuck),
            _ => None,
        };
        if let Some(deadline) = deadline {
            if add {
                self.deadlines.insert((deadline, number));
            } else {
                self.deadlines.remove(&(deadline, number));
            }
        }
        let step = |n: &mut usize| if add { *n += 1 } else { *n -= 1 };
        match call.state {
            State::Ringing { .. } => {
                let key = (call.provider, call.facts.account.clone());
                if let Some(of) = self.by_account.get_mut(&key) {
                    step(&mut of.ringing);
                }
            }
            State::Ending { .. } => {}
            _ => step(self.groups.entry(call.provider).or_default()),
        }
    }
}
