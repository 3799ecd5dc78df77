//! What the service takes of memory: P12.

use crate::Outcome;
use crate::bus::{Bus, Kind};
use crate::callers::{one_call, replied};
use crate::figures::Figures;
use crate::load::{self, APP};
use crate::proc::{Memory, memory};
use crate::service::{Home, RAISED, Service};
use crate::tied::{self, Running};
use crate::wire::Line;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use zbus::Message;

const CALLS: u64 = 1000;

/// Look at the service when it has nothing to do, with many live calls, and after they ended. There was one call before,
/// so that the parts of the program that a call needs are in memory already.
pub fn measure(figures: &mut Figures, kind: Kind, program: &Path) -> Outcome {
    let bus = Bus::start(kind)?;
    let home = Home::new("home")?;
    // As an installation has it: how much of a file is in memory depends on how it was written, and a linker writes otherwise.
    let installed = home.file("hookswitchd");
    std::fs::copy(program, &installed)?;
    let service = Service::Daemon { program: installed, journal: true, policy: RAISED };
    let service = service.start(&bus, &home)?;
    let mut role = bus.role("crowd")?;
    role.args(["--calls", &CALLS.to_string()]).stdin(Stdio::piped());
    let mut crowd = Running::start("crowd", &mut role)?;
    crowd.line()?;
    let idle = settled(service.pid())?;
    crowd.go_on()?;
    crowd.line()?;
    let live = settled(service.pid())?;
    crowd.go_on()?;
    crowd.line()?;
    let over = settled(service.pid())?;

    let mb = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let on = kind.name();
    figures.hold(format!("P12 resident, idle, {on}"), mb(idle.resident), "MiB", 8.0);
    let name = format!("P12 resident, {CALLS} live calls, {on}");
    figures.hold(name, mb(live.resident), "MiB", 12.0);
    let per_call = live.anonymous.saturating_sub(idle.anonymous) as f64 / CALLS as f64 / 1024.0;
    figures.hold(format!("P12 anonymous for each live call, {on}"), per_call, "KiB", 2.0);
    let left = mb(over.resident.saturating_sub(idle.resident));
    figures.hold(format!("P12 resident, more than before once they ended, {on}"), left, "MiB", 1.0);
    for (when, memory) in [("idle", idle), ("live", live), ("over", over)] {
        figures.report(format!("P12 anonymous, {when}, {on}"), mb(memory.anonymous), "MiB");
    }
    Ok(())
}

/// What it takes once that does not change for a second: entries are written when nothing else is to be done.
fn settled(pid: u32) -> Outcome<Memory> {
    let until = Instant::now() + Duration::from_secs(20);
    let mut last = memory(pid)?;
    let mut since = Instant::now();
    while since.elapsed() < Duration::from_secs(1) {
        std::thread::sleep(Duration::from_millis(50));
        let now = memory(pid)?;
        if now != last {
            (last, since) = (now, Instant::now());
        }
        if Instant::now() > until {
            return Err("the service's memory does not settle".into());
        }
    }
    Ok(last)
}

/// Be one app; each line on standard input lets the next thing happen: so many calls ring, all of them end.
pub async fn crowd(calls: u64) -> Outcome {
    let mut line = Line::connect().await?;
    line.wait_for_service().await?;
    load::register_app(&mut line, APP).await?;
    let go_on = || -> Outcome {
        println!("ready");
        match tied::may_go_on()? {
            true => Ok(()),
            false => Err("nobody is interested any more".into()),
        }
    };
    let (report, end) = one_call(0, 0)?;
    done(&mut line, &[report, end]).await?;
    let (reports, ends): (Vec<_>, Vec<_>) =
        (1..=calls).map(|call| one_call(0, call)).collect::<Outcome<Vec<_>>>()?.into_iter().unzip();
    for messages in [reports, ends] {
        go_on()?;
        done(&mut line, &messages).await?;
    }
    go_on()
}

async fn done(line: &mut Line, messages: &[Message]) -> Outcome {
    for message in messages {
        line.connection.send(message).await?;
        replied(line, message.primary_header().serial_num()).await?;
    }
    Ok(())
}
