//! A failpoint at commits: a function that is called just before and just after each commit. A rehearsal ends a process
//! there. A connection without a hook pays nothing for it.

use super::lex::Statement;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Where in a commit the hook is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommitPhase {
    /// All statements have run; COMMIT has not.
    Before,
    /// COMMIT has returned; the caller has not heard of it yet.
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
    MigrationRecord,
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

/// The function that is called at each commit, if there is one; clones share it.
#[derive(Clone, Default)]
pub struct CommitHook(Option<Arc<Callback>>);

/// Is called at each phase of each commit. The commit proceeds when it returns.
type Callback = dyn Fn(CommitPhase, &Commit) + Send + Sync;

impl CommitHook {
    /// A hook that calls this function.
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
