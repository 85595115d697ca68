//! The PostgreSQL server on which scratch databases are made: one that somebody gave, or one of our own.

use crate::engine::postgres::{self, Claim};
use crate::engine::{Address, Error};
use crate::postgres_server::Server;
use sqlx::postgres::PgConnectOptions;

/// A server for scratch databases.
#[derive(Debug)]
pub struct Host {
    options: PgConnectOptions,
    /// Lives as long as this does.
    own: Option<Server>,
    /// On a server that stays: what tells other processes that this one lives.
    claim: Option<Claim>,
}

impl Host {
    /// A server that somebody else keeps, whose role may create databases.
    #[must_use]
    pub fn given(options: PgConnectOptions) -> Self {
        Self { options, own: None, claim: None }
    }

    /// A server of our own.
    #[must_use]
    pub fn own(server: Server) -> Self {
        Self { options: server.options(), own: Some(server), claim: None }
    }

    /// The address of a database on it.
    #[must_use]
    pub fn database(&self, name: &str) -> Address {
        Address::on_server(self.options.clone(), name)
    }

    /// Claims the databases whose names begin with that token, on a server that stays, and sweeps those of the dead.
    ///
    /// # Errors
    /// What the server said.
    pub(super) async fn claim(&mut self, token: &str) -> Result<(), Error> {
        if let (true, Address::Postgres(server)) = (self.stays(), self.database("postgres")) {
            self.claim = Some(postgres::claim(&server, token).await?);
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
    ///
    /// # Errors
    /// None that a person could do something about; the signature leaves room for a server that refuses.
    pub async fn stop(self) -> Result<(), Error> {
        if let Some(server) = self.own {
            server.stop().await;
        }
        Ok(())
    }
}
