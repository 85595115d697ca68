//! Converts PostgreSQL's errors by their SQLSTATE (`https://www.postgresql.org/docs/current/errcodes-appendix.html`).

use crate::Error;
use sqlx::postgres::{PgDatabaseError, PgErrorPosition};
use std::time::Duration;

/// The help for a server that does not answer.
pub(super) const NO_ANSWER: &str = "start the server, or correct the URL";

/// The help for a server that answers and accepts no connection.
const NOT_ACCEPTED: &str = "run the command again when the server accepts connections";

/// The help for a lost connection.
const LOST: &str = "check that the server is running and accepts connections; uncommitted changes were rolled back, \
                    and a backfill resumes from its last batch";

/// Converts an error of connecting to the server at `place`.
pub(super) fn explain_connecting(place: &str, wait: Duration, error: &sqlx::Error) -> Error {
    match explain(place, wait, error) {
        Error::Unreachable { place, why, .. } => {
            let help = if error.as_database_error().is_some() { NOT_ACCEPTED } else { NO_ANSWER };
            Error::Unreachable { place, why, help }
        }
        other => other,
    }
}

/// Converts an error of an open connection to the server at `place`.
pub(super) fn explain(place: &str, wait: Duration, error: &sqlx::Error) -> Error {
    let place = place.to_owned();
    let Some(database) = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>()) else {
        return match error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed => {
                Error::Unreachable { place, why: error.to_string(), help: LOST }
            }
            other => Error::Statement { why: other.to_string(), position: None },
        };
    };
    let why = message(database);
    match database.code() {
        "3D000" => Error::NoDatabase { place },
        "53100" => Error::Full { place, why },
        "25006" => Error::ReadOnly { place, why },
        "55P03" => Error::Locked { place, waited: wait, holders: Vec::new() },
        "42501" => Error::Privilege { place, why },
        "40001" | "40P01" => Error::Conflict { place, why },
        // Another session changed a table while a statement on it was prepared. Preparing the statement again works.
        "0A000" if why.contains("cached plan must not change result type") => Error::Conflict { place, why },
        "53300" | "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04" => {
            Error::Unreachable { place, why, help: LOST }
        }
        // pgbouncer rejects a parameter of sqlx that is missing from its `ignore_startup_parameters`.
        "08P01" if why.contains("unsupported startup parameter") => Error::Pooler { place, why },
        code if code.starts_with("28") => Error::Refused { place, why },
        code if code.starts_with("08") => Error::Unreachable { place, why, help: LOST },
        _ => {
            let position = match database.position() {
                Some(PgErrorPosition::Original(position)) => Some(position),
                _ => None,
            };
            Error::Statement { why, position }
        }
    }
}

/// The server's message with its detail and hint.
fn message(error: &PgDatabaseError) -> String {
    let detail = error.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
    let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
    // The innermost function comes first.
    let is_function = |line: &&str| {
        line.starts_with("PL/pgSQL function") && line.contains(" line ") && !line.contains(" inline_code_block ")
    };
    let within = error.r#where().and_then(|context| context.lines().find(is_function));
    let within = within.map(|line| format!(", in {line}")).unwrap_or_default();
    format!("{}{detail}{hint}{within}", error.message()).split_whitespace().collect::<Vec<_>>().join(" ")
}
