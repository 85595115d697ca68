//! A real replica that lags: a backfill backs off until the replica has caught up, and obeys a stop request while
//! it waits.

use super::backfills::{LlamaLogCategories, RECORDS, fill, is_whole};
use duct::unix::HandleExt;
use pretty_assertions::assert_eq;
use rehearsal::backfill::{self, ControlRequest, Effect, Ending, Error, Outcome, Pass, Scope, UnitOrder};
use rehearsal::db::{Address, Engine, Target};
use rehearsal::event::Event;
use rehearsal::ledger::By;
use rehearsal_postgres::Kept;
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{binaries, execute, hints, query};
use rehearsal_tests::processes::wait_until;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

const SIGINT: i32 = 2;

/// A server with ordinary flags that is stopped on drop.
pub(super) struct Primary {
    pub(super) kept: Kept,
    folder: tempfile::TempDir,
}

impl Primary {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The server may run as another account.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let kept = block(Kept::start(&binaries(), &hints(), folder.path())).unwrap();
        Self { kept, folder }
    }

    /// Restarts the server with other settings, some of which require a restart.
    pub(super) fn restart(mut self, settings: &[&str]) -> Self {
        for setting in settings {
            execute(&self.kept.url("postgres"), &format!("ALTER SYSTEM SET {setting}"));
        }
        Kept::stop(self.folder.path()).unwrap();
        self.kept = block(Kept::start(&binaries(), &hints(), self.folder.path())).unwrap();
        self
    }
}

impl Drop for Primary {
    fn drop(&mut self) {
        drop(Kept::stop(self.folder.path()));
        // The data is outside the folder if the account cannot enter it.
        drop(fs::remove_dir_all(self.kept.place()));
    }
}

/// Starts a backfill in a thread. The receiver gets the reason each time it backs off, and a message when it resumes.
pub(super) fn begin(target: &Target) -> (JoinHandle<Result<Outcome, Error>>, mpsc::Receiver<String>) {
    let ((tell, told), target) = (mpsc::channel(), target.clone());
    let running = std::thread::spawn(move || {
        let events = |event| match event {
            Event::Throttled { why } => drop(tell.send(why)),
            Event::Resumed => drop(tell.send("going on".to_owned())),
            _ => {}
        };
        block(backfill::run(&LlamaLogCategories(UnitOrder::Key), &target, &Pass::new(Effect::Execute), &events))
    });
    (running, told)
}

/// A replica that is stopped on drop.
struct Replica {
    handle: duct::Handle,
    folder: PathBuf,
}

impl Replica {
    /// Copies a server and starts a replica that follows it.
    fn follow(primary: &Primary, pg_basebackup: &Path) -> Self {
        let place = primary.kept.place();
        let (uid, gid) = fs::metadata(place).map(|metadata| (metadata.uid(), metadata.gid())).unwrap();
        let folder = place.with_file_name("replica");
        let data = folder.join("data");
        fs::create_dir(&folder).unwrap();
        let copy = duct::cmd!(
            pg_basebackup,
            "--dbname",
            primary.kept.url("postgres"),
            "--pgdata",
            &data,
            "--write-recovery-conf",
            "--no-sync",
            "--checkpoint=fast"
        );
        copy.stdout_null().run().unwrap();
        give_to(&folder, uid, gid);
        let postgres = binaries().folder.join("postgres");
        let server =
            duct::cmd!(postgres, "-D", &data, "-c", "listen_addresses=", "-k", &folder).dir(&folder).stdin_null();
        let is_other = uid != fs::metadata(primary.folder.path()).unwrap().uid();
        let server = server.before_spawn(move |command| {
            if is_other {
                command.uid(uid).gid(gid);
            }
            // Ctrl-C in a terminal must not end the server, which `drop` stops.
            command.process_group(0);
            Ok(())
        });
        let log = fs::File::create(folder.join("log")).unwrap();
        let handle = server.stdout_null().stderr_file(log).unchecked().start().unwrap();
        wait_until(|| fs::read_to_string(data.join("postmaster.pid")).is_ok_and(|text| text.contains("ready")));
        Self { handle, folder }
    }

    fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.folder.display())
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        drop(self.handle.send_signal(SIGINT));
        drop(self.handle.wait());
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn give_to(path: &Path, uid: u32, gid: u32) {
    if fs::metadata(path).unwrap().uid() != uid {
        chown(path, Some(uid), Some(gid)).unwrap();
    }
    if path.is_dir() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
        fs::read_dir(path).unwrap().for_each(|entry| give_to(&entry.unwrap().path(), uid, gid));
    }
}

#[test]
fn a_backfill_waits_for_a_lagging_replica() {
    let pg_basebackup = binaries().folder.join("pg_basebackup");
    if !pg_basebackup.exists() {
        let notice = "NOT TESTED: a lagging replica; pg_basebackup is not installed next to PostgreSQL\n";
        std::io::stderr().write_all(notice.as_bytes()).unwrap();
        return;
    }
    let primary = Primary::start();
    execute(&primary.kept.url("postgres"), "CREATE DATABASE logs");
    let url = primary.kept.url("logs");
    fill(&url);
    let replica = Replica::follow(&primary, &pg_basebackup);
    wait_until(|| query(&url, "SELECT replay_lsn FROM pg_stat_replication") != [""; 0]);
    execute(&replica.url(), "SELECT pg_wal_replay_pause()");
    wait_until(|| query(&replica.url(), "SELECT pg_get_wal_replay_pause_state()") == ["paused"]);
    let filler =
        "SELECT count(pg_logical_emit_message(false, 'x', repeat('x', 1000000)))::text FROM generate_series(1, 80)";
    execute(&url, filler);

    let address = Address::parse(Engine::Postgres, &url).unwrap();
    let target = Target::real(address, Duration::from_secs(60));
    let filled = || query(&url, "SELECT count(category)::text FROM llama_logs");
    // A stop request ends the wait.
    let (running, told) = begin(&target);
    let why = told.recv().unwrap();
    assert!(why.starts_with("the replica walreceiver is ") && why.ends_with(" behind"), "{why}");
    let by = By { who: "me".to_owned(), version: "1".to_owned() };
    let asked =
        block(backfill::request_control(&target, "llama_log_categories", &Scope::default(), ControlRequest::Stop, &by))
            .unwrap();
    assert_eq!(asked.len(), 1);
    let outcome = running.join().unwrap().unwrap();
    assert_eq!((outcome.ending, filled()), (Ending::Stopped, vec!["0".to_owned()]));

    let (running, told) = begin(&target);
    assert!(told.recv().unwrap().starts_with("the replica walreceiver is "));
    // Long enough for many batches.
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(filled(), ["0"], "a waiting backfill writes nothing");
    assert!(!running.is_finished(), "the backfill waits");
    execute(&replica.url(), "SELECT pg_wal_replay_resume()");
    assert_eq!(told.recv().unwrap(), "going on");
    let outcome = running.join().unwrap().unwrap();
    is_whole(&url, &outcome);
    assert_eq!(outcome.counts.units, RECORDS);
}
