//! The memory that a report needs: it does not grow with the number of findings, whatever the format.

use rehearsal::report::{DatabaseReport, Finding, ProofReport, ProofStatus, RehearsalReport, history};
use rehearsal::{Began, db::Engine};
use rehearsal_cli::reporters::FORMATS;
use std::fs;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// The number of findings.
const FINDINGS: usize = 100_000;
/// The most memory of the process with the findings while a report is written, in bytes.
const MOST: usize = 60 << 20;
/// The most memory that writing a report adds, in bytes.
const ADDED: usize = 16 << 20;

/// Counts bytes and keeps none.
struct Sink(usize);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A value of `/proc/self/status` in bytes. `None` on another system.
fn memory(name: &str) -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|kilobytes| kilobytes << 10)
}

fn report(findings: usize) -> RehearsalReport {
    let finding = |n: usize| {
        let mut finding = Finding::new(&history::EDITED, format!("row {n} was deleted"))
            .in_file(format!("migrations/{}.sql", n % 50).as_ref())
            .with_details(vec![format!("\"Pet\": 1 row deleted, such as {n}")]);
        finding.proof = Some("populated");
        finding.fixture = Some("rows".into());
        finding
    };
    let proof = ProofReport {
        name: "populated",
        fixture: Some("rows".to_owned()),
        status: ProofStatus::Failed,
        made_at: None,
        duration: Duration::from_millis(12),
        findings,
        notes: Vec::new(),
        warnings: Vec::new(),
        not_covered: Vec::new(),
        figures: serde_json::Map::new(),
    };
    let findings: Vec<Finding> = (0..findings).map(finding).collect();
    let exit = DatabaseReport::exit_of(&findings, None);
    Began::now().report(vec![DatabaseReport {
        exit,
        proofs: vec![proof],
        findings,
        ..DatabaseReport::new("pets", Engine::ALL[0])
    }])
}

#[test]
fn does_not_grow_with_findings() {
    if memory("VmHWM").is_none() || fs::write("/proc/self/clear_refs", "5").is_err() {
        io::stderr().write_all(b"NOT TESTED: the memory of reports; there is no /proc/self/clear_refs\n").unwrap();
        return;
    }
    let before = memory("VmRSS").unwrap();
    let report = report(FINDINGS);
    let with = memory("VmRSS").unwrap();
    let mut figures = format!("{} MB before, {} MB with {FINDINGS} findings\n", before >> 20, with >> 20);
    let mut faults = Vec::new();
    for reporter in FORMATS {
        fs::write("/proc/self/clear_refs", "5").unwrap();
        let (start, mut sink) = (Instant::now(), Sink(0));
        reporter.write(&report, &mut sink).unwrap();
        let (took, most) = (start.elapsed(), memory("VmHWM").unwrap());
        let name = reporter.name();
        figures.push_str(&format!("{name}: {} MB at most, {} kB written in {took:?}\n", most >> 20, sink.0 >> 10));
        assert!(sink.0 > 1_000, "{name} wrote {} bytes", sink.0);
        if most > MOST || most.saturating_sub(with) > ADDED {
            faults.push(name);
        }
    }
    assert_eq!(faults, [""; 0], "{figures}");
    println!("{figures}");
}
