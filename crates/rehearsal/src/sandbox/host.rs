//! The PostgreSQL server for scratch databases: [`Host::given`] uses a server that the environment names,
//! [`Host::own`] starts a throwaway one.

use miette::Diagnostic;
use rehearsal_db::command::command;
use rehearsal_db::{Address, Claim, Error, postgres};
use rehearsal_postgres::{self as server, Binaries, Hints, Server};

/// The database that every server has, used to create others.
const MAINTENANCE: &str = "postgres";

/// A server for scratch databases.
#[derive(Debug)]
pub struct Host {
    server: Address,
    /// Where the server comes from.
    origin: Origin,
    /// On a given server: tells other processes that this one is alive.
    claim: Option<Claim>,
}

/// Where the server comes from.
#[derive(Debug)]
enum Origin {
    /// Another party runs it; this is the name of the setting that names it.
    Given(String),
    /// Started by this process; it stops with this value.
    Own(Box<Own>),
}

#[derive(Debug)]
struct Own {
    server: Server,
    binaries: Binaries,
    hints: Hints,
}

/// Why there is no server for scratch databases.
#[derive(Debug, Clone, thiserror::Error, Diagnostic)]
pub enum NoHost {
    /// PostgreSQL is not installed.
    #[error("there is no PostgreSQL on this machine")]
    #[diagnostic(help("run `{}`, or name a server in REHEARSAL_POSTGRES_URL", command("postgres install")))]
    Absent,
    /// The history changes objects outside its database, and rehearsal did not start the server.
    #[error(
        "the history changes objects outside its database ({because}), and rehearsal did not start the server of \
         {origin}"
    )]
    #[diagnostic(help(
        "unset {origin}, so that rehearsal starts throwaway servers for this history (run `{}` first if there is no \
         PostgreSQL on this machine)",
        command("postgres install")
    ))]
    SharedServer {
        /// The statement that changes them, and its location.
        because: String,
        /// The setting that names the server.
        origin: String,
    },
    /// The given server cannot be used.
    #[error("{why} (from {origin})")]
    #[diagnostic(help("{help}"))]
    Unfit {
        /// The reason.
        why: String,
        /// The correction.
        help: String,
        /// The setting that names it.
        origin: String,
    },
}

impl Host {
    /// Uses a given server. Checks once that its role may create databases, so that proofs need not.
    ///
    /// # Errors
    /// [`NoHost::Unfit`] if the server cannot be used.
    pub async fn given(server: Address, origin: &str) -> Result<Self, NoHost> {
        let unfit = |error: Error| NoHost::Unfit {
            why: error.to_string(),
            help: match &error {
                Error::Unreachable { .. } => "start the server, or name another one".to_owned(),
                error => error.help().map(|help| help.to_string()).unwrap_or_default(),
            },
            origin: origin.to_owned(),
        };
        server.check_host().await.map_err(unfit)?;
        Ok(Self { server, origin: Origin::Given(origin.to_owned()), claim: None })
    }

    /// Starts a throwaway server with these binaries.
    ///
    /// # Errors
    /// Fails if the server cannot be started; see [`Server::start`].
    pub async fn own(binaries: Binaries, hints: Hints) -> Result<Self, server::Error> {
        let server = Server::start(&binaries, &hints).await?;
        let address = postgres::on_server(server.options(), MAINTENANCE);
        Ok(Self { server: address, origin: Origin::Own(Box::new(Own { server, binaries, hints })), claim: None })
    }

    /// Starts another empty server.
    ///
    /// # Errors
    /// [`NoHost::SharedServer`] if this host is a given server. Fails if the other server cannot be started.
    pub(super) async fn another(&self, because: &str) -> Result<Server, super::Error> {
        let own = self.has_another(because)?;
        Ok(Server::start(&own.binaries, &own.hints).await?)
    }

    /// Starts another empty server that may be crashed; `None` if this host is a given server.
    pub(super) async fn another_to_crash(&self) -> Result<Option<Server>, super::Error> {
        match &self.origin {
            Origin::Own(own) => Ok(Some(Server::start_to_crash(&own.binaries, &own.hints).await?)),
            Origin::Given(_) => Ok(None),
        }
    }

    /// Refuses a history that changes objects outside its database on a given server.
    pub(super) fn may_have_another(&self, because: &str) -> Result<(), NoHost> {
        self.has_another(because).map(drop)
    }

    fn has_another(&self, because: &str) -> Result<&Own, NoHost> {
        match &self.origin {
            Origin::Own(own) => Ok(own),
            Origin::Given(origin) => Err(NoHost::SharedServer { because: because.to_owned(), origin: origin.clone() }),
        }
    }

    /// The address of a database on this server.
    #[must_use]
    pub fn database(&self, name: &str) -> Address {
        self.server.sibling(name)
    }

    /// On a given server, claims the databases that contain `token` in their names, and removes those of dead
    /// processes.
    ///
    /// # Errors
    /// Fails if the server cannot be reached or a query fails.
    pub(super) async fn claim(&mut self, token: &str) -> Result<(), Error> {
        if self.stays() {
            self.claim = Some(self.server.claim(token).await?);
        }
        Ok(())
    }

    /// True for a given server, which stays, so that databases have to be removed from it.
    #[must_use]
    pub fn stays(&self) -> bool {
        matches!(self.origin, Origin::Given(_))
    }

    /// Leaves an own server running, so that kept databases can be inspected. The next rehearsal removes it.
    pub fn leave(self) {
        if let Origin::Own(own) = self.origin {
            own.server.leave();
        }
    }

    /// Stops an own server.
    pub async fn stop(self) {
        if let Origin::Own(own) = self.origin {
            own.server.stop().await;
        }
    }
}
