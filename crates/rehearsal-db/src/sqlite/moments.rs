//! Finds the current time in column values. SQLite's clock has a resolution of one second and cannot be set, so two
//! runs within one second show no difference.

use super::connection::SqliteSession;
use crate::Session;
use crate::{Engine, Error, Value};

/// The columns in which some row contains a time of the last `seconds`: in any form that SQLite parses, in UTC or in
/// the local time zone; as a number of seconds or milliseconds, alone or in a text; or as the current date or month,
/// alone or in a text, unless it `is_known` from elsewhere.
pub(crate) async fn moments(
    session: &mut SqliteSession,
    columns: &[(String, String)],
    seconds: u64,
    is_known: &(dyn Fn(&str) -> bool + Sync),
) -> Result<Vec<(String, String)>, Error> {
    let seconds = Value::Int(i64::try_from(seconds).unwrap_or(i64::MAX));
    let days = session.rows(DAYS, std::slice::from_ref(&seconds)).await?;
    let forms = session.rows(&forms(), std::slice::from_ref(&seconds)).await?;
    let mut found = Vec::new();
    for (table, column) in columns {
        let (quoted, value) = (Engine::Sqlite.quote(table), Engine::Sqlite.quote(column));
        let mut is_found = !session.rows(&whole(&quoted, &value), std::slice::from_ref(&seconds)).await?.is_empty();
        for day in days.iter().filter_map(|row| row.first()?.as_text()) {
            is_found = is_found
                || !session.rows(&with_day(&quoted, &value), &[seconds.clone(), day.into()]).await?.is_empty()
                    && !is_known(day);
        }
        for day in forms.iter().filter_map(|row| row.first()?.as_text()) {
            is_found = is_found
                || !session.rows(&with_form(&quoted, &value), &[day.into()]).await?.is_empty() && !is_known(day);
        }
        if is_found {
            found.push((table.clone(), column.clone()));
        }
    }
    Ok(found)
}

/// The current date in both zones and, shortly after midnight, the previous one.
const DAYS: &str = "SELECT DISTINCT date(now - ago, 'unixepoch') FROM \
    (SELECT unixepoch() AS now UNION SELECT unixepoch('now', 'localtime')), (SELECT 0 AS ago UNION SELECT $1)";

/// These dates as digits, and their months.
fn forms() -> String {
    format!(
        "WITH days (day) AS ({DAYS}) SELECT strftime('%Y%m%d', day) FROM days UNION SELECT strftime('%Y-%m', day) FROM days"
    )
}

/// A row whose value is a current time, or whose text contains the seconds of one.
fn whole(table: &str, value: &str) -> String {
    let digits = "[0-9]".repeat(10);
    // A time of day alone is parsed as a time in the year 2000, and a bare number as a Julian day.
    format!(
        "SELECT 1 FROM {table} WHERE CASE typeof({value}) \
         WHEN 'text' THEN {value} LIKE '____-__-__ __%' AND \
             (unixepoch({value}) BETWEEN unixepoch() - $1 AND unixepoch() \
              OR unixepoch({value}) BETWEEN unixepoch('now', 'localtime') - $1 AND unixepoch('now', 'localtime')) \
             OR {value} GLOB '*{digits}*' AND EXISTS \
                 (WITH RECURSIVE second (at) AS \
                      (SELECT unixepoch() UNION ALL SELECT at - 1 FROM second WHERE at > unixepoch() - $1) \
                  SELECT 1 FROM second WHERE instr({value}, second.at) > 0) \
         WHEN 'null' THEN FALSE WHEN 'blob' THEN FALSE \
         ELSE {value} BETWEEN unixepoch() - $1 AND unixepoch() + 1 \
             OR {value} BETWEEN (unixepoch() - $1) * 1000 AND (unixepoch() + 1) * 1000 \
             OR {value} BETWEEN julianday() - $1 / 86400.0 AND julianday() END LIMIT 1"
    )
}

/// A row whose text contains a current date. If a time of day follows, it must be current, too.
fn with_day(table: &str, value: &str) -> String {
    format!(
        "SELECT 1 FROM (SELECT substr({value}, instr({value}, $2), 19) AS part FROM {table} \
                        WHERE typeof({value}) = 'text' AND instr({value}, $2) > 0), \
             (SELECT unixepoch() AS now UNION SELECT unixepoch('now', 'localtime')) \
         WHERE CASE WHEN part GLOB '*[ T]??:??:??' THEN unixepoch(part) BETWEEN now - $1 AND now \
             WHEN part GLOB '??????????[ T]??:??*' THEN unixepoch(substr(part, 1, 16)) BETWEEN now - $1 - 59 AND now \
             ELSE TRUE END LIMIT 1"
    )
}

/// A row that contains this text, but not as part of a longer number or date.
fn with_form(table: &str, value: &str) -> String {
    format!(
        "SELECT 1 FROM {table} WHERE typeof({value}) <> 'blob' \
         AND ' ' || {value} || ' ' GLOB '*[^0-9-]' || $1 || '[^0-9-]*' LIMIT 1"
    )
}
