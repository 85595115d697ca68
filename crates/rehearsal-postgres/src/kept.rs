//! A kept server: it outlives this process, serves development databases, and is identified by a folder.
//! [`Kept::start`] and [`Kept::find`] are the entry points.
//!
//! The folder contains a lock and the file `place`, which names the folder of the server's files: `data`, `log`,
//! `password`, `version` and `port`. That is a subfolder, or a temporary folder if the server's account cannot enter
//! the first one.

use super::address::{Address, takes_socket};
use super::binaries::Binaries;
use super::cluster::Cluster;
use super::command::{run, under};
use super::home::Home;
use super::postmaster::{self, Ending, Postmaster};
use super::server::{POLL, STARTING_TAKES, free_port, listen, log};
use super::{Error, Hints, mirror, sweep};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::xxh3_64;

/// The timeout of a shutdown, which writes a checkpoint.
const ENDING_TAKES: Duration = Duration::from_secs(60);
/// Settings that differ from PostgreSQL's defaults. Durability stays on, because the data has to survive a crash.
const FLAGS: [&str; 2] = ["timezone=UTC", "max_wal_size=1GB"];

/// A running kept server. It keeps running when this value is dropped.
#[derive(Debug, Clone)]
pub struct Kept {
    place: PathBuf,
    address: Address,
    version: String,
}

impl Kept {
    /// Starts the server of a folder, or connects to it if it already runs. The server outlives this process.
    ///
    /// # Errors
    /// [`Error::OtherMajor`] if another major version wrote the data; see [`Error`] for the others.
    pub async fn start(binaries: &Binaries, hints: &Hints, folder: &Path) -> Result<Self, Error> {
        let (binaries, hints, folder) = (binaries.clone(), hints.clone(), folder.to_owned());
        let starting = tokio::task::spawn_blocking(move || start(&binaries, &hints, &folder));
        let kept = starting.await.map_err(|error| Error::io("start", "postgres")(error.into()))??;
        let refused = |error: sqlx::Error| Error::Refused { why: error.to_string(), log: log(&kept.place) };
        let mut connection = kept.options().disable_statement_logging().connect().await.map_err(refused)?;
        // `template1` is closed in the directory that was copied. This copy shares no files, so it can be open.
        let open = "ALTER DATABASE template1 WITH ALLOW_CONNECTIONS true";
        sqlx::query(open).execute(&mut connection).await.map_err(refused)?;
        connection.close().await.map_err(refused)?;
        Ok(kept)
    }

    /// The server of a folder; `None` if it does not run. Ignores a `postmaster.pid` that a crash left.
    ///
    /// # Errors
    /// [`Error::Io`] if a file of the server cannot be read.
    pub fn find(folder: &Path) -> Result<Option<Self>, Error> {
        let Some(place) = place(folder)? else { return Ok(None) };
        let Some(postmaster) = Postmaster::of(&place.join("data")) else { return Ok(None) };
        let address = match postmaster.socket {
            Some(folder) => Address::Socket(folder),
            None => Address::Loopback { port: postmaster.port, password: read(&place.join("password"))? },
        };
        let version = read(&place.join("version"))?;
        Ok(Some(Self { place, address, version }))
    }

    /// Stops the server of a folder and waits for its end. Its data remains. Returns false if no server ran.
    ///
    /// # Errors
    /// [`Error::Io`] if the lock or a file of the server cannot be read.
    pub fn stop(folder: &Path) -> Result<bool, Error> {
        let Some(place) = place(folder)? else { return Ok(false) };
        let _lock = lock(folder)?;
        let Some(postmaster) = Postmaster::of(&place.join("data")) else { return Ok(false) };
        postmaster.end(Ending::Fast, ENDING_TAKES);
        Ok(true)
    }

    /// Options to connect to the database `postgres`.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        self.address.options("postgres")
    }

    /// The URL of a database, for psql and sqlx.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.address.url(database)
    }

    /// The major version, and the version in full.
    #[must_use]
    pub fn version(&self) -> (u32, String) {
        let major = self.version.split(|c: char| !c.is_ascii_digit()).next().and_then(|major| major.parse().ok());
        (major.unwrap_or_default(), self.version.clone())
    }

    /// The folder of its data and its log.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }
}

fn start(binaries: &Binaries, hints: &Hints, folder: &Path) -> Result<Kept, Error> {
    let home = Home::open(hints)?;
    sweep::sweep(&home);
    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    let _lock = lock(folder)?;
    if let Some(kept) = Kept::find(folder)? {
        wait_until_ready(&kept.place, None)?;
        return Ok(kept);
    }
    let binaries = &mirror::within_reach(binaries, hints, &home)?;
    let place = settle(&home, folder)?;
    let data = place.join("data");
    if data.join("PG_VERSION").exists() {
        let major = read(&data.join("PG_VERSION"))?;
        if major != binaries.major.to_string() {
            return Err(Error::OtherMajor { path: data, data: major, binaries: binaries.major });
        }
    } else {
        fill(binaries, hints, &home, &place)?;
    }
    // No server runs, but a file that a crash left may name the id of another process: the server would then refuse
    // to start.
    drop(fs::remove_file(data.join("postmaster.pid")));
    write(&place.join("version"), &binaries.version)?;
    spawn(binaries, hints, &home, &place)?;
    Kept::find(folder)?.ok_or_else(|| Error::Ended { status: "it was ready for a moment".to_owned(), log: log(&place) })
}

/// The folder of the server's files; `None` if the server was never started.
fn place(folder: &Path) -> Result<Option<PathBuf>, Error> {
    let pointer = folder.join("place");
    match fs::read_to_string(&pointer) {
        Ok(place) => Ok(Some(PathBuf::from(place.trim_end_matches('\n')))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", pointer)(error)),
    }
}

/// Returns the folder of the server's files. Chooses and records one if there is none, or if the recorded one is
/// missing.
fn settle(home: &Home, folder: &Path) -> Result<PathBuf, Error> {
    if let Some(place) = place(folder)?.filter(|place| place.exists()) {
        if home.account.may_reach(&place) {
            return Ok(place);
        }
        return Err(Error::Unreachable { path: place, account: home.account.name.clone() });
    }
    let folder = fs::canonicalize(folder).map_err(Error::io("find", folder))?;
    let place = if home.account.may_reach(&folder) {
        folder.join("server")
    } else {
        home.make(&home.kept())?;
        home.kept().join(format!("{:016x}", xxh3_64(folder.as_os_str().as_encoded_bytes())))
    };
    home.make(&place)?;
    write(&folder.join("place"), &place.to_string_lossy())?;
    Ok(place)
}

/// Copies an initialised data directory. The copy gets its final name only when it is complete and flushed to disk.
fn fill(binaries: &Binaries, hints: &Hints, home: &Home, place: &Path) -> Result<(), Error> {
    let cluster = Cluster::ready(binaries, hints, home)?;
    write(&place.join("password"), &cluster.password()?)?;
    let building = place.join("building");
    if building.exists() {
        fs::remove_dir_all(&building).map_err(Error::io("remove", &building))?;
    }
    run(under(&home.account, hints, "cp", place).arg("-R").arg(cluster.data()).arg(&building))?;
    let mut initdb = under(&home.account, hints, binaries.folder.join("initdb"), place);
    run(initdb.arg("--sync-only").arg("--pgdata").arg(&building))?;
    fs::rename(&building, place.join("data")).map_err(Error::io("rename", &building))
}

fn spawn(binaries: &Binaries, hints: &Hints, home: &Home, place: &Path) -> Result<(), Error> {
    let (data, log_path) = (place.join("data"), place.join("log"));
    let log_file = File::options().create(true).append(true).open(&log_path).map_err(Error::io("open", &log_path))?;
    let mut sh = under(&home.account, hints, "/bin/sh", place);
    // Not our child, so that this process does not have to wait for its end; the shell prints the server's process id.
    sh.args(["-c", "exec 3>&1 >&2; umask 077; \"$@\" 3>&- & echo $! >&3", "rehearsal-postgres-kept"]);
    sh.arg(binaries.folder.join("postgres")).arg("-D").arg(&data).args(listen(&address(place)?));
    sh.args(FLAGS.iter().flat_map(|flag| ["-c", flag])).process_group(0);
    let output = sh.stdout(Stdio::piped()).stderr(log_file).output().map_err(Error::io("run `/bin/sh` in", place))?;
    let pid = String::from_utf8_lossy(&output.stdout).trim().parse().ok();
    wait_until_ready(place, pid)
}

fn wait_until_ready(place: &Path, pid: Option<u32>) -> Result<(), Error> {
    let (start, data) = (Instant::now(), place.join("data"));
    while !postmaster::is_ready(&data) {
        let process = pid.map(|pid| Postmaster::starting(pid, &data)).or_else(|| Postmaster::of(&data));
        if !process.is_some_and(|process| process.is_alive()) {
            return Err(Error::Ended { status: format!("see {}", place.join("log").display()), log: log(place) });
        }
        if start.elapsed() > STARTING_TAKES {
            return Err(Error::NotReady { waited: STARTING_TAKES.as_secs(), log: log(place) });
        }
        sleep(POLL);
    }
    Ok(())
}

/// The address to listen on. Reuses the last port if it is free, so that URLs in the user's settings stay valid.
fn address(place: &Path) -> Result<Address, Error> {
    if takes_socket(place) {
        return Ok(Address::Socket(place.to_owned()));
    }
    let path = place.join("port");
    let before = fs::read_to_string(&path).ok().and_then(|port| port.trim().parse().ok());
    let free = before.filter(|port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    let port = free.map_or_else(free_port, Ok)?;
    write(&path, &port.to_string())?;
    Ok(Address::Loopback { port, password: read(&place.join("password"))? })
}

/// Locks the folder, so that one process at a time starts or stops its server.
fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("lock");
    let lock = File::options().create(true).append(true).open(&path).map_err(Error::io("open", &path))?;
    lock.lock().map_err(Error::io("lock", &path))?;
    Ok(lock)
}

fn read(path: &Path) -> Result<String, Error> {
    Ok(fs::read_to_string(path).map_err(Error::io("read", path))?.trim().to_owned())
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, format!("{text}\n")).map_err(Error::io("write", path))
}
