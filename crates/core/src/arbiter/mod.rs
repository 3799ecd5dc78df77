//! One input at a time: [`Arbiter::handle`].

mod audio;
mod canonical;
mod choices;
mod conclude;
mod deadline;
mod dtmf;
mod emergency;
mod ending;
mod group;
mod needs;
mod perform;
mod plan;
mod press;
mod registration;
mod report;
mod request;
mod restore;
mod room;
mod settle;
mod sight;
mod stand_in;
mod transact;
mod turn;
mod wish;

use crate::calls::Calls;
use crate::effect::{AudioStanding, CallView, Effect};
use crate::input::{Input, Now};
use crate::numbered::Numbered;
use crate::policy::Policy;
use crate::provider::{Configuration, Providers};
use crate::row::Row;
use crate::transaction::{Performings, Transaction};
use crate::words::{
    ActionId, AppId, CallNumber, CallUuid, EndedReason, GroupId, ProviderId, RecentsEntry,
    RingLevel, SurfaceId, Timestamp, TransactionId,
};
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
pub(crate) use audio::Audio;
use room::Room;
use turn::Turn;

/// A call that is over, or whose end came before its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Over {
    uuid: CallUuid,
    at: Timestamp,
    /// How it ended, for an invitation that comes late.
    reason: EndedReason,
    /// Whether it is in recents already, or need not be.
    told: bool,
    /// It never was a call: it may be reported again, and is not written down again if it is refused again.
    refused: bool,
}

/// Decides which call wins. See the head of this crate for what it guarantees.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Arbiter {
    policy: Policy,
    pub(crate) providers: Providers,
    pub(crate) calls: Calls,
    pub(crate) transactions: Numbered<TransactionId, Transaction>,
    /// Transactions whose next step waits for another action of the same call.
    pub(crate) waiting: Row<TransactionId>,
    pub(crate) performing: Performings,
    /// The one transaction that changes which call is active.
    pub(crate) arbitrating: Option<TransactionId>,
    /// Who has the audio.
    pub(crate) audio: Audio,
    pub(crate) ring: RingLevel,
    /// Who can show calls.
    pub(crate) surfaces: BTreeSet<SurfaceId>,
    pub(crate) orphans: BTreeMap<(AppId, CallUuid), RecentsEntry>,
    pub(crate) adopt_until: Option<Timestamp>,
    /// The emergency call that goes on.
    pub(crate) emergency: Option<CallNumber>,
    callback: Option<emergency::Callback>,
    /// Calls that are over, of each provider for itself and oldest first: ending them again succeeds, and inviting to them
    /// does not ring. However much one app reports, what another's calls were is not forgotten.
    ended: BTreeMap<ProviderId, VecDeque<Over>>,
    next_number: CallNumber,
    next_action: ActionId,
    next_transaction: TransactionId,
    next_group: GroupId,
    room: Room,
}

impl Arbiter {
    /// An arbiter without calls.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            providers: Providers::default(),
            calls: Calls::default(),
            transactions: Numbered::default(),
            waiting: Row::default(),
            performing: Performings::default(),
            arbitrating: None,
            audio: Audio::Idle,
            ring: RingLevel::Silent,
            surfaces: BTreeSet::new(),
            orphans: BTreeMap::new(),
            adopt_until: None,
            emergency: None,
            callback: None,
            ended: BTreeMap::new(),
            next_number: CallNumber(1),
            next_action: ActionId(1),
            next_transaction: TransactionId(1),
            next_group: GroupId(1),
            room: Room::default(),
        }
    }

    /// Let one thing happen, and say everything that follows from it, in order.
    ///
    /// Deadlines that passed count first, so that a completion which comes too late is refused whether or not anybody
    /// said [`Input::Tick`] in between.
    pub fn handle(&mut self, now: Now, input: Input) -> Vec<Effect> {
        let mut turn = Turn::new(self, now);
        turn.expire();
        turn.take(input);
        turn.settle()
    }

    /// When [`Input::Tick`] has something to do, if nothing else comes before.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let action = self.performing.next_deadline().map(|(at, _)| at);
        let call = self.calls.next_deadline().map(|(at, _)| at);
        let stand_in = self.providers.next_stand_in();
        let due = self.calls.next_due().map(|(at, _)| at);
        [action, call, self.adopt_until, stand_in, due].into_iter().flatten().min()
    }

    /// The numbers and choices it decides by.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// All live calls as surfaces see them, lowest number first.
    pub fn calls(&self) -> Vec<CallView> {
        self.calls.iter().map(|call| self.view(call)).collect()
    }

    /// How loud it rings.
    pub fn ring_level(&self) -> RingLevel {
        self.ring
    }

    /// The call that has the audio.
    pub fn audio_owner(&self) -> Option<CallNumber> {
        self.audio.granted()
    }

    /// All calls that have to do with the audio, lowest number first: one, or the members of one group.
    pub fn audio_standings(&self) -> Vec<(CallNumber, AudioStanding)> {
        self.audio.standings().collect()
    }

    /// All registered providers with what they said about themselves.
    pub fn providers(&self) -> impl Iterator<Item = (ProviderId, &AppId, &Configuration)> {
        let runs = self.providers.iter().filter(|(_, provider)| provider.stand_in.is_none());
        runs.map(|(id, provider)| (id, &provider.app, &provider.configuration))
    }

    /// Transactions that are not over.
    pub fn pending_transactions(&self) -> usize {
        self.transactions.len()
    }
}
