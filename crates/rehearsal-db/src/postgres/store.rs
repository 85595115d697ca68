//! The [`Store`] of PostgreSQL: [`PostgresAddress`] implements it, so the address of a database is also the store. Each
//! operation connects to the server by itself. The trait documents the methods.

use super::address::PostgresAddress;
use super::connection::PostgresSession;
use super::lock::AdvisoryLock;
use super::{crash, databases, host};
use crate::store::{Claim, HeldLock, Store};
use crate::{Access, Address, Durability, Engine, Error, Mode, Session, Sharing};
use async_trait::async_trait;
use std::any::Any;
use std::time::Duration;

#[async_trait]
impl Store for PostgresAddress {
    fn engine(&self) -> Engine {
        Engine::Postgres
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn url(&self) -> String {
        Self::url(self)
    }

    fn creates(&self) -> bool {
        self.mode() == Mode::Create
    }

    fn existing(&self) -> Address {
        Address::new(self.clone().with_mode(Mode::Write))
    }

    fn sibling(&self, name: &str) -> Address {
        Address::new(self.beside(name))
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        Self::environment(self)
    }

    fn has_password(&self) -> bool {
        self.password().is_some_and(|password| !password.is_empty())
    }

    fn is_remote(&self) -> bool {
        self.is_on_another_machine()
    }

    async fn open(&self, access: Access, wait: Duration) -> Result<Box<dyn Session>, Error> {
        Ok(Box::new(PostgresSession::open(self, access, wait).await?))
    }

    async fn lock(
        &self,
        sharing: Sharing,
        wait: Duration,
        waiting: &(dyn Fn(String) + Sync),
    ) -> Result<Box<dyn HeldLock>, Error> {
        if self.creates() {
            // The lock is inside the database, which must exist first.
            self.open(Access::Write(Durability::Configured), wait).await?.close().await?;
        }
        Ok(Box::new(AdvisoryLock::take(self, sharing, wait, waiting).await?))
    }

    async fn exists(&self) -> Result<bool, Error> {
        databases::exists(self).await
    }

    async fn copy_to(&self, to: &Address) -> Result<(), Error> {
        databases::copy(self, <dyn Store>::same_engine(to)?).await
    }

    async fn publish_at(&self, to: &Address) -> Result<(), Error> {
        match databases::rename(self, <dyn Store>::same_engine(to)?).await {
            // Another process has built an equal database and renamed it first. That one stays, and this one is
            // superfluous.
            Err(_) if to.exists().await? => self.remove().await,
            renamed => renamed,
        }
    }

    async fn remove(&self) -> Result<(), Error> {
        databases::remove(self).await
    }

    async fn touch(&self) -> Result<(), Error> {
        databases::touch(self).await
    }

    async fn version(&self) -> Result<String, Error> {
        databases::version(self).await
    }

    async fn server(&self) -> Result<String, Error> {
        databases::server(self).await
    }

    async fn absent_extensions(&self, names: &[String]) -> Result<Vec<String>, Error> {
        databases::absent_extensions(self, names).await
    }

    async fn require_durable_commits(&self) -> Result<(), Error> {
        crash::require_durable_commits(self).await
    }

    async fn end_sessions(&self) -> Result<u64, Error> {
        crash::end_sessions(self).await
    }

    async fn check_host(&self) -> Result<(), Error> {
        host::check_host(self).await
    }

    async fn claim(&self, token: &str) -> Result<Claim, Error> {
        Ok(Claim(Box::new(host::claim(self, token).await?)))
    }
}
