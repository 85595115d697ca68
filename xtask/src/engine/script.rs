//! Runs a file of SQL statement by statement, so that a failure names the statement and, where the engine tells, the
//! token.

use super::lex::{Statement, statements, tokens};
use super::retry::Retries;
use super::{Connection, Error, TransactionControl};
use miette::SourceSpan;

/// What is around the statements of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Around {
    /// A transaction that is open already.
    Transaction,
    /// Nothing: each statement is a transaction of its own.
    Nothing,
}

/// How a script failed.
#[derive(Debug)]
pub(crate) struct ScriptError {
    /// What the engine said.
    pub(crate) error: Error,
    /// The token at fault, or the first word of the statement, in bytes of the file.
    pub(crate) at: SourceSpan,
    /// How many statements before it have taken effect and stay when the transaction that is open is rolled back.
    pub(crate) done: usize,
    /// How many there are.
    pub(crate) of: usize,
}

/// Runs all statements of `sql`.
pub(crate) async fn run_script(connection: &mut Connection, sql: &str, around: Around) -> Result<(), ScriptError> {
    let statements = statements(sql, connection.engine());
    // The first statement of the transaction that is open, with which those from there on would be undone.
    let mut opened = match around {
        Around::Transaction => Some(0),
        Around::Nothing => None,
    };
    let sets_timeout = |statement: &Statement<'_>| {
        tokens(statement.text, connection.engine()).iter().any(|token| token.is("lock_timeout"))
    };
    // A file that sees to its waits itself is left alone.
    let sees_to_waits = around == Around::Nothing && statements.iter().any(sets_timeout);
    for (number, statement) in statements.iter().enumerate() {
        let sent = match connection.engine().refuses(statement) {
            Some(why) => Err(Error::Statement { why: why.to_owned(), position: None }),
            None if opened.is_some() || sees_to_waits => connection.execute(statement.text, &[]).await.map(drop),
            None => send_alone(connection, statement).await,
        };
        if let Err(error) = sent {
            let offset = connection.locate(statement, &error).await.unwrap_or(0);
            let first =
                tokens(&statement.text[offset..], connection.engine()).first().map_or(0, |token| token.text.len());
            let at = (statement.start + offset, first).into();
            return Err(ScriptError { error, at, done: opened.unwrap_or(number), of: statements.len() });
        }
        match connection.engine().transaction_control(statement) {
            Some(TransactionControl::Begin) => opened = opened.or(Some(number)),
            Some(TransactionControl::End) => opened = None,
            None => {}
        }
    }
    Ok(())
}

/// Sends a statement that is a transaction of its own. Where it has to wait for a lock it gives up soon, since whoever comes
/// after it waits behind it, and is tried again.
async fn send_alone(connection: &mut Connection, statement: &Statement<'_>) -> Result<(), Error> {
    // It blocks nobody while it waits, and what it began would be left behind by giving up.
    if tokens(statement.text, connection.engine()).iter().any(|token| token.is("CONCURRENTLY")) {
        return connection.execute(statement.text, &[]).await.map(drop);
    }
    let mut retries = Retries::new(connection.patience());
    connection.give_up_soon().await?;
    let mut sent = connection.execute(statement.text, &[]).await;
    while matches!(sent, Err(Error::Locked { .. })) && retries.again().await {
        sent = connection.execute(statement.text, &[]).await;
    }
    // After a failure of the connection, that failure is what counts.
    let restored = connection.give_up_late().await;
    sent?;
    restored
}
