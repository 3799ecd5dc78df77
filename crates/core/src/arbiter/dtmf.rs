//! Digits dialed behind a number: sent once both can talk.

use super::turn::Turn;
use crate::call::State;
use crate::transaction::Step;
use crate::words::{CallNumber, DtmfDigits, DtmfType, Handle, HandleKind, Verb};
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec;

/// A telephone number and what follows it, taken apart at the first `,` or `;`. `None`: what follows cannot be sent.
pub(super) fn post_dial(handle: &Handle) -> Option<(Handle, VecDeque<(DtmfType, DtmfDigits)>)> {
    let mut digits = VecDeque::new();
    let end = handle.value.find([',', ';']).unwrap_or(handle.value.len());
    let mut number = handle.clone();
    if handle.kind != HandleKind::PhoneNumber || end == 0 {
        return Some((number, digits));
    }
    let mut rest = &handle.value[end..];
    number.value = handle.value[..end].trim_end().into();
    while let Some(pause) = rest.chars().next() {
        let body = &rest[1..];
        let kind = if pause == ';' { DtmfType::HardPause } else { DtmfType::SoftPause };
        // More commas behind a first one, or among digits, are longer pauses; a semicolon begins anew.
        let end = body.find(';').unwrap_or(body.len());
        let text: String = body[..end].chars().filter(|c| !c.is_whitespace()).collect();
        let text = text.to_ascii_uppercase();
        let kept = match kind {
            DtmfType::HardPause => text.trim_start_matches(','),
            _ => text.as_str(),
        };
        digits.push_back((kind, DtmfDigits::after_pause(kept.trim_end_matches(','))?));
        rest = &body[end..];
    }
    Some((number, digits))
}

impl Turn<'_> {
    /// TX-10: what stands behind a comma is sent by itself, what stands behind a semicolon when the user says so.
    pub fn send_post_dial(&mut self, number: CallNumber) {
        let Some(call) = self.core.calls.get_mut(number) else { return };
        if call.state != State::Active
            || !matches!(call.post_dial.front(), Some((DtmfType::SoftPause, _)))
        {
            return;
        }
        // Only the first part can be such a one, so that none of its own is under way.
        if let Some((kind, digits)) = call.post_dial.pop_front() {
            self.digits_gone(number);
            self.begin_own(vec![Step::own(number, Verb::PlayDtmf(digits, kind))], None);
        }
    }

    /// Digits that were dialed with this call wait no more: what is offered for it may be something else.
    pub fn digits_gone(&mut self, number: CallNumber) {
        self.dirty.insert(number);
        self.rearranged = true;
    }
}
