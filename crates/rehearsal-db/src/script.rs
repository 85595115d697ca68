//! Runs a file of SQL statement by statement ([`run_script`]), so that a failure names the statement and, if the engine
//! reports it, the token.

use super::lex::{Statement, statements, tokens};
use super::retry::Retries;
use super::{Commit, CommitPhase, Connection, Error, TransactionControl};
use miette::SourceSpan;
use std::time::Instant;

/// The transaction around the statements of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around {
    /// An open transaction.
    Transaction,
    /// None: each statement is its own transaction.
    Nothing,
}

/// The failure of a script.
#[derive(Debug)]
pub struct ScriptError {
    /// The error of the database.
    pub error: Error,
    /// The token at fault, or the first word of the statement, in bytes of the file.
    pub at: SourceSpan,
    /// The number of statements whose effect remains when the open transaction is rolled back.
    pub done: usize,
    /// The number of statements in the file.
    pub of: usize,
    /// The effect of the failed statement.
    pub remains: Remains,
}

/// The effect of a statement that failed outside a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remains {
    /// None, or visible in the catalog.
    Seen,
    /// Unknown: the statement may have committed part of its work.
    Unseen,
}

/// An open transaction.
#[derive(Debug, Clone, Copy)]
struct Opened {
    /// The statement to repeat it from; `None` if the file did not begin it.
    from: Option<usize>,
    /// The number of statements that had taken effect before it.
    done: usize,
}

/// Runs all statements of `sql`.
///
/// A statement outside a transaction, or a transaction of the file, gives up soon if it has to wait for a lock, because
/// later sessions queue up after it. Then it is tried again.
pub async fn run_script(connection: &mut Connection, sql: &str, around: Around) -> Result<(), ScriptError> {
    let statements = statements(sql, connection.engine());
    let mut opened = (around == Around::Transaction).then_some(Opened { from: None, done: 0 });
    let sets_timeout = |statement: &Statement<'_>| {
        tokens(statement.text, connection.engine()).iter().any(|token| token.is("lock_timeout"))
    };
    // A file that sets lock_timeout itself keeps its setting.
    let is_gentle = around == Around::Nothing && !statements.iter().any(sets_timeout);
    let mut retries = Retries::new(connection.patience());
    let (mut at, mut done) = (0, 0);
    while let Some(statement) = statements.get(at) {
        let is_alone = opened.is_none() && is_gentle && is_repeatable(connection, statement);
        let control = connection.engine().transaction_control(statement);
        let commits = matches!(
            (opened, control),
            (None, None) | (Some(_), Some(TransactionControl::Commit | TransactionControl::CommitAndChain))
        );
        let commit = || Commit::statement(statement, at + 1, statements.len());
        if commits {
            connection.call_commit_hook(CommitPhase::Before, commit);
        }
        let start = Instant::now();
        let sent = match connection.engine().refuses(statement) {
            Some(why) => Err(Error::Statement { why: why.to_owned(), position: None }),
            None if is_alone => send_alone(connection, statement).await,
            None => connection.execute(statement.text, &[]).await.map(drop),
        };
        if let Err(error) = sent {
            let from = opened.and_then(|opened| opened.from).or(is_alone.then_some(at));
            if let (Error::Locked { .. }, true, Some(from)) = (&error, is_gentle, from)
                && retries.again(start.elapsed()).await
            {
                if let Some(before) = opened.take() {
                    connection.rollback().await;
                    done = before.done;
                }
                at = from;
                continue;
            }
            let done = opened.map_or(done, |opened| opened.done);
            return Err(
                failure(connection, statement, retries.told(error, start.elapsed()), done, statements.len()).await
            );
        }
        if commits {
            connection.call_commit_hook(CommitPhase::After, commit);
        }
        done += 1;
        match control {
            Some(TransactionControl::Begin) if opened.is_none() => {
                opened = Some(Opened { from: Some(at), done: done - 1 });
                if is_gentle && let Err(error) = connection.shorten_lock_timeout("SET LOCAL").await {
                    return Err(failure(connection, statement, error, done - 1, statements.len()).await);
                }
            }
            Some(TransactionControl::Commit) => opened = None,
            Some(TransactionControl::Rollback) => done = opened.take().map_or(done, |opened| opened.done),
            // The work stays or is rolled back, and a new transaction is open, which cannot be repeated.
            Some(TransactionControl::CommitAndChain) => opened = Some(Opened { from: None, done }),
            Some(TransactionControl::RollbackAndChain) => {
                done = opened.map_or(done, |opened| opened.done);
                opened = Some(Opened { from: None, done });
            }
            Some(TransactionControl::Begin) | None => {}
        }
        at += 1;
    }
    Ok(())
}

async fn failure(
    connection: &mut Connection,
    statement: &Statement<'_>,
    error: Error,
    done: usize,
    of: usize,
) -> ScriptError {
    let offset = connection.locate(statement, &error).await.unwrap_or(0);
    let length = tokens(&statement.text[offset..], connection.engine()).first().map_or(0, |token| token.text.len());
    let remains = if commits_itself(connection, statement) { Remains::Unseen } else { Remains::Seen };
    ScriptError { error, at: (statement.start + offset, length).into(), done, of, remains }
}

/// True for a call that may commit before it ends.
fn commits_itself(connection: &Connection, statement: &Statement<'_>) -> bool {
    let tokens = tokens(statement.text, connection.engine());
    let is = |word: &str| tokens.first().is_some_and(|first| first.is(word));
    is("CALL") || (is("DO") && statement.text.to_ascii_uppercase().contains("COMMIT"))
}

/// False for a statement that may have committed part of its work, and for one that blocks no other session while it
/// waits and leaves something unusable when it gives up.
fn is_repeatable(connection: &Connection, statement: &Statement<'_>) -> bool {
    let builds = connection.engine().builds_concurrently(statement.text);
    !builds && !commits_itself(connection, statement)
}

/// Sends a statement that is its own transaction.
async fn send_alone(connection: &mut Connection, statement: &Statement<'_>) -> Result<(), Error> {
    connection.shorten_lock_timeout("SET SESSION").await?;
    let sent = connection.execute(statement.text, &[]).await;
    let restored = connection.restore_lock_timeout().await;
    // If the connection failed, the first error counts.
    sent.and(restored)
}
