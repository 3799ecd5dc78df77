use super::aliases::Aliases;
use super::asked::AskedActions;
use super::input_line::input_line;
use super::names::{Name, Names};
use super::print::{Say, ShownCalls, changed, space_after, told};
use super::restart;
use crate::effect::{Change, Effect, Perform, ProviderNews, Reply};
use crate::input::{Completion, Input, Requested, Requester};
use crate::policy::Policy;
use crate::words::{
    ActionId, AppId, CallNumber, CallState, CallUuid, ProviderId, RecentsEntry, RequestId,
    SurfaceId, Timestamp, Verb,
};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Names of calls and surfaces that are kept for what may refer back to them.
const KEPT: usize = 100;

/// Puts what happens into the lines of a flow that does the same again when it is played.
///
/// Handles, names of people, digits, and the ids of calls and accounts do not get into it: a call is named by the
/// service's number. Two things are asked of whoever runs the arbiter: what is due happens by an [`Input::Tick`] of its
/// own before any other input, and a completion that is a reply has a request id, too, so that its refusal is seen.
#[derive(Clone, Debug)]
pub struct Recorder {
    policy: Vec<(&'static str, String)>,
    aliases: Aliases,
    names: Names,
    shown: ShownCalls,
    apps: BTreeMap<ProviderId, AppId>,
    /// What registered apps said about themselves, as it is said in [`standing`](Self::standing).
    registered: BTreeMap<ProviderId, String>,
    /// Names of calls by their ids; `names` has them by the ids of whichever app is spoken of.
    calls: BTreeMap<(CallUuid, AppId), Named>,
    /// Of these, the ones that do not live, longest first: the oldest are forgotten.
    past: VecDeque<(CallUuid, AppId)>,
    /// Names of calls that live, or that a restart left to be adopted.
    live: BTreeMap<CallNumber, Name>,
    asked: AskedActions,
    surfaces: VecDeque<SurfaceId>,
    next_surface: u64,
    next_stray: u64,
    last: Option<Timestamp>,
}

/// What a call is called.
#[derive(Clone, Debug)]
struct Named {
    name: Name,
    lives: bool,
}

impl Recorder {
    /// For an arbiter with this policy, from its beginning.
    pub fn new(policy: &Policy) -> Self {
        Self {
            policy: policy.changed_knobs(),
            aliases: Aliases::default(),
            names: Names::default(),
            shown: ShownCalls::default(),
            apps: BTreeMap::new(),
            registered: BTreeMap::new(),
            calls: BTreeMap::new(),
            past: VecDeque::new(),
            live: BTreeMap::new(),
            asked: AskedActions::default(),
            surfaces: VecDeque::new(),
            next_surface: 1,
            next_stray: 1,
            last: None,
        }
    }

    /// Says the lines for one input and what followed from it. `due` is the deadline that was next before it.
    pub fn note(
        &mut self,
        at: Timestamp,
        due: Option<Timestamp>,
        input: &Input,
        effects: &[Effect],
        say: &mut dyn FnMut(&str),
    ) {
        if let Input::Restore { orphans, .. } = input {
            self.standing(say);
            for orphan in orphans {
                let name = self.name(&orphan.app, orphan.uuid, Some(orphan.number));
                self.begins(orphan.number, (orphan.uuid, orphan.app.clone()), name);
            }
        }
        self.meet(input);
        let line = self.line(input, effects, say);
        let waited = self.last.map_or(0, |last| at.0.saturating_sub(last.0));
        let tick = matches!(input, Input::Tick);
        let mut after = (waited > 0 || tick).then(|| {
            // Nobody looked when it was due: as in suspend.
            let late = tick && due.is_some_and(|due| due < at);
            format!("after {waited}ms{}", if late { " asleep" } else { "" })
        });
        let mut says = false;
        // Time passes only before something that is said.
        let mut say = |line: &str| {
            if let Some(after) = after.take() {
                say(&after);
            }
            says = true;
            say(line);
        };
        if let Some(line) = line {
            say(&line);
        }
        let mut text = String::with_capacity(64);
        let mut told = |party: &str, words: &[&str]| {
            text.clear();
            for word in ["core -> ", party, space_after(party), " :"] {
                text.push_str(word);
            }
            for word in words {
                text.push(' ');
                text.push_str(word);
            }
            say(&text);
        };
        effects.iter().for_each(|effect| self.effect(effect, &mut told));
        if says {
            self.last = Some(at);
        }
        self.leave(input, effects);
    }

    /// Whether no call lives, and none that ended waits to be told of it.
    pub fn is_idle(&self) -> bool {
        self.live.is_empty() && self.asked.ending().next().is_none()
    }

    /// Says in comments how things stand, for a [`Story`](super::Story) to begin there.
    pub fn standing(&self, say: &mut dyn FnMut(&str)) {
        say("# from here:");
        self.policy.iter().for_each(|(knob, value)| say(&format!("# | policy {knob}={value}")));
        self.registered.values().for_each(|line| say(line));
        let mut live: Vec<&str> = self.live.values().map(|name| &**name).collect();
        live.extend(self.asked.ending());
        if !live.is_empty() {
            say(&format!("# | live {}", live.join(" ")));
        }
    }

    /// Names for whoever speaks here for the first time.
    fn meet(&mut self, input: &Input) {
        let (party, request) = match input {
            Input::Register { provider, request, app, .. } => {
                let name = self.aliases.app(app);
                self.names.name_provider(*provider, name.clone());
                self.apps.insert(*provider, app.clone());
                (name, *request)
            }
            Input::Configure { provider, request, .. }
            | Input::Invalidate { provider, request }
            | Input::Report { provider, request, .. }
            | Input::Complete { provider, request: Some(request), .. } => {
                (self.names.provider(*provider), *request)
            }
            Input::Request { requester, request, .. } => (self.requester(*requester), *request),
            Input::Silence { surface, request, .. } => (self.surface(*surface), *request),
            Input::Presented { surface, .. } | Input::NotPresented { surface, .. } => {
                self.surface(*surface);
                return;
            }
            // The app is told of nothing before it has come.
            Input::Rung { request, .. } => ("push".into(), *request),
            Input::Complete { request: None, .. }
            | Input::Executed { .. }
            | Input::ProviderLost { .. }
            | Input::SurfaceRegistered { .. }
            | Input::SurfaceLeft { .. }
            | Input::Press { .. }
            | Input::AudioActivated { .. }
            | Input::Restore { .. }
            | Input::Tick => return,
        };
        self.names.name_request(request, party);
    }

    fn requester(&mut self, requester: Requester) -> Name {
        match requester {
            Requester::Provider(provider) => self.names.provider(provider),
            Requester::Surface(surface) => self.surface(surface),
            Requester::Headset => "headset".into(),
        }
    }

    fn surface(&mut self, surface: SurfaceId) -> Name {
        if !self.names.knows_surface(surface) {
            self.names.name_surface(surface, format!("ui{}", self.next_surface));
            self.next_surface += 1;
            self.surfaces.push_back(surface);
            if self.surfaces.len() > KEPT
                && let Some(old) = self.surfaces.pop_front()
            {
                self.names.forget_surface(old);
            }
        }
        self.names.surface(surface)
    }

    fn app(&self, provider: ProviderId) -> AppId {
        self.apps.get(&provider).cloned().unwrap_or_else(|| AppId::from(""))
    }

    /// The name of this app's call, which is also what the next lines call it. A call that gets a number here is named
    /// by that, unless it has been spoken of before.
    fn name(&mut self, app: &AppId, uuid: CallUuid, number: Option<CallNumber>) -> Name {
        let key = (uuid, app.clone());
        let live = number.and_then(|number| self.live.get(&number));
        let name = match live.or_else(|| Some(&self.calls.get(&key)?.name)) {
            Some(known) => known.clone(),
            None => {
                let name: Name = match number {
                    Some(number) => format!("call{number}").into(),
                    None => {
                        self.next_stray += 1;
                        format!("stray{}", self.next_stray - 1).into()
                    }
                };
                self.calls.insert(key.clone(), Named { name: name.clone(), lives: false });
                self.is_past(key);
                name
            }
        };
        self.names.name_call(uuid, name.clone());
        name
    }

    /// The call lives from now on, under this name.
    fn begins(&mut self, number: CallNumber, key: (CallUuid, AppId), name: Name) {
        if self.live.insert(number, name).is_some() {
            return;
        }
        // It was named a moment ago, as a rule.
        self.past.pop_back_if(|last| *last == key);
        if let Some(named) = self.calls.get_mut(&key) {
            named.lives = true;
        }
    }

    /// The call lives no more, if it did. Its name is kept for a while.
    fn ends(&mut self, number: CallNumber, key: (CallUuid, AppId)) {
        if self.live.remove(&number).is_some()
            && let Some(named) = self.calls.get_mut(&key)
        {
            named.lives = false;
            self.is_past(key);
        }
    }

    /// A name of a call that does not live: the oldest of too many is forgotten.
    fn is_past(&mut self, key: (CallUuid, AppId)) {
        self.past.push_back(key);
        if self.past.len() <= KEPT {
            return;
        }
        let Some(oldest) = self.past.pop_front() else { return };
        // One that came to live meanwhile gets here again when it ends.
        if self.calls.get(&oldest).is_some_and(|named| !named.lives) {
            self.calls.remove(&oldest);
            self.names.forget_uuid(oldest.0);
        }
    }

    /// The line of the input. What that itself cannot say is said in remarks.
    fn line(
        &mut self,
        input: &Input,
        effects: &[Effect],
        remark: &mut dyn FnMut(&str),
    ) -> Option<String> {
        match input {
            Input::Restore { orphans, .. } => {
                let words = restart::words(orphans, |orphan| {
                    [
                        self.aliases.app(&orphan.app),
                        self.name(&orphan.app, orphan.uuid, Some(orphan.number)),
                        self.aliases.account(&orphan.account).as_str().into(),
                    ]
                });
                return Some(format!("core restarts with {words}"));
            }
            Input::AudioActivated { call } => {
                return Some(format!("audio -> core : activated {}", self.names.number(*call)));
            }
            Input::Complete { provider, action, completion, .. } => {
                return Some(self.completion(*provider, *action, *completion));
            }
            Input::Report { provider, call, .. } => {
                self.speak_of(&self.app(*provider), *call, effects, remark);
            }
            Input::Rung { app, call, .. } => self.speak_of(app, *call, effects, remark),
            // Each command on a terminal is a surface for a moment, and no rule about calls looks at that.
            Input::SurfaceRegistered { .. } | Input::SurfaceLeft { .. } => return None,
            Input::Request { requester, actions, .. } => {
                for action in actions {
                    let (app, call) = match (requester, action.own_id()) {
                        (_, None) => continue,
                        (Requester::Provider(provider), Some(call)) => (self.app(*provider), call),
                        (_, Some(call)) => match action {
                            Requested::Start(start) => {
                                (start.app.clone().unwrap_or_else(|| AppId::from("")), call)
                            }
                            _ => continue,
                        },
                    };
                    self.speak_of(&app, call, effects, remark);
                }
            }
            _ => {}
        }
        let masked = self.aliases.masked(input);
        input_line(&masked, &self.names, |_| None)
    }

    /// A call is named by its number if it gets one here. One that was spoken of before keeps its name where it does not
    /// begin to live: what the arbiter remembers of its id may be the reason.
    fn speak_of(
        &mut self,
        app: &AppId,
        uuid: CallUuid,
        effects: &[Effect],
        remark: &mut dyn FnMut(&str),
    ) {
        let is = |of: &AppId, id: CallUuid| of == app && id == uuid;
        let (mut number, mut begins) = (None, false);
        for effect in effects {
            match effect {
                Effect::Record(entry) if is(&entry.app, entry.uuid) => number = Some(entry.number),
                Effect::Change(change) => {
                    let mut views = change.calls.iter();
                    if let Some(view) = views.find(|view| is(&view.facts.app, view.facts.uuid)) {
                        number = Some(view.number);
                        begins = !self.live.contains_key(&view.number);
                    }
                }
                _ => {}
            }
        }
        let key = (uuid, app.clone());
        if begins {
            self.calls.remove(&key);
        }
        let name = self.name(app, uuid, number);
        let known = self.calls.get(&key);
        if known.is_none_or(|known| known.name != name) {
            let lives = known.is_some_and(|known| known.lives);
            self.calls.insert(key, Named { name: name.clone(), lives });
        }
        let of_name = |name: &str| name.strip_prefix("call")?.parse().ok();
        if let Some(number) = number
            && of_name(&name) != Some(number.0)
        {
            remark(&format!("# {name} is call {number}"));
        }
    }

    fn completion(
        &mut self,
        provider: ProviderId,
        action: ActionId,
        completion: Completion,
    ) -> String {
        let party = self.names.provider(provider);
        let how = match completion {
            Completion::Fulfill(_) | Completion::FulfillUsing(_) => "fulfill",
            Completion::Fail => "fail",
        };
        let Some((asked, back)) = self.asked.find(action) else {
            return format!("{party:<4} -> core : {how} nothing nobody");
        };
        let input = Input::Complete { provider, action, completion, request: None };
        self.names.name_call(asked.call, asked.name.clone());
        let of = |_| Some((asked.verb.clone(), asked.call));
        let line = input_line(&input, &self.names, of).unwrap_or_default();
        if back > 0 { format!("{line} back={back}") } else { line }
    }

    fn effect(&mut self, effect: &Effect, say: &mut impl Say) {
        match effect {
            Effect::Record(entry) => {
                self.name(&entry.app, entry.uuid, Some(entry.number));
                told(effect, &mut self.names, say);
            }
            Effect::Change(Change { calls, .. }) => {
                // One by one: ids of different apps may be the same.
                for view in calls {
                    let name = self.name(&view.facts.app, view.facts.uuid, Some(view.number));
                    let key = (view.facts.uuid, view.facts.app.clone());
                    match view.state {
                        CallState::Ended => self.ends(view.number, key),
                        _ => self.begins(view.number, key, name),
                    }
                    // What a surface may offer follows from the rest.
                    changed(view, &mut self.names, &mut self.shown, say);
                }
                told(effect, &mut self.names, say);
            }
            Effect::Provider(provider, news) => {
                match news {
                    ProviderNews::Perform(perform) => self.ask(*provider, perform),
                    ProviderNews::Execute { performs, .. } => {
                        performs.iter().for_each(|perform| self.ask(*provider, perform));
                    }
                    ProviderNews::TimedOut { action, call, .. } => {
                        if let Some((asked, _)) = self.asked.find(*action) {
                            self.names.name_call(*call, asked.name.clone());
                        }
                        self.asked.over(*action);
                    }
                    ProviderNews::DidActivateAudio(call)
                    | ProviderNews::DidDeactivateAudio(call)
                    | ProviderNews::DidAttachCall { call, .. } => {
                        self.name(&self.app(*provider), *call, None);
                    }
                    ProviderNews::Finished(_) => {}
                }
                told(effect, &mut self.names, say);
            }
            Effect::Ring(_) | Effect::Audio(_) | Effect::Reply(..) => {
                told(effect, &mut self.names, say);
            }
            Effect::Unseen(_) | Effect::Seen(_) => {}
        }
    }

    fn ask(&mut self, provider: ProviderId, perform: &Perform) {
        let name = self.name(&self.app(provider), perform.call, None);
        if let Verb::SetGroup(Some(with)) = perform.verb {
            self.name(&self.app(provider), with, None);
        }
        self.asked.ask(perform.action, provider, perform.call, name, perform.verb.clone());
    }

    /// Only now: what is said last of a call or an app still uses its name.
    fn leave(&mut self, input: &Input, effects: &[Effect]) {
        let granted = effects.iter().any(|effect| {
            matches!(effect, Effect::Reply(_, Reply::Done | Reply::Registered { .. }))
        });
        match input {
            Input::Register { provider, configuration, .. }
            | Input::Configure { provider, configuration, .. }
                if granted =>
            {
                let (provider, request) = (*provider, RequestId(0));
                let configuration = configuration.clone();
                let input = Input::Configure { provider, request, configuration };
                let input = self.aliases.masked(&input);
                let line = input_line(&input, &self.names, |_| None).unwrap_or_default();
                let words = line.split_once(" : configure").map_or("", |(_, words)| words);
                let party = self.names.provider(provider);
                let line = format!("# | {party:<4} -> core : register{words}");
                self.registered.insert(provider, line);
            }
            Input::Register { provider, .. } => self.forget_provider(*provider),
            Input::Invalidate { provider, .. } if granted => self.forget_provider(*provider),
            Input::ProviderLost { provider } => self.forget_provider(*provider),
            Input::Complete { action, .. } if granted => self.asked.over(*action),
            _ => {}
        }
        for effect in effects {
            match effect {
                Effect::Record(RecentsEntry { number, app, uuid, ended: Some(_), .. }) => {
                    self.ends(*number, (*uuid, app.clone()));
                    self.names.forget_call(*number);
                }
                Effect::Change(change) => {
                    let ended = change.calls.iter().filter(|view| view.state == CallState::Ended);
                    ended.for_each(|view| self.names.forget_call(view.number));
                }
                _ => {}
            }
        }
    }

    fn forget_provider(&mut self, provider: ProviderId) {
        self.registered.remove(&provider);
        self.apps.remove(&provider);
        self.names.forget_provider(provider);
        self.asked.all_over(provider);
    }
}
