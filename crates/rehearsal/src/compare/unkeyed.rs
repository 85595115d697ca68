//! Rows of a table without a key whose values have changed ([`without_changed`]): otherwise each would count as a deleted and a
//! new row.

use super::pairs::{Common, merge};
use rehearsal_db::{Connection, Error};

/// The most columns of a table without a key whose changed columns are looked for: each costs a pass over the rows
/// in each round.
const WIDEST: usize = 24;
/// The most further columns that are left out one by one.
const ROUNDS: usize = 3;

/// Finds the columns of a table without a key that have changed in rows which are otherwise equal: each column that identifies
/// more rows by being left out. `None` if there is none.
pub(super) async fn without_changed(
    before: &mut Connection,
    after: &mut Connection,
    whole: &Common,
    (gone, new): (u64, u64),
) -> Result<Option<Common>, Error> {
    let (mut best, mut found) = (gone + new, None::<Common>);
    if gone == 0 || new == 0 || whole.columns.len() > WIDEST {
        return Ok(None);
    }
    // Columns with the values that they had before may identify the rows, if several others have changed.
    let mut changed = Vec::new();
    for at in 0..whole.key {
        if unpaired(before, after, &whole.only(at)).await? > 0 {
            changed.push(at);
        }
    }
    if changed.len() < whole.key {
        let common = changed.iter().rev().fold(whole.clone(), |common, at| common.without(*at));
        let unpaired = unpaired(before, after, &common).await?;
        if unpaired < best {
            (best, found) = (unpaired, Some(common));
        }
    }
    for _ in 0..ROUNDS {
        let mut better = None;
        let from = found.as_ref().unwrap_or(whole);
        for at in 0..from.key {
            let common = from.without(at);
            if common.key == 0 {
                continue;
            }
            let unpaired = unpaired(before, after, &common).await?;
            if unpaired < best {
                (best, better) = (unpaired, Some(common));
            }
        }
        match better {
            Some(common) => found = Some(common),
            None => break,
        }
    }
    Ok(found)
}

/// Counts the rows that exist on one side only.
async fn unpaired(before: &mut Connection, after: &mut Connection, common: &Common) -> Result<u64, Error> {
    let mut n = 0;
    merge(before, after, common, &mut |old, new| n += u64::from(old.is_none() || new.is_none())).await?;
    Ok(n)
}
