//! Several workers on one backfill, in one process and in several, some of which are killed or stop responding.
//! Each range is done once.

use crate::suite::new_workspace;
use duct::Handle;
use duct::unix::HandleExt;
use pretty_assertions::assert_eq;
use rehearsal::ledger::{Counts, Finding};
use rehearsal_tests::postgres::{execute, query, unique, url};
use rehearsal_tests::processes::{kill, wait_until};
use rehearsal_tests::workspace::Workspace;
use std::fs;
use std::time::Duration;

const USERS: u32 = 600;
const SIGINT: i32 = 2;
const SIGSTOP: i32 = 19;
const SIGCONT: i32 = 18;

/// The fields of a report that these tests read.
#[derive(serde::Deserialize)]
struct Report {
    findings: Vec<Finding>,
    counts: Counts,
}

/// Creates a database of profiles to unify, and returns the report of a dry run.
fn profiles() -> (Workspace, String, Report) {
    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
    let (workspace, url) = (new_workspace(), url(&name));
    workspace.succeed(&format!("fixture generate profiles --units {USERS} --out many.sql"));
    fs::rename(workspace.path("many.sql"), workspace.path("fixtures/profiles/many.sql")).unwrap();
    workspace.succeed(&format!("fixture load profiles many --url {url}"));
    workspace.succeed(&format!("migrate profiles --url {url}"));
    workspace.succeed(&format!("backfill unified_profiles --record foreseen.json --url {url}"));
    let foreseen = report(&workspace, "foreseen.json");
    (workspace, url, foreseen)
}

fn report(workspace: &Workspace, file: &str) -> Report {
    serde_json::from_str(&fs::read_to_string(workspace.path(file)).unwrap()).unwrap()
}

fn start(workspace: &Workspace, url: &str, flags: &str) -> Handle {
    let arguments = format!("backfill unified_profiles --execute --batch 5 --wait 60 {flags} --url {url}");
    let command = workspace.command(arguments.split_whitespace()).stdout_null().stderr_null();
    command.unchecked().start().unwrap()
}

/// Returns the number of units done, according to the ledger.
fn done(url: &str) -> u64 {
    if query(url, "SELECT (to_regclass('_rehearsal_log') IS NOT NULL)::text") != ["true"] {
        return 0;
    }
    let sum = "SELECT coalesce(sum((counts::json ->> 'units')::int), 0)::text FROM _rehearsal_ranges";
    query(url, sum)[0].parse().unwrap()
}

/// Checks that one run did what the dry run predicted: nothing was left out, and nothing was done twice.
fn adds_up(workspace: &Workspace, url: &str, foreseen: &Report) {
    let counts = "SELECT counts FROM _rehearsal_runs WHERE (counts::json ->> 'units')::int > 0";
    let counts: Vec<Counts> = query(url, counts).iter().map(|json| serde_json::from_str(json).unwrap()).collect();
    let [counts] = counts.as_slice() else { panic!("several runs did the work") };
    // Batches and retries depend on the workers and on other sessions.
    let essence = |counts: &Counts| Counts { batches: 0, retries: 0, ..counts.clone() };
    assert_eq!(essence(counts), essence(&foreseen.counts));
    assert_eq!(query(url, "SELECT DISTINCT state FROM _rehearsal_runs"), ["finished"]);
    assert_eq!(query(url, "SELECT count(*)::text FROM _rehearsal_ranges WHERE NOT done OR owner IS NOT NULL"), ["0"]);
    assert_eq!(
        query(url, "SELECT count(*)::text FROM _rehearsal_findings"),
        ["0"],
        "findings of a finished run are removed"
    );
    workspace.succeed(&format!("verify profiles --url {url}"));
}

/// Returns the findings of a report, sorted.
fn findings(report: &Report) -> Vec<String> {
    let mut all: Vec<String> = report.findings.iter().map(|finding| serde_json::to_string(finding).unwrap()).collect();
    all.sort();
    all
}

#[test]
fn workers_of_one_process() {
    let (workspace, url, foreseen) = profiles();
    let running = start(&workspace, &url, "--workers 4 --record report.json");
    // Each worker holds an advisory lock.
    let workers = "SELECT count(*)::text FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database \
                   WHERE datname = current_database() AND locktype = 'advisory' AND mode = 'ExclusiveLock'";
    let mut most = 0;
    wait_until(|| {
        most = most.max(query(&url, workers)[0].parse::<u32>().unwrap());
        running.try_wait().unwrap().is_some()
    });
    assert!(running.wait().unwrap().status.success());
    assert!(most >= 4, "only {most} workers at a time");
    let told = report(&workspace, "report.json");
    assert_eq!(findings(&told), findings(&foreseen));
    assert_eq!(told.counts.units, foreseen.counts.units);
    adds_up(&workspace, &url, &foreseen);
}

/// Processes join, and processes are killed at any time.
#[test]
fn workers_of_several_processes() {
    let (workspace, url, foreseen) = profiles();
    let total = foreseen.counts.units;
    let mut running: Vec<Handle> = (0..2).map(|_| start(&workspace, &url, "--workers 2")).collect();
    let mut killed = 0;
    for part in 1..=3 {
        wait_until(|| done(&url) >= part * total / 5 || running.iter().all(|one| one.try_wait().unwrap().is_some()));
        let one = running.remove(0);
        if one.try_wait().unwrap().is_none() {
            kill(&one);
            killed += 1;
        }
        running.push(start(&workspace, &url, "--workers 2"));
    }
    assert!(killed > 1, "only {killed} processes were killed");
    for one in &running {
        assert!(one.wait().unwrap().status.success());
    }
    adds_up(&workspace, &url, &foreseen);
    let took_up = query(&url, "SELECT count(*)::text FROM _rehearsal_log WHERE did = 'took up'");
    assert!(took_up[0].parse::<u32>().unwrap() >= 3, "{took_up:?}");
}

/// A worker stops responding, but its session stays open. When its lease expires, another worker takes its range
/// over. When it wakes up, it leaves that range unchanged.
#[test]
fn an_expired_lease_is_taken_over() {
    let (workspace, url, foreseen) = profiles();
    // The worker rests nearly all the time. If it stopped within a transaction, it would keep its range locked.
    let sleeper = start(&workspace, &url, "--rest 400");
    wait_until(|| done(&url) >= 10);
    let in_transaction = "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() \
                          AND application_name = 'rehearsal' AND state LIKE 'idle in transaction%'";
    loop {
        sleeper.send_signal(SIGSTOP).unwrap();
        if query(&url, in_transaction) == ["0"] {
            break;
        }
        sleeper.send_signal(SIGCONT).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    let before = done(&url);
    let other = start(&workspace, &url, "");
    let leased = "SELECT count(*)::text FROM _rehearsal_ranges WHERE NOT done";
    wait_until(|| query(&url, leased) == ["1"]);
    assert!(other.try_wait().unwrap().is_none(), "the other process waits for the leased range");
    execute(&url, "UPDATE _rehearsal_ranges SET leased_until = now() - interval '1 second' WHERE NOT done");
    assert!(other.wait().unwrap().status.success());
    assert!(done(&url) > before);
    sleeper.send_signal(SIGCONT).unwrap();
    assert!(sleeper.wait().unwrap().status.success());
    adds_up(&workspace, &url, &foreseen);
}

fn state(url: &str) -> String {
    query(url, "SELECT state FROM _rehearsal_runs ORDER BY run DESC LIMIT 1").concat()
}

/// A request from another terminal applies to all processes, also to those that join later.
#[test]
fn all_processes_pause_and_stop() {
    let (workspace, url, foreseen) = profiles();
    let ask = |wish: &str| workspace.succeed(&format!("backfill unified_profiles {wish} --url {url}"));
    let mut running: Vec<Handle> = (0..2).map(|_| start(&workspace, &url, "--rest 50")).collect();
    wait_until(|| done(&url) >= 20);
    ask("--pause");
    wait_until(|| state(&url) == "paused");
    running.push(start(&workspace, &url, ""));
    let joined = "SELECT count(*)::text FROM _rehearsal_log WHERE did IN ('began', 'took up')";
    let before = query(&url, joined);
    let shares = "SELECT count(DISTINCT pid)::text FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database \
                  WHERE datname = current_database() AND locktype = 'advisory' AND mode = 'ShareLock'";
    wait_until(|| query(&url, shares) == ["3"]);
    // Every process has finished its batch by now.
    let at = done(&url);
    std::thread::sleep(Duration::from_millis(800));
    assert_eq!((done(&url), query(&url, joined)), (at, before), "no process works during a pause");
    ask("--resume");
    wait_until(|| done(&url) > at);
    ask("--stop");
    for one in &running {
        assert_eq!(one.wait().unwrap().status.code(), Some(3));
    }
    assert_eq!(state(&url), "stopped");
    assert!(done(&url) < foreseen.counts.units);
    assert!(start(&workspace, &url, "").wait().unwrap().status.success());
    adds_up(&workspace, &url, &foreseen);
}

/// An interrupted process leaves the run to the others.
#[test]
fn one_process_is_interrupted() {
    let (workspace, url, foreseen) = profiles();
    let running: Vec<Handle> = (0..2).map(|_| start(&workspace, &url, "--rest 30")).collect();
    wait_until(|| done(&url) >= 30);
    running[0].send_signal(SIGINT).unwrap();
    assert_eq!(running[0].wait().unwrap().status.code(), Some(3));
    assert!(running[1].wait().unwrap().status.success());
    adds_up(&workspace, &url, &foreseen);
    let stopped = "SELECT count(*)::text FROM _rehearsal_log WHERE did = 'stopped'";
    assert_eq!(query(&url, stopped), ["0"], "the run continues");
}
