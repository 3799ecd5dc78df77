//! Memory that is not needed any more.

/// Give what is free back to the system. The allocator keeps it for the next calls otherwise, and after a burst that may
/// be megabytes. Takes a tenth of a millisecond.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    #[expect(unsafe_code, reason = "there is no other way to ask glibc for it")]
    // SAFETY: it takes a number, touches nothing but free memory, and may be called from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}
