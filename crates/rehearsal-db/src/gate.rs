//! Commits as places where somebody may stand: just before and just after each. A rehearsal ends a process there; a connection
//! that nobody gave a gate pays nothing for it.

use super::lex::Statement;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// On which side of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Everything is said but that it is to stay.
    Before,
    /// It stays, and nobody has been told yet.
    After,
}

/// What is committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Commit {
    /// A transaction that this tool began.
    Transaction,
    /// A statement of a file that is outside of such a transaction, or ends one that the file began.
    Statement {
        /// Its number, from 1.
        number: usize,
        /// How many statements the file has.
        of: usize,
        /// How it begins.
        text: String,
    },
    /// What sqlx keeps of migrations, where no transaction of this tool is around it.
    Books,
}

/// How much of a statement is told.
const SHOWN: usize = 60;

impl Commit {
    /// That of the statement of this number, from 1.
    pub fn statement(statement: &Statement<'_>, number: usize, of: usize) -> Self {
        let words = statement.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = match words.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &words[..end]),
            None => words,
        };
        Self::Statement { number, of, text }
    }
}

/// Whoever stands there, if anybody does; clones share it.
#[derive(Clone, Default)]
pub struct Gate(Option<Arc<Watch>>);

/// Is called on each side of each commit. The work goes on when it returns.
type Watch = dyn Fn(Side, &Commit) + Send + Sync;

impl Gate {
    /// One where `watch` stands.
    #[must_use]
    pub fn new(watch: impl Fn(Side, &Commit) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(watch)))
    }

    pub(super) fn is_watched(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn pass(&self, side: Side, commit: impl FnOnce() -> Commit) {
        if let Some(watch) = &self.0 {
            watch(side, &commit());
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gate").field(&self.0.is_some()).finish()
    }
}
