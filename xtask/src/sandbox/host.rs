//! The PostgreSQL server on which scratch databases are made: one that somebody gave, or one of our own.

use crate::engine::postgres::{self, Claim};
use crate::engine::{Address, Error, PostgresAddress};
use crate::postgres_server::Server;
use miette::Diagnostic;

/// A server for scratch databases.
#[derive(Debug)]
pub struct Host {
    server: PostgresAddress,
    /// Lives as long as this does.
    own: Option<Server>,
    /// On a server that stays: what tells other processes that this one lives.
    claim: Option<Claim>,
}

/// Why there is no server for scratch databases.
#[derive(Debug, Clone, thiserror::Error, Diagnostic)]
pub enum NoHost {
    /// There is no PostgreSQL to make one of.
    #[error("there is no PostgreSQL on this machine")]
    #[diagnostic(help("run `cargo xtask postgres install`, or name a server in XTASK_POSTGRES_URL"))]
    Absent,
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
    pub async fn given(server: PostgresAddress, origin: &str) -> Result<Self, NoHost> {
        let unfit = |error: Error| NoHost::Unfit {
            why: error.to_string(),
            help: match &error {
                Error::Unreachable { .. } => "start that server, or name another one".to_owned(),
                error => error.help().map(|help| help.to_string()).unwrap_or_default(),
            },
            origin: origin.to_owned(),
        };
        postgres::check_host(&server).await.map_err(unfit)?;
        Ok(Self { server, own: None, claim: None })
    }

    /// A server of our own.
    #[must_use]
    pub fn own(server: Server) -> Self {
        Self { server: PostgresAddress::on_server(server.options()), own: Some(server), claim: None }
    }

    /// The address of a database on it.
    #[must_use]
    pub fn database(&self, name: &str) -> Address {
        Address::Postgres(self.server.sibling(name))
    }

    /// Claims the databases whose names begin with that token, on a server that stays, and sweeps those of the dead.
    ///
    /// # Errors
    /// What the server said.
    pub(super) async fn claim(&mut self, token: &str) -> Result<(), Error> {
        if self.stays() {
            self.claim = Some(postgres::claim(&self.server, token).await?);
        }
        Ok(())
    }

    /// True where databases have to be removed, because the server stays.
    #[must_use]
    pub fn stays(&self) -> bool {
        self.own.is_none()
    }

    /// Leaves a server of our own running, for what is kept on it; the next rehearsal sweeps it.
    pub fn leave(self) {
        if let Some(server) = self.own {
            server.leave();
        }
    }

    /// Ends a server of our own.
    pub async fn stop(self) {
        if let Some(server) = self.own {
            server.stop().await;
        }
    }
}
