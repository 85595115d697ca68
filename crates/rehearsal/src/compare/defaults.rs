//! Finds columns with nondeterministic values: their default is the clock, a random function or a counter.

use rehearsal_db::{Connection, Error, VolatileDefault};

/// Returns the columns of the user's tables whose default yields a different value each time, by table, in the order
/// of columns. Values from such a default differ between two databases on which the same statements ran, and between
/// two runs of a migration; values that a statement wrote explicitly do not.
///
/// # Errors
/// Fails if a query fails.
pub async fn volatile_defaults(connection: &mut Connection) -> Result<Vec<VolatileDefault>, Error> {
    let settings = connection.pin().await?;
    let found = connection.volatile_defaults().await?;
    connection.unpin(settings).await?;
    Ok(found)
}
