//! A state without what no rule looks at, so that an explorer knows it again.

use super::{Arbiter, Audio};
use crate::call::{Call, Facts, HeldFor, Sight, State};
use crate::input::Requester;
use crate::provider::{Provider, StandIn};
use crate::transaction::{Performing, Run, Step, Transaction};
use crate::words::{
    CallNumber, CallUuid, Direction, FailReason, GroupId, Outcome, ProviderId, SurfaceId,
    Timestamp, TransactionId, Verb,
};
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

impl Arbiter {
    /// Feed `into` everything that what comes can depend on: time as what is left, ids by their order, apps by their
    /// calls. Names, dates, recents and revisions are left out, and what can be worked out from the rest.
    ///
    /// Two arbiters of one policy that feed the same go on alike. Apps may be taken for each other, so both must be
    /// given the same chances.
    #[doc(hidden)]
    pub fn canonical(&self, now: Timestamp, into: &mut impl Hasher) {
        // Field by field, so that a new one is thought of here.
        let Self {
            policy,
            providers,
            calls,
            transactions,
            waiting,
            performing,
            arbitrating,
            audio,
            ring,
            surfaces,
            orphans,
            adopt_until,
            emergency,
            callback,
            ended,
            next_number: _,
            next_action: _,
            next_transaction: _,
            next_group: _,
            room: _,
        } = self;
        let mut labels = Labels {
            now,
            calls: calls.iter().map(|call| call.number).collect(),
            providers: Vec::new(),
            uuids: Vec::new(),
            groups: Vec::new(),
            transactions: transactions.iter().map(|(id, _)| id).collect(),
            at: transactions.values().map(|transaction| transaction.at).collect(),
            surfaces: surfaces.iter().copied().collect(),
        };
        surfaces.len().hash(into);
        // An end that only tells an app what is so already: whatever comes of it, nothing follows.
        let (told, performed): (Vec<_>, Vec<_>) =
            performing.iter().map(|(_, performing)| performing).partition(|performing| {
                performing.step.is_none() && calls.get(performing.call).is_none()
            });
        // How many of each there are, so that no two lists can be taken for two others.
        (calls.iter().count(), performed.len(), transactions.len()).hash(into);
        (waiting.len(), audio.owners().len(), providers.iter().count(), orphans.len()).hash(into);
        for call in calls.iter() {
            let group = calls.group_of(call.number);
            labels.call_of(call, self.waits_for(call), into);
            group.is_some_and(|group| group.connected.is_some()).hash(into);
        }
        for performing in performed {
            labels.performing(performing, into);
        }
        for transaction in transactions.values() {
            let asks = match transaction.requester {
                // Who is gone asks for nothing more.
                Some(Requester::Provider(id)) if providers.get(id).is_none() => (4, 0),
                Some(Requester::Provider(id)) => (1, labels.provider(id)),
                Some(Requester::Surface(id)) => (2, id.0 as usize),
                Some(Requester::Headset) => (3, 0),
                None => (0, 0),
            };
            asks.hash(into);
            labels.transaction(transaction, |call| calls.get(call).is_some(), into);
        }
        for id in waiting.iter() {
            labels.transaction_id(id).hash(into);
        }
        arbitrating.map(|id| labels.transaction_id(id)).hash(into);
        labels.audio(audio, into);
        (ring, emergency.map(|number| labels.number(number))).hash(into);
        let told = |id: ProviderId| {
            let own = told.iter().filter(|performing| performing.provider == id);
            let mut left: Vec<u64> =
                own.map(|performing| performing.deadline.0.saturating_sub(now.0)).collect();
            left.sort_unstable();
            left
        };
        // Those that nothing was met of are in an order that is theirs, not that of their ids.
        let mut others: Vec<ProviderId> = providers.iter().map(|(id, _)| id).collect();
        others.sort_by_cached_key(|id| told(*id));
        for id in others {
            labels.provider(id);
        }
        for id in labels.providers.clone() {
            let known = providers.get(id);
            (known.is_some(), told(id)).hash(into);
            known.into_iter().for_each(|provider| labels.provider_of(provider, into));
        }
        adopt_until.map(|until| labels.left(until)).hash(into);
        for (key, entry) in orphans {
            (key, entry.direction, entry.connected.is_some()).hash(into);
            (entry.has_audio, entry.emergency, entry.listed).hash(into);
        }
        for id in labels.providers.clone() {
            let own = || ended.get(&id).into_iter().flatten();
            own().count().hash(into);
            for over in own() {
                let label = labels.uuid((id, over.uuid));
                let left = labels.left(over.at + policy.tombstone);
                (label, left, over.reason, over.told).hash(into);
            }
        }
        let callback = callback.as_ref().filter(|callback| now < callback.until).map(|callback| {
            let left = labels.left(callback.until);
            (labels.provider(callback.provider), callback.account.clone(), left)
        });
        callback.hash(into);
    }

    /// Whether it makes a difference for which call this one was held: only a call that was not connected yet, or an
    /// emergency call, gives its place back.
    fn waits_for(&self, call: &Call) -> Option<CallNumber> {
        let State::Held(HeldFor::Room(of)) = call.state else { return None };
        let of = self.calls.get(of)?;
        let unconnected = of.facts.direction == Direction::Outgoing && of.connected.is_none();
        (unconnected || self.emergency == Some(of.number)).then_some(of.number)
    }
}

/// What stands for an id: its place among those that count, in the order of the ids or in which they are met.
struct Labels {
    now: Timestamp,
    calls: Vec<CallNumber>,
    providers: Vec<ProviderId>,
    uuids: Vec<(ProviderId, CallUuid)>,
    groups: Vec<GroupId>,
    transactions: Vec<TransactionId>,
    /// The step each of them is at: what is behind is counted from there.
    at: Vec<usize>,
    surfaces: Vec<SurfaceId>,
}

fn place<T: PartialEq>(list: &mut Vec<T>, id: T) -> usize {
    list.iter().position(|known| *known == id).unwrap_or_else(|| {
        let next = list.len();
        list.push(id);
        next
    })
}

impl Labels {
    fn number(&mut self, number: CallNumber) -> usize {
        place(&mut self.calls, number)
    }

    fn provider(&mut self, id: ProviderId) -> usize {
        place(&mut self.providers, id)
    }

    fn uuid(&mut self, (provider, uuid): (ProviderId, CallUuid)) -> usize {
        self.provider(provider);
        place(&mut self.uuids, (provider, uuid))
    }

    fn transaction_id(&mut self, id: TransactionId) -> usize {
        place(&mut self.transactions, id)
    }

    fn left(&self, until: Timestamp) -> u64 {
        until.0.saturating_sub(self.now.0)
    }

    fn call_of(&mut self, call: &Call, waits_for: Option<CallNumber>, into: &mut impl Hasher) {
        let Call {
            number: _,
            provider,
            facts,
            state,
            group,
            muted,
            mute_wanted,
            logged,
            started,
            connected,
            translating,
            post_dial,
            sight,
            rung,
            choices: _,
            choices_revision: _,
            shown: _,
        } = call;
        let uuid = self.uuid((*provider, facts.uuid));
        (self.provider(*provider), uuid, group.map(|id| place(&mut self.groups, id))).hash(into);
        self.sight(sight, into);
        core::mem::discriminant(state).hash(into);
        match *state {
            State::Ringing { until, silenced } => (self.left(until), silenced).hash(into),
            State::Answering { until } => self.left(until).hash(into),
            State::Dialing { reached, stuck } => (reached, self.left(stuck)).hash(into),
            State::Held(HeldFor::Room(_)) => waits_for.map(|of| self.number(of)).hash(into),
            State::Held(HeldFor::Itself) => u8::MAX.hash(into),
            State::Ending { kind, was } => (kind, was).hash(into),
            State::Starting | State::Active => {}
        }
        let Facts {
            app: _,
            account,
            uuid: _,
            direction,
            handle: _,
            name: _,
            video,
            reconnecting,
            members: _,
            emergency,
            capabilities,
        } = &**facts;
        (account, direction, video, reconnecting, emergency, capabilities).hash(into);
        (muted, mute_wanted, logged, rung).hash(into);
        (started.is_some(), connected.is_some(), translating, post_dial).hash(into);
    }

    fn sight(&mut self, sight: &Sight, into: &mut impl Hasher) {
        core::mem::discriminant(sight).hash(into);
        match sight {
            Sight::Due(until, not_by) => {
                self.left(*until).hash(into);
                self.all_surfaces(not_by, into);
            }
            Sight::By(by) => self.all_surfaces(by, into),
            Sight::New | Sight::Unseen => {}
        }
    }

    fn all_surfaces(&mut self, all: &[SurfaceId], into: &mut impl Hasher) {
        let all = all.iter().map(|surface| place(&mut self.surfaces, *surface));
        let mut all: Vec<usize> = all.collect();
        all.sort_unstable();
        all.hash(into);
    }

    fn verb(&mut self, provider: ProviderId, verb: &Verb, into: &mut impl Hasher) {
        match verb {
            Verb::SetGroup(Some(with)) => (u8::MAX, self.uuid((provider, *with))).hash(into),
            verb => verb.hash(into),
        }
    }

    fn performing(&mut self, performing: &Performing, into: &mut impl Hasher) {
        let Performing { provider, call, uuid, verb, deadline, step } = performing;
        (self.provider(*provider), self.number(*call)).hash(into);
        self.uuid((*provider, *uuid)).hash(into);
        self.verb(*provider, verb, into);
        self.left(*deadline).hash(into);
        let step = step.map(|(id, step)| {
            let id = self.transaction_id(id);
            (id, step.saturating_sub(self.at.get(id).copied().unwrap_or_default()))
        });
        step.hash(into);
    }

    fn transaction(
        &mut self,
        transaction: &Transaction,
        lives: impl Fn(CallNumber) -> bool,
        into: &mut impl Hasher,
    ) {
        let Transaction { requester: _, steps, at, results, target, run } = transaction;
        target.map(|call| lives(call).then(|| self.number(call))).hash(into);
        // Of what is done only that can matter again which may be undone, and digits, which others wait for.
        let done = steps[..*at].iter().filter(|step| {
            lives(step.call) && matches!(step.verb, Verb::SetHeld(_) | Verb::PlayDtmf(..))
        });
        let (done, coming) = (done.collect::<Vec<_>>(), &steps[*at..]);
        (done.len(), coming.len(), results.len()).hash(into);
        for Step { call, verb, requested, forced } in done.into_iter().chain(coming) {
            (self.number(*call), requested, forced).hash(into);
            // No step is for another app than its call's, and ids of calls are told apart by the app.
            match verb {
                Verb::SetGroup(Some(with)) => {
                    let known = self.uuids.iter().position(|(_, uuid)| uuid == with);
                    (u8::MAX, known).hash(into);
                }
                verb => verb.hash(into),
            }
        }
        for result in results {
            // When it was fulfilled is only told.
            let failed: Option<Option<FailReason>> = result.map(|outcome| match outcome {
                Outcome::Fulfilled(_) => None,
                Outcome::Failed(reason) => Some(reason),
            });
            failed.hash(into);
        }
        run.is_some().hash(into);
        if let Some(Run { from, until, handled, early }) = run {
            (from.saturating_sub(*at), until.saturating_sub(*at), handled, early.len()).hash(into);
            for (step, (performing, result)) in early {
                self.performing(performing, into);
                (step.saturating_sub(*at), result.is_ok(), result.err()).hash(into);
            }
        }
    }

    fn audio(&mut self, audio: &Audio, into: &mut impl Hasher) {
        core::mem::discriminant(audio).hash(into);
        for owner in audio.owners() {
            (self.number(owner.call), owner.granted).hash(into);
        }
    }

    fn provider_of(&mut self, provider: &Provider, into: &mut impl Hasher) {
        let Provider { app: _, configuration, reconfigured, stand_in } = provider;
        (configuration, reconfigured).hash(into);
        let Some(StandIn { until, ended }) = stand_in else { return false.hash(into) };
        (true, self.left(*until), ended.len()).hash(into);
        for (_, _, kind) in ended {
            kind.hash(into);
        }
    }
}
