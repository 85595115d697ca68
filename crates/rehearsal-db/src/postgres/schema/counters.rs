//! The sequences that number rows ([`counters`]), compared with the numbers that the rows have; and the rows that violate a
//! constraint which is NOT VALID ([`frozen_rows`]).

use super::sql::{OURS, of_the_user, table};
use super::text;
use crate::postgres::connection::PostgresSession;
use crate::{Counter, Engine, Error, Frozen, Reuse, Session, Value};
use std::sync::LazyLock;

/// The ascending sequences from which a column takes its numbers, by default or as its identity.
pub(crate) async fn counters(
    session: &mut PostgresSession,
    wanted: &(dyn for<'a> Fn(&'a str) -> bool + Sync),
) -> Result<Vec<Counter>, Error> {
    static QUERY: LazyLock<String> = LazyLock::new(|| {
        format!(
            "WITH used AS MATERIALIZED ( \
                 SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid AS number FROM pg_depend d \
                     WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i' \
                         AND d.refobjsubid > 0 \
                 UNION SELECT d.refobjid, ad.adrelid, ad.adnum FROM pg_depend d JOIN pg_attrdef ad ON ad.oid = d.objid \
                     WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass) \
             SELECT {}, a.attname::text, s.seqrelid::regclass::text, s.seqmax::text, s.seqincrement::text, \
                 CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 \
                     ELSE 9223372036854775807 END::text, \
                 format('SELECT last_value::text, is_called::text, (SELECT max(%I)::text FROM %s) FROM %s', \
                     a.attname, c.oid::regclass, s.seqrelid::regclass), format('%I', a.attname) \
             FROM used JOIN pg_sequence s ON s.seqrelid = used.sequence JOIN pg_class c ON c.oid = used.relation \
             JOIN pg_namespace n ON n.oid = c.relnamespace \
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = used.number \
             WHERE NOT s.seqcycle AND s.seqincrement > 0 AND c.relkind IN ('r', 'p') \
                 AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) \
                 AND has_sequence_privilege(s.seqrelid, 'SELECT') AND has_table_privilege(c.oid, 'SELECT') AND {OURS} AND {} \
             ORDER BY 1, 2",
            table("n", "c"),
            of_the_user("pg_class", "c.oid")
        )
    });
    let mut found = session.known(&QUERY).await?;
    found.retain(|row| row[0].as_text().is_some_and(wanted));
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let states: Vec<&str> = found.iter().filter_map(|row| row[6].as_text()).collect();
    let states = session.rows(&states.join(" UNION ALL "), &[]).await?;
    let number = |value: &Value| value.as_text().and_then(|text| text.parse::<i128>().ok());
    let counter = |(row, state): (&Vec<Value>, Vec<Value>)| {
        let (table, sequence) = (text(&row[0]), text(&row[2]));
        let (last, increment) = (number(&row[3]).unwrap_or_default(), number(&row[4]).unwrap_or(1));
        let is_called = state[1].as_text() == Some("true");
        let quoted = Engine::Postgres.quote_table(&table);
        let is_narrow = number(&row[5]).is_some_and(|end| last < end);
        Counter {
            column: text(&row[1]),
            name: format!("sequence {sequence}"),
            next: number(&state[0]).unwrap_or_default() + if is_called { increment } else { 0 },
            greatest: number(&state[2]),
            reuse: Reuse::Allowed,
            catch_up: format!(
                "SELECT setval('{}', (SELECT max({}) FROM {quoted}));",
                sequence.replace('\'', "''"),
                text(&row[7])
            ),
            narrow: is_narrow.then(|| (last, format!("ALTER SEQUENCE {sequence} AS bigint;"))),
            table,
        }
    };
    Ok(found.iter().zip(states).map(counter).collect())
}

/// The rows that violate a check which is NOT VALID.
pub(crate) async fn frozen_rows(session: &mut PostgresSession) -> Result<Vec<Frozen>, Error> {
    static QUERY: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT k.conname::text, {}, format('SELECT count(*) FILTER (WHERE NOT (%s)), count(*) FROM %s', \
                 pg_get_expr(k.conbin, k.conrelid), c.oid::regclass) \
             FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE k.contype = 'c' AND NOT k.convalidated AND {OURS} AND {} ORDER BY 1, 2",
            table("n", "c"),
            of_the_user("pg_class", "c.oid")
        )
    });
    let mut frozen = Vec::new();
    for row in session.known(&QUERY).await? {
        let counted = session.rows(&text(&row[2]), &[]).await?;
        let number = |at: usize| counted.first().and_then(|row| row.get(at)?.as_int()).unwrap_or_default();
        if number(0) > 0 {
            frozen.push(Frozen { constraint: text(&row[0]), table: text(&row[1]), rows: number(0), of: number(1) });
        }
    }
    Ok(frozen)
}
