//! What the core wants of a call, as GNOME Calls can be told it.

use super::agree::Told;
use super::line::{Awaited, Dialing};
use super::object::Stage;
use super::{CALL, ROOT};
use crate::outbox::Foreign;
use crate::service::Service;
use hookswitch_core::words::{ActionId, CallUuid, DtmfDigits, DtmfType, EndKind, ProviderId, Verb};
use hookswitch_core::{Perform, ProviderNews};
use serde::Serialize;
use std::collections::HashMap;
use zbus::message::Type;
use zbus::{DynamicType, Message, Variant};

/// Starts of it that may be under way.
const MOST: usize = 16;

/// What becomes of an action.
enum Course {
    /// It is so already, or cannot be.
    Over(bool),
    /// The object will show it.
    Waits,
}

impl Service {
    /// What the core tells it, or wants of it.
    pub fn tell_gnome_app(&mut self, provider: ProviderId, news: &ProviderNews) {
        match news {
            ProviderNews::Perform(perform) => {
                if let Course::Over(is_done) = self.perform_on_gnome_app(perform) {
                    self.end_gnome_action(provider, perform.action, is_done);
                }
            }
            ProviderNews::TimedOut { action, call, verb } => {
                self.gnome_app_is_late(*action, *call, verb);
            }
            ProviderNews::Finished(finished) => {
                if let Some(line) = &mut self.shell.gnome_app.line {
                    line.finish(finished);
                }
            }
            // It sees to its media itself, and wants nothing as a whole.
            ProviderNews::Execute { .. }
            | ProviderNews::DidAttachCall { .. }
            | ProviderNews::DidActivateAudio(_)
            | ProviderNews::DidDeactivateAudio(_) => {}
        }
    }

    fn end_gnome_action(&mut self, provider: ProviderId, action: ActionId, is_done: bool) {
        let input = self.completed(provider, action, is_done);
        if let Some(line) = &mut self.shell.gnome_app.line {
            line.said.push_back(input);
        }
    }

    fn perform_on_gnome_app(&mut self, perform: &Perform) -> Course {
        // The sound server and callaudiod cut its microphone; without them nobody does.
        let cuts = self.audio.is_on();
        let Some(line) = &mut self.shell.gnome_app.line else { return Course::Over(false) };
        let Some((path, call)) = line.find(perform.call) else {
            return self.perform_before_it_dials(perform);
        };
        let (path, stage) = (path.clone(), call.object.stage);
        match &perform.verb {
            // It was dialed there, or is what was to be dialed.
            Verb::Start => Course::Over(true),
            Verb::Answer if stage.is_answered() => Course::Over(true),
            Verb::Answer if stage == Stage::Incoming => {
                self.wait_for_gnome(perform, &path, "Accept")
            }
            Verb::End(_) if stage == Stage::Over => Course::Over(true),
            // Nobody asked for that: a network knows how long a telephone rings, and where an answer did not get through
            // the window of GNOME Calls still has its button.
            Verb::End(EndKind::Unanswered | EndKind::Failed) => {
                call.told = Told::GivenUp;
                line.begin_again(&path);
                Course::Over(true)
            }
            Verb::End(_) => {
                call.told = Told::Ended;
                self.wait_for_gnome(perform, &path, "Hangup")
            }
            Verb::SetHeld(true) => Course::Over(stage == Stage::Held || call.makes_room),
            Verb::SetHeld(false) => Course::Over(stage == Stage::Active),
            Verb::SetMuted(_) => Course::Over(cuts),
            Verb::PlayDtmf(digits, kind) => self.send_gnome_digits(perform, &path, digits, *kind),
            Verb::Answer | Verb::SetGroup(_) | Verb::SetVideo(_) | Verb::SetTranslating(_) => {
                Course::Over(false)
            }
        }
    }

    /// Of a call that it does not have yet.
    fn perform_before_it_dials(&mut self, perform: &Perform) -> Course {
        let now = self.clock.now().at;
        let Some(line) = &mut self.shell.gnome_app.line else { return Course::Over(false) };
        match (&perform.verb, &perform.facts) {
            (Verb::Start, Some(facts)) if line.dialing.len() < MOST => {
                let (action, call) = (perform.action, perform.call);
                let number = facts.handle.value.clone();
                let parameter = vec![Variant::from(number.clone())];
                let until = perform.deadline;
                line.dialing.retain(|dialing| now < dialing.until);
                line.dialing.push(Dialing { action, call, number, unwanted: false, until });
                let to = line.owner.clone();
                let dial = Foreign {
                    to: &to,
                    path: ROOT,
                    interface: "org.freedesktop.Application",
                    member: "ActivateAction",
                    starts: false,
                };
                let nothing: HashMap<&str, Variant<'_>> = HashMap::new();
                let serial = self.out.call_foreign(&dial, &("dial", parameter, nothing));
                self.expect_gnome(serial, perform, false);
                Course::Waits
            }
            (Verb::End(_), _) => {
                for dialing in line.dialing.iter_mut().filter(|of| of.call == perform.call) {
                    dialing.unwanted = true;
                }
                Course::Over(true)
            }
            _ => Course::Over(false),
        }
    }

    /// Call a method of one of its calls; the object shows what comes of it.
    fn wait_for_gnome(&mut self, perform: &Perform, path: &str, member: &'static str) -> Course {
        if let Some(line) = &mut self.shell.gnome_app.line
            && let Some(call) = line.calls.get_mut(path)
        {
            call.performs.push((perform.action, perform.verb.clone()));
        }
        let serial = self.call_gnome(path, member, &());
        self.expect_gnome(serial, perform, false);
        Course::Waits
    }

    fn send_gnome_digits(
        &mut self,
        perform: &Perform,
        path: &str,
        digits: &DtmfDigits,
        kind: DtmfType,
    ) -> Course {
        // It takes one key at a time, and knows no pause.
        if kind == DtmfType::SoftPause || digits.as_str().contains(',') {
            self.flow.remark("GNOME Calls sends no digits behind a pause");
            return Course::Over(false);
        }
        let mut left = digits.as_str().chars().count();
        for digit in digits.as_str().chars() {
            left -= 1;
            let serial = self.call_gnome(path, "SendDtmf", &digit.to_string());
            self.expect_gnome(serial, perform, left == 0);
        }
        Course::Waits
    }

    pub(super) fn call_gnome<B: Serialize + DynamicType>(
        &mut self,
        path: &str,
        member: &'static str,
        body: &B,
    ) -> Option<u32> {
        let to = self.shell.gnome_app.line.as_ref()?.owner.clone();
        let what = Foreign { to: &to, path, interface: CALL, member, starts: false };
        self.out.call_foreign(&what, body)
    }

    fn expect_gnome(&mut self, serial: Option<u32>, perform: &Perform, is_last: bool) {
        let awaited = Awaited { action: perform.action, call: perform.call, is_last };
        if let Some(line) = &mut self.shell.gnome_app.line {
            line.expect(serial, awaited);
        }
    }

    /// It replied. Whether that was waited for.
    pub(super) fn gnome_app_replied(&mut self, serial: u32, message: &Message) -> bool {
        let Some(line) = &mut self.shell.gnome_app.line else { return false };
        let Some(awaited) = line.take_reply(serial) else { return false };
        let Some(provider) = line.provider else { return true };
        if message.message_type() == Type::Error {
            let verb = line.forget(awaited.action);
            line.dialing.retain(|dialing| dialing.action != awaited.action);
            if matches!(verb, Some(Verb::End(_))) {
                self.is_not_ended_after_all(awaited.call);
            }
            self.flow.remark(&format!("GNOME Calls refused action {}", awaited.action));
            self.end_gnome_action(provider, awaited.action, false);
        } else if awaited.is_last {
            self.end_gnome_action(provider, awaited.action, true);
        }
        self.agree_with_gnome_app();
        true
    }

    /// The core waits no longer.
    fn gnome_app_is_late(&mut self, action: ActionId, call: CallUuid, verb: &Verb) {
        let Some(line) = &mut self.shell.gnome_app.line else { return };
        line.forget(action);
        line.dialing.retain(|dialing| dialing.action != action);
        if matches!(verb, Verb::End(_)) {
            self.is_not_ended_after_all(call);
        }
    }

    /// Over for the core, and not hung up: if it goes on there it is a call again, so that nobody is overheard.
    fn is_not_ended_after_all(&mut self, call: CallUuid) {
        let Some(line) = &mut self.shell.gnome_app.line else { return };
        let Some((path, call)) = line.find(call) else { return };
        let path = path.clone();
        if call.object.stage != Stage::Over {
            call.told = Told::GivenUp;
            line.begin_again(&path);
        }
    }

    /// It has a new call: one that it was asked to dial, one that the user thought better of, or any.
    pub(super) fn begin_gnome_call(&mut self, path: &str) {
        let now = self.clock.now().at;
        let Some(line) = &mut self.shell.gnome_app.line else { return };
        let (Some(provider), Some(call)) = (line.provider, line.calls.get(path)) else { return };
        let object = call.object.clone();
        if let Some(dialed) = line.take_dialed(now, &object) {
            let Some(call) = line.calls.get_mut(path) else { return };
            (call.uuid, call.told, call.is_news) = (dialed.call, Told::Yes, true);
            if dialed.unwanted {
                call.told = Told::Ended;
                self.call_gnome(path, "Hangup", &());
            } else {
                self.end_gnome_action(provider, dialed.action, true);
            }
        }
        if object.stage == Stage::Incoming {
            self.silence_early(path);
        }
    }
}
