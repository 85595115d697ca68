//! A server that lives as long as this process. [`Server::start`] is the entry point; the guard is the script
//! `guard.sh`.
//!
//! A child shell copies an initialised data directory and becomes the server. A second shell, the guard, waits until
//! a pipe closes whose other end only this process holds; then it stops the server and removes its folder. So
//! cleanup does not depend on how this process ends (return, panic or kill): the system closes the pipe. Both shells
//! are in a separate process group, which Ctrl-C in a terminal does not reach.

use super::address::{Address, SOCKET_PORT, takes_socket};
use super::binaries::Binaries;
use super::cluster::Cluster;
use super::command::{last_lines, under};
use super::home::Home;
use super::postmaster::{Ending, Postmaster};
use super::{Error, Hints, mirror, postmaster, sweep};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::fs::{self, File};
use std::io::PipeWriter;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The data does not outlive this process, so nothing is flushed to disk. Autovacuum and JIT are off because their
/// timing varies.
const FLAGS: [&str; 9] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
    "jit=off",
    "timezone=UTC",
    // The default shrinks with the size of a segment.
    "max_wal_size=1GB",
];

/// Settings for servers that will crash: committed data must survive. A commit then hands its data to the operating
/// system, which does not crash, so `fsync` stays off.
const TO_CRASH: [&str; 1] = ["synchronous_commit=on"];

pub(super) const POLL: Duration = Duration::from_millis(1);
/// The timeout of a start, generous for busy machines.
pub(super) const STARTING_TAKES: Duration = Duration::from_secs(60);
/// The number of ports to try: another process may take a free port before the server does.
const PORTS: usize = 5;

/// A running server. It stops when this value is dropped, or when this process ends for any reason.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    address: Address,
    major: u32,
    version: String,
    /// Starts the guard and the server.
    command: Command,
    child: Child,
    /// The server stops when this end of the pipe closes.
    pipe: Option<PipeWriter>,
    /// Locked as long as this process lives. If the lock is free, the owner of the folder is dead.
    _owner: File,
}

impl Server {
    /// Starts a server and returns when it accepts connections: after about 1 s the first time, after about 100 ms
    /// from then on. Also removes the servers of killed processes.
    ///
    /// # Errors
    /// Fails if the server does not start; see [`Error`].
    pub async fn start(binaries: &Binaries, hints: &Hints) -> Result<Self, Error> {
        Self::start_with(binaries, hints, &[]).await
    }

    /// Starts a server whose committed data survives [`Self::crash`].
    ///
    /// # Errors
    /// Fails if the server does not start; see [`Error`].
    pub async fn start_to_crash(binaries: &Binaries, hints: &Hints) -> Result<Self, Error> {
        Self::start_with(binaries, hints, &TO_CRASH).await
    }

    async fn start_with(binaries: &Binaries, hints: &Hints, flags: &'static [&'static str]) -> Result<Self, Error> {
        let (binaries, hints) = (binaries.clone(), hints.clone());
        let server = blocking(move || start(&binaries, &hints, flags)).await?;
        server.check_connection().await?;
        Ok(server)
    }

    /// Ends the server with SIGQUIT, as in a crash, and restarts it on the remaining data. Returns when it accepts
    /// connections.
    ///
    /// # Errors
    /// Fails if the server does not restart, and then removes its data; see [`Error`].
    pub async fn crash(mut self) -> Result<Self, Error> {
        let server = blocking(move || {
            Postmaster::starting(self.child.id(), &self.data()).end(Ending::Immediate, postmaster::AT_ONCE);
            self.child.wait().map_err(Error::io("wait for", &self.folder))?;
            // Otherwise the new server would seem ready because of the old server's file.
            drop(fs::remove_file(self.data().join("postmaster.pid")));
            let (child, pipe) = launch(&mut self.command, &self.folder)?;
            // The old guard has no server to stop any more; the new guard replaces it.
            dismiss_guard(self.pipe.replace(pipe));
            self.child = child;
            self.wait_until_ready()?;
            Ok(self)
        });
        let server = server.await?;
        server.check_connection().await?;
        Ok(server)
    }

    async fn check_connection(&self) -> Result<(), Error> {
        match self.options().disable_statement_logging().connect().await {
            Ok(connection) => drop(connection.close().await),
            Err(error) => return Err(Error::Refused { why: error.to_string(), log: log(&self.folder) }),
        }
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
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
        (self.major, self.version.clone())
    }

    /// Leaves the server running without an owner, so that a person can inspect its data. The next sweep stops it.
    pub fn leave(mut self) {
        dismiss_guard(self.pipe.take());
        // Dropping the server would stop it.
        std::mem::forget(self);
    }

    /// Stops the server and returns when its folder is removed. Dropping it has the same effect but blocks the thread.
    pub async fn stop(self) {
        // A cancelled task drops the server as well.
        drop(tokio::task::spawn_blocking(move || drop(self)).await);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Another process may have the server's process id by now. If the folder is missing, the guard kills nothing.
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            remove(&self.folder);
        }
        end(&mut self.child, self.pipe.take());
        remove(&self.folder);
    }
}

/// Runs blocking work on tokio's thread pool for it.
async fn blocking(work: impl FnOnce() -> Result<Server, Error> + Send + 'static) -> Result<Server, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::io("start", "postgres")(error.into()))?
}

fn start(binaries: &Binaries, hints: &Hints, flags: &[&str]) -> Result<Server, Error> {
    let home = Home::open(hints)?;
    sweep::sweep(&home);
    let binaries = &mirror::within_reach(binaries, hints, &home)?;
    let cluster = Cluster::ready(binaries, hints, &home)?;
    let mut tries = 1;
    loop {
        match spawn(binaries, hints, &home, &cluster, flags) {
            Err(Error::Ended { log, .. }) if tries < PORTS && log.contains("could not bind") => tries += 1,
            result => return result,
        }
    }
}

fn spawn(binaries: &Binaries, hints: &Hints, home: &Home, cluster: &Cluster, flags: &[&str]) -> Result<Server, Error> {
    let (folder, owner) = claim(home)?;
    let address = address(&folder, cluster);
    let spawned = address.and_then(|address| {
        let mut command = guarded(binaries, hints, home, cluster, &folder, &address, flags)?;
        let (child, pipe) = launch(&mut command, &folder)?;
        Ok((command, child, pipe, address))
    });
    let (command, child, pipe, address) = spawned.inspect_err(|_| remove(&folder))?;
    let mut server = Server {
        folder,
        address,
        major: binaries.major,
        version: binaries.version.clone(),
        command,
        child,
        pipe: Some(pipe),
        _owner: owner,
    };
    server.wait_until_ready()?;
    Ok(server)
}

/// The command that starts the guard and the server.
fn guarded(
    binaries: &Binaries,
    hints: &Hints,
    home: &Home,
    cluster: &Cluster,
    folder: &Path,
    address: &Address,
    flags: &[&str],
) -> Result<Command, Error> {
    let log_file = File::create(folder.join("log")).map_err(Error::io("create", folder.join("log")))?;
    let errors = log_file.try_clone().map_err(Error::io("open", folder.join("log")))?;
    let mut sh = under(&home.account, hints, "/bin/sh", folder);
    sh.arg("-c").arg(include_str!("guard.sh")).arg("rehearsal-postgres-guard").arg(folder).arg(cluster.data());
    sh.arg(binaries.folder.join("postgres")).arg("-D").arg(folder.join("data"));
    // If a flag is given twice, the last one counts.
    sh.args(listen(address)).args(FLAGS.iter().chain(flags).flat_map(|flag| ["-c", flag]));
    sh.stdout(log_file).stderr(errors).process_group(0);
    Ok(sh)
}

/// Starts the guard and the server.
fn launch(command: &mut Command, folder: &Path) -> Result<(Child, PipeWriter), Error> {
    let (reader, writer) = std::io::pipe().map_err(Error::io("make a pipe for", folder))?;
    let child = command.stdin(reader).spawn().map_err(Error::io("run `/bin/sh` in", folder));
    // The command would keep the reading end of the pipe open.
    command.stdin(Stdio::null());
    Ok((child?, writer))
}

/// Ends a guard without stopping its server.
fn dismiss_guard(pipe: Option<PipeWriter>) {
    use std::io::Write;
    if let Some(mut pipe) = pipe {
        drop(pipe.write_all(b"leave\n"));
    }
}

impl Server {
    fn wait_until_ready(&mut self) -> Result<(), Error> {
        let (start, data) = (Instant::now(), self.data());
        while !postmaster::is_ready(&data) {
            if let Some(status) = self.child.try_wait().map_err(Error::io("wait for", &self.folder))? {
                return Err(Error::Ended { status: status.to_string(), log: log(&self.folder) });
            }
            if start.elapsed() > STARTING_TAKES {
                return Err(Error::NotReady { waited: STARTING_TAKES.as_secs(), log: log(&self.folder) });
            }
            sleep(POLL);
        }
        Ok(())
    }
}

/// Creates a folder with a new name, and the lock that marks its owner as alive.
fn claim(home: &Home) -> Result<(PathBuf, File), Error> {
    let name = Uuid::new_v4().simple().to_string();
    // Short, because the path of a socket is limited. A collision is no risk: it would fail.
    let folder = home.servers().join(&name[..12]);
    home.make(&folder)?;
    // Locked under another name first, so that no other process sees the file unlocked under its final name.
    let (claiming, claimed) = (folder.join("claiming.lock"), folder.join(sweep::OWNER));
    let owner = File::create(&claiming).map_err(Error::io("create", &claiming))?;
    owner.try_lock().map_err(|error| Error::io("lock", &claiming)(error.into()))?;
    fs::rename(&claiming, &claimed).map_err(Error::io("rename", &claiming))?;
    Ok((folder, owner))
}

fn address(folder: &Path, cluster: &Cluster) -> Result<Address, Error> {
    if takes_socket(folder) {
        return Ok(Address::Socket(folder.to_owned()));
    }
    Ok(Address::Loopback { port: free_port()?, password: cluster.password()? })
}

/// Returns a port that is free now.
pub(super) fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let port = listener.and_then(|listener| listener.local_addr()).map_err(Error::io("find a port on", "127.0.0.1"))?;
    Ok(port.port())
}

/// The server flags that set the address to listen on.
pub(super) fn listen(address: &Address) -> Vec<String> {
    let (addresses, port, folder) = match address {
        // The setting is a list, in which a name with spaces or quotes has to be quoted.
        Address::Socket(folder) => ("", SOCKET_PORT, format!("\"{}\"", folder.to_string_lossy().replace('"', "\"\""))),
        Address::Loopback { port, .. } => ("127.0.0.1", *port, String::new()),
    };
    vec![
        "-c".to_owned(),
        format!("listen_addresses={addresses}"),
        "-p".to_owned(),
        port.to_string(),
        "-k".to_owned(),
        folder,
    ]
}

/// The last lines of the log of the server in a folder.
pub(super) fn log(folder: &Path) -> String {
    last_lines(&String::from_utf8_lossy(&fs::read(folder.join("log")).unwrap_or_default()))
}

fn end(child: &mut Child, pipe: Option<PipeWriter>) {
    drop(pipe);
    let start = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if start.elapsed() > postmaster::AT_ONCE {
            // The guard must be dead.
            drop(child.kill());
            drop(child.wait());
            return;
        }
        sleep(POLL);
    }
}

/// Removes a server's folder; the guard may be removing it concurrently.
fn remove(folder: &Path) {
    for _ in 0..50 {
        if fs::remove_dir_all(folder).is_ok() || !folder.exists() {
            return;
        }
        sleep(POLL);
    }
}
