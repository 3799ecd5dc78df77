use crate::media::MediaEvent;
use hookswitch::{
    AnswerCallAction, CallNumber, CallUuid, EndCallAction, Error, IncomingCallError, ReportError,
    Reset, SetHeldCallAction, SetMutedCallAction, StartCallAction,
};
use hookswitch_platform::call_server::{CallSnapshot, DeviceError, DeviceEvent};
use std::time::Duration;

/// What the call service asks of the app or tells it.
#[derive(Debug)]
pub enum Ask {
    /// The app is registered.
    Begin,
    /// The service restarted.
    Reset(Reset),
    /// Dial.
    Start(StartCallAction),
    /// Connect.
    Answer(AnswerCallAction),
    /// End.
    End(EndCallAction),
    /// Hold or resume.
    SetHeld(SetHeldCallAction),
    /// Mute or unmute.
    SetMuted(SetMutedCallAction),
    /// The call has the audio, or has it no more.
    Audio(CallUuid, bool),
    /// The bus is gone.
    BusLost,
}

/// Anything that the phone's task hears of.
#[derive(Debug)]
pub enum Note {
    /// From the call service.
    Asked(Ask),
    /// From the exchange.
    Exchange(DeviceEvent),
    /// The exchange placed a call or would not.
    Placed(CallUuid, Result<(CallSnapshot, String), DeviceError>),
    /// The exchange took an answer or would not.
    Answered(CallUuid, Result<(CallSnapshot, String), DeviceError>),
    /// The call service admitted an incoming call or would not.
    Admitted(CallUuid, Result<CallNumber, Error<IncomingCallError>>),
    /// The call service took a call back or would not.
    Adopted(CallUuid, Result<(), Error<ReportError>>),
    /// From a call's media.
    Media(CallUuid, MediaEvent),
    /// The room of this call was closed a while ago; if the exchange has not said why by now, the call failed.
    RoomClosedAWhileAgo(CallUuid),
    /// Somebody who is made up is to call, so much later.
    Simulate(Duration),
    /// The program is to end.
    Terminate,
}
