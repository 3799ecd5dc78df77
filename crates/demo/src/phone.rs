use crate::child::Child;
use crate::error::DemoError;
use crate::ladder::Ladder;
use crate::log::{Log, now_us};
use crate::speakerbox::{Happening, Speakerbox};
use crate::stage::Stage;
use hookswitch::{Call, CallNumber, CallState, Recent, RecentsQuery, Surface, SurfaceEvent};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// The surface of the demo itself: what is allowed to see and do everything on its phones.
const SURFACE: &str = "org.hookswitch.Demo";

/// What a phone is like.
#[derive(Clone, Debug)]
pub struct PhoneOptions {
    /// Whose it is: the address others call.
    pub user: String,
    /// Its column in the ladder.
    pub lane: usize,
    /// The ladder.
    pub ladder: Ladder,
    /// What its user says.
    pub speech: Option<PathBuf>,
    /// How long its token is good.
    pub token_good_for: Duration,
    /// Further arguments for Speakerbox.
    pub arguments: Vec<String>,
    /// The call service's knobs: `HOOKSWITCH_POLICY`.
    pub policy: String,
    /// What else the call service has in its environment.
    pub environment: Vec<(String, String)>,
    /// The way to the exchange, if it is not the direct one.
    pub exchange: Option<String>,
}

impl PhoneOptions {
    /// A silent phone without a ladder.
    pub fn new(user: &str) -> Self {
        Self {
            user: user.to_owned(),
            lane: 0,
            ladder: Ladder::hidden(),
            speech: None,
            token_good_for: Duration::from_secs(3600),
            arguments: Vec::new(),
            policy: String::new(),
            environment: Vec::new(),
            exchange: None,
        }
    }
}

/// A state of a call, and when the surface was told.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When.
    pub at_us: u64,
    /// The call as it was then.
    pub call: Call,
}

/// One phone: a session bus of its own, on it the call service, Speakerbox, and a surface to look at.
#[derive(Debug)]
pub struct Phone {
    /// Its Speakerbox.
    pub speakerbox: Speakerbox,
    /// What acts for its user.
    pub surface: Surface,
    user: String,
    seen: Log<Seen>,
    bus: Child,
    address: String,
    folder: PathBuf,
    programs: crate::stage::Programs,
    token: PathBuf,
    options: PhoneOptions,
    exchange: String,
}

impl Phone {
    /// Switches a phone on. Its call service is started by the bus when the first program needs it.
    ///
    /// # Errors
    /// Something of it does not start.
    pub async fn switch_on(stage: &Stage, options: PhoneOptions) -> Result<Self, DemoError> {
        let folder = stage.folder().join(&options.user);
        lay_out(&folder, stage)?;
        let (bus, address) = start_bus(stage, &folder, &options).await?;
        let token = folder.join("token");
        let text = stage.exchange.token(&options.user, "speakerbox", options.token_good_for)?;
        fs::write(&token, text).map_err(DemoError::file("a device token"))?;
        let (surface, mut events) = Surface::connect_at(Some(&address), "Demo").await?;
        let seen = Log::new(folder.clone());
        let (log, ladder, lane) = (seen.clone(), options.ladder.clone(), options.lane);
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                let SurfaceEvent::Changed(change) = event else { continue };
                for call in change.calls {
                    let number = call.number;
                    let before = log.read(|seen: &[Seen]| state_of(seen, number));
                    if before != Some(call.state) {
                        ladder.say(lane, &words(&call, before));
                    }
                    log.push(Seen { at_us: now_us(), call });
                }
            }
        });
        let exchange = options.exchange.clone();
        let exchange = exchange.unwrap_or_else(|| stage.exchange.url().to_owned());
        let speakerbox = start_speakerbox(stage, &folder, &address, &token, &options, &exchange)?;
        Ok(Self {
            speakerbox,
            surface,
            user: options.user.clone(),
            seen,
            bus,
            address,
            folder,
            programs: stage.programs.clone(),
            token,
            options,
            exchange,
        })
    }

    /// Starts its Speakerbox again, after it was ended.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start_speakerbox_again(&mut self, stage: &Stage) -> Result<(), DemoError> {
        self.speakerbox = start_speakerbox(
            stage,
            &self.folder,
            &self.address,
            &self.token,
            &self.options,
            &self.exchange,
        )?;
        Ok(())
    }

    /// Whose it is.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The address of its bus.
    pub fn bus(&self) -> &str {
        &self.address
    }

    /// Every state of every call on it.
    pub fn seen(&self) -> &Log<Seen> {
        &self.seen
    }

    /// Waits until it can call and be called.
    ///
    /// # Errors
    /// Its Speakerbox does not come up.
    pub async fn ready(&mut self) -> Result<(), DemoError> {
        self.speakerbox.wait("registered").await?;
        self.speakerbox.wait("signed_in").await.map(drop)
    }

    /// Waits until a call of this number, or any call, is in a state; `after` = not before that moment.
    ///
    /// # Errors
    /// It never is.
    pub async fn call_in(
        &self,
        number: Option<CallNumber>,
        state: CallState,
        after: u64,
    ) -> Result<Seen, DemoError> {
        let what = format!("a call of {} is {}", self.user, state.name());
        self.seen
            .wait(&what, |seen| {
                let fits = |seen: &&Seen| {
                    seen.at_us >= after
                        && seen.call.state == state
                        && number.is_none_or(|number| seen.call.number == number)
                };
                seen.iter().find(fits).cloned()
            })
            .await
    }

    /// Runs the command line on this phone's bus.
    ///
    /// # Errors
    /// It fails.
    pub async fn command(&self, arguments: &[&str]) -> Result<String, DemoError> {
        let program = self.programs.find("hookswitch")?;
        let output = Command::new(&program)
            .args(arguments)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .stdin(Stdio::null())
            .output()
            .await
            .map_err(|error| DemoError::NotStarted("hookswitch".to_owned(), error))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() {
            return Ok(text(&output.stdout));
        }
        let said = format!("{} {}", text(&output.stderr), text(&output.stdout));
        Err(DemoError::Command { command: arguments.join(" "), said: said.trim().to_owned() })
    }

    /// Starts a command line that goes on: its end is this program's end.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn command_that_stays(&self, arguments: &[&str]) -> Result<Child, DemoError> {
        let program = self.programs.find("hookswitch")?;
        let log = self.folder.join("command.log");
        Child::start(self.programs.watcher(), &program, "hookswitch", &log, |command| {
            command.args(arguments).env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        })
    }

    /// Its list of recents, newest first.
    ///
    /// # Errors
    /// The call service does not say.
    pub async fn recents(&self) -> Result<Vec<Recent>, DemoError> {
        Ok(self.surface.recents(RecentsQuery::default()).await?)
    }

    /// Leaves the call service's journal behind, as a test and as a picture, and plays the test.
    ///
    /// # Errors
    /// The journal cannot be printed, or does not go as it says.
    pub async fn journal(&self) -> Result<(), DemoError> {
        let test = self.command(&["journal", "--test"]).await?;
        let [flow, picture] = ["journal.flow", "journal.svg"].map(|name| self.folder.join(name));
        fs::write(&flow, test + "\n").map_err(DemoError::file("a journal"))?;
        self.command(&["journal", "--svg", &picture.display().to_string()]).await?;
        self.command(&["replay", &flow.display().to_string()]).await.map(drop)
    }

    /// Switches it off: Speakerbox first, so that its recording is whole.
    pub async fn switch_off(&mut self) {
        self.speakerbox.end().await;
        self.bus.end().await;
    }
}

fn state_of(seen: &[Seen], number: CallNumber) -> Option<CallState> {
    seen.iter().rev().find(|seen| seen.call.number == number).map(|seen| seen.call.state)
}

/// What the ladder says of a change.
fn words(call: &Call, before: Option<CallState>) -> String {
    let who = call.who();
    match (call.state, before) {
        (CallState::Ringing, _) => format!("rings: {who} calls"),
        (CallState::Answering, _) => format!("{who}: answered, connecting"),
        (CallState::Starting, _) => format!("{who}: dialing"),
        (CallState::Dialing, _) => format!("{who}: invitation sent"),
        (CallState::Connecting, _) => format!("{who}: rings there"),
        (CallState::Active, Some(CallState::Held)) => format!("{who}: resumed"),
        (CallState::Active, _) => format!("{who}: connected"),
        (CallState::Held, _) => format!("{who}: on hold"),
        (CallState::Ending, _) => format!("{who}: hanging up"),
        (CallState::Ended, _) => {
            let reason = call.ended.map_or("over", hookswitch::EndedReason::name);
            format!("{who}: ended ({})", reason.replace('_', " "))
        }
    }
}

pub(crate) fn lay_out(folder: &Path, stage: &Stage) -> Result<(), DemoError> {
    let file = || DemoError::file("the folder of a phone");
    let applications = folder.join("data/applications");
    let services = folder.join("services");
    for part in [&applications, &services, &folder.join("state")] {
        fs::create_dir_all(part).map_err(file())?;
    }
    let entry = |name: &str, program: &Path, surface: bool| {
        let program = program.canonicalize().unwrap_or_else(|_| program.to_owned());
        format!(
            "[Desktop Entry]\nType=Application\nName={name}\nExec=\"{}\"\nNoDisplay=true\n{}",
            program.display(),
            if surface { "X-Hookswitch-Surface=true\n" } else { "" },
        )
    };
    let own = std::env::current_exe().map_err(file())?;
    let programs = &stage.programs;
    let entries = [
        (SURFACE, "Demo", own, true),
        ("org.hookswitch.Cli", "Command line", programs.find("hookswitch")?, true),
        ("org.hookswitch.Speakerbox", "Speakerbox", programs.find("speakerbox")?, false),
    ];
    for (id, name, program, surface) in entries {
        let path = applications.join(format!("{id}.desktop"));
        fs::write(path, entry(name, &program, surface)).map_err(file())?;
    }
    let daemon = programs.find("hookswitchd")?;
    let service =
        format!("[D-BUS Service]\nName=org.hookswitch.Hookswitch\nExec={}\n", daemon.display());
    fs::write(services.join("org.hookswitch.Hookswitch.service"), service).map_err(file())?;
    let config = format!(
        "<busconfig>\n<type>session</type>\n<listen>unix:path={}</listen>\n<auth>EXTERNAL</auth>\n\
         <servicedir>{}</servicedir>\n<policy context=\"default\">\n\
         <allow send_destination=\"*\" eavesdrop=\"true\"/>\n<allow eavesdrop=\"true\"/>\n<allow own=\"*\"/>\n</policy>\n</busconfig>\n",
        folder.join("bus").display(),
        services.display(),
    );
    fs::write(folder.join("bus.conf"), config).map_err(file())
}

async fn start_bus(
    stage: &Stage,
    folder: &Path,
    options: &PhoneOptions,
) -> Result<(Child, String), DemoError> {
    let log = folder.join("bus-and-service.log");
    let program = Path::new("dbus-daemon");
    let mut bus =
        Child::start(stage.programs.watcher(), program, "dbus-daemon", &log, |command| {
            let config = folder.join("bus.conf");
            command.arg(format!("--config-file={}", config.display()));
            command.args(["--nofork", "--nopidfile", "--print-address=1"]).stdout(Stdio::piped());
            // What the bus starts gets this environment.
            command.env("HOOKSWITCH_STATE_DIR", folder.join("state"));
            command.env("HOOKSWITCH_DATA_DIR", folder.join("data"));
            command.env("HOOKSWITCH_POLICY", &options.policy);
            command.envs(options.environment.iter().cloned());
            // Nobody is to be heard here, and the user's own music goes on, and their machine as it was.
            command.env("HOOKSWITCH_AUDIO", "off");
            command.env("HOOKSWITCH_POWER", "off");
            command.env_remove("DBUS_SESSION_BUS_ADDRESS");
        })?;
    let mut line = String::new();
    if let Some(stdout) = bus.take_stdout() {
        let mut stdout = BufReader::new(stdout);
        // An error reads as an empty line, and that as an early end.
        let _ = stdout.read_line(&mut line).await;
    }
    let address = line.trim().to_owned();
    if address.is_empty() { Err(bus.died()) } else { Ok((bus, address)) }
}

fn start_speakerbox(
    stage: &Stage,
    folder: &Path,
    bus: &str,
    token: &Path,
    options: &PhoneOptions,
    exchange: &str,
) -> Result<Speakerbox, DemoError> {
    let mut arguments: Vec<String> =
        ["--exchange", exchange, "--user", &options.user].map(str::to_owned).to_vec();
    arguments.extend(["--token-file".to_owned(), token.display().to_string()]);
    if let Some(speech) = &options.speech {
        arguments.extend(["--audio-in".to_owned(), speech.display().to_string()]);
    }
    arguments.extend(options.arguments.iter().cloned());
    let (ladder, lane) = (options.ladder.clone(), options.lane);
    Speakerbox::start(&stage.programs, folder, bus, &arguments, move |line: &Happening| {
        let text = match line.event.as_str() {
            "registered" => "Speakerbox is registered",
            "audio_activated" => "has the audio",
            "audio_deactivated" => "lost the audio",
            "audible" => "hears speech",
            "reconnecting" => "lost the room, trying again",
            "reconnected" => "is back in the room",
            _ => return,
        };
        ladder.say(lane, text);
    })
}
