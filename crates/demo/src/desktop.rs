//! The user's own phone: their bus, microphone and loudspeakers, and somebody who answers.

use crate::child::Child;
use crate::error::DemoError;
use crate::ladder::Ladder;
use crate::phone::{Phone, PhoneOptions, lay_out};
use crate::speakerbox::{Happening, Speakerbox};
use crate::speech::speak;
use crate::stage::{Programs, Stage};
use futures_util::StreamExt;
use hookswitch::CallState;
use hookswitch_rtc::devices::{DeviceOptions, Devices};
use hookswitch_rtc::{FRAME_LEN, level_dbfs, wav::WavSource};
use std::fs;
use std::path::Path;
use std::time::Duration;
use zbus::fdo::DBusProxy;
use zbus::names::BusName;

/// The call service's name on the bus.
const SERVICE: &str = "org.hookswitch.Hookswitch";
/// How long the call service may take to come.
const COMING: Duration = Duration::from_secs(20);

const BOB_SAYS: &str = "Hello, this is Bob. I am a recording, so I will not listen to what you say, but I keep it until \
    you hang up. If you hear me, the call service gave this call your loudspeaker. Whatever played music before is \
    quiet now, and comes back when we are done. Please say something, and then try to put me on hold, or to mute your \
    microphone. I will go on talking for a little while. One, two, three, four, five, six, seven, eight, nine, ten. \
    That was all I had to say. Good bye.";

/// What a desktop has that this needs.
#[derive(Debug)]
pub struct Desktop {
    bus: zbus::Connection,
    address: String,
}

impl Desktop {
    /// Looks for the session bus and PipeWire.
    ///
    /// # Errors
    /// One of them is not there.
    pub async fn find() -> Result<Self, DemoError> {
        let address = match std::env::var("DBUS_SESSION_BUS_ADDRESS") {
            Ok(address) => address,
            Err(_) => match std::env::var("XDG_RUNTIME_DIR") {
                Ok(folder) => format!("unix:path={folder}/bus"),
                Err(_) => return Err(DemoError::NoBus("no address is set".to_owned())),
            },
        };
        let no_bus = |error: zbus::Error| DemoError::NoBus(error.to_string());
        let bus =
            zbus::connection::Builder::address(address.as_str()).build().await.map_err(no_bus)?;
        Devices::open(DeviceOptions::default()).await.map_err(DemoError::NoSound)?;
        Ok(Self { bus, address })
    }

    /// Has the call service run on the bus: the one that runs, the one that is installed, or else ours, until the demo
    /// ends.
    async fn serve(&self, stage: &Stage, folder: &Path) -> Result<Option<Child>, DemoError> {
        let no_bus = |error: zbus::Error| DemoError::NoBus(error.to_string());
        let bus = DBusProxy::new(&self.bus).await.map_err(no_bus)?;
        let name =
            BusName::try_from(SERVICE).map_err(|error| DemoError::NoBus(error.to_string()))?;
        let refused = |error: zbus::fdo::Error| DemoError::NoBus(error.to_string());
        // Watched from before it can come.
        let mut owners =
            bus.receive_name_owner_changed_with_args(&[(0, SERVICE)]).await.map_err(no_bus)?;
        if bus.name_has_owner(name).await.map_err(refused)? {
            return Ok(None);
        }
        let installed = bus.list_activatable_names().await.map_err(refused)?;
        if installed.iter().any(|name| name.as_str() == SERVICE) {
            return Ok(None);
        }
        let program = stage.programs.find("hookswitchd")?;
        let log = folder.join("service.log");
        let mut child =
            Child::start(stage.programs.watcher(), &program, "hookswitchd", &log, |command| {
                command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
                command.env("HOOKSWITCH_STATE_DIR", folder.join("state"));
                command.env("HOOKSWITCH_DATA_DIR", folder.join("data"));
            })?;
        let came = tokio::select! {
            came = tokio::time::timeout(COMING, owners.next()) => matches!(came, Ok(Some(_))),
            _ = child.ended() => false,
        };
        if came { Ok(Some(child)) } else { Err(child.died()) }
    }
}

/// Calls somebody who answers, talks and records, and hangs up after `talk`, or when the user does, or when interrupted.
///
/// # Errors
/// Something of it does not start, or the call does not come about.
pub async fn talk(
    desktop: &Desktop,
    stage: &Stage,
    talk: Duration,
    interrupted: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    let folder = stage.folder().join("you");
    lay_out(&folder, stage)?;
    let says = stage.folder().join("bob-says.wav");
    speak(BOB_SAYS, "en-us+m3", &says).await?;
    let ladder = Ladder::begin(&["your phone", "bob's phone"]);
    let service = desktop.serve(stage, &folder).await?;
    let options = PhoneOptions {
        lane: 1,
        ladder: ladder.clone(),
        speech: Some(says),
        ..PhoneOptions::new("bob")
    };
    let mut bob = Phone::switch_on(stage, options).await?;
    bob.ready().await?;
    let mut you = start_yours(desktop, stage, &folder, &ladder)?;
    let talked = tokio::select! {
        talked = call(&mut you, &mut bob, stage, service.is_some(), talk) => talked,
        () = interrupted => Ok(()),
    };

    // Everything that listens first.
    you.end().await;
    bob.switch_off().await;
    if let Some(mut service) = service {
        service.end().await;
    }
    talked?;
    // Whoever interrupts early has heard nothing.
    if you.diary().read(|lines| lines.iter().any(|line| line.event == "audible")) {
        report(&you, &bob)?;
    }
    Ok(())
}

fn start_yours(
    desktop: &Desktop,
    stage: &Stage,
    folder: &Path,
    ladder: &Ladder,
) -> Result<Speakerbox, DemoError> {
    let token = folder.join("token");
    let text = stage.exchange.token("you", "speakerbox", Duration::from_secs(3_600))?;
    fs::write(&token, text).map_err(DemoError::file("a device token"))?;
    let arguments = ["--exchange", stage.exchange.url(), "--user", "you", "--call", "bob"];
    let mut arguments = arguments.map(str::to_owned).to_vec();
    arguments.extend(["--token-file".to_owned(), token.display().to_string()]);
    arguments.extend(["--audio-devices", "always"].map(str::to_owned));
    let ladder = ladder.clone();
    Speakerbox::start(
        &stage.programs,
        folder,
        &desktop.address,
        &arguments,
        move |line: &Happening| {
            let text = match line.event.as_str() {
                "registered" => "Speakerbox is registered",
                "dialing" => "calls bob",
                "connected" => "connected",
                "audio_activated" => "has the audio",
                "audio_deactivated" => "lost the audio",
                "device_running" if line.side == "microphone" => "the microphone listens",
                "device_running" => "the loudspeaker plays",
                "device_gone" => "a device is gone, the default one is used",
                "audible" => "you hear Bob",
                "held" => "on hold",
                "resumed" => "not on hold any more",
                "no_sound" | "ended" => line.text.as_str(),
                _ => return,
            };
            ladder.say(0, text);
        },
    )
}

async fn call(
    you: &mut Speakerbox,
    bob: &mut Phone,
    stage: &Stage,
    ours: bool,
    talk: Duration,
) -> Result<(), DemoError> {
    you.wait("dialing").await?;
    tokio::select! {
        ringing = bob.call_in(None, CallState::Ringing, 0) => drop(ringing?),
        ended = you.wait("ended") => return Err(DemoError::NoCall(ended?.text)),
    }
    bob.command(&["answer"]).await?;
    you.wait("audible").await?;
    println!("\n{}\n", hints(&stage.programs, ours, talk)?);
    // The user may hang up before; then there is nothing left to wait for.
    let diary = you.diary().clone();
    let over = |lines: &[Happening]| lines.iter().any(|line| line.event == "ended").then_some(());
    tokio::select! {
        () = tokio::time::sleep(talk) => {}
        () = diary.happens(over) => {}
    }
    Ok(())
}

/// What the user can do meanwhile.
fn hints(programs: &Programs, ours: bool, talk: Duration) -> Result<String, DemoError> {
    let program = if ours {
        programs.find("hookswitch")?.display().to_string()
    } else {
        "hookswitch".to_owned()
    };
    Ok(format!(
        "You hear Bob now, and he hears you: say something. In another terminal you can try\n  \
         {program} calls | hold | resume | mute | mute --off | end\n\
         The call ends by itself after {} s, or with Ctrl-C.",
        talk.as_secs()
    ))
}

/// How loud the loudest 10 ms of a recording are.
fn loudest(path: &Path, what: &str) -> Result<f32, DemoError> {
    let recording =
        WavSource::open(path).map_err(|error| DemoError::Wave { what: what.to_owned(), error })?;
    let levels = recording.samples().chunks(FRAME_LEN).map(level_dbfs);
    Ok(levels.fold(-127.0, f32::max))
}

fn report(you: &Speakerbox, bob: &Phone) -> Result<(), DemoError> {
    let played = loudest(you.heard(), "what you heard")?;
    let said = loudest(bob.speakerbox.heard(), "what Bob heard")?;
    println!("\nplayed to you, loudest: {played:.0} dB of full scale");
    println!("heard of you, loudest: {said:.0} dB of full scale");
    if said < -60.0 {
        println!(
            "Nothing was heard of you. Check in the sound settings that the right microphone is chosen and not muted."
        );
    }
    Ok(())
}
