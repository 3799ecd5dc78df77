//! What is tried with a surface: the rows in order, and what they share.

mod allowed;
mod rows;

use super::elsewhere::Elsewhere;
use super::program::{GLANCE, Program};
use super::row::{Row, Stop, Trial};
use super::stage::Stage;
use super::story::Story;
use crate::args::Conformance;
use crate::failure::Failure;
use hookswitch::{Call, CallNumber, CallState};
use std::ffi::OsString;
use std::time::Duration;
use tokio::time::{Instant, sleep};

pub use allowed::program_of;
pub use rows::revision;

/// How long a surface that never says so has to show a call; and after which a line is said once more, to one that was
/// refused, or may not have known of the call yet.
const AGAIN: Duration = Duration::from_secs(1);

/// The rows, in the order in which they are tried.
pub const ROWS: &[Row<Screen>] = &[
    Row {
        id: "registers",
        sentence: "It registers as a surface",
        needs: &[],
        play: |screen| Box::pin(rows::registers(screen)),
    },
    Row {
        id: "presented",
        sentence: "It says that it presents a call that rings",
        needs: &["registers"],
        play: |screen| Box::pin(rows::presented(screen)),
    },
    Row {
        id: "answer",
        sentence: "The user answers",
        needs: &["registers"],
        play: |screen| Box::pin(rows::answer(screen)),
    },
    Row {
        id: "decline",
        sentence: "The user declines",
        needs: &["registers"],
        play: |screen| Box::pin(rows::decline(screen)),
    },
    Row {
        id: "end",
        sentence: "The user hangs up",
        needs: &["answer"],
        play: |screen| Box::pin(rows::end(screen)),
    },
    Row {
        id: "choose",
        sentence: "The user holds one call and accepts the other",
        needs: &["answer"],
        play: |screen| Box::pin(rows::choose(screen)),
    },
    Row {
        id: "late_tap",
        sentence: "A tap that comes too late is refused; the next one works",
        needs: &["choose"],
        play: |screen| Box::pin(rows::late_tap(screen)),
    },
    Row {
        id: "forgets",
        sentence: "A call that is over is not acted on",
        needs: &["presented", "answer", "decline"],
        play: |screen| Box::pin(rows::forgets(screen)),
    },
    Row {
        id: "registers_again",
        sentence: "The service is killed; the surface registers with the next one, and has its calls",
        needs: &["end"],
        play: |screen| Box::pin(rows::registers_again(screen)),
    },
    Row {
        id: "leaves",
        sentence: "It ends when its input does",
        needs: &["registers"],
        play: |screen| Box::pin(rows::leaves(screen)),
    },
];

/// The surface that is tried.
pub struct Screen {
    pub stage: Stage,
    /// Whose calls it shows.
    pub elsewhere: Elsewhere,
    pub options: Conformance,
    environment: Vec<(&'static str, OsString)>,
    program: Option<Program>,
    /// How many surfaces there are without it.
    others: usize,
    /// Whether it says what it presents, once that is known.
    presents: Option<bool>,
    /// The call that it surely knows of.
    shown: Option<CallNumber>,
}

impl Screen {
    pub async fn new(
        stage: Stage,
        elsewhere: Elsewhere,
        options: Conformance,
        environment: Vec<(&'static str, OsString)>,
    ) -> Result<Self, Failure> {
        let others = stage.surfaces().await?;
        let (program, presents, shown) = (None, None, None);
        Ok(Self { stage, elsewhere, options, environment, program, others, presents, shown })
    }

    /// What the service wrote down in this row.
    pub async fn story(&self) -> Result<Story, Failure> {
        Ok(Story::new(self.stage.flow().await?, "ui"))
    }

    async fn launch(&mut self) -> Result<(), Stop> {
        if let Some(program) = self.program.take() {
            program.kill().await;
        }
        let Some(command) = &self.options.start else {
            return Err(Stop::not_run("give --start"));
        };
        self.program = Some(Program::start(command, &self.environment)?);
        self.registered().await
    }

    /// Wait until it is registered.
    async fn registered(&mut self) -> Result<(), Stop> {
        self.shown = None;
        let (others, program) = (self.others, &mut self.program);
        let registered = self.stage.watch(async |stage| {
            if let Some(status) = program.as_mut().and_then(Program::exited) {
                return Ok(Some(Err(status)));
            }
            Ok((stage.surfaces().await? > others).then_some(Ok(())))
        });
        let did = match registered.await? {
            Some(Ok(())) => return Ok(()),
            Some(Err(status)) => format!("it ended before it was registered: {status}"),
            None => format!("it did not register within {:?}", self.stage.patience),
        };
        let remedy = "Call Surface1.Register on the session bus that DBUS_SESSION_BUS_ADDRESS \
                      names. If it says Unentitled, name the program itself with --program: for \
                      a script, its interpreter.";
        Err(Stop::miss("A surface registers.", did, remedy))
    }

    /// What is seen of it that explains why nothing came.
    async fn nothing(&mut self, instead: impl Into<String>) -> Result<String, Failure> {
        if let Some(status) = self.program.as_mut().and_then(Program::exited) {
            return Ok(format!("the surface ended: {status}"));
        }
        Ok(match self.stage.surfaces().await? > self.others {
            true => instead.into(),
            false => "the surface is not registered any more".to_owned(),
        })
    }

    fn has_ended(&mut self) -> bool {
        self.program.as_mut().is_none_or(|program| program.exited().is_some())
    }

    /// Say a line to it.
    async fn say(&mut self, line: &str) {
        if let Some(program) = &mut self.program {
            program.say(line).await;
        }
    }

    /// Have it act, and wait until the call is not in this state any more.
    async fn acts(&mut self, line: &str, call: CallNumber, from: CallState) -> Result<(), Stop> {
        let story = self.story().await?;
        let (before, mut refused) = (story.taps().len(), story.taps_refused());
        let until = Instant::now() + self.stage.patience;
        let mut say = true;
        while Instant::now() < until && !self.has_ended() {
            if say {
                self.say(line).await;
            }
            let left = |stage: &Stage| {
                let now = stage.surface.call(call);
                now.is_none_or(|now| now.state != from).then_some(())
            };
            if self.stage.until_within(AGAIN, left).await.is_some() {
                return Ok(());
            }
            // One that is only slow must not hear it twice: it could mean another call then.
            let now = self.story().await?.taps_refused();
            say = self.shown != Some(call) || now > refused;
            refused = now;
        }
        let instead = match self.story().await?.taps().get(before) {
            Some(tap) => format!("it asked for: {tap}"),
            None => "it asked for nothing".to_owned(),
        };
        let did = self.nothing(instead).await?;
        let expected = format!("On the line `{line}` of its input it asks the service for that.");
        let remedy = "Read the call's choices from Register and from every Changed, and the \
                      change in the replies to its own requests. docs/conformance.md has the \
                      lines.";
        Err(Stop::miss(expected, did, remedy))
    }

    /// A call rings, and the surface has had the time to show it: what the user does then is about that call, and no
    /// other from before.
    async fn rings(&mut self) -> Result<CallNumber, Stop> {
        let limit = if self.presents == Some(false) { AGAIN } else { self.stage.patience };
        self.rings_for(limit).await.map(|(call, _)| call)
    }

    /// A call rings, and the surface has shown it.
    async fn shows(&mut self) -> Result<CallNumber, Stop> {
        let (call, shown) = self.rings_for(self.stage.patience).await?;
        if shown {
            return Ok(call);
        }
        let did = self.nothing("it did not").await?;
        let remedy = "Call Presented for each call that rings, once the user can see it.";
        Err(Stop::miss("It calls Presented for a call that rings.", did, remedy))
    }

    /// A call rings; whether the surface shows it within this time.
    async fn rings_for(&mut self, limit: Duration) -> Result<(CallNumber, bool), Stop> {
        let before = self.story().await?.presented();
        let call = self.elsewhere.rings().await?;
        self.comes_to(call, CallState::Ringing).await?;
        let until = Instant::now() + limit;
        while Instant::now() < until && !self.has_ended() {
            if self.story().await?.presented() > before {
                (self.presents, self.shown) = (Some(true), Some(call));
                return Ok((call, true));
            }
            sleep(GLANCE).await;
        }
        self.presents.get_or_insert(false);
        Ok((call, false))
    }

    /// A call rings, and the user answers it there.
    async fn talks(&mut self) -> Result<CallNumber, Stop> {
        let call = self.rings().await?;
        self.acts("answer", call, CallState::Ringing).await?;
        self.comes_to(call, CallState::Active).await?;
        Ok(call)
    }

    /// Wait until the call is in this state.
    async fn comes_to(&mut self, call: CallNumber, state: CallState) -> Result<Call, Stop> {
        if let Some(call) = self.stage.comes_to(call, state).await {
            return Ok(call);
        }
        let now = self.stage.state_of(call);
        let did = self.nothing(now).await?;
        let expected = format!("The call comes to be {}.", state.name());
        Err(Stop::miss(expected, did, "Ask for what the line says, of the call it means."))
    }
}

impl Trial for Screen {
    async fn ready(&mut self) -> Result<(), Stop> {
        self.elsewhere.all_end().await;
        if self.has_ended() || self.stage.surfaces().await? <= self.others {
            self.launch().await?;
        }
        Ok(())
    }

    fn stage(&mut self) -> &mut Stage {
        &mut self.stage
    }
}
