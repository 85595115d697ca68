//! Runs a file of SQL statement by statement, so that a failure names the statement and, where the engine tells, the
//! token.

use super::lex::{statements, tokens};
use super::{Connection, Error, TransactionControl};
use miette::SourceSpan;

/// How a script failed.
#[derive(Debug)]
pub(crate) enum ScriptError {
    /// A statement was refused.
    Refused {
        /// What the engine said.
        why: String,
        /// The token at fault, or the first word of the statement, in bytes of the file.
        at: SourceSpan,
        /// How many statements before it have taken effect, whatever becomes of a transaction that is still open.
        done: usize,
        /// How many there are.
        of: usize,
    },
    /// The database failed, whatever the statement.
    Engine {
        /// How.
        error: Error,
        /// How many statements before had taken effect by then, outside of a transaction.
        done: usize,
        /// How many there are.
        of: usize,
    },
}

/// Runs all statements of `sql` in the transaction that is open, or each on its own where none is.
pub(crate) async fn run_script(connection: &mut Connection, sql: &str) -> Result<(), ScriptError> {
    let statements = statements(sql, connection.engine());
    // Where a transaction of the script's own was opened: what follows is undone with it.
    let mut opened = None;
    for (number, statement) in statements.iter().enumerate() {
        if let Some(why) = connection.engine().refuses(statement) {
            let (done, of) = (opened.unwrap_or(number), statements.len());
            return Err(ScriptError::Refused { why: why.to_owned(), at: (statement.start, 4).into(), done, of });
        }
        if let Err(error) = connection.execute(statement.text, &[]).await {
            let done = opened.unwrap_or(number);
            let of = statements.len();
            let (Error::Statement { why, .. } | Error::Privilege { why, .. }) = &error else {
                return Err(ScriptError::Engine { error, done, of });
            };
            let offset = connection.locate(statement, &error).await.unwrap_or(0);
            let length =
                tokens(&statement.text[offset..], connection.engine()).first().map_or(0, |token| token.text.len());
            let at = (statement.start + offset, length).into();
            return Err(ScriptError::Refused { why: why.clone(), at, done, of });
        }
        match connection.engine().transaction_control(statement) {
            Some(TransactionControl::Begin) => opened = Some(number),
            Some(TransactionControl::End) => opened = None,
            None => {}
        }
    }
    Ok(())
}
