use super::{Declined, arguments};
use crate::effects::Form;
use crate::identity::may_be_surface;
use crate::peers::Question;
use crate::service::Service;
use hookswitch_bus::{
    ActionRecord, ConsequencesRecord, MAX_NAME, MAX_RECORDS, Refusal, RequestOptions, StateRecord,
    SurfaceActionRecord, SurfaceRecord, group_with, languages, names,
};
use hookswitch_core::words::{
    CallNumber, CallState, CallUuid, ChoiceKind, DtmfDigits, DtmfType, RequestError, RequestId,
    SurfaceId,
};
use hookswitch_core::{CallRef, CallView, Input, Requested, Requester};
use uuid::Uuid;
use zbus::Message;
use zbus::message::Header;

/// Questions about the audio that may wait at once.
const MAX_QUESTIONS: usize = 64;

const NOT_A_SURFACE: &str = "This connection is no surface. Call Surface1.Register first.";
const MAY_NOT: &str = "This program may not be a surface: no desktop entry in a system data \
                       directory starts it and says X-Hookswitch-Surface=true. Install one.";

impl Service {
    /// The surface this connection is.
    pub(super) fn surface(&self, sender: &str) -> Result<SurfaceId, Declined> {
        let surface = self.peers.get(sender).and_then(|peer| peer.surface.as_ref());
        let surface = surface.map(|(surface, _)| *surface);
        surface.ok_or_else(|| Refusal::unentitled(NOT_A_SURFACE).into())
    }

    pub(super) fn surface_door(
        &mut self,
        message: &Message,
        call: &Header<'_>,
        member: &str,
        sender: &str,
    ) -> Result<(), Declined> {
        let body = message.body();
        let number = |number: u64| CallRef::Number(CallNumber(number));
        if member == "Register" {
            return self.register_surface(message, call, sender);
        }
        let surface = self.surface(sender)?;
        let (wish, options) = match member {
            "Unregister" => {
                arguments::<()>(&body)?;
                self.peers.remove_surface(sender);
                self.decide(Input::SurfaceLeft { surface }, None);
                self.out.reply(call, &());
                return Ok(());
            }
            "Presented" => {
                let call_number = CallNumber(arguments::<u64>(&body)?);
                self.sight.is_taken(surface, call_number);
                self.decide(Input::Presented { surface, call: call_number }, None);
                self.out.reply(call, &());
                return Ok(());
            }
            "NotPresented" => {
                let call_number = CallNumber(arguments::<u64>(&body)?);
                let rings = |view: &CallView| view.state == CallState::Ringing;
                let all = self.core.calls();
                if all.iter().any(|view| view.number == call_number && rings(view)) {
                    self.sight.is_left(surface, call_number);
                }
                self.decide(Input::NotPresented { surface, call: call_number }, None);
                self.out.reply(call, &());
                return Ok(());
            }
            "Silence" => {
                let call_number = CallNumber(arguments::<u64>(&body)?);
                let request = RequestId(self.fresh());
                let input = Input::Silence { surface, request, call: call_number };
                self.grant(input, request, call, Form::Empty);
                return Ok(());
            }
            "Audio" => {
                arguments::<()>(&body)?;
                return self.ask_audio(message, call);
            }
            "TestRing" => {
                arguments::<RequestOptions>(&body)?;
                return self.test_ring(message);
            }
            "SelectEndpoint" => {
                let (endpoint, _): (&str, RequestOptions) = arguments(&body)?;
                if !self.audio.select(endpoint) {
                    return Err(RequestError::EndpointUnavailable.into());
                }
                self.out.reply(call, &());
                return Ok(());
            }
            "Choose" => {
                let (of, word, mut options): (u64, &str, RequestOptions) = arguments(&body)?;
                self.answer_with(CallNumber(of), options.endpoint.take())?;
                let kind = ChoiceKind::from_name(word).ok_or_else(|| {
                    Refusal::invalid("There is no such choice. Take one from the call's choices.")
                })?;
                (Requested::Choose(CallNumber(of), kind), options)
            }
            "Answer" => {
                let (of, mut options): (u64, RequestOptions) = arguments(&body)?;
                self.answer_with(CallNumber(of), options.endpoint.take())?;
                (Requested::Answer(number(of)), options)
            }
            "End" => {
                let (of, options): (u64, RequestOptions) = arguments(&body)?;
                (Requested::End(number(of)), options)
            }
            "EndGroup" => {
                let (of, options): (u64, RequestOptions) = arguments(&body)?;
                (Requested::EndGroup(number(of)), options)
            }
            "SetGroup" => {
                let (of, with, options): (u64, u64, RequestOptions) = arguments(&body)?;
                (Requested::SetGroup(number(of), group_with(with)), options)
            }
            "SetVideo" => {
                let (of, on, options): (u64, bool, RequestOptions) = arguments(&body)?;
                (Requested::SetVideo(number(of), on), options)
            }
            "SetTranslating" => {
                let (of, on, mut options): (u64, bool, RequestOptions) = arguments(&body)?;
                let (local, remote) =
                    (options.local_language.take(), options.remote_language.take());
                (Requested::SetTranslating(number(of), languages(on, local, remote)?), options)
            }
            "Preflight" => return self.preflight(surface, &body, call),
            "SetHeld" => {
                let (of, held, options): (u64, bool, RequestOptions) = arguments(&body)?;
                (Requested::SetHeld(number(of), held), options)
            }
            "SetMuted" => {
                let (of, muted, options): (u64, bool, RequestOptions) = arguments(&body)?;
                (Requested::SetMuted(number(of), muted), options)
            }
            "PlayDtmf" => {
                let (of, digits, options): (u64, &str, RequestOptions) = arguments(&body)?;
                let must = "`digits` must be 1 to 64 of 0-9 * # A-D. Correct them and ask again.";
                let digits = DtmfDigits::new(digits).ok_or_else(|| Refusal::invalid(must))?;
                let kind = options.dtmf_type.as_deref().and_then(DtmfType::from_name);
                (Requested::PlayDtmf(number(of), digits, kind.unwrap_or_default()), options)
            }
            "StartCall" => {
                let start: ActionRecord = arguments(&body)?;
                // The service makes the id, for the app that is asked to start it.
                let uuid = CallUuid(Uuid::new_v4().as_u128());
                (Requested::Start(start.into_start(uuid)?), RequestOptions::default())
            }
            _ => return Err(Declined::Unknown("UnknownMethod")),
        };
        let request = RequestId(self.fresh());
        let requester = Requester::Surface(surface);
        let revision = options.revision;
        let input = Input::Request { requester, request, actions: vec![wish], revision };
        self.grant(input, request, call, Form::AcceptedBy(surface));
        Ok(())
    }

    /// What there is is said when somebody has looked.
    fn ask_audio(&mut self, message: &Message, call: &Header<'_>) -> Result<(), Declined> {
        if self.audio_questions.len() >= MAX_QUESTIONS {
            return Err(RequestError::TooManyRequests.into());
        }
        match self.audio.look() {
            true => self.audio_questions.push(message.clone()),
            false => self.out.reply(call, &self.audio.record()),
        }
        Ok(())
    }

    fn answer_with(&mut self, call: CallNumber, endpoint: Option<String>) -> Result<(), Declined> {
        let Some(endpoint) = endpoint else { return Ok(()) };
        if endpoint.len() > MAX_NAME {
            let long = "`endpoint` must be at most 256 bytes. Take the id of one that there is.";
            return Err(Refusal::invalid(long).into());
        }
        self.audio.sessions.answer_with(call, endpoint);
        Ok(())
    }

    /// What would follow: nothing is done, and nobody is asked.
    fn preflight(
        &mut self,
        surface: SurfaceId,
        body: &zbus::message::Body,
        call: &Header<'_>,
    ) -> Result<(), Declined> {
        let (actions, _): (Vec<SurfaceActionRecord>, RequestOptions) = arguments(body)?;
        if actions.len() > MAX_RECORDS {
            return Err(Refusal::invalid("More than 1000 actions. Send fewer.").into());
        }
        let new = || CallUuid(Uuid::new_v4().as_u128());
        let actions: Vec<Requested> = actions
            .into_iter()
            .map(|action| action.into_requested(new()))
            .collect::<Result<_, _>>()?;
        let consequences = self.core.preflight(Requester::Surface(surface), &actions)?;
        self.out.reply(call, &ConsequencesRecord::from(&consequences));
        Ok(())
    }

    fn register_surface(
        &mut self,
        message: &Message,
        call: &Header<'_>,
        sender: &str,
    ) -> Result<(), Declined> {
        let body = message.body();
        let record: SurfaceRecord = arguments(&body)?;
        if record.name.len() > hookswitch_bus::MAX_NAME {
            let long = "`name` must be at most 256 bytes. Shorten it and register again.";
            return Err(Refusal::invalid(long).into());
        }
        if self.settled.take_if(|(of, _)| of == sender).is_none() {
            if let Some(serial) = self.out.ask_bus("GetConnectionCredentials", &sender) {
                self.peers.ask(sender, serial, Question::Credentials);
            }
            self.peers.wait(sender, message.clone());
            return Err(Declined::Later);
        }
        let identity = self.peers.entry(sender).identity.clone();
        if !may_be_surface(&identity, &self.data) {
            return Err(Refusal::unentitled(MAY_NOT).into());
        }
        let before = self.peers.remove_surface(sender);
        let surface = SurfaceId(self.fresh());
        self.peers.add_surface(sender, surface, record.name);
        self.decide(Input::SurfaceRegistered { surface }, None);
        if let Some(surface) = before {
            self.decide(Input::SurfaceLeft { surface }, None);
        }
        let views = self.core.calls();
        let audio = self.audio.record();
        let state = StateRecord {
            calls: views.iter().map(|view| self.call_record(view)).collect(),
            ring: self.core.ring_level().name().to_owned(),
            version: names::VERSION,
            features: names::FEATURES.iter().map(|&word| word.to_owned()).collect(),
            endpoints: Some(audio.endpoints).filter(|endpoints| !endpoints.is_empty()),
            server: audio.server,
        };
        self.out.reply(call, &state);
        Ok(())
    }
}
