//! Measures a command in a child process: its time from start to end, and its peak memory, which the system records per
//! process.

use std::fs;
use std::time::{Duration, Instant};

/// Runs a command to its end. Returns its time and its peak memory in megabytes; `None` if the system does not
/// report it.
pub(crate) fn measure(command: &duct::Expression) -> std::io::Result<(Duration, Option<f64>)> {
    let start = Instant::now();
    let running = command.start()?;
    let mut peak = None;
    while running.try_wait()?.is_none() {
        peak = running.pids().first().and_then(|pid| high_water(*pid)).or(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok((start.elapsed(), peak))
}

/// Formats a peak for a table.
pub(crate) fn shown(peak: Option<f64>) -> String {
    peak.map_or_else(|| "unknown".to_owned(), |megabytes| format!("{megabytes:.0} MB"))
}

fn high_water(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}
