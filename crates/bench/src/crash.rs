//! What a crash costs: nothing that was admitted. P10.

use crate::Outcome;
use crate::bus::Bus;
use crate::figures::Figures;
use crate::load::{self, Size};
use crate::service::{Home, Load, Service};
use crate::wire::{self, Line};
use hookswitch_bus::names::RECENTS;
use hookswitch_bus::{RecentsQuery, RecentsRecord};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Kill the service so many times under load, and look for every admitted call in recents.
pub fn measure(figures: &mut Figures, bus: &Bus, program: &Path, kills: usize) -> Outcome {
    let home = Home::new("home")?;
    let service = Service::Daemon { program: program.to_owned(), journal: true, policy: "" };
    let mut admitted = Vec::new();
    let mut running = service.start(bus, &home)?;
    let mut delays = Delays::new();
    let endless = Size { calls: u64::MAX / 2, warm: 0 };
    for kill in 0..kills {
        let file = home.file(&format!("admitted-{kill}"));
        let mut load = Load::start(bus, &running, endless, Some(&file))?;
        load.begin()?;
        let until = Instant::now() + Duration::from_secs(10);
        while std::fs::metadata(&file).map_or(0, |file| file.len()) == 0 {
            if Instant::now() > until {
                return Err("no call was admitted".into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(delays.next());
        running.kill()?;
        // Replies that were on their way still arrive.
        std::thread::sleep(Duration::from_millis(50));
        load.kill()?;
        admitted.extend(std::fs::read_to_string(&file)?.lines().map(str::to_owned));
        running = service.start(bus, &home)?;
    }
    let lines = wire::block_on(recents(&bus.address))?;
    running.stop()?;
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &lines {
        *count.entry(&line.handle).or_default() += 1;
    }
    let times = |handle: &String| count.get(handle.as_str()).copied().unwrap_or(0);
    let lost = admitted.iter().filter(|handle| times(handle) == 0).count();
    let doubled = count.values().filter(|times| **times > 1).count();
    figures.report(format!("P10 calls admitted around {kills} kills"), admitted.len() as f64, "");
    figures.hold("P10 admitted calls that kill -9 lost", lost as f64, "", 0.0);
    figures.hold("P10 calls in recents more than once", doubled as f64, "", 0.0);
    Ok(())
}

/// All lines of recents.
async fn recents(address: &str) -> Outcome<Vec<RecentsRecord>> {
    let mut line = Line::connect_to(address).await?;
    line.wait_for_service().await?;
    load::register_surface(&mut line).await?;
    let mut lines: Vec<RecentsRecord> = Vec::new();
    loop {
        let before = lines.last().map(|line| line.number);
        let query = RecentsQuery { limit: Some(1000), before, missed: None };
        let reply = line.ask(RECENTS, "List", &query).await?;
        let page: Vec<RecentsRecord> = reply.body().deserialize()?;
        if page.is_empty() {
            return Ok(lines);
        }
        lines.extend(page);
    }
}

/// Points in time that nobody chose: up to 200 ms.
struct Delays(u64);

impl Delays {
    fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::from(now.subsec_nanos()) | 1)
    }

    fn next(&mut self) -> Duration {
        // Xorshift: as random as this needs.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_micros(self.0 % 200_000)
    }
}
