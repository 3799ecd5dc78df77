//! Memory that is not needed any more.

/// Code of the program and of the libraries that it is linked to.
#[derive(Debug)]
pub struct Code(Vec<(usize, usize)>);

impl Code {
    /// What is in memory now. To be called before anything else is started: what is there then is never unloaded, which
    /// cannot be said of plug-ins.
    pub fn linked() -> Self {
        // Without that list everything stays, and nothing else is different.
        let list = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
        Self(list.lines().filter_map(code).collect())
    }

    /// Let go of the pages that were run: what happens once, such as a start, is not needed again soon, and its pages
    /// count as ours until somebody else needs the room. They stay in the cache of the system; what is run again is there
    /// with the next access, in microseconds.
    pub fn let_go(&self) {
        for &(begin, end) in &self.0 {
            forget(begin, end);
        }
    }

    /// After a burst of calls: let go of what was run for it, and of memory that is free. The allocator keeps that for the
    /// next calls otherwise, and it may be megabytes. A thread is started and ended for it: for when there is nothing
    /// else to do.
    pub fn give_back(&self) {
        #[cfg(target_env = "gnu")]
        {
            glibc::end_cache();
            glibc::trim();
        }
        self.let_go();
    }
}

/// From where to where, if this line of the list is code of a file, which nobody may have written to.
fn code(line: &str) -> Option<(usize, usize)> {
    let mut words = line.split_ascii_whitespace();
    let (begin, end) = words.next()?.split_once('-')?;
    let (rights, _offset, _device, _inode, path) =
        (words.next()?, words.next()?, words.next()?, words.next()?, words.next()?);
    if rights != "r-xp" || !path.starts_with('/') {
        return None;
    }
    let address = |hex| usize::from_str_radix(hex, 16).ok();
    Some((address(begin)?, address(end)?))
}

#[expect(unsafe_code, reason = "there is no other way to say it to the kernel")]
fn forget(begin: usize, end: usize) {
    // SAFETY: the pages are of a file that is never unloaded, and can be read and run but not written: each access finds
    // the same bytes again, from that file.
    unsafe {
        libc::madvise(
            std::ptr::with_exposed_provenance_mut(begin),
            end - begin,
            libc::MADV_DONTNEED,
        );
    }
}

#[cfg(target_env = "gnu")]
mod glibc {
    use std::iter::repeat_with;
    use std::thread;

    /// How many freed pieces of each size a thread keeps for itself.
    const KEPT: usize = 7;

    /// Free the pieces that this thread keeps for itself. A few hundred of them lie about after a burst, and each holds the
    /// page it is in. Only the end of a thread frees what it kept, so they are handed to one that ends.
    pub fn end_cache() {
        let sizes = (24..=1032).step_by(16);
        let one_size = |size| repeat_with(move || Vec::<u8>::with_capacity(size)).take(KEPT);
        let kept: Vec<Vec<u8>> = sizes.flat_map(one_size).collect();
        let spawned = thread::Builder::new().name("give back".into()).spawn(move || drop(kept));
        // Without a thread more stays, and nothing else is different.
        if let Ok(thread) = spawned {
            let _ = thread.join();
        }
    }

    /// Free pages go to the system.
    #[expect(unsafe_code, reason = "there is no other way to ask glibc for it")]
    pub fn trim() {
        // SAFETY: it takes a number, touches nothing but free memory, and may be called from any thread.
        unsafe {
            libc::malloc_trim(0);
        }
    }
}
