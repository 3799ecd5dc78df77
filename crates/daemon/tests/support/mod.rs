//! What tests of sound stand on: a bus, a PipeWire without devices, and ears. Each test has its own.

#![allow(dead_code, reason = "each test uses a part of it")]

pub mod bus;
pub mod ear;
pub mod graph;
pub mod wav;

use std::process::Child;
use std::time::{Duration, Instant};

/// Nothing here takes that long, unless it hangs.
pub const HANGS: Duration = Duration::from_secs(60);

/// A program that ends with its test.
pub struct Tied(pub Child);

impl Drop for Tied {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Look again and again until it is so; for what nobody tells of.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < HANGS, "{what} did not come");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
