//! What a program takes of the machine, as the kernel counts it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often to look: nobody tells.
const LOOK: Duration = Duration::from_millis(50);
/// A program that has done nothing for so long has nothing to do.
const QUIET: Duration = Duration::from_secs(2);
/// Ticks of processor time in a second, as every Linux counts for programs.
const TICKS: f64 = 100.0;

/// Its memory in MiB.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// All pages that it has mapped and that are in memory, also those that it has in common with others (RSS).
    pub resident: f64,
    /// The same, pages in common divided among all who have them (PSS).
    pub proportional: f64,
    /// Pages that nothing but this program fills: neither of a file nor in common.
    pub anonymous: f64,
}

impl Memory {
    /// Of that process now.
    pub fn of(process: u32) -> Self {
        let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup"));
        let text = text.expect("the program runs");
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            kib.expect("the kernel tells it") / 1024.0
        };
        Self {
            resident: field("Rss:"),
            proportional: field("Pss:"),
            anonymous: field("Anonymous:"),
        }
    }
}

/// What it did so far.
struct Work {
    /// Ticks on a processor.
    ticks: u64,
    /// How often each of its threads has waited for something, and so been woken.
    wakeups: HashMap<OsString, u64>,
}

impl Work {
    fn of(process: u32) -> Self {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("the program runs");
        // Its name may have anything in it; it ends with the last bracket.
        let (_, fields) = stat.rsplit_once(')').expect("the kernel tells it");
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = [11, 12].map(|at| fields[at].parse::<u64>().expect("ticks"));
        let threads = fs::read_dir(format!("/proc/{process}/task")).expect("the program runs");
        let wakeups = threads.flatten().filter_map(|thread| {
            // One may have ended meanwhile.
            let status = fs::read_to_string(thread.path().join("status")).ok()?;
            let line =
                status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            Some((thread.file_name(), line?.trim().parse::<u64>().ok()?))
        });
        Self { ticks: ticks.iter().sum(), wakeups: wakeups.collect() }
    }

    /// How often those threads were woken since then that live now.
    fn woken_since(&self, before: &Self) -> u64 {
        let of = |(thread, wakeups): (&OsString, &u64)| {
            wakeups - before.wakeups.get(thread).copied().unwrap_or_default()
        };
        self.wakeups.iter().map(of).sum()
    }
}

/// What it does while there is nothing to do.
#[derive(Clone, Copy, Debug)]
pub struct Idle {
    /// Of one processor, in percent.
    pub processor: f64,
    /// How often it is woken, in a second.
    pub wakeups: f64,
}

/// Wait until the program has used no processor for a while.
pub async fn is_quiet(process: u32) {
    hookswitch_phosh::soon("a program that does nothing", async {
        let (mut last, mut since) = (Work::of(process).ticks, Instant::now());
        while since.elapsed() < QUIET {
            sleep(LOOK).await;
            let now = Work::of(process).ticks;
            if now != last {
                (last, since) = (now, Instant::now());
            }
        }
    })
    .await;
}

/// Look at it for so long.
pub async fn idle(process: u32, lasts: Duration) -> Idle {
    let (before, began) = (Work::of(process), Instant::now());
    sleep(lasts).await;
    let (after, lasted) = (Work::of(process), began.elapsed().as_secs_f64());
    Idle {
        processor: (after.ticks - before.ticks) as f64 / TICKS / lasted * 100.0,
        wakeups: after.woken_since(&before) as f64 / lasted,
    }
}
