//! The PostgreSQL server on which scratch databases are made: one that somebody gave, or one of our own.

use miette::Diagnostic;
use rehearsal_db::command::command;
use rehearsal_db::{Address, Claim, Error, postgres};
use rehearsal_postgres::{self as server, Binaries, Hints, Server};

/// The database that every server has, from which others are made.
const MAINTENANCE: &str = "postgres";

/// A server for scratch databases.
#[derive(Debug)]
pub struct Host {
    server: Address,
    /// Where it was named, or what it was started with.
    origin: Origin,
    /// On a server that stays: what tells other processes that this one lives.
    claim: Option<Claim>,
}

/// Where the server comes from.
#[derive(Debug)]
enum Origin {
    /// Somebody else keeps it; the environment names it there.
    Given(String),
    /// It is our own and lives as long as this does.
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
    /// There is no PostgreSQL to make one of.
    #[error("there is no PostgreSQL on this machine")]
    #[diagnostic(help("run `{}`, or name a server in REHEARSAL_POSTGRES_URL", command("postgres install")))]
    Absent,
    /// The history changes more than its database, and the server is somebody else's.
    #[error("the history changes more than its database ({because}), and the server of {origin} is not ours")]
    #[diagnostic(help(
        "leave {origin} unset, and such a history gets throwaway servers of its own (`{}`, if there is no PostgreSQL on this \
         machine)",
        command("postgres install")
    ))]
    Somebodys {
        /// What it changes, and where.
        because: String,
        /// Where the server was named.
        origin: String,
    },
    /// The one that was named can't be used.
    #[error("{why} (from {origin})")]
    #[diagnostic(help("{help}"))]
    Unfit {
        /// What is wrong with it.
        why: String,
        /// What to do.
        help: String,
        /// Where it was named.
        origin: String,
    },
}

impl Host {
    /// A server that somebody else keeps, whose role may create databases. Found out now, once, and not by every proof.
    ///
    /// # Errors
    /// [`NoHost::Unfit`].
    pub async fn given(server: Address, origin: &str) -> Result<Self, NoHost> {
        let unfit = |error: Error| NoHost::Unfit {
            why: error.to_string(),
            help: match &error {
                Error::Unreachable { .. } => "start that server, or name another one".to_owned(),
                error => error.help().map(|help| help.to_string()).unwrap_or_default(),
            },
            origin: origin.to_owned(),
        };
        server.check_host().await.map_err(unfit)?;
        Ok(Self { server, origin: Origin::Given(origin.to_owned()), claim: None })
    }

    /// A server of our own, started with these binaries.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub async fn own(binaries: Binaries, hints: Hints) -> Result<Self, server::Error> {
        let server = Server::start(&binaries, &hints).await?;
        let address = postgres::on_server(server.options(), MAINTENANCE);
        Ok(Self { server: address, origin: Origin::Own(Box::new(Own { server, binaries, hints })), claim: None })
    }

    /// Another server of our own, with nothing on it.
    ///
    /// # Errors
    /// [`NoHost::Somebodys`] where this one is not ours; what starting it said.
    pub(super) async fn another(&self, because: &str) -> Result<Server, super::Error> {
        let own = self.has_another(because)?;
        Ok(Server::start(&own.binaries, &own.hints).await?)
    }

    /// Another server of our own that may crash, with nothing on it; none where this one is not ours.
    pub(super) async fn another_to_crash(&self) -> Result<Option<Server>, super::Error> {
        match &self.origin {
            Origin::Own(own) => Ok(Some(Server::start_to_crash(&own.binaries, &own.hints).await?)),
            Origin::Given(_) => Ok(None),
        }
    }

    /// Refuses a history that changes more than its database where the server is not ours.
    pub(super) fn may_have_another(&self, because: &str) -> Result<(), NoHost> {
        self.has_another(because).map(drop)
    }

    fn has_another(&self, because: &str) -> Result<&Own, NoHost> {
        match &self.origin {
            Origin::Own(own) => Ok(own),
            Origin::Given(origin) => Err(NoHost::Somebodys { because: because.to_owned(), origin: origin.clone() }),
        }
    }

    /// The address of a database on it.
    #[must_use]
    pub fn database(&self, name: &str) -> Address {
        self.server.sibling(name)
    }

    /// Claims the databases whose names begin with that token, on a server that stays, and sweeps those of the dead.
    ///
    /// # Errors
    /// What the server said.
    pub(super) async fn claim(&mut self, token: &str) -> Result<(), Error> {
        if self.stays() {
            self.claim = Some(self.server.claim(token).await?);
        }
        Ok(())
    }

    /// True where databases have to be removed, because the server stays.
    #[must_use]
    pub fn stays(&self) -> bool {
        matches!(self.origin, Origin::Given(_))
    }

    /// Leaves a server of our own running, for what is kept on it; the next rehearsal sweeps it.
    pub fn leave(self) {
        if let Origin::Own(own) = self.origin {
            own.server.leave();
        }
    }

    /// Ends a server of our own.
    pub async fn stop(self) {
        if let Origin::Own(own) = self.origin {
            own.server.stop().await;
        }
    }
}
