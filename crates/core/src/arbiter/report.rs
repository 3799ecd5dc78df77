use super::turn::{Turn, closed, entry};
use crate::call::{Call, Facts, State};
use crate::effect::Reply;
use crate::input::{Adoption, Report, Verdict};
use crate::provider::Provider;
use crate::words::{
    AccountId, CallNumber, CallState, CallUpdate, CallUuid, Capabilities, Date, Direction,
    EndedReason, IncomingCallError, LogPolicy, MissedReason, ProviderId, ReportError,
};
use alloc::sync::Arc;

impl Turn<'_> {
    pub fn report(&mut self, provider: ProviderId, uuid: CallUuid, report: Report) -> Reply {
        match report {
            Report::Incoming { account, update, verdict } => {
                match self.incoming(provider, uuid, account, update, verdict) {
                    Ok(number) => Reply::Admitted(number),
                    Err(error) => Reply::IncomingRefused(error),
                }
            }
            report => match self.news(provider, uuid, report) {
                Ok(()) => Reply::Done,
                Err(error) => Reply::ReportRefused(error),
            },
        }
    }

    /// IN-1, IN-2: admit and ring, or refuse with nothing to be seen of it.
    fn incoming(
        &mut self,
        provider: ProviderId,
        uuid: CallUuid,
        account: Option<AccountId>,
        update: CallUpdate,
        verdict: Verdict,
    ) -> Result<CallNumber, IncomingCallError> {
        let known = self.core.providers.get(provider).ok_or(IncomingCallError::Unentitled)?;
        let account = known.account(account).ok_or(IncomingCallError::UnknownAccount)?;
        let log = log_policy(known, &update);
        let app = known.app.clone();
        // IN-9: reporting a live call again changes nothing; apps do it on purpose to close races.
        if let Some(number) = self.core.calls.find(provider, uuid) {
            return self.report_of_rung(number, update);
        }
        if let Some(orphan) = self.core.orphan(provider, uuid) {
            let number = orphan.number;
            return self.report_of_orphan(provider, uuid, number, update);
        }
        let callback = self.is_callback(provider, &account, update.emergency == Some(true));
        let policy = &self.core.policy;
        let lately =
            self.over(provider, uuid).filter(|over| self.now.at < over.at + policy.tombstone);
        let over = lately.filter(|over| !over.refused);
        let calls = &self.core.calls;
        let of_account = calls.of_account(provider, &account);
        if over.is_none() && !callback && of_account.calls >= policy.calls_per_account {
            return Err(IncomingCallError::MaximumCallsReached);
        }
        let refused = match verdict {
            // The end overtook the invitation, or the invitation came twice and late.
            _ if over.is_some() => {
                Some((IncomingCallError::CallEndedAlready, MissedReason::NeverRang))
            }
            _ if self.core.emergency.is_some() => {
                Some((IncomingCallError::EmergencyCallInProgress, MissedReason::EmergencyCall))
            }
            _ if callback => None,
            Verdict::Blocked => {
                Some((IncomingCallError::FilteredByBlockList, MissedReason::Blocked))
            }
            Verdict::DoNotDisturb => {
                Some((IncomingCallError::FilteredByDoNotDisturb, MissedReason::DoNotDisturb))
            }
            Verdict::Allow
                if calls.ringing().len() >= policy.ringing
                    || of_account.ringing >= policy.ringing_per_account =>
            {
                let error = IncomingCallError::MaximumRingingCallsReached;
                Some((error, MissedReason::AlreadyRinging))
            }
            Verdict::Allow => None,
        };
        let number = self.next_number();
        let state = State::Ringing { until: self.now.at + self.core.policy.ring, silenced: false };
        let mut facts = facts(app, account, uuid, Direction::Incoming, update);
        facts.emergency = callback;
        let mut call = Call::new(number, provider, facts, log, state);
        call.started = Some(self.now.date);
        if let Some((error, missed)) = refused {
            // The service writes the entry itself: the user shall know that somebody called.
            if call.logged && lately.is_none_or(|over| !over.told) {
                let entry = entry(&call, false, self.now.date);
                let reason = over.map_or(EndedReason::Unanswered, |over| over.reason);
                let mut entry = closed(entry, reason, self.now.date);
                entry.missed = Some(missed);
                self.records.push(entry);
            }
            self.tell_once(provider, uuid, over.is_none());
            return Err(error);
        }
        self.core.calls.insert(call);
        self.dirty.insert(number);
        self.stale.insert(number);
        Ok(number)
    }

    /// TX-7: what happened elsewhere, about a call that is known.
    fn news(
        &mut self,
        provider: ProviderId,
        uuid: CallUuid,
        report: Report,
    ) -> Result<(), ReportError> {
        if self.core.providers.get(provider).is_none() {
            return Err(ReportError::NotRegistered);
        }
        if let Report::Adopt(adoption) = report {
            return self.adopt(provider, uuid, adoption);
        }
        let Some(number) = self.core.calls.find(provider, uuid) else {
            return self.news_of_none(provider, uuid, &report);
        };
        match report {
            Report::Updated(update) => self.updated(number, update),
            Report::StartedConnecting(_) => self.started_connecting(number)?,
            Report::Connected(date) => self.connected(number, date)?,
            Report::Ended(date, reason) => {
                if !reason.is_reportable() {
                    return Err(ReportError::InvalidArgument);
                }
                self.end_reported(number, reason, date);
            }
            Report::Incoming { .. } | Report::Adopt(_) => return Err(ReportError::InvalidAction),
        }
        Ok(())
    }

    /// It is in recents now and need not come again.
    fn tell_once(&mut self, provider: ProviderId, uuid: CallUuid, refused: bool) {
        if let Some(over) = self.over_mut(provider, uuid) {
            over.told = true;
            return;
        }
        self.remember_over(provider, uuid, EndedReason::Unanswered, true);
        if let Some(over) = self.over_mut(provider, uuid) {
            over.refused = refused;
        }
    }

    /// PU-3: the app that was woken for a call reports it like any other.
    fn report_of_rung(
        &mut self,
        number: CallNumber,
        update: CallUpdate,
    ) -> Result<CallNumber, IncomingCallError> {
        match self.core.calls.get_mut(number) {
            Some(call) if call.rung => call.rung = false,
            _ => return Err(IncomingCallError::CallUuidAlreadyExists),
        }
        self.updated(number, update);
        Ok(number)
    }

    /// TO-6: an app that knows nothing of the restart reports its call again. One that rang rings on, under its number and
    /// whatever the filters say by now: it was let in. Any other is for the app to adopt, as only it knows how it stands.
    fn report_of_orphan(
        &mut self,
        provider: ProviderId,
        uuid: CallUuid,
        number: CallNumber,
        update: CallUpdate,
    ) -> Result<CallNumber, IncomingCallError> {
        let adoption =
            Adoption { state: CallState::Ringing, muted: false, group_with: None, update };
        self.adopt(provider, uuid, adoption)
            .map(|()| number)
            .map_err(|_| IncomingCallError::CallUuidAlreadyExists)
    }

    /// The end of a call that is not live: it ended already, or its end overtakes its invitation, which then does not
    /// ring.
    fn news_of_none(
        &mut self,
        provider: ProviderId,
        uuid: CallUuid,
        report: &Report,
    ) -> Result<(), ReportError> {
        match report {
            Report::Ended(_, reason) if !reason.is_reportable() => {
                Err(ReportError::InvalidArgument)
            }
            // Not while it may still be adopted: then it is not over, but unknown yet.
            Report::Ended(..) if self.core.orphan(provider, uuid).is_some() => {
                Err(ReportError::UnknownCallUuid)
            }
            Report::Ended(_, reason) => {
                if self.over(provider, uuid).is_none_or(|over| over.refused) {
                    self.remember_over(provider, uuid, *reason, false);
                }
                Ok(())
            }
            _ => Err(ReportError::UnknownCallUuid),
        }
    }

    /// IN-10: also while it rings. Only what is set counts.
    pub fn updated(&mut self, number: CallNumber, update: CallUpdate) {
        let Some(call) = self.core.calls.get_mut(number) else { return };
        let before = call.facts.capabilities;
        Arc::make_mut(&mut call.facts).update(update);
        self.rearranged |= call.facts.capabilities != before;
        self.dirty.insert(number);
        self.stale.insert(number);
    }

    /// OUT-3. Repeated, it is a sign of life; ERR-10: it never takes a call back.
    fn started_connecting(&mut self, number: CallNumber) -> Result<(), ReportError> {
        let stuck = self.now.at + self.stuck(number);
        let call = self.core.calls.get(number).ok_or(ReportError::UnknownCallUuid)?;
        match call.state {
            State::Dialing { .. } => {
                self.set_state(number, State::Dialing { reached: true, stuck });
                Ok(())
            }
            State::Active | State::Held(_) | State::Ending { .. }
                if call.facts.direction == Direction::Outgoing =>
            {
                Ok(())
            }
            _ => Err(ReportError::InvalidAction),
        }
    }

    fn connected(&mut self, number: CallNumber, date: Option<Date>) -> Result<(), ReportError> {
        let now = self.now.date;
        let call = self.core.calls.get_mut(number).ok_or(ReportError::UnknownCallUuid)?;
        match call.state {
            State::Dialing { .. } => {
                call.connected = Some(date.unwrap_or(now).max(call.started.unwrap_or(now)));
                self.set_state(number, State::Active);
                self.stale.insert(number);
                self.send_post_dial(number);
                Ok(())
            }
            State::Active | State::Held(_) | State::Ending { .. }
                if call.facts.direction == Direction::Outgoing =>
            {
                Ok(())
            }
            _ => Err(ReportError::InvalidAction),
        }
    }

    pub fn next_number(&mut self) -> CallNumber {
        let number = self.core.next_number;
        self.core.next_number = CallNumber(number.0 + 1);
        number
    }

    /// How long this call may show no sign of life while it is dialed.
    pub fn stuck(&self, number: CallNumber) -> core::time::Duration {
        let call = self.core.calls.get(number);
        let provider = call.and_then(|call| self.core.providers.get(call.provider));
        provider.and_then(|p| p.configuration.stuck).unwrap_or(self.core.policy.stuck)
    }
}

impl Provider {
    /// The account of that id, or the first if none is named.
    pub fn account(&self, id: Option<AccountId>) -> Option<AccountId> {
        let accounts = &self.configuration.accounts;
        match id {
            Some(id) => accounts.iter().any(|account| account.id == id).then_some(id),
            None => accounts.first().map(|account| account.id.clone()),
        }
    }
}

/// RE-1 is provider-wide; a call may only say less.
pub(super) fn log_policy(provider: &Provider, update: &CallUpdate) -> LogPolicy {
    match provider.configuration.includes_calls_in_recents {
        true => update.log_policy.unwrap_or_default(),
        false => LogPolicy::None,
    }
}

pub(super) fn facts(
    app: crate::words::AppId,
    account: AccountId,
    uuid: CallUuid,
    direction: Direction,
    mut update: CallUpdate,
) -> Facts {
    let mut facts = Facts {
        app,
        account,
        uuid,
        direction,
        handle: Arc::new(update.remote_handle.take().unwrap_or_default()),
        name: None,
        video: false,
        reconnecting: false,
        members: Arc::default(),
        emergency: false,
        capabilities: Capabilities::default(),
    };
    facts.update(update);
    facts
}
