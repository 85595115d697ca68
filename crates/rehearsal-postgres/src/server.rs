//! A server that lives as long as this process.
//!
//! A shell below us copies an initialised data directory and becomes the server; a second one waits for the end of a pipe that
//! only this process holds, ends the server then, and removes its folder. So it makes no difference whether this process
//! returns, panics, or is killed: the system closes the pipe. Both are in a process group of their own, which Ctrl-C in a
//! terminal does not reach.

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

/// Nothing here outlives its process, so nothing has to be safe on disk; nothing runs at times of its own.
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

/// What is other where the server is to crash: what was committed is there when it is started again. It is handed to the system
/// then, which does not crash.
const TO_CRASH: [&str; 1] = ["synchronous_commit=on"];

pub(super) const POLL: Duration = Duration::from_millis(1);
/// How long a start may take on a busy machine.
pub(super) const STARTING_TAKES: Duration = Duration::from_secs(60);
/// How often a free port is looked for: somebody may take it before the server does.
const PORTS: usize = 5;

/// A running server. It ends when this value is dropped, or when the process ends in whatever way.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    address: Address,
    major: u32,
    version: String,
    /// What starts it.
    command: Command,
    child: Child,
    /// The server ends when this is closed.
    pipe: Option<PipeWriter>,
    /// Held as long as this process lives: a folder whose owner's lock can be had belongs to a dead process.
    _owner: File,
}

impl Server {
    /// Starts a server, and returns when it answers: in about a second the first time, in about 100 ms from then on. Sweeps
    /// what killed processes left.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn start(binaries: &Binaries, hints: &Hints) -> Result<Self, Error> {
        Self::start_with(binaries, hints, &[]).await
    }

    /// Starts a server that may crash ([`Self::crash`]).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn start_to_crash(binaries: &Binaries, hints: &Hints) -> Result<Self, Error> {
        Self::start_with(binaries, hints, &TO_CRASH).await
    }

    async fn start_with(binaries: &Binaries, hints: &Hints, flags: &'static [&'static str]) -> Result<Self, Error> {
        let (binaries, hints) = (binaries.clone(), hints.clone());
        let server = blocking(move || start(&binaries, &hints, flags)).await?;
        server.answers().await?;
        Ok(server)
    }

    /// Ends it by SIGQUIT, as in a crash, and starts it again on what is there then; returns when it answers.
    ///
    /// # Errors
    /// See [`Error`]. Nothing of it is left then.
    pub async fn crash(mut self) -> Result<Self, Error> {
        let server = blocking(move || {
            Postmaster::starting(self.child.id(), &self.data()).end(Ending::Immediate, postmaster::AT_ONCE);
            self.child.wait().map_err(Error::io("wait for", &self.folder))?;
            // What the dead one said of itself would be taken for what the new one says.
            drop(fs::remove_file(self.data().join("postmaster.pid")));
            let (child, pipe) = launch(&mut self.command, &self.folder)?;
            // The old guard has nothing to end any more; from here on the new one sees to all.
            let_go(self.pipe.replace(pipe));
            self.child = child;
            self.wait_until_ready()?;
            Ok(self)
        });
        let server = server.await?;
        server.answers().await?;
        Ok(server)
    }

    async fn answers(&self) -> Result<(), Error> {
        match self.options().disable_statement_logging().connect().await {
            Ok(connection) => drop(connection.close().await),
            Err(error) => return Err(Error::Refused { why: error.to_string(), log: log(&self.folder) }),
        }
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// What to connect with, to the database `postgres`, from which others are made.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        self.address.options("postgres")
    }

    /// The URL of a database, as psql and sqlx take it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.address.url(database)
    }

    /// The major version, and the version in full.
    #[must_use]
    pub fn version(&self) -> (u32, String) {
        (self.major, self.version.clone())
    }

    /// Leaves it running without an owner, for a person to look at what is on it; the next sweep ends it.
    pub fn leave(mut self) {
        let_go(self.pipe.take());
        // Dropping it would end it.
        std::mem::forget(self);
    }

    /// Ends it, and returns when nothing of it is left. Dropping does the same, and blocks the thread meanwhile.
    pub async fn stop(self) {
        // A task that was cancelled has dropped it as well.
        drop(tokio::task::spawn_blocking(move || drop(self)).await);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The guard takes a folder that is gone as told that there is nothing to end: the process id may be another's by now.
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            remove(&self.folder);
        }
        end(&mut self.child, self.pipe.take());
        remove(&self.folder);
    }
}

/// Runs what waits for processes and files where it keeps nobody up.
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

/// The guard's command.
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
    // Of a flag that is given twice, the last one counts.
    sh.args(listen(address)).args(FLAGS.iter().chain(flags).flat_map(|flag| ["-c", flag]));
    sh.stdout(log_file).stderr(errors).process_group(0);
    Ok(sh)
}

/// Starts the guard, and the server below it.
fn launch(command: &mut Command, folder: &Path) -> Result<(Child, PipeWriter), Error> {
    let (reader, writer) = std::io::pipe().map_err(Error::io("make a pipe for", folder))?;
    let child = command.stdin(reader).spawn().map_err(Error::io("run `/bin/sh` in", folder));
    // The command would keep the end that is read.
    command.stdin(Stdio::null());
    Ok((child?, writer))
}

/// Tells a guard that there is nothing for it to do any more.
fn let_go(pipe: Option<PipeWriter>) {
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

/// A folder of a new name, and the lock that says that we live.
fn claim(home: &Home) -> Result<(PathBuf, File), Error> {
    let name = Uuid::new_v4().simple().to_string();
    // Short, because the path of a socket is: the folder is only ours, and a name that is taken is an error.
    let folder = home.servers().join(&name[..12]);
    home.make(&folder)?;
    // Locked under another name first: whoever sees the name must find the lock held.
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

/// A port that is free now.
pub(super) fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let port = listener.and_then(|listener| listener.local_addr()).map_err(Error::io("find a port on", "127.0.0.1"))?;
    Ok(port.port())
}

/// The server's flags for where it listens.
pub(super) fn listen(address: &Address) -> Vec<String> {
    let (addresses, port, folder) = match address {
        // The server takes a list, in which quotes keep a name with spaces or quotes whole.
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

/// The end of the log of the server in a folder.
pub(super) fn log(folder: &Path) -> String {
    last_lines(&String::from_utf8_lossy(&fs::read(folder.join("log")).unwrap_or_default()))
}

fn end(child: &mut Child, pipe: Option<PipeWriter>) {
    drop(pipe);
    let start = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if start.elapsed() > postmaster::AT_ONCE {
            // Whoever should have ended it is gone.
            drop(child.kill());
            drop(child.wait());
            return;
        }
        sleep(POLL);
    }
}

/// The guard removes it as well, at the same time.
fn remove(folder: &Path) {
    for _ in 0..50 {
        if fs::remove_dir_all(folder).is_ok() || !folder.exists() {
            return;
        }
        sleep(POLL);
    }
}
