mod event;
mod role;
mod wish;

pub use event::{SurfaceChange, SurfaceEvent, SurfaceState};
pub use wish::{Consequences, Wish};

use crate::audio::{Audio, TestRing};
use crate::call::Call;
use crate::error::{Error, ServiceError};
use crate::line::{Line, read};
use crate::pending::{Pending, REPLY_LIMIT, Request};
use crate::recents::Recent;
use hookswitch_bus::names::{RECENTS, SERVICE_INTERFACE, SURFACE};
use hookswitch_bus::{
    AcceptedRecord, ActionRecord, AudioRecord, ConsequencesRecord, ProviderRecord, RecentsQuery,
    RecentsRecord, RequestOptions, StatusRecord, TestRingRecord,
};
use hookswitch_core::words::{
    AccountId, AppId, CallNumber, ChoiceKind, DtmfDigits, Handle, HandleKind, Languages,
    RequestError, RingLevel, TransactionId,
};
use role::SurfaceRole;
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};
use zbus::wire::DynamicType;

/// A program that shows calls and acts for the user: a call screen, a bar, a command line.
///
/// Only a program whose desktop entry says `X-Hookswitch-Surface=true` may be one; others are refused with
/// [`RequestError::Unentitled`]. It registers again by itself when the service restarts. Clones are the same surface; it
/// is let go with the last of them.
///
/// What the user chose is asked with the `choices_revision` that was on the screen, if given: if the choices changed
/// meanwhile it is refused with [`RequestError::ChoicesChanged`], and nothing happens. Each [`Request`] is on its way
/// when the method returns; await it for the decision, or its [`outcome`](Request::outcome).
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use hookswitch::{ChoiceKind, Surface, SurfaceEvent};
///
/// let (surface, mut events) = Surface::connect("Example screen").await?;
/// while let Some(event) = events.next().await {
///     let SurfaceEvent::Changed(change) = event else { continue };
///     for call in change.calls.iter().filter(|call| call.offers(ChoiceKind::Answer)) {
///         println!("{} calls", call.who());
///         surface.presented(call.number).forget();
///         surface.answer(call.number, Some(call.choices_revision)).outcome().await?;
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Surface {
    hold: Arc<Hold>,
    state: Arc<Mutex<SurfaceState>>,
}

/// Lets the connection go with the last clone.
struct Hold(Arc<Line<SurfaceRole>>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// What a surface is told, in order. If nobody reads it, drop it: [`Surface::calls`] is kept in step all the same.
#[derive(Debug)]
pub struct SurfaceEvents(mpsc::UnboundedReceiver<SurfaceEvent>);

impl SurfaceEvents {
    /// The next event; `None` after [`SurfaceEvent::Closed`].
    pub async fn next(&mut self) -> Option<SurfaceEvent> {
        self.0.recv().await
    }
}

/// A call to dial, from a surface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// The app to dial with. It must be registered.
    pub app: AppId,
    /// Whom: 1 to 256 bytes. Of a telephone number, digits behind `,` are sent once both can talk, and digits behind `;`
    /// when the user chooses [`ChoiceKind::SendDigits`].
    pub handle: Handle,
    /// With which of the app's accounts; `None` = the first.
    pub account: Option<AccountId>,
    /// With video.
    pub video: bool,
    /// An emergency call: for apps that may make them. Everything else makes room at once.
    pub emergency: bool,
}

impl Dial {
    /// Dial on the first account of this app, without video.
    pub fn new(app: impl Into<AppId>, handle: Handle) -> Self {
        Self { app: app.into(), handle, account: None, video: false, emergency: false }
    }
}

impl Surface {
    /// Be a surface of this name on the session bus; the service is started if need be. The first event is
    /// [`SurfaceEvent::Reset`]. To be called within a tokio runtime that has IO and time.
    ///
    /// # Errors
    /// There is no bus, the service is not on it, or it refused: [`RequestError::Unentitled`] if this program is no
    /// surface.
    pub async fn connect(name: &str) -> Result<(Self, SurfaceEvents), Error<RequestError>> {
        Self::connect_at(None, name).await
    }

    /// As [`connect`](Self::connect), on the bus at this address.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_at(
        address: Option<&str>,
        name: &str,
    ) -> Result<(Self, SurfaceEvents), Error<RequestError>> {
        let (line, stream) = Line::open(address).await?;
        let state = Arc::new(Mutex::new(SurfaceState::default()));
        let (events, receiver) = mpsc::unbounded_channel();
        let (tell, told) = oneshot::channel();
        line.listen(stream, SurfaceRole::new(name.to_owned(), state.clone(), events, tell));
        let surface = Self { hold: Arc::new(Hold(line.clone())), state };
        line.find_service().await?;
        match tokio::time::timeout(REPLY_LIMIT, told).await {
            Ok(Ok(registered)) => registered?,
            Ok(Err(_)) => return Err(ServiceError::BusLost.into()),
            Err(_) => return Err(ServiceError::TimedOut(REPLY_LIMIT.as_secs()).into()),
        }
        Ok((surface, SurfaceEvents(receiver)))
    }

    /// All live calls as they are now, in the order in which they came.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.values().cloned().collect()
    }

    /// A live call.
    pub fn call(&self, number: CallNumber) -> Option<Call> {
        self.lock().calls.get(&number).cloned()
    }

    /// How loud it rings now.
    pub fn ring(&self) -> RingLevel {
        self.lock().ring
    }

    /// Where calls can be heard, as far as the service has told. [`audio`](Self::audio) looks.
    pub fn known_audio(&self) -> Audio {
        self.lock().audio.clone()
    }

    /// Where calls can be heard: the service looks, as without a call it has no connection to the sound server.
    pub fn audio(&self) -> Pending<Audio, RequestError> {
        self.line().ask(SURFACE, "Audio", &(), |_, reply| {
            let record: AudioRecord = reply.and_then(|reply| read(&reply))?;
            Ok(Audio::from(record))
        })
    }

    /// Let calls be heard on this endpoint: the id of one, or a kind ([`EndpointKind::name`](crate::EndpointKind::name)) for
    /// the best of that kind. It counts until the device is gone or the last call is over, and is remembered for the next.
    ///
    /// # Errors
    /// [`RequestError::EndpointUnavailable`]: it is gone, or there is no sound server.
    pub fn select_endpoint(&self, endpoint: &str) -> Pending<(), RequestError> {
        let body = (endpoint, RequestOptions::default());
        self.line().ask(SURFACE, "SelectEndpoint", &body, |_, reply| Ok(reply.map(drop)?))
    }

    /// Have the service ring as a call would, with the user's own sound, so that somebody can hear whether calls are heard.
    /// The answer comes when it is heard; it ends by itself, and at once when a call comes. Nothing vibrates.
    ///
    /// # Errors
    /// [`RequestError::CallInProgress`]: there is a call, or one came meanwhile. [`RequestError::RingUnavailable`]: nothing can
    /// be heard; the text says why and what to do. [`RequestError::TooManyRequests`]: another test ring goes on.
    pub fn test_ring(&self) -> Pending<TestRing, RequestError> {
        self.line().ask(SURFACE, "TestRing", &RequestOptions::default(), |_, reply| {
            let record: TestRingRecord = reply.and_then(|reply| read(&reply))?;
            Ok(TestRing::from(record))
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, SurfaceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answer, in the way that touches nobody else or at most holds.
    pub fn answer(&self, call: CallNumber, revision: Option<u64>) -> Request {
        self.request("Answer", &(call.0, options(revision)))
    }

    /// As [`answer`](Self::answer), on this device: by id or kind of an endpoint. One that is not there counts for nothing.
    pub fn answer_with(&self, call: CallNumber, endpoint: &str, revision: Option<u64>) -> Request {
        let endpoint = Some(endpoint.to_owned());
        self.request("Answer", &(call.0, RequestOptions { endpoint, ..options(revision) }))
    }

    /// Refuse a ringing call. The same as [`end`](Self::end), which goes by the call's state.
    pub fn decline(&self, call: CallNumber, revision: Option<u64>) -> Request {
        self.end(call, revision)
    }

    /// End, decline or cancel, as the state says. Ending an ended call succeeds.
    pub fn end(&self, call: CallNumber, revision: Option<u64>) -> Request {
        self.request("End", &(call.0, options(revision)))
    }

    /// Do one of the choices offered for a call.
    pub fn choose(&self, call: CallNumber, choice: ChoiceKind, revision: Option<u64>) -> Request {
        self.request("Choose", &(call.0, choice.name(), options(revision)))
    }

    /// Hold (true), or resume and hold whoever is active (false).
    pub fn set_held(&self, call: CallNumber, held: bool, revision: Option<u64>) -> Request {
        self.request("SetHeld", &(call.0, held, options(revision)))
    }

    /// Hold the active call and take the held one from hold; the call is the held one.
    pub fn swap(&self, call: CallNumber, revision: Option<u64>) -> Request {
        self.choose(call, ChoiceKind::Swap, revision)
    }

    /// Mute or unmute the microphone for a call. A mute holds at once, an unmute when the app has done it.
    pub fn set_muted(&self, call: CallNumber, muted: bool, revision: Option<u64>) -> Request {
        self.request("SetMuted", &(call.0, muted, options(revision)))
    }

    /// Make the call one conversation with another of the same app; `None`: leave the group, to talk with this one alone.
    /// Asked together with other wishes ([`preflight`](Self::preflight)) it comes last, else
    /// [`RequestError::InvalidAction`].
    pub fn set_group(
        &self,
        call: CallNumber,
        with: Option<CallNumber>,
        revision: Option<u64>,
    ) -> Request {
        let with = with.map_or(0, |call| call.0);
        self.request("SetGroup", &(call.0, with, options(revision)))
    }

    /// End the call and everybody who is in one group with it.
    pub fn end_group(&self, call: CallNumber, revision: Option<u64>) -> Request {
        self.request("EndGroup", &(call.0, options(revision)))
    }

    /// Turn video on or off.
    pub fn set_video(&self, call: CallNumber, video: bool, revision: Option<u64>) -> Request {
        self.request("SetVideo", &(call.0, video, options(revision)))
    }

    /// Translate the call between these languages; `None`: not any more.
    pub fn set_translating(
        &self,
        call: CallNumber,
        languages: Option<Languages>,
        revision: Option<u64>,
    ) -> Request {
        let translating = languages.is_some();
        let (local, remote) = languages.map(|both| (both.local, both.remote)).unzip();
        let options =
            RequestOptions { local_language: local, remote_language: remote, ..options(revision) };
        self.request("SetTranslating", &(call.0, translating, options))
    }

    /// What would follow from these wishes, asked together, without anything being done: whom they would hold, and whom
    /// they would end. Name the loss with it before the user decides.
    ///
    /// # Errors
    /// Why it would be refused now.
    pub fn preflight(
        &self,
        wishes: impl IntoIterator<Item = Wish>,
    ) -> Pending<Consequences, RequestError> {
        let records: Vec<_> = wishes.into_iter().map(Wish::into_record).collect();
        let body = (records, RequestOptions::default());
        self.line().ask(SURFACE, "Preflight", &body, |_, reply| {
            let record: ConsequencesRecord = reply.and_then(|reply| read(&reply))?;
            Ok(Consequences::from(record))
        })
    }

    /// Send tones, as tapped keys.
    pub fn play_dtmf(
        &self,
        call: CallNumber,
        digits: &DtmfDigits,
        revision: Option<u64>,
    ) -> Request {
        self.request("PlayDtmf", &(call.0, digits.as_str(), options(revision)))
    }

    /// Dial. The call appears in a [`SurfaceEvent::Changed`].
    pub fn start_call(&self, dial: Dial) -> Request {
        let start = ActionRecord {
            app_id: Some(dial.app.to_string()),
            account: dial.account.map(|account| account.to_string()),
            handle: Some(dial.handle.value),
            handle_kind: Some(dial.handle.kind.name().to_owned()),
            handle_name: dial.handle.display_name,
            video: Some(dial.video),
            emergency: dial.emergency.then_some(true),
            ..ActionRecord::default()
        };
        self.request("StartCall", &(start,))
    }

    fn request<B: Serialize + DynamicType>(&self, member: &'static str, body: &B) -> Request {
        let (tell, finished) = oneshot::channel();
        let accepted = self.line().ask(SURFACE, member, body, |role, reply| {
            let accepted: AcceptedRecord = reply.and_then(|reply| read(&reply))?;
            role.accepted(accepted.transaction, accepted.change, tell);
            Ok(TransactionId(accepted.transaction))
        });
        Request::new(accepted, finished)
    }

    /// Stop the ringing of one call without refusing it.
    pub fn silence(&self, call: CallNumber) -> Pending<(), RequestError> {
        self.line().ask(SURFACE, "Silence", &(call.0,), |_, reply| Ok(reply.map(drop)?))
    }

    /// The user can see the call on this surface now. Once for each call is enough, whatever its state; it counts until the
    /// surface is closed. A call that none shows within a second is brought to the user otherwise.
    pub fn presented(&self, call: CallNumber) -> Pending<(), RequestError> {
        self.line().ask(SURFACE, "Presented", &(call.0,), |_, reply| Ok(reply.map(drop)?))
    }

    /// The user cannot see the call on this surface, and will not before they ask for it: a window that came up by itself would
    /// take the keyboard from what they type, say. When each surface has said so, a notification with buttons shows the call at once. If
    /// none can, [`SurfaceEvent::PresentCall`] follows. It takes back [`presented`](Self::presented).
    ///
    /// # Errors
    /// This is no surface any more, or the service is older than this: then the call is brought to the user after a second, and it is
    /// better to show it.
    ///
    /// ```no_run
    /// # use hookswitch::{Call, Surface};
    /// # async fn example(surface: &Surface, call: &Call) {
    /// if surface.not_presented(call.number).await.is_err() {
    ///     // Show it, and say `presented`.
    /// }
    /// # }
    /// ```
    pub fn not_presented(&self, call: CallNumber) -> Pending<(), RequestError> {
        self.line().ask(SURFACE, "NotPresented", &(call.0,), |_, reply| Ok(reply.map(drop)?))
    }

    /// Lines of recents, newest first; 100 unless the query says, at most 1000. For the next page, ask for those
    /// `before` the last one's number.
    ///
    /// # Errors
    /// The list is damaged or its disk is full; calls work on.
    pub fn recents(&self, query: RecentsQuery) -> Pending<Vec<Recent>, RequestError> {
        self.line().ask(RECENTS, "List", &(query,), |_, reply| {
            let lines: Vec<RecentsRecord> = reply.and_then(|reply| read(&reply))?;
            Ok(lines.into_iter().map(Recent::from).collect())
        })
    }

    /// How the service is, and who is registered.
    pub fn status(&self) -> Pending<StatusRecord, RequestError> {
        self.line().ask(SERVICE_INTERFACE, "Status", &(), |_, reply| {
            Ok(reply.and_then(|reply| read(&reply))?)
        })
    }

    /// The apps that can dial this kind of handle, longest registered first: what a contact's card offers for one of its
    /// addresses. Dial with [`start_call`](Self::start_call). An app that is not `verified` is to be shown as such.
    ///
    /// Only apps that run are among them, and only what they say they dial, in
    /// [`Configuration::supported_handle_kinds`](crate::Configuration::supported_handle_kinds).
    ///
    /// ```no_run
    /// # async fn example(surface: hookswitch::Surface) -> Result<(), Box<dyn std::error::Error>> {
    /// use hookswitch::{Dial, Handle, HandleKind};
    ///
    /// let anna = Handle::new(HandleKind::EmailAddress, "anna@example.org");
    /// for app in surface.apps_that_dial(anna.kind).await? {
    ///     println!("call {} with {}", anna.value, app.app_name);
    ///     // When it is tapped:
    ///     surface.start_call(Dial::new(app.app_id, anna.clone())).await?;
    /// }
    /// # Ok(()) }
    /// ```
    pub fn apps_that_dial(&self, kind: HandleKind) -> Pending<Vec<ProviderRecord>, RequestError> {
        self.line().ask(SERVICE_INTERFACE, "Status", &(), move |_, reply| {
            let status: StatusRecord = reply.and_then(|reply| read(&reply))?;
            let dials = |app: &ProviderRecord| app.handle_kinds.iter().any(|of| of == kind.name());
            Ok(status.providers.into_iter().filter(dials).collect())
        })
    }

    /// The newest lines of the service's journal as a call flow, oldest first; 1 to 10000. Handles, names and digits are
    /// not in it.
    pub fn journal(&self, limit: u32) -> Pending<Vec<String>, RequestError> {
        self.line().ask(SERVICE_INTERFACE, "Journal", &(limit,), |_, reply| {
            Ok(reply.and_then(|reply| read(&reply))?)
        })
    }

    fn line(&self) -> &Arc<Line<SurfaceRole>> {
        &self.hold.0
    }
}

impl std::fmt::Debug for Surface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Surface({} calls)", self.lock().calls.len())
    }
}

fn options(revision: Option<u64>) -> RequestOptions {
    RequestOptions { revision, ..RequestOptions::default() }
}
