use crate::args::Act;
use crate::failure::Failure;
use crate::pick::{Purpose, pick};
use crate::{json, words};
use hookswitch::{
    Call, CallNumber, ChoiceKind, Dial, DtmfDigits, Handle, HandleKind, Request, Surface,
};
use serde_json::json;

/// The name under which this program is a surface.
pub const SURFACE: &str = "hookswitch";

/// Do it, wait until it is done, and say what happened.
pub async fn act(act: Act, json: bool) -> Result<(), Failure> {
    // Checked before anything is asked.
    let digits = match &act {
        Act::Dtmf { digits, .. } => Some(parse_digits(digits)?),
        _ => None,
    };
    let choice = match &act {
        Act::Choose { choice, .. } => Some(parse_choice(choice)?),
        _ => None,
    };
    let (surface, events) = Surface::connect(SURFACE).await?;
    drop(events);
    let find = |named, purpose| pick(surface.calls(), named, purpose);
    let (call, request, done) = match act {
        Act::Answer { call } => {
            let call = find(call, Purpose::Answer)?;
            let request = surface.answer(call.number, Some(call.choices_revision));
            (call, request, "answered")
        }
        Act::Decline { call } => {
            let call = find(call, Purpose::Decline)?;
            let request = surface.decline(call.number, Some(call.choices_revision));
            (call, request, "declined")
        }
        Act::End { call } => {
            let call = find(call, Purpose::End)?;
            let request = surface.end(call.number, None);
            (call, request, "ended")
        }
        Act::Hold { call } => {
            let call = find(call, Purpose::Hold)?;
            let request = surface.set_held(call.number, true, Some(call.choices_revision));
            (call, request, "on hold")
        }
        Act::Resume { call } => {
            let call = find(call, Purpose::Resume)?;
            let request = surface.set_held(call.number, false, Some(call.choices_revision));
            (call, request, "active")
        }
        Act::Swap => {
            let call = find(None, Purpose::Swap)?;
            let request = surface.swap(call.number, Some(call.choices_revision));
            (call, request, "active, the other on hold")
        }
        Act::Mute { call, off } => {
            let call = find(call, Purpose::Mute)?;
            let request = surface.set_muted(call.number, !off, None);
            (call, request, if off { "not muted any more" } else { "muted" })
        }
        Act::Dtmf { call, .. } => {
            let call = find(call, Purpose::Dtmf)?;
            let Some(digits) = digits else { return Ok(()) };
            let request = surface.play_dtmf(call.number, &digits, None);
            (call, request, "got the tones")
        }
        Act::Choose { call, .. } => {
            let call = find(Some(call), Purpose::Answer)?;
            let Some(kind) = choice else { return Ok(()) };
            let request = surface.choose(call.number, kind, Some(call.choices_revision));
            (call, request, "done")
        }
        Act::Dial { app, handle, video } => {
            let handle = parse_handle(handle);
            let dial = Dial { app: app.into(), handle, account: None, video };
            return dialed(surface.start_call(dial), json).await;
        }
        Act::Silence { call } => {
            let call = find(call, Purpose::Silence)?;
            surface.silence(call.number).await?;
            say(&call, "silenced", json);
            return Ok(());
        }
    };
    finish(&call, request, done, json).await
}

async fn finish(call: &Call, request: Request, done: &str, json: bool) -> Result<(), Failure> {
    let outcomes = request.outcome().await?;
    if json {
        println!("{}", json!({ "call": call.number.0, "results": json::outcomes(&outcomes) }));
    }
    match words::first_failure(&outcomes) {
        Some(reason) => Err(Failure {
            reason: Some(reason.name().to_owned()),
            text: format!(
                "{}: {}. Look at `hookswitch calls`.",
                title(call.number, call.who()),
                words::failed(reason)
            ),
        }),
        None => {
            if !json {
                println!("{}: {done}.", title(call.number, call.who()));
            }
            Ok(())
        }
    }
}

async fn dialed(request: Request, json: bool) -> Result<(), Failure> {
    let outcomes = request.outcome().await?;
    if json {
        println!("{}", json!({ "results": json::outcomes(&outcomes) }));
    }
    match words::first_failure(&outcomes) {
        Some(reason) => Err(Failure {
            reason: Some(reason.name().to_owned()),
            text: format!("not dialed: {}. Look at the app.", words::failed(reason)),
        }),
        None => {
            if !json {
                println!("Dialing; `hookswitch calls` shows how it goes.");
            }
            Ok(())
        }
    }
}

fn say(call: &Call, done: &str, json: bool) {
    if json {
        println!("{}", json!({ "call": call.number.0, "results": ["fulfilled"] }));
    } else {
        println!("{}: {done}.", title(call.number, call.who()));
    }
}

fn title(number: CallNumber, who: &str) -> String {
    format!("Call {number} ({})", words::clean(who))
}

fn parse_digits(digits: &str) -> Result<DtmfDigits, Failure> {
    DtmfDigits::new(digits.to_ascii_uppercase())
        .ok_or_else(|| Failure::new("these are no tones. Send 1 to 64 of 0-9 * # A-D."))
}

fn parse_choice(word: &str) -> Result<ChoiceKind, Failure> {
    ChoiceKind::from_name(&word.replace('-', "_")).ok_or_else(|| {
        let words = words::choice_words();
        Failure::new(format!("`{}` is no choice. There are: {words}.", words::clean(word)))
    })
}

fn parse_handle(text: String) -> Handle {
    let number = |c: char| c.is_ascii_digit() || " +-()/*#".contains(c);
    let kind = match &text {
        text if text.contains('@') => HandleKind::EmailAddress,
        text if text.chars().all(number) => HandleKind::PhoneNumber,
        _ => HandleKind::Generic,
    };
    Handle::new(kind, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_what_it_looks_like() {
        let kind = |text: &str| parse_handle(text.to_owned()).kind;
        assert_eq!(kind("+49 (30) 123-4"), HandleKind::PhoneNumber);
        assert_eq!(kind("anna@example.org"), HandleKind::EmailAddress);
        assert_eq!(kind("anna"), HandleKind::Generic);
    }

    #[test]
    fn a_choice_is_said_with_either_dash() {
        assert_eq!(parse_choice("hold-and-accept").unwrap(), ChoiceKind::HoldAndAccept);
        assert_eq!(parse_choice("swap").unwrap(), ChoiceKind::Swap);
        assert!(parse_choice("explode").is_err());
    }
}
