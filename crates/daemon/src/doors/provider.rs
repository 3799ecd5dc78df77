use super::{Declined, arguments};
use crate::effects::{Form, Replying};
use crate::identity::attribute;
use crate::peers::{ProviderPeer, Question};
use crate::service::Service;
use hookswitch_bus::{
    ActionRecord, AdoptionRecord, ConfigurationRecord, EndedRecord, MAX_RECORDS, MomentRecord,
    OwnCallRecord, OwnConsequencesRecord, Refusal, RequestOptions, ResultRecord, UpdateRecord,
};
use hookswitch_core::words::{
    ActionId, AppId, CallUuid, CompletionError, Date, IncomingCallError, ProviderId, RegisterError,
    ReportError, RequestError, RequestId,
};
use hookswitch_core::{Completion, Input, Reply, Report, Requested, Requester, Verdict};
use zbus::Message;
use zbus::message::Header;
use zbus::names::WellKnownName;

impl Service {
    pub(super) fn provider_door(
        &mut self,
        message: &Message,
        call: &Header<'_>,
        member: &str,
        sender: &str,
    ) -> Result<(), Declined> {
        let body = message.body();
        let peer = self.peers.get(sender);
        let peer = peer.and_then(|peer| peer.provider.as_ref());
        let provider = peer.map(|provider| provider.id);
        let granted = peer.is_some_and(|provider| provider.emergency);
        match member {
            "Register" => self.register(message, call, sender),
            "Configure" => {
                let provider = provider.ok_or(RegisterError::NotRegistered)?;
                let mut record: ConfigurationRecord = arguments(&body)?;
                let ringtone = record.ringtone.take();
                let mut configuration = record.into_configuration()?;
                configuration.emergency = granted;
                let request = RequestId(self.fresh());
                let input = Input::Configure { provider, request, configuration };
                if self.grant(input, request, call, Form::Empty) == Some(Reply::Done) {
                    self.keep_ringtone(provider, ringtone);
                }
                Ok(())
            }
            "Invalidate" => {
                let provider = provider.ok_or(RegisterError::NotRegistered)?;
                arguments::<()>(&body)?;
                let request = RequestId(self.fresh());
                self.grant(Input::Invalidate { provider, request }, request, call, Form::Empty);
                self.peers.remove_provider(sender);
                self.ringtones.remove(&provider);
                self.performs.forget(sender);
                Ok(())
            }
            "ReportNewIncomingCall" => {
                let provider = provider.ok_or(IncomingCallError::Unentitled)?;
                let (uuid, update): (&str, UpdateRecord) = arguments(&body)?;
                let report = update.into_incoming(Verdict::Allow)?;
                self.report(call, provider, uuid, report, Form::Admitted)
            }
            "ReportCallUpdated" => {
                let provider = provider.ok_or(ReportError::NotRegistered)?;
                let (uuid, update): (&str, UpdateRecord) = arguments(&body)?;
                let report = Report::Updated(update.into_update()?);
                self.report(call, provider, uuid, report, Form::Empty)
            }
            "ReportOutgoingCallStartedConnecting" | "ReportOutgoingCallConnected" => {
                let provider = provider.ok_or(ReportError::NotRegistered)?;
                let (uuid, moment): (&str, MomentRecord) = arguments(&body)?;
                let date = moment.date.map(Date);
                let report = match member {
                    "ReportOutgoingCallConnected" => Report::Connected(date),
                    _ => Report::StartedConnecting(date),
                };
                self.report(call, provider, uuid, report, Form::Empty)
            }
            "ReportCallEnded" => {
                let provider = provider.ok_or(ReportError::NotRegistered)?;
                let (uuid, ended): (&str, EndedRecord) = arguments(&body)?;
                self.report(call, provider, uuid, ended.into_report(), Form::Empty)
            }
            "AdoptCall" => {
                let provider = provider.ok_or(ReportError::NotRegistered)?;
                let (uuid, record): (&str, AdoptionRecord) = arguments(&body)?;
                self.adopt(call, provider, uuid, record)
            }
            "Fulfill" => {
                let provider = provider.ok_or(CompletionError::UnknownAction)?;
                let (action, result): (u64, ResultRecord) = arguments(&body)?;
                self.complete(call, provider, action, result.into_completion()?);
                Ok(())
            }
            "Fail" => {
                let provider = provider.ok_or(CompletionError::UnknownAction)?;
                // Code and text are for the app's own developers; they may say anything, so they are not kept.
                let (action, _code, _text): (u64, &str, &str) = arguments(&body)?;
                self.complete(call, provider, action, Completion::Fail);
                Ok(())
            }
            "RequestTransaction" => {
                let provider = provider.ok_or(RequestError::UnknownCallProvider)?;
                let (actions, options): (Vec<ActionRecord>, RequestOptions) = arguments(&body)?;
                let actions = requested(actions)?;
                let request = RequestId(self.fresh());
                let requester = Requester::Provider(provider);
                let revision = options.revision;
                let input = Input::Request { requester, request, actions, revision };
                self.grant(input, request, call, Form::Accepted);
                Ok(())
            }
            "Preflight" => {
                let provider = provider.ok_or(RequestError::UnknownCallProvider)?;
                let (actions, _): (Vec<ActionRecord>, RequestOptions) = arguments(&body)?;
                let requester = Requester::Provider(provider);
                let consequences = self.core.preflight(requester, &requested(actions)?)?;
                // Which calls, and whose, is not for an app to know.
                let would_hold = !consequences.holds.is_empty();
                self.out.reply(call, &OwnConsequencesRecord { would_hold });
                Ok(())
            }
            "RequestEndpoint" => {
                let provider = provider.ok_or(RequestError::UnknownCallProvider)?;
                let (uuid, endpoint): (&str, &str) = arguments(&body)?;
                self.request_endpoint(call, provider, uuid, endpoint)
            }
            "PlayTone" => {
                let provider = provider.ok_or(ReportError::NotRegistered)?;
                let (uuid, tone): (&str, &str) = arguments(&body)?;
                self.play_tone(call, provider, uuid, tone)
            }
            "StopTone" => {
                let provider = provider.ok_or(ReportError::NotRegistered)?;
                let uuid: &str = arguments(&body)?;
                self.stop_tone(call, provider, uuid)
            }
            "ObserveCalls" | "ForgetCalls" => {
                arguments::<()>(&body)?;
                let provider = provider.ok_or(ReportError::NotRegistered)?;
                self.observe_calls(call, provider, member == "ObserveCalls");
                Ok(())
            }
            _ => Err(Declined::Unknown("UnknownMethod")),
        }
    }

    fn observe_calls(&mut self, call: &Header<'_>, provider: ProviderId, observes: bool) {
        self.peers.observe_own(provider, observes);
        if !observes {
            return self.out.reply(call, &());
        }
        let views = self.core.calls();
        let own = views.iter().filter(|view| view.provider == provider);
        let own: Vec<_> = own.map(|view| (view.number, OwnCallRecord::of(view))).collect();
        let records: Vec<_> = own.iter().map(|(_, record)| record.clone()).collect();
        self.own_calls.extend(own);
        self.out.reply(call, &records);
    }

    /// Let the core decide on a request, and reply.
    pub(super) fn grant(
        &mut self,
        input: Input,
        request: RequestId,
        call: &Header<'_>,
        form: Form,
    ) -> Option<Reply> {
        self.decide(input, Some(Replying { request, call, form }))
    }

    fn report(
        &mut self,
        call: &Header<'_>,
        provider: ProviderId,
        uuid: &str,
        report: Report,
        form: Form,
    ) -> Result<(), Declined> {
        let uuid = call_id(uuid)?;
        let request = RequestId(self.fresh());
        let input = Input::Report { provider, request, call: uuid, report };
        self.grant(input, request, call, form);
        Ok(())
    }

    fn adopt(
        &mut self,
        call: &Header<'_>,
        provider: ProviderId,
        uuid: &str,
        mut record: AdoptionRecord,
    ) -> Result<(), Declined> {
        let id = uuid.parse::<CallUuid>().ok();
        if let (Some(id), Some(token)) = (id, record.token.take()) {
            self.audio.sessions.offer(provider, id, token);
        }
        let form = id.map_or(Form::Empty, |id| Form::Adopted(provider, id));
        let report = record.into_adoption().map(Report::Adopt);
        let done = match report {
            Ok(report) => self.report(call, provider, uuid, report, form),
            Err(error) => Err(error.into()),
        };
        if let Some(id) = id {
            self.audio.sessions.withdraw(provider, id);
        }
        done
    }

    /// Where the app's call is heard, if it has the audio.
    fn request_endpoint(
        &mut self,
        call: &Header<'_>,
        provider: ProviderId,
        uuid: &str,
        endpoint: &str,
    ) -> Result<(), Declined> {
        let uuid: CallUuid = uuid.parse().map_err(|_| RequestError::InvalidArgument)?;
        let of_core = || {
            let views = self.core.calls();
            let own =
                views.iter().find(|view| view.provider == provider && view.facts.uuid == uuid);
            own.map(|view| view.number)
        };
        let number = of_core().ok_or(RequestError::UnknownCallUuid)?;
        if !self.has_audio(number) {
            return Err(RequestError::InvalidAction.into());
        }
        if !self.audio.select(endpoint) {
            return Err(RequestError::EndpointUnavailable.into());
        }
        self.out.reply(call, &());
        Ok(())
    }

    fn complete(
        &mut self,
        call: &Header<'_>,
        provider: ProviderId,
        action: u64,
        completion: Completion,
    ) {
        let request = RequestId(self.fresh());
        let input = Input::Complete {
            provider,
            action: ActionId(action),
            completion,
            request: Some(request),
        };
        self.grant(input, request, call, Form::Empty);
    }

    fn register(
        &mut self,
        message: &Message,
        call: &Header<'_>,
        sender: &str,
    ) -> Result<(), Declined> {
        let body = message.body();
        let mut record: ConfigurationRecord = arguments(&body)?;
        let must = "`app_id` must be the app's id: a bus name such as org.example.Chat. Register under that.";
        let app = record.app_id.take().ok_or_else(|| Refusal::invalid(must))?;
        WellKnownName::try_from(app.as_str()).map_err(|_| Refusal::invalid(must))?;
        if self.shell.gnome_app.speaks_for(&app) {
            let known =
                "GNOME Calls is known by its own interface. Register under the id of your own app.";
            return Err(Refusal::unentitled(known).into());
        }
        let ringtone = record.ringtone.take();
        let mut configuration = record.into_configuration()?;
        if self.peers.get(sender).is_some_and(|peer| peer.provider.is_some()) {
            return Err(RegisterError::AlreadyRegistered.into());
        }
        let Some(owner) = self.settled.take_if(|(of, _)| of == sender).map(|(_, owner)| owner)
        else {
            // Who is this? Two questions to the bus, once; what it says meanwhile waits behind this message.
            for (member, name, question) in [
                ("GetConnectionCredentials", sender, Question::Credentials),
                ("GetNameOwner", app.as_str(), Question::Owner),
            ] {
                if let Some(serial) = self.out.ask_bus(member, &name) {
                    self.peers.ask(sender, serial, question);
                }
            }
            self.peers.wait(sender, message.clone());
            return Err(Declined::Later);
        };
        let identity = self.peers.entry(sender).identity.clone();
        let owns = owner.as_deref() == Some(sender);
        let owned_by_other = owner.is_some() && !owns;
        let attribution = attribute(&app, &identity, owns, owned_by_other, &self.data)
            .map_err(|contradiction| Refusal::unentitled(contradiction.text()))?;
        let provider = ProviderId(self.fresh());
        let request = RequestId(self.fresh());
        let known = attribution.verified || self.private;
        configuration.emergency = known && self.emergency.contains(&app);
        let app = AppId::from(app);
        let form = Form::Registered { verified: attribution.verified };
        // Before the core decides: with its registration it may hear of calls that wait for it.
        self.peers.add_provider(ProviderPeer {
            id: provider,
            connection: sender.to_owned(),
            app_name: attribution.name,
            verified: attribution.verified,
            emergency: configuration.emergency,
        });
        let input = Input::Register { provider, request, app, configuration };
        match self.grant(input, request, call, form) {
            Some(Reply::Registered { .. }) => self.keep_ringtone(provider, ringtone),
            _ => drop(self.peers.remove_provider(sender)),
        }
        Ok(())
    }
}

/// An app's id of a call.
pub(crate) fn call_id(uuid: &str) -> Result<CallUuid, Refusal> {
    let must =
        "The call id must be a UUID, 8-4-4-4-12 hexadecimal digits. Make one and report again.";
    uuid.parse().map_err(|_| Refusal::invalid(must))
}

fn requested(actions: Vec<ActionRecord>) -> Result<Vec<Requested>, Declined> {
    if actions.len() > MAX_RECORDS {
        return Err(Refusal::invalid("More than 1000 actions. Send fewer.").into());
    }
    Ok(actions.into_iter().map(ActionRecord::into_requested).collect::<Result<_, _>>()?)
}
