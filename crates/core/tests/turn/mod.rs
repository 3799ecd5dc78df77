//! What must be true of every turn: of an input, what was before, what follows from it and what is after.

macro_rules! ensure {
    ($what:expr, $($words:tt)+) => {
        if !$what {
            return Err(format!($($words)+));
        }
    };
}

mod asked;
mod foretold;
mod fulfilled;
mod limits;
mod seen;
mod told;

pub use foretold::check_offers;
use hookswitch_core::words::RequestId;
use hookswitch_core::{Effect, Input, Now, Reply, Requested};
pub use seen::Seen;

/// One turn.
pub struct Turn<'a> {
    pub before: &'a Seen,
    pub now: Now,
    pub input: &'a Input,
    pub effects: &'a [Effect],
    pub after: &'a Seen,
}

impl Turn<'_> {
    /// Check it, but for what is offered now: that is the same wherever it came from.
    ///
    /// # Errors
    /// The first thing that is not as it must be, in words.
    pub fn check(&self) -> Result<(), String> {
        // Where nothing changed it was right before.
        if !std::ptr::eq(self.before, self.after) {
            self.after.core.check()?;
        }
        self.check_replies()?;
        self.check_refused()?;
        self.check_time()?;
        self.check_asked()?;
        self.check_audio()?;
        self.check_ring()?;
        self.check_recents()?;
        self.check_picture()?;
        self.check_emergency()?;
        self.check_limits()?;
        self.check_foretold()?;
        self.check_fulfilled()
    }

    /// Whether something was due before the input came.
    fn was_due(&self) -> bool {
        self.before.core.next_deadline().is_some_and(|due| due <= self.now.at)
    }

    fn reply(&self) -> Option<&Reply> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Reply(_, reply) => Some(reply),
            _ => None,
        })
    }

    fn check_replies(&self) -> Result<(), String> {
        let replies = self.effects.iter().filter_map(|effect| match effect {
            Effect::Reply(request, _) => Some(*request),
            _ => None,
        });
        let replies: Vec<RequestId> = replies.collect();
        let asked: Vec<RequestId> = request_of(self.input).into_iter().collect();
        ensure!(replies == asked, "a request has one reply; {asked:?} got {replies:?}");
        Ok(())
    }

    /// A refused request changes nothing; a refused call leaves a line in recents at most.
    fn check_refused(&self) -> Result<(), String> {
        if self.was_due() {
            return Ok(());
        }
        match self.reply() {
            Some(
                Reply::RegisterRefused(_)
                | Reply::ReportRefused(_)
                | Reply::RequestRefused(_)
                | Reply::CompletionRefused(_),
            ) => {
                ensure!(self.effects.len() == 1, "more than a refusal: {:?}", self.effects);
                ensure!(self.before.core == self.after.core, "refused, and something changed");
            }
            Some(Reply::IncomingRefused(_)) => {
                let told =
                    |effect: &Effect| matches!(effect, Effect::Reply(..) | Effect::Record(_));
                ensure!(
                    self.effects.iter().all(told),
                    "a refused call is seen: {:?}",
                    self.effects
                );
                ensure!(self.before.calls == self.after.calls, "a refused call changed another");
                ensure!(
                    self.before.asked == self.after.asked,
                    "a refused call asked for something"
                );
            }
            _ => {}
        }
        Ok(())
    }

    /// A tick before anything is due does nothing, and after a turn nothing is due.
    fn check_time(&self) -> Result<(), String> {
        if *self.input == Input::Tick && !self.was_due() {
            let same = self.effects.is_empty() && self.before.core == self.after.core;
            ensure!(same, "a tick before its time did something: {:?}", self.effects);
        }
        let due = self.after.core.next_deadline().is_some_and(|due| due <= self.now.at);
        ensure!(!due, "something is still due");
        Ok(())
    }

    fn emergency_begins(&self) -> bool {
        let accepted = matches!(self.reply(), Some(Reply::Accepted(_)));
        accepted && self.emergency_asked()
    }

    fn emergency_asked(&self) -> bool {
        matches!(self.input, Input::Request { actions, .. }
            if matches!(&actions[..], [Requested::Start(details)] if details.emergency))
    }
}

/// The request whose reply is due in the same turn.
fn request_of(input: &Input) -> Option<RequestId> {
    match input {
        Input::Register { request, .. }
        | Input::Configure { request, .. }
        | Input::Invalidate { request, .. }
        | Input::Report { request, .. }
        | Input::Rung { request, .. }
        | Input::Request { request, .. }
        | Input::Silence { request, .. } => Some(*request),
        Input::Complete { request, .. } => *request,
        Input::ProviderLost { .. }
        | Input::Executed { .. }
        | Input::SurfaceRegistered { .. }
        | Input::SurfaceLeft { .. }
        | Input::Presented { .. }
        | Input::NotPresented { .. }
        | Input::Press { .. }
        | Input::AudioActivated { .. }
        | Input::Restore { .. }
        | Input::Tick => None,
    }
}
