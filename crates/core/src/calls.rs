use crate::call::{Call, Sight, State};
use crate::group::Group;
use crate::numbered::Numbered;
use crate::words::{AccountId, CallNumber, CallUuid, GroupId, ProviderId, Timestamp};
use alloc::collections::{BTreeMap, BTreeSet};

/// All live calls, and the questions that rules ask of all of them, answered without going through them: every change
/// of a state goes through [`Calls::set_state`], which keeps the answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Calls {
    by_number: Numbered,
    by_uuid: BTreeMap<(ProviderId, CallUuid), CallNumber>,
    by_provider: BTreeMap<ProviderId, BTreeSet<CallNumber>>,
    answers: Answers,
}

/// What follows from the states of all calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Answers {
    by_account: BTreeMap<(ProviderId, AccountId), OfAccount>,
    groups: BTreeMap<GroupId, Group>,
    /// How many groups, and calls that are in none, each provider has, not counting ringing and ending ones.
    standing: BTreeMap<ProviderId, usize>,
    ringing: BTreeSet<CallNumber>,
    held: BTreeSet<CallNumber>,
    /// Everything that is neither ringing, held nor ending: at most a few.
    foreground: BTreeSet<CallNumber>,
    /// Ending, and had the audio before.
    leaving: BTreeSet<CallNumber>,
    deadlines: BTreeSet<(Timestamp, CallNumber)>,
    /// When which call must be shown at the latest.
    due: BTreeSet<(Timestamp, CallNumber)>,
}

/// How many calls an account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct OfAccount {
    pub calls: usize,
    pub ringing: usize,
}

impl Calls {
    pub fn get(&self, number: CallNumber) -> Option<&Call> {
        self.by_number.get(number)
    }

    /// For everything but the state.
    pub fn get_mut(&mut self, number: CallNumber) -> Option<&mut Call> {
        self.by_number.get_mut(number)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.by_number.iter()
    }

    pub fn find(&self, provider: ProviderId, uuid: CallUuid) -> Option<CallNumber> {
        self.by_uuid.get(&(provider, uuid)).copied()
    }

    pub fn of_provider(&self, provider: ProviderId) -> impl Iterator<Item = CallNumber> {
        self.by_provider.get(&provider).into_iter().flatten().copied()
    }

    /// Everybody who has calls.
    pub fn providers(&self) -> impl Iterator<Item = ProviderId> + use<'_> {
        self.by_provider.keys().copied()
    }

    /// Calls of this account: in any state, and those that ring.
    pub fn of_account(&self, provider: ProviderId, account: &AccountId) -> OfAccount {
        let key = (provider, account.clone());
        self.answers.by_account.get(&key).copied().unwrap_or_default()
    }

    /// How many groups a provider has that are answered or being dialed; a call in no group counts as one.
    pub fn groups(&self, provider: ProviderId) -> usize {
        self.answers.standing.get(&provider).copied().unwrap_or_default()
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

    pub fn ringing(&self) -> &BTreeSet<CallNumber> {
        &self.answers.ringing
    }

    pub fn held(&self) -> &BTreeSet<CallNumber> {
        &self.answers.held
    }

    /// Held calls, each group once and only if nobody in it talks, lowest first.
    pub fn held_groups(&self) -> impl Iterator<Item = CallNumber> + use<'_> {
        self.answers.held.iter().copied().filter(|number| match self.group_of(*number) {
            None => true,
            Some(group) => {
                group.members.iter().find(|member| self.answers.held.contains(member))
                    == Some(number)
                    && !group.members.iter().any(|member| self.answers.foreground.contains(member))
            }
        })
    }

    /// The first held group and, if there is one, the second.
    pub fn held_pair(&self) -> (Option<CallNumber>, Option<CallNumber>) {
        let mut held = self.held_groups();
        (held.next(), held.next())
    }

    pub fn foreground(&self) -> &BTreeSet<CallNumber> {
        &self.answers.foreground
    }

    /// The call the user talks with, or dials: the one that has to make room.
    pub fn talking(&self) -> Option<CallNumber> {
        let of = |pick: fn(&Call) -> bool| {
            self.answers
                .foreground
                .iter()
                .copied()
                .find(|number| self.get(*number).is_some_and(pick))
        };
        of(Call::talks).or_else(|| of(|_| true))
    }

    /// The calls whose media runs: as [`talking`](Self::talking), or ending and still running. One, or members of one
    /// group.
    pub fn heard(&self) -> impl Iterator<Item = CallNumber> + use<'_> {
        let runs = |number: &CallNumber| self.get(*number).is_some_and(Call::talks);
        let first = self.answers.foreground.iter().chain(&self.answers.leaving).copied().find(runs);
        first.into_iter().flat_map(|first| self.together(first)).filter(runs)
    }

    pub fn next_deadline(&self) -> Option<(Timestamp, CallNumber)> {
        self.answers.deadlines.first().copied()
    }

    /// Which call must be shown next, and when.
    pub fn next_due(&self) -> Option<(Timestamp, CallNumber)> {
        self.answers.due.first().copied()
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
        self.by_provider.entry(provider).or_default().insert(number);
        let account = (provider, call.facts.account.clone());
        self.answers.by_account.entry(account).or_default().calls += 1;
        self.answers.count(&call, true);
        self.answers.count_due(&call, true);
        self.by_number.insert(call);
    }

    pub fn remove(&mut self, number: CallNumber) -> Option<Call> {
        self.set_group(number, None);
        let call = self.by_number.remove(number)?;
        self.answers.count(&call, false);
        self.answers.count_due(&call, false);
        self.by_uuid.remove(&(call.provider, call.facts.uuid));
        if let Some(numbers) = self.by_provider.get_mut(&call.provider) {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.by_provider.remove(&call.provider);
                self.answers.standing.remove(&call.provider);
            }
        }
        let key = (call.provider, call.facts.account.clone());
        if let Some(of) = self.answers.by_account.get_mut(&key) {
            of.calls -= 1;
            if of.calls == 0 {
                self.answers.by_account.remove(&key);
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
        for number in self.by_provider.get(&from).cloned().unwrap_or_default() {
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
        again.answers.standing = self.answers.standing.clone();
        let groups = |provider: &ProviderId| {
            let stands = |call: &&Call| {
                call.provider == *provider && !call.is_ringing() && !call.is_ending()
            };
            let of = self.iter().filter(stands).map(|call| self.lead(call.number));
            of.collect::<BTreeSet<_>>().len()
        };
        again == *self
            && self.by_provider.keys().all(|provider| self.groups(*provider) == groups(provider))
    }
}

impl Answers {
    fn count_due(&mut self, call: &Call, add: bool) {
        let Sight::Due(at) = call.sight else { return };
        if add {
            self.due.insert((at, call.number));
        } else {
            self.due.remove(&(at, call.number));
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
            _ => {
                let group = call.group.and_then(|id| self.groups.get_mut(&id));
                let counts = group.is_none_or(|group| {
                    let before = group.standing;
                    step(&mut group.standing);
                    before.max(group.standing) == 1
                });
                if counts {
                    step(self.standing.entry(call.provider).or_default());
                }
            }
        }
    }
}
