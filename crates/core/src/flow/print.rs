use super::{Line, Names};
use crate::effect::{
    AudioEffect, CallView, Change, Effect, Finished, Perform, ProviderNews, Reply,
};
use crate::words::{
    CallState, DtmfDigits, DtmfType, GroupId, Handle, HandleKind, Languages, Outcome, RecentsEntry,
    Verb,
};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What was last shown of a call, so that only what changed is written.
pub(super) type Shown = BTreeMap<crate::words::CallNumber, ShownCall>;

/// What was last written of a call.
#[derive(Clone, Debug)]
pub(super) struct ShownCall {
    state: CallState,
    muted: bool,
    video: bool,
    reconnecting: bool,
    group: Option<GroupId>,
    /// Most calls are not: this room is not taken for each.
    translating: Option<Box<Languages>>,
}

/// An effect as lines, with the last state of each call taken from and left in `shown`.
pub fn effect_lines(effect: &Effect, names: &mut Names, shown: &mut ShownCalls) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut say = |party: &str, words: &[&str]| {
        lines.push(Line { party: party.into(), words: words.join(" ") });
    };
    if let Effect::Change(change) = effect {
        for view in &change.calls {
            changed(view, names, shown, &mut say);
            if view.ended.is_none() {
                say("choices", &[&choices(view, names)]);
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
            say("recents", &[&words]);
        }
        Effect::Change(change) => finished(change, names, say),
        Effect::Ring(level) => say("ring", &[level.name()]),
        Effect::Audio(audio) => match audio {
            AudioEffect::Activate(call) => {
                say("audio", &["activate", &names.number(*call)]);
            }
            AudioEffect::HandOver(from, to) => {
                let (from, to) = (names.number(*from), names.number(*to));
                say("audio", &["hand over", &from, &to]);
            }
            AudioEffect::Deactivate(call) => {
                say("audio", &["deactivate", &names.number(*call)]);
            }
            AudioEffect::SetMuted(call, muted) => {
                let how = if *muted { "mute" } else { "unmute" };
                say("audio", &[how, &names.number(*call)]);
            }
            AudioEffect::RefusalTone => say("audio", &["refusal tone"]),
            AudioEffect::EndTone(call, tone) => {
                say("audio", &["end tone", &names.number(*call), tone.name()]);
            }
        },
        Effect::Reply(request, reply) => {
            let party = names.take_request(*request);
            if let Some(error) = refusal(reply) {
                say(&party, &["refused", error]);
            }
        }
        Effect::Unseen(call) => say("screen", &["unseen", &names.number(*call)]),
        Effect::Seen(call) => say("screen", &["seen", &names.number(*call)]),
        Effect::Provider(provider, news) => {
            if let Some(words) = provider_news(news, names) {
                say(&names.provider(*provider), &[&words]);
            }
        }
    }
}

/// Takes what a party is told: words with a space between them.
pub(super) trait Say: FnMut(&str, &[&str]) {}

impl<F: FnMut(&str, &[&str])> Say for F {}

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
        return say("ui", &["ended", &name, reason.name()]);
    }
    let now = ShownCall {
        state: view.state,
        muted: view.muted,
        video: view.facts.video,
        reconnecting: view.facts.reconnecting,
        group: view.group,
        translating: view.translating.as_ref().map(|(languages, _)| Box::new(languages.clone())),
    };
    let before = shown.insert(view.number, now.clone());
    if before.as_ref().is_none_or(|before| before.state != view.state) {
        say("ui", &[view.state.name(), &name]);
    }
    // Of a call that is new only what is unusual is written.
    let before =
        before.unwrap_or(ShownCall { muted: false, group: None, translating: None, ..now.clone() });
    if before.muted != now.muted {
        say("ui", &[if now.muted { "muted" } else { "unmuted" }, &name]);
    }
    if before.video != now.video {
        say("ui", &[if now.video { "video" } else { "no-video" }, &name]);
    }
    if before.reconnecting != now.reconnecting {
        say("ui", &[if now.reconnecting { "reconnecting" } else { "reconnected" }, &name]);
    }
    match now.group {
        group if before.group == group => {}
        Some(id) => say("ui", &["grouped", &name, &id.to_string()]),
        None => say("ui", &["ungrouped", &name]),
    }
    match now.translating.as_deref() {
        languages if before.translating.as_deref() == languages => {}
        Some(Languages { local, remote }) => {
            say("ui", &["translating", &name, local, remote]);
        }
        None => say("ui", &["not-translating", &name]),
    }
}

/// Says what did not work of transactions.
fn finished(change: &Change, names: &Names, say: &mut impl Say) {
    for (surface, finished) in &change.finished {
        if let Some(words) = failures(finished) {
            say(&names.surface(*surface), &[&words]);
        }
    }
}

fn choices(view: &CallView, names: &Names) -> String {
    let mut words = format!("{} {}", names.call(view.facts.uuid), view.choices_revision);
    for choice in view.choices.iter() {
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
    let name = names.call(entry.uuid);
    let reason = entry.reason.map_or("live", |reason| reason.name());
    let mut words = joined(&[&name, entry.direction.name(), reason]);
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
        ProviderNews::Perform(perform) => joined(&["perform", &perform_words(perform, names)]),
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
        ProviderNews::DidActivateAudio(call) => joined(&["audio on", &names.call(*call)]),
        ProviderNews::DidDeactivateAudio(call) => joined(&["audio off", &names.call(*call)]),
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
pub(super) fn hidden(digits: &DtmfDigits) -> String {
    digits.as_str().chars().map(hidden_digit).collect()
}

fn hidden_digit(digit: char) -> char {
    if matches!(digit, ',' | ';') { digit } else { '0' }
}

/// How a number that digits follow was dialed, without saying which.
pub(super) fn hidden_dial(handle: &Handle) -> Option<String> {
    let from = handle.value.find([',', ';'])?;
    let rest = handle.value[from..].chars().filter(|c| !c.is_whitespace()).map(hidden_digit);
    (handle.kind == HandleKind::PhoneNumber).then(|| "0".chars().chain(rest).collect())
}

pub(super) fn verb_words(verb: &Verb, call: &str, names: &Names) -> String {
    match verb {
        Verb::Start => joined(&["start", call]),
        Verb::Answer => joined(&["answer", call]),
        Verb::End(kind) => joined(&["end", call, kind.name()]),
        Verb::SetHeld(true) => joined(&["hold", call]),
        Verb::SetHeld(false) => joined(&["resume", call]),
        Verb::SetMuted(true) => joined(&["mute", call]),
        Verb::SetMuted(false) => joined(&["unmute", call]),
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

/// Words with a space between them: most of a journal is that, and a formatter takes ten times as long for it.
pub(super) fn joined(words: &[&str]) -> String {
    words.join(" ")
}

/// Names of parties are as wide as `core` at least.
pub(super) fn space_after(party: &str) -> &'static str {
    "    ".get(party.len().min(4)..).unwrap_or_default()
}
