use hookswitch_core::flow::Recorder;
use hookswitch_core::words::Timestamp;
use hookswitch_core::{Effect, Input, Policy};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A file is put aside when it is larger than this; the one put aside before goes.
const BOUND: u64 = 1 << 20;
/// Bytes of room that are kept for the next lines.
const KEPT: usize = 4096;
/// So many bytes of lines are handed to the kernel at once. More would have to be fetched into the processor anew, and need
/// room that is not there yet.
const CHUNK: usize = 16 * 1024;
/// Steps that are put into words together. One by one, on a core that does other things in between, each would find nothing
/// of what it needs in the cache; with very many, what was noted would not be in it any more.
const TOGETHER: usize = 32;
/// After so many lines it is said how things stand: less than a reader gets at once, so that whatever they get has a
/// place to begin at.
const MARK: usize = 500;

/// What happened, as a call flow that can be played again: `flow` and, older, `flow.old` beside the journal. Handles,
/// names, digits and ids of calls and accounts never get here. It is written when nothing else is to be done, at most a
/// third of a second later; losing its last lines loses nothing else.
#[derive(Debug)]
pub struct FlowLog {
    path: PathBuf,
    file: Option<File>,
    length: u64,
    buffer: String,
    recorder: Recorder,
    /// Lines since it was last said how things stand.
    unmarked: usize,
    /// What happened and is not in words yet: that is done when everybody was told.
    noted: Vec<Noted>,
}

/// An input, when it came, which deadline was next then, and what followed.
#[derive(Debug)]
pub struct Noted {
    /// When.
    pub at: Timestamp,
    /// The deadline that was next before it.
    pub due: Option<Timestamp>,
    /// What.
    pub input: Input,
    /// What followed.
    pub effects: Vec<Effect>,
}

impl FlowLog {
    /// A log in this folder, or one that goes nowhere.
    pub fn open(folder: Option<&Path>, policy: &Policy) -> Self {
        let path = folder.map(|folder| folder.join("flow")).unwrap_or_default();
        let mut log = Self {
            path,
            file: None,
            length: 0,
            buffer: String::new(),
            recorder: Recorder::new(policy),
            unmarked: 0,
            noted: Vec::new(),
        };
        if let Some(folder) = folder {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
            if let Err(error) = made.and_then(|()| log.reopen()) {
                tracing::warn!("no log of call flows: {error}");
            }
        }
        log
    }

    fn reopen(&mut self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options.read(true).append(true).create(true).mode(0o600).open(&self.path)?;
        self.length = file.metadata()?.len();
        // A line that was cut short shall not swallow the next one.
        let mut last = [b'\n'];
        if self.length > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        if last != [b'\n'] {
            self.buffer.insert(0, '\n');
        }
        self.file = Some(file);
        Ok(())
    }

    /// Whether anything is written down at all.
    pub fn is_on(&self) -> bool {
        self.file.is_some()
    }

    /// Whether something waits to be written.
    pub fn waits(&self) -> bool {
        !self.noted.is_empty() || !self.buffer.is_empty()
    }

    /// Note one input and what followed from it, to be put into words once everybody was told.
    pub fn note(&mut self, noted: Noted) {
        self.noted.push(noted);
    }

    /// Write down something that is no step of a flow.
    pub fn remark(&mut self, what: &str) {
        if self.file.is_some() {
            self.word_all();
            put(&mut self.buffer, &mut self.unmarked, &format!("# {what}"));
        }
    }

    /// Put what was noted into words, once it is enough to fetch into the processor what that takes; and write them, once
    /// they are many.
    pub fn word_many(&mut self) {
        if self.noted.len() >= TOGETHER {
            self.word_all();
        }
        if self.buffer.len() >= CHUNK {
            self.write_words();
        }
    }

    /// Put what was noted into words.
    pub fn word_all(&mut self) {
        let mut noted = std::mem::take(&mut self.noted);
        for Noted { at, due, input, effects } in noted.drain(..) {
            let mut say = |line: &str| put(&mut self.buffer, &mut self.unmarked, line);
            self.recorder.note(at, due, &input, &effects, &mut say);
            if self.unmarked >= MARK && self.recorder.is_idle() {
                self.mark();
            }
        }
        self.noted = noted;
    }

    fn mark(&mut self) {
        let mut say = |line: &str| put(&mut self.buffer, &mut self.unmarked, line);
        self.recorder.standing(&mut say);
        self.unmarked = 0;
    }

    /// Put what was noted into words, and hand it to the kernel.
    pub fn write(&mut self) {
        self.word_all();
        self.noted = Vec::new();
        self.write_words();
        self.buffer.shrink_to(KEPT);
    }

    fn write_words(&mut self) {
        let Some(file) = self.file.as_mut().filter(|_| !self.buffer.is_empty()) else { return };
        // A full disk must not stop a call, nor fill the log of errors with one line for each.
        if file.write_all(self.buffer.as_bytes()).is_ok() {
            self.length += self.buffer.len() as u64;
        }
        self.buffer.clear();
        if self.length > BOUND {
            let moved = fs::rename(&self.path, self.path.with_extension("old"));
            match moved.and_then(|()| self.reopen()) {
                Ok(()) => self.mark(),
                Err(error) => {
                    tracing::warn!("the log of call flows ends here: {error}");
                    self.file = None;
                }
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

/// One more line.
fn put(buffer: &mut String, lines: &mut usize, line: &str) {
    buffer.push_str("    ");
    buffer.push_str(line);
    buffer.push('\n');
    *lines += 1;
}

impl Drop for FlowLog {
    /// The bus is gone, and so is everything that could still happen.
    fn drop(&mut self) {
        self.write();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch_core::flow::{Extent, Story};
    use hookswitch_core::words::{
        CallNumber, CallUpdate, CallUuid, Date, EndedReason, ProviderId, RequestId,
    };
    use hookswitch_core::{Arbiter, Configuration, Now, Report, Verdict};

    /// A service without a bus: one app, whose calls nobody answers.
    struct Service {
        core: Arbiter,
        log: FlowLog,
        at: u64,
        calls: u128,
    }

    impl Service {
        fn start(folder: &Path, calls: u128) -> Self {
            let policy = Policy::default();
            let log = FlowLog::open(Some(folder), &policy);
            let mut service = Self { core: Arbiter::new(policy), log, at: 1000, calls };
            let next_number = CallNumber(u64::try_from(calls).unwrap() + 1);
            service.take(Input::Restore { orphans: Vec::new(), next_number });
            service.take(Input::Register {
                provider: ProviderId(1),
                request: RequestId(1),
                app: "org.example.Chat".into(),
                configuration: Configuration::default(),
            });
            service
        }

        fn take(&mut self, input: Input) {
            self.at += 1;
            let (at, due) = (Timestamp(self.at), self.core.next_deadline());
            let effects = self.core.handle(Now { at, date: Date(0) }, input.clone());
            self.log.note(Noted { at, due, input, effects });
        }

        fn report(&mut self, call: u128, report: Report) {
            let (provider, request) = (ProviderId(1), RequestId(2));
            self.take(Input::Report { provider, request, call: CallUuid(call), report });
        }

        fn rings(&mut self) -> u128 {
            self.calls += 1;
            let (update, verdict) = (CallUpdate::default(), Verdict::Allow);
            self.report(self.calls, Report::Incoming { account: None, update, verdict });
            self.calls
        }

        fn is_called(&mut self) {
            let call = self.rings();
            self.report(call, Report::Ended(None, EndedReason::RemoteEnded));
        }
    }

    fn sizes(folder: &Path) -> [u64; 2] {
        ["flow", "flow.old"].map(|name| fs::metadata(folder.join(name)).map_or(0, |m| m.len()))
    }

    #[test]
    fn it_is_bounded_and_its_newest_lines_can_always_be_played() {
        let folder = tempfile::tempdir().unwrap();
        let mut service = Service::start(folder.path(), 0);
        let mut put_aside = 0;
        while put_aside < 2 {
            let before = sizes(folder.path())[0];
            for _ in 0..400 {
                service.is_called();
            }
            service.log.write();
            put_aside += usize::from(sizes(folder.path())[0] < before);
            for size in sizes(folder.path()) {
                assert!(size < BOUND + (200 << 10), "{size} bytes");
            }
        }
        for limit in [10_000, 2_000] {
            let story = Story::of(&service.log.tail(limit).join("\n"), Extent::All).unwrap();
            assert_eq!(story.fault, None, "{}", story.flow);
            assert!(story.left_out < limit / 2, "{} of {limit}", story.left_out);
        }
        let newest = service.log.tail(200).join("\n");
        assert!(newest.contains(&format!("ended call{} remote_ended", service.calls)), "{newest}");
    }

    #[test]
    fn many_lines_do_not_wait_until_nothing_else_is_to_be_done() {
        let folder = tempfile::tempdir().unwrap();
        let mut service = Service::start(folder.path(), 0);
        for _ in 0..400 {
            service.is_called();
            service.log.word_many();
            assert!(service.log.buffer.len() < 2 * CHUNK, "{}", service.log.buffer.len());
        }
        assert!(sizes(folder.path())[0] > 0);
    }

    #[test]
    fn it_goes_on_after_a_restart_and_a_line_that_was_cut_short() {
        let folder = tempfile::tempdir().unwrap();
        let mut service = Service::start(folder.path(), 0);
        service.is_called();
        service.rings();
        drop(service);
        let path = folder.path().join("flow");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 7]).unwrap();
        let mut service = Service::start(folder.path(), 2);
        service.is_called();
        let lines = service.log.tail(1000);
        let count = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
        assert_eq!((count("report incoming"), count("core restarts with nothing")), (3, 2));
        let story = Story::of(&lines.join("\n"), Extent::All).unwrap();
        assert_eq!(story.fault, None, "{}", story.flow);
        assert!(story.flow.to_string().contains("ended call3 remote_ended"), "{}", story.flow);
    }
}
