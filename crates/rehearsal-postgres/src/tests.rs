//! Tests of servers. They need a PostgreSQL installation on this machine, and fail without one.

mod binaries;

use super::home::Home;
use super::postmaster::Postmaster;
use super::*;
use miette::Diagnostic as _;
use pretty_assertions::assert_eq;
use sqlx::{Connection, PgConnection};
use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Hints for this machine. Its usual temporary folder already has an initialised directory, or the first test
/// creates one.
fn hints() -> Hints {
    Hints {
        pg_bin: env::var_os("PG_BIN").map(PathBuf::from),
        path: env::var_os("PATH"),
        cache: env::temp_dir().join("no-private-copy"),
        temp: env::temp_dir(),
    }
}

fn binaries() -> Binaries {
    Binaries::find(&hints()).unwrap().expect("these tests need PostgreSQL: install it, or set PG_BIN")
}

/// A temporary folder that the account of the servers can enter, regardless of the umask.
fn open_folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

async fn one(url: &str, sql: &'static str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let value = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    value
}

/// Waits up to 20 s until a condition holds.
fn eventually(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        sleep(Duration::from_millis(5));
    }
}

/// The data directory that a server reports.
async fn data(server: &Server) -> PathBuf {
    PathBuf::from(one(&server.url("postgres"), "SHOW data_directory").await)
}

#[tokio::test]
async fn a_server_starts_answers_and_removes_its_files() {
    let server = Server::start(&binaries(), &hints()).await.unwrap();
    let mut connection = PgConnection::connect_with(&server.options()).await.unwrap();
    let number: i32 = sqlx::query_scalar("SELECT 41 + 1").fetch_one(&mut connection).await.unwrap();
    assert_eq!(number, 42);
    connection.close().await.unwrap();
    let shown =
        one(&server.url("postgres"), "SELECT current_database() || ' ' || current_setting('server_version')").await;
    let (major, version) = server.version();
    assert!(shown.starts_with(&format!("postgres {version}")) && version.starts_with(&major.to_string()), "{shown}");

    let data = data(&server).await;
    let postmaster = Postmaster::of(&data).unwrap();
    assert!(postmaster.ready);
    server.stop().await;
    assert!(!postmaster.is_alive() && !data.parent().unwrap().exists());
}

/// After a crash, committed rows and the address are unchanged, and the server still ends with its owner.
#[tokio::test]
async fn a_crashed_server_restarts_with_its_data() {
    let server = Server::start_to_crash(&binaries(), &hints()).await.unwrap();
    let url = server.url("postgres");
    let made = "CREATE TABLE crashed AS SELECT generate_series(1, 3) AS n";
    sqlx::raw_sql(made).execute(&mut PgConnection::connect(&url).await.unwrap()).await.unwrap();
    let folder = data(&server).await;
    let before = Postmaster::of(&folder).unwrap();
    let server = server.crash().await.unwrap();
    let after = Postmaster::of(&folder).unwrap();
    assert!(!before.is_alive() && after.pid != before.pid);
    assert_eq!(one(&url, "SELECT count(*) || ' ' || pg_is_in_recovery() FROM crashed").await, "3 false");
    let server = server.crash().await.unwrap();
    server.stop().await;
    assert!(!after.is_alive() && Postmaster::of(&folder).is_none() && !folder.parent().unwrap().exists());
}

#[tokio::test]
async fn concurrent_servers_are_independent() {
    let (binaries, hints) = (binaries(), hints());
    let (one_, two) = tokio::join!(Server::start(&binaries, &hints), Server::start(&binaries, &hints));
    let (first, second) = (one_.unwrap(), two.unwrap());
    sqlx::query("CREATE DATABASE only_here")
        .execute(&mut PgConnection::connect_with(&first.options()).await.unwrap())
        .await
        .unwrap();
    let count = "SELECT count(*)::text FROM pg_database WHERE datname = 'only_here'";
    assert_eq!(one(&first.url("only_here"), count).await, "1");
    assert_eq!(one(&second.url("postgres"), count).await, "0");
    let data = data(&first).await;
    drop(first);
    assert!(!data.exists());
    assert_eq!(one(&second.url("postgres"), "SELECT 'still there'").await, "still there");
}

#[tokio::test]
async fn a_second_start_initialises_nothing() {
    let folder = open_folder();
    let hints = Hints { temp: folder.path().to_owned(), ..hints() };
    let clusters = || {
        let entries = fs::read_dir(Home::open(&hints).unwrap().clusters()).unwrap().map(Result::unwrap);
        let made = entries.filter(|entry| entry.path().is_dir()).map(|entry| {
            let data = entry.path().join("data/PG_VERSION");
            (data.clone(), fs::metadata(data).unwrap().ino())
        });
        made.collect::<BTreeMap<_, _>>()
    };
    Server::start(&binaries(), &hints).await.unwrap().stop().await;
    let first = clusters();
    assert_eq!(first.len(), 1);
    Server::start(&binaries(), &hints).await.unwrap().stop().await;
    assert_eq!(clusters(), first);
}

/// The process that `dies_with_its_parent` kills. As an ordinary test, it does nothing.
#[tokio::test]
async fn a_process_that_will_be_killed() {
    let Some(report) = env::var_os("REHEARSAL_TEST_WILL_BE_KILLED").map(PathBuf::from) else { return };
    let server = Server::start(&binaries(), &hints()).await.unwrap();
    let data = data(&server).await;
    fs::write(report.with_extension("part"), data.to_str().unwrap()).unwrap();
    fs::rename(report.with_extension("part"), report).unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    drop(server);
}

#[test]
fn dies_with_its_parent() {
    let folder = open_folder();
    let report = folder.path().join("data");
    let mut parent = Command::new(env::current_exe().unwrap())
        .args(["--exact", "tests::a_process_that_will_be_killed"])
        .env("REHEARSAL_TEST_WILL_BE_KILLED", &report)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the server starts", || report.exists());
    let data = PathBuf::from(fs::read_to_string(&report).unwrap());
    let postmaster = Postmaster::of(&data).unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();
    eventually("the server ends", || !postmaster.is_alive());
    eventually("its folder is removed", || !data.parent().unwrap().exists());
}

/// All servers share the files of their templates, so no server may write to them.
#[tokio::test]
async fn template_files_never_change() {
    let server = Server::start(&binaries(), &hints()).await.unwrap();
    let data = data(&server).await;
    let shared = |path: &Path| fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.nlink() > 1);
    let contents = || -> BTreeMap<PathBuf, Vec<u8>> {
        let databases = fs::read_dir(data.join("base")).unwrap().map(|entry| entry.unwrap().path());
        let files = databases.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
        files.filter(|path| shared(path)).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    };
    let before = contents();
    assert!(before.len() > 400, "{}", before.len());
    let mut connection = PgConnection::connect_with(&server.options()).await.unwrap();
    let newer = if server.version().0 >= 15 {
        vec!["CREATE DATABASE c STRATEGY wal_log", "CREATE DATABASE d STRATEGY file_copy"]
    } else {
        vec![]
    };
    let statements = ["CREATE DATABASE a", "CREATE DATABASE b TEMPLATE template0", "CREATE TABLE t AS SELECT 1 AS x"];
    for statement in statements.into_iter().chain(newer).chain(["VACUUM FREEZE", "CHECKPOINT"]) {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    let refused = PgConnection::connect(&server.url("template1")).await.unwrap_err().to_string();
    assert!(refused.contains("not currently accepting connections"), "{refused}");
    assert!(contents() == before);
}

#[tokio::test]
async fn a_kept_server_runs_until_it_is_stopped() {
    let (binaries, hints, folder) = (binaries(), hints(), open_folder());
    let folder = folder.path().join("kept");
    assert!(Kept::find(&folder).unwrap().is_none() && !Kept::stop(&folder).unwrap());
    let started = Kept::start(&binaries, &hints, &folder).await.unwrap();
    let mut connection = PgConnection::connect_with(&started.options()).await.unwrap();
    sqlx::query("CREATE DATABASE development").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    drop(started);

    let again = Kept::start(&binaries, &hints, &folder).await.unwrap();
    let found = Kept::find(&folder).unwrap().unwrap();
    assert_eq!(again.url("x"), found.url("x"));
    assert_eq!(found.version(), (binaries.major, binaries.version.clone()));
    let settings = "SELECT concat_ws(' ', current_setting('fsync'), current_setting('autovacuum'), current_database())";
    assert_eq!(one(&found.url("development"), settings).await, "on on development");
    assert_eq!(one(&found.url("template1"), "SELECT 'open'").await, "open");

    assert!(Kept::stop(&folder).unwrap());
    assert!(Kept::find(&folder).unwrap().is_none() && !Kept::stop(&folder).unwrap());
    // As after a crash: the file names a living process that is not a server.
    let pid_file = found.place().join("data/postmaster.pid");
    fs::write(&pid_file, format!("{}\n{}\n0\n5432\n\n\n\nready\n", std::process::id(), pid_file.display())).unwrap();
    assert!(Kept::find(&folder).unwrap().is_none());
    let after = Kept::start(&binaries, &hints, &folder).await.unwrap();
    assert_eq!(one(&after.url("development"), "SELECT 'kept'").await, "kept");
    assert!(Kept::stop(&folder).unwrap());

    fs::write(found.place().join("data/PG_VERSION"), "9\n").unwrap();
    let error = Kept::start(&binaries, &hints, &folder).await.unwrap_err();
    assert!(matches!(error, Error::OtherMajor { .. }), "{error}");
}

/// Root runs a server under another account, which cannot enter all of root's folders.
#[tokio::test]
async fn a_kept_server_moves_if_its_account_cannot_enter_the_folder() {
    let (binaries, hints, folder) = (binaries(), hints(), TempDir::new().unwrap());
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    let kept = Kept::start(&binaries, &hints, folder.path()).await.unwrap();
    let root = Home::open(&hints).unwrap().account.other;
    assert_eq!(kept.place().starts_with(fs::canonicalize(folder.path()).unwrap()), !root);
    assert_eq!(one(&Kept::find(folder.path()).unwrap().unwrap().url("postgres"), "SELECT 'there'").await, "there");
    assert!(Kept::stop(folder.path()).unwrap());
    fs::remove_dir_all(kept.place()).unwrap();
}

#[tokio::test]
async fn a_server_with_a_long_path_listens_on_loopback() {
    let folder = open_folder();
    let temp = folder.path().join("long".repeat(20));
    fs::create_dir(&temp).unwrap();
    let hints = Hints { temp, ..hints() };
    let server = Server::start(&binaries(), &hints).await.unwrap();
    let url = server.url("postgres");
    assert!(url.contains("@127.0.0.1:"), "{url}");
    assert_eq!(one(&url, "SELECT 'over TCP'").await, "over TCP");
    let wrong = server.options().password("wrong");
    let refused = PgConnection::connect_with(&wrong).await.unwrap_err();
    assert!(refused.to_string().contains("password"), "{refused}");
}

/// The abandoned server is no child of this process, as if its owner and its guard had been killed.
#[tokio::test]
async fn sweeping_removes_servers_of_killed_processes() {
    let folder = open_folder();
    let hints = Hints { temp: folder.path().to_owned(), ..hints() };
    let home = Home::open(&hints).unwrap();
    let kept_folder = open_folder();
    let kept = Kept::start(&binaries(), &hints, kept_folder.path()).await.unwrap();
    assert!(Kept::stop(kept_folder.path()).unwrap());
    // A server without a guard, in a folder whose lock is free.
    let abandoned = home.servers().join("abandoned");
    home.make(&abandoned).unwrap();
    File::create(abandoned.join("owner.lock")).unwrap();
    fs::rename(kept.place().join("data"), abandoned.join("data")).unwrap();
    let mut sh = super::command::under(&home.account, &hints, "sh", &abandoned);
    sh.args(["-c", "\"$@\" 2>/dev/null &", "sh"]).arg(binaries().folder.join("postgres")).arg("-D");
    sh.arg(abandoned.join("data")).args(["-c", "listen_addresses=", "-k"]).arg(&abandoned).status().unwrap();
    eventually("the abandoned server runs", || Postmaster::of(&abandoned.join("data")).is_some());
    let postmaster = Postmaster::of(&abandoned.join("data")).unwrap();
    let empty = home.servers().join("empty");
    home.make(&empty).unwrap();
    let held = home.servers().join("held");
    home.make(&held).unwrap();
    let lock = File::create(held.join("owner.lock")).unwrap();
    lock.lock().unwrap();

    super::sweep::sweep(&home);
    assert!(!postmaster.is_alive() && !abandoned.exists());
    assert!(held.exists(), "its owner lives");
    assert!(empty.exists(), "its owner may be about to lock it");
    drop(lock);
    super::sweep::sweep(&home);
    assert!(!held.exists());
}

#[tokio::test]
async fn a_failed_start_shows_the_log() {
    let folder = open_folder();
    let binaries = binaries();
    // `initdb` works, but `postgres` does not.
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let script = |name: &str, text: String| {
        fs::write(bin.join(name), text).unwrap();
        fs::set_permissions(bin.join(name), Permissions::from_mode(0o755)).unwrap();
    };
    let real = |name: &str| binaries.folder.join(name).display().to_string();
    script("initdb", format!("#!/bin/sh\nexec {} \"$@\"\n", real("initdb")));
    script(
        "postgres",
        format!(
            "#!/bin/sh\n[ \"$1\" = --single ] && exec {} \"$@\"\necho 'out of luck' >&2\nexit 7\n",
            real("postgres")
        ),
    );
    let broken = Binaries { folder: bin, ..binaries };
    let hints = Hints { temp: folder.path().to_owned(), ..hints() };
    let error = Server::start(&broken, &hints).await.unwrap_err();
    assert_eq!(error.to_string(), "the PostgreSQL server exited while it was starting (exit status: 7):\nout of luck");
    let left: Vec<_> = fs::read_dir(Home::open(&hints).unwrap().servers()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The message and help of every error.
#[test]
fn messages() {
    let path = || PathBuf::from("/some/where");
    let text = |text: &str| text.to_owned();
    let io = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let all = [
        Error::PgBin { path: path(), lacks: "initdb" },
        Error::TooOld { path: path(), version: text("12.22") },
        Error::NoVersion { path: path(), said: text("hello") },
        Error::Command { command: text("initdb -D x"), status: text("exit status: 1"), output: text("no\nspace\n") },
        Error::NoAccount,
        Error::Unreachable { path: path(), account: text("postgres") },
        Error::Foreign { path: path(), owner: 1000 },
        Error::Ended { status: text("exit status: 1"), log: text("FATAL: no\n") },
        Error::NotReady { waited: 60, log: String::new() },
        Error::Refused { why: text("password"), log: text("FATAL: no\n") },
        Error::OtherMajor { path: path(), data: text("15"), binaries: 17 },
        Error::NoClient { major: 17 },
        Error::UnknownPlatform { platform: text("plan9 on mips") },
        Error::UnknownMajor { major: 9, known: text("18, 17") },
        Error::Checksum { package: text("package@1"), pinned: text("abc"), found: text("abd") },
        Error::Package { package: text("package@1"), why: text("the download contains no .tgz file") },
        Error::Io { what: "read", path: path(), source: io() },
    ];
    let messages = all.iter().map(|error| format!("{error}\n  help: {}\n", error.help().unwrap()));
    insta::assert_snapshot!(messages.collect::<String>());
}

/// The path is part of a shell command, of a server setting that is a list, and of a URL.
#[tokio::test]
async fn paths_may_contain_special_characters() {
    for (name, address) in [("a b'd\"e%20é$(x)&", "@localhost/"), ("a,b", "@127.0.0.1:")] {
        let folder = open_folder();
        let temp = folder.path().join(name);
        fs::create_dir(&temp).unwrap();
        let hints = Hints { temp: temp.clone(), ..hints() };
        let server = Server::start(&binaries(), &hints).await.unwrap();
        let mut connection = PgConnection::connect_with(&server.options()).await.unwrap();
        sqlx::query("CREATE DATABASE \"it's ? 50% /\"").execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let url = server.url("it's ? 50% /");
        assert!(url.contains(address), "{url}");
        assert_eq!(one(&url, "SELECT current_database()::text").await, "it's ? 50% /");
        if let Some(psql) = binaries().program("psql") {
            let output = Command::new(psql).args([&url, "-Atc", "SELECT current_database()"]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), "it's ? 50% /\n", "{url}");
        }
        let kept = Kept::start(&binaries(), &hints, &temp.join("kept")).await.unwrap();
        let url = Kept::find(&temp.join("kept")).unwrap().unwrap().url("postgres");
        assert!(url == kept.url("postgres") && url.contains(address), "{url}");
        assert_eq!(one(&url, "SELECT 'kept'").await, "kept");
        assert!(Kept::stop(&temp.join("kept")).unwrap());
        // A saved URL stays valid after a restart.
        assert_eq!(Kept::start(&binaries(), &hints, &temp.join("kept")).await.unwrap().url("postgres"), url);
        assert!(Kept::stop(&temp.join("kept")).unwrap());
    }
}
