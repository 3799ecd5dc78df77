//! Memory that is not needed any more.

/// Give what is free back to the system. The allocator keeps it for the next calls otherwise, and after a burst that may
/// be megabytes. A thread is started and ended for it: for after a burst, when there is nothing else to do.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    {
        glibc::end_cache();
        glibc::trim();
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
