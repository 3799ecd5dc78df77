use hookswitch_core::flow::{Names, ShownCalls, effect_lines, input_line};
use hookswitch_core::words::{ActionId, AppId, CallState, CallUuid, ProviderId, RequestId, Verb};
use hookswitch_core::words::{SurfaceId, Timestamp};
use hookswitch_core::{CallRef, Effect, Input, ProviderNews, Requested, Requester};
use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A file is put aside when it is larger than this; the one put aside before goes.
const BOUND: u64 = 1 << 20;
/// Actions whose verb is remembered for the line of their completion.
const ACTIONS: usize = 256;
/// Events that may wait to be written down.
const NOTED: usize = 1000;

/// What happened, as a call flow for people: `flow` and, older, `flow.old` beside the journal. Handles, names and digits
/// never get here. It is written when nothing else is to be done, at most a third of a
/// second later; losing its last lines loses nothing else.
#[derive(Debug)]
pub struct FlowLog {
    path: PathBuf,
    file: Option<File>,
    length: u64,
    buffer: String,
    names: Names,
    shown: ShownCalls,
    actions: BTreeMap<ActionId, (Verb, CallUuid)>,
    order: VecDeque<ActionId>,
    next_call: u64,
    last: Option<Timestamp>,
    /// What happened and is not in words yet: that is done when nobody waits for anything.
    noted: Vec<(Timestamp, Input, Vec<Effect>)>,
}

impl FlowLog {
    /// A log in this folder, or one that goes nowhere.
    pub fn open(folder: Option<&Path>) -> Self {
        let path = folder.map(|folder| folder.join("flow")).unwrap_or_default();
        let mut log = Self {
            path,
            file: None,
            length: 0,
            buffer: String::new(),
            names: Names::default(),
            shown: ShownCalls::default(),
            actions: BTreeMap::new(),
            order: VecDeque::new(),
            next_call: 1,
            last: None,
            noted: Vec::new(),
        };
        if folder.is_some()
            && let Err(error) = log.reopen()
        {
            tracing::warn!("no log of call flows: {error}");
        }
        log
    }

    fn reopen(&mut self) -> io::Result<()> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        self.length = file.metadata()?.len();
        self.file = Some(file);
        Ok(())
    }

    /// A provider registered.
    pub fn name_provider(&mut self, id: ProviderId, app: &AppId) {
        let name = app.as_str().rsplit('.').next().unwrap_or_default().to_lowercase();
        self.names.name_provider(id, if name.is_empty() { "app".into() } else { name });
    }

    /// A surface registered.
    pub fn name_surface(&mut self, id: SurfaceId) {
        self.names.name_surface(id, format!("ui{id}"));
    }

    /// Whether anything is written down at all.
    pub fn is_on(&self) -> bool {
        self.file.is_some()
    }

    /// Whether something waits to be written.
    pub fn waits(&self) -> bool {
        !self.noted.is_empty() || !self.buffer.is_empty()
    }

    /// Note one input and what followed from it, to be written down later.
    pub fn note(&mut self, at: Timestamp, input: Input, effects: Vec<Effect>) {
        self.noted.push((at, input, effects));
        if self.noted.len() > NOTED {
            self.write();
        }
    }

    fn word(&mut self, at: Timestamp, input: &Input, effects: &[Effect]) {
        let waited = self.last.map(|last| at.0.saturating_sub(last.0)).filter(|ms| *ms >= 10);
        self.name_what_is_new(input);
        let actions = &self.actions;
        let line = input_line(input, &self.names, |action| actions.get(&action).cloned());
        if line.is_none() && effects.is_empty() {
            return;
        }
        self.last = Some(at);
        if let Some(ms) = waited {
            self.push(&format!("after {ms}ms"));
        }
        if let Some(line) = line {
            self.push(&line);
        }
        for effect in effects {
            if let Effect::Provider(_, ProviderNews::Perform { action, verb, call, .. }) = effect {
                self.remember(*action, verb.clone(), *call);
            }
            for line in effect_lines(effect, &mut self.names, &mut self.shown) {
                if line.party != "choices" {
                    self.push(&line.to_string());
                }
            }
        }
        // Only now: what is said last of an ended call still uses its name.
        effects.iter().for_each(|effect| self.forget_ended(effect));
    }

    /// Write down something that is no step of a flow.
    pub fn remark(&mut self, what: &str) {
        if self.file.is_some() {
            self.word_all();
            self.push(&format!("# {what}"));
        }
    }

    fn word_all(&mut self) {
        for (at, input, effects) in std::mem::take(&mut self.noted) {
            self.word(at, &input, &effects);
        }
    }

    fn push(&mut self, line: &str) {
        self.buffer.push_str("    ");
        self.buffer.push_str(line);
        self.buffer.push('\n');
    }

    /// Calls get short names in the order they come.
    fn name_what_is_new(&mut self, input: &Input) {
        let mut new = None;
        match input {
            Input::Report { provider, request, call, .. } => {
                new = Some(*call);
                self.party(*request, &self.names.provider(*provider));
            }
            Input::Request { requester, request, actions, .. } => {
                let party = match requester {
                    Requester::Provider(provider) => self.names.provider(*provider),
                    Requester::Surface(surface) => self.names.surface(*surface),
                    Requester::Headset => "headset".to_owned(),
                };
                self.party(*request, &party);
                for action in actions {
                    match action {
                        Requested::Start(details) => new = Some(details.uuid),
                        Requested::Answer(CallRef::Uuid(call))
                        | Requested::End(CallRef::Uuid(call)) => new = Some(*call),
                        _ => {}
                    }
                }
            }
            Input::Register { provider, request, .. }
            | Input::Configure { provider, request, .. }
            | Input::Invalidate { provider, request } => {
                self.party(*request, &self.names.provider(*provider));
            }
            Input::Complete { provider, request: Some(request), .. } => {
                self.party(*request, &self.names.provider(*provider));
            }
            Input::Silence { surface, request, .. } => {
                self.party(*request, &self.names.surface(*surface));
            }
            _ => {}
        }
        if let Some(call) = new
            && self.names.call(call) == call.to_string()
        {
            self.names.name_call(call, format!("call{}", self.next_call));
            self.next_call += 1;
        }
    }

    fn party(&mut self, request: RequestId, party: &str) {
        self.names.name_request(request, party);
    }

    fn remember(&mut self, action: ActionId, verb: Verb, call: CallUuid) {
        self.actions.insert(action, (verb, call));
        self.order.push_back(action);
        while self.order.len() > ACTIONS {
            if let Some(old) = self.order.pop_front() {
                self.actions.remove(&old);
            }
        }
    }

    fn forget_ended(&mut self, effect: &Effect) {
        if let Effect::Change(change) = effect {
            for call in change.calls.iter().filter(|call| call.state == CallState::Ended) {
                self.names.forget_call(call.number);
            }
        }
    }

    /// Put what was noted into words, and hand it to the kernel.
    pub fn write(&mut self) {
        self.word_all();
        let Some(file) = self.file.as_mut().filter(|_| !self.buffer.is_empty()) else { return };
        // A full disk must not stop a call, nor fill the log of errors with one line for each.
        if file.write_all(self.buffer.as_bytes()).is_ok() {
            self.length += self.buffer.len() as u64;
        }
        self.buffer.clear();
        if self.length > BOUND {
            let moved = fs::rename(&self.path, self.path.with_extension("old"));
            if let Err(error) = moved.and_then(|()| self.reopen()) {
                tracing::warn!("the log of call flows ends here: {error}");
                self.file = None;
            }
        }
    }

    /// The newest lines, oldest first.
    pub fn tail(&mut self, limit: usize) -> Vec<String> {
        self.write();
        let mut lines: Vec<String> = Vec::new();
        for path in [self.path.with_extension("old"), self.path.clone()] {
            let text = fs::read_to_string(path).unwrap_or_default();
            lines.extend(text.lines().map(str::to_owned));
        }
        lines.split_off(lines.len().saturating_sub(limit))
    }
}
