use crate::call::{Call, Sight, State};
use crate::group::Group;
use crate::numbered::Numbered;
use crate::row::Row;
use crate::words::{AccountId, CallNumber, CallUuid, GroupId, ProviderId, Timestamp};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// All live calls, and the questions that rules ask of all of them, answered without going through them: every change
/// of a state goes through [`Calls::set_state`], which keeps the answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Calls {
    /// Each in a place of its own, or whoever looks for one goes through the memory of others.
    by_number: Numbered<CallNumber, Box<Call>>,
    by_uuid: BTreeMap<(ProviderId, CallUuid), CallNumber>,
    answers: Answers,
}

/// What follows from the states of all calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Answers {
    /// Of those that have calls.
    by_provider: Numbered<ProviderId, OfProvider>,
    groups: BTreeMap<GroupId, Group>,
    ringing: Row<CallNumber>,
    held: Row<CallNumber>,
    /// Everything that is neither ringing, held nor ending: at most a few.
    foreground: Row<CallNumber>,
    /// Ending, and had the audio before.
    leaving: Row<CallNumber>,
    deadlines: Row<(Timestamp, CallNumber)>,
    /// When which call must be shown at the latest.
    due: Row<(Timestamp, CallNumber)>,
}

/// What a provider has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct OfProvider {
    /// How many calls.
    calls: usize,
    /// How many groups, and calls that are in none, not counting ringing and ending ones.
    standing: usize,
    /// Its accounts that have calls, in no order.
    accounts: Vec<(AccountId, OfAccount)>,
}

impl OfProvider {
    fn account(&mut self, id: &AccountId) -> Option<&mut OfAccount> {
        self.accounts.iter_mut().find(|(known, _)| known == id).map(|(_, of)| of)
    }
}

/// How many calls an account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct OfAccount {
    pub calls: usize,
    pub ringing: usize,
}

impl Calls {
    pub fn get(&self, number: CallNumber) -> Option<&Call> {
        self.by_number.get(number).map(Box::as_ref)
    }

    /// For everything but the state.
    pub fn get_mut(&mut self, number: CallNumber) -> Option<&mut Call> {
        self.by_number.get_mut(number).map(Box::as_mut)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.by_number.values().map(Box::as_ref)
    }

    pub fn find(&self, provider: ProviderId, uuid: CallUuid) -> Option<CallNumber> {
        self.by_uuid.get(&(provider, uuid)).copied()
    }

    pub fn of_provider(&self, provider: ProviderId) -> impl Iterator<Item = CallNumber> {
        let own = self.iter().filter(move |call| call.provider == provider);
        own.map(|call| call.number)
    }

    /// Everybody who has calls.
    pub fn providers(&self) -> impl Iterator<Item = ProviderId> + use<'_> {
        self.answers.by_provider.iter().map(|(provider, _)| provider)
    }

    /// Calls of this account: in any state, and those that ring.
    pub fn of_account(&self, provider: ProviderId, account: &AccountId) -> OfAccount {
        let known = self.answers.by_provider.get(provider).map_or(&[][..], |of| &of.accounts);
        known.iter().find(|(id, _)| id == account).map(|(_, of)| *of).unwrap_or_default()
    }

    /// How many groups a provider has that are answered or being dialed; a call in no group counts as one.
    pub fn groups(&self, provider: ProviderId) -> usize {
        self.answers.by_provider.get(provider).map_or(0, |of| of.standing)
    }

    /// The group this call is in.
    pub fn group_of(&self, number: CallNumber) -> Option<&Group> {
        self.answers.groups.get(&self.get(number)?.group?)
    }

    /// The calls that are held and resumed together with this one, itself among them, lowest first.
    pub fn together(&self, number: CallNumber) -> impl Iterator<Item = CallNumber> + use<'_> {
        let group = self.group_of(number);
        let alone = group.is_none().then_some(number);
        group.into_iter().flat_map(|group| group.members.iter().copied()).chain(alone)
    }

    /// The call that stands for this one where its group is meant: the first that is not about to leave it.
    pub fn lead(&self, number: CallNumber) -> CallNumber {
        let Some(group) = self.group_of(number) else { return number };
        let stays = |member: &&CallNumber| self.get(**member).is_some_and(|call| !call.is_ending());
        let lead = group.members.iter().find(stays).or(group.members.first());
        lead.copied().unwrap_or(number)
    }

    /// Whether two calls are one conversation.
    pub fn are_together(&self, one: CallNumber, other: CallNumber) -> bool {
        one == other || self.lead(one) == self.lead(other)
    }

    pub fn ringing(&self) -> &Row<CallNumber> {
        &self.answers.ringing
    }

    pub fn held(&self) -> &Row<CallNumber> {
        &self.answers.held
    }

    /// Held calls, each group once and only if nobody in it talks, lowest first.
    pub fn held_groups(&self) -> impl Iterator<Item = CallNumber> + use<'_> {
        self.answers.held.iter().filter(|number| match self.group_of(*number) {
            None => true,
            Some(group) => {
                group.members.iter().find(|member| self.answers.held.contains(**member))
                    == Some(number)
                    && !group.members.iter().any(|member| self.answers.foreground.contains(*member))
            }
        })
    }

    /// The first held group and, if there is one, the second.
    pub fn held_pair(&self) -> (Option<CallNumber>, Option<CallNumber>) {
        let mut held = self.held_groups();
        (held.next(), held.next())
    }

    pub fn foreground(&self) -> &Row<CallNumber> {
        &self.answers.foreground
    }

    /// The call the user talks with, or dials: the one that has to make room.
    pub fn talking(&self) -> Option<CallNumber> {
        let of = |pick: fn(&Call) -> bool| {
            let mut numbers = self.answers.foreground.iter();
            numbers.find(|number| self.get(*number).is_some_and(pick))
        };
        of(Call::talks).or_else(|| of(|_| true))
    }

    /// The calls whose media runs: as [`talking`](Self::talking), or ending and still running. One, or members of one
    /// group.
    pub fn heard(&self) -> impl Iterator<Item = CallNumber> + use<'_> {
        let runs = |number: &CallNumber| self.get(*number).is_some_and(Call::talks);
        self.first_heard().into_iter().flat_map(|first| self.together(first)).filter(runs)
    }

    /// The first call whose media runs.
    pub fn first_heard(&self) -> Option<CallNumber> {
        let runs = |number: &CallNumber| self.get(*number).is_some_and(Call::talks);
        let Answers { foreground, leaving, .. } = &self.answers;
        foreground.iter().find(runs).or_else(|| leaving.iter().find(runs))
    }

    pub fn next_deadline(&self) -> Option<(Timestamp, CallNumber)> {
        self.answers.deadlines.first()
    }

    /// Which call must be shown next, and when.
    pub fn next_due(&self) -> Option<(Timestamp, CallNumber)> {
        self.answers.due.first()
    }

    pub fn set_sight(&mut self, number: CallNumber, sight: Sight) {
        let Some(call) = self.by_number.get_mut(number) else { return };
        self.answers.count_due(call, false);
        call.sight = sight;
        self.answers.count_due(call, true);
    }

    pub fn insert(&mut self, call: Call) {
        let (number, provider, uuid) = (call.number, call.provider, call.facts.uuid);
        self.by_uuid.insert((provider, uuid), number);
        let of = self.answers.by_provider.entry(provider);
        of.calls += 1;
        let account = &call.facts.account;
        match of.account(account) {
            Some(of) => of.calls += 1,
            None => of.accounts.push((account.clone(), OfAccount { calls: 1, ringing: 0 })),
        }
        self.answers.count(&call, true);
        self.answers.count_due(&call, true);
        self.by_number.insert(number, Box::new(call));
    }

    pub fn remove(&mut self, number: CallNumber) -> Option<Call> {
        self.set_group(number, None);
        let call = *self.by_number.remove(number)?;
        self.answers.count(&call, false);
        self.answers.count_due(&call, false);
        self.by_uuid.remove(&(call.provider, call.facts.uuid));
        if let Some(of) = self.answers.by_provider.get_mut(call.provider) {
            of.calls -= 1;
            if of.calls == 0 {
                self.answers.by_provider.remove(call.provider);
            } else if let Some(account) = of.account(&call.facts.account) {
                account.calls -= 1;
                of.accounts.retain(|(_, of)| of.calls > 0);
            }
        }
        Some(call)
    }

    /// Whether others depend on what the call was or is now: see [`Call::is_apart`].
    pub fn set_state(&mut self, number: CallNumber, state: State) -> bool {
        let Some(call) = self.by_number.get_mut(number) else { return false };
        let was_apart = call.is_apart();
        self.answers.count(call, false);
        call.state = state;
        self.answers.count(call, true);
        !(was_apart && call.is_apart())
    }

    /// The calls of one registration of an app become those of another.
    pub fn hand_over(&mut self, from: ProviderId, to: ProviderId) {
        let numbers: Vec<CallNumber> = self.of_provider(from).collect();
        for number in numbers {
            if let Some(mut call) = self.remove(number) {
                call.provider = to;
                self.insert(call);
            }
        }
    }

    /// Take a call out of its group and into that one. A group that has one member left is none any more.
    pub fn set_group(&mut self, number: CallNumber, group: Option<GroupId>) {
        let Some(call) = self.by_number.get_mut(number) else { return };
        let (before, connected) = (call.group, call.connected);
        if before == group {
            return;
        }
        self.answers.count(call, false);
        call.group = group;
        if let Some(id) = group {
            let group = self.answers.groups.entry(id).or_default();
            group.members.insert(number);
            group.connected = match (group.connected, connected) {
                (Some(first), Some(other)) => Some(first.min(other)),
                (first, other) => first.or(other),
            };
        }
        self.answers.count(call, true);
        let Some(id) = before else { return };
        let Some(left) = self.answers.groups.get_mut(&id) else { return };
        left.members.remove(&number);
        if let (1, Some(last)) = (left.members.len(), left.members.first().copied()) {
            self.set_group(last, None);
        } else if left.members.is_empty() {
            self.answers.groups.remove(&id);
        }
    }

    /// Whether every answer is what the calls say.
    pub fn adds_up(&self) -> bool {
        let mut again = Self::default();
        for call in self.iter() {
            again.insert(Call { group: None, ..call.clone() });
        }
        for call in self.iter() {
            again.set_group(call.number, call.group);
        }
        // A group remembers since when it is connected, and an app without calls that stand may be counted as none.
        for (id, group) in &mut again.answers.groups {
            group.connected = self.answers.groups.get(id).and_then(|known| known.connected);
        }
        // Nor have its accounts an order.
        for (id, of) in self.answers.by_provider.iter() {
            let Some(counted) = again.answers.by_provider.get_mut(id) else { return false };
            let same = of.accounts.len() == counted.accounts.len()
                && counted.accounts.iter().all(|account| of.accounts.contains(account));
            if !same {
                return false;
            }
            (counted.standing, counted.accounts) = (of.standing, of.accounts.clone());
        }
        let groups = |provider: ProviderId| {
            let stands =
                |call: &&Call| call.provider == provider && !call.is_ringing() && !call.is_ending();
            let of = self.iter().filter(stands).map(|call| self.lead(call.number));
            of.collect::<alloc::collections::BTreeSet<_>>().len()
        };
        again == *self
            && self.answers.by_provider.iter().all(|(provider, of)| of.standing == groups(provider))
    }
}

impl Answers {
    fn count_due(&mut self, call: &Call, add: bool) {
        let Sight::Due(at, _) = call.sight else { return };
        if add {
            self.due.insert((at, call.number));
        } else {
            self.due.remove((at, call.number));
        }
    }

    /// Add a call to the answers that its state belongs to, or take it out of them.
    fn count(&mut self, call: &Call, add: bool) {
        let number = call.number;
        let set = match call.state {
            State::Ringing { .. } => &mut self.ringing,
            State::Held(_) => &mut self.held,
            State::Ending { .. } => &mut self.leaving,
            _ => &mut self.foreground,
        };
        if add {
            set.insert(number);
        } else {
            set.remove(number);
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
                self.deadlines.remove((deadline, number));
            }
        }
        let step = |n: &mut usize| if add { *n += 1 } else { *n -= 1 };
        match call.state {
            State::Ringing { .. } => {
                let of = self.by_provider.get_mut(call.provider);
                if let Some(of) = of.and_then(|of| of.account(&call.facts.account)) {
                    step(&mut of.ringing);
                }
            }
            State::Ending { .. } => {}
            _ => {
                let group = call.group.and_then(|id| self.groups.get_mut(&id));
                let counts = group.is_none_or(|group| {
                    let before = group.standing;
                    step(&mut group.standing);
                    before.max(group.standing) == 1
                });
                if counts {
                    step(&mut self.by_provider.entry(call.provider).standing);
                }
            }
        }
    }
}
