//! Idle connections to the maintenance database of one server ([`Idle`]), shared by the addresses of its databases.

use sqlx::postgres::PgConnection;
use std::sync::{Arc, Mutex, PoisonError};

/// The idle connections to one server.
#[derive(Debug, Clone, Default)]
pub(super) struct Idle(Arc<Mutex<Vec<PgConnection>>>);

impl Idle {
    /// Takes one of them, which may have lost its server since.
    pub(super) fn take(&self) -> Option<PgConnection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Keeps a connection for later.
    pub(super) fn keep(&self, connection: PgConnection) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}
