use crate::grant::AudioGrant;
use crate::media::Media;
use hookswitch::{AnswerCallAction, CallUuid, StartCallAction};
use hookswitch_platform::call_server::CallId;

/// Where a call of this app is in its life. Any stage may go straight to the end, which is leaving the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Outgoing: the exchange was asked. Next: `Dialing`.
    Placing,
    /// Outgoing: the invitation left. Next: `Answered`.
    Dialing,
    /// Outgoing: answered there, not both are in the room. Next: `Connected`.
    Answered,
    /// Incoming: it rings here. Next: `Answering`.
    Ringing,
    /// Incoming: the user answered, and the room is being joined. Next: `Connected`.
    Answering,
    /// Both sides can talk.
    Connected,
}

/// A step that the stage does not allow. The call stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the call is {from:?} and cannot become {to:?}. Show its present stage.")]
pub struct WrongStage {
    /// The stage it is in.
    pub from: Stage,
    /// The stage asked for.
    pub to: Stage,
}

/// A call of this app.
#[derive(Debug)]
pub struct Call {
    /// The app's own id of it, by which the call service knows it.
    pub uuid: CallUuid,
    /// The exchange's id of it, once there is one.
    pub exchange_id: Option<CallId>,
    /// The newest version that was heard of it.
    pub version: u64,
    /// Whether this user called.
    pub outgoing: bool,
    /// Who is at the other end.
    pub peer: String,
    /// Nobody is: the exchange knows nothing of it.
    pub simulated: bool,
    /// On hold here.
    pub held: bool,
    /// The microphone is muted.
    pub muted: bool,
    /// What the call service granted, while the call has the audio.
    pub audio: Option<AudioGrant>,
    /// The room is joined.
    pub joined: bool,
    /// Its media, once there is a room.
    pub media: Option<Media>,
    /// The start that is fulfilled when the invitation has left.
    pub start: Option<StartCallAction>,
    /// The answer that is fulfilled when the room is joined.
    pub answer: Option<AnswerCallAction>,
    stage: Stage,
    talking: bool,
}

impl Call {
    /// A call that the user dialed.
    pub fn outgoing(uuid: CallUuid, peer: String) -> Self {
        Self::new(uuid, peer, true, Stage::Placing)
    }

    /// A call that came in.
    pub fn incoming(uuid: CallUuid, exchange_id: CallId, version: u64, peer: String) -> Self {
        Self {
            exchange_id: Some(exchange_id),
            version,
            ..Self::new(uuid, peer, false, Stage::Ringing)
        }
    }

    /// A call that nobody makes: it rings, and there is nobody to talk to.
    pub fn simulated(uuid: CallUuid, peer: String) -> Self {
        Self { simulated: true, ..Self::new(uuid, peer, false, Stage::Ringing) }
    }

    fn new(uuid: CallUuid, peer: String, outgoing: bool, stage: Stage) -> Self {
        Self {
            uuid,
            exchange_id: None,
            version: 0,
            outgoing,
            peer,
            simulated: false,
            held: false,
            muted: false,
            audio: None,
            joined: false,
            media: None,
            start: None,
            answer: None,
            stage,
            talking: false,
        }
    }

    /// Where it is.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// It goes on in its life.
    ///
    /// # Errors
    /// That is not the next stage of such a call.
    pub fn go(&mut self, to: Stage) -> Result<(), WrongStage> {
        use Stage::{Answered, Answering, Connected, Dialing, Placing, Ringing};
        let from = self.stage;
        match (from, to) {
            (Placing, Dialing)
            | (Dialing, Answered)
            | (Dialing | Answered, Connected)
            | (Ringing, Answering)
            | (Answering, Connected) => {
                self.stage = to;
                Ok(())
            }
            _ => Err(WrongStage { from, to }),
        }
    }

    /// Whether its media may run: both sides can talk, it has the audio, and it is not on hold.
    pub fn may_talk(&self) -> bool {
        self.stage == Stage::Connected && self.audio.is_some() && !self.held && self.joined
    }

    /// Whether its media has to be started (true) or stopped (false) now; `None`: it is as it should be.
    pub fn turn(&mut self) -> Option<bool> {
        let may = self.may_talk();
        (may != self.talking).then(|| {
            self.talking = may;
            may
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outgoing_call_lives_in_order() {
        let mut call = Call::outgoing(CallUuid(1), "bob".into());
        assert_eq!(
            call.go(Stage::Answering),
            Err(WrongStage { from: Stage::Placing, to: Stage::Answering })
        );
        for stage in [Stage::Dialing, Stage::Answered, Stage::Connected] {
            call.go(stage).unwrap();
        }
        assert!(call.go(Stage::Dialing).is_err());
        assert_eq!(call.stage(), Stage::Connected);
    }

    #[test]
    fn media_waits_for_the_audio_and_stops_on_hold() {
        let mut call = Call::outgoing(CallUuid(1), "bob".into());
        call.go(Stage::Dialing).unwrap();
        call.joined = true;
        call.audio = Some(AudioGrant::default());
        assert_eq!(call.turn(), None);
        call.go(Stage::Connected).unwrap();
        assert_eq!(call.turn(), Some(true));
        assert_eq!(call.turn(), None);
        call.held = true;
        assert_eq!(call.turn(), Some(false));
        call.held = false;
        call.audio = None;
        assert_eq!(call.turn(), None);
        call.audio = Some(AudioGrant::default());
        assert_eq!(call.turn(), Some(true));
    }
}
