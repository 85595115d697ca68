//! Columns of which nobody can say what they will hold: their default is the clock, chance or a counter.

use rehearsal_db::{Connection, Error, VolatileDefault};

/// The columns of the user's tables whose default gives another value each time, by table, in the order of columns. What such
/// a default has filled differs between two databases to which the same was done, and between two ways up; what somebody
/// else has written into the column does not.
///
/// # Errors
/// What the engine said.
pub async fn volatile_defaults(connection: &mut Connection) -> Result<Vec<VolatileDefault>, Error> {
    let settings = connection.pin().await?;
    let found = connection.volatile_defaults().await?;
    connection.unpin(settings).await?;
    Ok(found)
}
