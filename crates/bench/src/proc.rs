//! What the kernel knows about a process: time on a core, context switches, threads.

use crate::Outcome;
use std::fs::read_to_string;
use std::path::PathBuf;

/// One thread of a process, by now.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Its id.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Nanoseconds on a core.
    pub cpu_ns: u64,
    /// How often it went to sleep or was made to wait.
    pub switches: u64,
}

/// All threads of a process; none if it is gone.
pub fn threads(pid: u32) -> Vec<Thread> {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    tasks.flatten().filter_map(|task| thread(task.path())).collect()
}

fn thread(task: PathBuf) -> Option<Thread> {
    let id = task.file_name()?.to_str()?.parse().ok()?;
    let status = read_to_string(task.join("status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim_start_matches(':').trim().to_owned())
    };
    let count = |name| field(name).and_then(|number| number.parse::<u64>().ok()).unwrap_or(0);
    let switches = count("voluntary_ctxt_switches") + count("nonvoluntary_ctxt_switches");
    let cpu_ns = match read_to_string(task.join("schedstat")) {
        Ok(line) => line.split_whitespace().next()?.parse().ok()?,
        // A kernel without it counts in ticks of 10 ms.
        Err(_) => ticks(&read_to_string(task.join("stat")).ok()?)? * 10_000_000,
    };
    Some(Thread { id, name: field("Name").unwrap_or_default(), cpu_ns, switches })
}

/// User and system time in a `stat` line.
fn ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

/// Nanoseconds on a core of all threads of a process.
pub fn cpu_ns(pid: u32) -> u64 {
    threads(pid).iter().map(|thread| thread.cpu_ns).sum()
}

/// Context switches of all threads of a process, asked for or not.
pub fn switches(pid: u32) -> u64 {
    threads(pid).iter().map(|thread| thread.switches).sum()
}

/// What a process takes of memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Everything that is in memory now.
    pub resident: u64,
    /// Of that, what belongs to no file.
    pub anonymous: u64,
}

/// What a process takes of memory now.
pub fn memory(pid: u32) -> Outcome<Memory> {
    let status = read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name: &str| -> Outcome<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        Ok(kib.ok_or_else(|| format!("the kernel does not tell {name}"))? * 1024)
    };
    Ok(Memory { resident: field("VmRSS:")?, anonymous: field("RssAnon:")? })
}

/// The process of that name among this one and what it started.
pub fn descendant(pid: u32, name: &str) -> Option<u32> {
    let comm = read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    if comm.trim() == name {
        return Some(pid);
    }
    let children = read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    children.split_whitespace().find_map(|child| descendant(child.parse().ok()?, name))
}

/// The load of the machine: how much of every figure is other people's work.
pub fn load_average() -> f64 {
    let line = read_to_string("/proc/loadavg").unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0.0)
}
