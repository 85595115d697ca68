//! Other processes: waiting for what they do, and killing them.

use duct::Handle;
use std::time::{Duration, Instant};

/// Polls until `is_so` returns true. Fails after two minutes.
pub fn wait_until(mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(120), "timed out after two minutes");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Kills a process, and waits for its end, which releases its locks.
pub fn kill(running: &Handle) {
    running.kill().unwrap();
    running.wait().unwrap();
}
