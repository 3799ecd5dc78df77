use crate::args::Conformance;
use crate::conformance::elsewhere::Elsewhere;
use crate::conformance::program::{Program, takes};
use crate::conformance::row::{Stop, Trial};
use crate::conformance::stage::Stage;
use crate::conformance::story::{Completion, Story, party};
use crate::failure::Failure;
use crate::words;
use hookswitch::{Call, CallNumber, CallState, FailReason, Request};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;

/// The app that is tried.
pub struct App {
    pub id: String,
    pub stage: Stage,
    pub elsewhere: Elsewhere,
    pub options: Conformance,
    /// For what is started on the bus.
    environment: Vec<(&'static str, OsString)>,
    /// The app as this kit started it.
    pub program: Option<Program>,
    /// What was run for the far side in this row: it may be the other end of a call.
    far_side: Vec<Program>,
}

impl App {
    pub fn new(
        id: String,
        stage: Stage,
        elsewhere: Elsewhere,
        options: Conformance,
        environment: Vec<(&'static str, OsString)>,
    ) -> Self {
        Self { id, stage, elsewhere, options, environment, program: None, far_side: Vec::new() }
    }

    /// What the service wrote down in this row.
    pub async fn story(&self) -> Result<Story, Failure> {
        Ok(Story::new(self.stage.flow().await?, party(&self.id)))
    }

    /// The app's process.
    pub async fn process(&self) -> Result<Option<Pid>, Failure> {
        self.stage.process(&self.id).await
    }

    /// The app's process, in a row that cannot do without.
    pub async fn its_process(&self) -> Result<Pid, Stop> {
        let process = self.process().await?;
        process.ok_or_else(|| Stop::not_run("its process is not known: see `registers`"))
    }

    /// How it is started, in a row that cannot do without.
    pub fn command(&self) -> Result<String, Stop> {
        let start = self.options.start.clone();
        start.ok_or_else(|| Stop::not_run("only an app the kit started is ended: give --start"))
    }

    /// One more instance of the app.
    pub fn instance(&self) -> Result<Program, Stop> {
        Ok(Program::start(&self.command()?, &self.environment)?)
    }

    /// Start the app, and wait until it is registered.
    pub async fn launch(&mut self) -> Result<(), Stop> {
        self.end_program().await;
        if self.options.start.is_some() {
            self.program = Some(self.instance()?);
        }
        self.registered().await
    }

    /// `kill -9` it.
    pub async fn end_program(&mut self) {
        if let Some(program) = self.program.take() {
            program.kill().await;
        }
    }

    /// Wait until the app is registered.
    pub async fn registered(&mut self) -> Result<(), Stop> {
        let (id, program) = (self.id.clone(), &mut self.program);
        let registered = self.stage.watch(async |stage| {
            // What has ended will not register.
            if let Some(status) = program.as_mut().and_then(Program::exited) {
                return Ok(Some(Err(status)));
            }
            Ok(stage.provider(&id).await?.map(Ok))
        });
        let did = match registered.await? {
            Some(Ok(_)) => return Ok(()),
            Some(Err(status)) => format!("it ended before it was registered: {status}"),
            None => format!("it did not register within {:?}", self.stage.patience),
        };
        let remedy = "Call Provider1.Register on the session bus that \
                      DBUS_SESSION_BUS_ADDRESS names, and stay.";
        Err(Stop::miss(format!("A provider {} registers.", self.id), did, remedy))
    }

    /// Whether the app is gone, in words.
    pub async fn gone(&mut self) -> Result<Option<String>, Failure> {
        if let Some(status) = self.program.as_mut().and_then(Program::exited) {
            return Ok(Some(format!("the app ended: {status}")));
        }
        let there = self.stage.provider(&self.id).await?.is_some();
        Ok((!there).then(|| "the app is not registered any more".to_owned()))
    }

    /// What did not come, and why as far as can be seen.
    pub async fn nothing(&mut self, instead: impl Into<String>) -> Result<String, Failure> {
        if let Some(gone) = self.gone().await? {
            return Ok(gone);
        }
        let story = self.story().await?;
        Ok(match story.refusals().last() {
            Some((said, error)) => format!("the app said `{said}`, which was refused: {error}"),
            None => instead.into(),
        })
    }

    /// Have a call come in.
    pub async fn rings(&mut self) -> Result<Call, Stop> {
        match self.rings_or_not().await? {
            Some(call) => Ok(call),
            None => {
                let did = self.nothing("no call came in").await?;
                let remedy = "Report a call with ReportNewIncomingCall on SIGUSR1, or give \
                              --incoming COMMAND.";
                Err(Stop::miss("One call comes in.", did, remedy))
            }
        }
    }

    /// Have a call come in, if it will.
    pub async fn rings_or_not(&mut self) -> Result<Option<Call>, Stop> {
        let before: Vec<_> = self.calls().iter().map(|call| call.number).collect();
        self.cue(Cue::Incoming).await?;
        let id = self.id.clone();
        let rung = self.stage.until(|stage| {
            let calls = stage.surface.calls().into_iter();
            let mut new = calls.filter(|call| call.app.as_str() == id);
            new.find(|call| call.state == CallState::Ringing && !before.contains(&call.number))
        });
        Ok(rung.await)
    }

    pub fn calls(&self) -> Vec<Call> {
        let calls = self.stage.surface.calls().into_iter();
        calls.filter(|call| call.app.as_str() == self.id).collect()
    }

    /// Have a call come in, and answer it.
    pub async fn talks(&mut self) -> Result<Call, Stop> {
        let call = self.rings().await?;
        self.performs(self.stage.surface.answer(call.number, None), "PerformAnswerCall").await?;
        self.comes_to(call.number, CallState::Active).await
    }

    /// Another call comes in and can be declined: nothing was harmed. How it is declined is judged in its own row.
    pub async fn still_works(&mut self) -> Result<(), Stop> {
        let call = self.rings().await?;
        self.decided(self.stage.surface.decline(call.number, None)).await
    }

    /// Something at the far side happens.
    pub async fn cue(&mut self, cue: Cue) -> Result<(), Stop> {
        let (command, signal, option) = match cue {
            Cue::Incoming => (&self.options.incoming, Signal::USR1, "--incoming"),
            Cue::FarSideEnds => (&self.options.remote_end, Signal::USR2, "--remote-end"),
        };
        if let Some(command) = command {
            self.far_side.push(Program::start(command, &self.environment)?);
            return Ok(());
        }
        let process = self.its_process().await?;
        let name = if cue == Cue::Incoming { "SIGUSR1" } else { "SIGUSR2" };
        if !takes(process, signal) {
            let why = format!("the app does nothing with {name}; or give {option} COMMAND");
            return Err(Stop::not_run(why));
        }
        kill_process(process, signal)
            .map_err(|error| Failure::new(format!("cannot send {name}: {error}.")))?;
        Ok(())
    }

    /// Wait until it is decided, and that it was accepted.
    pub async fn decided(&mut self, request: Request) -> Result<(), Stop> {
        match request.outcome().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let did = self.nothing(format!("the service refused it: {error}")).await?;
                Err(Stop::miss("The call is there, and can be acted on.", did, CALL_GONE))
            }
        }
    }

    /// Wait until the app has done it.
    pub async fn performs(&mut self, request: Request, member: &str) -> Result<(), Stop> {
        let expected = format!("The app fulfills {member} before its deadline.");
        let outcomes = match request.outcome().await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                let did = self.nothing(format!("the service refused it: {error}")).await?;
                return Err(Stop::miss(expected, did, CALL_GONE));
            }
        };
        let Some(reason) = words::first_failure(&outcomes) else { return Ok(()) };
        let did = self.nothing(format!("it was {}", reason.name())).await?;
        Err(match reason {
            FailReason::TimedOut => {
                Stop::miss(expected, "it did not complete it", deadline(member))
            }
            FailReason::Failed => Stop::miss(expected, "it failed it", refused(member)),
            _ => Stop::miss(expected, did, "Let the call go on until it is ended."),
        })
    }

    /// That the app has fulfilled what it was asked last.
    pub async fn fulfilled(&self, verb: &str, member: &str) -> Result<(), Stop> {
        let expected = format!("The app fulfills {member} before its deadline.");
        match self.story().await?.completion(verb) {
            Completion::Fulfilled => Ok(()),
            Completion::Failed => Err(Stop::miss(expected, "it failed it", refused(member))),
            Completion::TimedOut | Completion::None => {
                Err(Stop::miss(expected, "it did not complete it", deadline(member)))
            }
        }
    }

    /// Wait until the app has completed an end, or its time is over.
    pub async fn ends(&mut self) -> Result<(), Stop> {
        let name = party(&self.id);
        let known = self.stage.watch(async |stage| {
            let story = Story::new(stage.flow().await?, name.clone());
            Ok((story.completion("end") != Completion::None).then_some(()))
        });
        known.await?;
        self.fulfilled("end", "PerformEndCall").await
    }

    /// Hang up, decline or cancel, and see that the app does it.
    pub async fn is_ended(&mut self, call: CallNumber) -> Result<(), Stop> {
        self.decided(self.stage.surface.end(call, None)).await?;
        self.fulfilled("end", "PerformEndCall").await
    }

    /// Wait until the call is in this state.
    pub async fn comes_to(&mut self, call: CallNumber, state: CallState) -> Result<Call, Stop> {
        if let Some(call) = self.stage.comes_to(call, state).await {
            return Ok(call);
        }
        let now = self.stage.state_of(call);
        let did = self.nothing(now).await?;
        let expected = format!("The call comes to be {}.", state.name());
        Err(Stop::miss(expected, did, "Report about this call only what happened to it."))
    }

    /// That the app asked for nothing of its own accord.
    pub async fn asked_for_nothing(&self) -> Result<(), Stop> {
        let story = self.story().await?;
        let wishes = story.wishes();
        if wishes.is_empty() {
            return Ok(());
        }
        Err(Stop::miss(
            "The app performs what it is asked, and asks for nothing in return.",
            format!("it asked by itself: {}", few(&wishes)),
            "Send RequestTransaction only for what the user does in the app itself, never \
             because a perform or a change of state arrived.",
        ))
    }
}

/// What happens at the far side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cue {
    Incoming,
    FarSideEnds,
}

/// The first of them; an app that toggles asks thousands of times.
fn few(wishes: &[&str]) -> String {
    match wishes.split_at_checked(3) {
        Some((first, rest)) if !rest.is_empty() => {
            format!("{}, and {} times more", first.join(", "), rest.len())
        }
        _ => wishes.join(", "),
    }
}

const CALL_GONE: &str = "Keep the call until it is ended by the user or by the far side.";

fn deadline(member: &str) -> String {
    format!(
        "Reply to {member}, or reply `deferred` and call Fulfill, before deadline_ms of its \
         details is over."
    )
}

fn refused(member: &str) -> String {
    format!("Do what {member} asks, and reply with an empty record.")
}

impl Trial for App {
    async fn ready(&mut self) -> Result<(), Stop> {
        self.far_side.clear();
        self.elsewhere.all_end().await;
        for call in self.calls() {
            // However the app takes it, the call is over then.
            let _ = self.stage.surface.end(call.number, None).outcome().await;
        }
        let there = self.gone().await?.is_none() && self.process().await?.is_some();
        match there && (self.program.is_some() || self.options.start.is_none()) {
            true => Ok(()),
            false => self.launch().await,
        }
    }

    fn stage(&mut self) -> &mut Stage {
        &mut self.stage
    }
}
