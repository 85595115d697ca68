//! Stored data that the server derived from rows, and that no longer matches them ([`stale_copies`], [`stale_results`]).

use super::sql::{OURS, of_the_user, table};
use super::text;
use crate::postgres::connection::PostgresSession;
use crate::{Engine, Error, Session, Stale, Value};
use std::sync::LazyLock;

/// The materialized views that do not have the rows of their query. Rows are compared as texts, because some types have no
/// equality.
pub(crate) async fn stale_copies(session: &mut PostgresSession) -> Result<Vec<Stale>, Error> {
    static QUERY: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT {}, c.oid::regclass::text, c.relispopulated::text, rtrim(pg_get_viewdef(c.oid), '; ') \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind = 'm' AND {OURS} AND {} ORDER BY 1",
            table("n", "c"),
            of_the_user("pg_class", "c.oid")
        )
    });
    let mut stale = Vec::new();
    for row in session.known(&QUERY).await? {
        let (name, quoted, query) = (text(&row[0]), text(&row[1]), text(&row[3]));
        let why = if row[2].as_text() == Some("true") {
            let rows = |from: &str| format!("SELECT r::text FROM {from} AS r");
            let (stored, now) = (rows(&quoted), rows(&format!("({query})")));
            let sql = format!(
                "SELECT (SELECT count(*) FROM ({stored} EXCEPT ALL {now}) AS gone), (SELECT count(*) FROM ({now} EXCEPT ALL {stored}) AS new)"
            );
            let Some(counts) = answer(session, &sql).await? else { continue };
            match counts.as_slice() {
                [Value::Int(0), Value::Int(0)] => continue,
                [gone, new] => {
                    format!("rows that only the view has: {gone}; rows that only its query returns: {new}")
                }
                _ => continue,
            }
        } else {
            "it has no rows, and no query can read it until it is refreshed".to_owned()
        };
        let refresh = format!("REFRESH MATERIALIZED VIEW {quoted};");
        stale.push(Stale { object: format!("materialized view \"{name}\""), name, why, refresh });
    }
    Ok(stale)
}

/// The generated columns and the indexes whose function returns something else by now. Indexes are checked by the extension
/// amcheck, if the server has it.
pub(crate) async fn stale_results(session: &mut PostgresSession) -> Result<Vec<Stale>, Error> {
    let mut stale = generated_columns(session).await?;
    stale.extend(indexes(session).await?);
    Ok(stale)
}

async fn generated_columns(session: &mut PostgresSession) -> Result<Vec<Stale>, Error> {
    static QUERY: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT {}, a.attname::text, c.oid::regclass::text, format('SELECT count(*) FROM ONLY %s WHERE %I::text IS DISTINCT FROM (%s)::%s::text', \
                 c.oid::regclass, a.attname, pg_get_expr(d.adbin, d.adrelid), format_type(a.atttypid, a.atttypmod)), \
                 coalesce((SELECT quote_ident(b.attname) FROM pg_depend p JOIN pg_attribute b ON b.attrelid = c.oid AND b.attnum = p.refobjsubid \
                   WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refobjid = c.oid AND b.attnum <> a.attnum \
                   ORDER BY b.attnum LIMIT 1), '') \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped \
             JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
             WHERE c.relkind = 'r' AND a.attgenerated = 's' AND {OURS} AND {} ORDER BY 1, a.attnum",
            table("n", "c"),
            of_the_user("pg_class", "c.oid")
        )
    });
    let mut stale = Vec::new();
    for row in session.known(&QUERY).await? {
        let (table, name, quoted, base) = (text(&row[0]), text(&row[1]), text(&row[2]), text(&row[4]));
        let column = Engine::Postgres.quote(&name);
        let Some(counts) = answer(session, &text(&row[3])).await? else { continue };
        let Some(n @ 1..) = counts.first().and_then(Value::as_int) else { continue };
        stale.push(Stale {
            object: format!("generated column \"{table}\".\"{name}\""),
            name,
            why: format!("rows for which its expression returns another value: {n}"),
            refresh: match base.as_str() {
                "" => format!(
                    "ALTER TABLE {quoted} DROP COLUMN {column}, ADD COLUMN {column} … GENERATED ALWAYS AS (…) STORED;"
                ),
                base => format!("UPDATE {quoted} SET {base} = {base};"),
            },
        });
    }
    Ok(stale)
}

async fn indexes(session: &mut PostgresSession) -> Result<Vec<Stale>, Error> {
    static QUERY: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT ic.relname::text, i.indexrelid::regclass::text, i.indexrelid::int8 FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid \
             JOIN pg_am m ON m.oid = ic.relam JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE m.amname = 'btree' AND ic.relkind = 'i' AND i.indisvalid AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL) AND {OURS} AND {} \
             ORDER BY 1",
            of_the_user("pg_class", "c.oid")
        )
    });
    let indexes = session.known(&QUERY).await?;
    let mut stale = Vec::new();
    if indexes.is_empty() {
        return Ok(stale);
    }
    session.execute("BEGIN", &[]).await?;
    let schema = "CREATE SCHEMA _rehearsal_check; CREATE EXTENSION IF NOT EXISTS amcheck SCHEMA _rehearsal_check";
    let created = session.execute(schema, &[]).await;
    let mut checked = created.map(drop);
    for row in &indexes {
        if checked.is_err() {
            break;
        }
        checked = match check(session, &row[2]).await {
            Ok(why) => {
                let (name, quoted) = (text(&row[0]), text(&row[1]));
                let refresh = format!("REINDEX INDEX {quoted};");
                stale.extend(why.map(|why| Stale { object: format!("index \"{name}\""), name, why, refresh }));
                Ok(())
            }
            Err(error) => Err(error),
        };
    }
    session.execute("ROLLBACK", &[]).await?;
    match checked {
        Err(error) if error.is_transient() => Err(error),
        // The server has no amcheck.
        _ => Ok(stale),
    }
}

/// Why an index does not contain what its expression returns; `None` if it does.
async fn check(session: &mut PostgresSession, index: &Value) -> Result<Option<String>, Error> {
    session.execute("SAVEPOINT one", &[]).await?;
    let place = "SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'amcheck'";
    let place = session.rows(place, &[]).await?;
    let place = place.first().map(|row| text(&row[0])).unwrap_or_default();
    let sql = format!("SELECT {place}.bt_index_check({index}::oid::regclass, true)::text");
    match session.rows(&sql, &[]).await {
        Ok(_) => Ok(None),
        Err(error) if error.is_transient() => Err(error),
        Err(error) => {
            session.execute("ROLLBACK TO SAVEPOINT one", &[]).await?;
            // What follows is advice about other checks.
            let why = error.to_string();
            Ok(Some(why.split("; ").next().unwrap_or(&why).to_owned()))
        }
    }
}

/// The first row of a query; `None` if it fails, which the trials of views report.
async fn answer(session: &mut PostgresSession, sql: &str) -> Result<Option<Vec<Value>>, Error> {
    match session.rows(sql, &[]).await {
        Ok(rows) => Ok(rows.into_iter().next()),
        Err(error) if error.is_transient() => Err(error),
        Err(_) => Ok(None),
    }
}
