//! Which core works for whom.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::fmt;

/// Where the programs run that a call goes through.
pub struct Cores {
    /// Those that there are, if the programs are to be kept apart.
    apart: Option<CpuSet>,
}

impl Cores {
    /// Wherever there is room. What is measured then is mostly how long an idle core takes to wake up, once for each program
    /// on the way.
    pub fn all() -> Self {
        Self { apart: None }
    }

    /// The bus, who calls, who shows the call and who watches on the last core, and the shell on the first: the same for
    /// all, and whoever does more takes longer.
    pub fn one() -> Self {
        Self { apart: Some(sched_getaffinity(None).expect("our cores")) }
    }

    /// What is started from now on is the shell.
    pub fn shell(&self) {
        self.only(|cores| cores.next());
    }

    /// What is started from now on, and this program, are everything else.
    pub fn others(&self) {
        self.only(|cores| cores.next_back());
    }

    fn only(
        &self,
        choose: impl FnOnce(&mut dyn DoubleEndedIterator<Item = usize>) -> Option<usize>,
    ) {
        let Some(all) = self.apart else { return };
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core));
        let mut one = CpuSet::new();
        one.set(choose(&mut cores).expect("a core"));
        sched_setaffinity(None, &one).expect("a core of ours");
    }

    /// Whether it is one for everything but the shell.
    pub fn are_one(&self) -> bool {
        self.apart.is_some()
    }

    /// As it was before.
    pub fn free(&self) {
        if let Some(all) = &self.apart {
            sched_setaffinity(None, all).expect("our cores");
        }
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.are_one() { "one core" } else { "all cores" })
    }
}
