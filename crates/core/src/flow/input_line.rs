use super::Names;
use super::names::Name;
use super::print::{hidden, hidden_dial, joined, space_after, verb_words};
use crate::input::{CallRef, Completion, Input, Report, Requested, Requester, Verdict};
use crate::words::{ActionId, CallUpdate, CallUuid, Verb};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// An input as a line of a flow. `None`: it has no line of its own (time that passes is written as `after`).
///
/// `action` says which verb and call an action id stands for.
pub fn input_line(
    input: &Input,
    names: &Names,
    action: impl Fn(ActionId) -> Option<(Verb, CallUuid)>,
) -> Option<String> {
    let (party, words) = match input {
        Input::Register { provider, configuration, .. } => {
            (names.provider(*provider), format!("register{}", configured(configuration)))
        }
        Input::Configure { provider, configuration, .. } => {
            (names.provider(*provider), format!("configure{}", configured(configuration)))
        }
        Input::Invalidate { provider, .. } => (names.provider(*provider), "invalidate".into()),
        Input::ProviderLost { provider } => (names.provider(*provider), "lost".into()),
        Input::Report { provider, call, report, .. } => {
            (names.provider(*provider), report_words(report, &names.call(*call), names))
        }
        Input::Complete { provider, action: id, completion, .. } => {
            let what = match action(*id) {
                Some((Verb::End(_), call)) => joined(&["end", &names.call(call)]),
                Some((verb, call)) => verb_words(&verb, &names.call(call), names),
                None => format!("action {id}"),
            };
            let how = match completion {
                Completion::Fulfill(_) => "fulfill",
                Completion::FulfillUsing(engine) => {
                    let party = names.provider(*provider);
                    let words = format!("fulfill {what} using={}", engine.name());
                    return Some(format!("{party:<4} -> core : {words}"));
                }
                Completion::Fail => "fail",
            };
            (names.provider(*provider), joined(&[how, &what]))
        }
        Input::Request { requester, actions, revision, .. } => {
            let actions: Vec<String> = actions.iter().map(|a| requested(a, names)).collect();
            let mut words = match actions.is_empty() {
                true => String::from("request nothing"),
                false => joined(&["request", &actions.join(" ; ")]),
            };
            if let Some(revision) = revision {
                words.push_str(&format!(" revision={revision}"));
            }
            (requester_name(*requester, names), words)
        }
        Input::Executed { provider, handled, .. } => {
            let words = if *handled { "executes" } else { "one-by-one" };
            (names.provider(*provider), words.into())
        }
        Input::Rung { app, call, configuration, update, verdict, .. } => {
            let report =
                Report::Incoming { account: None, update: update.clone(), verdict: *verdict };
            let words = report_words(&report, &names.call(*call), names);
            let words = words.trim_start_matches("report incoming");
            ("push".into(), format!("rings {app}{words}{}", configured(configuration)))
        }
        Input::SurfaceRegistered { surface } => (names.surface(*surface), "register".into()),
        Input::SurfaceLeft { surface } => (names.surface(*surface), "lost".into()),
        Input::Presented { surface, call } => {
            (names.surface(*surface), format!("presented {}", names.number(*call)))
        }
        Input::NotPresented { surface, call } => {
            (names.surface(*surface), format!("notpresented {}", names.number(*call)))
        }
        Input::Silence { surface, call, .. } => {
            (names.surface(*surface), format!("silence {}", names.number(*call)))
        }
        Input::Press { long } => {
            ("headset".into(), format!("press {}", if *long { "long" } else { "short" }))
        }
        Input::AudioActivated { .. } | Input::Tick => return None,
        Input::Restore { .. } => return Some("core restarts".into()),
    };
    Some([&*party, space_after(&party), " -> core : ", &words].concat())
}

fn requester_name(requester: Requester, names: &Names) -> Name {
    match requester {
        Requester::Provider(provider) => names.provider(provider),
        Requester::Surface(surface) => names.surface(surface),
        Requester::Headset => "headset".into(),
    }
}

fn configured(configuration: &crate::provider::Configuration) -> String {
    let mut words = String::new();
    if configuration.maximum_call_groups != 2 {
        words.push_str(&format!(" groups={}", configuration.maximum_call_groups));
    }
    if configuration.maximum_calls_per_call_group != 5 {
        words.push_str(&format!(" per_group={}", configuration.maximum_calls_per_call_group));
    }
    let accounts: Vec<&str> = configuration.accounts.iter().map(|a| a.id.as_str()).collect();
    if accounts != ["default"] {
        words.push_str(&format!(" accounts={}", accounts.join(",")));
    }
    if !configuration.includes_calls_in_recents {
        words.push_str(" unlogged");
    }
    for (set, word) in [
        (configuration.supports_video, " can_video"),
        (configuration.supports_audio_translation, " can_translate"),
        (configuration.executes_transactions, " executes"),
        (configuration.emergency, " emergency"),
    ] {
        words.push_str(if set { word } else { "" });
    }
    if let Some(stuck) = configuration.stuck {
        words.push_str(&format!(" stuck={}ms", stuck.as_millis()));
    }
    words
}

fn report_words(report: &Report, call: &str, names: &Names) -> String {
    match report {
        Report::Incoming { account, update, verdict } => {
            let mut words = joined(&["report incoming", call]) + &update_words(update);
            if let Some(account) = account {
                words.push_str(&format!(" account={account}"));
            }
            match verdict {
                Verdict::Allow => {}
                Verdict::DoNotDisturb => words.push_str(" dnd"),
                Verdict::Blocked => words.push_str(" blocked"),
            }
            words
        }
        Report::Updated(update) => format!("report updated {call}{}", update_words(update)),
        Report::StartedConnecting(_) => format!("report connecting {call}"),
        Report::Connected(_) => format!("report connected {call}"),
        Report::Ended(_, reason) => joined(&["report ended", call, reason.name()]),
        Report::Adopt(adoption) => {
            let muted = if adoption.muted { " muted" } else { "" };
            let update = update_words(&adoption.update);
            let with = adoption.group_with.map(|with| format!(" with={}", names.call(with)));
            let with = with.unwrap_or_default();
            format!("report adopt {call} {}{muted}{with}{update}", adoption.state.name())
        }
    }
}

/// Names and handles stay out: a journal can be shown around.
fn update_words(update: &CallUpdate) -> String {
    let mut words = String::new();
    let mut flag = |value: Option<bool>, on: &str, off: &str| match value {
        Some(true) => words.push_str(on),
        Some(false) => words.push_str(off),
        None => {}
    };
    flag(update.supports_holding, " holding", " no-holding");
    flag(update.supports_grouping, " grouping", " no-grouping");
    flag(update.supports_ungrouping, " ungrouping", " no-ungrouping");
    flag(update.supports_dtmf, " dtmf", " no-dtmf");
    flag(update.supports_video, " can_video", " no-can_video");
    flag(update.supports_translation, " can_translate", " no-can_translate");
    flag(update.has_video, " video", " no-video");
    flag(update.reconnecting, " reconnecting", " reconnected");
    flag(update.emergency, " emergency", "");
    flag(update.log_policy.map(|policy| policy == crate::words::LogPolicy::None), " unlogged", "");
    flag(update.localized_caller_name.as_ref().map(|_| true), " named", "");
    words
}

fn requested(action: &Requested, names: &Names) -> String {
    let call = |call: &CallRef| match call {
        CallRef::Uuid(uuid) => names.call(*uuid),
        CallRef::Number(number) => names.number(*number),
    };
    match action {
        Requested::Start(details) => {
            let mut words = format!("start {}", names.call(details.uuid));
            if let Some(app) = &details.app {
                words.push_str(&format!(" app={app}"));
            }
            if let Some(account) = &details.account {
                words.push_str(&format!(" account={account}"));
            }
            if details.video {
                words.push_str(" video");
            }
            if details.emergency {
                words.push_str(" emergency");
            }
            if let Some(dial) = hidden_dial(&details.handle) {
                words.push_str(&format!(" dial={dial}"));
            }
            words
        }
        Requested::Answer(of) => joined(&["answer", &call(of)]),
        Requested::Choose(number, kind) => {
            format!("choose {} {}", names.number(*number), kind.name())
        }
        Requested::End(of) => joined(&["end", &call(of)]),
        Requested::EndGroup(of) => format!("end_group {}", call(of)),
        Requested::SetGroup(of, Some(with)) => format!("merge {} {}", call(of), call(with)),
        Requested::SetGroup(of, None) => format!("split {}", call(of)),
        Requested::SetHeld(of, true) => format!("hold {}", call(of)),
        Requested::SetHeld(of, false) => format!("resume {}", call(of)),
        Requested::SetMuted(of, true) => format!("mute {}", call(of)),
        Requested::SetMuted(of, false) => format!("unmute {}", call(of)),
        Requested::SetVideo(of, true) => format!("video {}", call(of)),
        Requested::SetVideo(of, false) => format!("no-video {}", call(of)),
        Requested::SetTranslating(of, Some(languages)) => {
            format!("translate {} {} {}", call(of), languages.local, languages.remote)
        }
        Requested::SetTranslating(of, None) => format!("stop-translating {}", call(of)),
        Requested::PlayDtmf(of, digits, _) => {
            format!("dtmf {} {}", call(of), hidden(digits))
        }
    }
}
