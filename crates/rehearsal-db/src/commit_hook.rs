//! A failpoint at commits: a [`CommitHook`] is called right before and right after each commit, and a rehearsal kills
//! processes there. A connection without a hook has no overhead.

use super::lex::Statement;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The side of a commit on which the hook is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommitPhase {
    /// All statements have run; COMMIT has not.
    Before,
    /// COMMIT has returned; the caller does not know it yet.
    After,
}

/// The kind of commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Commit {
    /// A transaction that the library started.
    Transaction,
    /// A statement of a file that runs outside such a transaction or ends a transaction of the file.
    Statement {
        /// Its number, from 1.
        number: usize,
        /// The number of statements in the file.
        of: usize,
        /// The beginning of its text.
        text: String,
    },
    /// sqlx's record of a migration, outside a transaction of the library.
    MigrationRecord,
}

/// The length of a statement's text in characters, before it is cut.
const SHOWN: usize = 60;

impl Commit {
    /// Describes the commit of a statement; `number` starts at 1.
    pub fn statement(statement: &Statement<'_>, number: usize, of: usize) -> Self {
        let words = statement.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = match words.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &words[..end]),
            None => words,
        };
        Self::Statement { number, of, text }
    }
}

/// The function that is called at each commit, if any; clones share it.
#[derive(Clone, Default)]
pub struct CommitHook(Option<Arc<Callback>>);

/// Called at each phase of each commit. The commit proceeds when it returns.
type Callback = dyn Fn(CommitPhase, &Commit) + Send + Sync;

impl CommitHook {
    /// Creates a hook that calls this function.
    #[must_use]
    pub fn new(callback: impl Fn(CommitPhase, &Commit) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(callback)))
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn call(&self, phase: CommitPhase, commit: impl FnOnce() -> Commit) {
        if let Some(callback) = &self.0 {
            callback(phase, &commit());
        }
    }
}

impl fmt::Debug for CommitHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CommitHook").field(&self.0.is_some()).finish()
    }
}
