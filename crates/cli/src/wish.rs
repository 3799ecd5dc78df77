//! What is wanted of a call, from what was typed.

use crate::args::Act;
use crate::dial::only_app;
use crate::failure::Failure;
use crate::pick::{Purpose, pick};
use crate::words;
use hookswitch::{
    Call, CallNumber, ChoiceKind, Dial, DtmfDigits, Handle, HandleKind, Request, Surface, Wish,
};

/// What was typed, as far as it can be checked without asking anybody.
#[derive(Debug)]
pub struct Checked {
    act: Act,
    digits: Option<DtmfDigits>,
    choice: Option<ChoiceKind>,
}

/// What is wanted.
#[derive(Debug)]
pub struct Wanted {
    /// Of which call; `None`: of one that is to be dialed.
    pub call: Option<Call>,
    /// What.
    pub wish: Wish,
    /// Whether it is only meant as the choices were when it was looked up.
    seen: bool,
    /// What to say once it is done.
    pub done: &'static str,
}

/// Check what was typed.
pub fn checked(act: Act) -> Result<Checked, Failure> {
    let digits = match &act {
        Act::Dtmf { digits, .. } => Some(parse_digits(digits)?),
        _ => None,
    };
    let choice = match &act {
        Act::Choose { choice, .. } => Some(parse_choice(choice)?),
        _ => None,
    };
    Ok(Checked { act, digits, choice })
}

impl Checked {
    /// The call to silence, if that is all.
    pub fn silences(&self) -> Option<Option<u64>> {
        match self.act {
            Act::Silence { call } => Some(call),
            _ => None,
        }
    }

    /// Find the app to dial with, if none was named.
    pub async fn with_app(mut self, surface: &Surface) -> Result<Self, Failure> {
        if let Act::Dial { app: app @ None, handle, .. } = &mut self.act {
            *app = Some(only_app(surface, &parse_handle(handle.clone())).await?.to_string());
        }
        Ok(self)
    }

    /// Find the call that is meant.
    pub fn find(self, calls: Vec<Call>) -> Result<Wanted, Failure> {
        let find = |named, purpose| pick(calls.clone(), named, purpose);
        let seen = !matches!(
            self.act,
            Act::End { .. }
                | Act::EndGroup { .. }
                | Act::Mute { .. }
                | Act::Video { .. }
                | Act::Dtmf { .. }
        );
        let (call, wish, done) = match self.act {
            Act::Answer { call } => {
                let call = find(call, Purpose::Answer)?;
                (call.number, Wish::Answer(call.number), "answered")
            }
            Act::Decline { call } => {
                let call = find(call, Purpose::Decline)?;
                (call.number, Wish::End(call.number), "declined")
            }
            Act::End { call } => {
                let call = find(call, Purpose::End)?;
                (call.number, Wish::End(call.number), "ended")
            }
            Act::EndGroup { call } => {
                let call = find(call, Purpose::EndGroup)?;
                (call.number, Wish::EndGroup(call.number), "ended, with everybody in its group")
            }
            Act::Hold { call } => {
                let call = find(call, Purpose::Hold)?;
                (call.number, Wish::SetHeld(call.number, true), "on hold")
            }
            Act::Resume { call } => {
                let call = find(call, Purpose::Resume)?;
                (call.number, Wish::SetHeld(call.number, false), "active")
            }
            Act::Swap => {
                let call = find(None, Purpose::Swap)?;
                let wish = Wish::Choose(call.number, ChoiceKind::Swap);
                (call.number, wish, "active, the other on hold")
            }
            Act::Merge { call, with } => {
                let (call, with) =
                    (find(Some(call), Purpose::End)?, find(Some(with), Purpose::End)?);
                (call.number, Wish::SetGroup(call.number, Some(with.number)), "merged")
            }
            Act::Split { call } => {
                let call = find(call, Purpose::Split)?;
                (call.number, Wish::SetGroup(call.number, None), "by itself, the others on hold")
            }
            Act::Mute { call, off } => {
                let call = find(call, Purpose::Mute)?;
                let done = if off { "not muted any more" } else { "muted" };
                (call.number, Wish::SetMuted(call.number, !off), done)
            }
            Act::Video { call, off } => {
                let call = find(call, Purpose::Video)?;
                let done = if off { "without video" } else { "with video" };
                (call.number, Wish::SetVideo(call.number, !off), done)
            }
            Act::Dtmf { call, .. } => {
                let call = find(call, Purpose::Dtmf)?;
                let digits = self.digits.ok_or_else(no_tones)?;
                (call.number, Wish::PlayDtmf(call.number, digits), "got the tones")
            }
            Act::Choose { call, .. } => {
                let call = find(Some(call), Purpose::Answer)?;
                let kind = self.choice.ok_or_else(|| no_choice(""))?;
                (call.number, Wish::Choose(call.number, kind), "done")
            }
            Act::Dial { app, handle, video, emergency } => {
                let handle = parse_handle(handle);
                let app = app.ok_or_else(|| Failure::new("no app to dial with. Say its id."))?;
                let dial = Dial { video, emergency, ..Dial::new(app, handle) };
                let wish = Wish::StartCall(dial);
                return Ok(Wanted { call: None, wish, seen, done: "dialing" });
            }
            Act::Silence { .. } => {
                return Err(Failure::new("silencing touches no other call."));
            }
        };
        let call = calls.into_iter().find(|of| of.number == call);
        Ok(Wanted { call, wish, seen, done })
    }
}

impl Wanted {
    /// Ask for it.
    pub fn ask(&self, surface: &Surface) -> Request {
        let revision = self.call.as_ref().filter(|_| self.seen).map(|call| call.choices_revision);
        match self.wish.clone() {
            Wish::Answer(call) => surface.answer(call, revision),
            Wish::End(call) => surface.end(call, revision),
            Wish::EndGroup(call) => surface.end_group(call, revision),
            Wish::Choose(call, kind) => surface.choose(call, kind, revision),
            Wish::SetHeld(call, held) => surface.set_held(call, held, revision),
            Wish::SetMuted(call, muted) => surface.set_muted(call, muted, revision),
            Wish::SetGroup(call, with) => surface.set_group(call, with, revision),
            Wish::SetVideo(call, video) => surface.set_video(call, video, revision),
            Wish::SetTranslating(call, languages) => {
                surface.set_translating(call, languages, revision)
            }
            Wish::PlayDtmf(call, digits) => surface.play_dtmf(call, &digits, revision),
            Wish::StartCall(dial) => surface.start_call(dial),
        }
    }
}

/// A call, as it is called here.
pub fn title(number: CallNumber, who: &str) -> String {
    format!("Call {number} ({})", words::clean(who))
}

fn no_tones() -> Failure {
    Failure::new("these are no tones. Send 1 to 64 of 0-9 * # A-D.")
}

fn no_choice(word: &str) -> Failure {
    let there_are = words::choice_words();
    Failure::new(format!("`{}` is no choice. There are: {there_are}.", words::clean(word)))
}

fn parse_digits(digits: &str) -> Result<DtmfDigits, Failure> {
    DtmfDigits::new(digits.to_ascii_uppercase()).ok_or_else(no_tones)
}

fn parse_choice(word: &str) -> Result<ChoiceKind, Failure> {
    ChoiceKind::from_name(&word.replace('-', "_")).ok_or_else(|| no_choice(word))
}

/// The handle that was typed. Digits behind a comma or semicolon are sent later; they make it no less a number.
pub fn parse_handle(text: String) -> Handle {
    let number = |c: char| c.is_ascii_digit() || " +-()/*#,;".contains(c);
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
        assert_eq!(kind("+49301234,,12;3#"), HandleKind::PhoneNumber);
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
