use super::names::Name;
use super::{Line, Names};
use crate::effect::{
    AudioEffect, CallView, Change, Effect, Finished, Perform, ProviderNews, Reply,
};
use crate::input::{CallRef, Completion, Input, Report, Requested, Requester, Verdict};
use crate::words::{
    ActionId, CallState, CallUpdate, CallUuid, DtmfDigits, DtmfType, GroupId, Handle, HandleKind,
    Languages, Outcome, RecentsEntry, Verb,
};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// What was last shown of a call, so that only what changed is written.
pub(super) type Shown = BTreeMap<crate::words::CallNumber, ShownCall>;

/// What was last written of a call.
#[derive(Clone, Debug)]
pub(super) struct ShownCall {
    state: CallState,
    muted: bool,
    video: bool,
    group: Option<GroupId>,
    translating: Option<Languages>,
}

/// An effect as lines, with the last state of each call taken from and left in `shown`.
pub fn effect_lines(effect: &Effect, names: &mut Names, shown: &mut ShownCalls) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut say = |party: &str, words: fmt::Arguments<'_>| {
        lines.push(Line { party: party.into(), words: words.to_string() });
    };
    if let Effect::Change(change) = effect {
        for view in &change.calls {
            changed(view, names, shown, &mut say);
            if view.ended.is_none() {
                say("choices", format_args!("{}", choices(view, names)));
            }
        }
    }
    told(effect, names, &mut say);
    lines
}

/// Says everything of an effect but what changed of calls.
pub(super) fn told(effect: &Effect, names: &mut Names, say: &mut impl Say) {
    match effect {
        Effect::Record(entry) => {
            let words = record(entry, names);
            say("recents", format_args!("{words}"));
        }
        Effect::Change(change) => finished(change, names, say),
        Effect::Ring(level) => say("ring", format_args!("{}", level.name())),
        Effect::Audio(audio) => match audio {
            AudioEffect::Activate(call) => {
                say("audio", format_args!("activate {}", names.number(*call)));
            }
            AudioEffect::HandOver(from, to) => {
                let (from, to) = (names.number(*from), names.number(*to));
                say("audio", format_args!("hand over {from} {to}"));
            }
            AudioEffect::Deactivate(call) => {
                say("audio", format_args!("deactivate {}", names.number(*call)));
            }
            AudioEffect::SetMuted(call, muted) => {
                let how = if *muted { "mute" } else { "unmute" };
                say("audio", format_args!("{how} {}", names.number(*call)));
            }
            AudioEffect::RefusalTone => say("audio", format_args!("refusal tone")),
        },
        Effect::Reply(request, reply) => {
            let party = names.take_request(*request);
            if let Some(error) = refusal(reply) {
                say(&party, format_args!("refused {error}"));
            }
        }
        Effect::Provider(provider, news) => {
            if let Some(words) = provider_news(news, names) {
                say(&names.provider(*provider), format_args!("{words}"));
            }
        }
    }
}

/// Takes what a party is told.
pub(super) trait Say: FnMut(&str, fmt::Arguments<'_>) {}

impl<F: FnMut(&str, fmt::Arguments<'_>)> Say for F {}

/// What was last written of each call.
#[derive(Clone, Debug, Default)]
pub struct ShownCalls(pub(super) Shown);

fn refusal(reply: &Reply) -> Option<&'static str> {
    match reply {
        Reply::Done | Reply::Registered { .. } | Reply::Admitted(_) | Reply::Accepted(_) => None,
        Reply::RegisterRefused(error) => Some(error.name()),
        Reply::IncomingRefused(error) => Some(error.name()),
        Reply::ReportRefused(error) => Some(error.name()),
        Reply::RequestRefused(error) => Some(error.name()),
        Reply::CompletionRefused(error) => Some(error.name()),
    }
}

/// Says what changed of a call since it was last shown, but not what can be done with it now.
pub(super) fn changed(
    view: &CallView,
    names: &mut Names,
    ShownCalls(shown): &mut ShownCalls,
    say: &mut impl Say,
) {
    names.number_call(view.facts.uuid, view.number);
    let name = names.call(view.facts.uuid);
    if let Some(reason) = view.ended {
        shown.remove(&view.number);
        return say("ui", format_args!("ended {name} {}", reason.name()));
    }
    let now = ShownCall {
        state: view.state,
        muted: view.muted,
        video: view.facts.video,
        group: view.group,
        translating: view.translating.as_ref().map(|(languages, _)| languages.clone()),
    };
    let before = shown.insert(view.number, now.clone());
    if before.as_ref().is_none_or(|before| before.state != view.state) {
        say("ui", format_args!("{} {name}", view.state.name()));
    }
    // Of a call that is new only what is unusual is written.
    let before =
        before.unwrap_or(ShownCall { muted: false, group: None, translating: None, ..now.clone() });
    if before.muted != now.muted {
        say("ui", format_args!("{} {name}", if now.muted { "muted" } else { "unmuted" }));
    }
    if before.video != now.video {
        say("ui", format_args!("{} {name}", if now.video { "video" } else { "no-video" }));
    }
    match now.group {
        group if before.group == group => {}
        Some(id) => say("ui", format_args!("grouped {name} {id}")),
        None => say("ui", format_args!("ungrouped {name}")),
    }
    match &now.translating {
        languages if before.translating == *languages => {}
        Some(Languages { local, remote }) => {
            say("ui", format_args!("translating {name} {local} {remote}"));
        }
        None => say("ui", format_args!("not-translating {name}")),
    }
}

/// Says what did not work of transactions.
fn finished(change: &Change, names: &Names, say: &mut impl Say) {
    for (surface, finished) in &change.finished {
        if let Some(words) = failures(finished) {
            say(&names.surface(*surface), format_args!("{words}"));
        }
    }
}

fn choices(view: &CallView, names: &Names) -> String {
    let mut words = format!("{} {}", names.call(view.facts.uuid), view.choices_revision);
    for choice in &view.choices {
        words.push(' ');
        words.push_str(choice.kind.name());
        if let Some(loss) = choice.ends {
            words.push_str(&format!("(ends {})", names.number(loss)));
        }
        if let Some(held) = choice.holds {
            words.push_str(&format!("(holds {})", names.number(held)));
        }
        if let Some(other) = choice.merges {
            words.push_str(&format!("(with {})", names.number(other)));
        }
    }
    words
}

/// Only what did not work is written down.
fn failures(finished: &Finished) -> Option<String> {
    let failed = finished.results.iter().filter_map(|outcome| match outcome {
        Outcome::Failed(reason) => Some(reason.name()),
        Outcome::Fulfilled(_) => None,
    });
    let reasons: Vec<&str> = failed.collect();
    (!reasons.is_empty()).then(|| format!("failed {}", reasons.join(" ")))
}

fn record(entry: &RecentsEntry, names: &mut Names) -> String {
    // An entry that is closed from the beginning is of a call that never was: its name stays with one that lives.
    if entry.ended.is_none() {
        names.number_call(entry.uuid, entry.number);
    }
    let mut words = format!("{} {}", names.call(entry.uuid), entry.direction.name());
    match entry.reason {
        Some(reason) => words.push_str(&format!(" {}", reason.name())),
        None => words.push_str(" live"),
    }
    if entry.connected.is_some() {
        words.push_str(" connected");
    }
    if entry.is_missed() {
        words.push_str(" missed");
    }
    if let Some(missed) = entry.missed {
        words.push_str(&format!(" {}", missed.name()));
    }
    if !entry.listed {
        words.push_str(" unlisted");
    }
    if entry.emergency {
        words.push_str(" emergency");
    }
    if entry.has_audio {
        words.push_str(" audio");
    }
    words
}

fn provider_news(news: &ProviderNews, names: &Names) -> Option<String> {
    Some(match news {
        ProviderNews::Perform(perform) => format!("perform {}", perform_words(perform, names)),
        ProviderNews::Execute { performs, .. } => {
            let performs: Vec<String> =
                performs.iter().map(|perform| perform_words(perform, names)).collect();
            format!("execute {}", performs.join(" ; "))
        }
        ProviderNews::DidAttachCall { call, state, .. } => {
            format!("attached {} {}", names.call(*call), state.name())
        }
        ProviderNews::TimedOut { call, verb, .. } => {
            format!("timed out {}", verb_words(verb, &names.call(*call), names))
        }
        ProviderNews::DidActivateAudio(call) => format!("audio on {}", names.call(*call)),
        ProviderNews::DidDeactivateAudio(call) => format!("audio off {}", names.call(*call)),
        ProviderNews::Finished(finished) => return failures(finished),
    })
}

fn perform_words(perform: &Perform, names: &Names) -> String {
    let mut words = verb_words(&perform.verb, &names.call(perform.call), names);
    if perform.origin.is_some() {
        words.push_str(" own");
    }
    if perform.handing_over {
        words.push_str(" handing_over");
    }
    if perform.keep_capturing {
        words.push_str(" keep_capturing");
    }
    words
}

/// Digits stay out of flows: they may be a PIN.
fn hidden(digits: &DtmfDigits) -> String {
    digits.as_str().chars().map(hidden_digit).collect()
}

fn hidden_digit(digit: char) -> char {
    if matches!(digit, ',' | ';') { digit } else { '0' }
}

/// How a number that digits follow was dialed, without saying which.
fn hidden_dial(handle: &Handle) -> Option<String> {
    let from = handle.value.find([',', ';'])?;
    let rest = handle.value[from..].chars().filter(|c| !c.is_whitespace()).map(hidden_digit);
    (handle.kind == HandleKind::PhoneNumber).then(|| "0".chars().chain(rest).collect())
}

pub(super) fn verb_words(verb: &Verb, call: &str, names: &Names) -> String {
    match verb {
        Verb::Start => format!("start {call}"),
        Verb::Answer => format!("answer {call}"),
        Verb::End(kind) => format!("end {call} {}", kind.name()),
        Verb::SetHeld(true) => format!("hold {call}"),
        Verb::SetHeld(false) => format!("resume {call}"),
        Verb::SetMuted(true) => format!("mute {call}"),
        Verb::SetMuted(false) => format!("unmute {call}"),
        Verb::SetGroup(Some(with)) => format!("merge {call} {}", names.call(*with)),
        Verb::SetGroup(None) => format!("split {call}"),
        Verb::SetVideo(true) => format!("video {call}"),
        Verb::SetVideo(false) => format!("no-video {call}"),
        Verb::SetTranslating(Some(languages)) => {
            format!("translate {call} {} {}", languages.local, languages.remote)
        }
        Verb::SetTranslating(None) => format!("stop-translating {call}"),
        Verb::PlayDtmf(digits, kind) => {
            let after = match kind {
                DtmfType::SingleTone => "",
                DtmfType::SoftPause => " soft_pause",
                DtmfType::HardPause => " hard_pause",
            };
            format!("dtmf {call} {}{after}", hidden(digits))
        }
    }
}

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
                Some((Verb::End(_), call)) => format!("end {}", names.call(call)),
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
            (names.provider(*provider), format!("{how} {what}"))
        }
        Input::Request { requester, actions, revision, .. } => {
            let actions: Vec<String> = actions.iter().map(|a| requested(a, names)).collect();
            let mut words = match actions.is_empty() {
                true => String::from("request nothing"),
                false => format!("request {}", actions.join(" ; ")),
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
        Input::Presented { call } => ("ui".into(), format!("presented {}", names.number(*call))),
        Input::Silence { surface, call, .. } => {
            (names.surface(*surface), format!("silence {}", names.number(*call)))
        }
        Input::Press { long } => {
            ("headset".into(), format!("press {}", if *long { "long" } else { "short" }))
        }
        Input::AudioActivated { .. } | Input::Tick => return None,
        Input::Restore { .. } => return Some("core restarts".into()),
    };
    Some(format!("{party:<4} -> core : {words}"))
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
            let mut words = format!("report incoming {call}{}", update_words(update));
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
        Report::Ended(_, reason) => format!("report ended {call} {}", reason.name()),
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
        Requested::Answer(of) => format!("answer {}", call(of)),
        Requested::Choose(number, kind) => {
            format!("choose {} {}", names.number(*number), kind.name())
        }
        Requested::End(of) => format!("end {}", call(of)),
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
