mod builder;
mod role;

pub use builder::ProviderBuilder;
pub(crate) use role::ProviderRole;

use crate::audio::AudioSession;
use crate::call_list::{CallList, KeptCalls};
use crate::controller::CallController;
use crate::error::{Error, Fault, Reason, ServiceError};
use crate::line::{Line, read};
use crate::pending::Pending;
use crate::ticket::{PendingAction, PendingTransaction, Slot};
use hookswitch_bus::names::PROVIDER;
use hookswitch_bus::{
    AdoptedRecord, AdoptionRecord, AudioSessionRecord, ConfigurationRecord, EndedRecord,
    MomentRecord, RegisteredRecord, RingtoneFile, UpdateRecord,
};
use hookswitch_core::words::{
    AccountId, ActionId, ActionKind, AppId, CallNumber, CallState, CallTone, CallUpdate, CallUuid,
    Date, EndedReason, IncomingCallError, RegisterError, ReportError, RequestError, TransactionId,
};
use hookswitch_core::{Adoption, Configuration};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use zbus::{DeserializeDict, Type};

/// A new id for a call, never used before: a random UUID.
pub fn new_call() -> CallUuid {
    CallUuid(uuid::Uuid::new_v4().as_u128())
}

/// An app's line to the call service: it reports calls, and its delegate performs what the user does with them.
/// CallKit: `CXProvider`.
///
/// One for each app, for as long as it can take calls; clones are the same provider. It registers again by itself when
/// the service restarts (see [`ProviderDelegate::did_reset`](crate::ProviderDelegate::did_reset)). It ends with
/// [`invalidate`](Self::invalidate), with the bus, or with the program; dropping it does not end it.
///
/// Every method sends at once and in order; the [`Pending`] it returns is the answer. While the service is away they
/// fail with [`ServiceError::Restarting`].
#[derive(Clone)]
pub struct Provider {
    pub(crate) line: Arc<Line<ProviderRole>>,
    shared: Arc<Shared>,
}

struct Shared {
    app: AppId,
    configuration: Mutex<Configuration>,
    ringtone: Option<PathBuf>,
    registration: Mutex<Registration>,
    actions: Mutex<BTreeMap<ActionId, Arc<Slot>>>,
    calls: Arc<Mutex<KeptCalls>>,
    audio: Mutex<HashMap<CallUuid, AudioSession>>,
    closed: watch::Sender<Option<Error<RegisterError>>>,
}

/// What the service said when the app registered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registration {
    /// The version of the contract the service speaks.
    pub version: u32,
    /// What it can do beyond that.
    pub features: Vec<String>,
    /// Whether the service could make sure that this program is the app. If not, its calls are shown as unverified: own
    /// the app id on the bus, and install a desktop entry of that name whose `Exec` is this program.
    pub verified: bool,
}

/// An incoming call that was admitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeserializeDict, Type)]
#[zbus(signature = "dict")]
struct Admitted {
    number: u64,
    audio: Option<AudioSessionRecord>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A ringtone that cannot be opened is none: calls matter more.
fn ringtone(path: &Path) -> Option<RingtoneFile> {
    match File::open(path) {
        Ok(file) => Some(RingtoneFile::from(file)),
        Err(error) => {
            tracing::warn!(%error, "the ringtone cannot be opened; the service's own is played");
            None
        }
    }
}

fn moment(date: Option<Date>) -> MomentRecord {
    MomentRecord { date: date.map(|date| date.0) }
}

impl Provider {
    /// A provider of the app with this id, which is also the name of its desktop entry: `org.example.Chat`.
    pub fn builder(app: impl Into<AppId>) -> ProviderBuilder {
        ProviderBuilder::new(app.into())
    }

    fn new(
        app: AppId,
        configuration: Configuration,
        ringtone: Option<PathBuf>,
        line: Arc<Line<ProviderRole>>,
    ) -> Self {
        let shared = Shared {
            app,
            configuration: Mutex::new(configuration),
            ringtone,
            registration: Mutex::default(),
            actions: Mutex::default(),
            calls: Arc::default(),
            audio: Mutex::default(),
            closed: watch::Sender::new(None),
        };
        Self { line, shared: Arc::new(shared) }
    }

    /// Report an incoming call: it is admitted and rings, or it is refused and was never shown.
    ///
    /// `call` is the app's own id of it, from its signalling or from [`new_call`]. Await the answer before telling the
    /// caller that it rings.
    ///
    /// # Errors
    /// Refused: drop the call, and tell the caller as [`IncomingCallError`] says. After
    /// [`ServiceError::TimedOut`] or [`ServiceError::Restarting`] it is safe to report it again: if it is live already,
    /// the answer is [`IncomingCallError::CallUuidAlreadyExists`]. A call that rang before the service restarted rings on
    /// under its number; one that was answered is refused the same way, until [`adopt_call`](Self::adopt_call) says how
    /// it stands.
    ///
    /// ```no_run
    /// # async fn example(provider: hookswitch::Provider) -> Result<(), Box<dyn std::error::Error>> {
    /// use hookswitch::{CallUpdate, Handle, HandleKind, new_call};
    ///
    /// let update = CallUpdate {
    ///     remote_handle: Some(Handle::new(HandleKind::PhoneNumber, "+49 30 1234")),
    ///     has_video: Some(false),
    ///     ..CallUpdate::default()
    /// };
    /// let number = provider.report_new_incoming_call(new_call(), update).await?;
    /// # let _ = number; Ok(()) }
    /// ```
    pub fn report_new_incoming_call(
        &self,
        call: CallUuid,
        update: CallUpdate,
    ) -> Pending<CallNumber, IncomingCallError> {
        self.report_incoming(call, UpdateRecord::from_update(update))
    }

    /// As [`report_new_incoming_call`](Self::report_new_incoming_call), on one of several accounts.
    pub fn report_new_incoming_call_on(
        &self,
        account: &AccountId,
        call: CallUuid,
        update: CallUpdate,
    ) -> Pending<CallNumber, IncomingCallError> {
        let account = Some(account.to_string());
        self.report_incoming(call, UpdateRecord { account, ..UpdateRecord::from_update(update) })
    }

    fn report_incoming(
        &self,
        call: CallUuid,
        update: UpdateRecord,
    ) -> Pending<CallNumber, IncomingCallError> {
        let body = (call.to_string(), update);
        self.line.ask(PROVIDER, "ReportNewIncomingCall", &body, move |role, reply| {
            let admitted: Admitted = reply.and_then(|reply| read(&reply))?;
            role.prepare(call, admitted.audio);
            Ok(CallNumber(admitted.number))
        })
    }

    /// Facts of a call changed. Only what is set in `update` changes.
    ///
    /// # Errors
    /// The call is not live: it ended, or was never admitted.
    pub fn report_call_updated(
        &self,
        call: CallUuid,
        update: CallUpdate,
    ) -> Pending<(), ReportError> {
        self.tell("ReportCallUpdated", &(call.to_string(), UpdateRecord::from_update(update)))
    }

    /// The call ended, for a reason other than this user; `None` = now. What the user does is requested of
    /// [`CallController::end_call`] instead.
    ///
    /// # Errors
    /// The reason is the user's doing. The end of a call that is not live is no error: it ended already, or its
    /// invitation, should it come yet, is refused with [`IncomingCallError::CallEndedAlready`].
    pub fn report_call_ended(
        &self,
        call: CallUuid,
        date: Option<Date>,
        reason: EndedReason,
    ) -> Pending<(), ReportError> {
        // Whoever says that it is over does not want it back.
        self.kept_calls().give_up(call);
        self.forget_audio(call);
        let date = date.map(|date| date.0);
        let ended = EndedRecord { reason: Some(reason.name().to_owned()), date };
        self.tell("ReportCallEnded", &(call.to_string(), ended))
    }

    /// The far side of an outgoing call was reached and media is being set up; `None` = now. Said again it is a sign of
    /// life: a call that is dialed for two minutes without one is given up.
    ///
    /// # Errors
    /// The call is not live, or it is not an outgoing one whose start is fulfilled.
    pub fn report_outgoing_call_started_connecting(
        &self,
        call: CallUuid,
        date: Option<Date>,
    ) -> Pending<(), ReportError> {
        self.tell("ReportOutgoingCallStartedConnecting", &(call.to_string(), moment(date)))
    }

    /// Both sides of an outgoing call can talk; `None` = now. The timer starts here; without it recents show a
    /// cancelled call.
    ///
    /// # Errors
    /// As [`report_outgoing_call_started_connecting`](Self::report_outgoing_call_started_connecting).
    pub fn report_outgoing_call_connected(
        &self,
        call: CallUuid,
        date: Option<Date>,
    ) -> Pending<(), ReportError> {
        self.tell("ReportOutgoingCallConnected", &(call.to_string(), moment(date)))
    }

    /// Report a call again that was live before the service restarted, within the time that
    /// [`Reset::adopt_within`](crate::Reset) gives. It goes on under its number; the call that had the audio gets it
    /// back.
    ///
    /// # Errors
    /// [`ReportError::NotAdoptable`]: end the call in the app.
    pub fn adopt_call(&self, call: CallUuid, adoption: Adoption) -> Pending<(), ReportError> {
        let Adoption { state, muted, group_with, update } = adoption;
        let UpdateRecord { handle, handle_kind, handle_name, .. } =
            UpdateRecord::from_update(update.clone());
        let record = AdoptionRecord {
            state: Some(CallState::name(state).to_owned()),
            muted: Some(muted),
            group_with: group_with.map(|call| call.to_string()),
            // Its streams still say it.
            token: self.audio_session(call).and_then(|session| session.token),
            handle,
            handle_kind,
            handle_name,
            name: update.localized_caller_name,
            supports_holding: update.supports_holding,
            supports_dtmf: update.supports_dtmf,
            has_video: update.has_video,
            reconnecting: update.reconnecting,
        };
        let body = (call.to_string(), record);
        self.line.ask(PROVIDER, "AdoptCall", &body, move |role, reply| {
            let reply = reply?;
            // An earlier service returns nothing.
            let adopted = read::<AdoptedRecord>(&reply).unwrap_or_default();
            role.prepare(call, adopted.audio);
            Ok(())
        })
    }

    /// The audio session of one of the app's live calls, as far as the service has told: what its streams have to say, where
    /// they go, and whether they may be heard now. `None`: the service has no audio, or knows no such call.
    pub fn audio_session(&self, call: CallUuid) -> Option<AudioSession> {
        lock(&self.shared.audio).get(&call).cloned()
    }

    /// Let a call be heard on this endpoint: the id of one, or a kind ([`EndpointKind::name`](crate::EndpointKind::name)) for
    /// the best of that kind. For an app with a button of its own for the loudspeaker.
    ///
    /// # Errors
    /// [`RequestError::EndpointUnavailable`]: it is gone, or there is no sound server. [`RequestError::InvalidAction`]: the
    /// call does not have the audio.
    pub fn request_endpoint(&self, call: CallUuid, endpoint: &str) -> Pending<(), RequestError> {
        self.tell("RequestEndpoint", &(call.to_string(), endpoint))
    }

    fn keep_audio(&self, call: CallUuid, session: AudioSession) {
        lock(&self.shared.audio).insert(call, session);
    }

    fn stop_audio(&self, call: CallUuid) {
        if let Some(session) = lock(&self.shared.audio).get_mut(&call) {
            session.active = false;
        }
    }

    fn forget_audio(&self, call: CallUuid) {
        lock(&self.shared.audio).remove(&call);
    }

    fn stop_all_audio(&self) {
        lock(&self.shared.audio).values_mut().for_each(|session| session.active = false);
    }

    fn tell<B, E>(&self, member: &'static str, body: &B) -> Pending<(), E>
    where
        B: serde::Serialize + zbus::wire::DynamicType,
        E: Reason,
    {
        self.line.ask(PROVIDER, member, body, |_, reply| Ok(reply.map(drop)?))
    }

    /// Replace the configuration, whole. Calls stay as they are, but what can be done with them may become more or less at
    /// once; it also holds after a restart of the service. Whether the app may make emergency calls is not its own to say:
    /// that field counts for nothing here.
    ///
    /// # Errors
    /// It is refused as [`RegisterError`] says, and the old one stays.
    pub fn set_configuration(&self, configuration: Configuration) -> Pending<(), RegisterError> {
        let record = self.record(&configuration);
        let shared = self.shared.clone();
        self.line.ask(PROVIDER, "Configure", &(record,), move |_, reply| {
            reply?;
            *lock(&shared.configuration) = configuration;
            Ok(())
        })
    }

    /// The configuration with the ringtone, opened anew: it may have been replaced since.
    fn record(&self, configuration: &Configuration) -> ConfigurationRecord {
        let ringtone = self.shared.ringtone.as_deref().and_then(ringtone);
        ConfigurationRecord { ringtone, ..ConfigurationRecord::from_configuration(configuration) }
    }

    /// Have the service play a tone in a call that has the audio, on the output it uses, as telephones of the user's country
    /// sound: until [`stop_tone`](Self::stop_tone), another tone, or the loss of the audio;
    /// [`CallTone::Ringback`] also until the call is connected. An app that has its own sounds needs none of it.
    ///
    /// # Errors
    /// The call is not live, or has not got the audio: wait for
    /// [`did_activate_audio_session`](crate::ProviderDelegate::did_activate_audio_session).
    pub fn play_tone(&self, call: CallUuid, tone: CallTone) -> Pending<(), ReportError> {
        self.tell("PlayTone", &(call.to_string(), tone.name()))
    }

    /// No tone in this call any more. If there is none, nothing happens.
    ///
    /// # Errors
    /// The call is not live.
    pub fn stop_tone(&self, call: CallUuid) -> Pending<(), ReportError> {
        self.tell("StopTone", &call.to_string())
    }

    /// The configuration as it is registered.
    pub fn configuration(&self) -> Configuration {
        lock(&self.shared.configuration).clone()
    }

    /// The app.
    pub fn app(&self) -> &AppId {
        &self.shared.app
    }

    /// What the service said at the latest registration.
    pub fn registration(&self) -> Registration {
        lock(&self.shared.registration).clone()
    }

    /// The app's line for what the user does in the app itself.
    pub fn controller(&self) -> CallController {
        CallController::new(self.clone())
    }

    /// The app's own calls, kept in step with the service from the first time this is called.
    ///
    /// In a delegate's method, too; it asks for nothing that has to be awaited.
    pub fn call_list(&self) -> CallList {
        if self.kept_calls().ask() {
            self.observe_calls();
        }
        CallList::new(self.shared.calls.clone())
    }

    fn kept_calls(&self) -> MutexGuard<'_, KeptCalls> {
        lock(&self.shared.calls)
    }

    /// Ask the service for the app's calls, and to be told what changes.
    fn observe_calls(&self) {
        let asked: Pending<(), ReportError> =
            self.line.ask(PROVIDER, "ObserveCalls", &(), |role, reply| {
                role.provider().kept_calls().begin(reply.and_then(|reply| read(&reply)));
                Ok(())
            });
        // Before the app is registered nobody is asked: it is asked then.
        asked.forget();
    }

    /// The actions that are not completed yet, oldest first.
    pub fn pending_actions(&self) -> Vec<PendingAction> {
        lock(&self.shared.actions).values().map(|slot| slot.action).collect()
    }

    /// The actions of this kind that are not completed yet for a call, oldest first. CallKit:
    /// `pendingCallActions(of:withCall:)`.
    pub fn pending_call_actions(&self, kind: ActionKind, call: CallUuid) -> Vec<PendingAction> {
        let mut actions = self.pending_actions();
        actions.retain(|action| action.kind == kind && action.call == call);
        actions
    }

    /// The transactions that have actions which are not completed yet, oldest first. An action that is part of none, as the
    /// end of a call that failed, is only in [`pending_actions`](Self::pending_actions). CallKit: `pendingTransactions`.
    pub fn pending_transactions(&self) -> Vec<PendingTransaction> {
        let mut transactions: BTreeMap<TransactionId, Vec<PendingAction>> = BTreeMap::new();
        for action in self.pending_actions() {
            if let Some(id) = action.part_of {
                transactions.entry(id).or_default().push(action);
            }
        }
        let pending = |(id, actions)| PendingTransaction { id, actions };
        transactions.into_iter().map(pending).collect()
    }

    /// Be no provider any more: live calls end as failed, the name is given back, the connection closed. The delegate is
    /// dropped.
    ///
    /// # Errors
    /// The service is away; this provider is closed all the same.
    pub async fn invalidate(&self) -> Result<(), Error<RegisterError>> {
        let done = self.tell("Invalidate", &()).await;
        // Awaited, so that whoever comes next finds the name free.
        let _ = self.line.ask_bus("ReleaseName", &self.app().as_str()).await;
        self.line.close();
        done
    }

    /// Wait until this provider is closed, and why: [`ServiceError::LetGo`] after `invalidate`,
    /// [`ServiceError::BusLost`], or the refusal when it registered again.
    pub async fn closed(&self) -> Error<RegisterError> {
        let mut closed = self.shared.closed.subscribe();
        let why = closed.wait_for(Option::is_some).await;
        why.ok().and_then(|why| why.clone()).unwrap_or(ServiceError::BusLost.into())
    }

    /// Whether this provider is closed, for good.
    pub fn is_closed(&self) -> bool {
        self.shared.closed.borrow().is_some()
    }

    pub(crate) fn forget_action(&self, action: ActionId) -> Option<Arc<Slot>> {
        lock(&self.shared.actions).remove(&action)
    }

    fn remember_action(&self, slot: &Arc<Slot>) {
        lock(&self.shared.actions).insert(slot.action.id, slot.clone());
    }

    fn give_up_actions(&self) {
        for slot in std::mem::take(&mut *lock(&self.shared.actions)).into_values() {
            slot.give_up();
        }
    }

    fn close(&self, why: Error<RegisterError>) {
        self.shared.closed.send_if_modified(|closed| {
            let first = closed.is_none();
            closed.get_or_insert(why);
            first
        });
    }

    /// Register with the service that is there now.
    fn register(
        &self,
        then: impl FnOnce(&mut ProviderRole, Result<RegisteredRecord, Fault>) + Send + 'static,
    ) {
        let mut record = self.record(&self.configuration());
        record.app_id = Some(self.shared.app.to_string());
        let registering: Pending<(), RegisterError> =
            self.line.say_hello(PROVIDER, "Register", &(record,), |role, reply| {
                then(role, reply.and_then(|reply| read(&reply)));
                Ok(())
            });
        registering.forget();
    }

    fn set_registration(&self, record: &RegisteredRecord) {
        *lock(&self.shared.registration) = Registration {
            version: record.version,
            features: record.features.clone(),
            verified: record.verified,
        };
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider({})", self.shared.app)
    }
}

/// Who waits for which transaction.
type Outcomes = HashMap<u64, tokio::sync::oneshot::Sender<crate::pending::Finish>>;
