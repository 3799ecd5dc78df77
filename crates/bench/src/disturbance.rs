//! How much of the machine others had while something was measured.
//!
//! Two things disturb: the host gives the virtual core to somebody else (`steal`), and programs that are not part of the
//! measurement run on the same core. Both are known to the kernel, and neither depends on what was measured.

use crate::Outcome;
use crate::proc;
use rustix::thread::{CpuSet, sched_getaffinity};
use std::fs::read_to_string;
use std::time::Instant;

/// More than this share of a core taken by others, and a round is measured once more.
pub const TOO_MUCH: f64 = 0.04;

/// The kernel counts in hundredths of a second.
const TICKS: f64 = 100.0;

/// Takes the time others had, from when it is made.
pub struct Watch {
    begin: Instant,
    cores: Vec<usize>,
    before: Ticks,
    long_lived: Vec<u32>,
}

/// Ticks since some moment, of all cores that are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Ticks {
    /// They had nothing to do.
    idle: f64,
    /// The host had them.
    stolen: f64,
    /// This program and what it started worked.
    own: f64,
}

impl Watch {
    /// Watch the cores that this thread may run on. `long_lived`: processes of the measurement that do not end with it.
    pub fn start(long_lived: &[u32]) -> Outcome<Self> {
        let allowed = sched_getaffinity(None)?;
        let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).collect();
        let long_lived = long_lived.to_vec();
        let before = Ticks::now(&cores, &long_lived)?;
        Ok(Self { begin: Instant::now(), cores, before, long_lived })
    }

    /// The share of one core that others had until now.
    pub fn share(&self) -> Outcome<f64> {
        let now = Ticks::now(&self.cores, &self.long_lived)?;
        let passed = self.begin.elapsed().as_secs_f64() * TICKS;
        let before = &self.before;
        let (idle, own) = (now.idle - before.idle, now.own - before.own);
        let others = passed * self.cores.len() as f64 - idle - own;
        // A kernel that does not know better takes for our work what the host did meanwhile.
        Ok(others.max(now.stolen - before.stolen).max(0.0) / passed)
    }
}

impl Ticks {
    fn now(cores: &[usize], long_lived: &[u32]) -> Outcome<Self> {
        let (idle, stolen) = of_cores(&read_to_string("/proc/stat")?, cores);
        let ended = own(&read_to_string("/proc/self/stat")?).ok_or("the kernel tells no times")?;
        let living: u64 = long_lived.iter().map(|pid| proc::cpu_ns(*pid)).sum();
        Ok(Self { idle, stolen, own: ended + living as f64 / 1e9 * TICKS })
    }
}

/// Idle, waiting for a disk included, and stolen. Only these two are exact: what a core did when it did something is
/// looked at a hundred times a second.
fn of_cores(stat: &str, cores: &[usize]) -> (f64, f64) {
    let (mut idle, mut stolen) = (0, 0);
    for line in stat.lines() {
        let mut words = line.split_whitespace();
        // "cpu" without a number is the sum of all.
        let core = words.next().and_then(|word| word.strip_prefix("cpu")?.parse().ok());
        if core.is_none_or(|core: usize| !cores.contains(&core)) {
            continue;
        }
        let fields: Vec<u64> = words.map_while(|field| field.parse().ok()).collect();
        let field = |at: usize| fields.get(at).copied().unwrap_or(0);
        idle += field(3) + field(4);
        stolen += field(7);
    }
    (idle as f64, stolen as f64)
}

/// What this process worked, and what it started and waited for.
fn own(stat: &str) -> Option<f64> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok());
    Some(ticks.sum::<u64>() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_tells_is_read() {
        let stat = "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 4 100 200 8 16 32 0 0\ncpu1 64 0 0 7 5 0 0 1 0 0\nintr 5\n";
        assert_eq!(of_cores(stat, &[0]), (300.0, 32.0));
        assert_eq!(of_cores(stat, &[1]), (12.0, 1.0));
        assert_eq!(of_cores(stat, &[0, 1]), (312.0, 33.0));
        assert_eq!(own("7 (a) b) S 1 2 3 4 5 6 7 8 9 10 100 20 3 4 20 0"), Some(127.0));
        assert_eq!(own("7 (a) S 1 2"), None);
    }

    #[test]
    fn what_this_program_does_is_not_others_work() {
        let watch = Watch::start(&[]).unwrap();
        assert!(watch.share().unwrap() >= 0.0);
    }
}
