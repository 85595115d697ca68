//! The catalog of a PostgreSQL database: every object of the user's schemas with its definition from the server.
//! [`schema`] and [`tables`] are the entry points.

mod casts;
mod columns;
mod counters;
mod ddl;
mod owner;
mod ownership;
mod parts;
mod relations;
mod seen_rows;
mod sql;
mod stale;
mod standalone_objects;

use super::connection::PostgresSession;
use crate::Session;
use crate::{Error, Extent, Object, Schema, Sequence, TableShape, Value, is_bookkeeping};
pub(super) use columns::columns;
pub(super) use counters::{counters, frozen_rows};
pub(super) use owner::become_owner;
pub(super) use seen_rows::seen_rows;
use sql::owner_of_sequence;
pub(super) use sql::{OURS, of_the_user, table};
pub(super) use stale::{stale_copies, stale_results};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

/// The user's tables, with columns and keys.
pub(crate) async fn tables(session: &mut PostgresSession) -> Result<Vec<TableShape>, Error> {
    static QUERY: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT {}, a.attname::text, coalesce(array_position(i.indkey::int2[], a.attnum), -1)::int8, \
                 format_type(a.atttypid, a.atttypmod), (a.attgenerated <> '')::text, c.relkind::text \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
             LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary \
             WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND {OURS} AND {} ORDER BY 1, a.attnum",
            table("n", "c"),
            of_the_user("pg_class", "c.oid")
        )
    });
    let mut shapes: Vec<TableShape> = Vec::new();
    let mut keys: Vec<Vec<(i64, String)>> = Vec::new();
    for row in session.known(&QUERY).await? {
        let table = text(&row[0]);
        if is_bookkeeping(&table) {
            continue;
        }
        if shapes.last().is_none_or(|shape| shape.name != table) {
            let extent = if row[5].as_text() == Some("p") { Extent::Partitions(Vec::new()) } else { Extent::Own };
            shapes.push(TableShape {
                name: table,
                columns: Vec::new(),
                key: Vec::new(),
                types: BTreeMap::new(),
                generated: BTreeSet::new(),
                extent,
            });
            keys.push(Vec::new());
        }
        // A table can have no columns.
        let Some(column) = row[1].as_text() else { continue };
        if let (Some(shape), Some(key)) = (shapes.last_mut(), keys.last_mut()) {
            shape.columns.push(column.to_owned());
            shape.types.insert(column.to_owned(), text(&row[3]));
            shape.generated.extend((row[4].as_text() == Some("true")).then(|| column.to_owned()));
            key.extend(row[2].as_int().filter(|place| *place >= 0).map(|place| (place, column.to_owned())));
        }
    }
    for (shape, mut key) in shapes.iter_mut().zip(keys) {
        key.sort();
        shape.key = key.into_iter().map(|(_, column)| column).collect();
    }
    name_partitions(session, &mut shapes).await?;
    Ok(shapes)
}

/// Adds the names of partitions. Most databases have none and skip the query.
async fn name_partitions(session: &mut PostgresSession, shapes: &mut [TableShape]) -> Result<(), Error> {
    static QUERY: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT {}, {} FROM pg_class p JOIN pg_namespace pn ON pn.oid = p.relnamespace \
             JOIN pg_class c ON c.oid = pg_partition_root(p.oid) JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE p.relispartition AND p.relkind IN ('r', 'p') AND {OURS} ORDER BY 1, 2",
            table("n", "c"),
            table("pn", "p")
        )
    });
    if !shapes.iter().any(|shape| matches!(shape.extent, Extent::Partitions(_))) {
        return Ok(());
    }
    for row in session.known(&QUERY).await? {
        let whole = text(&row[0]);
        let shape = shapes.iter_mut().find(|shape| shape.name == whole);
        if let Some(Extent::Partitions(partitions)) = shape.map(|shape| &mut shape.extent) {
            partitions.push(text(&row[1]));
        }
    }
    Ok(())
}

/// The user's foreign tables, whose rows are on another server.
pub(crate) async fn foreign_tables(session: &mut PostgresSession) -> Result<Vec<String>, Error> {
    let sql = format!(
        "SELECT {} FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind = 'f' AND {OURS} AND {} ORDER BY 1",
        table("n", "c"),
        of_the_user("pg_class", "c.oid")
    );
    Ok(session.rows(&sql, &[]).await?.iter().map(|row| text(&row[0])).collect())
}

/// The state of each sequence, without cycling ones, which may have any value.
pub(crate) async fn sequences(session: &mut PostgresSession) -> Result<BTreeMap<String, Sequence>, Error> {
    static QUERY: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT {}, s.seqincrement::text, {}, \
                 format('SELECT last_value::text, is_called::text FROM %I.%I', n.nspname, c.relname) \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid \
             WHERE NOT s.seqcycle AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT') END AND {OURS} AND {} \
             ORDER BY 1",
            table("n", "c"),
            owner_of_sequence(),
            of_the_user("pg_class", "c.oid")
        )
    });
    let mut found = Vec::new();
    for row in session.known(&QUERY).await? {
        let owner = row[2].as_text().map(ToOwned::to_owned);
        if !owner.as_deref().is_some_and(is_bookkeeping) {
            found.push((text(&row[0]), text(&row[1]), owner, text(&row[3])));
        }
    }
    let mut sequences = BTreeMap::new();
    if found.is_empty() {
        return Ok(sequences);
    }
    let states: Vec<&str> = found.iter().map(|(_, _, _, state)| state.as_str()).collect();
    let states = session.rows(&states.join(" UNION ALL "), &[]).await?;
    for ((name, increment, table, _), state) in found.into_iter().zip(states) {
        let number = |text: &str| text.parse::<i128>().unwrap_or_default();
        let increment = number(&increment);
        let is_called = state[1].as_text() == Some("true");
        let next = number(&text(&state[0])) + if is_called { increment } else { 0 };
        sequences.insert(name, Sequence { next, is_falling: increment < 0, table });
    }
    Ok(sequences)
}

/// Sets the sequences that have moved on to these next numbers.
pub(crate) async fn set_sequences(session: &mut PostgresSession, to: &BTreeMap<String, Sequence>) -> Result<(), Error> {
    let now = sequences(session).await?;
    for (name, sequence) in
        to.iter().filter(|(name, sequence)| now.get(*name).is_some_and(|now| now.next != sequence.next))
    {
        let name = crate::Engine::Postgres.quote_table(name).replace('\'', "''");
        session.rows(&format!("SELECT setval('{name}', {}, false)", sequence.next), &[]).await?;
    }
    Ok(())
}

/// The text in a value; empty if there is none.
pub(super) fn text(value: &Value) -> String {
    value.as_text().unwrap_or_default().to_owned()
}

/// The user's schema, object by object.
pub(crate) async fn schema(session: &mut PostgresSession, tables: &[TableShape]) -> Result<Arc<Schema>, Error> {
    // The answer is one text, which is not parsed again if it was seen before.
    static QUERY: LazyLock<String> = LazyLock::new(|| {
        let queries: Vec<String> = relations::queries()
            .into_iter()
            .chain(parts::queries())
            .chain(standalone_objects::queries())
            .chain(ownership::queries())
            .map(|query| format!("({query})"))
            .collect();
        // `definition IS NOT NULL` is a FILTER: in a WHERE clause it would make the server compute the definitions of
        // its own views and functions, too, before it checks their owner.
        format!(
            "WITH class AS MATERIALIZED (SELECT c.*, {} AS name FROM pg_class c \
                 JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS} AND {}) \
             SELECT coalesce(json_agg(ARRAY[label, definition, part_of] ORDER BY label COLLATE \"C\") \
                 FILTER (WHERE definition IS NOT NULL), '[]')::text \
             FROM ({}) AS o (label, definition, part_of)",
            table("n", "c"),
            of_the_user("pg_class", "c.oid"),
            queries.join(" UNION ALL ")
        )
    });
    let told = session.known(&QUERY).await?;
    let told = told.first().map(|row| text(&row[0])).unwrap_or_default();
    let key = (told, Schema::columns_of(tables));
    if let Some(schema) = session.seen.get(&key) {
        return Ok(schema);
    }
    let mut schema = Schema { columns: key.1.clone(), ..Schema::default() };
    let objects: Vec<(String, Option<String>, Option<String>)> =
        serde_json::from_str(&key.0).map_err(|error| Error::Statement { why: error.to_string(), position: None })?;
    for (label, definition, part_of) in objects {
        if part_of.as_deref().is_some_and(is_bookkeeping) {
            continue;
        }
        let object = object(&label, &definition.unwrap_or_default(), part_of);
        schema.objects.insert(label, object);
    }
    // The tables of sqlx and of the library do not belong to the user's schema.
    schema.objects.retain(|label, _| {
        !label.strip_prefix("table \"").and_then(|name| name.strip_suffix('"')).is_some_and(is_bookkeeping)
    });
    Ok(session.seen.put(key, schema))
}

/// An object with this label and definition.
pub(super) fn object(label: &str, definition: &str, part_of: Option<String>) -> Object {
    Object { definition: ddl::normal(label, definition), shown: ddl::statement(label, definition), part_of }
}
